//! PNG: chunks from the signature to IEND. Kept are those that define the colours of pixels; eXIf is written anew with
//! the orientation alone. Texts, times and animations are dropped, and so are unknown chunks.
//!
//! Source: PNG third edition, chapters 5 and 11.

use super::{Fault, MAX_PROFILE, Turn, array, damaged, exif, is_profile, small, take, turn_of};
use flate2::bufread::ZlibDecoder;
use std::io::Read;

const SIGNATURE: usize = 8;
const KEPT: [&[u8; 4]; 13] = [
    b"IHDR", b"PLTE", b"IDAT", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"cICP", b"pHYs", b"mDCV", b"cLLI", b"IEND",
];

struct Chunk<'a> {
    kind: [u8; 4],
    body: &'a [u8],
    /// With length and checksum.
    whole: &'a [u8],
}

fn chunk(bytes: &[u8], at: usize) -> Result<Chunk<'_>, Fault> {
    let length = u32::from_be_bytes(array(bytes, at)?) as usize;
    let whole = take(bytes, at, length.checked_add(12).ok_or_else(|| damaged("a chunk is too long"))?)?;
    Ok(Chunk { kind: array(bytes, at + 4)?, body: take(bytes, at + 8, length)?, whole })
}

pub fn head(bytes: &[u8]) -> Result<(u32, u32, Turn), Fault> {
    let first = chunk(bytes, SIGNATURE)?;
    if first.kind != *b"IHDR" {
        return Err(damaged("it has no header"));
    }
    let (width, height) = (u32::from_be_bytes(array(first.body, 0)?), u32::from_be_bytes(array(first.body, 4)?));
    let mut at = SIGNATURE;
    // The turn may stand behind the pixels; a file cut before it is upright, and refused where pixels are read.
    while let Ok(one) = chunk(bytes, at) {
        match &one.kind {
            b"eXIf" => return Ok((width, height, turn_of(one.body))),
            b"IEND" => break,
            _ => at += one.whole.len(),
        }
    }
    Ok((width, height, Turn::NoTransforms))
}

pub fn parts(bytes: &[u8]) -> Result<Vec<u8>, Fault> {
    let (_, _, turn) = head(bytes)?;
    let mut out = take(bytes, 0, SIGNATURE)?.to_vec();
    out.reserve(bytes.len());
    let mut at = SIGNATURE;
    loop {
        let one = chunk(bytes, at)?;
        at += one.whole.len();
        if one.kind == *b"iCCP" {
            // One that cannot be read says nothing about the pixels.
            if inflated(one.body)?.is_some_and(|icc| is_profile(&icc)) {
                out.extend(one.whole);
            }
        } else if KEPT.contains(&&one.kind) {
            out.extend(one.whole);
        } else if one.kind.first().is_some_and(u8::is_ascii_uppercase) {
            return Err(damaged("it has a part that no reader knows"));
        }
        match &one.kind {
            b"IHDR" => out.extend(exif::block(turn).map(|block| written(*b"eXIf", &block)).unwrap_or_default()),
            b"IEND" => return Ok(out),
            _ => {}
        }
    }
}

/// The colour profile.
pub fn profile(bytes: &[u8]) -> Result<Option<Vec<u8>>, Fault> {
    let mut at = SIGNATURE;
    while let Ok(one) = chunk(bytes, at) {
        match &one.kind {
            b"iCCP" => return inflated(one.body),
            b"IDAT" | b"IEND" => break,
            _ => at += one.whole.len(),
        }
    }
    Ok(None)
}

/// The profile in the body of an iCCP chunk: a name, a zero, the method of compression (0), zlib data. `None` where it is
/// broken. Inflated no further than a profile may be large.
fn inflated(body: &[u8]) -> Result<Option<Vec<u8>>, Fault> {
    let Some(name) = body.iter().take(80).position(|byte| *byte == 0) else { return Ok(None) };
    let Some((&[0], data)) = body.get(name + 1..).and_then(|rest| rest.split_at_checked(1)) else { return Ok(None) };
    let mut icc = Vec::new();
    let whole = ZlibDecoder::new(data).take(MAX_PROFILE as u64 + 1).read_to_end(&mut icc).is_ok();
    small(icc.len())?;
    Ok(whole.then_some(icc))
}

fn written(kind: [u8; 4], body: &[u8]) -> Vec<u8> {
    let chunk = img_parts::png::PngChunk::new(kind, body.to_vec().into());
    chunk.encoder().bytes().to_vec()
}
