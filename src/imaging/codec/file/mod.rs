//! Container formats of pictures: kind, size, which parts are kept, where the picture ends.
//!
//! ```text
//! bytes ─► kind (by content) ─► head: format, size, turn
//!                            ├► profile: of its colours
//!                            └► parts: what may be kept of the file, put together again
//! ```
//!
//! Refuses to know: pixels. Allocations follow the actual size of a file, never a claimed one.

mod gif;
mod jpeg;
mod kind;
mod png;
mod scans;
mod webp;

pub use jpeg::coefficient_bytes;

use super::{
    Fault, Format, MAX_PIXELS, MAX_SIDE,
    colour::MAX_PROFILE,
    damaged,
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

/// What is kept of a file, put together again.
pub struct Parts {
    /// The file.
    pub bytes: Vec<u8>,
    /// Zeros before the end marker of a JPEG that lacked one: coded data, or what follows them. The decoder finds out.
    pub padding: usize,
}

impl Parts {
    /// The files that these may be, the likeliest first: with all zeros, or with as few as coded data end with.
    pub fn endings(self) -> impl Iterator<Item = Vec<u8>> {
        const KEPT: usize = 3;
        const MARKER: usize = 2;
        let Self { bytes, padding } = self;
        let all = std::iter::once(padding);
        all.chain(0..padding.min(KEPT + 1)).map(move |zeros| {
            let (data, marker) = bytes.split_at(bytes.len().saturating_sub(MARKER));
            [&data[..data.len() - padding + zeros], marker].concat()
        })
    }
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

/// Assembles the parts that are kept, up to where the picture ends.
pub fn parts(bytes: &[u8], format: Format) -> Result<Parts, Fault> {
    let bytes = match format {
        Format::Jpeg => return jpeg::parts(bytes),
        Format::Png => png::parts(bytes),
        Format::WebP => webp::parts(bytes),
        Format::Gif => gif::parts(bytes),
    }?;
    Ok(Parts { bytes, padding: 0 })
}

/// The colour profile, if the file has one.
///
/// # Errors
/// [`Fault::Unreadable`] where it is larger than a profile may be.
pub fn profile(bytes: &[u8], format: Format) -> Result<Option<Vec<u8>>, Fault> {
    let found = match format {
        Format::Jpeg => jpeg::profile(bytes),
        Format::Png => png::profile(bytes)?,
        Format::WebP => webp::profile(bytes),
        Format::Gif => None,
    };
    let found = found.filter(|icc| is_profile(icc));
    found.iter().try_for_each(|icc| small(icc.len()))?;
    Ok(found)
}

/// The colour profile segments of a JPEG file, whole, in their order.
pub fn jpeg_profile(bytes: &[u8]) -> Vec<u8> {
    jpeg::profile_segments(bytes)
}

/// Whether a profile may have as many bytes.
fn small(length: usize) -> Result<(), Fault> {
    if length <= MAX_PROFILE {
        return Ok(());
    }
    Err(Fault::Unreadable(format!(
        "the picture's colour profile has more than {} MB; save the picture with a smaller one, e.g. sRGB",
        MAX_PROFILE / (1024 * 1024)
    )))
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
