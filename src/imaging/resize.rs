//! Other sizes of pictures and planes, by convolution, antialiased when smaller.
//!
//! Refuses to know: networks and edges (that is [`super::upscale`]), files.

#![expect(unsafe_code, reason = "f32 pixels are resized as the bytes they are")]

use super::picture::{Picture, Plane};
use fast_image_resize::{
    FilterType, PixelType, ResizeAlg, ResizeError, ResizeOptions, Resizer,
    images::{Image, ImageRef},
};

/// The interpolation between pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filter {
    /// Sharp; may overshoot beside edges.
    Lanczos,
    /// Never leaves the range of what it reads.
    Linear,
}

/// A picture at another size, in pixels of at least 1, by Lanczos with three lobes.
pub fn resize(picture: &Picture, width: u32, height: u32) -> Picture {
    let (width, height) = (width.max(1), height.max(1));
    if (width, height) == (picture.width(), picture.height()) {
        return picture.clone();
    }
    let mut out = Picture::new(width, height);
    values(
        (picture.width(), picture.height(), &picture.data),
        (width, height, &mut out.data),
        PixelType::F32x3,
        Filter::Lanczos,
    );
    out
}

/// A picture with a long edge of `long_edge` pixels, smaller or larger than before, its shape kept.
pub fn to_fit(picture: &Picture, long_edge: u32) -> Picture {
    let (width, height) = fitting(picture.width(), picture.height(), long_edge);
    resize(picture, width, height)
}

/// A plane at another size. Linear, so that a mask stays within 0 to 1 without clipping.
pub fn plane(plane: &Plane, width: u32, height: u32) -> Plane {
    plane_by(plane, width, height, Filter::Linear)
}

/// A plane at another size, by a filter.
pub fn plane_by(plane: &Plane, width: u32, height: u32, filter: Filter) -> Plane {
    let (width, height) = (width.max(1), height.max(1));
    if (width, height) == (plane.width(), plane.height()) {
        return plane.clone();
    }
    let mut out = Plane::filled(width, height, 0.0);
    let from = (plane.width(), plane.height(), plane.data.as_slice());
    values(from, (width, height, &mut out.data), PixelType::F32, filter);
    out
}

/// The size with this long edge and the shape of another, rounded, at least 1 pixel.
pub fn fitting(width: u32, height: u32, long_edge: u32) -> (u32, u32) {
    let long = u64::from(width.max(height).max(1));
    let scaled = |side: u32| ((u64::from(side) * u64::from(long_edge) + long / 2) / long).max(1) as u32;
    (scaled(width), scaled(height))
}

/// 8-bit values of `channels` 1 to 4 a pixel at another size; `None` where sizes and number of bytes do not go together.
pub fn bytes(
    pixels: &[u8],
    (width, height): (u32, u32),
    channels: usize,
    (wanted_width, wanted_height): (u32, u32),
    filter: Filter,
) -> Option<Vec<u8>> {
    let kind = match channels {
        1 => PixelType::U8,
        2 => PixelType::U8x2,
        3 => PixelType::U8x3,
        _ => PixelType::U8x4,
    };
    let from = ImageRef::new(width, height, pixels, kind).ok()?;
    let mut out = Image::new(wanted_width.max(1), wanted_height.max(1), kind);
    convolve(&from, &mut out, filter, None).ok()?;
    Some(out.into_vec())
}

/// One 8-bit plane of which a part, from the top left and in fractions of a pixel, is brought to another size.
pub fn plane_part(
    pixels: &[u8],
    (width, height): (u32, u32),
    part: (f64, f64),
    (wanted_width, wanted_height): (u32, u32),
) -> Option<Vec<u8>> {
    let from = ImageRef::new(width, height, pixels, PixelType::U8).ok()?;
    let mut out = Image::new(wanted_width.max(1), wanted_height.max(1), PixelType::U8);
    convolve(&from, &mut out, Filter::Lanczos, Some(part)).ok()?;
    Some(out.into_vec())
}

