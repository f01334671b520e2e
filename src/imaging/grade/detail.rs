//! Detail: undoes a slight blur by iteration, within what the neighbourhood has, so that no edge overshoots.
//!
//! ```text
//! luma ─► strips: blur, compare, correct (twice) ─► limited to the 3 x 3 neighbours' range ─► luma
//! ```
//!
//! Refuses to know: where the blur came from.

use super::colour::{luma, smooth};
use crate::imaging::{Fault, Stop, picture::Picture};

/// Weights of the blur undone: a Gaussian of 0.8 pixels.
const KERNEL: [f32; 3] = [0.498, 0.228, 0.023];
/// Rows that one correction needs around it.
const HALO: usize = 5;
/// Rows worked on at once.
const STRIP: usize = 48;

/// Sharpens by `amount` (0 to 1); what differs by less than `noise` is left alone.
///
/// # Errors
/// [`Fault::Stopped`].
pub fn sharpen(picture: &mut Picture, amount: f32, noise: f32, stop: &Stop) -> Result<(), Fault> {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    if amount <= 0.0 || width < 3 || height < 3 {
        return Ok(());
    }
    let lumas: Vec<f32> = picture.pixels().map(luma).collect();
    for top in (0..height).step_by(STRIP) {
        stop.check()?;
        let bottom = (top + STRIP).min(height);
        let (from, to) = (top.saturating_sub(HALO), (bottom + HALO).min(height));
        let seen = &lumas[from * width..to * width];
        let mut guess = seen.to_vec();
        for _ in 0..2 {
            let soft = blur(&guess, width);
            for ((value, soft), seen) in guess.iter_mut().zip(&soft).zip(seen) {
                *value += (seen - soft) * 0.9;
            }
        }
        for y in top..bottom {
            for x in 0..width {
                let place = y * width + x;
                let (mut low, mut high) = (f32::MAX, f32::MIN);
                for v in y.saturating_sub(1)..=(y + 1).min(height - 1) {
                    for value in &lumas[v * width + x.saturating_sub(1)..=v * width + (x + 1).min(width - 1)] {
                        low = low.min(*value);
                        high = high.max(*value);
                    }
                }
                let before = lumas[place];
                let wished = guess[(y - from) * width + x].clamp(low, high);
                let told = smooth(noise * 1.5, noise * 5.0 + 0.004, high - low);
                let step = (wished - before) * amount * told;
                for value in &mut picture.data[place * 3..place * 3 + 3] {
                    *value += step;
                }
            }
        }
    }
    Ok(())
}

/// Blurs rows of luma; beyond the ends the end's value counts.
fn blur(values: &[f32], width: usize) -> Vec<f32> {
    let rows = values.len() / width;
    let mut across = vec![0.0; values.len()];
    for (line, out) in values.chunks_exact(width).zip(across.chunks_exact_mut(width)) {
        for x in 0..width {
            let pair = |apart: usize| line[x.saturating_sub(apart)] + line[(x + apart).min(width - 1)];
            out[x] = KERNEL[0] * line[x] + KERNEL[1] * pair(1) + KERNEL[2] * pair(2);
        }
    }
    let mut out = vec![0.0; values.len()];
    for y in 0..rows {
        let row = |place: usize| &across[place * width..(place + 1) * width];
        let (here, near) = (row(y), [row(y.saturating_sub(1)), row((y + 1).min(rows - 1))]);
        let far = [row(y.saturating_sub(2)), row((y + 2).min(rows - 1))];
        for (x, value) in out[y * width..(y + 1) * width].iter_mut().enumerate() {
            *value = KERNEL[0] * here[x] + KERNEL[1] * (near[0][x] + near[1][x]) + KERNEL[2] * (far[0][x] + far[1][x]);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_soft_edge_gets_steeper_and_does_not_overshoot() {
        let mut picture = Picture::new(40, 60);
        for (index, pixel) in picture.pixels_mut().enumerate() {
            pixel.fill(0.2 + 0.6 * smooth(18.0, 22.0, (index % 40) as f32));
        }
        let before = picture.clone();
        sharpen(&mut picture, 1.0, 0.0, &Stop::default()).unwrap();
        let slope = |picture: &Picture| picture.at(21, 30)[0] - picture.at(19, 30)[0];
        assert!(slope(&picture) > slope(&before) * 1.15, "{} of {}", slope(&picture), slope(&before));
        assert!(picture.data.iter().all(|value| (0.1999..=0.8001).contains(value)));
        assert_eq!(picture.at(19, 0), picture.at(19, 47), "strips do not show");
    }
}
