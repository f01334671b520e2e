//! A customer of the Lumely plane, and the pictures it sends.

use crate::support::{config::Config, server::Server};
use base64::{Engine, engine::general_purpose::STANDARD};
use image::{ExtendedColorType, ImageEncoder, RgbImage, codecs::jpeg::JpegEncoder};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use std::{
    process::Command,
    time::{Duration, Instant},
};

/// How long a small job may take on a busy machine.
pub const JOB_LIMIT: Duration = Duration::from_secs(120);

pub struct Customer {
    http: Client,
    base: String,
    key: String,
}

/// A server with nothing on its switcher.
pub fn quiet() -> Config {
    Config::new().project(320, 180, 10).set("hls.enabled", false)
}

/// Runs `lumencast …` on the server's data; what it printed.
pub fn command(server: &Server, args: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lumencast"));
    command.args(args).arg("--config").arg(server.config_path()).arg("--data").arg(server.data());
    let done = command.output().expect("the command line");
    assert!(done.status.success(), "{args:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8_lossy(&done.stdout).trim().to_owned()
}

impl Customer {
    /// Of an account, by a key made on the command line.
    pub fn of(server: &Server, account: &str) -> Self {
        let args = ["key", "create", "--plane", "lumely", "--label", "test", "--account", account];
        let http = Client::builder().timeout(Duration::from_secs(60)).build().expect("HTTP");
        Self { http, base: server.url("/api/v1"), key: command(server, &args) }
    }

    /// Status and body of a request.
    pub async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
        let mut request = self.http.request(method, format!("{}{path}", self.base)).bearer_auth(&self.key);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.expect("an answer");
        let status = answer.status().as_u16();
        let text = answer.text().await.expect("a body");
        (status, serde_json::from_str(&text).unwrap_or_else(|_| panic!("{status}: {text:?} is no JSON")))
    }

    pub async fn get(&self, path: &str) -> Value {
        let (status, body) = self.ask(Method::GET, path, None).await;
        assert_eq!(status, 200, "{body}");
        body
    }

    pub async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.ask(Method::POST, path, Some(body)).await
    }

    /// Uploads a file; where it lies.
    pub async fn upload(&self, file: &[u8]) -> String {
        let (status, body) = self.post("/upload", json!({ "image": STANDARD.encode(file) })).await;
        assert_eq!(status, 201, "{body}");
        body["storage_path"].as_str().expect("a path").to_owned()
    }

    /// Orders an enhancement; its id.
    pub async fn order(&self, path: &str) -> String {
        let (status, body) = self.post("/jobs", enhancement(path)).await;
        assert_eq!(status, 201, "{body}");
        body["id"].as_str().expect("an id").to_owned()
    }

    /// Waits until a job has ended; the job.
    pub async fn ended(&self, id: &str, limit: Duration) -> Value {
        let end = Instant::now() + limit;
        for look in 0.. {
            let job = self.get(&format!("/jobs/{id}")).await;
            if matches!(job["status"].as_str(), Some("completed" | "failed" | "cancelled")) {
                return job;
            }
            assert!(Instant::now() < end, "not ended within {limit:?}: {job}");
            tokio::time::sleep(pause(look)).await;
        }
        unreachable!("it looks until the deadline")
    }

    /// Waits until so many jobs have this status.
    pub async fn until(&self, status: &str, count: u64, limit: Duration) {
        let end = Instant::now() + limit;
        for look in 0.. {
            let total = self.get(&format!("/jobs?status={status}&limit=1")).await["total"].as_u64();
            if total >= Some(count) {
                return;
            }
            assert!(Instant::now() < end, "{total:?} of {count} jobs are {status} within {limit:?}");
            tokio::time::sleep(pause(look)).await;
        }
    }
}

/// Between two looks: short at first, then so long that a minute's looks and a test's other requests are fewer than the
/// 60 requests that an account has in a minute.
fn pause(look: u32) -> Duration {
    if look < 10 { Duration::from_millis(200) } else { Duration::from_secs(2) }
}

/// The body of an ordinary order.
pub fn enhancement(path: &str) -> Value {
    json!({ "service_type": "render-enhancement", "config_id": "landscape", "storage_path": path })
}

/// A picture as wide as a result of 2K, so that nothing is enlarged, and as high as is wanted: a sky over a meadow.
pub fn strip(height: u32) -> Vec<u8> {
    let picture = RgbImage::from_fn(2048, height, |x, y| {
        let grain = ((x * 7919 + y * 104_729) % 17) as u8;
        if y * 2 < height { image::Rgb([90 + grain, 140 + grain, 210]) } else { image::Rgb([70, 110 + grain, 50]) }
    });
    let mut file = Vec::new();
    JpegEncoder::new_with_quality(&mut file, 90)
        .write_image(&picture, 2048, height, ExtendedColorType::Rgb8)
        .expect("a JPEG file");
    file
}
