//! GIF: blocks from the signature to the trailer. Kept are the screen, its palette, the first frame and how that one is
//! transparent. Comments, texts, application data (XMP among them) and later frames go.
//!
//! Source: GIF89a specification.

use super::{Fault, MAX_PIXELS, Turn, array, damaged, take};

/// Signature and screen.
const HEAD: usize = 13;
const EXTENSION: u8 = 0x21;
const FRAME: u8 = 0x2c;
const TRAILER: u8 = 0x3b;
const CONTROL: u8 = 0xf9;

fn size(bytes: &[u8], at: usize) -> Result<(u32, u32), Fault> {
    Ok((u16::from_le_bytes(array(bytes, at)?).into(), u16::from_le_bytes(array(bytes, at + 2)?).into()))
}

/// Bytes of a palette, by the flags that announce it.
fn palette(flags: u8) -> usize {
    if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) }
}

/// Where a row of data blocks ends: behind the empty one.
fn end_of_blocks(bytes: &[u8], mut at: usize) -> Result<usize, Fault> {
    loop {
        let length = usize::from(array::<1>(bytes, at)?[0]);
        at += 1 + length;
        if length == 0 {
            return Ok(at);
        }
    }
}

pub fn head(bytes: &[u8]) -> Result<(u32, u32, Turn), Fault> {
    let (width, height) = size(bytes, 6)?;
    Ok((width, height, Turn::NoTransforms))
}

pub fn parts(bytes: &[u8]) -> Result<Vec<u8>, Fault> {
    let mut at = HEAD + palette(array::<1>(bytes, 10)?[0]);
    let mut out = take(bytes, 0, at)?.to_vec();
    let (mut control, mut found) = (None, false);
    loop {
        let start = at;
        match array::<1>(bytes, at)?[0] {
            EXTENSION => {
                let label = array::<1>(bytes, at + 1)?[0];
                at = end_of_blocks(bytes, at + 2)?;
                // Of a known length, so that nothing else rides along.
                if label == CONTROL && at - start == 8 {
                    control = Some(take(bytes, start, 8)?);
                }
            }
            FRAME => {
                let (width, height) = size(bytes, at + 5)?;
                if u64::from(width) * u64::from(height) > MAX_PIXELS {
                    return Err(Fault::TooLarge(format!("a frame of the GIF has {width} x {height} pixels")));
                }
                // After the frame's own palette comes one byte, the width of codes.
                let data = at + 10 + palette(array::<1>(bytes, at + 9)?[0]) + 1;
                at = end_of_blocks(bytes, data)?;
                if !found {
                    out.extend(control.unwrap_or_default());
                    out.extend(take(bytes, start, at - start)?);
                    found = true;
                }
            }
            TRAILER if found => {
                out.push(TRAILER);
                return Ok(out);
            }
            _ => return Err(damaged("there is no GIF block where one must be")),
        }
    }
}
