//! Single LEDs that light up by themselves.
//!
//! ```text
//! sparkle  ▒▒█▒▒▒▒▒▒█▒▒  other ones each frame      twinkle  each LED:  ╱╲__   up by 4, down by 2
//! ```

use super::{Draw, Moment, random::Random, shares};
use crate::domain::lights::Rgb;
use crate::lighting::colour::{BLACK, WHITE, scale};

/// max(1, speed / 32) white LEDs each frame, upon the primary colour.
pub struct Sparkle {
    seed: u64,
}

impl Sparkle {
    pub fn new(seed: u64) -> Self {
        Self { seed }
    }
}

impl Draw for Sparkle {
    fn draw(&mut self, moment: &Moment, out: &mut [Rgb]) {
        let mut random = Random::of_frame(self.seed, moment.frame);
        let wanted = usize::from(moment.look.speed / 32).max(1) * shares(out.len());
        let (length, count) = (out.len(), wanted.min(out.len()));
        out.fill(moment.look.primary);
        for nth in 0..count {
            // Each has a stretch of its own, so that no two are one.
            let (from, to) = (nth * length / count, (nth + 1) * length / count);
            out[from + random.below(to - from)] = WHITE;
        }
    }
}

/// Each LED by itself rises by 4 and falls by 2 a frame, upon black. One that is dark begins with a chance of speed in
/// 65536 each frame: at 128 about a quarter of them are lit.
pub struct Twinkle {
    stars: Vec<Star>,
    random: Random,
}

#[derive(Clone, Copy, Default)]
struct Star {
    level: u8,
    rising: bool,
}

impl Twinkle {
    pub fn new(length: usize, seed: u64) -> Self {
        Self { stars: vec![Star::default(); length], random: Random::new(seed) }
    }
}

impl Draw for Twinkle {
    fn draw(&mut self, moment: &Moment, out: &mut [Rgb]) {
        let begins = u16::from(moment.look.speed);
        let primary = moment.look.primary;
        let is_new = moment.is_new();
        for (led, star) in out.iter_mut().zip(&mut self.stars) {
            if is_new {
                star.live(begins, &mut self.random);
            }
            *led = if star.level == 0 { BLACK } else { scale(primary, star.level) };
        }
    }
}

impl Star {
    #[inline]
    fn live(&mut self, begins: u16, random: &mut Random) {
        if self.rising {
            self.level = self.level.saturating_add(4);
            self.rising = self.level < 255;
        } else if self.level > 0 {
            self.level = self.level.saturating_sub(2);
        } else if random.byte() == 0 && u16::from(random.byte()) < begins {
            *self = Self { level: 4, rising: true };
        }
    }
}
