//! What callers ask of the show and what they are answered.

use super::{
    fault::Fault,
    graphic::Taken,
    input::Input,
    output::OutputSource,
    push_url::PushUrl,
    source::{SourceId, SourceKind},
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
    /// One input more. It is answered when the mixer has it and, for a device, when that is open.
    AddInput {
        input: Input,
    },
    /// An input goes. One that is on program goes only if forced; program then shows preview or, if there is none, the
    /// first other input.
    RemoveInput {
        source: SourceId,
        force: bool,
    },
    RenameInput {
        source: SourceId,
        label: String,
    },
    /// Feeds an input with something else: another stream, device or pattern.
    AssignInput {
        source: SourceId,
        kind: SourceKind,
    },
    /// How far behind its arrival an input is shown and heard; 0 to 5 s.
    SetInputLatency {
        source: SourceId,
        latency: Duration,
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
        url: PushUrl,
    },
    StartPush {
        output: u8,
    },
    StopPush {
        output: u8,
    },
    /// `None` records program.
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
    /// The files in which it went on: where the format of the stream changed, or after the disk was full.
    pub parts: Vec<String>,
    /// The slot and show time of the file's first picture. For program it is a slot of the mixer.
    pub first: Option<(Slot, ShowTime)>,
    /// Pictures in all of them; 0 in the answer to a start.
    pub frames: u64,
}

/// The answer to a command that worked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// Done; no further data.
    Done,
    /// The switcher acts at this slot; `slots` is the length of a fade, 0 for a cut.
    Switched {
        slot: Slot,
        time: ShowTime,
        slots: u64,
        /// A later cut took the same slot, so this one was never seen.
        superseded: bool,
    },
    /// The id of the new input, and the slot from which it can be switched to.
    InputAdded {
        source: SourceId,
        slot: Slot,
        time: ShowTime,
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
