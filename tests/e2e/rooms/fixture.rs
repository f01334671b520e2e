//! A server with a global key, and peers that others wrote.

use crate::support::{config::Config, server::Server};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use std::{
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};
use tokio::process::{Child, Command};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

pub struct Fixture {
    pub server: Server,
    key: String,
    client: Client,
}

impl Fixture {
    pub async fn open() -> Self {
        Self::with(Config::new().project(640, 360, 30).set("encode.preset", "ultrafast")).await
    }

    pub async fn with(config: Config) -> Self {
        let server = Server::start(config).await;
        let made = Command::new(env!("CARGO_BIN_EXE_lumencast"))
            .args(["key", "create", "--plane", "streamhub", "--label", "test", "--config"])
            .arg(server.config_path())
            .arg("--data")
            .arg(server.data())
            .output()
            .await
            .expect("the command line");
        let key = String::from_utf8_lossy(&made.stdout).trim().to_owned();
        assert!(key.starts_with("sk_"), "{made:?}");
        Self { server, key, client: Client::new() }
    }

    /// Asks the plane as its operator; gives status and body.
    pub async fn ask(&self, method: Method, path: &str, body: Value) -> (u16, Value) {
        let url = self.server.url(&format!("/api/v1{path}"));
        let mut request = self.client.request(method, url).bearer_auth(&self.key);
        if !body.is_null() {
            request = request.json(&body);
        }
        let answer = request.send().await.expect("an answer");
        (answer.status().as_u16(), answer.json().await.unwrap_or_default())
    }

    pub async fn must_post(&self, path: &str, body: Value) -> Value {
        let (status, answer) = self.ask(Method::POST, path, body).await;
        assert!((200..300).contains(&status), "{path}: {status} {answer}");
        answer["data"].clone()
    }

    /// Makes an RTMP ingress and gives its stream key.
    pub async fn ingress(&self, room: &str, identity: &str) -> String {
        let body = json!({ "inputType": "rtmp", "room": room, "participantIdentity": identity });
        self.must_post("/apps/live/ingress", body).await["streamKey"].as_str().expect("a key").to_owned()
    }

    /// Mints a join token.
    pub async fn token(&self, body: Value) -> String {
        self.must_post("/apps/live/tokens", body).await["token"].as_str().expect("a token").to_owned()
    }

    /// Waits until a stream is live, by its id.
    pub async fn until_live(&self, id: &str) {
        let end = Instant::now() + Duration::from_secs(15);
        loop {
            let (_, streams) = self.ask(Method::GET, "/apps/live/streams", Value::Null).await;
            if streams.as_array().is_some_and(|streams| streams.iter().any(|stream| stream["streamId"] == id)) {
                return;
            }
            assert!(Instant::now() < end, "{id} is not live: {streams}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until so many look at a stream, by its id.
    pub async fn until_viewed(&self, id: &str, least: u64) {
        let path = format!("/apps/live/streams/{}", id.replace('/', "%2F"));
        let end = Instant::now() + Duration::from_secs(15);
        loop {
            let (_, stream) = self.ask(Method::GET, &path, Value::Null).await;
            if stream["viewers"].as_u64().is_some_and(|viewers| viewers >= least) {
                return;
            }
            assert!(Instant::now() < end, "too few look at {id}: {stream}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// aiortc, publishing or watching for some seconds; see the script.
    pub async fn peer(&self, what: &str, path: &str, file: &Path, seconds: u32) -> Child {
        let made = Command::new("timeout").args(["300", "scripts/python.sh"]).current_dir(ROOT).status().await;
        assert!(made.expect("scripts/python.sh").success());
        Command::new("timeout")
            .args(["90", "target/python/bin/python", "tests/webrtc/peer.py", what, &self.server.url(path)])
            .arg(file)
            .arg(seconds.to_string())
            .current_dir(ROOT)
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("a peer")
    }
}
