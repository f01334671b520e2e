//! A file to a raster, by the decoder of its format.
//!
//! ```text
//! file ─► decode ─► Raster        validate: the same, thrown away
//! ```

use super::{
    Fault, Format, MAX_DECODED, MAX_SIDE, colour::Profile, damaged, file::Head, jpeg, png, raster::Raster, room,
};
use image::{ImageDecoder, Limits, codecs};
use std::io::Cursor;

/// Decodes as stored, not turned; a JPEG may come smaller, its long edge not below `wanted`. In sRGB with the profile of
/// the file.
pub fn decode(bytes: &[u8], head: &Head, wanted: Option<u32>, profile: Option<&Profile>) -> Result<Raster, Fault> {
    let from = Cursor::new(bytes);
    let raster = match head.format {
        Format::Jpeg => return jpeg::decode(bytes, wanted, profile),
        Format::Png => png::decode(bytes),
        Format::WebP => by_image(codecs::webp::WebPDecoder::new(from), head),
        Format::Gif => by_image(codecs::gif::GifDecoder::new(from), head),
    }?;
    Ok(match profile {
        Some(profile) => profile.converted(raster),
        None => raster,
    })
}

/// Decodes to the end and keeps nothing; JPEGs at an eighth, which reads all of their data too.
pub fn validate(bytes: &[u8], head: &Head) -> Result<(), Fault> {
    match head.format {
        Format::Png => png::validate(bytes),
        _ => decode(bytes, head, Some(1), None).map(drop),
    }
}

fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_DECODED * 2);
    limits
}

fn by_image<D: ImageDecoder>(decoder: image::ImageResult<D>, head: &Head) -> Result<Raster, Fault> {
    let mut decoder = decoder.map_err(damaged)?;
    decoder.set_limits(limits()).map_err(damaged)?;
    let (width, height) = decoder.dimensions();
    let channels = usize::from(decoder.color_type().channel_count());
    if width > head.width || height > head.height {
        return Err(damaged("its parts are of different sizes"));
    }
    let mut data = vec![0; room(decoder.total_bytes())?];
    decoder.read_image(&mut data).map_err(damaged)?;
    Ok(Raster { width, height, channels, data })
}
