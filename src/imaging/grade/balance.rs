//! Exposure and white balance: measured on the small picture, applied to the large one, and little where little is wrong.
//!
//! ```text
//! small ─► percentiles of luma ─► black, gain, bend ─┐
//!       └► near-neutral pixels ─► cast, confidence ──┴─► Balance ─► rows
//! ```
//!
//! Refuses to know: what the picture shows; only how its values are spread.

use super::{
    colour::{encoded, linear, linear_of_oklab, luma, oklab, smooth},
    field,
};
use crate::imaging::{Fault, Stop, picture::Picture};

/// How far a measure may go.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Share of a measured cast that is taken away, 0 to 1.
    pub cast: f32,
    /// Share of the way to the wished middle that exposure goes, 0 to 1.
    pub exposure: f32,
    /// Luma that the median shall come near to, from and to: between them nothing is wrong.
    pub middle: [f32; 2],
}

impl Default for Limits {
    fn default() -> Self {
        Self { cast: 0.8, exposure: 0.75, middle: [0.38, 0.56] }
    }
}

/// What is wrong with the light of a picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Balance {
    /// Gains of linear red, green, blue.
    pub gains: [f32; 3],
    /// Encoded value that becomes black.
    pub black: f32,
    /// Encoded value that becomes white.
    pub white: f32,
    /// Exponent of encoded values: below 1 lightens the middle.
    pub bend: f32,
}

/// Values at the given shares of the sorted luma.
pub fn percentiles<const N: usize>(small: &Picture, shares: [f32; N]) -> [f32; N] {
    let mut values: Vec<f32> = small.pixels().map(luma).collect();
    values.sort_unstable_by(f32::total_cmp);
    shares.map(|share| {
        let index = (share * values.len().saturating_sub(1) as f32) as usize;
        values.get(index).copied().unwrap_or(0.5)
    })
}

/// Measures a small picture.
pub fn measure(small: &Picture, limits: &Limits) -> Balance {
    let [low, median, high] = percentiles(small, [0.004, 0.5, 0.996]);
    let gains = gains(small, limits.cast);
    // Haze is lifted and a dull white raised, both with restraint: a picture without black is often meant so.
    let black = if high - low < 0.08 { 0.0 } else { ((low - 0.02) * 0.6).clamp(0.0, 0.06) };
    let white = if high - low < 0.08 { 1.0 } else { (high + (0.985 - high) * 0.55).clamp(0.72, 1.0) };
    let placed = ((median - black) / (white - black)).clamp(0.02, 0.98);
    let wished = placed.clamp(limits.middle[0], limits.middle[1].max(limits.middle[0]));
    let bend = (wished.ln() / placed.ln()).clamp(0.55, 1.2);
    // Much deep black beside full white is a scene at night or against the light: it is meant.
    let meant = smooth(0.10, 0.24, median);
    Balance { gains, black, white, bend: 1.0 + (bend - 1.0) * limits.exposure * (0.25 + 0.75 * meant) }
}

/// Gains that make the cast of near-neutral pixels neutral.
fn gains(small: &Picture, share: f32) -> [f32; 3] {
    let (mut sum, mut square, mut weights, mut seen) = ([0.0_f32; 2], 0.0_f32, 0.0_f32, 0.0_f32);
    for pixel in small.pixels() {
        let [light, a, b] = oklab([pixel[0], pixel[1], pixel[2]]);
        let clipped = pixel.iter().any(|value| !(0.02..=0.985).contains(value));
        if clipped || light < 0.2 {
            continue;
        }
        seen += 1.0;
        // Relative to lightness, for a cast multiplies.
        let (a, b) = (a / light, b / light);
        let weight = 1.0 - smooth(0.04, 0.13, a.hypot(b));
        sum[0] += a * weight;
        sum[1] += b * weight;
        square += (a * a + b * b) * weight;
        weights += weight;
    }
    if weights < 32.0 {
        return [1.0; 3];
    }
    let (a, b) = (sum[0] / weights, sum[1] / weights);
    let cast = a.hypot(b);
    let spread = (square / weights - cast * cast).max(0.0).sqrt();
    // Sure when most of the picture is near neutral and errs in one direction; green is never a light that is meant.
    let agreed = smooth(0.7, 2.2, cast / (spread + 0.004));
    let many = smooth(0.25, 0.75, weights / seen.max(1.0));
    let unlike_light: f32 = if a < 0.0 && b > 0.0 && -a > b { 1.0 } else { 0.75 };
    let confidence =
        agreed * many * unlike_light.max(smooth(0.8, 1.0, many) * smooth(1.5, 4.0, cast / (spread + 0.004)));
    let share = share * confidence;
    let light = 0.7;
    let found = linear_of_oklab([light, a * light * share, b * light * share]);
    let neutral = linear_of_oklab([light, 0.0, 0.0]);
    std::array::from_fn(|index| (neutral[index] / found[index].max(1e-3)).clamp(0.6, 1.7))
}

impl Balance {
    /// Applies it.
    ///
    /// # Errors
    /// [`Fault::Stopped`].
    pub fn apply(&self, picture: &mut Picture, stop: &Stop) -> Result<(), Fault> {
        let recoloured = self.gains.iter().any(|gain| (gain - 1.0).abs() > 0.002);
        let range = (self.white - self.black).max(0.1);
        let curve: Vec<f32> = (0..=1025).map(|step| bent(step as f32 / 1024.0, self.bend)).collect();
        field::each_row(picture, [], stop, |_, line, []| {
            for pixel in line.chunks_exact_mut(3) {
                if recoloured {
                    for (value, gain) in pixel.iter_mut().zip(self.gains) {
                        *value = encoded(linear(*value) * gain);
                    }
                }
                // Half by channel, which clears a veil's tint away, half by factor, which makes nothing gaudy.
                let light = luma(pixel).max(0.02);
                let factor = ((light - self.black) / range).max(0.0) / light;
                for value in pixel.iter_mut() {
                    *value = shoulder(0.5 * (*value - self.black) / range + 0.5 * *value * factor);
                }
                let before = luma(pixel).clamp(0.0, 1.0);
                let place = before * 1024.0;
                let index = place as usize;
                let after = curve[index] + (curve[index + 1] - curve[index]) * (place - index as f32);
                relight(pixel, before, after);
            }
        })
    }
}

/// Encoded value with its middle raised or lowered; the ends stay, and black does not open up into noise.
fn bent(value: f32, bend: f32) -> f32 {
    let value = value.min(1.0);
    value.powf(bend) * smooth(0.0, 0.05, value) + value * (1.0 - smooth(0.0, 0.05, value))
}

/// Straight up to near white, then ever flatter: nothing is cut off.
pub fn shoulder(value: f32) -> f32 {
    const KNEE: f32 = 0.94;
    if value <= KNEE { value.max(0.0) } else { 1.0 - (1.0 - KNEE) * (-(value - KNEE) / (1.0 - KNEE)).exp() }
}

/// Gives a pixel another luma: darker by factor, which keeps its colour; lighter in part by sum, which keeps shadows from
/// glowing.
pub fn relight(pixel: &mut [f32], before: f32, after: f32) {
    let factor = 1.0 + (after / before.max(0.02) - 1.0) * if after < before { 1.0 } else { 0.6 };
    let scaled = before * factor;
    for value in pixel {
        *value = *value * factor + (after - scaled);
    }
}
