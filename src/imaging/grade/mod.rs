//! Operations on the values of pixels: noise, light, colour, contrast, detail, weather, season. They know no service.
//!
//! ```text
//! Picture ─► shrink ─► measures and small planes (layout, base layer)
//!    └─────────────────────► rows, beside the stretched rows of the planes ─► Picture
//! ```
//!
//! Works in place, on one core, with at most one plane of the picture's size. The same input gives the same output: what
//! looks like chance is a hash of the place. Refuses to know: wishes' words, services, files.

pub mod balance;
pub mod colour;
pub mod detail;
pub mod field;
pub mod layout;
pub mod light;
pub mod look;
pub mod night;
pub mod noise;
pub mod particles;
pub mod season;
pub mod tone;
pub mod weather;

use super::{
    Fault, Stop,
    picture::{Picture, Plane},
};

/// `after` where the mask is light, `before` where it is 0, a soft change between. `feather` is the width of the change in
/// pixels; it reaches inwards, so that what the mask leaves out stays exactly as it was.
///
/// # Errors
/// [`Fault::Stopped`].
pub fn within(before: &Picture, after: &mut Picture, mask: &Plane, feather: f32, stop: &Stop) -> Result<(), Fault> {
    let soft = feathered(mask, feather);
    let width = before.width() as usize;
    let same = after.data.len() == before.data.len();
    field::each_row(after, [&soft], stop, |y, line, [small]| {
        if !same {
            return;
        }
        for (x, pixel) in line.chunks_exact_mut(3).enumerate() {
            let place = y * width + x;
            let hard = mask.data.get(place).copied().unwrap_or(0.0);
            let share = small.get(x).copied().unwrap_or(0.0).min(hard).clamp(0.0, 1.0);
            let original = &before.data[place * 3..place * 3 + 3];
            for (value, original) in pixel.iter_mut().zip(original) {
                *value = if share <= 0.0 { *original } else { original + (*value - original) * share };
            }
        }
    })
}

/// The width of a soft edge that suits a picture, in pixels.
pub fn feather_of(picture: &Picture) -> f32 {
    (picture.long_edge() as f32 / 100.0).clamp(2.0, 40.0)
}

/// A small plane that is 0 at the mask's edge and 1 half a feather further in.
fn feathered(mask: &Plane, feather: f32) -> Plane {
    let (width, height) = field::small_size(mask.width(), mask.height());
    let scale = width as f32 / mask.width().max(1) as f32;
    let mut small = Plane::filled(width, height, 0.0);
    for y in 0..height {
        for x in 0..width {
            let from = |place: u32, edge: u32, small: u32| i64::from(place) * i64::from(edge) / i64::from(small);
            let (x0, x1) = (from(x, mask.width(), width), from(x + 1, mask.width(), width));
            let (y0, y1) = (from(y, mask.height(), height), from(y + 1, mask.height(), height));
            let (mut sum, mut count) = (0.0, 0.0);
            for v in y0..y1.max(y0 + 1) {
                for u in x0..x1.max(x0 + 1) {
                    sum += mask.at(u, v);
                    count += 1.0;
                }
            }
            small.data[(y * width + x) as usize] = sum / count;
        }
    }
    let radius = (feather * scale / 3.0).round().max(1.0) as usize;
    let mut soft = field::blurred(&small, radius);
    for value in &mut soft.data {
        *value = colour::smooth(0.45, 0.95, *value);
    }
    soft
}

#[cfg(test)]
mod tests;
