//! Image jobs: from bytes of a picture and a request to bytes of another picture.
//!
//! ```text
//! bytes ─► codec (admit, decode, turn) ─► Picture ─► service (enhance, design, plans, staging) ─► upscale ─► JPEG
//! ```
//!
//! Refuses to know: rows, accounts, queues, HTTP requests of clients; media on air.

pub mod codec;
pub mod design;
pub mod engine;
pub mod enhance;
pub mod grade;
pub mod picture;
pub mod plans;
pub mod resize;
pub mod room;
pub mod scene;
pub mod staging;
pub mod tone;
pub mod upscale;
pub mod wishes;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// Cancels work that is no longer needed. Clones share the signal.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Makes work end at its next check.
    pub fn stop(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// To be called between pieces of work of at most some 100 ms.
    ///
    /// # Errors
    /// [`Fault::Stopped`] once it was stopped.
    pub fn check(&self) -> Result<(), Fault> {
        if self.0.load(Ordering::Relaxed) { Err(Fault::Stopped) } else { Ok(()) }
    }
}

/// Why there is no picture. The texts are for the caller.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The caller's: not a picture of an accepted format, or a damaged one.
    #[error("{0}")]
    Unreadable(String),
    /// The caller's: a picture with too many pixels.
    #[error("{0}")]
    TooLarge(String),
    /// The caller's: a valid picture that the service cannot work on, e.g. a plan without walls.
    #[error("{0}")]
    Unsuitable(String),
    /// The engine's: a remote service refused or failed.
    #[error("{0}")]
    Engine(String),
    /// No fault: it was cancelled.
    #[error("called off")]
    Stopped,
}
