//! Telemetry: what is measured of sources, mixer and outputs. The latest value wins; it never travels on the bus.

use std::sync::Arc;

pub use crate::domain::stats::{MixerStats, OutputStats, SourceStats, Stats};

/// Where the present figures can be read at any time. Cheap to clone.
#[derive(Clone)]
pub struct Telemetry {
    read: Arc<dyn Fn() -> Stats + Send + Sync>,
}

impl Telemetry {
    /// A telemetry that reads its figures from the engine.
    pub fn new(read: impl Fn() -> Stats + Send + Sync + 'static) -> Self {
        Self { read: Arc::new(read) }
    }

    /// The figures as of now.
    pub fn read(&self) -> Stats {
        (self.read)()
    }
}
