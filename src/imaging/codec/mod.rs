//! Bytes of pictures to pictures and back: admission, decoding, turning upright, encoding, and removal of metadata
//! about place and author.
//!
//! ```text
//! upload ─► clean: known format? whole? ─► the same pixels without personal data and what lay behind them, to be stored
//! stored ─► decode: shrunk while decoding, to sRGB, alpha over white, upright ─► Picture ─► encode_jpeg
//! JPEG ──► shrink_jpeg: smaller in its own colour planes ─► JPEG
//! ```
//!
//! A [`Picture`] is sRGB; [`clean`] and [`shrink_jpeg`] leave a file's own colours and its profile. Refuses to know: where
//! files come from or go to, the purpose of pictures.

mod colour;
mod decode;
mod embedded_scripts;
mod exif;
mod file;
mod jpeg;
mod png;
mod raster;
mod shrink;

#[cfg(test)]
mod tests;

pub use shrink::shrink_jpeg;

use super::{
    Fault,
    picture::{Picture, Plane},
    resize,
};

/// The largest accepted picture, in pixels.
pub const MAX_PIXELS: u64 = 50_000_000;
/// The longest accepted side, in pixels.
pub const MAX_SIDE: u32 = 16_384;
/// The shortest side that a picture may have to be worked on, in pixels.
pub const MIN_SIDE: u32 = 64;
/// How many times as long as the other one side of it may be.
pub const MAX_RATIO: u32 = 20;
/// The most that one picture may take in memory while it is decoded, in bytes: 50 megapixels of 8-bit RGBA, or half as
/// many at 16 bit.
const MAX_DECODED: u64 = 200_000_000;

/// A kind of picture file that is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Baseline or progressive, 8 bit.
    Jpeg,
    /// All its kinds; of an animation the still picture.
    Png,
    /// Lossy and lossless; of an animation the first frame.
    WebP,
    /// The first frame.
    Gif,
}

impl Format {
    /// All.
    pub const ALL: [Self; 4] = [Self::Jpeg, Self::Png, Self::WebP, Self::Gif];

    /// The end of a file's name.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::WebP => "webp",
            Self::Gif => "gif",
        }
    }

    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::WebP => "image/webp",
            Self::Gif => "image/gif",
        }
    }
}

/// The content of a file's head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Probe {
    /// Determined by its content, never by a name.
    pub format: Format,
    /// Pixels in a row of the upright picture.
    pub width: u32,
    /// Rows of the upright picture.
    pub height: u32,
}

/// A file that may be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cleaned {
    /// The file: the pixels as received, the colour profile, and of all other metadata only the orientation.
    pub bytes: Vec<u8>,
    /// What it is.
    pub format: Format,
    /// Pixels in a row of the upright picture.
    pub width: u32,
    /// Rows of the upright picture.
    pub height: u32,
}

/// Reads the head of a file.
///
/// # Errors
/// [`Fault::Unreadable`] where it is no file of a [`Format`]; [`Fault::TooLarge`] above [`MAX_PIXELS`] or [`MAX_SIDE`].
pub fn probe(bytes: &[u8]) -> Result<Probe, Fault> {
    let head = file::head(bytes)?;
    let (width, height) = exif::upright_size(head.width, head.height, head.turn);
    Ok(Probe { format: head.format, width, height })
}

/// Whether a picture of this size shows enough to be worked on.
///
/// # Errors
/// [`Fault::Unsuitable`] below [`MIN_SIDE`] or beyond [`MAX_RATIO`].
pub fn admit_size(width: u32, height: u32) -> Result<(), Fault> {
    let (short, long) = (width.min(height), width.max(height));
    if short < MIN_SIDE {
        return Err(Fault::Unsuitable(format!(
            "the picture has {width} x {height} pixels; it needs at least {MIN_SIDE} on each side"
        )));
    }
    if long > short * MAX_RATIO {
        return Err(Fault::Unsuitable(format!(
            "the picture has {width} x {height} pixels; one side may be at most {MAX_RATIO} times as long as the other"
        )));
    }
    Ok(())
}

