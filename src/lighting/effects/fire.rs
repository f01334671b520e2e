//! Fire: heat that is kindled at the foot, drifts up, spreads and cools.
//!
//! ```text
//! foot                                 tip
//! sparks ► ██▓▓▒▒░░··  each LED takes the heat of those below it, then loses some by chance
//! (7 LEDs)
//! ```
//!
//! An own implementation of the well-known one-dimensional heat simulation (Fire2012 by Mark Kriegsman).

use super::{Draw, Moment, random::Random};
use crate::domain::lights::{Palette, Rgb};
use crate::lighting::{
    colour::scale,
    palette::{HEAT, PEAK, Round, round},
};

/// LEDs at the foot in which sparks fall.
const FOOT: usize = 7;

/// Heat that a flame of middle intensity loses each frame at most, so that on a short strip it does not go out between
/// two sparks. Each step of intensity above the middle adds twice as much.
const MILD: usize = 24;
const MIDDLE: usize = 128;
/// Frames that a fire has burned before its first picture: as many as it has LEDs, and at least so many.
const BURNED: usize = 60;
/// LEDs times frames at most, so that a long strip's first picture is no later than the others.
const BURNED_LEDS: usize = 100_000;

/// The heat of each LED, 0 to 255, from the foot up.
struct Flame {
    heat: Vec<u8>,
    random: Random,
    burns: bool,
}

impl Flame {
    fn new(length: usize, seed: u64) -> Self {
        Self { heat: vec![0; length], random: Random::new(seed), burns: false }
    }

    /// One frame more; the first one finds the fire as high as it gets.
    fn frame(&mut self, cooling: usize, sparking: u8) {
        if !std::mem::replace(&mut self.burns, true) {
            let length = self.heat.len().max(1);
            let frames = length.max(BURNED).min(BURNED_LEDS / length);
            (0..frames).for_each(|_| self.burn(cooling, sparking));
        }
        self.burn(cooling, sparking);
    }

    /// One frame: `sparking` of 256 is the chance of a spark; `cooling` is how much a flame loses on its whole way.
    fn burn(&mut self, cooling: usize, sparking: u8) {
        let Self { heat, random, .. } = self;
        let length = heat.len();
        let mild = MILD + 2 * cooling.saturating_sub(MIDDLE);
        let most = (cooling * 10 / length.max(1) + 2).min(mild).min(255) as u16;
        random.each(heat, |heat, byte| {
            let loss = ((u16::from(byte) * most) >> 8) as u8;
            // Branch-free: mispredictions on random values would be slow.
            heat.max(loss) - loss
        });
        // The two at the very foot have nothing below them that they could take from: they only cool.
        if let [below, near, above @ ..] = heat.as_mut_slice() {
            let (mut below, mut near) = (u16::from(*below), u16::from(*near));
            for heat in above {
                let own = u16::from(*heat);
                *heat = ((near + 2 * below) / 3) as u8;
                (below, near) = (near, own);
            }
        }
        if random.chance(sparking.into()) {
            let at = random.below(FOOT.min(length));
            if let Some(heat) = heat.get_mut(at) {
                *heat = heat.saturating_add(160 + random.below(96) as u8);
            }
        }
    }
}

/// Burns from the segment's beginning, in the colours of a palette.
pub struct Fire(Flame);

impl Fire {
    pub fn new(length: usize, seed: u64) -> Self {
        Self(Flame::new(length, seed))
    }
}

impl Draw for Fire {
    fn draw(&mut self, moment: &Moment, out: &mut [Rgb]) {
        if moment.is_new() {
            self.0.frame(moment.intensity(), moment.look.speed);
        }
        let colours = embers(moment.look.palette);
        for (led, heat) in out.iter_mut().zip(&self.0.heat) {
            *led = glow(colours, *heat);
        }
    }
}

/// Burns from the segment's end, longer, always in the colours of fire.
pub struct FireUp(Flame);

impl FireUp {
    pub fn new(length: usize, seed: u64) -> Self {
        Self(Flame::new(length, seed))
    }
}

impl Draw for FireUp {
    fn draw(&mut self, moment: &Moment, out: &mut [Rgb]) {
        if moment.is_new() {
            self.0.frame(moment.intensity() / 4, moment.look.speed);
        }
        for (led, heat) in out.iter_mut().rev().zip(&self.0.heat) {
            *led = glow(&HEAT, *heat);
        }
    }
}

/// The colours of fire for a palette. A segment without a chosen palette has the hue circle, which has no dark end: it
/// burns in the colours of fire.
fn embers(palette: Palette) -> &'static Round {
    match palette {
        Palette::Rainbow => &HEAT,
        other => round(other),
    }
}

/// The colour of a heat: up to the palette's brightest place, and dark where it is cold, whatever the palette.
#[inline]
fn glow(colours: &Round, heat: u8) -> Rgb {
    let place = (u16::from(heat) * u16::from(PEAK)) >> 8;
    scale(colours[usize::from(place)], heat.saturating_mul(4))
}
