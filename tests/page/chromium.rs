//! A headless Chromium with one page, steered over the DevTools protocol.

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use tokio::net::TcpStream;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};

pub struct Chromium {
    browser: Child,
    page: WebSocketStream<MaybeTlsStream<TcpStream>>,
    next: u64,
    /// Uncaught errors and violations of the page's policy.
    complaints: Vec<String>,
    _profile: tempfile::TempDir,
}

impl Chromium {
    /// Starts the browser and opens a page.
    pub async fn open(url: &str) -> Self {
        Self::start(url, &[]).await
    }

    /// The same with a camera and a microphone that make test media, and leave to use them.
    pub async fn with_camera(url: &str) -> Self {
        Self::start(url, &["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]).await
    }

    async fn start(url: &str, more: &[&str]) -> Self {
        let profile = tempfile::tempdir().expect("a profile");
        let mut browser = Command::new("chromium")
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
            .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
            .args(["--autoplay-policy=no-user-gesture-required", "--remote-debugging-port=0"])
            .args(more)
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("about:blank")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("chromium starts (package chromium)");
        let mut said = BufReader::new(browser.stderr.take().expect("its log")).lines();
        let address = said
            .find_map(|line| line.ok()?.split_once("DevTools listening on ws://").map(|(_, rest)| rest.to_owned()))
            .expect("chromium says where it listens");
        std::thread::spawn(move || said.for_each(drop)); // else its pipe fills up
        let host = address.split('/').next().expect("a host");
        let target: Value = reqwest::Client::new()
            .put(format!("http://{host}/json/new?about:blank"))
            .send()
            .await
            .expect("a new page")
            .json()
            .await
            .expect("its description");
        let (page, _) =
            connect_async(target["webSocketDebuggerUrl"].as_str().expect("an address")).await.expect("its socket");
        let mut chromium = Self { browser, page, next: 0, complaints: Vec::new(), _profile: profile };
        for domain in ["Runtime.enable", "Log.enable", "Page.enable"] {
            chromium.call(domain, json!({})).await;
        }
        chromium.call("Page.navigate", json!({ "url": url })).await;
        chromium
    }

    /// Waits until an expression is true.
    pub async fn until(&mut self, expression: &str, limit: Duration) {
        let end = Instant::now() + limit;
        loop {
            let state = self.evaluate(expression).await;
            if state == Value::Bool(true) {
                return;
            }
            if Instant::now() > end {
                let body = self.evaluate("document.body.dataset.state + ': ' + document.body.innerText").await;
                panic!("not within {limit:?}: {expression}; the page: {body}; it complained: {:?}", self.complaints);
            }
            tokio::time::sleep(Duration::from_millis(50)).await; // between two looks
        }
    }

    /// The value of an expression.
    pub async fn number(&mut self, expression: &str) -> f64 {
        let value = self.evaluate(expression).await;
        value.as_f64().unwrap_or_else(|| panic!("{expression} is {value}"))
    }

    /// Errors that the page did not catch, and what its policy refused.
    pub fn complaints(&self) -> &[String] {
        &self.complaints
    }

    /// Evaluates an expression as if the viewer had just touched the page.
    pub async fn touch(&mut self, expression: &str) {
        self.call("Runtime.evaluate", json!({ "expression": expression, "userGesture": true })).await;
    }

    /// What is seen, as a PNG.
    pub async fn screenshot(&mut self, path: &std::path::Path) {
        let shot = self.call("Page.captureScreenshot", json!({ "format": "png" })).await;
        let data = shot["data"].as_str().expect("a picture");
        let data = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, data).expect("base64");
        std::fs::write(path, data).expect("a file");
    }

    /// The value of an expression as a text.
    pub async fn text(&mut self, expression: &str) -> String {
        let value = self.evaluate(expression).await;
        value.as_str().unwrap_or_else(|| panic!("{expression} is {value}")).to_owned()
    }

    async fn evaluate(&mut self, expression: &str) -> Value {
        let answer = self.call("Runtime.evaluate", json!({ "expression": expression, "returnByValue": true })).await;
        answer["result"]["value"].clone()
    }

    async fn call(&mut self, method: &str, params: Value) -> Value {
        self.next += 1;
        let order = json!({ "id": self.next, "method": method, "params": params });
        self.page.send(Message::text(order.to_string())).await.expect("the browser listens");
        loop {
            let message = self.page.next().await.expect("the browser answers").expect("a message");
            let Message::Text(text) = message else { continue };
            let said: Value = serde_json::from_str(&text).expect("JSON");
            if said["id"] == self.next {
                return said["result"].clone();
            }
            match said["method"].as_str() {
                Some("Runtime.exceptionThrown") => self.complaints.push(said["params"].to_string()),
                Some("Log.entryAdded") if said["params"]["entry"]["source"] == "security" => {
                    self.complaints.push(said["params"]["entry"]["text"].to_string());
                }
                _ => {}
            }
        }
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        let _ = self.browser.kill();
        let _ = self.browser.wait();
    }
}
