//! Bodies on their way in: at most [`LIMIT`] bytes, whatever is announced.
//!
//! Refuses to know: what bodies say.

use super::error::Refusal;
use crate::api::inflow::{Halt, Inflow, append};
use bytes::Buf;
use futures::Stream;
use std::time::Duration;
use tokio::time::Instant;
use warp::http::HeaderMap;

/// The most that a body may have, in bytes (document, "MAX_REQUEST_BODY_SIZE").
pub const LIMIT: usize = 16 * 1024;
/// How long a body may take to arrive.
const WHOLE: Duration = Duration::from_secs(15);
/// How much of a refused body is let run dry.
const DREGS: usize = 1024 * 1024;
/// How long that may take.
const DRAIN: Duration = Duration::from_secs(5);

/// The body of one request.
pub struct Intake<S>(Inflow<S>);

impl<S, B> Intake<S>
where
    S: Stream<Item = Result<B, warp::Error>> + Send,
    B: Buf + Send,
{
    /// A body that nobody has begun to read.
    pub fn new(stream: S, headers: &HeaderMap) -> Self {
        Self(Inflow::new(stream, headers))
    }

    /// All of it.
    ///
    /// # Errors
    /// It is too large or too slow, or breaks off.
    pub async fn whole(&mut self) -> Result<Vec<u8>, Refusal> {
        if self.0.announced().is_some_and(|length| length > LIMIT as u64) {
            return Err(Refusal::TooLarge);
        }
        let deadline = Instant::now() + WHOLE;
        let mut whole = Vec::new();
        while let Some(part) = self.0.next(deadline).await? {
            if whole.len().saturating_add(part.remaining()) > LIMIT {
                return Err(Refusal::TooLarge);
            }
            append(&mut whole, part);
        }
        Ok(whole)
    }

    /// See [`Inflow::drain`].
    pub async fn drain(self) {
        self.0.drain(DREGS, DRAIN).await;
    }
}

impl From<Halt> for Refusal {
    fn from(halt: Halt) -> Self {
        match halt {
            Halt::Slow => Self::Slow,
            Halt::BrokenOff => Self::BrokenOff,
        }
    }
}
