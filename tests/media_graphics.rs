//! The graphics kernel from outside: what templates look like, and how they are stacked over one.

use lumencast::media::graphics::{
    Fonts, GraphicsError, Keyer, Motion, Picture, Raster, Span, Style, blend, slate, template, templates,
};
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

#[test]
fn the_upper_of_two_overlapping_graphics_is_seen() {
    let block = |grey: u8, x| {
        let rgba = [grey, grey, grey, 255].repeat(64);
        Arc::new(Raster::from_rgba(&rgba, 8, 8, x, 0).expect("a raster"))
    };
    let cut = Motion::new(Style::Cut, 30, 1, 24);
    let mut keyer = Keyer::new();
    keyer.take("over", block(255, 4), cut, 5, 10);
    keyer.take("under", block(0, 0), cut, 1, 10);
    let mut picture = Picture::flat(16, 8, [120, 128, 128]);
    for (raster, pose) in keyer.poses(10) {
        blend(&mut picture.planes_mut(), raster, pose.opacity, pose.dx, pose.dy);
    }
    assert_eq!(picture.y[..16], [16, 16, 16, 16, 235, 235, 235, 235, 235, 235, 235, 235, 120, 120, 120, 120]);
    assert_eq!(keyer.poses(9).count(), 0);
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
