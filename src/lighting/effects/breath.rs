//! The whole segment at once: brighter and darker, or on and off.
//!
//! ```text
//! pulse, breathe  ╭╮  ╭╮  ╭╮   20 to 255      strobe  █ █ █ █
//!                 ╯╰──╯╰──╯╰
//! ```

use super::{
    Draw, Moment,
    wheel::{Wheel, sine},
};
use crate::domain::lights::Rgb;
use crate::lighting::colour::{BLACK, scale};

/// A sine of brightness, max(10, speed / 4) times a minute.
#[derive(Default)]
pub struct Pulse(Wheel);

impl Draw for Pulse {
    fn draw(&mut self, moment: &Moment, out: &mut [Rgb]) {
        let beat = self.0.beat(moment, (moment.speed() / 4).max(10));
        out.fill(scale(moment.look.primary, swell(beat)));
    }
}

/// The same, slower: 5 times a minute at speed 0, 30 times at 255.
#[derive(Default)]
pub struct Breathe(Wheel);

impl Draw for Breathe {
    fn draw(&mut self, moment: &Moment, out: &mut [Rgb]) {
        let beat = self.0.beat(moment, 5 + moment.speed() * 25 / 255);
        out.fill(scale(moment.look.primary, swell(beat)));
    }
}

/// Brightness in a beat, 20 to 255.
fn swell(beat: u16) -> u8 {
    (20 + u32::from(sine(beat)) * 235 / 65535) as u8
}

/// On and off, max(1, speed / 8) frames each: a higher speed is slower.
pub struct Strobe;

impl Draw for Strobe {
    fn draw(&mut self, moment: &Moment, out: &mut [Rgb]) {
        let lasts = (moment.speed() / 8).max(1);
        let lit = (moment.frame / lasts).is_multiple_of(2);
        out.fill(if lit { moment.look.primary } else { BLACK });
    }
}
