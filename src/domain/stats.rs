//! Figures that the engine measures. Counters run from the start of the server unless stated otherwise.

use super::{
    disk::Disk,
    output::OutputSource,
    source::{Signal, SourceId},
};

/// Everything that is measured, as of one moment.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Stats {
    pub mixer: MixerStats,
    pub sources: Vec<(SourceId, SourceStats)>,
    pub outputs: Vec<OutputStats>,
    /// The disk of recordings; `None` before the first look at it.
    pub disk: Option<Disk>,
}

/// The program mixer.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct MixerStats {
    /// Slots composed.
    pub slots: u64,
    /// Slots that came more than half a slot late.
    pub late: u64,
    /// Slots in which program showed the slate instead of its source.
    pub slate: u64,
    /// The last second's frames per second.
    pub fps: f64,
}

/// One source.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct SourceStats {
    pub signal: Signal,
    /// The last second's frames per second.
    pub fps: f64,
    /// The last second's kilobits per second as it came in.
    pub bitrate_kbps: f64,
    /// Pixels, 0 before the first frame.
    pub width: u32,
    pub height: u32,
    /// Frames put on the grid.
    pub frames: u64,
    /// Frames that were left out because another took their slot or they came too late.
    pub dropped: u64,
    /// Pictures that were not shown because newer ones had come already: after a stall, or when the source began to show
    /// a stream. Some of them were not even decoded.
    pub skipped: u64,
    /// Slots that had to show the frame before once more while the source was delivering.
    pub repeated: u64,
    /// How often it was anchored to show time anew.
    pub anchored: u64,
    /// Milliseconds since the slot of the frame that is shown.
    pub last_frame_ms: Option<u64>,
    pub has_audio: bool,
    /// Peak of the last block of sound in dBFS, left and right.
    pub peak_db: [f32; 2],
}

/// What an output is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OutputKind {
    Push,
    Record,
    Hls,
}

/// One running output.
#[derive(Debug, Clone, PartialEq)]
pub struct OutputStats {
    pub kind: OutputKind,
    /// The output's or recorder's number; 0 for HLS.
    pub number: u8,
    pub stream: OutputSource,
    /// The last second's kilobits per second.
    pub bitrate_kbps: f64,
    /// The last second's frames per second.
    pub fps: f64,
    pub bytes: u64,
    pub dropped: u64,
    /// Seconds since it went live; 0 while it is not.
    pub uptime_s: f64,
    /// Milliseconds since the last frame left.
    pub last_frame_ms: Option<u64>,
}
