//! FLV tag bodies, as RTMP messages carry them, to their content: what there is, and the reading of pictures.
//!
//! Covers FLV 10.1, the widespread codec ids 12 (HEVC) and 13 (AV1), and Enhanced RTMP v1 and v2; of several tracks the
//! first. Refuses to know: time, which is not in the body, and the codecs' own syntax beyond the length prefixes that
//! [`Packet`](crate::protocol::packet::Packet) promises.

use super::enhanced::{self, CODED_FRAMES, SEQUENCE_START, TrackChoice, byte};
use crate::protocol::packet::{AudioCodec, VideoCodec};
use bytes::{Buf, Bytes};

/// Why a tag body is unusable. The publisher is at fault each time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TagError {
    /// The body ends before what its header announces. One lost tag; the stream can go on.
    #[error("a {0} tag is cut short")]
    Truncated(&'static str),
    /// The track cannot be decoded; the text names the codec or the form.
    #[error("the codec {0} is not supported")]
    Unsupported(String),
}

/// The content of a video message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VideoTag {
    /// A decoder configuration record.
    Config { codec: VideoCodec, record: Bytes },
    /// An access unit; `offset` is the presentation time minus the decoding time in milliseconds.
    Frame { codec: VideoCodec, keyframe: bool, offset: i32, data: Bytes },
    /// End of sequence, metadata, seek commands, empty bodies, and tracks that are not read.
    Nothing,
}

/// The content of an audio message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AudioTag {
    /// A decoder configuration record.
    Config { codec: AudioCodec, record: Bytes },
    /// An access unit.
    Frame { codec: AudioCodec, data: Bytes },
    /// End of sequence, channel layout, empty bodies, and tracks that are not read.
    Nothing,
}

/// Enhanced RTMP's packet types of pictures.
const CODED_FRAMES_WITHOUT_OFFSET: u8 = 3;
const METADATA: u8 = 4;
const VIDEO_TRACKS: u8 = 6;
/// The frame type of a command to a player.
const COMMAND: u8 = 5;

/// Reads a VIDEODATA body (FLV 10.1 annex E.4.3, Enhanced RTMP "ExVideoTagHeader").
///
/// # Errors
/// [`TagError::Truncated`] for a short body, [`TagError::Unsupported`] for other codecs.
pub fn video(mut body: Bytes, tracks: &mut TrackChoice) -> Result<VideoTag, TagError> {
    const SHORT: TagError = TagError::Truncated("video");
    let Some(first) = byte(&mut body) else {
        return Ok(VideoTag::Nothing);
    };
    if first & 0x80 != 0 {
        return enhanced_video(first, body, tracks);
    }
    if first >> 4 == COMMAND || !tracks.takes(0) {
        return Ok(VideoTag::Nothing);
    }
    let codec = match first & 0x0f {
        // These two have neither a packet type nor an offset.
        2 => return Ok(frame(VideoCodec::Sorenson, first, 0, body)),
        3 => return Ok(frame(VideoCodec::Screen, first, 0, body)),
        7 => VideoCodec::H264,
        12 => VideoCodec::Hevc,
        13 => VideoCodec::Av1,
        other => return Err(TagError::Unsupported(legacy_name(other))),
    };
    let packet_type = byte(&mut body).ok_or(SHORT)?;
    let offset = signed24(&mut body).ok_or(SHORT)?;
    match packet_type {
        SEQUENCE_START => config(codec, body),
        CODED_FRAMES => Ok(frame(codec, first, offset, body)),
        _ => Ok(VideoTag::Nothing),
    }
}

fn enhanced_video(first: u8, mut body: Bytes, tracks: &mut TrackChoice) -> Result<VideoTag, TagError> {
    const SHORT: TagError = TagError::Truncated("video");
    let packet_type = enhanced::plain_type(first & 0x0f, &mut body).ok_or(SHORT)?;
    // Metadata has nothing we use, and a command carries no picture.
    if packet_type == METADATA || (first >> 4) & 7 == COMMAND {
        return Ok(VideoTag::Nothing);
    }
    let mut found = enhanced::header(packet_type, VIDEO_TRACKS, body).ok_or(SHORT)?;
    if !tracks.takes(found.track) || found.packet_type == METADATA {
        return Ok(VideoTag::Nothing);
    }
    let codec = match &found.fourcc {
        b"avc1" => VideoCodec::H264,
        b"hvc1" => VideoCodec::Hevc,
        b"av01" => VideoCodec::Av1,
        b"vp08" => VideoCodec::Vp8,
        b"vp09" => VideoCodec::Vp9,
        fourcc => return Err(TagError::Unsupported(fourcc.escape_ascii().to_string())),
    };
    match found.packet_type {
        SEQUENCE_START => config(codec, found.body),
        // Only codecs with pictures out of order have an offset.
        CODED_FRAMES if matches!(codec, VideoCodec::H264 | VideoCodec::Hevc) => {
            let offset = signed24(&mut found.body).ok_or(SHORT)?;
            Ok(frame(codec, first, offset, found.body))
        }
        CODED_FRAMES | CODED_FRAMES_WITHOUT_OFFSET => Ok(frame(codec, first, 0, found.body)),
        _ => Ok(VideoTag::Nothing),
    }
}

fn frame(codec: VideoCodec, first: u8, offset: i32, data: Bytes) -> VideoTag {
    if data.is_empty() {
        return VideoTag::Nothing;
    }
    // 1 is a keyframe, 4 one that a server made.
    let keyframe = matches!((first >> 4) & 7, 1 | 4);
    VideoTag::Frame { codec, keyframe, offset, data }
}

/// Checks the size of the record and that access units will have 4-byte length prefixes (ISO/IEC 14496-15, 5.3.3 and
/// 8.3.3). An empty record comes from an encoder that has none yet.
fn config(codec: VideoCodec, record: Bytes) -> Result<VideoTag, TagError> {
    if record.is_empty() {
        return Ok(VideoTag::Nothing);
    }
    let (size, at) = match codec {
        VideoCodec::H264 => (7, 4),
        VideoCodec::Hevc => (23, 21),
        VideoCodec::Av1 => return Ok(VideoTag::Config { codec, record }),
        // What theirs say is in the pictures too.
        _ => return Ok(VideoTag::Config { codec, record: Bytes::new() }),
    };
    match record.get(at) {
        Some(prefix) if record.len() >= size => match (prefix & 3) + 1 {
            4 => Ok(VideoTag::Config { codec, record }),
            bytes => Err(TagError::Unsupported(format!("{codec:?} with {bytes}-byte length prefixes"))),
        },
        _ => Err(TagError::Truncated("video configuration")),
    }
}

fn signed24(body: &mut Bytes) -> Option<i32> {
    i32::try_from(body.try_get_int(3).ok()?).ok()
}

fn legacy_name(id: u8) -> String {
    match id {
        1 => "JPEG".into(),
        4 => "On2 VP6".into(),
        5 => "On2 VP6 with alpha".into(),
        6 => "Screen Video 2".into(),
        id => format!("with FLV video id {id}"),
    }
}
