//! Colours after another picture: means and spreads in Oklab, for shadows, middles and lights apart, within bounds.
//!
//! ```text
//! both small ─► three bands of lightness by rank ─► mean and deviation of a and b each ─► for each pixel: blend of the bands
//!                        └─► percentiles of lightness ─► a gentle curve
//! ```
//!
//! Refuses to know: what the two pictures show.

use crate::imaging::{
    Fault, Stop,
    grade::{
        colour::{mix, oklab, rgb_of_oklab, smooth},
        field::shrink,
        layout::{Layout, labs},
    },
    picture::Picture,
};

/// How much of the difference in colour and in lightness is taken over.
const SHARE: [f32; 2] = [0.85, 0.5];

/// Colours of a picture.
#[derive(Debug, Clone, Copy)]
struct Statistics {
    /// Lightness at a tenth, half, nine tenths of the pixels.
    light: [f32; 3],
    /// Mean a and b of shadows, middles, lights.
    mean: [[f32; 2]; 3],
    /// Deviation of a and b of shadows, middles, lights.
    spread: [[f32; 2]; 3],
}

/// Shares of shadows, middles and lights at a lightness.
fn bands(light: f32, [low, middle, high]: [f32; 3]) -> [f32; 3] {
    let shadow = smooth(middle, low - 0.02, light);
    let lights = smooth(middle, high + 0.02, light);
    [shadow, (1.0 - shadow - lights).max(0.0), lights]
}

/// Measures a picture.
fn statistics(picture: &Picture) -> Statistics {
    let lab = labs(&shrink(picture));
    let mut lights: Vec<f32> = lab.iter().map(|lab| lab[0]).collect();
    lights.sort_unstable_by(f32::total_cmp);
    let at = |share: f32| lights.get((share * lights.len().saturating_sub(1) as f32) as usize).copied().unwrap_or(0.5);
    let light = [at(0.1), at(0.5), at(0.9)];
    let mut sums = [[0.0_f32; 5]; 3];
    for [light_here, a, b] in lab {
        for (sum, weight) in sums.iter_mut().zip(bands(light_here, light)) {
            for (sum, value) in sum.iter_mut().zip([1.0, a, b, a * a, b * b]) {
                *sum += weight * value;
            }
        }
    }
    let mean = sums.map(|[weight, a, b, _, _]| [a / weight.max(1e-3), b / weight.max(1e-3)]);
    let spread = std::array::from_fn(|band| {
        let [weight, _, _, a, b] = sums[band];
        [
            (a / weight.max(1e-3) - mean[band][0].powi(2)).max(0.0).sqrt(),
            (b / weight.max(1e-3) - mean[band][1].powi(2)).max(0.0).sqrt(),
        ]
    });
    Statistics { light, mean, spread }
}

/// Brings the colours of a picture near those of the reference. Its own light and dark stay in their order.
///
/// # Errors
/// [`Fault::Stopped`].
pub fn towards(picture: &mut Picture, reference: &Picture, layout: &Layout, stop: &Stop) -> Result<(), Fault> {
    let (own, goal) = (statistics(picture), statistics(reference));
    // A share of the way in lightness, by a curve through three points that never turns back.
    let target: [f32; 3] = std::array::from_fn(|index| {
        own.light[index] + ((goal.light[index] - own.light[index]) * SHARE[1]).clamp(-0.15, 0.15)
    });
    layout.each(picture, None, stop, |pixel, here| {
        let [light, a, b] = oklab([pixel[0], pixel[1], pixel[2]]);
        let weights = bands(light, own.light);
        let (mut new_a, mut new_b, mut total) = (0.0, 0.0, 0.0);
        for (band, weight) in weights.into_iter().enumerate() {
            let scaled = |channel: usize, value: f32| {
                let ratio = (goal.spread[band][channel] / own.spread[band][channel].max(0.008)).clamp(0.6, 1.6);
                let moved = (goal.mean[band][channel] - own.mean[band][channel]).clamp(-0.09, 0.09);
                (value - own.mean[band][channel]) * ratio + own.mean[band][channel] + moved
            };
            new_a += weight * scaled(0, a);
            new_b += weight * scaled(1, b);
            total += weight;
        }
        let share = SHARE[0] * (1.0 - 0.5 * here.sky);
        let chroma = |value: f32, new: f32| mix(value, new / total.max(1e-3), share);
        let light = curve(light, own.light, target);
        pixel.copy_from_slice(&rgb_of_oklab([light, chroma(a, new_a), chroma(b, new_b)]));
    })
}

/// A line through black, three points and white.
fn curve(light: f32, from: [f32; 3], to: [f32; 3]) -> f32 {
    let from = [0.0, from[0], from[1], from[2], 1.0];
    let to = [0.0, to[0], to[1], to[2], 1.0];
    let piece = (0..3).find(|index| light < from[index + 1]).unwrap_or(3);
    let wide = (from[piece + 1] - from[piece]).max(1e-3);
    mix(to[piece], to[piece + 1].max(to[piece]), ((light - from[piece]) / wide).clamp(0.0, 1.0))
}
