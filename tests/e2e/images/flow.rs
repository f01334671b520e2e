//! The document's whole flow: upload, order, poll, fetch, and the webhook about the result.

use super::client::{Customer, JOB_LIMIT, command, enhancement, quiet};
use crate::support::server::Server;
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::{path::Path, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

const PHOTO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/media-fixtures/photos/bridge.jpg");

#[tokio::test]
async fn a_photograph_is_uploaded_enhanced_fetched_without_a_key_and_told_of_by_a_signed_webhook() {
    let _turn = crate::support::turn();
    let server = Server::start(quiet()).await;
    let customer = Customer::of(&server, "default");
    assert_eq!(customer.get("/credits").await["credits_remaining"], 60);
    let receiver = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let hook = format!("http://localhost:{}/hook", receiver.local_addr().expect("its address").port());
    let (status, hook) = customer.post("/webhooks", json!({ "url": hook })).await;
    assert_eq!(status, 201, "{hook}");

    let photo = std::fs::read(Path::new(PHOTO)).expect("the photograph");
    let path = customer.upload(&photo).await;
    let (status, job) = customer.post("/jobs", enhancement(&path)).await;
    assert_eq!((status, &job["status"]), (201, &json!("pending")), "{job}");
    assert_eq!(customer.get("/credits").await["credits_remaining"], 58);
    let job = customer.ended(job["id"].as_str().expect("an id"), JOB_LIMIT).await;
    assert_eq!((&job["status"], &job["engine"]), (&json!("completed"), &json!("local")), "{job}");

    let url = job["output_image_url"].as_str().expect("a URL");
    let (base, name) = url.rsplit_once('/').expect("a path");
    let answer = reqwest::get(url).await.unwrap_or_else(|error| panic!("{url}: {error}"));
    assert_eq!(answer.headers()["content-type"], "image/jpeg");
    let file = answer.bytes().await.expect("the picture");
    let (before, after) = (image::load_from_memory(&photo), image::load_from_memory(&file));
    let (before, after) = (before.expect("the photograph").to_rgb8(), after.expect("the result").to_rgb8());
    assert_eq!(after.width().max(after.height()), 2048);
    let ratio = |picture: &image::RgbImage| f64::from(picture.width()) / f64::from(picture.height());
    assert!((ratio(&before) - ratio(&after)).abs() < 0.01, "{} and {}", ratio(&before), ratio(&after));
    // The same picture still: block by block nearly as light as before.
    let (before, after) = (lightness(&before), lightness(&after));
    let far = before.iter().zip(&after).filter(|(a, b)| (*a - *b).abs() > 60.0).count();
    assert!(far <= 4, "{far} of 64 blocks are another picture's: {before:?} {after:?}");
    assert_ne!(before, after);
    let guess: String = name.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    assert_eq!(reqwest::get(format!("{base}/{guess}")).await.expect("an answer").status(), StatusCode::NOT_FOUND);

    let (headers, body) = tokio::time::timeout(Duration::from_secs(20), delivery(&receiver)).await.expect("a delivery");
    let said: Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!(said["event"], "job.completed");
    assert_eq!(said["data"]["output_image_url"], *url);
    let signature = headers.iter().find_map(|line| line.strip_prefix("x-lumely-signature: ")).expect("a signature");
    assert_eq!(signature, sign(hook["secret"].as_str().expect("its secret"), &body));
    assert!(command(&server, &["account", "ledger", "default"]).contains("charge        -2"));
}

/// How light each of 8 x 8 blocks is, 0 to 255.
fn lightness(picture: &image::RgbImage) -> Vec<f64> {
    let small = image::imageops::thumbnail(picture, 8, 8);
    small.pixels().map(|pixel| pixel.0.iter().map(|&value| f64::from(value)).sum::<f64>() / 3.0).collect()
}

/// Header lines in lower case and the body of the next POST, which is answered with 200.
async fn delivery(receiver: &TcpListener) -> (Vec<String>, String) {
    let (mut stream, _) = receiver.accept().await.expect("a connection");
    let (head, mut body) = head(&mut stream).await;
    let lines: Vec<String> = head.lines().map(str::to_ascii_lowercase).collect();
    let length = lines.iter().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    let length: usize = length.expect("its length");
    while body.len() < length {
        assert!(stream.read_buf(&mut body).await.expect("the body") > 0, "the body ended early");
    }
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.expect("an answer");
    (lines, String::from_utf8(body).expect("text"))
}

async fn head(stream: &mut TcpStream) -> (String, Vec<u8>) {
    let mut read = Vec::new();
    loop {
        if let Some(end) = read.windows(4).position(|four| four == b"\r\n\r\n") {
            let body = read.split_off(end + 4);
            return (String::from_utf8(read).expect("text"), body);
        }
        assert!(stream.read_buf(&mut read).await.expect("the head") > 0, "the head ended early");
    }
}

/// The signature as a receiver would compute it, by another implementation.
fn sign(secret: &str, body: &str) -> String {
    let script = "import hmac,sys; print(hmac.new(sys.argv[1].encode(), sys.argv[2].encode(), 'sha256').hexdigest())";
    let done = std::process::Command::new("python3").args(["-c", script, secret, body]).output().expect("python3");
    String::from_utf8(done.stdout).expect("text").trim().to_owned()
}
