//! The sharpness and noise of a photograph, so that inserted objects match.
//!
//! Refuses to know: rooms, furniture.

use crate::imaging::picture::Picture;

/// Sharpness and noise of a picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Grain {
    /// Blur of its sharpest edges: the standard deviation in pixels; 0.5 is as sharp as pixels can be.
    pub blur: f32,
    /// Standard deviation of the noise of lightness, sRGB-encoded.
    pub noise: f32,
}

/// Lines that are looked at.
const LINES: usize = 160;

/// Measures a picture.
pub fn of(picture: &Picture) -> Grain {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let light = |x: usize, y: usize| {
        let at = (y * width + x) * 3;
        0.3 * picture.data[at] + 0.59 * picture.data[at + 1] + 0.11 * picture.data[at + 2]
    };
    let mut blurs = Vec::new();
    let mut residues = Vec::new();
    let step = (height / LINES).max(1);
    for y in (1..height.saturating_sub(1)).step_by(step) {
        for x in 1..width.saturating_sub(1) {
            // Noise: the residue of a plane through the neighbours (Immerkaer, 1996).
            let cross = light(x - 1, y) + light(x + 1, y) + light(x, y - 1) + light(x, y + 1);
            let corners = light(x - 1, y - 1) + light(x + 1, y - 1) + light(x - 1, y + 1) + light(x + 1, y + 1);
            let here = light(x, y);
            if (0.04..0.96).contains(&here) {
                residues.push((4.0 * here - 2.0 * cross + corners).abs() / 6.0);
            }
            if x < 5 || x + 5 >= width {
                continue;
            }
            // The steepest place of an edge across and how much the edge rises in all.
            let slope = (light(x + 1, y) - light(x - 1, y)).abs() / 2.0;
            let rise = (light(x + 5, y) - light(x - 5, y)).abs();
            let steepest = |at: usize| (light(at + 1, y) - light(at - 1, y)).abs() / 2.0 <= slope;
            if rise > 0.15 && slope > 0.03 && steepest(x - 1) && steepest(x + 1) {
                blurs.push(rise / (slope * (2.0 * std::f32::consts::PI).sqrt()));
            }
        }
    }
    let quantile = |values: &mut Vec<f32>, share: f32| {
        values.sort_by(f32::total_cmp);
        values.get((values.len() as f32 * share) as usize).copied()
    };
    let blur = if blurs.len() < 30 { None } else { quantile(&mut blurs, 0.3) };
    let noise = quantile(&mut residues, 0.5).unwrap_or(0.0) * 1.48;
    Grain { blur: blur.unwrap_or(0.8).clamp(0.5, 2.5), noise: noise.min(0.03) }
}

/// Noise with a standard deviation of 1, the same for the same place: three sums of a hash.
pub fn noise(x: u32, y: u32) -> f32 {
    let hash = |seed: u32| {
        let mut value = x.wrapping_mul(0x9E37_79B1) ^ y.wrapping_mul(0x85EB_CA77) ^ seed.wrapping_mul(0xC2B2_AE3D);
        value ^= value >> 15;
        value = value.wrapping_mul(0x2C1B_3C6D);
        value ^= value >> 12;
        value = value.wrapping_mul(0x297A_2D39);
        value ^= value >> 15;
        value as f32 / u32::MAX as f32 - 0.5
    };
    2.0 * (hash(1) + hash(2) + hash(3))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edges(soft: f32, noisy: f32) -> Picture {
        let (width, height) = (120u32, 60u32);
        let value = |at: u32| {
            let (x, y) = ((at % width) as f32, at / width);
            let off = (x % 60.0 - 30.0).abs() - 15.0;
            0.3 + 0.4 / (1.0 + (-1.7 * off / soft).exp()) + noisy * noise(at % width, y)
        };
        Picture::from_data(width, height, (0..width * height).flat_map(|at| [value(at); 3]).collect()).unwrap()
    }

    #[test]
    fn a_soft_picture_is_told_from_a_sharp_one() {
        let (sharp, soft) = (of(&edges(0.6, 0.0)), of(&edges(2.0, 0.0)));
        assert!(sharp.blur < 1.0 && (1.5..2.5).contains(&soft.blur), "{sharp:?} {soft:?}");
        assert!(sharp.noise < 0.002);
    }

    #[test]
    fn noise_is_measured_and_has_the_strength_it_says() {
        let found = of(&edges(2.0, 0.02)).noise;
        assert!((0.015..0.025).contains(&found), "{found}");
        let squares: f32 = (0..10_000).map(|at| noise(at % 100, at / 100).powi(2)).sum();
        assert!((squares / 10_000.0 - 1.0).abs() < 0.05, "{squares}");
    }
}
