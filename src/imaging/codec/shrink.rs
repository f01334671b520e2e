//! JPEG to a smaller JPEG without leaving its colour planes: no conversion to RGB, no full-size copy, colour resized
//! straight to half resolution.
//!
//! ```text
//! JPEG ─► Y, Cb, Cr at the next eighth above the wanted size ─► Lanczos each ─► turned ─► JPEG 4:2:0
//! ```
//!
//! Refuses to know: decoded pictures; JPEGs of inks or of odd samplings, which are decoded and encoded in full.

use super::{Fault, damaged, exif, file, jpeg};
use crate::imaging::resize;
use turbojpeg::{Colorspace, Image, PixelFormat, ScalingFactor, Subsamp, YuvImage, YuvPlanesImage, yuv_pixels_len};

/// A plane and its size.
struct Flat {
    width: usize,
    height: usize,
    data: Vec<u8>,
}

/// A JPEG with a long edge of at most `long_edge` pixels, upright, of a quality of 1 to 100, with the colour profile of
/// the original and no other metadata of it. Never larger than the original.
///
/// # Errors
/// As [`super::decode`]; [`Fault::Unreadable`] also where the file is no JPEG.
pub fn shrink_jpeg(bytes: &[u8], long_edge: u32, quality: u8) -> Result<Vec<u8>, Fault> {
    let head = file::head(bytes)?;
    if head.format != super::Format::Jpeg {
        return Err(Fault::Unreadable("the picture is no JPEG".into()));
    }
    let (_, header) = jpeg::open(bytes)?;
    let small = match (header.colorspace, header.subsamp) {
        (Colorspace::YCbCr | Colorspace::Gray, known) if known != Subsamp::Unknown && !header.is_lossless => {
            let planes = planes(bytes, long_edge, head.turn)?;
            encode(&planes, quality)?
        }
        _ => {
            let picture = super::decode(bytes, Some(long_edge))?;
            return jpeg::encode(&picture, quality);
        }
    };
    Ok(with_profile(small, &file::jpeg_profile(bytes)))
}

/// The planes at their final sizes, upright: one, or three with colour at half resolution.
fn planes(bytes: &[u8], long_edge: u32, turn: exif::Turn) -> Result<Vec<Flat>, Fault> {
    let (mut decoder, header) = jpeg::open(bytes)?;
    let factor = jpeg::scale(&header, Some(long_edge));
    decoder.set_scaling_factor(factor).map_err(jpeg::engine)?;
    let (width, height) = (factor.scale(header.width), factor.scale(header.height));
    let length = yuv_pixels_len(width, 1, height, header.subsamp).map_err(jpeg::engine)?;
    let mut full = YuvImage { pixels: vec![0; length], width, align: 1, height, subsamp: header.subsamp };
    decoder.decompress_to_yuv(bytes, full.as_deref_mut()).map_err(damaged)?;

    let long = header.width.max(header.height) as u32;
    let (to_width, to_height) = resize::fitting(header.width as u32, header.height as u32, long_edge.clamp(1, long));
    let (light, colours) = full.pixels.split_at_checked(full.y_width() * full.y_height()).unwrap_or_default();
    // The part of the decoded planes that the picture fills: the rest only pads blocks.
    let exact = (fraction(header.width, factor), fraction(header.height, factor));
    let resized = |data: &[u8], size: (usize, usize), part: (f64, f64), to: (u32, u32)| {
        let data = resize::plane_part(data, (size.0 as u32, size.1 as u32), part, to)
            .ok_or_else(|| damaged("its planes are of wrong sizes"))?;
        let flat = Flat { width: to.0 as usize, height: to.1 as usize, data };
        Ok(turned(flat, turn))
    };
    let mut out = vec![resized(light, full.y_size(), exact, (to_width, to_height))?];
    if header.subsamp != Subsamp::Gray {
        let (across, down) = header.subsamp.size();
        let half = (to_width.div_ceil(2), to_height.div_ceil(2));
        // An odd size has half a colour pixel beyond its edge.
        let part = |exact: f64, half: u32, to: u32, sampling: usize| {
            exact * f64::from(half * 2) / f64::from(to) / sampling as f64
        };
        let part = (part(exact.0, half.0, to_width, across), part(exact.1, half.1, to_height, down));
        for colour in colours.chunks_exact((full.uv_width() * full.uv_height()).max(1)) {
            out.push(resized(colour, full.uv_size(), part, half)?);
        }
    }
    Ok(out)
}

/// A side at a scale, not rounded up.
fn fraction(side: usize, factor: ScalingFactor) -> f64 {
    side as f64 * factor.num() as f64 / factor.denom() as f64
}

fn turned(flat: Flat, turn: exif::Turn) -> Flat {
    if turn == exif::Turn::NoTransforms {
        return flat;
    }
    let data = exif::turned::<1>(&flat.data, flat.width, flat.height, turn);
    let (width, height) = if exif::lies_on_side(turn) { (flat.height, flat.width) } else { (flat.width, flat.height) };
    Flat { width, height, data }
}

fn encode(planes: &[Flat], quality: u8) -> Result<Vec<u8>, Fault> {
    let mut encoder = jpeg::encoder(quality)?;
    match planes {
        [light, blue, red] => {
            let (width, height) = (light.width, light.height);
            let padded = padded(light);
            let image = YuvPlanesImage {
                y_plane: padded.as_deref().unwrap_or(&light.data),
                u_plane: blue.data.as_slice(),
                v_plane: red.data.as_slice(),
                width,
                height,
                y_stride: width.next_multiple_of(2),
                u_stride: blue.width,
                v_stride: red.width,
                subsamp: Subsamp::Sub2x2,
            };
            encoder.compress_yuv_planes_to_vec(&image).map_err(jpeg::engine)
        }
        [light, ..] => {
            encoder.set_subsamp(Subsamp::Gray).map_err(jpeg::engine)?;
            let (width, height) = (light.width, light.height);
            let image = Image { pixels: light.data.as_slice(), width, pitch: width, height, format: PixelFormat::GRAY };
            encoder.compress_to_vec(image).map_err(jpeg::engine)
        }
        [] => Err(damaged("it has no planes")),
    }
}

/// The encoder reads luma in pairs: of an odd size the last column and row are doubled. `None` where it is even.
fn padded(flat: &Flat) -> Option<Vec<u8>> {
    if flat.width.is_multiple_of(2) && flat.height.is_multiple_of(2) {
        return None;
    }
    let mut out = Vec::with_capacity((flat.width + 1) * (flat.height + 1));
    let rows = flat.data.chunks_exact(flat.width.max(1));
    let last = rows.clone().next_back().filter(|_| flat.height % 2 == 1);
    for row in rows.chain(last) {
        out.extend(row);
        out.extend(row.last().filter(|_| flat.width % 2 == 1));
    }
    Some(out)
}

/// The profile's segments stand behind the JFIF segment, which has a fixed length in what the encoder writes.
fn with_profile(mut jpeg: Vec<u8>, profile: &[u8]) -> Vec<u8> {
    const BEHIND_JFIF: usize = 20;
    if !profile.is_empty() && jpeg.get(2..4) == Some(&[0xff, 0xe0]) && jpeg.len() > BEHIND_JFIF {
        jpeg.splice(BEHIND_JFIF..BEHIND_JFIF, profile.iter().copied());
    }
    jpeg
}
