//! Audio tag bodies to their content: which codec, and in which shape its samples are.
//!
//! Refuses to know: time, and the codecs' own syntax.

use super::enhanced::{self, CODED_FRAMES, SEQUENCE_START, TrackChoice, byte};
use super::tag::{AudioTag, TagError};
use crate::protocol::packet::{AudioCodec, SoundShape};
use bytes::Bytes;

const SHORT: TagError = TagError::Truncated("audio");
const SHORT_CONFIG: TagError = TagError::Truncated("audio configuration");

/// Enhanced RTMP's packet type for several tracks of sound.
const AUDIO_TRACKS: u8 = 5;
/// The formats in the first four bits that have more than samples behind them.
const ENHANCED: u8 = 9;
const AAC: u8 = 10;

/// Reads an AUDIODATA body (FLV 10.1 annex E.4.2, Enhanced RTMP v2 "ExAudioTagHeader").
///
/// # Errors
/// [`TagError::Truncated`] for a short body, [`TagError::Unsupported`] for other codecs.
pub fn audio(mut body: Bytes, tracks: &mut TrackChoice) -> Result<AudioTag, TagError> {
    let Some(first) = byte(&mut body) else {
        return Ok(AudioTag::Nothing);
    };
    if first >> 4 == ENHANCED {
        return enhanced_sound(first & 0x0f, body, tracks);
    }
    if !tracks.takes(0) {
        return Ok(AudioTag::Nothing);
    }
    if first >> 4 == AAC {
        return match byte(&mut body).ok_or(SHORT)? {
            SEQUENCE_START => aac_config(body),
            CODED_FRAMES => Ok(frame(AudioCodec::Aac, body)),
            _ => Ok(AudioTag::Nothing),
        };
    }
    Ok(frame(legacy_codec(first)?, body))
}

fn enhanced_sound(packet_type: u8, body: Bytes, tracks: &mut TrackChoice) -> Result<AudioTag, TagError> {
    let found = enhanced::header(packet_type, AUDIO_TRACKS, body).ok_or(SHORT)?;
    if !tracks.takes(found.track) {
        return Ok(AudioTag::Nothing);
    }
    let codec = match &found.fourcc {
        b"mp4a" => AudioCodec::Aac,
        b"Opus" => AudioCodec::Opus,
        b"ac-3" => AudioCodec::Ac3,
        b"ec-3" => AudioCodec::Eac3,
        b".mp3" => AudioCodec::Mpeg,
        b"fLaC" => AudioCodec::Flac,
        fourcc => return Err(TagError::Unsupported(fourcc.escape_ascii().to_string())),
    };
    match (found.packet_type, codec) {
        (SEQUENCE_START, AudioCodec::Aac) => aac_config(found.body),
        (SEQUENCE_START, AudioCodec::Opus) => opus_config(found.body),
        (SEQUENCE_START, AudioCodec::Flac) => flac_config(&found.body),
        (SEQUENCE_START, _) => Ok(AudioTag::Config { codec, record: Bytes::new() }),
        (CODED_FRAMES, _) => Ok(frame(codec, found.body)),
        _ => Ok(AudioTag::Nothing),
    }
}

fn frame(codec: AudioCodec, data: Bytes) -> AudioTag {
    if data.is_empty() { AudioTag::Nothing } else { AudioTag::Frame { codec, data } }
}

fn aac_config(record: Bytes) -> Result<AudioTag, TagError> {
    match record.len() {
        0 => Ok(AudioTag::Nothing),
        1 => Err(SHORT_CONFIG),
        _ => Ok(AudioTag::Config { codec: AudioCodec::Aac, record }),
    }
}

/// An identification header (RFC 7845, 5.1); its tenth byte is the number of channels.
fn opus_config(record: Bytes) -> Result<AudioTag, TagError> {
    if record.is_empty() {
        return Ok(AudioTag::Config { codec: AudioCodec::Opus, record });
    }
    let channels = usize::from(*record.get(9).ok_or(SHORT_CONFIG)?);
    if channels <= 2 {
        return Ok(AudioTag::Config { codec: AudioCodec::Opus, record: Bytes::new() });
    }
    // Channels beyond two are mapped one by one.
    if record.len() < 21 + channels {
        return Err(SHORT_CONFIG);
    }
    Ok(AudioTag::Config { codec: AudioCodec::OpusSurround, record })
}

/// STREAMINFO with or without what stands before it in a file: the word `fLaC` and the header of the block.
fn flac_config(record: &Bytes) -> Result<AudioTag, TagError> {
    /// Length of STREAMINFO in bytes (RFC 9639, 8.2).
    const LENGTH: usize = 34;
    let block = record.strip_prefix(b"fLaC").unwrap_or(record);
    let info = match block {
        [kind, 0, 0, 34, info @ ..] if kind & 0x7f == 0 => info,
        info => info,
    };
    let info = if info.is_empty() { info } else { info.get(..LENGTH).ok_or(SHORT_CONFIG)? };
    Ok(AudioTag::Config { codec: AudioCodec::Flac, record: record.slice_ref(info) })
}

/// The codec in the first byte of a body: format, rate, size of a sample, channels (FLV 10.1, E.4.2.1).
fn legacy_codec(first: u8) -> Result<AudioCodec, TagError> {
    let rate = match (first >> 2) & 3 {
        0 => 5_512,
        1 => 11_025,
        2 => 22_050,
        _ => 44_100,
    };
    let shape = SoundShape { rate, channels: 1 + (first & 1) };
    let has_16_bits = first & 2 != 0;
    Ok(match first >> 4 {
        0 | 3 if has_16_bits => AudioCodec::Pcm16(shape),
        0 | 3 => AudioCodec::Pcm8(shape),
        1 => AudioCodec::Adpcm(shape),
        2 | 14 => AudioCodec::Mpeg,
        4 => AudioCodec::Nellymoser(SoundShape { rate: 16_000, channels: 1 }),
        5 => AudioCodec::Nellymoser(SoundShape { rate: 8_000, channels: 1 }),
        6 => AudioCodec::Nellymoser(shape),
        // The rates that the header can name are not those of telephones; encoders write any of them and mean this one.
        7 => AudioCodec::ALaw(SoundShape { rate: 8_000, ..shape }),
        8 => AudioCodec::MuLaw(SoundShape { rate: 8_000, ..shape }),
        11 => AudioCodec::Speex,
        15 => return Err(TagError::Unsupported("of the device's own (FLV audio id 15)".into())),
        id => return Err(TagError::Unsupported(format!("with FLV audio id {id}"))),
    })
}
