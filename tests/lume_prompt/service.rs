//! An AI service of the test's own, on loopback: it notes requests and gives the prepared answers.

use serde_json::{Value, json};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::net::TcpListener;
use warp::{
    Filter,
    http::{HeaderMap, Method, Response},
    hyper::body::Bytes,
    path::FullPath,
};

/// A received request.
pub struct Asked {
    pub method: Method,
    pub path: String,
    pub headers: HeaderMap,
    pub body: Value,
}

/// A prepared answer.
#[derive(Clone)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
    pub after: Duration,
}

/// Runs until the test ends.
pub struct Service {
    pub url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Reply {
    /// A body with a status.
    pub fn raw(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: Vec::new(), body: body.into(), after: Duration::ZERO }
    }

    /// A message of the model.
    pub fn text(text: &str) -> Self {
        let message = json!({
            "id": "msg_1", "type": "message", "role": "assistant", "stop_reason": "end_turn",
            "content": [{"type": "text", "text": text}],
        });
        Self::raw(200, message.to_string())
    }

    /// An error in the API's form.
    pub fn error(status: u16, kind: &str, message: &str) -> Self {
        Self::raw(status, json!({"type": "error", "error": {"type": kind, "message": message}}).to_string())
    }
}

impl Service {
    /// Gives this answer to every request.
    pub async fn that(replies: Reply) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("its address"));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let noted = asked.clone();
        let route = warp::method().and(warp::path::full()).and(warp::header::headers_cloned()).and(warp::body::bytes());
        let route = route.then(move |method: Method, path: FullPath, headers: HeaderMap, body: Bytes| {
            let (replies, noted) = (replies.clone(), noted.clone());
            async move {
                let body = serde_json::from_slice(&body).unwrap_or_default();
                noted.lock().unwrap().push(Asked { method, path: path.as_str().to_owned(), headers, body });
                tokio::time::sleep(replies.after).await;
                let mut answer = Response::builder().status(replies.status);
                for (name, value) in &replies.headers {
                    answer = answer.header(*name, value);
                }
                answer.body(replies.body).expect("an answer")
            }
        });
        tokio::spawn(warp::serve(route).incoming(listener).run());
        Self { url, asked }
    }

    /// The requests since the last call.
    pub fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}
