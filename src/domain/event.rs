//! Facts that happened, for the bus.

use super::{
    source::SourceId,
    time::{ShowTime, Slot},
};

/// A fact. State that goes with it is in the [`View`](super::view::View) that is published beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Sources on program or preview changed, as of this slot.
    TallyChanged {
        slot: Slot,
        time: ShowTime,
    },
    SwitcherChanged,
    InputsChanged,
    SourceHealthChanged {
        source: SourceId,
    },
    /// A graphic is visible on a channel from this slot on; `None` on channels that are not keyed.
    GraphicOn {
        channel: String,
        graphic: String,
        at: Option<(Slot, ShowTime)>,
    },
    /// A graphic begins to leave a channel.
    GraphicOff {
        channel: String,
        graphic: String,
        at: Option<(Slot, ShowTime)>,
    },
    /// A leaving graphic is no longer visible.
    GraphicGone {
        channel: String,
        graphic: String,
    },
    OutputChanged {
        output: u8,
    },
    RecorderChanged {
        recorder: u8,
    },
    /// The disk of recordings has more or less room than before.
    DiskChanged,
}
