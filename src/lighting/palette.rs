//! Palettes: 256 colours each, going round.
//!
//! ```text
//! stops (place, colour) ──blend──► 256 places ──► round to the first stop again
//!   0 ········ PEAK ··· 255 ► 0
//!   dark end   bright   way back
//! ```
//!
//! Those with a dark and a bright end climb from place 0 to [`PEAK`] and come back on a shorter way, so that colours
//! which travel round never jump. Refuses to know: effects, segments.

use super::colour::{blend, hue};
use crate::domain::lights::{Palette, Rgb};

/// The brightest place of the palettes that have a dark end: Lava, Ocean, Forest, Cloud and Heat.
pub const PEAK: u8 = 208;

/// A round of colours.
pub type Round = [Rgb; 256];

/// The colour at a place of a palette, 0 to 255 going round.
pub fn colour(palette: Palette, place: u8) -> Rgb {
    round(palette)[usize::from(place)]
}

/// All places of a palette, for drawing many LEDs.
pub fn round(palette: Palette) -> &'static Round {
    match palette {
        Palette::Rainbow => &RAINBOW,
        Palette::Lava => &LAVA,
        Palette::Ocean => &OCEAN,
        Palette::Party => &PARTY,
        Palette::Forest => &FOREST,
        Palette::Cloud => &CLOUD,
        Palette::Heat => &HEAT,
    }
}

static RAINBOW: Round = hues();
static LAVA: Round = blended(&[
    (0, [0, 0, 0]),
    (48, [96, 0, 0]),
    (104, [224, 16, 0]),
    (160, [255, 110, 0]),
    (PEAK, [255, 240, 220]),
    (232, [255, 60, 0]),
]);
static OCEAN: Round = blended(&[
    (0, [0, 0, 64]),
    (56, [0, 16, 168]),
    (104, [0, 64, 255]),
    (160, [0, 150, 140]),
    (PEAK, [110, 255, 230]),
    (232, [0, 90, 200]),
]);
static PARTY: Round = blended(&[
    (0, [100, 0, 200]),
    (48, [190, 0, 130]),
    (96, [255, 0, 30]),
    (144, [255, 70, 0]),
    (176, [255, 150, 0]),
    (208, [240, 20, 20]),
    (232, [150, 0, 110]),
]);
static FOREST: Round = blended(&[
    (0, [0, 40, 0]),
    (56, [0, 100, 10]),
    (112, [20, 170, 20]),
    (160, [110, 200, 10]),
    (PEAK, [170, 255, 100]),
    (232, [40, 140, 40]),
]);
static CLOUD: Round = blended(&[
    (0, [0, 0, 150]),
    (64, [0, 50, 255]),
    (128, [60, 150, 255]),
    (176, [160, 215, 255]),
    (PEAK, [255, 255, 255]),
    (232, [110, 180, 255]),
]);
/// Also what fire burns with.
pub static HEAT: Round = blended(&[
    (0, [0, 0, 0]),
    (70, [255, 0, 0]),
    (150, [255, 220, 0]),
    (PEAK, [255, 255, 255]),
    (228, [255, 160, 0]),
    (244, [140, 0, 0]),
]);

/// A round through stops at rising places from 0; after the last one it goes back to the first.
pub const fn blended(stops: &[(u8, Rgb)]) -> Round {
    let mut places = [[0; 3]; 256];
    let mut stop = 0;
    while stop < stops.len() {
        let (from, colour) = (stops[stop].0 as usize, stops[stop].1);
        let next = stops[(stop + 1) % stops.len()];
        let to = if next.0 == 0 { 256 } else { next.0 as usize };
        let mut place = from;
        while place < to {
            places[place] = blend(colour, next.1, ((place - from) * 256 / (to - from)) as u16);
            place += 1;
        }
        stop += 1;
    }
    places
}

const fn hues() -> Round {
    let mut places = [[0; 3]; 256];
    let mut place = 0;
    while place < 256 {
        places[place] = hue(place as u8);
        place += 1;
    }
    places
}
