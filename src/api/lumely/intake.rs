//! Request bodies: read as they come, never more than the limit, few large ones at a time.
//!
//! ```text
//! stream ─► first 256 KB ─► a place among the large ones ─► the rest, up to the limit ─► parsed beside the executor
//! ```
//!
//! Refuses to know: the content of bodies.

use super::{error::Refusal, fields::Fields};
use crate::api::body_reader::{BodyError, BodyReader, append};
use bytes::Buf;
use futures::Stream;
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::Semaphore,
    time::{Instant, timeout},
};
use warp::http::HeaderMap;

/// The most that a body may have, in bytes: the documented 10 MB.
pub const LIMIT: usize = 10 * 1024 * 1024;
/// What needs no place among the large bodies.
const SMALL: usize = 256 * 1024;
/// Large bodies that are read at the same time; together they hold at most 160 MB.
const LARGE_AT_ONCE: usize = 16;
/// How long a large body waits for its place.
const PLACE: Duration = Duration::from_secs(10);
/// How long a body may take to arrive.
const WHOLE: Duration = Duration::from_secs(120);
/// The longest pause in between.
const PAUSE: Duration = Duration::from_secs(10);
/// How much of a refused body is drained.
const DRAIN_LIMIT: usize = 2 * LIMIT;
/// How long that may take.
const DRAIN: Duration = Duration::from_secs(5);

/// How many large bodies are read at the same time.
#[derive(Debug)]
pub struct LargeBodyLimiter(Arc<Semaphore>);

impl Default for LargeBodyLimiter {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(LARGE_AT_ONCE)))
    }
}

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

    /// The result of `understand` for the body. Large ones are parsed where blocking is allowed.
    ///
    /// # Errors
    /// The body is too large or too slow or breaks off; or the error of `understand`.
    pub async fn understood<T, F>(&mut self, large_bodies: &LargeBodyLimiter, understand: F) -> Result<T, Refusal>
    where
        T: Send + 'static,
        F: FnOnce(Fields<'_>) -> Result<T, Refusal> + Send + 'static,
    {
        let announced = self.0.announced();
        if announced.is_some_and(|length| length > LIMIT as u64) {
            return Err(Refusal::TooLarge);
        }
        let deadline = Instant::now() + WHOLE;
        let mut whole = Vec::new();
        let mut place = None;
        while let Some(part) = self.0.next(deadline.min(Instant::now() + PAUSE)).await.map_err(refusal)? {
            let length = whole.len().saturating_add(part.remaining());
            if length > LIMIT {
                return Err(Refusal::TooLarge);
            }
            if length > SMALL && place.is_none() {
                let place_now = timeout(PLACE, large_bodies.0.clone().acquire_owned()).await.ok().and_then(Result::ok);
                place = Some(place_now.ok_or(Refusal::Busy)?);
                // At once: growing step by step would end with twice as much. What is not written to costs nothing.
                let announced = announced.and_then(|length| usize::try_from(length).ok()).unwrap_or(LIMIT);
                whole.reserve_exact(announced.min(LIMIT).saturating_sub(whole.len()));
            }
            append(&mut whole, part);
        }
        if place.is_none() {
            return understand(Fields::of(&whole)?);
        }
        let parsed = tokio::task::spawn_blocking(move || {
            let _place = place; // the sender may be gone by now; the body is in memory all the same
            understand(Fields::of(&whole)?)
        })
        .await;
        parsed.map_err(|error| Refusal::internal(&error))?
    }

    /// See [`BodyReader::drain`].
    pub async fn drain(self) {
        self.0.drain(DRAIN_LIMIT, DRAIN).await;
    }
}

fn refusal(error: BodyError) -> Refusal {
    match error {
        BodyError::Slow => Refusal::Slow,
        BodyError::BrokenOff => Refusal::BrokenOff,
    }
}
