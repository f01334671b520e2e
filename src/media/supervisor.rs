//! When a failed pipeline is tried again: as any other task is.

pub use crate::tasks::Backoff;
