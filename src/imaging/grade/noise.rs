//! Noise: measured where a picture is smooth, taken away where likeness allows (non-local means).
//!
//! ```text
//! picture ─► blocks without structure ─► sigma ─► strips: for each offset, likeness of 5 x 5 patches ─► weighted mean
//! ```
//!
//! Refuses to know: what the picture shows.

use super::colour::luma;
use crate::imaging::{Fault, Stop, picture::Picture};

/// Below this nothing is done: half a step of 8 bits.
const NOTHING: f32 = 0.002;
/// Offsets looked at, to each side.
const SEARCH: i64 = 3;
/// Half a patch.
const PATCH: i64 = 2;
/// Rows worked on at once.
const STRIP: usize = 32;
/// Rows above and below a strip.
const HALO: usize = (SEARCH + PATCH) as usize;
/// Edge of a block in which noise is measured.
const BLOCK: usize = 16;

/// The standard deviation of the luma's noise, from the calmest fifth of the blocks that are not clipped.
pub fn sigma(picture: &Picture) -> f32 {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    // A large picture has more blocks than are needed.
    let stride = (((width / BLOCK) * (height / BLOCK)) / 4000 + 1).isqrt().max(1);
    let mut measured = Vec::new();
    for block_y in (0..height / BLOCK).step_by(stride) {
        for block_x in (0..width / BLOCK).step_by(stride) {
            let (mut squares, mut mean) = (0.0_f32, 0.0_f32);
            let mut values = [[0.0_f32; BLOCK]; BLOCK];
            for (y, line) in values.iter_mut().enumerate() {
                let start = ((block_y * BLOCK + y) * width + block_x * BLOCK) * 3;
                for (value, pixel) in line.iter_mut().zip(picture.data[start..].chunks_exact(3)) {
                    *value = luma(pixel);
                    mean += *value;
                }
            }
            mean /= (BLOCK * BLOCK) as f32;
            if !(0.03..0.97).contains(&mean) {
                continue;
            }
            for y in 1..BLOCK - 1 {
                for x in 1..BLOCK - 1 {
                    let v = &values;
                    let corners = v[y - 1][x - 1] + v[y - 1][x + 1] + v[y + 1][x - 1] + v[y + 1][x + 1];
                    let sides = v[y - 1][x] + v[y + 1][x] + v[y][x - 1] + v[y][x + 1];
                    let bend = corners - 2.0 * sides + 4.0 * v[y][x];
                    squares += bend * bend;
                }
            }
            // The kernel multiplies a variance by 36 (Immerkær).
            measured.push((squares / ((BLOCK - 2) * (BLOCK - 2)) as f32 / 36.0).sqrt());
        }
    }
    if measured.is_empty() {
        return 0.0;
    }
    let rank = measured.len() / 5;
    *measured.select_nth_unstable_by(rank, f32::total_cmp).1
}

/// Takes noise of the standard deviation `sigma` away; `strength` 1 is all that likeness allows.
///
/// # Errors
/// [`Fault::Stopped`].
pub fn denoise(picture: &mut Picture, sigma: f32, strength: f32, stop: &Stop) -> Result<(), Fault> {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    if sigma < NOTHING || strength <= 0.0 || width == 0 {
        return Ok(());
    }
    let row = width * 3;
    // Rows above the strip as they were before they were worked on.
    let mut above: Vec<f32> = Vec::new();
    for top in (0..height).step_by(STRIP) {
        let bottom = (top + STRIP).min(height);
        let end = (bottom + HALO).min(height);
        let mut source = above.clone();
        source.extend_from_slice(&picture.data[top * row..end * row]);
        let first = top - above.len() / row;
        let keep = bottom.saturating_sub(HALO).max(first);
        above = source[(keep - first) * row..(bottom - first) * row].to_vec();
        let target = &mut picture.data[top * row..bottom * row];
        strip(&source, target, width, top - first, sigma, strength, stop)?;
    }
    Ok(())
}

