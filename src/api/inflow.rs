//! Bodies on their way in: part by part, with patience that ends; and what a refusal left unread, let run dry.
//!
//! Refuses to know: how large a body may be, and what it says.

use bytes::{Buf, Bytes};
use futures::{Stream, StreamExt, stream::BoxStream};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};
use warp::http::{HeaderMap, header};

/// Why no more of a body comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Halt {
    /// Nothing came in time.
    Slow,
    /// Its sender left.
    BrokenOff,
}

/// The body of one request.
pub struct Inflow {
    stream: BoxStream<'static, Result<Bytes, warp::Error>>,
    announced: Option<u64>,
    /// The sender waits for `100 Continue` before it sends (RFC 9110, section 10.1.1).
    expects: bool,
    touched: bool,
    ended: bool,
}

impl Inflow {
    /// A body of which nothing was read yet.
    pub fn new<S, B>(stream: S, headers: &HeaderMap) -> Self
    where
        S: Stream<Item = Result<B, warp::Error>> + Send + 'static,
        B: Buf,
    {
        let stream = stream.map(|part| part.map(|mut part| part.copy_to_bytes(part.remaining())));
        let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
        let expects = headers.contains_key(header::EXPECT);
        Self { stream: stream.boxed(), announced, expects, touched: false, ended: announced == Some(0) }
    }

    /// Its `Content-Length`, in bytes.
    pub fn announced(&self) -> Option<u64> {
        self.announced
    }

    /// The next part; `None` after the last.
    ///
    /// # Errors
    /// It did not come until the deadline, or never will.
    pub async fn next(&mut self, deadline: Instant) -> Result<Option<Bytes>, Halt> {
        if self.ended {
            return Ok(None);
        }
        self.touched = true;
        match timeout_at(deadline, self.stream.next()).await {
            Err(_) => Err(Halt::Slow),
            Ok(None) => {
                self.ended = true;
                Ok(None)
            }
            Ok(Some(Ok(part))) => Ok(Some(part)),
            Ok(Some(Err(_))) => {
                self.ended = true;
                Err(Halt::BrokenOff)
            }
        }
    }

    /// Reads on what a refusal left unread, at most so many bytes for so long, so that its sender reads the refusal
    /// instead of a reset. A sender that waits for `100 Continue` was not told to send.
    pub async fn drain(mut self, most: usize, patience: Duration) {
        if self.expects && !self.touched {
            return;
        }
        let deadline = Instant::now() + patience;
        let mut left = most;
        while let Ok(Some(part)) = self.next(deadline).await {
            match left.checked_sub(part.remaining()) {
                Some(less) => left = less,
                None => return,
            }
        }
    }
}

/// Adds a part to what came before it.
pub fn append(whole: &mut Vec<u8>, mut part: impl Buf) {
    while part.has_remaining() {
        let chunk = part.chunk();
        whole.extend_from_slice(chunk);
        let length = chunk.len();
        part.advance(length);
    }
}
