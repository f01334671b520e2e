//! Request bodies: read part by part with a deadline; and the draining of a body that a refusal left unread.
//!
//! Refuses to know: the permitted size of a body, and its content.

use bytes::{Buf, Bytes};
use futures::{Stream, StreamExt, stream::BoxStream};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};
use warp::http::{HeaderMap, header};

/// Why a body ends early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyError {
    /// No data came in time.
    Slow,
    /// The sender disconnected.
    BrokenOff,
}

/// The body of one request.
pub struct BodyReader {
    stream: BoxStream<'static, Result<Bytes, warp::Error>>,
    announced: Option<u64>,
    /// The sender waits for `100 Continue` before it sends (RFC 9110, section 10.1.1).
    expects: bool,
    touched: bool,
    ended: bool,
}

impl BodyReader {
    /// A body from which nothing was read yet.
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
    /// The part did not come before the deadline, or never will.
    pub async fn next(&mut self, deadline: Instant) -> Result<Option<Bytes>, BodyError> {
        if self.ended {
            return Ok(None);
        }
        self.touched = true;
        match timeout_at(deadline, self.stream.next()).await {
            Err(_) => Err(BodyError::Slow),
            Ok(None) => {
                self.ended = true;
                Ok(None)
            }
            Ok(Some(Ok(part))) => Ok(Some(part)),
            Ok(Some(Err(_))) => {
                self.ended = true;
                Err(BodyError::BrokenOff)
            }
        }
    }

    /// Reads the unread rest of a refused body, at most `most` bytes within `timeout`, so that its sender reads the
    /// refusal instead of a reset. A sender that waits for `100 Continue` has not begun to send.
    pub async fn drain(mut self, most: usize, timeout: Duration) {
        if self.expects && !self.touched {
            return;
        }
        let deadline = Instant::now() + timeout;
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
