//! A drawn graphic, cut to the rectangle it covers and turned into what the blend step adds to
//! an I420 picture: premultiplied BT.709 code values and the alpha of both resolutions.
//!
//! Computed once per graphic, so the media thread does no colour conversion. Refuses to know
//! where the pixels came from.

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::Tree;

use super::error::GraphicsError;

/// Longest side of a picture in pixels.
pub const MAX_SIDE: usize = 8192;

/// The part of a raster row that is not transparent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// First column that is not transparent.
    pub first: u32,
    /// Column after the last one that is not transparent; equal to `first` for an empty row.
    pub end: u32,
    /// Every column between them has alpha 255.
    pub opaque: bool,
}

/// A graphic ready to be keyed. Position and size are even, so chroma samples line up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raster {
    /// Left edge in the picture, in pixels.
    pub left: i32,
    /// Top edge in the picture, in pixels.
    pub top: i32,
    /// Width in pixels; 0 when nothing is visible.
    pub width: usize,
    /// Height in pixels; 0 when nothing is visible.
    pub height: usize,
    /// Luma times alpha, `width * height` bytes; never above its alpha.
    pub y: Vec<u8>,
    /// Blue difference times alpha, `width / 2 * height / 2` bytes; never above its alpha.
    pub u: Vec<u8>,
    /// Red difference times alpha, as long as `u`.
    pub v: Vec<u8>,
    /// Coverage of each luma sample, 0 clear to 255 opaque.
    pub alpha: Vec<u8>,
    /// Coverage of each chroma sample: the mean of its four pixels.
    pub alpha_uv: Vec<u8>,
    /// What of each luma row is not transparent.
    pub spans: Vec<Span>,
    /// What of each chroma row is not transparent.
    pub spans_uv: Vec<Span>,
}

/// Where a 16:9 design goes in a picture of another shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    BottomLeft,
    TopRight,
    Centre,
}

/// Draws an SVG tree made for 1920x1080 into a picture of this size.
pub(super) fn draw(tree: &Tree, anchor: Anchor, width: usize, height: usize) -> Result<Raster, GraphicsError> {
    let size = GraphicsError::Size { width, height };
    if width == 0 || height == 0 || width > MAX_SIDE || height > MAX_SIDE {
        return Err(size);
    }
    let (w, h) = (width as f32, height as f32);
    let scale = (w / tree.size().width()).min(h / tree.size().height());
    let (spare_x, spare_y) = (w - scale * tree.size().width(), h - scale * tree.size().height());
    let (dx, dy) = match anchor {
        Anchor::BottomLeft => (0.0, spare_y),
        Anchor::TopRight => (spare_x, 0.0),
        Anchor::Centre => (spare_x / 2.0, spare_y / 2.0),
    };
    // Only the rectangle that can hold something is drawn; a pixel more for soft edges.
    let bounds = tree.root().abs_layer_bounding_box();
    let edge = |at: f32, limit: f32| at.clamp(0.0, limit) as usize;
    let left = edge(bounds.left() * scale + dx - 1.0, w) & !1;
    let top = edge(bounds.top() * scale + dy - 1.0, h) & !1;
    let right = edge(bounds.right() * scale + dx + 2.0, w);
    let foot = edge(bounds.bottom() * scale + dy + 2.0, h);
    let (cut_w, cut_h) = (right.saturating_sub(left), foot.saturating_sub(top));
    if cut_w == 0 || cut_h == 0 {
        return Ok(Raster::empty());
    }
    let mut pixmap = Pixmap::new(cut_w as u32, cut_h as u32).ok_or(size)?;
    let place = Transform::from_row(scale, 0.0, 0.0, scale, dx - left as f32, dy - top as f32);
    resvg::render(tree, place, &mut pixmap.as_mut());
    Raster::from_rgba(pixmap.data(), cut_w, cut_h, left as i32, top as i32)
}

impl Raster {
    /// A graphic of which nothing is visible.
    pub fn empty() -> Self {
        Self {
            left: 0,
            top: 0,
            width: 0,
            height: 0,
            y: Vec::new(),
            u: Vec::new(),
            v: Vec::new(),
            alpha: Vec::new(),
            alpha_uv: Vec::new(),
            spans: Vec::new(),
            spans_uv: Vec::new(),
        }
    }

