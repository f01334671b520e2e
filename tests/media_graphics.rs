//! The graphics kernel from outside: what templates look like, and what the blend step does to
//! pictures.

use lumencast::media::graphics::{
    Fonts, GraphicsError, Motion, Picture, Planes, PlanesMut, Raster, Span, Stack, Style, blend, copy, fade, slate,
    template, templates,
};
use proptest::prelude::*;
use std::sync::Arc;

/// Accent of the lower third, #f5a11c, in BT.709 limited range.
const ACCENT: [u8; 3] = [161, 61, 170];

fn drawn(id: &str, fields: &[(&str, &str)], width: usize, height: usize) -> Raster {
    let fonts = Fonts::system().expect("the tests need a font");
    template(id)
        .and_then(|template| template.render(&fonts, fields, width, height))
        .expect("a built-in template can be drawn")
}

fn keyed(raster: &Raster, width: usize, height: usize) -> Picture {
    let mut picture = Picture::flat(width, height, [120, 128, 128]);
    blend(&mut picture.planes_mut(), raster, 255, 0, 0);
    picture
}

fn pixel(picture: &Picture, x: usize, y: usize) -> [u8; 3] {
    let chroma = y / 2 * picture.width.div_ceil(2) + x / 2;
    [picture.y[y * picture.width + x], picture.u[chroma], picture.v[chroma]]
}

fn near(found: [u8; 3], wanted: [u8; 3], tolerance: u8) -> bool {
    let mut pairs = found.iter().zip(wanted);
    pairs.all(|(found, wanted)| found.abs_diff(wanted) <= tolerance)
}

/// Places of luma samples that differ, as `[left, top, right, foot]`.
fn difference(a: &Picture, b: &Picture) -> Option<[usize; 4]> {
    let places = (0..a.y.len()).filter(|at| a.y[*at].abs_diff(b.y[*at]) > 40);
    places.map(|at| (at % a.width, at / a.width)).fold(None, |found, (x, y)| {
        let [l, t, r, f] = found.unwrap_or([x, y, x, y]);
        Some([l.min(x), t.min(y), r.max(x), f.max(y)])
    })
}

#[test]
fn the_lower_third_has_its_accent_panel_and_strip_in_their_places() {
    for (width, height) in [(1920, 1080), (1280, 720), (640, 360)] {
        let fields = [("name", "Anna Berg"), ("title", "Reporter")];
        let picture = keyed(&drawn("lower-third", &fields, width, height), width, height);
        let at = |x: usize, y: usize| pixel(&picture, x * width / 1920, y * height / 1080);
        assert!(near(at(104, 888), ACCENT, 3), "{:?}", at(104, 888));
        let panel = at(122, 930);
        assert!(panel[0] < 50 && panel[1] > 132, "dark blue panel: {panel:?}");
        let strip = at(122, 970);
        assert!(strip[0] > 200, "white strip: {strip:?}");
        assert_eq!(at(960, 500), [120, 128, 128], "the picture outside is untouched");
    }
}

#[test]
fn another_name_changes_pixels_only_where_the_name_stands() {
    let title = ("title", "A title long enough to fix the width of the strip");
    let anna = keyed(&drawn("lower-third", &[("name", "Anna"), title], 1920, 1080), 1920, 1080);
    let otto = keyed(&drawn("lower-third", &[("name", "Otto"), title], 1920, 1080), 1920, 1080);
    let [left, top, right, foot] = difference(&anna, &otto).expect("the names look different");
    assert!(left >= 138 && right < 400, "{left}..{right}");
    assert!(top >= 838 && foot < 938, "{top}..{foot}");
}

#[test]
fn an_empty_title_hides_its_strip_and_an_empty_graphic_shows_nothing() {
    let both = drawn("lower-third", &[("name", "Anna"), ("title", "Reporter")], 1920, 1080);
    let name = drawn("lower-third", &[("name", "Anna"), ("title", " ")], 1920, 1080);
    assert!(name.top + (name.height as i32) < 970);
    assert!(both.top + (both.height as i32) > 990);
    assert!(drawn("lower-third", &[], 1920, 1080).is_empty());
    assert!(drawn("bug", &[("text", "\u{7}")], 1920, 1080).is_empty());
}

#[test]
fn graphics_stay_inside_the_picture_however_long_the_text_is() {
    let long = "An endlessly long text with many words ".repeat(40);
    for (width, height) in [(1920, 1080), (1080, 1920), (720, 576), (641, 361), (2, 2)] {
        for template in templates() {
            let fields: Vec<_> = template.fields.iter().map(|f| (f.id, long.as_str())).collect();
            let raster = drawn(template.id, &fields, width, height);
            assert!(raster.left >= 0 && raster.top >= 0, "{}", template.id);
            let right = raster.left as usize + raster.width;
            let foot = raster.top as usize + raster.height;
            assert!(right <= width.next_multiple_of(2), "{} {width}", template.id);
            assert!(foot <= height.next_multiple_of(2), "{} {height}", template.id);
        }
    }
}

