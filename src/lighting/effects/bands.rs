//! Colours laid along the segment: one, two, the hue circle, the flag.
//!
//! ```text
//! solid  ████████   gradient  1▓▓▒▒░░2   rainbow, pride  ◄ scrolling, once round over the segment ◄
//! ```

use super::{Draw, Moment, wheel::Wheel};
use crate::domain::lights::{Palette, Rgb};
use crate::lighting::{
    colour::blend,
    palette::{Round, blended, round},
};

/// The whole segment in the primary colour.
pub struct Solid;

impl Draw for Solid {
    fn draw(&mut self, moment: &Moment, out: &mut [Rgb]) {
        out.fill(moment.look.primary);
    }
}

/// From the primary colour to the secondary one. It stands still: its speed is listed in the document, and unused.
pub struct Gradient;

impl Draw for Gradient {
    fn draw(&mut self, moment: &Moment, out: &mut [Rgb]) {
        let step = (256 << 16) / (out.len() as u32).saturating_sub(1).max(1);
        // Begun at a half, so that rounding down rounds to the nearest, and the last LED is wholly secondary.
        let mut place = 1 << 15;
        for led in out {
            *led = blend(moment.look.primary, moment.look.secondary, (place >> 16) as u16);
            place += step;
        }
    }
}

/// One hue circle, scrolling by speed / 64 of its 256 steps a frame.
#[derive(Default)]
pub struct Rainbow(Wheel);

impl Draw for Rainbow {
    fn draw(&mut self, moment: &Moment, out: &mut [Rgb]) {
        scroll(round(Palette::Rainbow), self.0.turn(moment, moment.speed()), out);
    }
}

/// The six stripes of the pride flag, scrolling as the rainbow does.
#[derive(Default)]
pub struct Pride(Wheel);

impl Draw for Pride {
    fn draw(&mut self, moment: &Moment, out: &mut [Rgb]) {
        scroll(&FLAG, self.0.turn(moment, moment.speed()), out);
    }
}

const RED: Rgb = [228, 3, 3];
const ORANGE: Rgb = [255, 120, 0];
const YELLOW: Rgb = [255, 230, 0];
const GREEN: Rgb = [0, 140, 30];
const BLUE: Rgb = [0, 60, 230];
const VIOLET: Rgb = [117, 7, 150];

/// Each stripe keeps its colour for half of its width and runs into the next one over the other half.
static FLAG: Round = blended(&[
    (0, RED),
    (22, RED),
    (43, ORANGE),
    (64, ORANGE),
    (86, YELLOW),
    (107, YELLOW),
    (128, GREEN),
    (150, GREEN),
    (171, BLUE),
    (192, BLUE),
    (214, VIOLET),
    (235, VIOLET),
]);

/// Lays a round of colours over the LEDs once, begun at `turned` / 64.
fn scroll(colours: &Round, turned: u64, out: &mut [Rgb]) {
    // A place has 16 bits behind the point; above its 8 bits it may run over, the round is closed.
    let step = along(out.len());
    let mut place = (turned as u32) << 10;
    for led in out {
        *led = colours[(place >> 16) as usize & 255];
        place = place.wrapping_add(step);
    }
}

/// From one LED to the next, if 256 places lie over so many: 16 bits are behind the point.
pub fn along(length: usize) -> u32 {
    (256 << 16) / (length as u32).max(1)
}