    /// Converts premultiplied 8-bit RGBA (sRGB primaries and transfer are taken as BT.709) whose
    /// top left pixel stands at `x`, `y` of the picture; these are rounded down to even. What is
    /// transparent around the content is cut off.
    ///
    /// # Errors
    /// [`GraphicsError::Pixels`] when `rgba` is not `width * height * 4` bytes;
    /// [`GraphicsError::Size`] when a side is above [`MAX_SIDE`].
    pub fn from_rgba(rgba: &[u8], width: usize, height: usize, x: i32, y: i32) -> Result<Self, GraphicsError> {
        if width > MAX_SIDE || height > MAX_SIDE {
            return Err(GraphicsError::Size { width, height });
        }
        let expected = width * height * 4;
        if rgba.len() != expected {
            let found = rgba.len();
            return Err(GraphicsError::Pixels { expected, found });
        }
        let (pixels, _) = rgba.as_chunks::<4>();
        let Some([left, top, right, foot]) = extent(pixels, width) else {
            return Ok(Self::empty());
        };
        let mut raster = Self::empty();
        raster.left = (x & !1) + left as i32;
        raster.top = (y & !1) + top as i32;
        (raster.width, raster.height) = (right - left, foot - top);
        // Two rows at a time, as chroma needs them; rows and columns past the edge are clear.
        let clear = vec![[0; 4]; width];
        let cut = |row: usize| {
            let row = pixels.get(row * width..(row + 1) * width);
            row.unwrap_or(&clear).get(left..).unwrap_or_default()
        };
        for row in (top..foot).step_by(2) {
            let (upper, lower) = (cut(row), cut(row + 1));
            raster.push_luma(upper);
            raster.push_luma(lower);
            raster.push_chroma(upper, lower);
        }
        raster.spans = spans(&raster.alpha, raster.width);
        raster.spans_uv = spans(&raster.alpha_uv, raster.width / 2);
        Ok(raster)
    }

    /// Adds a row of luma and alpha, `self.width` pixels of it.
    fn push_luma(&mut self, pixels: &[[u8; 4]]) {
        let end = self.y.len() + self.width;
        let pixels = pixels.get(..self.width.min(pixels.len())).unwrap_or_default();
        self.y.extend(pixels.iter().map(|pixel| code(luma_code(*pixel), pixel[3])));
        self.alpha.extend(pixels.iter().map(|pixel| pixel[3]));
        self.y.resize(end, 0);
        self.alpha.resize(end, 0);
    }

    /// Adds a row of chroma, each sample from a square of four pixels.
    fn push_chroma(&mut self, upper: &[[u8; 4]], lower: &[[u8; 4]]) {
        let pairs = upper.chunks(2).zip(lower.chunks(2));
        for (upper, lower) in pairs.take(self.width / 2) {
            let mut sum = [0u16; 4];
            for pixel in upper.iter().chain(lower) {
                for (sum, part) in sum.iter_mut().zip(pixel) {
                    *sum += u16::from(*part);
                }
            }
            let mean = sum.map(|sum| f32::from(sum) / 4.0);
            let alpha = code(mean[3], 255);
            let [blue, red] = chroma_codes(mean);
            self.alpha_uv.push(alpha);
            self.u.push(code(blue, alpha));
            self.v.push(code(red, alpha));
        }
    }

    /// Nothing is visible.
    pub fn is_empty(&self) -> bool {
        self.width == 0
    }
}

/// Rounds a premultiplied value; never above the alpha it was multiplied with, so that the sum
/// of the blend step cannot pass 255.
fn code(value: f32, alpha: u8) -> u8 {
    // The cast saturates at both ends; a half is added because `round` is a slow call.
    ((value + 0.5) as u8).min(alpha)
}

