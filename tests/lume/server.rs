//! A served plane over lights of its own.

use crate::document::DOCUMENT;
use lumencast::{
    api::lume::{LumeState, routes},
    app::{
        access::{client::Origins, connection_limiter::ConnectionLimiter, trusted_proxies::TrustedProxies},
        lights::{
            Lights, Setup, forms,
            output_form::LightOutput,
            outputs::{LOOK_UP_EVERY, Resolver, system_resolver},
            prompt::Prompt,
        },
    },
    lighting::Merge,
    server::http,
    store::Store,
};
use reqwest::{Method, Response, header};
use serde_json::{Value, json};
use std::{net::SocketAddr, time::Duration};
use tempfile::TempDir;
use tokio::{
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite};
use tokio_util::sync::CancellationToken;

/// Nothing that is waited for here takes nearly as long.
pub const DEADLINE: Duration = Duration::from_secs(20);
pub type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// See the module's text.
pub struct Server {
    pub lights: Lights,
    pub shutdown: CancellationToken,
    pub addr: SocketAddr,
    http: reqwest::Client,
    _data: TempDir,
}

impl Server {
    /// As the document's device: 160 LEDs.
    pub async fn open() -> Self {
        Self::with_leds(160).await
    }

    pub async fn with_leds(led_count: u16) -> Self {
        Self::with(led_count, Vec::new(), system_resolver(), LOOK_UP_EVERY).await
    }

    /// One whose settings file has these outputs, with a look-up of names of its own.
    pub async fn with(led_count: u16, outputs: Vec<LightOutput>, resolver: Resolver, look_up_every: Duration) -> Self {
        let data = tempfile::tempdir().expect("a folder");
        let store = Store::open(data.path()).await.expect("a store");
        let fixed = json!({ "id": "of-the-file", "segment": 7, "when": { "ambient": "program" } });
        let lights = Lights::open(Setup {
            led_count,
            gamma: 1.0,
            seed: 1,
            outputs,
            resolver,
            look_up_every,
            sacn_merge: Merge::Ltp,
            artnet_listen: None,
            name: "tests".into(),
            sacn_listen: ([127, 0, 0, 1], 0).into(),
            ai_url: "https://ai.example".into(),
            rules: vec![forms::rule(&fixed).expect("a rule")],
            memory: store.lights(),
        });
        let lights = lights.await.expect("lights");
        let prompt = Prompt::new("http://127.0.0.1:9", Duration::from_secs(1)).expect("an address");
        let shutdown = CancellationToken::new();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let addr = listener.local_addr().expect("it is bound");
        let plane = routes(LumeState::new(lights.clone(), prompt, shutdown.clone()));
        // This machine is a trusted proxy, so that requests may come from anywhere.
        let settings = http::Settings {
            proxies: TrustedProxies::new(["127.0.0.0/8".parse().expect("a network")]),
            origins: Origins::new(["https://panel.example".to_owned()]),
            ..http::Settings::new(ConnectionLimiter::alone("http", 1024))
        };
        tokio::spawn(http::serve(listener, plane, settings, CancellationToken::new()));
        Self { lights, shutdown, addr, http: reqwest::Client::new(), _data: data }
    }

    /// A request to be sent.
    pub fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let request = self.http.request(method, format!("http://{}{path}", self.addr));
        request.header(header::CONTENT_TYPE, "application/json")
    }

    /// As [`Self::request`], from another address.
    pub fn request_from(&self, address: &str, method: &str, path: &str) -> reqwest::RequestBuilder {
        self.request(method, path).header("x-forwarded-for", address)
    }

    /// Sends a request with a JSON body, none if null.
    pub async fn raw(&self, method: &str, path: &str, body: &Value) -> Response {
        let mut request = self.request(method, path);
        if !body.is_null() {
            request = request.json(body);
        }
        request.send().await.expect("an answer")
    }

    /// As [`Self::raw`]: status and body to the letter.
    pub async fn text(&self, method: &str, path: &str, body: Value) -> (u16, String) {
        let response = self.raw(method, path, &body).await;
        (response.status().as_u16(), response.text().await.expect("a body"))
    }

    /// As [`Self::raw`]: status and body.
    pub async fn send(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let (status, text) = self.text(method, path, body).await;
        let body = serde_json::from_str(&text).unwrap_or_else(|_| panic!("not JSON: {text:?}"));
        DOCUMENT.check(method, path, status, &body);
        (status, body)
    }

    pub async fn get(&self, path: &str) -> Value {
        let (status, body) = self.send("GET", path, Value::Null).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    /// A change that is taken.
    pub async fn done(&self, method: &str, path: &str, body: Value) -> Value {
        let (status, answer) = self.send(method, path, body).await;
        assert!(matches!(status, 200 | 201), "{method} {path}: {status} {answer}");
        answer
    }

    /// A change that is refused because of a field.
    pub async fn refused(&self, method: &str, path: &str, body: Value, field: &str) -> Value {
        let (status, answer) = self.send(method, path, body.clone()).await;
        let told = (status, &answer["error"], &answer["field"]);
        assert_eq!(told, (400, &json!("validation_error"), &json!(field)), "{method} {path} {body}: {answer}");
        answer["message"].clone()
    }

    /// Tries to open a socket.
    pub async fn try_socket(&self, path: &str) -> Result<Socket, Box<tungstenite::Error>> {
        connect_async(format!("ws://{}{path}", self.addr)).await.map(|(socket, _)| socket).map_err(Box::new)
    }

    pub async fn socket(&self, path: &str) -> Socket {
        self.try_socket(path).await.expect("a socket")
    }
}

/// Waits, but not for ever.
pub async fn soon<T>(what: impl Future<Output = T>) -> T {
    timeout(DEADLINE, what).await.expect("it happens soon")
}

/// The status of a handshake that was refused.
pub fn status_of(refused: &tungstenite::Error) -> u16 {
    match refused {
        tungstenite::Error::Http(response) => response.status().as_u16(),
        other => panic!("{other}"),
    }
}

/// JSON as the document prints it, without its blanks and line ends: keys stay in their order.
pub fn printed(text: &str) -> String {
    let mut inside = false;
    text.chars()
        .filter(|&c| {
            inside ^= c == '"';
            inside || !c.is_whitespace()
        })
        .collect()
}

/// Status, body and the headers that go with some refusals.
pub async fn told(response: Response) -> Value {
    let mut told = json!({ "status": response.status().as_u16() });
    for name in [header::ALLOW, header::WWW_AUTHENTICATE, header::UPGRADE] {
        if let Some(value) = response.headers().get(&name) {
            told[name.as_str()] = json!(value.to_str().expect("a text"));
        }
    }
    told["body"] = response.json().await.expect("JSON");
    told
}