/// Reads a picture: upright, in sRGB, transparency over white, 8 bit a channel. With `max_long_edge` it comes no larger than
/// that, and large JPEGs never exist in memory at their full size.
///
/// # Errors
/// As [`probe`], and [`Fault::Unreadable`] for a damaged or cut file.
pub fn decode(bytes: &[u8], max_long_edge: Option<u32>) -> Result<Picture, Fault> {
    let head = file::head(bytes)?;
    let profile = file::profile(bytes, head.format)?.and_then(|icc| colour::Profile::read(&icc));
    let raster = decode::decode(bytes, &head, max_long_edge, profile.as_ref())?.over_white();
    let raster = match max_long_edge {
        Some(edge) => raster.fitted(edge)?,
        None => raster,
    }
    .turned(head.turn);
    Picture::from_rgb8(raster.width, raster.height, &raster.data).ok_or_else(|| damaged("its size is wrong"))
}

/// Reads a mask and brings it to a size in pixels: lightness times opacity, 0 to 1.
///
/// # Errors
/// As [`decode`].
pub fn decode_mask(bytes: &[u8], width: u32, height: u32) -> Result<Plane, Fault> {
    let head = file::head(bytes)?;
    let wanted = width.max(height);
    let raster = decode::decode(bytes, &head, Some(wanted), None)?.lightness();
    // Turned after it was brought to size: that is the smaller of the two in nearly all cases.
    let (across, down) = exif::upright_size(width, height, head.turn);
    let raster = raster.resized(across, down, resize::Filter::Linear)?.turned(head.turn);
    let data = raster.data.iter().map(|&value| f32::from(value) / 255.0).collect();
    Plane::from_data(width, height, data).ok_or_else(|| damaged("its size is wrong"))
}

/// Writes a JPEG file, quality 1 to 100; colour at full resolution from quality 90, else at half.
///
/// # Errors
/// [`Fault::Engine`] where the encoder fails, e.g. on a picture without pixels or with a side above 65535.
pub fn encode_jpeg(picture: &Picture, quality: u8) -> Result<Vec<u8>, Fault> {
    jpeg::encode(picture, quality)
}

/// The check of every upload: the file is of a [`Format`], decodes to its end, and comes out without position, person,
/// text or any other metadata and without whatever lay behind its picture.
///
/// # Errors
/// As [`decode`]; [`Fault::Unreadable`] too for other kinds of files (by name) and scripts in the picture.
pub fn clean(bytes: &[u8]) -> Result<Cleaned, Fault> {
    let head = file::head(bytes)?;
    let (width, height) = exif::upright_size(head.width, head.height, head.turn);
    let mut fault = None;
    for bytes in file::parts(bytes, head.format)?.endings() {
        embedded_scripts::admit(head.format, &bytes)?;
        // The cleaned file is the one that is validated, since it is the one that is stored.
        match decode::validate(&bytes, &file::head(&bytes)?) {
            Ok(()) => return Ok(Cleaned { bytes, format: head.format, width, height }),
            Err(one) => fault = fault.or(Some(one)),
        }
    }
    Err(fault.unwrap_or_else(|| damaged("it has no end")))
}

/// The fault of a file that is of a known format but broken.
fn damaged(why: impl std::fmt::Display) -> Fault {
    Fault::Unreadable(format!("the picture is damaged or cut short: {why}"))
}

/// Bytes of pixels, if a picture may take as many.
fn room(bytes: u64) -> Result<usize, Fault> {
    match usize::try_from(bytes) {
        Ok(count) if bytes <= MAX_DECODED => Ok(count),
        _ => Err(Fault::TooLarge(format!(
            "the picture needs {} MB in memory; at most {} MB are taken",
            bytes / 1_000_000,
            MAX_DECODED / 1_000_000
        ))),
    }
}
