//! Plans drawn here, read and rendered.

use super::{
    Preset, draw,
    model::{self, Kind, Model},
    view,
};
use crate::{
    domain::imaging::{Options, Request, Resolution, Service},
    imaging::{Fault, Stop, picture::Picture, wishes::Wishes},
};
use glam::Vec3;

const WIDE: u32 = 640;
const HIGH: u32 = 420;

/// A sheet of paper, 0 black to 1 white.
struct Sheet {
    data: Vec<f32>,
}

impl Sheet {
    fn new() -> Self {
        Self { data: vec![1.0; (WIDE * HIGH) as usize] }
    }

    /// A filled rectangle from (x, y), so wide and high.
    fn fill(&mut self, x: u32, y: u32, w: u32, h: u32, value: f32) -> &mut Self {
        for row in y..y + h {
            for column in x..x + w {
                self.data[(row * WIDE + column) as usize] = value;
            }
        }
        self
    }

    fn picture(&self, value: impl Fn(usize, usize, f32) -> f32) -> Picture {
        let pixels = self.data.iter().enumerate();
        let pixels = pixels.flat_map(|(at, &v)| [value(at % WIDE as usize, at / WIDE as usize, v); 3]);
        Picture::from_data(WIDE, HIGH, pixels.collect()).unwrap()
    }
}

/// Two rooms with walls of 14 pixels: 500 x 300 outside, parted at a third by a wall with a door of 70 pixels.
fn two_rooms() -> Sheet {
    let mut sheet = Sheet::new();
    sheet.fill(60, 60, 500, 300, 0.05).fill(74, 74, 472, 272, 1.0).fill(240, 74, 14, 272, 0.05);
    sheet.fill(240, 200, 14, 70, 1.0);
    sheet
}

/// The same with outlined walls: two lines with paper between.
fn outlined() -> Sheet {
    let mut sheet = two_rooms();
    let solid = sheet.data.clone();
    let dark = |x: i32, y: i32| {
        solid[(y.clamp(0, HIGH as i32 - 1) as u32 * WIDE + x.clamp(0, WIDE as i32 - 1) as u32) as usize] < 0.5
    };
    for y in 0..HIGH as i32 {
        for x in 0..WIDE as i32 {
            let edge = (-2..=2).any(|dy| (-2..=2).any(|dx| !dark(x + dx, y + dy)));
            sheet.data[(y as u32 * WIDE + x as u32) as usize] = if dark(x, y) && edge { 0.05 } else { 1.0 };
        }
    }
    sheet
}

fn plain(sheet: &Sheet) -> Picture {
    sheet.picture(|_, _, value| value)
}

fn read(picture: &Picture) -> Model {
    model::study(picture, &Stop::default()).unwrap()
}

/// Two rooms of the right proportion, a door between them, and as much wall as was drawn.
fn assert_two_rooms(model: &Model, enlarged: f32) {
    let mut areas: Vec<f32> = model.rooms.all.iter().map(|room| room.area as f32 / enlarged.powi(2)).collect();
    areas.sort_by(f32::total_cmp);
    assert_eq!(areas.len(), 2, "{areas:?}");
    let (small, large) = (166.0 * 272.0, 292.0 * 272.0);
    assert!((areas[0] / small - 1.0).abs() < 0.06 && (areas[1] / large - 1.0).abs() < 0.06, "{areas:?}");
    let drawn = 2.0 * (500.0 + 272.0) + 272.0 - 70.0;
    let found = model.walls.length() / enlarged;
    assert!((found / drawn - 1.0).abs() < 0.08, "{found} of {drawn}");
    let doors: Vec<_> = model.gaps.iter().filter(|gap| gap.kind == Kind::Door && !gap.level).collect();
    assert_eq!((doors.len(), model.gaps.len()), (1, 1));
}

/// By how much the reader enlarges the sheets of these tests.
const ENLARGED: f32 = 900.0 / 640.0;

