//! The sound of a reading: samples at their own times, the beeps in it, and the level of any tone.

use super::clip::{BEEP_HZ, BEEP_SECONDS};
use std::f64::consts::TAU;

/// Weakest beep that is looked at, full scale is 1 (a beep is made at 0.6).
const FLOOR: f64 = 0.02;
/// Length of the sliding window; a whole number of periods of every multiple of 200 Hz.
const WINDOW_SECONDS: f64 = 0.005;
/// Step of the sliding window.
const STEP_SECONDS: f64 = 0.000_25;
/// Blocks are continuous when their times fit together this well: FLV counts whole milliseconds.
const SEAM_SECONDS: f64 = 0.002;

/// One block of samples as the decoder gave it out.
#[derive(Clone, Copy, Debug)]
pub struct Block {
    /// Seconds, NaN if the decoder gave no time.
    pub start: f64,
    /// Number of samples.
    pub samples: usize,
}

/// A tone of the beep's pitch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Beep {
    /// Seconds; within half a millisecond for a hard onset.
    pub start: f64,
    /// Seconds; shorter than made if it was cut.
    pub length: f64,
    /// Peak, full scale is 1 (made at 0.6).
    pub level: f64,
}

impl Beep {
    /// Whether all of a beep is there, so that its start is the start that was made.
    pub fn is_whole(&self) -> bool {
        (self.length - BEEP_SECONDS).abs() < 0.006
    }
}

/// A stretch of continuous sound.
#[derive(Clone, Debug, Default)]
struct Stretch {
    samples: Vec<f32>,
    /// `(first sample, seconds)` of each block.
    anchors: Vec<(usize, f64)>,
}

/// All sound of a reading, mixed to one channel.
#[derive(Clone, Debug, Default)]
pub struct Sound {
    rate: f64,
    stretches: Vec<Stretch>,
}

impl Sound {
    /// Puts 16 bit little endian samples and the times of their blocks together.
    pub fn new(rate: u32, blocks: &[Block], bytes: &[u8]) -> Self {
        let mut sound = Self { rate: f64::from(rate), stretches: Vec::new() };
        let mut samples =
            bytes.chunks_exact(2).map(|pair| f32::from(i16::from_le_bytes([pair[0], pair[1]])) / 32_768.0);
        let mut expected = 0.0;
        for block in blocks {
            // A block without a time follows on the one before it.
            let begin = if block.start.is_nan() { expected } else { block.start };
            if sound.stretches.is_empty() || (begin - expected).abs() > SEAM_SECONDS {
                sound.stretches.push(Stretch::default());
            }
            if let Some(stretch) = sound.stretches.last_mut() {
                stretch.anchors.push((stretch.samples.len(), begin));
                stretch.samples.extend(samples.by_ref().take(block.samples));
            }
            expected = begin + block.samples as f64 / sound.rate;
        }
        sound
    }

    /// Begin and end of each continuous stretch in seconds, in order.
    pub fn spans(&self) -> Vec<(f64, f64)> {
        let spans = self.stretches.iter().map(|stretch| {
            let start = stretch.time(0, self.rate);
            (start, stretch.time(stretch.samples.len(), self.rate))
        });
        spans.collect()
    }

    /// Peak of a tone between two times in seconds, full scale is 1; 0 where there is no sound.
    pub fn tone_level(&self, hz: f64, from: f64, to: f64) -> f64 {
        let (mut re, mut im, mut count) = (0.0, 0.0, 0_usize);
        for stretch in &self.stretches {
            let begin = stretch.time(0, self.rate);
            let place = |time: f64| ((time - begin) * self.rate).max(0.0) as usize;
            let last = place(to).min(stretch.samples.len());
            let first = place(from).min(last);
            for (index, sample) in stretch.samples[first..last].iter().enumerate() {
                let time = begin + (first + index) as f64 / self.rate;
                let angle = TAU * hz * time;
                re += f64::from(*sample) * angle.cos();
                im += f64::from(*sample) * angle.sin();
            }
            count += last - first;
        }
        if count == 0 {
            return 0.0;
        }
        2.0 * re.hypot(im) / count as f64
    }

