//! Local contrast: a base layer with edges, made flatter or steeper; two layers of detail above it, made stronger.
//!
//! ```text
//! luma ─► guided filter, wide ─► base ──► curve (shadows, lights, contrast) ─┐
//!      └► guided filter, near ─► shapes (clarity) ───────────────────────────┼─► luma
//!                  └─ rest ────► texture ────────────────────────────────────┘
//! ```
//!
//! The base keeps large edges, so no halo stands along them. Refuses to know: colour beyond keeping it.

use super::{
    balance::relight,
    colour::{luma, smooth},
    field::{self, Guided},
};
use crate::imaging::{
    Fault, Stop,
    picture::{Picture, Plane},
};

/// How much of what; 0 is nothing for each.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Tone {
    /// Lifts what lies in shadow, 0 to 1.
    pub shadows: f32,
    /// Brings back what is near white, 0 to 1; below 0 it glares more.
    pub lights: f32,
    /// Steepens (or below 0 flattens) the middle of the base, -1 to 1.
    pub contrast: f32,
    /// Strengthens shapes, -1 to 1.
    pub clarity: f32,
    /// Strengthens what is finer, -1 to 1.
    pub texture: f32,
}

/// Where the base is cut from detail.
fn layers(small: &Plane) -> [Guided; 2] {
    let long = small.width().max(small.height()) as usize;
    [field::guided(small, small, (long / 22).max(1), 0.02), field::guided(small, small, (long / 150).max(1), 0.004)]
}

impl Tone {
    /// The base's new value.
    fn curve(&self, base: f32) -> f32 {
        let base = base.clamp(0.0, 1.0);
        let dark = smooth(0.0, 0.06, base) * (1.0 - smooth(0.1, 0.55, base));
        let light = smooth(0.55, 0.95, base);
        // The steepest of x + k sin is at the middle.
        let steep = -(base * std::f32::consts::TAU).sin() * 0.11 * self.contrast;
        base + self.shadows * 0.16 * dark - self.lights * 0.10 * light + steep
    }

    /// Applies it. `noise` is the standard deviation of what is no detail.
    ///
    /// # Errors
    /// [`Fault::Stopped`].
    pub fn apply(&self, picture: &mut Picture, noise: f32, stop: &Stop) -> Result<(), Fault> {
        if *self == Self::default() {
            return Ok(());
        }
        let small = field::plane_of(&field::shrink(picture), luma);
        let [wide, near] = layers(&small);
        let planes = [&wide.slope, &wide.offset, &near.slope, &near.offset];
        field::each_row(picture, planes, stop, |_, line, [slope, offset, near_slope, near_offset]| {
            for (x, pixel) in line.chunks_exact_mut(3).enumerate() {
                let before = luma(pixel);
                let base = slope[x] * before + offset[x];
                let shape = near_slope[x] * before + near_offset[x] - base;
                let fine = before - base - shape;
                // Strong steps are edges already; making them stronger is what draws halos.
                let clarity = 1.0 + self.clarity * 0.9 * (-(shape / 0.14).powi(2)).exp();
                let told = smooth(noise, noise * 3.0 + 0.002, fine.abs());
                let texture = 1.0 + self.texture * told * (-(fine / 0.12).powi(2)).exp();
                let after = self.curve(base) + shape * clarity + fine * texture;
                relight(pixel, before, after.clamp(before * 0.4, 1.0 - (1.0 - before) * 0.4));
            }
        })
    }
}
