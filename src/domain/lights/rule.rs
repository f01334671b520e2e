//! Rules: which part of the show a segment follows, and how it reacts.
//!
//! A rule lies over the segment's own look and ends by itself; it never changes the segment's settings.

use super::{Look, Rgb};
use crate::domain::source::SourceId;
use std::time::Duration;

/// A bus of the switcher.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Bus {
    Program,
    Preview,
}

/// The sound that a rule follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AudioSource {
    Program,
    Input(SourceId),
}

/// What a rule follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trigger {
    /// As long as a source is on a bus.
    SourceTally { bus: Bus, source: SourceId },
    /// As long as a graphics channel is visible on program.
    ChannelTally { channel: String },
    /// Each time a graphic goes on air, or leaves; `None` is any graphic, or any channel.
    Graphic { leaves: bool, graphic: Option<String>, channel: Option<String> },
    /// Always, by the loudness of a sound.
    Level { audio: AudioSource },
    /// Always, by the edges of the program picture.
    Ambient,
}

/// What a rule does to its segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reaction {
    /// This look, as long as the trigger holds.
    Look(Look),
    /// This look for this long, once for each event; a new event begins anew.
    Cue { look: Look, lasts: Duration },
    /// Brightness of whatever the segment shows: none at `floor_db` and below, full at `ceiling_db` and above (dBFS).
    Brightness { floor_db: i8, ceiling_db: i8 },
    /// The colours of the picture's edges: along left, upper and right edge, from the lower left corner to the lower
    /// right one. `tint` multiplies them; white leaves them as they are.
    Edges { tint: Rgb },
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// 1 to 64 letters, digits, `-` and `_`; unique.
    pub id: String,
    /// The segment it lies over.
    pub segment: u8,
    pub when: Trigger,
    pub then: Reaction,
    /// Higher lies over lower; of equals the later in the list. 0 to 255.
    pub priority: u8,
}
