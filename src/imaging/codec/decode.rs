//! A file to a raster, by the decoder of its format.
//!
//! ```text
//! file ─► decode ─► Raster        validate: the same, thrown away
//! ```

use super::{Fault, Format, MAX_DECODED, MAX_SIDE, damaged, file::Head, jpeg, raster::Raster};
use image::{ColorType, ImageDecoder, Limits, codecs};
use std::io::Cursor;

/// Decodes as stored, not turned; a JPEG may come smaller, its long edge not below `wanted`.
pub fn decode(bytes: &[u8], head: &Head, wanted: Option<u32>) -> Result<Raster, Fault> {
    let from = Cursor::new(bytes);
    match head.format {
        Format::Jpeg => jpeg::decode(bytes, wanted),
        Format::Png => by_image(codecs::png::PngDecoder::with_limits(from, limits()), head),
        Format::WebP => by_image(codecs::webp::WebPDecoder::new(from), head),
        Format::Gif => by_image(codecs::gif::GifDecoder::new(from), head),
    }
}

/// Decodes to the end and keeps nothing; JPEGs at an eighth, which reads all of their data too.
pub fn validate(bytes: &[u8], head: &Head) -> Result<(), Fault> {
    decode(bytes, head, Some(1)).map(drop)
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
    let kind = decoder.color_type();
    let count = decoder.total_bytes();
    if width > head.width || height > head.height {
        return Err(damaged("its parts are of different sizes"));
    }
    if count > MAX_DECODED {
        return Err(Fault::TooLarge(format!(
            "the picture needs {} MB in memory; at most {} MB are taken",
            count / 1_000_000,
            MAX_DECODED / 1_000_000
        )));
    }
    let mut data = vec![0; count as usize];
    decoder.read_image(&mut data).map_err(damaged)?;
    let channels = usize::from(kind.channel_count());
    if matches!(kind, ColorType::L16 | ColorType::La16 | ColorType::Rgb16 | ColorType::Rgba16) {
        to_8_bit(&mut data);
    }
    Ok(Raster { width, height, channels, data })
}

/// 16-bit values in the machine's order to 8 bits, in place, rounded.
fn to_8_bit(data: &mut Vec<u8>) {
    let count = data.len() / 2;
    for at in 0..count {
        let value = u32::from(u16::from_ne_bytes([data[at * 2], data[at * 2 + 1]]));
        data[at] = ((value * 255 + 32_767) / 65_535) as u8;
    }
    data.truncate(count);
}