#[test]
fn two_rooms_with_a_door_are_found_in_solid_walls() {
    let model = read(&plain(&two_rooms()));
    assert_two_rooms(&model, ENLARGED);
    let door = model.gaps[0].high.y - model.gaps[0].low.y;
    assert!((door - 0.85).abs() < 0.02, "a door is as wide as doors are: {door} m");
    assert!((model.half.x * 2.0 - 500.0 / 70.0 * 0.85).abs() < 0.2, "{}", model.half);
}

#[test]
fn two_rooms_are_found_between_outlined_walls() {
    assert_two_rooms(&read(&plain(&outlined())), ENLARGED);
}

#[test]
fn light_walls_on_a_dark_ground_are_the_same_plan() {
    assert_two_rooms(&read(&two_rooms().picture(|_, _, value| 0.9 - 0.8 * value)), ENLARGED);
}

#[test]
fn noise_and_uneven_light_of_a_photographed_sheet_do_no_harm() {
    let picture = two_rooms().picture(|x, y, value| {
        let noise = ((x * 7919 + y * 104_729) % 1009) as f32 / 1009.0 - 0.5;
        (0.1 + 0.7 * value) * (1.0 - 0.5 * x as f32 / WIDE as f32) + 0.12 * noise
    });
    assert_two_rooms(&read(&picture), ENLARGED);
}

#[test]
fn a_sheet_turned_by_two_degrees_is_straightened() {
    let sheet = two_rooms();
    let (sin, cos) = 2f32.to_radians().sin_cos();
    let picture = sheet.picture(|x, y, _| {
        let (u, v) = (x as f32 - 320.0, y as f32 - 210.0);
        let (u, v) = (u * cos + v * sin + 320.0, v * cos - u * sin + 210.0);
        let inside = u >= 0.0 && v >= 0.0 && u < WIDE as f32 && v < HIGH as f32;
        if inside { sheet.data[v as usize * WIDE as usize + u as usize] } else { 1.0 }
    });
    let model = read(&picture);
    assert_two_rooms(&model, ENLARGED);
    let outlines = model.outlines(&model.walls.bits);
    let corners: usize = outlines.iter().map(Vec::len).sum();
    assert!(corners <= 24, "straight walls have few corners: {corners}");
}

#[test]
fn text_and_a_dimension_line_are_no_walls() {
    let bare = read(&plain(&two_rooms()));
    let mut sheet = two_rooms();
    sheet.fill(60, 30, 500, 2, 0.05).fill(60, 24, 2, 14, 0.05).fill(558, 24, 2, 14, 0.05);
    for letter in 0..6 {
        sheet.fill(330 + letter * 14, 150, 3, 16, 0.05).fill(330 + letter * 14, 158, 9, 3, 0.05);
    }
    let model = read(&plain(&sheet));
    assert_two_rooms(&model, ENLARGED);
    assert!((model.walls.bits.count() as f32 / bare.walls.bits.count() as f32 - 1.0).abs() < 0.01);
    let drawn: usize = model.rooms.all.iter().map(|room| room.ink).sum();
    assert!(drawn > 300, "the letters stay known as ink in a room: {drawn}");
}

#[test]
fn three_lines_in_an_outer_wall_are_a_window_and_keep_the_room_closed() {
    let mut sheet = two_rooms();
    sheet.fill(350, 60, 100, 14, 1.0);
    for y in [60, 66, 72] {
        sheet.fill(350, y, 100, 2, 0.05);
    }
    let model = read(&plain(&sheet));
    assert_eq!(model.rooms.all.len(), 2);
    let windows: Vec<_> = model.gaps.iter().filter(|gap| gap.kind == Kind::Window).collect();
    assert_eq!(windows.len(), 1);
    let scale = 0.85 / 70.0;
    assert!((windows[0].high.x - windows[0].low.x - 100.0 * scale).abs() < 0.06, "{:?}", windows[0]);
}

#[test]
fn a_door_hangs_where_its_leaf_is_drawn() {
    let mut sheet = two_rooms();
    sheet.fill(254, 268, 68, 2, 0.05);
    let leaf = read(&plain(&sheet)).gaps[0].leaf;
    assert_eq!(leaf.map(|leaf| (leaf.at_end, leaf.below)), Some((true, true)));
    assert_eq!(read(&plain(&two_rooms())).gaps[0].leaf, None);
}

