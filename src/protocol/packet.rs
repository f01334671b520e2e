//! Coded media as an ingest endpoint hands it over: one packet is one configuration record or one access unit.
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
    /// VP8 frames (RFC 6386). Its record is empty.
    Vp8,
    /// VP9 frames, superframes included. Its record is empty.
    Vp9,
    /// Whole JPEG pictures, each a key frame. Its record is empty.
    Jpeg,
}

/// Sound codecs that may come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AudioCodec {
    /// Raw AAC access units (no ADTS header); the record is an `AudioSpecificConfig` (ISO/IEC 14496-3).
    Aac,
    /// Opus packets (RFC 6716), at most 2 channels, times at 48 kHz. Its record is empty.
    Opus,
}

/// One unit of coded media. Times count from the publisher's own zero. Cloning shares the bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Packet {
    /// What the picture is; comes before the first access unit and at each change.
    VideoConfig { codec: VideoCodec, record: Bytes },
    /// One access unit of picture. `pts` may lie before `dts` never by design, but a publisher may send it so.
    Video { codec: VideoCodec, pts: Duration, dts: Duration, keyframe: bool, data: Bytes },
    /// What the sound is; comes before the first access unit and at each change.
    AudioConfig { codec: AudioCodec, record: Bytes },
    /// One access unit of sound.
    Audio { codec: AudioCodec, pts: Duration, data: Bytes },
}