/// Full-range luma, BT.709 item 3.2.
fn luma([r, g, b, _]: [f32; 4]) -> f32 {
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

/// Limited-range luma code value times alpha (BT.709 item 3.4, 8 bit).
fn luma_code(pixel: [u8; 4]) -> f32 {
    let pixel = pixel.map(f32::from);
    pixel[3] * 16.0 / 255.0 + luma(pixel) * 219.0 / 255.0
}

/// Limited-range chroma code values times alpha (BT.709 items 3.3 and 3.4, 8 bit).
fn chroma_codes(pixel: [f32; 4]) -> [f32; 2] {
    let zero = pixel[3] * 128.0 / 255.0;
    let luma = luma(pixel);
    let blue = (pixel[2] - luma) / 1.8556;
    let red = (pixel[0] - luma) / 1.5748;
    [blue, red].map(|difference| zero + difference * 224.0 / 255.0)
}

/// Smallest even rectangle `[left, top, right, foot]` with everything visible in it.
fn extent(pixels: &[[u8; 4]], width: usize) -> Option<[usize; 4]> {
    let rows = pixels.chunks_exact(width.max(1));
    let mut found: Option<[usize; 4]> = None;
    for (row, pixels) in rows.enumerate() {
        let Some(first) = pixels.iter().position(|pixel| pixel[3] != 0) else {
            continue;
        };
        let last = pixels.iter().rposition(|pixel| pixel[3] != 0);
        let end = last.unwrap_or(first) + 1;
        let [left, top, right, _] = found.unwrap_or([first, row, end, row]);
        found = Some([left.min(first), top, right.max(end), row + 1]);
    }
    let even = |[left, top, right, foot]: [usize; 4]| {
        [left & !1, top & !1, right.next_multiple_of(2), foot.next_multiple_of(2)]
    };
    found.map(even)
}

/// The visible part of each row.
fn spans(alpha: &[u8], width: usize) -> Vec<Span> {
    let span = |row: &[u8]| {
        let first = row.iter().position(|alpha| *alpha != 0);
        let last = row.iter().rposition(|alpha| *alpha != 0);
        let (first, end) = first.zip(last).map_or((0, 0), |(first, last)| (first, last + 1));
        Span {
            first: first as u32,
            end: end as u32,
            opaque: row.iter().take(end).skip(first).all(|alpha| *alpha == 255),
        }
    };
    alpha.chunks_exact(width.max(1)).map(span).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(pixel: [u8; 4]) -> Raster {
        Raster::from_rgba(&pixel.repeat(4), 2, 2, 0, 0).unwrap()
    }

    #[test]
    fn known_colours_have_their_bt709_codes() {
        for (rgb, yuv) in [
            ([255, 255, 255], [235, 128, 128]),
            ([0, 0, 0], [16, 128, 128]),
            ([255, 0, 0], [63, 102, 240]),
            ([0, 255, 0], [173, 42, 26]),
            ([0, 0, 255], [32, 240, 118]),
        ] {
            let raster = one([rgb[0], rgb[1], rgb[2], 255]);
            assert_eq!([raster.y[0], raster.u[0], raster.v[0]], yuv, "{rgb:?}");
            assert!(raster.spans[0].opaque);
        }
    }

    #[test]
    fn values_are_premultiplied_and_never_above_their_alpha() {
        for alpha in 0..=255u8 {
            let raster = one([alpha, alpha, alpha, alpha]);
            if alpha == 0 {
                assert!(raster.is_empty());
                continue;
            }
            let exact = 235.0 * f32::from(alpha) / 255.0;
            assert!((f32::from(raster.y[0]) - exact).abs() <= 0.5);
            assert!(raster.y[0] <= alpha && raster.u[0] <= alpha && raster.v[0] <= alpha);
        }
    }

    #[test]
    fn the_rectangle_is_tight_and_even_and_spans_follow_the_rows() {
        let (width, height) = (10, 8);
        let mut rgba = vec![0u8; width * height * 4];
        for (column, row) in [(3, 3), (4, 3), (6, 4)] {
            let at = (row * width + column) * 4;
            rgba[at..at + 4].copy_from_slice(&[9, 9, 9, 255]);
        }
        let raster = Raster::from_rgba(&rgba, width, height, 101, 50).unwrap();
        assert_eq!((raster.left, raster.top), (102, 52));
        assert_eq!((raster.width, raster.height), (6, 4));
        let span = |first, end, opaque| Span { first, end, opaque };
        assert_eq!(raster.spans[0].first, raster.spans[0].end);
        assert_eq!(raster.spans[1], span(1, 3, true));
        assert_eq!(raster.spans[2], span(4, 5, true));
        assert_eq!(raster.spans_uv, [span(0, 2, false), span(2, 3, false)]);
        assert_eq!(raster.alpha_uv[..2], [64, 64]);
    }

    #[test]
    fn wrong_lengths_and_sizes_are_refused() {
        let error = Raster::from_rgba(&[0; 12], 2, 2, 0, 0).unwrap_err();
        assert_eq!(error, GraphicsError::Pixels { expected: 16, found: 12 });
        let error = Raster::from_rgba(&[], 100_000, 2, 0, 0).unwrap_err();
        assert!(matches!(error, GraphicsError::Size { .. }));
    }
}
