//! Bodies on their way in: at most [`LIMIT`] bytes, whatever is announced.
//!
//! Refuses to know: what bodies say.

use super::error::Refusal;
use bytes::Buf;
use futures::{Stream, StreamExt};
use std::{pin::Pin, time::Duration};
use tokio::time::{Instant, timeout_at};
use warp::http::{HeaderMap, header};

/// The most that a body may have, in bytes (document, "MAX_REQUEST_BODY_SIZE").
pub const LIMIT: usize = 16 * 1024;
/// How long a body may take to arrive.
const WHOLE: Duration = Duration::from_secs(15);
/// How much of a refused body is let run dry, so that its sender hears the refusal instead of a reset.
const DREGS: usize = 1024 * 1024;
/// How long that may take.
const DRAIN: Duration = Duration::from_secs(5);

/// The body of one request.
pub struct Intake<S> {
    stream: Pin<Box<S>>,
    announced: Option<u64>,
    /// The sender waits for a word before it sends.
    expects: bool,
    touched: bool,
    ended: bool,
}

impl<S, B> Intake<S>
where
    S: Stream<Item = Result<B, warp::Error>> + Send,
    B: Buf + Send,
{
    /// A body that nobody has begun to read.
    pub fn new(stream: S, headers: &HeaderMap) -> Self {
        let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
        let expects = headers.contains_key(header::EXPECT);
        Self { stream: Box::pin(stream), announced, expects, touched: false, ended: announced == Some(0) }
    }

    /// All of it.
    ///
    /// # Errors
    /// It is too large or too slow, or breaks off.
    pub async fn whole(&mut self) -> Result<Vec<u8>, Refusal> {
        if self.announced.is_some_and(|length| length > LIMIT as u64) {
            return Err(Refusal::TooLarge);
        }
        let deadline = Instant::now() + WHOLE;
        let mut whole = Vec::new();
        while let Some(mut part) = self.next(deadline).await? {
            if whole.len().saturating_add(part.remaining()) > LIMIT {
                return Err(Refusal::TooLarge);
            }
            while part.has_remaining() {
                let chunk = part.chunk();
                whole.extend_from_slice(chunk);
                part.advance(chunk.len());
            }
        }
        Ok(whole)
    }

    async fn next(&mut self, deadline: Instant) -> Result<Option<B>, Refusal> {
        if self.ended {
            return Ok(None);
        }
        self.touched = true;
        match timeout_at(deadline, self.stream.next()).await {
            Err(_) => Err(Refusal::Slow),
            Ok(None) => {
                self.ended = true;
                Ok(None)
            }
            Ok(Some(Ok(part))) => Ok(Some(part)),
            Ok(Some(Err(_))) => {
                self.ended = true;
                Err(Refusal::BrokenOff)
            }
        }
    }

    /// Reads on what a refusal left unread, for a while. Who waits for a word before sending was not told to send.
    pub async fn drain(mut self) {
        if self.expects && !self.touched {
            return;
        }
        let deadline = Instant::now() + DRAIN;
        let mut left = DREGS;
        while let Ok(Some(part)) = self.next(deadline).await {
            match left.checked_sub(part.remaining()) {
                Some(less) => left = less,
                None => return,
            }
        }
    }
}
