//! What turns with the frames: wheels that keep their place when the speed changes, beats, the sine.
//!
//! ```text
//! frame 0 ─ 1 ─ 2 ─ …      turned: frame × rate, as long as the rate stays;
//!   rate changes ──┘       from then on it goes on from where it is
//! ```

use super::Moment;

/// Frames in a minute.
pub const MINUTE: u64 = 60 * 60;

/// How far an effect has come, in units of its own.
#[derive(Debug, Clone, Default)]
pub struct Wheel(u64);

impl Wheel {
    /// Turns by `rate` for each frame since the last one. Begun late, it stands where one that was begun at frame 0
    /// would stand, so segments of one speed go in step.
    pub fn turn(&mut self, moment: &Moment, rate: u64) -> u64 {
        self.0 = match moment.since {
            None => moment.frame.wrapping_mul(rate),
            Some(frames) => self.0.wrapping_add(frames.wrapping_mul(rate)),
        };
        self.0
    }

    /// Turns in beats; where in the beat it is, 0 to 65535.
    pub fn beat(&mut self, moment: &Moment, per_minute: u64) -> u16 {
        // Each frame adds `per_minute` of the MINUTE parts of a beat: exact, whatever the tempo.
        ((self.turn(moment, per_minute) % MINUTE) * 65536 / MINUTE) as u16
    }
}

/// A sine once round in 65536, from 1 over 65535 (at a quarter) to 1 (at three quarters); 32768 is its middle.
///
/// By Bhaskara's fraction, 16 p / (5 - 4 p) with p = x (1 - x), x in half turns; within 0.2 % of the true one.
pub const fn sine(turn: u16) -> u16 {
    let half = (turn & 0x7fff) as u64;
    let product = half * (32768 - half);
    let height = (32767 * 16 * product / ((5 << 30) - 4 * product)) as u16;
    if turn < 0x8000 { 32768 + height } else { 32768 - height }
}

/// [`sine`] in bytes, for each LED of a frame.
pub static SINE: [u8; 256] = {
    let mut table = [0; 256];
    let mut turn = 0;
    while turn < 256 {
        table[turn] = (sine((turn as u16) << 8) >> 8) as u8;
        turn += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sine_is_a_sine() {
        for turn in 0..=u16::MAX {
            let angle = f64::from(turn) * std::f64::consts::TAU / 65536.0;
            let error = (f64::from(sine(turn)) - 32768.0) / 32767.0 - angle.sin();
            assert!(error.abs() < 0.002, "{turn}: {error}");
        }
        assert_eq!((sine(0), sine(16384), sine(32768), sine(49152)), (32768, 65535, 32768, 1));
    }
}
