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
pub mod scene;
pub mod staging;
pub mod upscale;
pub mod wishes;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// Tells work that nobody wants its result any more. Clones are the same.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// From now on work ends at its next look.
    pub fn stop(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// To be asked between pieces of work of at most some 100 ms.
    ///
    /// # Errors
    /// [`Fault::Stopped`] once it was stopped.
    pub fn check(&self) -> Result<(), Fault> {
        if self.0.load(Ordering::Relaxed) { Err(Fault::Stopped) } else { Ok(()) }
    }
}

/// Why there is no picture. The texts are for whoever asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The asker's: not a picture of a format that is taken, or a damaged one.
    #[error("{0}")]
    Unreadable(String),
    /// The asker's: a picture with more pixels than are taken.
    #[error("{0}")]
    TooLarge(String),
    /// The asker's: a good picture on which the service finds nothing to work with, e.g. a plan without walls.
    #[error("{0}")]
    Unsuitable(String),
    /// The engine's: a service elsewhere refused or broke down.
    #[error("{0}")]
    Engine(String),
    /// Nobody's: it was called off.
    #[error("called off")]
    Stopped,
}
