//! Container formats of pictures: kind, size, which parts are kept, where the picture ends.
//!
//! ```text
//! bytes ─► kind (by content) ─► head: format, size, turn
//!                            └► parts: what may be kept of the file, put together again, and where it ended
//! ```
//!
//! Refuses to know: pixels. Allocations follow the actual size of a file, never a claimed one.

mod gif;
mod jpeg;
mod kind;
mod png;
mod webp;

pub use jpeg::coefficient_bytes;

use super::{
    Fault, Format, MAX_PIXELS, MAX_SIDE, damaged,
    exif::{self, Turn},
};

/// The head of a file, as stored, not yet turned.
#[derive(Debug, Clone, Copy)]
pub struct Head {
    /// What it is.
    pub format: Format,
    /// Pixels in a stored row.
    pub width: u32,
    /// Stored rows.
    pub height: u32,
    /// How it is turned upright.
    pub turn: Turn,
}

/// A file without the parts that are not needed to display it.
#[derive(Debug)]
pub struct Parts {
    /// The file.
    pub bytes: Vec<u8>,
    /// Where in the original the picture ended.
    pub end: usize,
}

/// Reads sizes and turn.
pub fn head(bytes: &[u8]) -> Result<Head, Fault> {
    let format = kind::of(bytes)?;
    let (width, height, turn) = match format {
        Format::Jpeg => jpeg::head(bytes),
        Format::Png => png::head(bytes),
        Format::WebP => webp::head(bytes),
        Format::Gif => gif::head(bytes),
    }?;
    if width == 0 || height == 0 {
        return Err(damaged("it has no pixels"));
    }
    if u64::from(width) * u64::from(height) > MAX_PIXELS || width.max(height) > MAX_SIDE {
        return Err(Fault::TooLarge(format!(
            "the picture has {width} x {height} pixels; at most {} megapixels and {MAX_SIDE} pixels a side are taken",
            MAX_PIXELS / 1_000_000
        )));
    }
    Ok(Head { format, width, height, turn })
}

/// Assembles the parts that are kept.
pub fn parts(bytes: &[u8], format: Format) -> Result<Parts, Fault> {
    match format {
        Format::Jpeg => jpeg::parts(bytes),
        Format::Png => png::parts(bytes),
        Format::WebP => webp::parts(bytes),
        Format::Gif => gif::parts(bytes),
    }
}

/// The colour profile segments of a JPEG file, whole, in their order.
pub fn jpeg_profile(bytes: &[u8]) -> Vec<u8> {
    jpeg::profile(bytes)
}

/// Whether a JPEG file stores inks as the light that they leave, as Adobe does.
pub fn jpeg_inks_are_inverted(bytes: &[u8]) -> bool {
    jpeg::is_adobe(bytes)
}

/// Where a JPEG file that starts here ends, if it is whole.
pub fn jpeg_end(bytes: &[u8]) -> Option<usize> {
    bytes.starts_with(&[0xff, 0xd8, 0xff]).then(|| jpeg::parts(bytes).ok().map(|parts| parts.end))?
}

/// The turn of an EXIF block that may carry JPEG's six letters in front.
fn turn_of(block: &[u8]) -> Turn {
    exif::turn(block.strip_prefix(b"Exif\0\0").unwrap_or(block))
}

/// Whether bytes begin as a colour profile does.
fn is_profile(bytes: &[u8]) -> bool {
    bytes.get(36..40) == Some(b"acsp")
}

/// Bytes at a place, or the fault of a file that ends before.
fn take(bytes: &[u8], at: usize, count: usize) -> Result<&[u8], Fault> {
    at.checked_add(count).and_then(|end| bytes.get(at..end)).ok_or_else(|| damaged("it ends too early"))
}

/// Exactly `N` bytes at a place.
fn array<const N: usize>(bytes: &[u8], at: usize) -> Result<[u8; N], Fault> {
    take(bytes, at, N)?.try_into().map_err(|_| damaged("it ends too early"))
}
