//! The sound of one source that waits to be mixed: 48 kHz stereo, counted in samples of show time.
//!
//! Blocks go in with their show time and are laid end to end; a stamp that is a little off (RTMP rounds to
//! milliseconds) makes no gap. Where the source's clock drifts, blocks are stretched by at most 0.5 %, which is
//! inaudible; where it jumps, the position jumps too and the gap is silence.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Samples per second of everything that is mixed.
pub const RATE: u64 = 48_000;
/// A block further off than this is a jump: 100 ms.
const JUMP: i64 = 4_800;
/// Less than this is rounding and jitter: 3 ms.
const SLACK: f64 = 144.0;
/// What may wait: 8 s, more than any latency.
const CAPACITY: usize = 8 * RATE as usize;

pub use crate::media::decode::raw::Sample;

/// See the module's text.
#[derive(Debug, Default)]
pub struct Sound {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Sample number of the first one in `samples`.
    start: u64,
    samples: VecDeque<Sample>,
    /// How far stamps run ahead of the laid position, smoothed, in samples.
    drift: f64,
    /// The next block is laid exactly at its stamp, however small the difference.
    realign: bool,
    peak: [f32; 2],
}

/// The sample number of a show time in nanoseconds.
pub fn sample_at(ns: u64) -> u64 {
    (u128::from(ns) * u128::from(RATE) / 1_000_000_000) as u64
}

impl Sound {
    /// Adds a block that begins at show time `at_ns`.
    pub fn put(&self, at_ns: i64, block: &[Sample]) {
        let Ok(at_ns) = u64::try_from(at_ns) else { return };
        let mut state = self.lock();
        let at = sample_at(at_ns);
        let end = state.start + state.samples.len() as u64;
        let off = at as i64 - end as i64;
        for sample in block {
            state.peak = [state.peak[0].max(sample[0].abs()), state.peak[1].max(sample[1].abs())];
        }
        let realign = std::mem::take(&mut state.realign);
        if state.samples.is_empty() && off != 0 || off.abs() > JUMP || realign {
            state.jump(at);
            state.samples.extend(block);
        } else {
            state.drift += (off as f64 - state.drift) / 32.0;
            let most = (block.len() / 200) as i64;
            let by = if state.drift.abs() > SLACK { (state.drift as i64).clamp(-most, most) } else { 0 };
            state.drift -= by as f64;
            if by == 0 {
                state.samples.extend(block);
            } else {
                stretch(block, (block.len() as i64 + by) as usize, &mut state.samples);
            }
        }
        let surplus = state.samples.len().saturating_sub(CAPACITY);
        state.samples.drain(..surplus);
        state.start += surplus as u64;
    }

    /// Moves what waits, and what will follow on it, to later (or earlier, if negative) by some nanoseconds.
    pub fn shift(&self, ns: i64) {
        let by = sample_at(ns.unsigned_abs());
        let mut state = self.lock();
        state.start = if ns < 0 { state.start.saturating_sub(by) } else { state.start.saturating_add(by) };
    }

    /// Lays the next block exactly at its stamp; for a source whose latency was changed.
    pub fn realign(&self) {
        self.lock().realign = true;
    }

    /// Adds the samples from number `from` on into `mix`, each times `gain(index)`. Silence where there are none.
    pub fn mix_into(&self, from: u64, mix: &mut [Sample], gain: impl Fn(usize) -> f32) {
        let mut state = self.lock();
        state.forget_before(from);
        let lead = usize::try_from(state.start.saturating_sub(from)).unwrap_or(usize::MAX);
        for (i, (out, sample)) in
            mix.iter_mut().enumerate().skip(lead).zip(state.samples.iter()).map(|((i, o), s)| (i, (o, s)))
        {
            let gain = gain(i);
            out[0] += sample[0] * gain;
            out[1] += sample[1] * gain;
        }
    }

    /// Drops everything before a sample number, for a source that is not mixed.
    pub fn skip_to(&self, from: u64) {
        self.lock().forget_before(from);
    }

