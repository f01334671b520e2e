//! A meteor: a bright block that flies along, and a trail that crumbles.
//!
//! ```text
//! ·∙·░·▒ ▒▓▓████►      block: max(2, length / 20) LEDs; trail: each LED loses light by chance
//! ```

use super::{Draw, Moment, random::Random, wheel::Wheel};
use crate::domain::lights::Rgb;
use crate::lighting::colour::scale;

/// See the module's text.
pub struct Meteor {
    wheel: Wheel,
    levels: Vec<u8>,
    random: Random,
}

impl Meteor {
    pub fn new(length: usize, seed: u64) -> Self {
        Self { wheel: Wheel::default(), levels: vec![0; length], random: Random::new(seed) }
    }

    /// Every second LED of the trail, by chance, keeps so much of 256; the longer the more intensity.
    fn crumble(&mut self, keeps: u16) {
        let keeps = [keeps, 256];
        self.random
            .each(&mut self.levels, |level, byte| ((u16::from(level) * keeps[usize::from(byte >> 7)]) >> 8) as u8);
    }
}

impl Draw for Meteor {
    fn draw(&mut self, moment: &Moment, out: &mut [Rgb]) {
        let length = self.levels.len();
        let block = (length / 20).max(2);
        let run = self.wheel.turn(moment, moment.speed()) / 128;
        // It flies on until the block has left the segment.
        let head = (run % (length + block) as u64) as usize;
        if moment.is_new() {
            self.crumble(160 + u16::from(moment.look.intensity) * 88 / 255);
        }
        let last = (head + 1).min(length);
        self.levels[(head + 1).saturating_sub(block).min(last)..last].fill(255);
        for (led, level) in out.iter_mut().zip(&self.levels) {
            *led = scale(moment.look.primary, *level);
        }
    }
}
