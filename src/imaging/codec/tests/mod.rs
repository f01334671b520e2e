//! What the codec takes, refuses and leaves out, on files built here byte by byte.

mod clean;
mod decode;
mod hostile;
mod shrink;

use super::*;
use image::{ExtendedColorType, ImageEncoder, codecs};

const RED: [u8; 3] = [220, 30, 30];
const GREEN: [u8; 3] = [30, 200, 40];
const BLUE: [u8; 3] = [30, 40, 210];
const WHITE: [u8; 3] = [240, 240, 240];

/// Four fields: red green / blue white. As RGB.
fn fields(width: usize, height: usize) -> Vec<u8> {
    let field = |x, y| match (x < width / 2, y < height / 2) {
        (true, true) => RED,
        (false, true) => GREEN,
        (true, false) => BLUE,
        (false, false) => WHITE,
    };
    (0..height).flat_map(|y| (0..width).flat_map(move |x| field(x, y))).collect()
}

fn jpeg(width: usize, height: usize, progressive: bool, subsamp: turbojpeg::Subsamp) -> Vec<u8> {
    let mut encoder = super::jpeg::encoder(95).unwrap();
    encoder.set_subsamp(subsamp).unwrap();
    encoder.set_progressive(progressive).unwrap();
    let pixels = fields(width, height);
    let format = turbojpeg::PixelFormat::RGB;
    let image = turbojpeg::Image { pixels: pixels.as_slice(), width, pitch: width * 3, height, format };
    encoder.compress_to_vec(image).unwrap()
}

fn small_jpeg() -> Vec<u8> {
    jpeg(48, 32, false, turbojpeg::Subsamp::Sub2x2)
}

fn png(pixels: &[u8], width: u32, height: u32, kind: ExtendedColorType) -> Vec<u8> {
    let mut out = Vec::new();
    codecs::png::PngEncoder::new(&mut out).write_image(pixels, width, height, kind).unwrap();
    out
}

fn webp(width: u32, height: u32) -> Vec<u8> {
    let mut out = Vec::new();
    let pixels = fields(width as usize, height as usize);
    let encoder = codecs::webp::WebPEncoder::new_lossless(&mut out);
    encoder.encode(&pixels, width, height, ExtendedColorType::Rgb8).unwrap();
    out
}

/// A GIF of one frame, or of two where the second is all blue.
fn gif(width: u32, height: u32, frames: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = codecs::gif::GifEncoder::new(&mut out);
    let first = fields(width as usize, height as usize);
    let second = BLUE.repeat((width * height) as usize);
    for pixels in [first, second].iter().take(frames) {
        encoder.encode(pixels, width, height, ExtendedColorType::Rgb8).unwrap();
    }
    drop(encoder);
    out
}

/// One small file of each format.
fn one_of_each() -> [(Format, Vec<u8>); 4] {
    [
        (Format::Jpeg, small_jpeg()),
        (Format::Png, png(&fields(48, 32), 48, 32, ExtendedColorType::Rgb8)),
        (Format::WebP, webp(48, 32)),
        (Format::Gif, gif(48, 32, 1)),
    ]
}

/// Behind SOI.
fn with_segment(jpeg: &[u8], marker: u8, body: &[u8]) -> Vec<u8> {
    let length = (body.len() as u16 + 2).to_be_bytes();
    [&jpeg[..2], &[0xff, marker], &length, body, &jpeg[2..]].concat()
}

/// Behind IHDR.
fn with_chunk(png: &[u8], kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let chunk = img_parts::png::PngChunk::new(*kind, body.to_vec().into());
    let chunk = chunk.encoder().bytes();
    [&png[..33], &chunk, &png[33..]].concat()
}

/// The extended header, the file's own chunks, more chunks.
fn extended_webp(webp: &[u8], width: u32, height: u32, flags: u8, more: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let mut inside = b"WEBPVP8X\x0a\0\0\0".to_vec();
    inside.extend([flags, 0, 0, 0]);
    inside.extend(&(width - 1).to_le_bytes()[..3]);
    inside.extend(&(height - 1).to_le_bytes()[..3]);
    inside.extend(&webp[12..]);
    for (kind, body) in more {
        inside.extend(*kind);
        inside.extend((body.len() as u32).to_le_bytes());
        inside.extend(*body);
        inside.extend(vec![0; body.len() % 2]);
    }
    [b"RIFF", &(inside.len() as u32).to_le_bytes()[..], &inside].concat()
}

fn turn(number: u8) -> exif::Turn {
    exif::Turn::from_exif(number).unwrap()
}

fn turned_jpeg(number: u8) -> Vec<u8> {
    let block = exif::block(turn(number)).unwrap_or_default();
    with_segment(&small_jpeg(), 0xe1, &[b"Exif\0\0", block.as_slice()].concat())
}

/// The colours in the middles of the four fields, as 8-bit values.
fn corners(picture: &Picture) -> [[u8; 3]; 4] {
    let (width, height) = (i64::from(picture.width()), i64::from(picture.height()));
    let at = |x, y| picture.at(x, y).map(|value| (value * 255.0).round() as u8);
    [
        at(width / 4, height / 4),
        at(width * 3 / 4, height / 4),
        at(width / 4, height * 3 / 4),
        at(width * 3 / 4, height * 3 / 4),
    ]
}

fn near(left: [[u8; 3]; 4], right: [[u8; 3]; 4]) -> bool {
    left.iter().flatten().zip(right.iter().flatten()).all(|(a, b)| a.abs_diff(*b) <= 6)
}

fn holds(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len()).any(|window| window == text)
}

fn refused(result: Result<Cleaned, Fault>) -> bool {
    matches!(result, Err(Fault::Unreadable(_)))
}
