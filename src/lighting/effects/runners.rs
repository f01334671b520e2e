//! Things that run along the segment, by speed / 128 LEDs a frame, with a tail of intensity / 4 LEDs.
//!
//! ```text
//! comet  ··░▒▓█►·····   scanner  ··░▒▓█►│◄█▓▒░··   wave  ···▁▃▆█▆▃▁··►
//! ```

use super::{
    Draw, Moment,
    wheel::{Wheel, sine},
};
use crate::domain::lights::Rgb;
use crate::lighting::colour::{BLACK, blend, scale};

/// How far something has run, in LEDs of 128 parts.
const LED: u64 = 128;

/// A head in the primary colour; its tail turns to the secondary one and thins out. It comes again when the tail has
/// left the segment.
#[derive(Default)]
pub struct Comet(Wheel);

impl Draw for Comet {
    fn draw(&mut self, moment: &Moment, out: &mut [Rgb]) {
        let tail = moment.intensity() / 4;
        let head = (self.0.turn(moment, moment.speed()) / LED % (out.len() + tail) as u64) as usize;
        out.fill(BLACK);
        for behind in 0..=tail.min(head) {
            if let Some(led) = out.get_mut(head - behind) {
                let turned = blend(moment.look.primary, moment.look.secondary, (behind * 256 / tail.max(1)) as u16);
                *led = scale(turned, left(behind, tail));
            }
        }
    }
}

/// An eye that goes from end to end and back, and drags a tail.
#[derive(Default)]
pub struct Scanner(Wheel);

impl Draw for Scanner {
    fn draw(&mut self, moment: &Moment, out: &mut [Rgb]) {
        let tail = moment.intensity() / 4;
        let end = out.len() - 1;
        // There and back again; at the turn the tail still lies where the eye came from.
        let way = (2 * end).max(1);
        let eye = (self.0.turn(moment, moment.speed()) / LED % way as u64) as usize;
        out.fill(BLACK);
        for behind in (0..=tail.min(way)).rev() {
            let at = (eye + way - behind) % way;
            let at = if at > end { way - at } else { at };
            out[at.min(end)] = scale(moment.look.primary, left(behind, tail));
        }
    }
}

/// What is left of the light so far behind the head: all at it, something at the tail's last LED.
fn left(behind: usize, tail: usize) -> u8 {
    ((tail + 1 - behind) * 255 / (tail + 1)) as u8
}

/// A hump of half a sine, intensity / 4 LEDs wide (at least one), that glides over the segment.
#[derive(Default)]
pub struct Wave(Wheel);

impl Draw for Wave {
    fn draw(&mut self, moment: &Moment, out: &mut [Rgb]) {
        let width = (moment.intensity() / 4).max(1) as u64 * LED;
        let length = out.len() as u64 * LED;
        // Where its front is: from the first LED until its back has left the last one.
        let front = self.0.turn(moment, moment.speed()) % (length + width);
        out.fill(BLACK);
        // An LED is lit when its middle is in the hump.
        for at in front.saturating_sub(width) / LED..=front / LED {
            let into = front.wrapping_sub(at * LED + LED / 2);
            if let (Some(led), true) = (out.get_mut(at as usize), into < width) {
                let height = (sine((into * 32768 / width) as u16) - 32768) >> 7;
                *led = scale(moment.look.primary, height as u8);
            }
        }
    }
}
