//! Jobs by the engine `http`: the built server and its worker beside a service in a process of its own, which reads forms
//! and pictures with software of others.

use super::client::{Customer, JOB_LIMIT, command, quiet};
use crate::support::{
    child::{POLL, kill_now, log_file, tail},
    config::Config,
    ports::{Port, is_listening},
    server::Server,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use image::{ExtendedColorType, GrayImage, ImageEncoder, RgbImage, codecs::png::PngEncoder};
use serde_json::{Value, json};
use std::{
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use tempfile::TempDir;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const START: Duration = Duration::from_secs(60);
const MODEL: &str = "painter-1";
const KEY: &str = "sk-of-the-service";
/// What the service paints, as `images_service.py` has it.
const PAINT: [u8; 3] = [200, 0, 200];
const WIDTH: u32 = 320;
const HEIGHT: u32 = 240;

struct Service {
    child: Child,
    port: Port,
    _folder: TempDir,
}

impl Service {
    fn start() -> Self {
        let made = Command::new("timeout").args(["300", "scripts/python.sh"]).current_dir(ROOT).status();
        assert!(made.expect("timeout").success(), "scripts/python.sh");
        let (port, folder) = (Port::take(), tempfile::tempdir().expect("a folder"));
        let log = folder.path().join("log");
        let output = log_file(&log);
        let mut service = Command::new(format!("{ROOT}/target/python/bin/python"));
        service.arg(format!("{ROOT}/tests/e2e/images/images_service.py"));
        service.args([&port.number().to_string(), MODEL, KEY]).stdin(Stdio::null());
        service.stdout(output.try_clone().expect("a file")).stderr(output);
        let mut child = service.spawn().expect("a service");
        let end = Instant::now() + START;
        while !is_listening(port.number()) {
            let ended = child.try_wait().expect("a child");
            assert!(ended.is_none() && Instant::now() < end, "the service did not start: {}", tail(&log, 20));
            std::thread::sleep(POLL);
        }
        Self { child, port, _folder: folder }
    }

    fn settings(&self, key: &str) -> Config {
        let url = format!("http://127.0.0.1:{}/v1", self.port.number());
        let config = quiet().set("lumely.engine", "http").set("lumely.http.url", url);
        config.set("lumely.http.api_key", key).set("lumely.http.model", MODEL)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        kill_now(&mut self.child);
    }
}

/// An order on a picture that is blue, of which the left half may be changed.
async fn ordered(customer: &Customer, prompt: &str) -> Value {
    let blue = png(&RgbImage::from_pixel(WIDTH, HEIGHT, image::Rgb([20, 40, 180])), ExtendedColorType::Rgb8);
    let left = GrayImage::from_fn(WIDTH, HEIGHT, |x, _| image::Luma([if x < WIDTH / 2 { 255 } else { 0 }]));
    let path = customer.upload(&blue).await;
    let order = json!({
        "service_type": "virtual-staging", "config_id": "living-room", "storage_path": path, "prompt": prompt,
        "mask_base64": STANDARD.encode(png(&left, ExtendedColorType::L8)),
    });
    let (status, job) = customer.post("/jobs", order).await;
    assert_eq!(status, 201, "{job}");
    customer.ended(job["id"].as_str().expect("an id"), JOB_LIMIT).await
}

fn png(pixels: &[u8], colour: ExtendedColorType) -> Vec<u8> {
    let mut file = Vec::new();
    PngEncoder::new(&mut file).write_image(pixels, WIDTH, HEIGHT, colour).expect("a PNG file");
    file
}

fn near(pixel: &image::Rgb<u8>, colour: [u8; 3]) -> bool {
    pixel.0.iter().zip(colour).all(|(a, b)| a.abs_diff(b) < 16)
}

#[tokio::test]
async fn a_service_in_another_process_paints_within_the_mask_and_its_refusals_give_the_credits_back() {
    let _turn = crate::support::turn();
    let service = Service::start();
    let server = Server::start(service.settings(KEY)).await;
    command(&server, &["account", "set", "default", "--rpm", "100000"]);
    let customer = Customer::of(&server, "default");
    let job = ordered(&customer, "Two armchairs — “by the window”").await;
    assert_eq!((&job["status"], &job["engine"]), (&json!("completed"), &json!("http")), "{job}");
    let answer = reqwest::get(job["output_image_url"].as_str().expect("a URL")).await.expect("the picture");
    let made = image::load_from_memory(&answer.bytes().await.expect("its bytes")).expect("a JPEG file").to_rgb8();
    assert_eq!(made.dimensions(), (2048, 1536));
    for y in [100, 768, 1400] {
        assert!(near(made.get_pixel(400, y), PAINT), "painted at {y}: {:?}", made.get_pixel(400, y));
        assert!(near(made.get_pixel(1600, y), [20, 40, 180]), "as it was at {y}: {:?}", made.get_pixel(1600, y));
    }

    let paid = customer.get("/credits").await["credits_remaining"].clone();
    let job = ordered(&customer, "something forbidden").await;
    assert_eq!(job["status"], "failed", "{job}");
    let said = job["error_message"].as_str().expect("a reason");
    assert!(said.contains("rejected by the safety system"), "{said}");
    assert_eq!(customer.get("/credits").await["credits_remaining"], paid);
}

#[tokio::test]
async fn a_wrong_key_fails_the_job_and_is_not_shown() {
    let _turn = crate::support::turn();
    let service = Service::start();
    let server = Server::start(service.settings("sk-wrong")).await;
    let job = ordered(&Customer::of(&server, "default"), "Two armchairs").await;
    assert_eq!(job["status"], "failed", "{job}");
    assert!(!job.to_string().contains("sk-wrong"), "{job}");
    assert_eq!(job["credits_used"], 0, "{job}");
}
