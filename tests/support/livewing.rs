//! A client of the LiveWing plane: authenticates, sends commands, subscribes and waits for events.
//!
//! It knows the envelope and nothing of the commands. Events that arrive while an answer is awaited
//! are kept in order and handed out later.

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// How long connecting and any answer may take.
pub const ANSWER_LIMIT: Duration = Duration::from_secs(5);
/// Messages printed when a test fails.
const TAIL_LINES: usize = 40;

/// One connection. If the test is failing when it is dropped, its last messages are printed.
pub struct LiveWing {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    next_id: u64,
    waiting: VecDeque<(String, Value)>,
    opened: Instant,
    history: Vec<String>,
}

/// Why no message came.
#[derive(Debug, Clone, PartialEq)]
pub enum Silence {
    /// Not in time.
    Deadline,
    /// The server closed the connection, with this close code if it gave one.
    Closed(Option<u16>),
}

impl LiveWing {
    /// Connects without authenticating.
    pub async fn connect(url: &str) -> Self {
        let end = Instant::now() + ANSWER_LIMIT;
        let (socket, _) = match timeout_at(end, connect_async(url)).await {
            Ok(Ok(connected)) => connected,
            Ok(Err(error)) => panic!("connecting to {url}: {error}"),
            Err(_) => panic!("connecting to {url}: not within {ANSWER_LIMIT:?}"),
        };
        Self { socket, next_id: 1, waiting: VecDeque::new(), opened: Instant::now(), history: Vec::new() }
    }

    /// Connects and authenticates; panics if that is refused.
    pub async fn open(url: &str, token: &str) -> Self {
        let mut client = Self::connect(url).await;
        if let Err(refusal) = client.auth(token).await {
            panic!("authenticating: {refusal:?}");
        }
        client
    }

    /// Sends `system.auth`.
    pub async fn auth(&mut self, token: &str) -> Result<Value, (String, String)> {
        self.request("system.auth", json!({ "token": token })).await
    }

    /// Sends a command and waits for its answer: `data`, or `(code, message)`.
    pub async fn request(&mut self, kind: &str, params: Value) -> Result<Value, (String, String)> {
        let id = self.next_id.to_string();
        self.next_id += 1;
        self.send_text(&json!({ "id": id, "type": kind, "params": params }).to_string()).await;
        let end = Instant::now() + ANSWER_LIMIT;
        let answer = loop {
            match self.message(end).await {
                Ok(message) if message["id"] == id.as_str() => break message,
                Ok(message) => self.keep(message),
                Err(silence) => panic!("no answer to {kind}: {silence:?}"),
            }
        };
        match answer["status"].as_str() {
            Some("ok") => Ok(answer["data"].clone()),
            Some("error") => {
                let text = |key: &str| answer["error"][key].as_str().unwrap_or_default().to_owned();
                Err((text("code"), text("message")))
            }
            _ => panic!("an answer without a status: {answer}"),
        }
    }

    /// The same for commands that must succeed: panics with code and message.
    pub async fn must(&mut self, kind: &str, params: Value) -> Value {
        match self.request(kind, params.clone()).await {
            Ok(data) => data,
            Err((code, message)) => panic!("{kind} {params}: {code}: {message}"),
        }
    }

    /// Subscribes to topics; panics if that is refused.
    pub async fn subscribe(&mut self, topics: &[&str]) {
        self.must("system.subscribe", json!({ "topics": topics })).await;
    }

    /// Takes the oldest event of a topic not taken yet, or waits for the next one; panics after `limit`.
    /// Events of other topics stay.
    pub async fn next_event(&mut self, topic: &str, limit: Duration) -> Value {
        self.event_where(topic, limit, |_| true).await
    }

    /// Takes events of a topic until one fits, and answers that one; panics after `limit`.
    pub async fn event_where(&mut self, topic: &str, limit: Duration, fits: impl Fn(&Value) -> bool) -> Value {
        let end = Instant::now() + limit;
        loop {
            while let Some(data) = self.take(topic) {
                if fits(&data) {
                    return data;
                }
            }
            match self.message(end).await {
                Ok(message) => self.keep(message),
                Err(silence) => panic!("no fitting event of {topic} within {limit:?}: {silence:?}"),
            }
        }
    }

    /// All events received but not taken, oldest first, taken now. Does not wait.
    pub fn drain(&mut self) -> Vec<(String, Value)> {
        self.waiting.drain(..).collect()
    }

    /// Sends raw text, for messages that [`Self::request`] would not send.
    pub async fn send_text(&mut self, text: &str) {
        self.record(">", text);
        if let Err(error) = self.socket.send(Message::text(text)).await {
            panic!("sending {text}: {error}");
        }
    }

    /// The next message of any kind as it came.
    pub async fn next_raw(&mut self, limit: Duration) -> Result<Value, Silence> {
        self.message(Instant::now() + limit).await
    }

    /// Waits until the server closes, and answers its close code; panics if it does not in time.
    pub async fn closed(&mut self, limit: Duration) -> Option<u16> {
        let end = Instant::now() + limit;
        loop {
            match self.message(end).await {
                Ok(message) => self.keep(message),
                Err(Silence::Closed(code)) => return code,
                Err(Silence::Deadline) => panic!("still open after {limit:?}"),
            }
        }
    }

    async fn message(&mut self, end: Instant) -> Result<Value, Silence> {
        loop {
            match timeout_at(end, self.socket.next()).await {
                Err(_) => return Err(Silence::Deadline),
                Ok(None | Some(Err(_))) => return Err(Silence::Closed(None)),
                Ok(Some(Ok(Message::Close(frame)))) => {
                    let code = frame.map(|frame| u16::from(frame.code));
                    self.record("<", &format!("close {code:?}"));
                    return Err(Silence::Closed(code));
                }
                Ok(Some(Ok(Message::Text(text)))) => {
                    self.record("<", &text);
                    match serde_json::from_str(&text) {
                        Ok(value) => return Ok(value),
                        Err(error) => panic!("not JSON ({error}): {text}"),
                    }
                }
                // Pings are answered by the socket itself.
                Ok(Some(Ok(_))) => {}
            }
        }
    }

    fn keep(&mut self, message: Value) {
        match message["event"].as_str() {
            Some(topic) => {
                let topic = topic.to_owned();
                self.waiting.push_back((topic, message["data"].clone()));
            }
            None => panic!("an answer nobody asked for: {message}"),
        }
    }

    fn take(&mut self, topic: &str) -> Option<Value> {
        let index = self.waiting.iter().position(|(name, _)| name == topic)?;
        self.waiting.remove(index).map(|(_, data)| data)
    }

    fn record(&mut self, way: &str, text: &str) {
        let at = self.opened.elapsed().as_secs_f64();
        self.history.push(format!("{at:9.3} s {way} {text}"));
    }
}

impl Drop for LiveWing {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let first = self.history.len().saturating_sub(TAIL_LINES);
            eprintln!("LiveWing connection:\n{}", self.history[first..].join("\n"));
        }
    }
}
