//! One member of a composite: its pictures from its stream's decoder in the size of its cell, its sound for the mix.
//!
//! ```text
//! Live ─► its decoder ─► Source: grid ─► frame queue ─┐
//!                                   └─► sound ────────┴─► composite
//! ```

use crate::{
    domain::{
        source::{Signal, SourceId},
        time::{Format, Slot},
    },
    media::{
        ingest::{
            frame_queue::Frame,
            sound::Sample,
            source::{Shown, Source},
        },
        live::Live,
    },
};
use std::{sync::Arc, time::Duration};

/// How far behind its arrival a member is shown: ordinary jitter and decoding time.
const LATENCY: Duration = Duration::from_millis(150);

/// How long a member's last picture is shown when no more come; cameras may send one a second.
const HOLD: Duration = Duration::from_secs(3);

/// See the module's text. Dropping it takes its stream off.
pub struct Member {
    pub name: String,
    live: Arc<Live>,
    source: Arc<Source>,
    _shown: Shown,
}

impl Member {
    /// Begins to show a stream.
    ///
    /// # Errors
    /// When there is no thread to be had for its decoder.
    pub fn begin(name: String, live: Arc<Live>, whole: Format) -> std::io::Result<Self> {
        let source = Source::new(SourceId(0), name.clone(), live.clock().clone(), whole, LATENCY, HOLD);
        let shown = source.show(&live)?;
        Ok(Self { name, live, source, _shown: shown })
    }

    /// Whether it is this stream under this name.
    pub fn is(&self, name: &str, live: &Arc<Live>) -> bool {
        self.name == name && Arc::ptr_eq(&self.live, live)
    }

    /// Its picture in a slot; `None` when it has none, or none came for long. Slots must not go backwards.
    pub fn frame(&self, slot: Slot) -> Option<Frame> {
        let frame = self.source.frame_queue.at(slot)?;
        (self.source.health().signal != Signal::None).then_some(frame)
    }

    /// The size its next pictures shall have.
    pub fn fit(&self, size: (u32, u32)) {
        self.source.fit(size);
    }

    /// Adds its sound from a sample number on.
    pub fn mix_into(&self, from: u64, mix: &mut [Sample]) {
        self.source.sound.mix_into(from, mix, |_| 1.0);
    }

    /// The peak of its sound since the last call; full scale is 1.0.
    pub fn peak(&self) -> f32 {
        let [left, right] = self.source.sound.take_peak();
        left.max(right)
    }
}
