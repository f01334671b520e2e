//! Request bodies: at most [`BODY_LIMIT`] bytes, whatever length is announced.
//!
//! Refuses to know: the content of bodies.

use super::error::{BODY_LIMIT, Refusal};
use crate::api::body_reader::{BodyError, BodyReader, append};
use bytes::Buf;
use futures::Stream;
use std::time::Duration;
use tokio::time::Instant;
use warp::http::HeaderMap;

/// How long a body may take to arrive.
const WHOLE: Duration = Duration::from_secs(15);
/// How much of a refused body is let run dry.
const DRAIN_LIMIT: usize = 1024 * 1024;
/// How long that may take.
const DRAIN: Duration = Duration::from_secs(5);

/// The body of one request.
pub struct Intake(BodyReader);

impl Intake {
    /// A body of which nothing was read yet.
    pub fn new<S, B>(stream: S, headers: &HeaderMap) -> Self
    where
        S: Stream<Item = Result<B, warp::Error>> + Send + 'static,
        B: Buf,
    {
        Self(BodyReader::new(stream, headers))
    }

    /// All of it.
    ///
    /// # Errors
    /// It is too large or too slow, or breaks off.
    pub async fn whole(&mut self) -> Result<Vec<u8>, Refusal> {
        if self.0.announced().is_some_and(|length| length > BODY_LIMIT as u64) {
            return Err(Refusal::TooLarge);
        }
        let deadline = Instant::now() + WHOLE;
        let mut whole = Vec::new();
        while let Some(part) = self.0.next(deadline).await? {
            if whole.len().saturating_add(part.remaining()) > BODY_LIMIT {
                return Err(Refusal::TooLarge);
            }
            append(&mut whole, part);
        }
        Ok(whole)
    }

    /// See [`BodyReader::drain`].
    pub async fn drain(self) {
        self.0.drain(DRAIN_LIMIT, DRAIN).await;
    }
}

impl From<BodyError> for Refusal {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::Slow => Self::Slow,
            BodyError::BrokenOff => Self::BrokenOff,
        }
    }
}