    /// The peak since the last call, ±1.0 full scale.
    pub fn take_peak(&self) -> [f32; 2] {
        std::mem::take(&mut self.lock().peak)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Continues at another position: silence fills a gap, and samples beyond a jump backwards are replaced.
    fn jump(&mut self, at: u64) {
        let end = self.start + self.samples.len() as u64;
        if at >= end && at - end <= CAPACITY as u64 && !self.samples.is_empty() {
            self.samples.extend(std::iter::repeat_n([0.0; 2], (at - end) as usize));
        } else if at > self.start && at < end {
            self.samples.truncate((at - self.start) as usize);
        } else {
            self.samples.clear();
            self.start = at;
        }
        self.drift = 0.0;
    }

    fn forget_before(&mut self, from: u64) {
        let old = from.saturating_sub(self.start).min(self.samples.len() as u64);
        self.samples.drain(..old as usize);
        self.start += old;
    }
}

/// Lays a block into another number of samples by linear interpolation.
fn stretch(block: &[Sample], len: usize, into: &mut VecDeque<Sample>) {
    let step = block.len() as f64 / len as f64;
    for i in 0..len {
        let at = i as f64 * step;
        let (n, part) = (at as usize, at.fract() as f32);
        let (Some(a), Some(b)) = (block.get(n), block.get(n + 1).or(block.last())) else { break };
        into.push_back([a[0] + (b[0] - a[0]) * part, a[1] + (b[1] - a[1]) * part]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(sound: &Sound, from: u64, len: usize) -> Vec<f32> {
        let mut mix = vec![[0.0; 2]; len];
        sound.mix_into(from, &mut mix, |_| 1.0);
        mix.iter().map(|s| s[0]).collect()
    }

    fn ns(sample: u64) -> i64 {
        (sample * 1_000_000_000).div_ceil(RATE) as i64
    }

    #[test]
    fn stamps_rounded_to_milliseconds_make_no_gap_and_no_shift() {
        let sound = Sound::default();
        let tone = |n: u64| ((n as f32) * 0.05).sin();
        for k in 0..150_u64 {
            let block: Vec<_> = (0..1024).map(|i| [tone(k * 1024 + i); 2]).collect();
            let stamp = (k * 1024 * 1000 / RATE) * 1_000_000; // rounded down to a millisecond
            sound.put(stamp as i64, &block);
        }
        let heard = read(&sound, 0, 150 * 1024);
        for (n, value) in heard.iter().enumerate() {
            assert!((value - tone(n as u64)).abs() < 1e-6, "sample {n}");
        }
    }

    #[test]
    fn silence_fills_a_gap_and_the_sound_goes_on_in_its_place() {
        let sound = Sound::default();
        sound.put(ns(1000), &[[0.5; 2]; 100]);
        sound.put(ns(1000 + 20_000), &[[0.7; 2]; 100]);
        let heard = read(&sound, 1000, 20_100);
        assert!(heard[..100].iter().all(|v| *v == 0.5));
        assert!(heard[100..20_000].iter().all(|v| *v == 0.0));
        assert!(heard[20_000..].iter().all(|v| *v == 0.7));
    }

    #[test]
    fn sound_that_waits_can_be_moved_and_what_follows_goes_on_behind_it() {
        let sound = Sound::default();
        sound.put(ns(1000), &[[0.5; 2]; 4800]);
        sound.shift(25_000_000);
        sound.put(ns(1000 + 4800 + 1200), &[[0.7; 2]; 4800]);
        let heard = read(&sound, 1000, 1200 + 9600);
        assert!(heard[..1200].iter().all(|v| *v == 0.0));
        assert!(heard[1200..6000].iter().all(|v| *v == 0.5));
        assert!(heard[6000..].iter().all(|v| *v == 0.7));
    }

    #[test]
    fn a_clock_that_runs_off_is_followed_without_a_jump() {
        // The source's clock is 0.2 % slow against show time: its stamps gain on its samples.
        let sound = Sound::default();
        let mut read_to = 0;
        let mut silent = 0;
        for k in 0..3000_u64 {
            sound.put((k as f64 * 480.0 * 1.002 / RATE as f64 * 1e9) as i64, &[[0.5; 2]; 480]);
            if k > 50 {
                let heard = read(&sound, read_to, 480);
                silent += heard.iter().filter(|v| **v != 0.5).count();
                read_to += 480;
            }
        }
        let end = {
            let state = sound.lock();
            state.start + state.samples.len() as u64
        };
        let want = (3000.0 * 480.0 * 1.002) as u64;
        assert!(end.abs_diff(want) < 400, "laid to {end}, stamps at {want}");
        assert_eq!(silent, 0);
    }
}