    /// All beeps, whole or cut, in order.
    pub fn beeps(&self) -> Vec<Beep> {
        let found = self.stretches.iter().flat_map(|stretch| {
            let envelope = Envelope::of(&stretch.samples, self.rate);
            let beeps = envelope.beeps().into_iter();
            beeps.map(|beep| Beep {
                start: stretch.time(beep.start.max(0.0).round() as usize, self.rate),
                length: beep.length / self.rate,
                level: beep.level,
            })
        });
        found.collect()
    }
}

impl Stretch {
    fn time(&self, sample: usize, rate: f64) -> f64 {
        let after = self.anchors.partition_point(|(first, _)| *first <= sample);
        match self.anchors.get(after.saturating_sub(1)) {
            Some((first, start)) => start + (sample - first) as f64 / rate,
            None => f64::NAN,
        }
    }
}

/// How strong the beep's pitch is around each step; times in samples.
struct Envelope {
    step: f64,
    values: Vec<f64>,
}

impl Envelope {
    fn of(samples: &[f32], rate: f64) -> Self {
        let window = (rate * WINDOW_SECONDS).round() as usize;
        let step = (rate * STEP_SECONDS).round().max(1.0) as usize;
        let turn = TAU * BEEP_HZ / rate;
        // Running sums of the samples turned down to zero pitch: any window is one subtraction.
        let mut sums = Vec::with_capacity(samples.len() + 1);
        let (mut re, mut im) = (0.0_f64, 0.0_f64);
        sums.push((re, im));
        for (index, sample) in samples.iter().enumerate() {
            let (sin, cos) = (turn * index as f64).sin_cos();
            re += f64::from(*sample) * cos;
            im -= f64::from(*sample) * sin;
            sums.push((re, im));
        }
        let sum = |at: usize| sums[at.min(samples.len())];
        // Centred windows; outside of the stretch there is silence.
        let centres = (0..samples.len() + window).step_by(step);
        let values = centres.map(|centre| {
            let upper = sum(centre + window / 2);
            let lower = sum(centre.saturating_sub(window / 2));
            2.0 * (upper.0 - lower.0).hypot(upper.1 - lower.1) / window as f64
        });
        Self { step: step as f64, values: values.collect() }
    }

    /// A beep starts and ends where the envelope passes half its height, since a centred window is
    /// then half filled.
    fn beeps(&self) -> Vec<Beep> {
        let mut beeps = Vec::new();
        let reach = (BEEP_SECONDS / STEP_SECONDS) as usize;
        let mut at = 0;
        while let Some(rise) = self.find(at, |value| value > FLOOR) {
            let plateau = self.values[rise..].iter().take(reach);
            let peak = plateau.fold(0.0_f64, |most, value| most.max(*value));
            let Some(up) = self.find(rise, |value| value >= peak / 2.0) else {
                break;
            };
            let down = self.find(up, |value| value < peak / 2.0).unwrap_or(self.values.len());
            let start = self.crossing(up, peak / 2.0);
            beeps.push(Beep { start, length: self.crossing(down, peak / 2.0) - start, level: peak });
            // The decay belongs to this beep; the next one rises out of it or out of silence.
            let quiet = FLOOR.max(peak / 4.0);
            let Some(settled) = self.find(down, |value| value < quiet) else {
                break;
            };
            let Some(silent) = self.find(settled, |value| value <= FLOOR) else {
                break;
            };
            at = silent;
        }
        beeps
    }

    fn find(&self, from: usize, wanted: impl Fn(f64) -> bool) -> Option<usize> {
        let rest = self.values.get(from..)?;
        rest.iter().position(|value| wanted(*value)).map(|index| from + index)
    }

    /// Where, between the step before `index` and it, the envelope has this height, in samples.
    fn crossing(&self, index: usize, height: f64) -> f64 {
        let value = |at: usize| self.values.get(at).copied().unwrap_or(0.0);
        let before = index.saturating_sub(1);
        let (low, high) = (value(before), value(index));
        let share = if index == before || high == low { 0.0 } else { ((height - low) / (high - low)).clamp(0.0, 1.0) };
        (before as f64 + share) * self.step
    }
}
