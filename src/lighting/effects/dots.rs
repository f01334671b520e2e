//! Dots in the colours of a palette: thrown, marching, swinging.
//!
//! ```text
//! confetti  · ● ·  ∙   ●      theater  ●··●··●··●··►      sinelon  ◄──∙∙•●──►
//! ```

use super::{
    Draw, Moment,
    bands::along,
    random::Random,
    wheel::{Wheel, sine},
};
use crate::domain::lights::Rgb;
use crate::lighting::{
    colour::{BLACK, fade},
    palette::{colour, round},
};

/// Dots of random colours at random places, that fade slowly.
pub struct Confetti {
    leds: Vec<Rgb>,
    random: Random,
}

/// What a dot keeps of its light each frame, of 255: half of it is gone after 19.
const CONFETTI_KEEPS: u8 = 246;

impl Confetti {
    pub fn new(length: usize, seed: u64) -> Self {
        Self { leds: vec![BLACK; length], random: Random::new(seed) }
    }
}

impl Draw for Confetti {
    fn draw(&mut self, moment: &Moment, out: &mut [Rgb]) {
        let Self { leds, random } = self;
        if moment.is_new() {
            fade(leds, CONFETTI_KEEPS);
            for _ in 0..chances(leds.len(), moment.frame) {
                if random.chance(20 + u32::from(moment.look.speed) / 8) {
                    let at = random.below(leds.len());
                    leds[at] = colour(moment.look.palette, random.byte());
                }
            }
        }
        for (led, dot) in out.iter_mut().zip(leds) {
            *led = *dot;
        }
    }
}

/// LEDs of the document's strip, on which there is one chance of a dot in each frame.
const CHANCE: u64 = 160;

/// Chances of a dot in a frame: one up to that length, and in proportion beyond it, so that a long strip is no emptier.
fn chances(length: usize, frame: u64) -> u64 {
    let (length, frame) = ((length as u64).max(CHANCE), frame % CHANCE);
    (frame + 1) * length / CHANCE - frame * length / CHANCE
}

/// Every third LED is lit; they march one LED on every 768 / speed frames, through a palette that stands.
#[derive(Default)]
pub struct Theater(Wheel);

impl Draw for Theater {
    fn draw(&mut self, moment: &Moment, out: &mut [Rgb]) {
        let marched = self.0.turn(moment, moment.speed()) / 768;
        let first = (marched % 3) as usize;
        let colours = round(moment.look.palette);
        let step = along(out.len());
        out.fill(BLACK);
        let mut place = step.wrapping_mul(first as u32);
        for led in out.iter_mut().skip(first).step_by(3) {
            *led = colours[(place >> 16) as usize & 255];
            place = place.wrapping_add(step.wrapping_mul(3));
        }
    }
}

/// One dot that swings over the segment as a sine, 5 + speed / 10 times a minute, and leaves a trail.
pub struct Sinelon {
    leds: Vec<Rgb>,
    wheel: Wheel,
    swings: Wheel,
    last: Option<usize>,
}

/// What the trail keeps of its light each frame, of 255: half of it is gone after 9.
const TRAIL_KEEPS: u8 = 236;

impl Sinelon {
    pub fn new(length: usize) -> Self {
        Self { leds: vec![BLACK; length], wheel: Wheel::default(), swings: Wheel::default(), last: None }
    }
}

impl Draw for Sinelon {
    fn draw(&mut self, moment: &Moment, out: &mut [Rgb]) {
        let per_minute = 5 + moment.speed() / 10;
        let beat = self.wheel.beat(moment, per_minute);
        // The palette goes round once in four swings.
        let place = (self.swings.turn(moment, per_minute) / 57) as u8;
        let end = self.leds.len().saturating_sub(1);
        let at = (usize::from(sine(beat)) * end + 32768) >> 16;
        if moment.is_new() {
            fade(&mut self.leds, TRAIL_KEEPS);
        }
        // All it passed since the last frame: a fast dot on a long segment leaves no holes.
        let last = self.last.unwrap_or(at);
        self.last = Some(at);
        if let Some(passed) = self.leds.get_mut(last.min(at)..=last.max(at)) {
            passed.fill(colour(moment.look.palette, place));
        }
        for (led, dot) in out.iter_mut().zip(&self.leds) {
            *led = *dot;
        }
    }
}
