//! A LiveWing client: a real WebSocket that keeps what it was not waiting for.

use crate::openapi::Document;
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::{collections::HashMap, net::SocketAddr, sync::LazyLock, time::Duration};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, protocol::CloseFrame},
};

/// Nothing that is waited for here takes nearly as long.
const DEADLINE: Duration = Duration::from_secs(10);

/// `docs/api/livewing.yaml`.
static DOCUMENT: LazyLock<Document> = LazyLock::new(|| Document::of("livewing"));

/// Panics when the document does not allow this message of the server.
fn check(message: &Value) {
    let name = match (message["event"].as_str(), message["status"].as_str()) {
        (None, Some("ok")) => "response",
        (None, Some("error")) => "failure",
        (Some("switcher.state"), None) => "switcherState",
        (Some("source.health"), None) => "sourceHealth",
        (Some(topic), None) if topic.starts_with("output.") && topic.ends_with(".state") => "outputState",
        (Some(topic), None) if topic.starts_with("output.") && topic.ends_with(".stats") => "outputStats",
        (Some(topic @ ("tally" | "inputs" | "disk")), None) => topic,
        _ => panic!("no message of the document: {message}"),
    };
    DOCUMENT.validate(&format!("/components/messages/{name}/payload"), message, &message.to_string());
}

pub struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// Everything that was received, for the message of a failure.
    log: Vec<Value>,
    /// Events that were passed over while waiting for an answer.
    events: Vec<Value>,
    next: u32,
    /// Commands that are not answered yet, by id.
    asked: HashMap<String, String>,
}

impl Client {
    pub async fn connect(addr: SocketAddr) -> Self {
        let (socket, _) = connect_async(format!("ws://{addr}")).await.expect("the plane takes connections");
        Self { socket, log: Vec::new(), events: Vec::new(), next: 0, asked: HashMap::new() }
    }

    pub async fn send(&mut self, text: impl Into<String>) {
        self.socket.send(Message::text(text.into())).await.expect("the connection is up");
    }

    pub async fn send_message(&mut self, message: Message) {
        self.socket.send(message).await.expect("the connection is up");
    }

    /// Sends a command and gives its id.
    pub async fn ask(&mut self, kind: &str, params: Value) -> String {
        self.next += 1;
        let id = format!("r{}", self.next);
        self.asked.insert(id.clone(), kind.to_owned());
        self.send(json!({ "id": id, "type": kind, "params": params }).to_string()).await;
        id
    }

    /// The next message of whatever kind.
    pub async fn message(&mut self) -> Value {
        loop {
            match self.frame().await {
                Some(Message::Text(text)) => {
                    let message: Value = serde_json::from_str(&text).expect("messages are JSON");
                    check(&message);
                    let answered = message["id"].as_str().and_then(|id| self.asked.remove(id));
                    if let (Some(command), "ok") = (answered, message["status"].as_str().unwrap_or_default()) {
                        let answer = format!("/components/x-answers/{command}");
                        DOCUMENT.validate(&answer, &message["data"], &format!("{command}: {message}"));
                    }
                    self.log.push(message.clone());
                    return message;
                }
                Some(Message::Ping(_) | Message::Pong(_)) => {}
                other => panic!("{other:?} after {:#?}", self.log),
            }
        }
    }

    /// The next frame; `None` at the end.
    pub async fn frame(&mut self) -> Option<Message> {
        let frame = timeout(DEADLINE, self.socket.next()).await;
        frame.unwrap_or_else(|_| panic!("nothing more after {:#?}", self.log))?.ok()
    }

    /// The answer with this id.
    pub async fn answer(&mut self, id: &str) -> Value {
        loop {
            let message = self.message().await;
            if message["id"] == id {
                return message;
            }
            self.events.push(message);
        }
    }

    /// Sends a command and waits for its answer.
    pub async fn call(&mut self, kind: &str, params: Value) -> Value {
        let id = self.ask(kind, params).await;
        self.answer(&id).await
    }

    /// The data of a command that must work.
    pub async fn data(&mut self, kind: &str, params: Value) -> Value {
        let answer = self.call(kind, params).await;
        assert_eq!(answer["status"], "ok", "{kind}: {answer}");
        answer["data"].clone()
    }

    /// Code and message of a command that must not work.
    pub async fn fails(&mut self, kind: &str, params: Value) -> (String, String) {
        let answer = self.call(kind, params).await;
        assert_eq!(answer["status"], "error", "{kind}: {answer}");
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        (text(&answer["error"]["code"]), text(&answer["error"]["message"]))
    }

    /// The data of the next event of a topic.
    pub async fn event(&mut self, topic: &str) -> Value {
        if let Some(at) = self.events.iter().position(|event| event["event"] == topic) {
            return self.events.remove(at)["data"].clone();
        }
        loop {
            let message = self.message().await;
            if message["event"] == topic {
                return message["data"].clone();
            }
            self.events.push(message);
        }
    }

    /// The next event of a topic that meets a condition.
    pub async fn event_where(&mut self, topic: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let data = self.event(topic).await;
            if wanted(&data) {
                return data;
            }
        }
    }

    /// Events that came and were not waited for.
    pub fn left_over(&self) -> &[Value] {
        &self.events
    }

    /// How the server closes; messages before it are passed over.
    pub async fn closed(&mut self) -> Option<CloseFrame> {
        loop {
            match self.frame().await {
                Some(Message::Close(frame)) => return frame,
                Some(_) => {}
                None => return None,
            }
        }
    }
}

impl Client {
    /// Whether a frame could be written.
    pub async fn try_send(&mut self, message: Message) -> bool {
        self.socket.send(message).await.is_ok()
    }
}
