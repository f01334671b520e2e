//! Keying a raster over an I420 picture, mixing two pictures, and copying one.
//!
//! All plain plane arithmetic on slices: no colour conversion, no allocation, no state. The inner
//! loops work in 16 bits on slices of equal length, which is what the compiler vectorises.

use super::picture::{Plane, PlaneMut, Planes, PlanesMut};
use super::raster::{Raster, Span};

/// Keys `raster` over `dst`, moved by `dx`, `dy` pixels (rounded down to even, so that luma and
/// chroma stay together) and clipped to the picture. `opacity` runs from 0, nothing happens, to
/// 255, the raster as drawn.
///
/// At opacity 255 opaque pixels are copied exactly; where the raster is clear, `dst` keeps its
/// bytes; elsewhere the result is within 1 of the exact formula
/// `src * o / 255 + dst * (255 - alpha * o / 255) / 255`.
pub fn blend(dst: &mut PlanesMut<'_>, raster: &Raster, opacity: u8, dx: i32, dy: i32) {
    if opacity == 0 || raster.is_empty() {
        return;
    }
    let x = i64::from(raster.left) + i64::from(dx & !1);
    let y = i64::from(raster.top) + i64::from(dy & !1);
    let [luma, u, v] = dst.split();
    let key = |pixels, alpha, spans, width, x, y| Key { pixels, alpha, spans, width, x, y, opacity };
    let half = raster.width / 2;
    // Both are even: the raster's own place by construction, the offset by rounding.
    let (half_x, half_y) = (x >> 1, y >> 1);
    key(&raster.y, &raster.alpha, &raster.spans, raster.width, x, y).over(luma);
    for (plane, pixels) in [(u, &raster.u), (v, &raster.v)] {
        let (alpha, spans) = (&raster.alpha_uv, &raster.spans_uv);
        key(pixels, alpha, spans, half, half_x, half_y).over(plane);
    }
}

/// One plane of a raster and where it goes.
struct Key<'a> {
    pixels: &'a Vec<u8>,
    alpha: &'a Vec<u8>,
    spans: &'a Vec<Span>,
    width: usize,
    x: i64,
    y: i64,
    opacity: u8,
}

impl Key<'_> {
    fn over(&self, mut dst: PlaneMut<'_>) {
        let rows = self.pixels.chunks_exact(self.width);
        let rows = rows.zip(self.alpha.chunks_exact(self.width));
        for (row, ((pixels, alpha), span)) in (self.y..).zip(rows.zip(self.spans)) {
            let Some(row) = usize::try_from(row).ok().filter(|row| *row < dst.height) else {
                continue;
            };
            let first = i64::from(span.first).max(-self.x);
            let end = i64::from(span.end).min(dst.width as i64 - self.x);
            if first >= end {
                continue;
            }
            // Not negative: `first` is at least 0 and at least `-x`.
            let (from, to) = (first as usize, end as usize);
            let target = dst.row(row, (first + self.x) as usize, (end + self.x) as usize);
            let source = pixels.get(from..to).zip(alpha.get(from..to));
            if let (Some(target), Some((pixels, alpha))) = (target, source) {
                match (self.opacity, span.opaque) {
                    (255, true) => target.copy_from_slice(pixels),
                    (255, false) => solid(target, pixels, alpha),
                    (opacity, _) => faded(target, pixels, alpha, opacity),
                }
            }
        }
    }
}

/// `value / 255` rounded to nearest; exact up to 255 * 255 + 127.
#[inline(always)]
fn over_255(value: u16) -> u16 {
    let value = value + 128;
    (value + (value >> 8)) >> 8
}

/// A row at full opacity.
fn solid(dst: &mut [u8], pixels: &[u8], alpha: &[u8]) {
    for ((dst, pixel), alpha) in dst.iter_mut().zip(pixels).zip(alpha) {
        let through = over_255(u16::from(*dst) * (255 - u16::from(*alpha)));
        // A premultiplied value is at most its alpha, so the sum is at most 255.
        *dst = (u16::from(*pixel) + through) as u8;
    }
}

/// A row at partial opacity. Both products share one rounding: with `p <= a`, the scaled
/// `p * o` is at most `255 * a' + 127`, so the sum stays within what `over_255` takes.
fn faded(dst: &mut [u8], pixels: &[u8], alpha: &[u8], opacity: u8) {
    let opacity = u16::from(opacity);
    for ((dst, pixel), alpha) in dst.iter_mut().zip(pixels).zip(alpha) {
        let alpha = over_255(u16::from(*alpha) * opacity);
        let sum = u16::from(*pixel) * opacity + u16::from(*dst) * (255 - alpha);
        *dst = over_255(sum) as u8;
    }
}

/// Mixes two pictures into a third: `k` 0 gives `a`, 256 gives `b` (larger counts as 256),
/// rounded to nearest. Only the area common to all three is written.
pub fn fade(dst: &mut PlanesMut<'_>, a: &Planes<'_>, b: &Planes<'_>, k: u16) {
    let k = k.min(256);
    let planes = a.split().into_iter().zip(b.split());
    for (mut dst, (a, b)) in dst.split().into_iter().zip(planes) {
        let width = dst.width.min(a.width).min(b.width);
        for row in 0..dst.height.min(a.height).min(b.height) {
            let sources = a.row(row, width).zip(b.row(row, width));
            let (Some(target), Some((a, b))) = (dst.row(row, 0, width), sources) else {
                continue;
            };
            match k {
                0 => target.copy_from_slice(a),
                256 => target.copy_from_slice(b),
                k => mix(target, a, b, k),
            }
        }
    }
}

/// One row of a fade. 255 * 256 + 128 fits 16 bits.
fn mix(dst: &mut [u8], a: &[u8], b: &[u8], k: u16) {
    for ((dst, a), b) in dst.iter_mut().zip(a).zip(b) {
        *dst = ((u16::from(*a) * (256 - k) + u16::from(*b) * k + 128) >> 8) as u8;
    }
}

/// Copies a picture over another; only the area common to both is written.
pub fn copy(dst: &mut PlanesMut<'_>, src: &Planes<'_>) {
    for (mut dst, src) in dst.split().into_iter().zip(src.split()) {
        copy_plane(&mut dst, src);
    }
}

fn copy_plane(dst: &mut PlaneMut<'_>, src: Plane<'_>) {
    let width = dst.width.min(src.width);
    for row in 0..dst.height.min(src.height) {
        if let (Some(target), Some(source)) = (dst.row(row, 0, width), src.row(row, width)) {
            target.copy_from_slice(source);
        }
    }
}

#[cfg(test)]
mod tests;