#[test]
fn the_full_frame_card_covers_every_pixel() {
    for (width, height) in [(1280, 720), (1080, 1920), (720, 576)] {
        let fields = [("headline", "News"), ("body", "One\nTwo")];
        let raster = drawn("full-frame", &fields, width, height);
        assert_eq!((raster.width, raster.height), (width, height));
        assert!(raster.spans.iter().all(|span| span.opaque && span.end as usize == width));
    }
}

#[test]
fn the_body_of_a_card_adds_lines_as_it_grows() {
    let lines = |body: &str| {
        let with = keyed(&drawn("full-frame", &[("body", body)], 1280, 720), 1280, 720);
        // Rows in which bright text stands, counted as runs.
        let rows: Vec<bool> =
            with.y.chunks(1280).map(|row| row[140..1140].iter().filter(|y| **y > 190).count() > 4).collect();
        rows.windows(2).filter(|pair| !pair[0] && pair[1]).count()
    };
    // Words without ascender gaps, so that a line is one run of rows.
    let word = "mnmnm ";
    assert_eq!(lines(word), 1);
    assert_eq!(lines("mnm\nmnm\nmnm"), 3);
    let many = lines(&word.repeat(20));
    assert!((3..=5).contains(&many), "{many}");
    assert_eq!(lines(&word.repeat(160)), 5);
}

#[test]
fn the_bug_stands_in_the_top_right_corner() {
    let raster = drawn("bug", &[("text", "LIVE")], 1920, 1080);
    let right = raster.left as usize + raster.width;
    assert!(raster.left > 1500 && (1824..1860).contains(&right), "{right}");
    assert!(raster.top > 30 && raster.top + (raster.height as i32) < 140);
}

#[test]
fn a_slate_says_its_label_and_is_not_taken_for_black() {
    let fonts = Fonts::system().expect("the tests need a font");
    let one = slate(&fonts, "Camera 1", 1280, 720).expect("a slate");
    let two = slate(&fonts, "Camera 2", 1280, 720).expect("a slate");
    assert_eq!((one.y.len(), one.u.len(), one.v.len()), (921_600, 230_400, 230_400));
    let mean = one.y.iter().map(|y| u64::from(*y)).sum::<u64>() / one.y.len() as u64;
    assert!((50..120).contains(&mean), "{mean}");
    assert!(one.y.iter().all(|y| *y >= 40), "no pixel is near black");
    let [left, top, right, foot] = difference(&one, &two).expect("the labels differ");
    assert!(left > 640 && right < 960 && top > 340 && foot < 440, "only the digit differs");
    let bright = |rows: std::ops::Range<usize>| {
        let rows = &one.y[rows.start * 1280..rows.end * 1280];
        rows.iter().filter(|y| **y > 170).count()
    };
    assert!(bright(340..430) > 500, "the label");
    assert!(bright(460..500) > 200, "NO SIGNAL");
    let error = slate(&fonts, "x", 0, 720).expect_err("no width");
    assert_eq!(error, GraphicsError::Size { width: 0, height: 720 });
}

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
fn the_upper_of_two_overlapping_graphics_is_seen() {
    let block = |grey: u8, x| {
        let rgba = [grey, grey, grey, 255].repeat(64);
        Arc::new(Raster::from_rgba(&rgba, 8, 8, x, 0).expect("a raster"))
    };
    let cut = Motion::new(Style::Cut, 30, 1, 24);
    let mut stack = Stack::new();
    stack.take("over", block(255, 4), cut, 5, 10);
    stack.take("under", block(0, 0), cut, 1, 10);
    let mut picture = Picture::flat(16, 8, [120, 128, 128]);
    for (raster, pose) in stack.poses(10) {
        blend(&mut picture.planes_mut(), raster, pose.opacity, pose.dx, pose.dy);
    }
    assert_eq!(picture.y[..16], [16, 16, 16, 16, 235, 235, 235, 235, 235, 235, 235, 235, 120, 120, 120, 120]);
    assert_eq!(stack.poses(9).count(), 0);
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

#[test]
fn spans_of_a_drawn_graphic_cover_exactly_what_is_visible() {
    let fields = [("name", "Anna Berg"), ("title", "Reporter")];
    let raster = drawn("lower-third", &fields, 1280, 720);
    assert_eq!((raster.spans.len(), raster.spans_uv.len()), (raster.height, raster.height / 2));
    let rows = raster.alpha.chunks(raster.width).zip(&raster.spans);
    for (row, Span { first, end, opaque }) in rows {
        let (first, end) = (*first as usize, *end as usize);
        assert!(row[..first].iter().chain(&row[end..]).all(|alpha| *alpha == 0));
        assert!(first == end || (row[first] > 0 && row[end - 1] > 0));
        assert_eq!(*opaque, row[first..end].iter().all(|alpha| *alpha == 255));
    }
}