fn convolve(from: &ImageRef, to: &mut Image, filter: Filter, part: Option<(f64, f64)>) -> Result<(), ResizeError> {
    let filter = match filter {
        Filter::Lanczos => FilterType::Lanczos3,
        Filter::Linear => FilterType::Bilinear,
    };
    let mut options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(filter)).use_alpha(false);
    if let Some((width, height)) = part {
        let fits = |part: f64, whole: u32| part.clamp(1.0, f64::from(whole.max(1)));
        options = options.crop(0.0, 0.0, fits(width, from.width()), fits(height, from.height()));
    }
    Resizer::new().resize(from, to, &options)
}

type Values<'a> = (u32, u32, &'a [f32]);
type ValuesMut<'a> = (u32, u32, &'a mut [f32]);

/// Sizes of pictures and planes are consistent, so the only possible fault is one without pixels, which stays as it is.
fn values((width, height, from): Values, (to_width, to_height, to): ValuesMut, kind: PixelType, filter: Filter) {
    // SAFETY: every byte is a valid u8 and every four bytes are a valid f32; alignment of u8 is 1, so nothing is left
    // over at either end.
    let (from, to) = unsafe { (from.align_to::<u8>().1, to.align_to_mut::<u8>().1) };
    let Ok(from) = ImageRef::new(width, height, from, kind) else { return };
    let Ok(mut to) = Image::from_slice_u8(to_width, to_height, to, kind) else { return };
    if let Err(error) = convolve(&from, &mut to, filter, None) {
        tracing::debug!(%error, "a picture without pixels was not resized");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slope(width: u32, height: u32) -> Picture {
        let values = (0..height).flat_map(|y| {
            (0..width).flat_map(move |x| [(x as f32 + 0.5) / width as f32, (y as f32 + 0.5) / height as f32, 0.25])
        });
        Picture::from_data(width, height, values.collect()).unwrap()
    }

    #[test]
    fn a_slope_stays_that_slope_at_half_and_at_three_times_the_size() {
        for (width, height) in [(32, 24), (192, 144)] {
            let (made, expected) = (resize(&slope(64, 48), width, height), slope(width, height));
            assert_eq!((made.width(), made.height()), (width, height));
            // Off the edges, where a slope does not continue.
            for (y, x) in (height / 4..height * 3 / 4).flat_map(|y| (width / 4..width * 3 / 4).map(move |x| (y, x))) {
                let (a, b) = (made.at(x.into(), y.into()), expected.at(x.into(), y.into()));
                assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() < 0.004), "{a:?} {b:?}");
            }
        }
    }

    #[test]
    fn the_long_edge_is_met_and_the_shape_kept() {
        let made = to_fit(&slope(60, 40), 33);
        assert_eq!((made.width(), made.height()), (33, 22));
        assert_eq!(fitting(4000, 1, 2048), (2048, 1));
        assert_eq!(fitting(3000, 4000, 2048), (1536, 2048));
    }

    #[test]
    fn a_hard_mask_grows_soft_and_never_leaves_its_range() {
        let hard = Plane::from_data(4, 1, vec![0.0, 0.0, 1.0, 1.0]).unwrap();
        let soft = plane(&hard, 16, 4);
        assert!(soft.data.iter().all(|value| (0.0..=1.0).contains(value)));
        assert!(soft.at(0, 0) == 0.0 && soft.at(15, 3) == 1.0);
        assert!(soft.at(7, 1) > 0.3 && soft.at(8, 1) < 0.7 && soft.at(7, 1) < soft.at(8, 1));
    }

    #[test]
    fn bytes_that_are_too_few_for_their_size_are_refused() {
        assert_eq!(bytes(&[0; 11], (2, 2), 3, (1, 1), Filter::Lanczos), None);
        assert_eq!(bytes(&[10; 12], (2, 2), 3, (1, 1), Filter::Lanczos), Some(vec![10; 3]));
    }
}
