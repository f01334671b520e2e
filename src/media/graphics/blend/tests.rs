//! Blend, fade and copy against their formulas in floating point.

use proptest::prelude::*;

use super::{blend, copy, fade};
use crate::media::graphics::{Picture, Planes, PlanesMut, Raster};

/// A raster with arbitrary coverage: colour and alpha change from pixel to pixel.
fn patchwork(width: usize, height: usize, x: i32, y: i32, seed: u32) -> Raster {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    let mut rgba = Vec::with_capacity(width * height * 4);
    for _ in 0..width * height {
        let alpha = match next() {
            kind @ 0..=79 => kind / 40 * 255,
            _ => next(),
        };
        rgba.extend([next().min(alpha), next().min(alpha), next().min(alpha), alpha]);
    }
    Raster::from_rgba(&rgba, width, height, x, y).expect("a raster")
}

/// The blend formula in floating point, pixel by pixel, for one plane.
struct Reference<'a> {
    pixels: &'a [u8],
    alpha: &'a [u8],
    width: usize,
    x: i64,
    y: i64,
}

impl Reference<'_> {
    fn at(&self, column: usize, row: usize, dst: u8, opacity: u8) -> f64 {
        let (x, y) = (column as i64 - self.x, row as i64 - self.y);
        if x < 0 || y < 0 || x >= self.width as i64 {
            return f64::from(dst);
        }
        let at = y as usize * self.width + x as usize;
        let (Some(pixel), Some(alpha)) = (self.pixels.get(at), self.alpha.get(at)) else {
            return f64::from(dst);
        };
        let opacity = f64::from(opacity) / 255.0;
        let through = 1.0 - f64::from(*alpha) / 255.0 * opacity;
        f64::from(*pixel) * opacity + f64::from(dst) * through
    }
}

fn references(raster: &Raster, dx: i32, dy: i32) -> [Reference<'_>; 3] {
    let x = i64::from(raster.left) + i64::from(dx.div_euclid(2) * 2);
    let y = i64::from(raster.top) + i64::from(dy.div_euclid(2) * 2);
    let plane = |pixels, alpha, scale: i64| Reference {
        pixels,
        alpha,
        width: raster.width / scale as usize,
        x: x / scale,
        y: y / scale,
    };
    [plane(&raster.y, &raster.alpha, 1), plane(&raster.u, &raster.alpha_uv, 2), plane(&raster.v, &raster.alpha_uv, 2)]
}

proptest! {
    #[test]
    fn blending_is_within_one_of_the_formula_and_never_leaves_the_picture(
        (width, height) in (1usize..40, 1usize..24),
        (raster_w, raster_h) in (1usize..32, 1usize..20),
        (dx, dy) in (-45i32..45, -30i32..30),
        opacity in prop_oneof![Just(255u8), Just(0), any::<u8>()],
        (pad, background, seed) in (0usize..5, any::<u8>(), any::<u32>()),
    ) {
        let raster = patchwork(raster_w, raster_h, 4, 2, seed);
        // Padding after each row carries a mark that must survive.
        let (half_w, half_h) = (width.div_ceil(2), height.div_ceil(2));
        let mark = background ^ 0x55;
        let plane = |w: usize, h: usize| -> Vec<u8> {
            (0..h).flat_map(|_| {
                let row = (0..w).map(|x| background.wrapping_add(x as u8));
                row.chain(std::iter::repeat_n(mark, pad)).collect::<Vec<_>>()
            }).collect()
        };
        let before = [plane(width, height), plane(half_w, half_h), plane(half_w, half_h)];
        let [mut y, mut u, mut v] = before.clone();
        let mut dst = PlanesMut {
            y: &mut y, y_stride: width + pad, u: &mut u, v: &mut v, uv_stride: half_w + pad, width, height,
        };
        blend(&mut dst, &raster, opacity, dx, dy);
        let sizes = [(width, height), (half_w, half_h), (half_w, half_h)];
        let after = [y, u, v];
        for (index, reference) in references(&raster, dx, dy).iter().enumerate() {
            let (w, h) = sizes[index];
            for row in 0..h {
                for column in 0..w + pad {
                    let at = row * (w + pad) + column;
                    let (old, new) = (before[index][at], after[index][at]);
                    if column >= w {
                        prop_assert_eq!(new, mark, "padding");
                        continue;
                    }
                    let exact = reference.at(column, row, old, opacity);
                    prop_assert!((f64::from(new) - exact).abs() <= 1.0, "{} for {}", new, exact);
                    if exact == f64::from(old) {
                        prop_assert_eq!(new, old);
                    }
                }
            }
        }
    }

    #[test]
    fn fading_is_the_rounded_mean_and_exact_at_its_ends(
        (width, height, k) in (1usize..40, 1usize..12, 0u16..=256),
        (pad_a, pad_b, pad_d, seed) in (0usize..4, 0usize..4, 0usize..4, any::<u8>()),
    ) {
        let (half_w, half_h) = (width.div_ceil(2), height.div_ceil(2));
        let fill = |w: usize, h: usize, step: u8| -> Vec<u8> {
            (0..w * h).map(|i| seed.wrapping_add((i as u8).wrapping_mul(step))).collect()
        };
        let make = |pad: usize, step: u8| {
            (fill(width + pad, height, step), fill(half_w + pad, half_h, step ^ 3), fill(half_w + pad, half_h, step ^ 9))
        };
        let (a, b) = (make(pad_a, 7), make(pad_b, 91));
        fn planes(p: &(Vec<u8>, Vec<u8>, Vec<u8>), width: usize, height: usize, pad: usize) -> Planes<'_> {
            Planes {
                y: &p.0, y_stride: width + pad, u: &p.1, v: &p.2, uv_stride: width.div_ceil(2) + pad, width, height,
            }
        }
        let mut d = make(pad_d, 1);
        let before = d.clone();
        let mut dst = PlanesMut {
            y: &mut d.0, y_stride: width + pad_d, u: &mut d.1, v: &mut d.2, uv_stride: half_w + pad_d, width, height,
        };
        fade(&mut dst, &planes(&a, width, height, pad_a), &planes(&b, width, height, pad_b), k);
        for (w, h, a, b, d, before) in [
            (width, height, &a.0, &b.0, &d.0, &before.0),
            (half_w, half_h, &a.1, &b.1, &d.1, &before.1),
            (half_w, half_h, &a.2, &b.2, &d.2, &before.2),
        ] {
            for row in 0..h {
                for column in 0..w + pad_d {
                    let found = d[row * (w + pad_d) + column];
                    if column >= w {
                        prop_assert_eq!(found, before[row * (w + pad_d) + column]);
                        continue;
                    }
                    let a = f64::from(a[row * (w + pad_a) + column]);
                    let b = f64::from(b[row * (w + pad_b) + column]);
                    let exact = a + (b - a) * f64::from(k) / 256.0;
                    prop_assert!((f64::from(found) - exact).abs() <= 0.5, "{} for {}", found, exact);
                }
            }
        }
    }
}

