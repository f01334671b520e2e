//! The light in a picture, so that inserted objects are lit alike.
//!
//! ```text
//! windows left / right / ahead, else the floor's brightness ─► direction
//! bright but not blown pixels ─► strength and colour of the light on a white wall
//! ```
//!
//! Refuses to know: the inserted objects.

use glam::{Vec2, Vec3};

use super::{floor::Floor, view::View};
use crate::imaging::tone::{Lab, brightness};

/// The light of a room.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RoomLight {
    /// From the room towards where most light comes from, in the world; length 1.
    pub towards: Vec3,
    /// How much more comes from there than from elsewhere, 0 to 1.
    pub directed: f32,
    /// What a matt white surface would show, linear.
    pub white: Vec3,
    /// The darkest that is seen, linear: haze and the film's own black.
    pub black: f32,
}

/// The light of a small picture.
pub fn of(light: &[Vec3], width: usize, view: &View, floor: &Floor) -> RoomLight {
    let mut levels: Vec<f32> = light.iter().map(|&pixel| brightness(pixel)).collect();
    let sides = sides(light, &levels, width, view);
    levels.sort_by(f32::total_cmp);
    let level = |share: f32| levels.get(((levels.len() - 1) as f32 * share) as usize).copied().unwrap_or(0.5);
    // Walls are the large bright surfaces, and reflect about two thirds. Windows are brighter, so not the brightest.
    let wall = (0.5 * level(0.7) + 0.5 * level(0.85)).min(0.85);
    let white = (wall / 0.68).clamp(0.1, 1.15);
    RoomLight {
        towards: direction(sides, light, width, view, floor),
        directed: (sides.windows * 12.0).clamp(0.25, 0.5),
        white: tint(light, level(0.4), level(0.97).min(0.97)) * white,
        black: level(0.002).min(0.02),
    }
}

/// The places of very bright areas.
#[derive(Debug, Clone, Copy)]
struct Sides {
    /// Share of the picture that is a window or a lamp.
    windows: f32,
    /// Its mean direction in the world.
    towards: Vec3,
}

fn sides(light: &[Vec3], levels: &[f32], width: usize, view: &View) -> Sides {
    let mut sorted = levels.to_vec();
    sorted.sort_by(f32::total_cmp);
    let middle = sorted.get(sorted.len() / 2).copied().unwrap_or(0.5);
    let bright = (middle * 2.2).clamp(0.55, 0.93);
    let mut towards = Vec3::ZERO;
    let mut sum = 0.0f32;
    for (at, &level) in levels.iter().enumerate() {
        let (x, y) = ((at % width) as f32 + 0.5, (at / width) as f32 + 0.5);
        // On the floor there are only reflections of windows.
        if level > bright && y < view.horizon(x) + 0.1 * view.height {
            let weight = level * level;
            towards += view.ray(x, y).normalize_or_zero() * weight;
            sum += weight;
        }
    }
    Sides { windows: sum / light.len().max(1) as f32, towards: towards.normalize_or_zero() }
}

/// Towards the windows where some are visible, else to the side where the floor is brighter, from above in any case.
fn direction(sides: Sides, light: &[Vec3], width: usize, view: &View, floor: &Floor) -> Vec3 {
    if (0.004..0.35).contains(&sides.windows) && sides.towards != Vec3::ZERO {
        let flat = Vec3::new(sides.towards.x, 0.0, sides.towards.z).normalize_or_zero();
        return (flat * 0.8 + Vec3::Y).normalize();
    }
    let (mut sum, mut count) = ([0.0f32; 2], [1e-3f32; 2]);
    for (at, &inside) in floor.region.data.iter().enumerate() {
        let side = usize::from(at % width >= width / 2);
        sum[side] += inside * brightness(light[at]);
        count[side] += inside;
    }
    let (left, right) = (sum[0] / count[0], sum[1] / count[1]);
    let lean = ((right - left) / (right + left).max(1e-3) * 3.0).clamp(-0.6, 0.6);
    // Slightly from behind the camera: the visible side of objects is then not their dark side.
    let aside = view.ray(view.width / 2.0, view.height / 2.0).cross(Vec3::Y).normalize_or(Vec3::X);
    (aside * if lean.abs() < 0.08 { -0.35 } else { lean } + Vec3::Y
        - view.ray(view.width / 2.0, view.height / 2.0).normalize_or_zero() * 0.25)
        .normalize()
}

/// The colour of the light by the middle tones, with brightness 1: half as colourful as their mean, because the walls
/// have colours of their own.
fn tint(light: &[Vec3], from: f32, to: f32) -> Vec3 {
    let mut sum = Vec2::ZERO;
    let mut weight = 1e-3;
    for &pixel in light {
        let level = brightness(pixel);
        let colour = Lab::of(pixel);
        if level >= from && level <= to && colour.chroma() < 0.12 {
            // Relative to lightness, so that a dark pixel counts as much.
            sum += Vec2::new(colour.a, colour.b) / colour.l.max(0.1);
            weight += 1.0;
        }
    }
    let mean = (sum / weight * 0.6).clamp_length_max(0.07);
    let light = Lab { l: 0.9, a: mean.x * 0.9, b: mean.y * 0.9 }.light().max(Vec3::splat(0.05));
    light / brightness(light)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imaging::{picture::Plane, room::floor::Walls};

    fn room(colour: impl Fn(usize, usize) -> Vec3) -> RoomLight {
        let (width, height) = (80, 60);
        let light: Vec<Vec3> = (0..width * height).map(|at| colour(at % width, at / width)).collect();
        let region = (0..width * height).map(|at| f32::from(u8::from(at / width > 40))).collect();
        let floor = Floor { region: Plane::from_data(80, 60, region).unwrap(), walls: Walls::NONE };
        of(&light, width, &View::usual(80.0, 60.0), &floor)
    }

    #[test]
    fn light_comes_from_the_window_that_is_seen() {
        let window = |x: usize, y: usize| (8..22).contains(&x) && (8..24).contains(&y);
        let found = room(|x, y| Vec3::splat(if window(x, y) { 1.0 } else { 0.25 }));
        assert!(found.towards.x < -0.15 && found.towards.y > 0.5, "{}", found.towards);
        let mirrored = room(|x, y| Vec3::splat(if window(79 - x, y) { 1.0 } else { 0.25 }));
        assert!(mirrored.towards.x > 0.15, "{}", mirrored.towards);
    }

    #[test]
    fn warm_walls_mean_warm_light_and_dark_walls_little() {
        let warm = room(|_, _| Vec3::new(0.5, 0.42, 0.3));
        assert!(warm.white.x > 1.1 * warm.white.z, "{}", warm.white);
        let dark = room(|_, _| Vec3::splat(0.1));
        assert!(brightness(dark.white) < 0.3 && brightness(warm.white) > 0.5);
        assert!((dark.white.x / dark.white.z - 1.0).abs() < 0.02);
    }

    #[test]
    fn without_windows_light_comes_from_where_the_floor_is_brighter() {
        let right = room(|x, y| Vec3::splat(if y > 40 { 0.1 + x as f32 / 400.0 } else { 0.3 }));
        assert!(right.towards.x > 0.2, "{}", right.towards);
    }
}
