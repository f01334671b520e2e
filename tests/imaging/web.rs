//! A small web server: it answers requests in turn and keeps their content.

use std::sync::Arc;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Mutex,
};

/// Head and body of a request.
#[derive(Debug, Clone)]
pub struct Asked {
    pub head: String,
    pub body: Vec<u8>,
}

pub struct Web {
    pub url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Web {
    /// Answers the first request with the first of these (status, further header lines, body), and so on; the last
    /// one again and again.
    pub async fn answering(answers: Vec<(u16, &'static str, String)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("its address"));
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let kept = asked.clone();
        tokio::spawn(async move {
            loop {
                let Ok((mut stream, _)) = listener.accept().await else { return };
                let request = read(&mut stream).await;
                let mut kept = kept.lock().await;
                let (status, headers, body) = &answers[kept.len().min(answers.len() - 1)];
                kept.push(request);
                let head =
                    format!("HTTP/1.1 {status} X\r\n{headers}connection: close\r\ncontent-length: {}", body.len());
                let _ = stream.write_all(format!("{head}\r\n\r\n{body}").as_bytes()).await;
            }
        });
        Self { url, asked }
    }

    /// The requests so far.
    pub async fn asked(&self) -> Vec<Asked> {
        self.asked.lock().await.clone()
    }
}

async fn read(stream: &mut TcpStream) -> Asked {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        assert!(stream.read_buf(&mut bytes).await.expect("the head") > 0, "the head ended early");
    };
    let mut body = bytes.split_off(end);
    let head = String::from_utf8(bytes).expect("text").to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
    while body.len() < length {
        assert!(stream.read_buf(&mut body).await.expect("the body") > 0, "the body ended early");
    }
    Asked { head, body }
}
