//! Coded media as an ingest door hands it over: one packet is one configuration record or one access unit.
//!
//! Refuses to know: which protocol it came by, and what becomes of it.

use bytes::Bytes;
use std::time::Duration;

/// Picture codecs that may come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum VideoCodec {
    /// ITU-T H.264, access units with 4-byte length prefixes and an `AVCDecoderConfigurationRecord`.
    H264,
    /// ITU-T H.265, access units with 4-byte length prefixes and an `HEVCDecoderConfigurationRecord`.
    Hevc,
}

/// One unit of coded media. Times count from the publisher's own zero.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Packet {
    /// The decoder configuration record of the picture; comes before the first access unit and at each change.
    VideoConfig { codec: VideoCodec, record: Bytes },
    /// One access unit of picture. `pts` may lie before `dts` never by design, but a publisher may send it so.
    Video { codec: VideoCodec, pts: Duration, dts: Duration, keyframe: bool, data: Bytes },
    /// The AAC `AudioSpecificConfig` (ISO/IEC 14496-3).
    AudioConfig { record: Bytes },
    /// One raw AAC access unit (no ADTS header).
    Audio { pts: Duration, data: Bytes },
}
