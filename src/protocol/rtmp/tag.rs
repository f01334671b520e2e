//! FLV tag bodies, as RTMP audio and video messages carry them, to their content.
//!
//! Covers FLV 10.1 (H.264, AAC), the widespread codec id 12 for HEVC, and Enhanced RTMP v1 and v2 (`avc1`, `hvc1`,
//! `mp4a`, one track). Refuses to know: time, which is not in the body, and the codecs' own syntax beyond the length
//! prefixes that [`Packet`](crate::protocol::packet::Packet) promises.

use crate::protocol::packet::VideoCodec;
use bytes::{Buf, Bytes};

/// Why a tag body is unusable. The publisher is at fault each time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TagError {
    /// The body ends before what its header announces. One lost tag; the stream can go on.
    #[error("a {0} tag is cut short")]
    Truncated(&'static str),
    /// The stream cannot be shown at all; the text names the codec or the form.
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
    /// End of sequence, metadata, seek commands and empty bodies.
    Nothing,
}

/// The content of an audio message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AudioTag {
    /// An `AudioSpecificConfig`.
    Config(Bytes),
    /// A raw AAC access unit.
    Frame(Bytes),
    /// End of sequence, channel layout and empty bodies.
    Nothing,
}

/// Reads a VIDEODATA body (FLV 10.1 annex E.4.3, Enhanced RTMP "ExVideoTagHeader").
///
/// # Errors
/// [`TagError::Truncated`] for a short body, [`TagError::Unsupported`] for other codecs and for several tracks.
pub fn video(mut body: Bytes) -> Result<VideoTag, TagError> {
    const SHORT: TagError = TagError::Truncated("video");
    let Some(first) = byte(&mut body) else {
        return Ok(VideoTag::Nothing);
    };
    if first & 0x80 != 0 {
        return enhanced_video(first, body);
    }
    // Frame type 5 is a command to a player.
    if first >> 4 == 5 {
        return Ok(VideoTag::Nothing);
    }
    let codec = match first & 0x0f {
        7 => VideoCodec::H264,
        12 => VideoCodec::Hevc,
        other => return Err(TagError::Unsupported(legacy_video(other))),
    };
    let packet_type = byte(&mut body).ok_or(SHORT)?;
    let offset = signed24(&mut body).ok_or(SHORT)?;
    match packet_type {
        0 => video_config(codec, body),
        1 => Ok(frame(codec, first, offset, body)),
        _ => Ok(VideoTag::Nothing),
    }
}

fn enhanced_video(first: u8, mut body: Bytes) -> Result<VideoTag, TagError> {
    const SHORT: TagError = TagError::Truncated("video");
    let packet_type = plain_type(first & 0x0f, &mut body).ok_or(SHORT)?;
    // Metadata (4) has nothing we use; a command frame (type 5 in bits 4 to 6) carries no picture.
    if packet_type == 4 || (first >> 4) & 7 == 5 {
        return Ok(VideoTag::Nothing);
    }
    if packet_type == 6 {
        return Err(TagError::Unsupported("in several tracks".into()));
    }
    let fourcc = four(&mut body).ok_or(SHORT)?;
    let codec = match &fourcc {
        b"avc1" => VideoCodec::H264,
        b"hvc1" => VideoCodec::Hevc,
        _ => return Err(TagError::Unsupported(fourcc.escape_ascii().to_string())),
    };
    match packet_type {
        0 => video_config(codec, body),
        1 => {
            let offset = signed24(&mut body).ok_or(SHORT)?;
            Ok(frame(codec, first, offset, body))
        }
        3 => Ok(frame(codec, first, 0, body)),
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
fn video_config(codec: VideoCodec, record: Bytes) -> Result<VideoTag, TagError> {
    if record.is_empty() {
        return Ok(VideoTag::Nothing);
    }
    let (size, at) = match codec {
        VideoCodec::H264 => (7, 4),
        VideoCodec::Hevc => (23, 21),
        // FLV has no such records; the callers name the two above.
        VideoCodec::Vp8 | VideoCodec::Vp9 | VideoCodec::Jpeg => {
            return Ok(VideoTag::Nothing);
        }
    };
    match record.get(at) {
        Some(prefix) if record.len() >= size => match (prefix & 3) + 1 {
            4 => Ok(VideoTag::Config { codec, record }),
            bytes => Err(TagError::Unsupported(format!("{codec:?} with {bytes}-byte length prefixes"))),
        },
        _ => Err(TagError::Truncated("video configuration")),
    }
}

/// Reads an AUDIODATA body (FLV 10.1 annex E.4.2, Enhanced RTMP v2 "ExAudioTagHeader").
///
/// # Errors
/// [`TagError::Truncated`] for a short body, [`TagError::Unsupported`] for other codecs and for several tracks.
pub fn audio(mut body: Bytes) -> Result<AudioTag, TagError> {
    const SHORT: TagError = TagError::Truncated("audio");
    let Some(first) = byte(&mut body) else {
        return Ok(AudioTag::Nothing);
    };
    let packet_type = match first >> 4 {
        9 => {
            let packet_type = plain_type(first & 0x0f, &mut body).ok_or(SHORT)?;
            if packet_type == 5 {
                return Err(TagError::Unsupported("in several tracks".into()));
            }
            match four(&mut body).ok_or(SHORT)? {
                ref fourcc if fourcc == b"mp4a" => packet_type,
                fourcc => {
                    return Err(TagError::Unsupported(fourcc.escape_ascii().to_string()));
                }
            }
        }
        10 => byte(&mut body).ok_or(SHORT)?,
        other => return Err(TagError::Unsupported(legacy_audio(other))),
    };
    match packet_type {
        0 if body.len() == 1 => Err(TagError::Truncated("audio configuration")),
        0 if !body.is_empty() => Ok(AudioTag::Config(body)),
        1 if !body.is_empty() => Ok(AudioTag::Frame(body)),
        _ => Ok(AudioTag::Nothing),
    }
}

/// The packet type behind any ModEx prefixes (Enhanced RTMP v2, packet type 7); their modifiers are not needed.
fn plain_type(mut packet_type: u8, body: &mut Bytes) -> Option<u8> {
    while packet_type == 7 {
        let mut size = usize::from(byte(body)?) + 1;
        if size == 256 {
            size = usize::from(body.try_get_u16().ok()?) + 1;
        }
        if size > body.len() {
            return None;
        }
        body.advance(size);
        packet_type = byte(body)? & 0x0f;
    }
    Some(packet_type)
}

fn byte(body: &mut Bytes) -> Option<u8> {
    body.try_get_u8().ok()
}

fn four(body: &mut Bytes) -> Option<[u8; 4]> {
    body.try_get_u32().ok().map(u32::to_be_bytes)
}

fn signed24(body: &mut Bytes) -> Option<i32> {
    i32::try_from(body.try_get_int(3).ok()?).ok()
}

fn legacy_video(id: u8) -> String {
    match id {
        1 => "JPEG".into(),
        2 => "Sorenson H.263".into(),
        3 => "Screen Video".into(),
        4 => "On2 VP6".into(),
        5 => "On2 VP6 with alpha".into(),
        6 => "Screen Video 2".into(),
        id => format!("with FLV video id {id}"),
    }
}

fn legacy_audio(id: u8) -> String {
    match id {
        0 | 3 => "linear PCM".into(),
        1 => "ADPCM".into(),
        2 | 14 => "MP3".into(),
        4..=6 => "Nellymoser".into(),
        7 => "G.711 A-law".into(),
        8 => "G.711 mu-law".into(),
        11 => "Speex".into(),
        id => format!("with FLV audio id {id}"),
    }
}
