//! Graphics, channels and what of them is on air.

use super::time::{Format, Rate, ShowTime, Slot};
use std::collections::{BTreeMap, BTreeSet};

/// An output channel of graphics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Channel {
    /// Short name, e.g. `cg1`.
    pub id: String,
    pub format: Format,
    /// Whether it is keyed over program.
    pub dsk: bool,
}

/// What a template asks of a channel; `None` accepts anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Requirement {
    /// Width and height in pixels.
    pub resolution: Option<(u32, u32)>,
    pub rate: Option<Rate>,
}

impl Requirement {
    /// Whether a channel meets it.
    pub fn met_by(&self, format: Format) -> bool {
        self.resolution.is_none_or(|size| size == (format.width, format.height))
            && self.rate.is_none_or(|rate| rate == format.rate)
    }
}

/// A configured instance of a template: what is taken on and off air.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Graphic {
    pub id: String,
    pub template: String,
    pub fields: BTreeMap<String, String>,
    /// The channel lock: where a take goes.
    pub channels: Vec<String>,
    /// Higher is nearer to the viewer.
    pub z: i32,
    pub requirement: Requirement,
}

/// Why a channel of the lock was left out of a take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Skip {
    /// The channel's size or rate does not fit the graphic.
    IncompatibleChannel,
    /// The channel was deleted.
    ChannelMissing,
}

/// What became of a take.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Taken {
    /// Channels it went on air on.
    pub dispatched: Vec<String>,
    pub skipped: Vec<(String, Skip)>,
    /// The first slot that shows it, when a keyed channel is among them.
    pub on_air: Option<(Slot, ShowTime)>,
}

/// A graphic's life on its channels.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OnAir {
    /// Channels on which it is live.
    pub live: BTreeSet<String>,
    /// Channels on which its out animation still runs: no longer live, but still seen.
    pub leaving: BTreeSet<String>,
}
