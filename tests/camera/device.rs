//! A hand-made camera and viewer, and distinguishable pictures.

use super::fixture::{Fixture, soon};
use bytes::Bytes;
use futures::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// A picture of this many bytes, identified by its number.
pub fn picture(number: u32, size: usize) -> Bytes {
    let mut jpeg = vec![0xff, 0xd8];
    jpeg.extend(number.to_be_bytes());
    // A boundary within a picture must not end a part.
    jpeg.extend(b"\r\n--frame\r\n");
    jpeg.extend((0..size.saturating_sub(jpeg.len() + 2)).map(|at| (at as u32 ^ number) as u8));
    jpeg.extend([0xff, 0xd9]);
    jpeg.into()
}

/// The number of a picture.
pub fn number(jpeg: &[u8]) -> u32 {
    assert_eq!(jpeg[..2], [0xff, 0xd8], "no JPEG: {:?}", &jpeg[..jpeg.len().min(16)]);
    u32::from_be_bytes(jpeg[2..6].try_into().unwrap())
}

/// One side of a WebSocket.
pub struct Peer(pub WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Peer {
    /// Connects to an address of the fixture.
    pub async fn connect(fixture: &Fixture, path: &str) -> Self {
        Self::with_header(fixture, path, None).await
    }

    /// Connects with an `Authorization` header.
    pub async fn with_header(fixture: &Fixture, path: &str, authorization: Option<&str>) -> Self {
        let mut request = fixture.ws(path).into_client_request().unwrap();
        if let Some(authorization) = authorization {
            request.headers_mut().insert("authorization", authorization.parse().unwrap());
        }
        Self(soon(connect_async(request)).await.expect("the upgrade is always accepted").0)
    }

    /// A camera of room `live-<room>` that has received `ready`.
    pub async fn camera(fixture: &Fixture, room: &str) -> Self {
        let path = format!("/ingest/ws?app=live&room={room}");
        let mut camera = Self::with_header(fixture, &path, Some(&format!("Bearer wsk_{room}"))).await;
        let ready = camera.json().await;
        assert_eq!(ready["type"], "ready", "{ready}");
        camera
    }

    pub async fn send(&mut self, message: impl Into<Message>) {
        soon(self.0.send(message.into())).await.expect("sent");
    }

    /// The next message that is not a ping or a pong.
    pub async fn next(&mut self) -> Option<Result<Message, Error>> {
        loop {
            match soon(self.0.next()).await {
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                other => return other,
            }
        }
    }

    /// The next message, which must be JSON text.
    pub async fn json(&mut self) -> Value {
        match self.next().await {
            Some(Ok(Message::Text(text))) => serde_json::from_str(&text).expect("JSON"),
            other => panic!("no text, but {other:?}"),
        }
    }

    /// The next message, which must be a picture.
    pub async fn jpeg(&mut self) -> Bytes {
        match self.next().await {
            Some(Ok(Message::Binary(jpeg))) => jpeg,
            other => panic!("no picture, but {other:?}"),
        }
    }

    /// The close that must come next: its code and reason.
    pub async fn close(&mut self) -> (u16, String) {
        match self.next().await {
            Some(Ok(Message::Close(Some(frame)))) => (frame.code.into(), frame.reason.to_string()),
            other => panic!("no close, but {other:?}"),
        }
    }

    /// Closes the connection; the answer must come.
    pub async fn leave(mut self) {
        self.send(Message::Close(Some(CloseFrame { code: 1000.into(), reason: "".into() }))).await;
        loop {
            match self.next().await {
                Some(Ok(Message::Close(Some(frame)))) => return assert_eq!(u16::from(frame.code), 1000),
                Some(Ok(_)) => {}
                other => panic!("no answer, but {other:?}"),
            }
        }
    }

    /// Refused or disconnected with a text: its `message`, after its code was compared with the close's.
    pub async fn sent_away(&mut self) -> (u16, String) {
        let text = self.json().await;
        let (code, _) = self.close().await;
        assert_eq!((&text["type"], &text["code"]), (&"error".into(), &code.to_string().into()), "{text}");
        (code, text["message"].as_str().expect("message").to_owned())
    }
}
