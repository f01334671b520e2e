//! What callers ask of the show and what they are answered.

use super::{
    fault::Fault,
    graphic::Taken,
    source::{OutputSource, SourceId},
    time::{ShowTime, Slot},
};
use std::time::Duration;

/// Ties a command to its orders, reports and answer. Given out by the conductor, never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// An order of a caller, whatever plane it came by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Preview to program.
    Cut,
    /// A source to program, past preview.
    CutTo {
        source: SourceId,
    },
    /// Dissolve to preview; `None` takes the switcher's own duration.
    Fade {
        duration: Option<Duration>,
    },
    SetPreview {
        source: SourceId,
    },
    /// The duration of fades to come; 1 slot to 60 s.
    SetFadeDuration {
        duration: Duration,
    },
    /// A graphic goes live on its channels.
    Take {
        graphic: String,
    },
    /// A graphic leaves every channel.
    Release {
        graphic: String,
    },
    /// What an output carries.
    SetOutputStream {
        output: u8,
        stream: OutputSource,
    },
    /// Where an output pushes to.
    ConfigurePush {
        output: u8,
        url: String,
    },
    StartPush {
        output: u8,
    },
    StopPush {
        output: u8,
    },
    /// `None` keeps the recorder's stream.
    StartRecording {
        recorder: u8,
        stream: Option<OutputSource>,
    },
    StopRecording {
        recorder: u8,
    },
}

/// A finished or begun recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordingInfo {
    pub recorder: u8,
    /// File name in the data folder's `recordings/`.
    pub file: String,
    /// The slot and show time of the file's first picture. For program it is a slot of the mixer.
    pub first: Option<(Slot, ShowTime)>,
    /// Pictures in the file; 0 in the answer to a start.
    pub frames: u64,
}

/// The answer to a command that worked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// Done; nothing more to say.
    Done,
    /// The switcher acts at this slot; `slots` is the length of a fade, 0 for a cut.
    Switched {
        slot: Slot,
        time: ShowTime,
        slots: u64,
    },
    Taken(Taken),
    /// The channels that it left.
    Released {
        dispatched: Vec<String>,
    },
    Recording(RecordingInfo),
}

/// The answer to one command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ack {
    pub ticket: Ticket,
    pub result: Result<Reply, Fault>,
}
