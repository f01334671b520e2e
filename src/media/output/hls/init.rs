//! Reads an initialization segment (ISO/IEC 14496-12) for the attributes of a track in the master playlist.

use crate::protocol::m3u8::{aac_codec, avc_codec, hevc_codec};

/// What one track is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Format {
    /// RFC 6381.
    pub codec: String,
    /// Pixels; 0 for sound.
    pub size: (u32, u32),
    /// 0 for pictures.
    pub channels: u16,
}

/// The format of the first track; `None` when there is none or its codec is not ours.
pub(super) fn read(init: &[u8]) -> Option<Format> {
    let mut at = init;
    for name in [b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd"] {
        at = child(at, name)?;
    }
    let (entry, body) = first(at.get(8..)?)?; // version, flags and count come before the entries
    let word = |at: usize| Some(u16::from_be_bytes([*body.get(at)?, *body.get(at + 1)?]));
    let name = std::str::from_utf8(&entry).ok()?;
    if &entry == b"mp4a" {
        let codec = aac_codec(specific_config(child(body.get(28..)?, b"esds")?.get(4..)?)?)?;
        return Some(Format { codec, size: (0, 0), channels: word(16)? });
    }
    let children = body.get(78..)?;
    let codec = match &entry {
        b"avc1" | b"avc3" => avc_codec(name, child(children, b"avcC")?)?,
        b"hvc1" | b"hev1" => hevc_codec(name, child(children, b"hvcC")?)?,
        _ => return None,
    };
    Some(Format { codec, size: (word(24)?.into(), word(26)?.into()), channels: 0 })
}

/// The first box of a run: its name and body.
fn first(bytes: &[u8]) -> Option<([u8; 4], &[u8])> {
    let size = u32::from_be_bytes(*bytes.first_chunk()?);
    let name = *bytes.get(4..)?.first_chunk()?;
    Some((name, bytes.get(8..usize::try_from(size).ok()?)?))
}

fn child<'a>(mut bytes: &'a [u8], wanted: &[u8; 4]) -> Option<&'a [u8]> {
    loop {
        let (name, body) = first(bytes)?;
        if &name == wanted {
            return Some(body);
        }
        bytes = bytes.get(8 + body.len()..)?;
    }
}

/// The `AudioSpecificConfig` inside an elementary stream descriptor (ISO/IEC 14496-1, section 7.2.6.5).
fn specific_config(descriptor: &[u8]) -> Option<&[u8]> {
    let stream = tagged(descriptor, 3)?;
    let decoder = tagged(stream.get(3..)?, 4)?;
    tagged(decoder.get(13..)?, 5)
}

fn tagged(bytes: &[u8], tag: u8) -> Option<&[u8]> {
    let (found, mut rest) = bytes.split_first()?;
    let mut size = 0usize;
    for _ in 0..4 {
        let (byte, after) = rest.split_first()?;
        rest = after;
        size = size << 7 | usize::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            break;
        }
    }
    (*found == tag).then(|| rest.get(..size))?
}