#[test]
fn every_alpha_opacity_and_background_is_within_one() {
    for alpha in 0..=255u8 {
        let raster = Raster::from_rgba(&[alpha; 4].repeat(4), 2, 2, 0, 0).expect("a raster");
        for opacity in [1, 2, 3, 64, 127, 128, 129, 200, 253, 254, 255u8] {
            for dst in 0..=255u8 {
                let mut picture = Picture::flat(2, 2, [dst; 3]);
                blend(&mut picture.planes_mut(), &raster, opacity, 0, 0);
                let found = [picture.y[0], picture.u[0], picture.v[0]];
                for (reference, found) in references(&raster, 0, 0).iter().zip(found) {
                    let exact = reference.at(0, 0, dst, opacity);
                    let off = (f64::from(found) - exact).abs();
                    assert!(off <= 1.0, "a {alpha} o {opacity} d {dst}: {found} for {exact}");
                }
            }
        }
    }
}

#[test]
fn odd_offsets_are_rounded_down_to_even() {
    let raster = patchwork(8, 6, 4, 4, 7);
    let at = |dx, dy| {
        let mut picture = Picture::flat(32, 24, [60, 90, 200]);
        blend(&mut picture.planes_mut(), &raster, 255, dx, dy);
        picture
    };
    assert_eq!(at(3, 5), at(2, 4));
    assert_eq!(at(-1, -3), at(-2, -4));
    assert_ne!(at(2, 4), at(4, 4));
}

#[test]
fn offsets_far_away_and_slices_too_short_change_nothing_and_do_not_panic() {
    let raster = patchwork(8, 6, 4, 4, 7);
    let untouched = Picture::flat(32, 24, [60, 90, 200]);
    for far in [i32::MIN, i32::MAX, -100, 100] {
        let mut picture = untouched.clone();
        blend(&mut picture.planes_mut(), &raster, 255, far, far);
        assert_eq!(picture, untouched);
    }
    let mut short = [0u8; 8];
    let (mut u, mut v) = ([0u8; 1], [0u8; 1]);
    let mut dst = PlanesMut { y: &mut short, y_stride: 32, u: &mut u, v: &mut v, uv_stride: 16, width: 32, height: 24 };
    blend(&mut dst, &raster, 255, 0, 0);
    copy(&mut dst, &untouched.planes());
    fade(&mut dst, &untouched.planes(), &untouched.planes(), 100);
    assert_eq!(short, [0; 8], "rows that are not wholly there are left alone");
}

#[test]
fn copying_fills_the_common_area_only() {
    let small = Picture::flat(4, 2, [1, 2, 3]);
    let mut large = Picture::flat(6, 4, [9, 9, 9]);
    copy(&mut large.planes_mut(), &small.planes());
    assert_eq!(large.y[..12], [1, 1, 1, 1, 9, 9, 1, 1, 1, 1, 9, 9]);
    assert!(large.y[12..].iter().all(|y| *y == 9));
    assert_eq!((&large.u[..3], &large.v[..3]), (&[2, 2, 9][..], &[3, 3, 9][..]));
}
