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
    colour::{BLACK, add, scale},
    palette::{Round, round},
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

/// A noise of 20 LEDs a cell, and a weaker one of 9 upon it, through the palette. At speed 128 it changes once a second.
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
        let mut coarse = Track::new(self.seed, time / 4, 65536 / 20, time);
        let mut fine = Track::new(stir(self.seed), time / 3, 65536 / 9, time);
        for led in out {
            // The palette is a round, so what runs over its end needs no care.
            *led = colours[usize::from(coarse.read().wrapping_add(fine.read() / 4))];
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

/// Of 255: 70 %.
const DIMMED: u8 = 178;
static SWELL: Round = water([0, 10, 44], [0, 100, 220]);
static WAVES: Round = water(BLACK, [0, 150, 90]);
static RIPPLES: Round = water(BLACK, [50, 130, 130]);

/// The dimmed colour of a water at each height: the crest's, by the square of the height, so that crests are narrow and
/// valleys wide; upon the one that is there without waves.
const fn water(still: Rgb, crest: Rgb) -> Round {
    let mut heights = [BLACK; 256];
    let mut height = 0;
    while height < 256 {
        heights[height] = scale(add(still, scale(crest, ((height * height) >> 8) as u8)), DIMMED);
        height += 1;
    }
    heights
}

impl Draw for Pacifica {
    fn draw(&mut self, moment: &Moment, out: &mut [Rgb]) {
        let time = self.wheel.turn(moment, moment.speed() * 8);
        let field = |nth: u64| stir(self.seed ^ nth);
        // Some way up, some down, none as fast as another.
        let mut swell = Track::new(field(1), time, 65536 / 28, time / 2);
        let mut waves = Track::new(field(2), time.wrapping_neg(), 65536 / 15, time);
        let mut ripples = Track::new(field(3), time.wrapping_mul(2), 65536 / 8, time);
        for led in out {
            let deep = SWELL[usize::from(swell.read())];
            let upper = add(WAVES[usize::from(waves.read())], RIPPLES[usize::from(ripples.read())]);
            // Where crests meet, too.
            *led = add(deep, upper).map(|channel| channel.min(DIMMED));
        }
    }
}