/// Works on one strip: `source` has its rows and those around it, the strip begins at its row `skip`.
fn strip(
    source: &[f32],
    target: &mut [f32],
    width: usize,
    skip: usize,
    sigma: f32,
    strength: f32,
    stop: &Stop,
) -> Result<(), Fault> {
    let rows = source.len() / (width * 3);
    let lumas: Vec<f32> = source.chunks_exact(3).map(luma).collect();
    let mut sums = vec![[0.0_f32; 4]; target.len() / 3];
    // Likeness: patches differ by 2 sigma² where only noise differs.
    let (expected, decay) = (2.0 * sigma * sigma, 1.0 / (0.7 * sigma * sigma));
    let mut difference = vec![0.0_f32; rows * width];
    let mut across = vec![0.0_f32; rows * width];
    let patch = PATCH as usize;
    for dy in -SEARCH..=SEARCH {
        stop.check()?;
        for dx in -SEARCH..=SEARCH {
            for y in 0..rows {
                let other = (y as i64 + dy).clamp(0, rows as i64 - 1) as usize;
                let (one, two) = (&lumas[y * width..(y + 1) * width], &lumas[other * width..(other + 1) * width]);
                let line = &mut difference[y * width..(y + 1) * width];
                for (x, value) in line.iter_mut().enumerate() {
                    let apart = one[x] - two[(x as i64 + dx).clamp(0, width as i64 - 1) as usize];
                    *value = apart * apart;
                }
                let out = &mut across[y * width..(y + 1) * width];
                let mut sum: f32 = line.iter().take(patch).sum();
                for x in 0..width {
                    sum += if x + patch < width { line[x + patch] } else { 0.0 };
                    sum -= if x > patch { line[x - patch - 1] } else { 0.0 };
                    out[x] = sum;
                }
            }
            for (y, line) in sums.chunks_exact_mut(width).enumerate() {
                let y = y + skip;
                let (from, to) = (y.saturating_sub(patch), (y + patch).min(rows - 1));
                let scale = 1.0 / ((to - from + 1) * (2 * patch + 1)) as f32;
                let other = (y as i64 + dy).clamp(0, rows as i64 - 1) as usize;
                for (x, sum) in line.iter_mut().enumerate() {
                    let total: f32 = (from..=to).map(|row| across[row * width + x]).sum();
                    let unlike = (total * scale - expected).max(0.0) * decay;
                    if unlike < 6.0 {
                        let weight = falling(unlike);
                        let place = (other * width + (x as i64 + dx).clamp(0, width as i64 - 1) as usize) * 3;
                        sum[0] += weight * source[place];
                        sum[1] += weight * source[place + 1];
                        sum[2] += weight * source[place + 2];
                        sum[3] += weight;
                    }
                }
            }
        }
    }
    for (pixel, sum) in target.chunks_exact_mut(3).zip(&sums) {
        for (value, sum_of) in pixel.iter_mut().zip(sum) {
            *value += (sum_of / sum[3].max(1e-6) - *value) * strength;
        }
    }
    Ok(())
}

/// About e^-x for 0 to 6, without the price of an exponential.
fn falling(value: f32) -> f32 {
    let base = (1.0 - value / 8.0).max(0.0);
    let square = base * base;
    square * square * square * square
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A dark and a light half with noise of the given amplitude; the noise comes from a hash of the place.
    fn noisy(amplitude: f32) -> Picture {
        let mut picture = Picture::new(96, 64);
        for (index, pixel) in picture.pixels_mut().enumerate() {
            let base = if index % 96 < 48 { 0.3 } else { 0.7 };
            for (channel, value) in pixel.iter_mut().enumerate() {
                let hash = (index as u32 * 3 + channel as u32).wrapping_mul(0x9E37_79B1);
                let hash = (hash ^ (hash >> 15)).wrapping_mul(0x85EB_CA6B);
                *value = base + ((hash >> 8) as f32 / 8_388_608.0 - 1.0) * amplitude;
            }
        }
        picture
    }

    fn deviation(picture: &Picture) -> f32 {
        let values: Vec<f32> = (0..64).flat_map(|y| (4..40).map(move |x| luma(&picture.at(x, y)))).collect();
        let mean = values.iter().sum::<f32>() / values.len() as f32;
        (values.iter().map(|value| (value - mean).powi(2)).sum::<f32>() / values.len() as f32).sqrt()
    }

    #[test]
    fn noise_falls_to_a_third_and_an_edge_stays_sharp() {
        let mut picture = noisy(0.06);
        let (measured, before) = (sigma(&picture), deviation(&picture));
        assert!((measured / before - 1.0).abs() < 0.25, "measured {measured}, is {before}");
        denoise(&mut picture, measured, 1.0, &Stop::default()).unwrap();
        let after = deviation(&picture);
        assert!(after < before / 3.0, "{before} fell only to {after}");
        for y in 8..56 {
            let step = luma(&picture.at(48, y)) - luma(&picture.at(47, y));
            assert!(step > 0.33, "row {y}: a step of 0.4 became {step}");
        }
    }

    #[test]
    fn a_clean_picture_is_not_touched() {
        let clean = noisy(0.0);
        let mut picture = clean.clone();
        assert!(sigma(&picture) < 0.001);
        denoise(&mut picture, sigma(&clean), 1.0, &Stop::default()).unwrap();
        assert_eq!(picture, clean);
    }

    #[test]
    fn work_called_off_ends() {
        let stop = Stop::default();
        stop.stop();
        assert_eq!(denoise(&mut noisy(0.1), 0.05, 1.0, &stop), Err(Fault::Stopped));
    }
}
