//! Every effect and every palette as a picture, compared with the one that is stored.
//!
//! ```text
//!      LEDs ►            docs/pictures/effects/<id>.png       96 LEDs, 240 frames (4 seconds)
//! frames    one line     docs/pictures/palettes/<name>.png    256 places, 16 lines
//!   ▼       a frame      docs/pictures/effects-at-20.png      all effects side by side, as they are sent at brightness 20
//! ```
//!
//! The stored pictures are also those of docs/guides/lighting-effects.md. After a wanted change of looks they are made
//! anew by `LUMENCAST_RENDER=1 cargo test --test lighting renderings`, and looked at before they are committed.

use crate::film::film;
use image::{Rgb as Pixel, RgbImage};
use lumencast::{
    domain::lights::{ControllerChange, Effect, Look, LookChange, Palette, SegmentChange, Strip},
    lighting::{StripState, palette},
};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

const LEDS: usize = 96;
const FRAMES: usize = 240;
const SEED: u64 = 4;

/// What the pictures are drawn with, beside the middle speed and intensity: a warm colour, so that the candle shows its
/// amber, and a cold one.
fn look() -> Look {
    Look { primary: [255, 96, 0], secondary: [0, 64, 255], ..Look::default() }
}

fn stored(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/pictures").join(name)
}

/// Says what is different from the stored picture, if anything is; stores it first when asked to.
fn compare(name: &str, drawn: &RgbImage) -> Option<String> {
    let path = stored(name);
    if std::env::var_os("LUMENCAST_RENDER").is_some_and(|value| value == "1") {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        drawn.save(&path).unwrap();
    }
    let difference = match image::open(&path) {
        Ok(kept) => difference(drawn, &kept.to_rgb8()),
        Err(error) => Some(error.to_string()),
    };
    difference.map(|difference| format!("{name}: {difference}"))
}

/// The first pixel that is another.
fn difference(drawn: &RgbImage, kept: &RgbImage) -> Option<String> {
    if kept.dimensions() != drawn.dimensions() {
        return Some(format!("drawn {:?}, stored {:?}", drawn.dimensions(), kept.dimensions()));
    }
    let mut pairs = drawn.enumerate_pixels().zip(kept.pixels());
    let ((x, y, now), then) = pairs.find(|((_, _, now), then)| now != then)?;
    Some(format!("LED {x} of frame {y} is {:?}, stored {:?}", now.0, then.0))
}

fn none(different: Vec<String>) {
    assert!(different.is_empty(), "{} pictures differ:\n{}", different.len(), different.join("\n"));
}

fn drawn(effect: Effect, look: &Look) -> RgbImage {
    let frames = film(effect, look, LEDS, SEED, FRAMES);
    RgbImage::from_fn(LEDS as u32, FRAMES as u32, |x, y| Pixel(frames[y as usize][x as usize]))
}

#[test]
fn every_effect_looks_as_it_did() {
    let differs = |effect: Effect| compare(&format!("effects/{}.png", effect.id()), &drawn(effect, &look()));
    none(Effect::ALL.into_iter().filter_map(differs).collect());
}

/// The levels that are sent at a brightness of 20, shown 255 / 20 times as bright.
fn dim() -> RgbImage {
    const WIDTH: usize = 48;
    const STRIDE: usize = WIDTH + 4;
    let mut picture = RgbImage::from_pixel((STRIDE * Effect::ALL.len() - 4) as u32, FRAMES as u32, Pixel([64; 3]));
    for (place, effect) in Effect::ALL.into_iter().enumerate() {
        let mut strip = StripState::new(Strip::new(WIDTH as u16, effect), 1.0, SEED);
        let look = look();
        let change =
            LookChange { primary: Some(look.primary), secondary: Some(look.secondary), ..LookChange::default() };
        strip.update_segment(0, SegmentChange { look: change, ..SegmentChange::default() }).unwrap();
        strip.set_controller(ControllerChange { brightness: Some(20), ..ControllerChange::default() });
        for frame in 0..FRAMES {
            strip.turn(Duration::from_millis(frame as u64 * 1000 / 60), |_| {});
            for (led, levels) in strip.pixels().iter().enumerate() {
                let shown = levels.map(|level| (u32::from(level) * 255 / 20).min(255) as u8);
                picture.put_pixel((place * STRIDE + led) as u32, frame as u32, Pixel(shown));
            }
        }
    }
    picture
}

#[test]
fn every_effect_looks_as_it_did_at_brightness_20() {
    none(compare("effects-at-20.png", &dim()).into_iter().collect());
}

#[test]
fn every_palette_looks_as_it_did() {
    let differs = |kept: Palette| {
        let strip = RgbImage::from_fn(256, 16, |x, _| Pixel(palette::colour(kept, x as u8)));
        compare(&format!("palettes/{}.png", kept.name().to_lowercase()), &strip)
    };
    none(Palette::ALL.into_iter().filter_map(differs).collect());
}

#[test]
fn one_pixel_of_another_colour_is_found_and_named() {
    let picture = drawn(Effect::Rainbow, &look());
    let mut other = picture.clone();
    let [red, green, blue] = picture.get_pixel(17, 40).0;
    other.put_pixel(17, 40, Pixel([red, green, blue ^ 1]));
    let found = difference(&other, &picture).unwrap_or_default();
    assert!(found.starts_with("LED 17 of frame 40 is "), "{found}");
    assert_eq!(difference(&picture, &picture), None);
}

#[test]
fn the_guide_shows_every_effect_and_every_palette() {
    let guide = std::fs::read_to_string(stored("../guides/lighting-effects.md")).unwrap();
    for effect in Effect::ALL {
        let (id, name) = (effect.id(), effect.name());
        let row = format!("| **{name}**<br>`{id}` | <img src=\"../pictures/effects/{id}.png\"");
        assert!(guide.contains(&row), "{id} has no row in the guide");
    }
    for palette in Palette::ALL {
        let row = format!("| {} | {} | <img src=\"../pictures/palettes/", palette.number(), palette.name());
        assert!(guide.contains(&row), "{palette:?} has no row in the guide");
    }
}
