//! A strict reader of `multipart/x-mixed-replace`.

use super::fixture::{Fixture, soon};
use bytes::{Buf, Bytes, BytesMut};

/// An answer that is being read.
pub struct Parts {
    answer: reqwest::Response,
    buffer: BytesMut,
}

impl Parts {
    pub async fn open(fixture: &Fixture, path: &str) -> Self {
        let answer = soon(reqwest::get(fixture.http(path))).await.unwrap();
        assert_eq!(answer.status(), 200);
        let mut parts = Self { answer, buffer: BytesMut::new() };
        parts.expect(b"--frame\r\n").await;
        parts
    }

    /// The next picture, which must have ended: its boundary must be there.
    pub async fn next(&mut self) -> Bytes {
        self.expect(b"Content-Type: image/jpeg\r\nContent-Length: ").await;
        let length: usize = loop {
            if let Some(end) = self.buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                let digits = std::str::from_utf8(&self.buffer[..end]).unwrap().parse().expect("a length");
                self.buffer.advance(end + 4);
                break digits;
            }
            self.more().await;
        };
        while self.buffer.len() < length {
            self.more().await;
        }
        let picture = self.buffer.split_to(length).freeze();
        self.expect(b"\r\n--frame\r\n").await;
        picture
    }

    async fn expect(&mut self, text: &[u8]) {
        while self.buffer.len() < text.len() {
            self.more().await;
        }
        assert_eq!(self.buffer.split_to(text.len()), text);
    }

    async fn more(&mut self) {
        let chunk = soon(self.answer.chunk()).await.unwrap().expect("the stream stays open");
        self.buffer.extend_from_slice(&chunk);
    }
}
