//! Outputs and recorders: what they carry and where it goes.

use super::{push_url::PushUrl, source::SourceId};
use std::fmt;

/// How many outputs and how many recorders there are.
pub const OUTPUTS: u8 = 4;

/// What a recording, HLS, a push, WHEP or a snapshot takes: the one name of it in every layer.
///
/// Not all of them are made by this server; [`super::show::Show`] refuses the others by name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OutputSource {
    /// The switcher's program with its graphics and its mix.
    Program,
    /// Program without graphics.
    Clean,
    /// The switcher's preview.
    Preview,
    /// The first arrangement of all inputs in one picture.
    Multiview1,
    /// The second.
    Multiview2,
    /// One input, passed through without re-encoding where the format allows.
    Input(SourceId),
    /// What the replay player shows.
    Replay,
    /// A stream of a room, passed through likewise.
    Room(RoomStream),
}

impl OutputSource {
    /// Its name where slashes have no place, such as in a file's name.
    pub fn stem(&self) -> String {
        self.to_string().replace('/', "-")
    }
}

impl fmt::Display for OutputSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OutputSource::Program => f.write_str("program"),
            OutputSource::Clean => f.write_str("clean"),
            OutputSource::Preview => f.write_str("preview"),
            OutputSource::Multiview1 => f.write_str("multiview-1"),
            OutputSource::Multiview2 => f.write_str("multiview-2"),
            OutputSource::Input(id) => write!(f, "input-{id}"),
            OutputSource::Replay => f.write_str("replay"),
            OutputSource::Room(stream) => stream.fmt(f),
        }
    }
}

/// A stream of a room.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoomStream {
    /// The room's full name, `<prefix>-<name>`.
    pub room: String,
    pub stream: StreamSelector,
}

/// `<room>/<identity>`, `<room>` for whichever publishes, or `<room>/<layout>` with the layout in parentheses.
impl fmt::Display for RoomStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let room = &self.room;
        match &self.stream {
            StreamSelector::Auto => f.write_str(room),
            StreamSelector::Stream(identity) => write!(f, "{room}/{identity}"),
            StreamSelector::Layout(layout) => write!(f, "{room}/({})", layout.name()),
        }
    }
}

/// Which stream of a room.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StreamSelector {
    /// Whichever publishes: stays with one publisher while it does, and goes to the next when it has left.
    Auto,
    /// One publisher by its identity.
    Stream(String),
    /// All of them in one picture.
    Layout(Layout),
}

/// How the publishers of a room share the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layout {
    /// All in cells of the same size, row by row.
    Grid,
    /// The member that speaks large, the others in a row below.
    Speaker,
    /// One alone, the first; the others are audible.
    Single,
}

impl Layout {
    fn name(self) -> &'static str {
        match self {
            Layout::Grid => "grid",
            Layout::Speaker => "speaker",
            Layout::Single => "single",
        }
    }
}

/// The state of a destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum LinkState {
    #[default]
    Idle,
    /// First try.
    Connecting,
    /// Media arrives at the other end.
    Live,
    /// It was lost or refused; the next try is coming.
    Reconnecting,
    /// Given up: the destination cannot work as configured.
    Error,
}

/// An RTMP destination of an output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Push {
    /// With the key in it; never shown whole.
    pub url: PushUrl,
    pub state: LinkState,
    /// The last failure, for people.
    pub error: Option<String>,
}

impl Push {
    /// Whether it is live or on its way to be; one that has given up is not.
    pub fn is_running(&self) -> bool {
        !matches!(self.state, LinkState::Idle | LinkState::Error)
    }
}

/// One of the output channels, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    pub number: u8,
    pub stream: OutputSource,
    pub push: Option<Push>,
}

/// Where a recorder stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Recording {
    #[default]
    Idle,
    /// Ordered, the first key frame is awaited.
    Starting,
    /// Stopped before it began; the engine's answer is awaited.
    Cancelling,
    /// Running into this file of the data folder's `recordings/`.
    Running { file: String },
    /// Being finished.
    Stopping { file: String },
    /// Over because the disk is full; it goes on in a next part when there is room.
    Suspended { file: String },
}

/// One of the recorders, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorder {
    pub number: u8,
    pub stream: OutputSource,
    pub state: Recording,
    /// The last failure, for people.
    pub error: Option<String>,
}
