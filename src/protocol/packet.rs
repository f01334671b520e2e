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
    /// AV1 temporal units, each OBU with its size (the low-overhead format of the bitstream specification, 5.2). The
    /// record is an `AV1CodecConfigurationRecord`, or empty: key frames bring their sequence header.
    Av1,
    /// MPEG-1 and MPEG-2 video, whole pictures (ISO/IEC 11172-2, 13818-2). Its record is empty.
    Mpeg2,
    /// MPEG-4 part 2 (ISO/IEC 14496-2), whole pictures. The record is what stands before the first one, or empty.
    Mpeg4,
    /// Sorenson H.263, as FLV carries it. Its record is empty.
    Sorenson,
    /// Screen video, version 1 (FLV 10.1, E.4.3). Its record is empty.
    Screen,
}

impl VideoCodec {
    /// Whether access units can be decoded without a record that came before them.
    pub fn describes_itself(self) -> bool {
        !matches!(self, Self::H264 | Self::Hevc)
    }
}

/// Sound codecs that may come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AudioCodec {
    /// Raw AAC access units (no ADTS header); the record is an `AudioSpecificConfig` (ISO/IEC 14496-3).
    Aac,
    /// Opus packets (RFC 6716), at most 2 channels, times at 48 kHz. Its record is empty.
    Opus,
    /// Opus packets of more than 2 channels. The record is the identification header (RFC 7845, 5.1).
    OpusSurround,
    /// MPEG-1 and MPEG-2 audio, layers 1 to 3 (ISO/IEC 11172-3, 13818-3). Its record is empty.
    Mpeg,
    /// AC-3 (ETSI TS 102 366). Its record is empty.
    Ac3,
    /// E-AC-3 (ETSI TS 102 366, annex E). Its record is empty.
    Eac3,
    /// FLAC frames (RFC 9639). The record is the content of the block STREAMINFO (8.2), or empty.
    Flac,
    /// G.711 A-law. Its record is empty.
    ALaw(SoundShape),
    /// G.711 mu-law. Its record is empty.
    MuLaw(SoundShape),
    /// Linear samples: 8 bits without a sign, or 16 with one, little-endian. Its record is empty.
    Pcm8(SoundShape),
    Pcm16(SoundShape),
    /// ADPCM of FLV (FLV 10.1, E.4.2). Its record is empty.
    Adpcm(SoundShape),
    /// Speex packets (RFC 5574), wideband. Its record is empty.
    Speex,
    /// Nellymoser Asao. Its record is empty.
    Nellymoser(SoundShape),
}

/// What the bytes of some codecs do not tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SoundShape {
    /// Samples per second and channel, in Hz.
    pub rate: u32,
    /// 1 or 2.
    pub channels: u8,
}

impl AudioCodec {
    /// Whether access units can be decoded without a record that came before them.
    pub fn describes_itself(self) -> bool {
        !matches!(self, Self::Aac | Self::OpusSurround)
    }
}

/// The two kinds of media that a stream may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MediaKind {
    Picture,
    Sound,
}

impl std::fmt::Display for MediaKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Picture => "picture",
            Self::Sound => "sound",
        })
    }
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
