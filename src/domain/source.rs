//! Sources: what the switcher can put on air.

use super::capture::CaptureSpec;
use std::{fmt, time::Duration};

/// The number of an input; counts from 0 and is what every plane calls it by. It is no position: it stays when others
/// are removed, and is never given to another input while the server runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(pub u32);

impl fmt::Display for SourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Where a source's media comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceKind {
    /// A publisher on the RTMP endpoint with this stream key.
    Rtmp { key: String },
    /// A live stream by its id, or the next new one that is free.
    Stream { stream: Option<String> },
    /// A capture card, camera or sound card of this machine.
    Capture(CaptureSpec),
    /// A moving test pattern with a tone, made here.
    Pattern { pattern: String, tone_hz: u32 },
    /// The strip of lights as a picture.
    Lights,
}

impl SourceKind {
    /// The word for it on every plane.
    pub fn name(&self) -> &'static str {
        match self {
            SourceKind::Rtmp { .. } => "rtmp",
            SourceKind::Stream { .. } => "stream",
            SourceKind::Capture(_) => "capture",
            SourceKind::Pattern { .. } => "pattern",
            SourceKind::Lights => "lights",
        }
    }

    /// Whether its pictures are made or captured here, raw, and not published in a coded form.
    pub fn is_made_here(&self) -> bool {
        match self {
            SourceKind::Rtmp { .. } | SourceKind::Stream { .. } => false,
            SourceKind::Capture(_) | SourceKind::Pattern { .. } | SourceKind::Lights => true,
        }
    }
}

/// Whether a source delivers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Signal {
    /// Frames arrive.
    Ok,
    /// Frames stopped, the last one is held on screen.
    Stalled,
    /// Nothing to show but the slate.
    #[default]
    None,
}

/// What is measured of a source.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Health {
    pub signal: Signal,
    /// Frames in the last second that could be shown.
    pub fps: f64,
    /// Milliseconds since the slot of the frame that is shown; `None` before the first.
    pub last_frame_ms: Option<u64>,
    /// Whether the present publisher sends sound.
    pub has_audio: bool,
}

/// An input of the switcher.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    pub id: SourceId,
    pub label: String,
    pub kind: SourceKind,
    /// How far behind its arrival it is shown and heard.
    pub latency: Duration,
    pub health: Health,
}
