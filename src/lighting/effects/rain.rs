//! Rain: drops that fall from the segment's end to its beginning.
//!
//! ```text
//! beginning                     end
//! ···█▓▒░··············█▓▒░····  ◄ up to ten at a time, none as fast as the other
//! ```

use super::{Draw, Moment, random::Random, shares};
use crate::domain::lights::Rgb;
use crate::lighting::colour::{BLACK, add, scale};

/// Drops at a time, for each [`shares`].
const DROPS: usize = 10;
/// An LED in the units that drops fall by.
const LED: i64 = 128 * 128;
/// The drop and what it drags behind.
const TAIL: [u8; 4] = [255, 120, 48, 16];

/// See the module's text.
pub struct Rain {
    drops: Vec<Drop>,
    random: Random,
    length: i64,
}

struct Drop {
    /// Where it is, in parts of an LED.
    at: i64,
    /// How it falls: 128 by the speed's measure.
    pace: i64,
}

impl Rain {
    pub fn new(length: usize, seed: u64) -> Self {
        let drops = Vec::with_capacity(DROPS * shares(length));
        Self { drops, random: Random::new(seed), length: length as i64 }
    }

    fn fall(&mut self, moment: &Moment) {
        let speed = i64::from(moment.look.speed);
        for drop in &mut self.drops {
            drop.at -= drop.pace * speed;
        }
        self.drops.retain(|drop| drop.at > -(TAIL.len() as i64) * LED);
        let shares = shares(self.length as usize);
        for _ in 0..shares {
            let begins = self.random.chance(u32::from(moment.look.intensity) / 5);
            if begins && self.drops.len() < DROPS * shares {
                let pace = 80 + self.random.below(97) as i64;
                self.drops.push(Drop { at: self.length * LED - 1, pace });
            }
        }
    }
}

impl Draw for Rain {
    fn draw(&mut self, moment: &Moment, out: &mut [Rgb]) {
        if moment.is_new() {
            self.fall(moment);
        }
        out.fill(BLACK);
        for drop in &self.drops {
            let head = drop.at.div_euclid(LED);
            for (behind, level) in TAIL.into_iter().enumerate() {
                let at = usize::try_from(head + behind as i64);
                if let Some(led) = at.ok().and_then(|at| out.get_mut(at)) {
                    *led = add(*led, scale(moment.look.primary, level));
                }
            }
        }
    }
}
