//! Paint on a surface: another colour and mean lightness, the same shading and texture.
//!
//! ```text
//! region ─► mean and deviation of Oklab there ─► each pixel: paint + its own difference from the mean (+ pattern of a floor)
//! ```
//!
//! Refuses to know: how the surface was found.

use super::{pattern::Floor, surface::Region};
use crate::imaging::{
    Fault, Stop,
    grade::{
        colour::{luma, mix, oklab, rgb_of_oklab, smooth},
        field::{self, plane_of, shrink},
        layout::{base_within, labs},
    },
    picture::Picture,
    wishes::{Paint, Texture},
};

/// What a region is of.
struct Mean {
    lab: [f32; 3],
    /// First row of it, 0 to 1.
    top: f32,
}

/// Measures a region.
fn mean(small: &Picture, region: &Region) -> Option<Mean> {
    let share = region.small(small.width(), small.height());
    let (mut sum, mut weights) = ([0.0_f32; 3], 0.0_f32);
    for (lab, share) in labs(small).into_iter().zip(&share.data) {
        for (sum, value) in sum.iter_mut().zip(lab) {
            *sum += value * share;
        }
        weights += share;
    }
    let width = (small.width() as usize).max(1);
    let full = share.data.chunks_exact(width).position(|row| row.iter().sum::<f32>() > width as f32 * 0.03);
    (weights > 4.0).then(|| Mean {
        lab: sum.map(|sum| sum / weights),
        top: full.unwrap_or(0) as f32 / small.height().max(1) as f32,
    })
}

/// Paints a region; on a floor a texture brings its pattern.
///
/// # Errors
/// [`Fault::Stopped`].
pub fn paint(picture: &mut Picture, region: &Region, floor: bool, paint: &Paint, stop: &Stop) -> Result<(), Fault> {
    let small = shrink(picture);
    let Some(mean) = mean(&small, region) else { return Ok(()) };
    let goal = oklab(paint.rgb);
    let (width, height) = (picture.width() as f32, picture.height() as f32);
    let plane = Floor { horizon: (mean.top - 0.10).min(0.55), aspect: width / height, rows: height };
    let patterned = floor && paint.texture != Texture::Plain;
    // A room that is dark stays dark with white paint: lightness goes the larger part of the way, not all of it.
    let light = mix(mean.lab[0], goal[0], 0.78);
    // Shading is a factor of light; below a pattern only the wide shading of the old floor is kept.
    let lumas = plane_of(&small, |pixel| oklab([pixel[0], pixel[1], pixel[2]])[0]);
    // What borders on the surface is not its shading.
    let inside = region.small(small.width(), small.height());
    let wide = base_within(&lumas, &inside, (small.long_edge() as usize / 60).max(1));
    let (slope, offset, share) = region.planes();
    let tint = goal[1].hypot(goal[2]);
    field::each_row(picture, [&slope, &offset, &share, &wide], stop, |y, line, [slope, offset, share, wide]| {
        let v = (y as f32 + 0.5) / height;
        for (x, pixel) in line.chunks_exact_mut(3).enumerate() {
            let here = region.at(slope[x], offset[x], share[x], luma(pixel)).clamp(0.0, 1.0);
            if here <= 0.0 {
                continue;
            }
            let lab = oklab([pixel[0], pixel[1], pixel[2]]);
            let fine = lab[0] - wide[x];
            let shade = (wide[x] / mean.lab[0].max(0.05)).clamp(0.3, 1.6);
            let fine = fine.clamp(-0.3, 0.2);
            // In deep shade and in glare paint has less colour.
            let mut new = light * shade.powf(mix(1.0, 0.75, smooth(0.6, 0.95, light)));
            new += fine * if patterned { 0.45 } else { 1.0 };
            let mut chroma = mix(0.35, 1.0, smooth(0.0, 0.45, new)) * smooth(1.02, 0.86, new);
            if patterned {
                let (change, factor) = plane.at(paint.texture, (x as f32 + 0.5) / width, v);
                new += change * smooth(0.05, 0.4, new);
                chroma *= factor.clamp(0.6, 1.4);
            }
            // What differed in colour from the old paint (reflections, stains of light) differs from the new one, a little.
            let keep = if tint > 0.0 { 0.35 } else { 0.25 };
            let painted = [
                if new > 0.93 { 0.93 + 0.07 * (1.0 - (-(new - 0.93) / 0.07).exp()) } else { new.max(0.0) },
                goal[1] * chroma + (lab[1] - mean.lab[1]) * keep,
                goal[2] * chroma + (lab[2] - mean.lab[2]) * keep,
            ];
            let rgb = rgb_of_oklab(painted);
            for (value, painted) in pixel.iter_mut().zip(rgb) {
                *value = mix(*value, painted, here);
            }
        }
    })
}
