//! Paint on a surface: another colour and mean lightness, the same shading and texture.
//!
//! ```text
//! region ─► mean and deviation of Oklab there ─► each pixel: paint + its own difference from the mean (+ pattern of a floor)
//! ```
//!
//! Refuses to know: how the surface was found.

use super::pattern;
use crate::imaging::{
    Fault, Stop,
    grade::{
        colour::{mix, oklab, rgb_of_oklab, smooth},
        field::{self, plane_of, shrink},
        layout::{base_within, labs},
    },
    picture::{Picture, Plane},
    resize,
    room::view::View,
    wishes::{Paint, Texture},
};

/// The mean colour of a surface, in Oklab; `share` of the picture's size.
fn mean(small: &Picture, share: &Plane) -> Option<[f32; 3]> {
    let (mut sum, mut weights) = ([0.0_f32; 3], 0.0_f32);
    for (lab, share) in labs(small).into_iter().zip(&share.data) {
        for (sum, value) in sum.iter_mut().zip(lab) {
            *sum += value * share;
        }
        weights += share;
    }
    (weights > 4.0).then(|| sum.map(|sum| sum / weights))
}

/// Paints a surface by its share at each pixel; on a floor, seen by a camera, a texture brings its pattern.
///
/// # Errors
/// [`Fault::Stopped`].
pub fn paint(
    picture: &mut Picture,
    share: &Plane,
    floor: Option<&View>,
    paint: &Paint,
    stop: &Stop,
) -> Result<(), Fault> {
    let small = shrink(picture);
    let inside = resize::plane(share, small.width(), small.height());
    let Some(mean) = mean(&small, &inside) else { return Ok(()) };
    let goal = oklab(paint.rgb);
    let plane = floor.filter(|_| paint.texture != Texture::Plain);
    // A room that is dark stays dark with white paint: lightness goes the larger part of the way, not all of it.
    let light = mix(mean[0], goal[0], 0.78);
    // Shading is a factor of light; below a pattern only the wide shading of the old floor is kept.
    let lumas = plane_of(&small, |pixel| oklab([pixel[0], pixel[1], pixel[2]])[0]);
    // What borders on the surface is not its shading.
    let wide = base_within(&lumas, &inside, (small.long_edge() as usize / 60).max(1));
    let tint = goal[1].hypot(goal[2]);
    field::each_row(picture, [share, &wide], stop, |y, line, [share, wide]| {
        for (x, pixel) in line.chunks_exact_mut(3).enumerate() {
            let here = share[x].clamp(0.0, 1.0);
            if here <= 0.0 {
                continue;
            }
            let lab = oklab([pixel[0], pixel[1], pixel[2]]);
            let fine = lab[0] - wide[x];
            let shade = (wide[x] / mean[0].max(0.05)).clamp(0.3, 1.6);
            let fine = fine.clamp(-0.3, 0.2);
            // In deep shade and in glare paint has less colour.
            let mut new = light * shade.powf(mix(1.0, 0.75, smooth(0.6, 0.95, light)));
            new += fine * if plane.is_some() { 0.45 } else { 1.0 };
            let mut chroma = mix(0.35, 1.0, smooth(0.0, 0.45, new)) * smooth(1.02, 0.86, new);
            if let Some(view) = plane {
                let (change, factor) = pattern::at(view, paint.texture, x as f32 + 0.5, y as f32 + 0.5);
                new += change * smooth(0.05, 0.4, new);
                chroma *= factor.clamp(0.6, 1.4);
            }
            // What differed in colour from the old paint (reflections, stains of light) differs from the new one, a little.
            let keep = if tint > 0.0 { 0.35 } else { 0.25 };
            let painted = [
                if new > 0.93 { 0.93 + 0.07 * (1.0 - (-(new - 0.93) / 0.07).exp()) } else { new.max(0.0) },
                goal[1] * chroma + (lab[1] - mean[1]) * keep,
                goal[2] * chroma + (lab[2] - mean[2]) * keep,
            ];
            let rgb = rgb_of_oklab(painted);
            for (value, painted) in pixel.iter_mut().zip(rgb) {
                *value = mix(*value, painted, here);
            }
        }
    })
}
