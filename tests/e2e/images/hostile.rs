//! Hostile requests: refused with the documented status, and the server lives on in little memory.

use super::{
    client::{Customer, quiet, strip},
    memory::Peak,
};
use crate::support::server::Server;
use base64::{Engine, engine::general_purpose::STANDARD};
use image::{
    ExtendedColorType, GrayImage, ImageEncoder,
    codecs::png::{CompressionType, FilterType, PngEncoder},
};
use reqwest::Method;
use serde_json::json;

/// Memory that the server may have grown by, in KiB, beside what a request's own bytes take.
const GROWTH_KIB: u64 = 250 * 1024;

#[tokio::test]
async fn hostile_uploads_are_refused_and_cost_little_memory() {
    let _turn = crate::support::turn();
    let mut server = Server::start(quiet()).await;
    super::client::command(&server, &["account", "set", "default", "--rpm", "100000"]);
    let customer = Customer::of(&server, "default");
    let whole = strip(512);
    let peak = Peak::from_now(&server);
    let before = peak.kib();
    let cut = whole[..whole.len() / 2].to_vec();
    let files: [(&str, Vec<u8>); 7] = [
        ("a picture that ends early", cut),
        ("text", b"hello".to_vec()),
        ("SVG", b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>".to_vec()),
        ("PDF", b"%PDF-1.7 \x00".to_vec()),
        ("a PNG file of 30000 x 30000 pixels", png_bomb(30_000)),
        ("a script that begins like a GIF file", b"GIF89a=/*0000000000*/=1;alert(1)".to_vec()),
        ("nothing", Vec::new()),
    ];
    for (what, file) in &files {
        let (status, body) = customer.post("/upload", json!({ "image": STANDARD.encode(file) })).await;
        assert_eq!(status, 400, "{what}: {body}");
        assert!(body["error"].is_string() && body["message"].is_string(), "{what}: {body}");
    }
    for (what, image) in [
        ("no base64", json!("%%%")),
        ("a URL", json!("http://169.254.169.254/latest/meta-data")),
        ("another type", json!("data:text/html;base64,PGh0bWw+")),
        ("a number", json!(7)),
        ("nothing", json!(null)),
    ] {
        let (status, body) = customer.post("/upload", json!({ "image": image })).await;
        assert_eq!(status, 400, "{what}: {body}");
    }
    let too_long = json!({ "image": "A".repeat(10 * 1024 * 1024) });
    let (status, body) = customer.ask(Method::POST, "/upload", Some(too_long)).await;
    assert_eq!(status, 400, "{body}");
    for url in ["http://192.168.1.1/hook", "https://10.0.0.1/hook", "https://[::ffff:127.0.0.1]/x", "ftp://localhost/x"]
    {
        let (status, body) = customer.post("/webhooks", json!({ "url": url })).await;
        assert_eq!(status, 400, "{url}: {body}");
    }
    // 49 megapixels are a picture like any other.
    let large = png_of(7000);
    let path = customer.upload(&large).await;
    assert!(path.ends_with(".png"));
    assert!(server.exited().is_none());
    let grown = peak.kib().saturating_sub(before);
    println!("grew by {grown} KiB");
    assert!(grown < GROWTH_KIB, "grew by {grown} KiB");
}

/// A small PNG file that claims to be square and large.
fn png_bomb(side: u32) -> Vec<u8> {
    let mut file = png_of(16);
    let size = [side.to_be_bytes(), side.to_be_bytes()].concat();
    file[16..24].copy_from_slice(&size);
    let sum = crc(&file[12..29]).to_be_bytes();
    file[29..33].copy_from_slice(&sum);
    file
}

fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |mut sum, &byte| {
        sum ^= u32::from(byte);
        for _ in 0..8 {
            sum = if sum & 1 == 1 { (sum >> 1) ^ 0xedb8_8320 } else { sum >> 1 };
        }
        sum
    })
}

/// A grey square.
fn png_of(side: u32) -> Vec<u8> {
    let grey = GrayImage::from_pixel(side, side, image::Luma([128]));
    let mut file = Vec::new();
    let encoder = PngEncoder::new_with_quality(&mut file, CompressionType::Fast, FilterType::Sub);
    encoder.write_image(&grey, side, side, ExtendedColorType::L8).expect("a PNG file");
    file
}
