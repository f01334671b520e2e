//! Candlelight: one flame's brightness over the segment, each LED trembling a little by itself.
//!
//! ```text
//! target ──┐    ┌───      a new one every 50 to 150 ms;
//! level  ──┘╲__╱          quickly down to it, slowly up
//! ```

use super::{Draw, Moment, random::Random};
use crate::domain::lights::Rgb;
use crate::lighting::colour::scale;

/// What warm colours become.
const AMBER: Rgb = [255, 140, 32];

/// See the module's text.
pub struct Candle {
    random: Random,
    level: u8,
    target: u8,
    /// Frames until the next target.
    holds: usize,
    /// How each LED trembles: 128 not at all.
    tremble: Vec<u8>,
}

impl Candle {
    pub fn new(length: usize, seed: u64) -> Self {
        Self { random: Random::new(seed), level: 255, target: 255, holds: 0, tremble: vec![128; length] }
    }

    fn flicker(&mut self, moment: &Moment) {
        if self.holds == 0 {
            // 3 to 9 frames are 50 to 150 ms.
            self.holds = 3 + self.random.below(7);
            let deepest = 16 + moment.intensity() * 200 / 255;
            self.target = 255 - self.random.below(deepest + 1) as u8;
        }
        self.holds -= 1;
        let speed = moment.look.speed;
        self.level = if self.level > self.target {
            self.level.saturating_sub(4 + speed / 8).max(self.target)
        } else {
            self.level.saturating_add(1 + speed / 32).min(self.target)
        };
        // A quarter of the way to anywhere: it wanders, and does not crackle.
        let wander = |tremble: u8, byte: u8| ((3 * u16::from(tremble) + u16::from(byte)) / 4) as u8;
        self.random.each(&mut self.tremble, wander);
    }
}

impl Draw for Candle {
    fn draw(&mut self, moment: &Moment, out: &mut [Rgb]) {
        if moment.is_new() {
            self.flicker(moment);
        }
        let colour = flame(moment.look.primary);
        let (level, depth) = (i32::from(self.level), i32::from(moment.look.intensity));
        for (led, tremble) in out.iter_mut().zip(&self.tremble) {
            let away = ((i32::from(*tremble) - 128) * depth) >> 9;
            *led = scale(colour, (level + away).clamp(0, 255) as u8);
        }
    }
}

/// Warm colours, from red to yellow and what is whiter of these, become amber of their brightness; others stay.
fn flame(primary: Rgb) -> Rgb {
    let [red, green, blue] = primary;
    if red >= green && green >= blue && red > blue { scale(AMBER, red) } else { primary }
}