#[test]
fn what_shows_no_plan_is_refused_with_advice() {
    let photograph = Sheet::new().picture(|x, y, _| {
        let (x, y) = (x as f32 * 0.02, y as f32 * 0.03);
        0.45 + 0.25 * (x + 2.0 * (y * 0.7).sin()).sin() + 0.2 * (3.1 * y - x * x * 0.1).cos()
    });
    let mut lines = Sheet::new();
    lines.fill(50, 100, 500, 14, 0.05).fill(50, 200, 500, 14, 0.05);
    for picture in [photograph, plain(&Sheet::new()), plain(&lines), Picture::new(1, 1)] {
        let fault = draw(&picture, &request(""), 64, &Stop::default()).unwrap_err();
        assert!(matches!(&fault, Fault::Unsuitable(text) if text.contains("two closed parallel lines")), "{fault:?}");
    }
}

fn request(prompt: &str) -> Request {
    Request {
        service: Service::Plans3d,
        config: "residential".to_owned(),
        resolution: Resolution::TwoK,
        prompt: prompt.to_owned(),
        options: Options::default(),
        location: None,
    }
}

#[test]
fn walls_stand_where_the_plan_had_them() {
    let model = read(&plain(&two_rooms()));
    let picture = view::render(&model, Preset::Residential, &Wishes::default(), 240, &Stop::default()).unwrap();
    assert_eq!(picture.long_edge(), 240);
    let cut = Preset::Residential.cut();
    let (camera, width, height) = view::camera(&model, cut, None, 240);
    assert_eq!((width, height), (picture.width(), picture.height()));
    let seen = |x: f32, up: f32, y: f32| {
        let at = model.metres(glam::Vec2::new(x, y) * ENLARGED);
        let (place, _) = camera.project(Vec3::new(at.x, up, at.y)).unwrap();
        assert!(place.min_element() > 0.0 && place.max_element() < 1.0, "the house is framed: {place}");
        picture.at((place.x * width as f32) as i64, (place.y * height as f32) as i64)
    };
    // The cut through walls is dark, with a touch of blue; the floor beside the door is of warm wood.
    for (x, y) in [(300.0, 67.0), (67.0, 200.0), (300.0, 353.0), (553.0, 200.0), (247.0, 120.0)] {
        let [r, g, b] = seen(x, cut + 0.01, y);
        assert!(r < 0.55 && b > r - 0.05, "cut wall at {x}, {y}: {r} {g} {b}");
    }
    let [r, _, b] = seen(274.0, 0.0, 232.0);
    assert!(r > b + 0.08, "floor in the door: {r} {b}");
    let [r, g, b] = picture.at(2, 2);
    assert!(r.min(g).min(b) > 0.8, "clean ground: {r} {g} {b}");
}

#[test]
fn night_is_dark_outside_and_warm_inside() {
    let plan = plain(&two_rooms());
    let day = draw(&plan, &request(""), 96, &Stop::default()).unwrap();
    let night = draw(&plan, &request("at night"), 96, &Stop::default()).unwrap();
    assert!(day.at(1, 1)[0] > 0.8 && night.at(1, 1)[0] < 0.3);
    let (x, y) = (i64::from(night.width()) / 2, i64::from(night.height()) / 2);
    let [r, _, b] = night.at(x, y);
    assert!(r > 1.3 * b && r > 0.25, "{r} {b}");
}

#[test]
fn the_view_from_the_top_shows_no_outer_sides() {
    let model = read(&plain(&two_rooms()));
    let (top, ..) = view::camera(&model, 1.5, Some(crate::imaging::wishes::Camera::Top), 200);
    let (low, high) =
        (top.project(Vec3::new(0.0, 0.0, 0.0)).unwrap().0, top.project(Vec3::new(0.0, 1.5, 0.0)).unwrap().0);
    assert!((low - high).length() < 0.02, "{low} {high}");
}

#[test]
fn a_stopped_drawing_ends() {
    let stop = Stop::default();
    stop.stop();
    assert_eq!(draw(&plain(&two_rooms()), &request(""), 200, &stop).unwrap_err(), Fault::Stopped);
}
