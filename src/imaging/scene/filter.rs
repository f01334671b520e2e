//! Evens out noise of light without smearing it over edges.
//!
//! ```text
//! light ─► 5 x 5 ─► 5 x 5 with gaps of 2 ─► gaps of 4: neighbours count when they lie in the same plane
//! ```
//!
//! Refuses to know: what the surfaces are of; colours are multiplied on afterwards and stay sharp.

use crate::imaging::{Fault, Stop};
use glam::Vec3;

/// Light on what a pixel shows, and where that is.
#[derive(Debug, Clone, Copy, Default)]
pub struct Lit {
    /// From sky and lamps.
    pub light: Vec3,
    /// Share of the sun's.
    pub sun: f32,
    /// Of the surface, length 1 once finished.
    pub normal: Vec3,
    /// Metres.
    pub position: Vec3,
    /// Samples; 0 where there is nothing.
    pub weight: f32,
}

impl Lit {
    /// Adds a sample.
    pub fn add(&mut self, position: Vec3, normal: Vec3, light: Vec3, sun: f32) {
        self.position += position;
        self.normal += normal;
        self.light += light;
        self.sun += sun;
        self.weight += 1.0;
    }

    /// Sums become means.
    pub fn finish(&mut self) {
        if self.weight > 0.0 {
            let share = 1.0 / self.weight;
            self.position *= share;
            self.normal = self.normal.normalize_or_zero();
            self.light *= share;
            self.sun *= share;
        }
    }
}

/// Passes that so many samples need.
pub fn passes(samples: u32) -> u32 {
    match samples {
        0..=7 => 3,
        8..=23 => 2,
        _ => 1,
    }
}

/// Rows around a row that contribute to it.
pub fn margin(passes: u32) -> u32 {
    (0..passes).map(|pass| 2 << pass).sum()
}

/// Smooths rows of the same length; empty ones give nothing.
///
/// # Errors
/// [`Fault::Stopped`] when called off.
pub fn smooth(rows: &[&[Lit]], passes: u32, stop: &Stop) -> Result<Vec<Lit>, Fault> {
    let width = rows.first().map_or(0, |row| row.len());
    let mut from: Vec<Lit> = rows.iter().flat_map(|row| row.iter().copied()).collect();
    if width == 0 {
        return Ok(from);
    }
    let mut to = from.clone();
    for pass in 0..passes {
        for y in 0..rows.len() {
            if y % 16 == 0 {
                stop.check()?;
            }
            for x in 0..width {
                let at = y * width + x;
                if from[at].weight > 0.0 {
                    (to[at].light, to[at].sun) = around(&from, width, rows.len(), x, y, pass);
                }
            }
        }
        std::mem::swap(&mut from, &mut to);
    }
    Ok(from)
}

fn around(from: &[Lit], width: usize, height: usize, x: usize, y: usize, pass: u32) -> (Vec3, f32) {
    const KERNEL: [f32; 5] = [0.25, 0.7, 1.0, 0.7, 0.25];
    let (step, mid) = (1isize << pass, &from[y * width + x]);
    let (mut light, mut sun, mut total, mut suns) = (Vec3::ZERO, 0.0, 0.0, 0.0);
    let bright = mid.light.element_sum();
    for (dy, row) in (-2isize..=2).zip(KERNEL) {
        let Some(v) = y.checked_add_signed(dy * step).filter(|&v| v < height) else { continue };
        for (dx, column) in (-2isize..=2).zip(KERNEL) {
            let Some(u) = x.checked_add_signed(dx * step).filter(|&u| u < width) else { continue };
            let other = &from[v * width + u];
            let alike = mid.normal.dot(other.normal);
            if other.weight <= 0.0 || alike < 0.85 {
                continue;
            }
            let way = other.position - mid.position;
            // How far out of the plane, as a share of how far away.
            let off = mid.normal.dot(way).abs() / (way.length() + 1e-5);
            let mut weight = row * column * other.weight * (1.0 - off * 3.0).max(0.0) * (alike * 6.667 - 5.667);
            if pass == 0 {
                sun += other.sun * weight;
                suns += weight;
            } else {
                let gap = (other.light.element_sum() - bright) / (0.25 * bright + 0.05);
                weight *= (1.0 - gap * gap).max(0.0);
            }
            light += other.light * weight;
            total += weight;
        }
    }
    let sun = if suns > 0.0 { sun / suns } else { mid.sun };
    if total > 0.0 { (light / total, sun) } else { (mid.light, sun) }
}
