//! Outputs and recorders: where streams go.

use super::source::OutputSource;

/// How many outputs and how many recorders there are.
pub const OUTPUTS: u8 = 4;

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
    /// `rtmp://` or `rtmps://` with the key in it; never shown whole.
    pub url: String,
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
    /// Running into this file of the data folder's `recordings/`.
    Running { file: String },
    /// Being finished.
    Stopping { file: String },
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
