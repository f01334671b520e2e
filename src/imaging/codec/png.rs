//! PNG pixels. A file is checked row by row, so that a large one takes no more memory than a small one.
//!
//! Refuses to know: chunks that hold no pixels ([`super::file`]); the colour profile among them is not inflated here.

use super::{Fault, damaged, raster::Raster, room};
use png::{BitDepth, Decoder, Limits, Reader, Transformations};
use std::io::Cursor;

/// The most that the decoder may take beside the pixels, in bytes: rows of the widest picture, palette, and what is
/// inflated ahead.
const WORKING: usize = 16 * 1024 * 1024;

/// Decodes to 8 bits a channel.
pub fn decode(bytes: &[u8]) -> Result<Raster, Fault> {
    let mut reader = reader(bytes)?;
    let (colour, depth) = reader.output_color_type();
    let (width, height) = reader.info().size();
    let count = reader.output_buffer_size().unwrap_or(usize::MAX);
    let mut data = vec![0; room(count as u64)?];
    reader.next_frame(&mut data).map_err(damaged)?;
    if depth == BitDepth::Sixteen {
        to_8_bit(&mut data);
    }
    Ok(Raster { width, height, channels: colour.samples(), data })
}

/// Decodes to the end and keeps nothing.
pub fn validate(bytes: &[u8]) -> Result<(), Fault> {
    let mut reader = reader(bytes)?;
    room(reader.output_buffer_size().unwrap_or(usize::MAX) as u64)?;
    while reader.next_row().map_err(damaged)?.is_some() {}
    reader.finish().map_err(damaged)
}

fn reader(bytes: &[u8]) -> Result<Reader<Cursor<&[u8]>>, Fault> {
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), Limits { bytes: WORKING });
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    decoder.set_transformations(Transformations::EXPAND);
    decoder.read_info().map_err(damaged)
}

/// 16-bit values, the high byte first, to 8 bits, in place, rounded.
fn to_8_bit(data: &mut Vec<u8>) {
    let count = data.len() / 2;
    for at in 0..count {
        let value = u32::from(u16::from_be_bytes([data[at * 2], data[at * 2 + 1]]));
        data[at] = ((value * 255 + 32_767) / 65_535) as u8;
    }
    data.truncate(count);
}
