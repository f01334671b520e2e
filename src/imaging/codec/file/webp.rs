//! WebP: chunks in a RIFF. Kept are pixels, opacity, the colour profile and of an animation its first frame; EXIF is
//! written anew with the turn alone. XMP and unknown chunks go.
//!
//! Source: RFC 9649.

use super::{Fault, Turn, array, damaged, exif, is_profile, take, turn_of};

const HEAD: usize = 12;
/// Flags of the extended header, RFC 9649 section 2.7.1.
const HAS_PROFILE: u8 = 0x20;
const HAS_EXIF: u8 = 0x08;
const HAS_XMP: u8 = 0x04;
/// Place and time of a frame, before its chunks.
const FRAME_HEAD: usize = 16;

struct Chunk<'a> {
    kind: [u8; 4],
    body: &'a [u8],
    /// With padding.
    length: usize,
}

fn chunk(bytes: &[u8], at: usize) -> Result<Chunk<'_>, Fault> {
    let size = u32::from_le_bytes(array(bytes, at + 4)?) as usize;
    // The padding of the last chunk is missing in files of some writers.
    let length = (8 + size + size % 2).min(bytes.len() - at);
    Ok(Chunk { kind: array(bytes, at)?, body: take(bytes, at + 8, size)?, length })
}

fn chunks(bytes: &[u8]) -> impl Iterator<Item = Result<Chunk<'_>, Fault>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        (at < bytes.len()).then(|| {
            let one = chunk(bytes, at);
            at = one.as_ref().map_or(bytes.len(), |one| at + one.length);
            one
        })
    })
}

/// The bytes within the RIFF, by its own length.
fn content(bytes: &[u8]) -> Result<&[u8], Fault> {
    let size = u32::from_le_bytes(array(bytes, 4)?) as usize;
    take(bytes, HEAD, size.checked_sub(4).ok_or_else(|| damaged("it is empty"))?)
}

/// The size that the pixels of a chunk have; `None` for chunks without.
fn pixels(chunk: &Chunk) -> Result<Option<(u32, u32)>, Fault> {
    match &chunk.kind {
        b"VP8 " => {
            let side = |at| Ok(u32::from(u16::from_le_bytes(array(chunk.body, at)?) & 0x3fff));
            Ok(Some((side(6)?, side(8)?)))
        }
        b"VP8L" => {
            let bits = u32::from_le_bytes(array(chunk.body, 1)?);
            Ok(Some(((bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1)))
        }
        b"ANMF" => {
            let inner = chunks(chunk.body.get(FRAME_HEAD..).unwrap_or_default());
            for one in inner {
                if let Some(size) = pixels_of_still(&one?)? {
                    return Ok(Some(size));
                }
            }
            Ok(None)
        }
        _ => Ok(None),
    }
}

fn pixels_of_still(chunk: &Chunk) -> Result<Option<(u32, u32)>, Fault> {
    if chunk.kind == *b"ANMF" { Err(damaged("a frame lies within a frame")) } else { pixels(chunk) }
}

/// The canvas, or what a frame claims beyond it: the larger of the two is what a decoder would make room for.
pub fn head(bytes: &[u8]) -> Result<(u32, u32, Turn), Fault> {
    let (mut size, mut turn, mut pictures) = (None::<(u32, u32)>, Turn::NoTransforms, 0);
    for one in chunks(content(bytes)?) {
        let one = one?;
        let claimed = match &one.kind {
            b"VP8X" => {
                let side = |at| Ok(1 + u24(array(one.body, at)?));
                Some((side(4)?, side(7)?))
            }
            b"EXIF" => {
                turn = turn_of(one.body);
                None
            }
            _ => {
                let claimed = pixels(&one)?;
                pictures += u32::from(claimed.is_some());
                claimed
            }
        };
        if let Some((width, height)) = claimed {
            let (across, down) = size.unwrap_or_default();
            size = Some((width.max(across), height.max(down)));
        }
    }
    size.filter(|_| pictures > 0)
        .map(|(width, height)| (width, height, turn))
        .ok_or_else(|| damaged("it has no pixels"))
}

fn u24([a, b, c]: [u8; 3]) -> u32 {
    u32::from_le_bytes([a, b, c, 0])
}

pub fn parts(bytes: &[u8]) -> Result<Vec<u8>, Fault> {
    let (_, _, turn) = head(bytes)?;
    let inside = content(bytes)?;
    let mut out = Vec::with_capacity(bytes.len());
    out.extend(b"RIFF\0\0\0\0WEBP");
    let (mut frames, mut has_profile, mut extended) = (0, false, None);
    for one in chunks(inside) {
        let one = one?;
        match &one.kind {
            b"VP8X" if extended.is_none() => {
                extended = Some(out.len() + 8);
                write(&mut out, one.kind, take(one.body, 0, 10)?);
            }
            b"ICCP" if is_profile(one.body) && !has_profile => {
                super::small(one.body.len())?;
                has_profile = true;
                write(&mut out, one.kind, one.body);
            }
            b"VP8 " | b"VP8L" | b"ALPH" | b"ANIM" => write(&mut out, one.kind, one.body),
            b"ANMF" if frames == 0 => {
                frames = 1;
                write(&mut out, one.kind, &frame(one.body)?);
            }
            _ => {}
        }
    }
    // Only a file with the extended header can have a turn at all.
    if let Some(at) = extended {
        let block = exif::block(turn);
        let flags = out.get_mut(at).ok_or_else(|| damaged("it has no header"))?;
        *flags &= !(HAS_PROFILE | HAS_EXIF | HAS_XMP);
        *flags |= if has_profile { HAS_PROFILE } else { 0 };
        if let Some(block) = block {
            *flags |= HAS_EXIF;
            write(&mut out, *b"EXIF", &block);
        }
    }
    let size = u32::try_from(out.len() - 8).map_err(|_| damaged("it is too long"))?;
    out[4..8].copy_from_slice(&size.to_le_bytes());
    Ok(out)
}

/// The colour profile.
pub fn profile(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut all = chunks(content(bytes).ok()?).map_while(Result::ok);
    all.find(|one| one.kind == *b"ICCP").map(|one| one.body.to_vec())
}

/// A frame of an animation with its pixels and opacity alone.
fn frame(body: &[u8]) -> Result<Vec<u8>, Fault> {
    let mut out = take(body, 0, FRAME_HEAD)?.to_vec();
    for one in chunks(body.get(FRAME_HEAD..).unwrap_or_default()) {
        let one = one?;
        if matches!(&one.kind, b"VP8 " | b"VP8L" | b"ALPH") {
            write(&mut out, one.kind, one.body);
        }
    }
    Ok(out)
}

fn write(out: &mut Vec<u8>, kind: [u8; 4], body: &[u8]) {
    out.extend(kind);
    out.extend((body.len() as u32).to_le_bytes());
    out.extend(body);
    if body.len() % 2 == 1 {
        out.push(0);
    }
}
