//! Colours that flow: palettes over waves and noise, and the sea.
//!
//! ```text
//! colorwaves  place = along the segment + scrolled + a sine's wobble ─► palette
//! noise       place = noise, coarse and fine                         ─► palette
//! pacifica    three noises of their own size and way ─► three waters, one upon the other
//! ```

use super::{
    Draw, Moment,
    bands::along,
    noise::Track,
    random::stir,
    wheel::{SINE, Wheel},
};
use crate::domain::lights::Rgb;
use crate::lighting::{
    colour::{add, scale},
    palette::round,
};

/// The palette over the segment, scrolling by speed / 128 places a frame; a sine of two humps pulls it to and fro.
#[derive(Default)]
pub struct ColorWaves(Wheel);

impl Draw for ColorWaves {
    fn draw(&mut self, moment: &Moment, out: &mut [Rgb]) {
        let turned = self.0.turn(moment, moment.speed());
        let colours = round(moment.look.palette);
        let step = along(out.len());
        let mut place = (turned as u32) << 9;
        // The wobble goes against the scrolling.
        let mut sway = (turned.wrapping_mul(3) as u32).wrapping_neg() << 8;
        for led in out {
            let wobble = u32::from(SINE[(sway >> 16) as usize & 255]) >> 2;
            *led = colours[((place >> 16) + wobble) as usize & 255];
            place = place.wrapping_add(step);
            sway = sway.wrapping_add(step.wrapping_mul(2));
        }
    }
}

/// A noise of 12 LEDs a cell, and one of 5 upon it, through the palette. At speed 128 it changes once a second.
pub struct Noise {
    seed: u64,
    wheel: Wheel,
}

impl Noise {
    pub fn new(seed: u64) -> Self {
        Self { seed, wheel: Wheel::default() }
    }
}

impl Draw for Noise {
    fn draw(&mut self, moment: &Moment, out: &mut [Rgb]) {
        let time = self.wheel.turn(moment, moment.speed() * 8);
        let colours = round(moment.look.palette);
        let mut coarse = Track::new(self.seed, time / 4, 65536 / 12, time);
        let mut fine = Track::new(stir(self.seed), time / 3, 65536 / 5, time);
        for led in out {
            // The palette is a round, so what runs over its end needs no care.
            *led = colours[usize::from(coarse.read().wrapping_add(fine.read() / 3))];
        }
    }
}

/// The sea: three waters, each a noise of its own, dimmed to 70 %.
pub struct Pacifica {
    seed: u64,
    wheel: Wheel,
}

impl Pacifica {
    pub fn new(seed: u64) -> Self {
        Self { seed, wheel: Wheel::default() }
    }
}

/// Below all waves.
const DEEP: Rgb = [0, 6, 28];
const SWELL: Rgb = [0, 60, 190];
const WAVES: Rgb = [0, 150, 110];
const RIPPLES: Rgb = [30, 110, 130];
/// Of 255: 70 %.
const DIMMED: u8 = 178;

impl Draw for Pacifica {
    fn draw(&mut self, moment: &Moment, out: &mut [Rgb]) {
        let time = self.wheel.turn(moment, moment.speed() * 8);
        let water = |nth: u64| stir(self.seed ^ nth);
        // Some way up, some down, none as fast as another.
        let mut swell = Track::new(water(1), time, 65536 / 28, time / 2);
        let mut waves = Track::new(water(2), time.wrapping_neg(), 65536 / 15, time);
        let mut ripples = Track::new(water(3), time.wrapping_mul(2), 65536 / 8, time);
        for led in out {
            let deep = add(DEEP, scale(SWELL, crest(swell.read())));
            let upper = add(scale(WAVES, crest(waves.read())), scale(RIPPLES, crest(ripples.read())));
            *led = scale(add(deep, upper), DIMMED);
        }
    }
}

/// Valleys wider and crests narrower: the square of a height.
#[inline]
fn crest(height: u8) -> u8 {
    ((u16::from(height) * u16::from(height)) >> 8) as u8
}
