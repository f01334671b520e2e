//! Floors seen in perspective: planks, tiles, slabs and carpet as factors of lightness, by the camera of the room.
//!
//! ```text
//! pixel ─► place on the floor ─► plank or tile it is in, joint, grain ─► change of lightness and of warmth
//! ```
//!
//! Refuses to know: the paint's colour, where the floor ends.

use crate::imaging::{
    grade::{
        colour::{mix, smooth},
        particles::{chance, noise},
    },
    room::view::View,
    wishes::Texture,
};

/// Change of lightness (added) and of chroma (factor) at a place.
pub type Change = (f32, f32);

/// The pattern of a texture on the floor at a pixel of a view.
pub fn at(view: &View, texture: Texture, x: f32, y: f32) -> Change {
    let Some(place) = view.floor_at(x, y) else { return (0.0, 1.0) };
    let (across, far) = (place.x, place.y);
    // What one row spans along the floor: finer patterns than that turn into their mean.
    let span = place.length() / (y - view.horizon(x)).max(1.0);
    match texture {
        Texture::Wood => planks(across, far, span),
        Texture::Tiles => tiles(across, far, span, 0.6, 0.012, 0.020),
        Texture::Stone => slabs(across, far, span),
        Texture::Carpet => (0.022 * (noise(across * 60.0, far * 60.0, 5) - 0.5) * seen(0.03, span), 1.0),
        Texture::Concrete => (0.06 * (noise(across * 1.6, far * 1.6, 9) - 0.5), 1.0),
        Texture::Plain => (0.0, 1.0),
    }
}

/// How much of something of a size is seen where a row spans that much.
fn seen(size: f32, span: f32) -> f32 {
    smooth(1.6, 0.5, span / size)
}

/// How near a joint is, 1 in it: `place` within a piece of `length`.
fn joint(place: f32, length: f32, wide: f32, span: f32) -> f32 {
    let within = place.rem_euclid(length);
    let near = within.min(length - within);
    let half = (wide * 0.5).max(span * 0.35);
    smooth(half * 1.6, half * 0.5, near) * (wide * 0.5 / half).min(1.0)
}

/// Boards that run away from the camera, staggered.
fn planks(across: f32, far: f32, span: f32) -> Change {
    const WIDE: f32 = 0.19;
    const LONG: f32 = 1.9;
    let board = (across / WIDE).floor();
    let along = far + chance(board as i64, 3, 11) * LONG;
    let piece = (along / LONG).floor();
    let tone = chance(board as i64, piece as i64, 17) - 0.5;
    let sideways = span * 0.4;
    let grain = noise(across * 42.0 + tone * 90.0, along * 2.6, 23) - 0.5;
    let fine = noise(across * 150.0 + tone * 50.0, along * 7.0, 29) - 0.5;
    let joints = joint(across, WIDE, 0.006, sideways).max(joint(along, LONG, 0.006, span) * 0.9);
    let light = tone * 0.075 + grain * 0.11 * seen(0.024, sideways) + fine * 0.05 * seen(0.008, sideways);
    (light - 0.16 * joints, 1.0 - tone * 0.25 + grain * 0.3)
}

/// Square tiles with joints; `vary` is how much tiles differ.
fn tiles(across: f32, far: f32, span: f32, edge: f32, wide: f32, vary: f32) -> Change {
    let tone = chance((across / edge).floor() as i64, (far / edge).floor() as i64, 41) - 0.5;
    let joints = joint(across, edge, wide, span * 0.4).max(joint(far, edge, wide, span));
    let cloud = noise(across * 5.0, far * 5.0, 43) - 0.5;
    (tone * vary * 2.0 + cloud * 0.025 - 0.13 * joints, 1.0 - 0.4 * joints)
}

/// Large slabs with veins.
fn slabs(across: f32, far: f32, span: f32) -> Change {
    let (joints, _) = tiles(across, far, span, 1.2, 0.005, 0.006);
    let bend = noise(across * 1.1, far * 1.1, 51) * 3.0;
    let vein = (noise(across * 1.3 + bend, far * 1.3 - bend, 53) - 0.5).abs();
    let cloud = noise(across * 2.0, far * 2.0, 57) - 0.5;
    (mix(-0.10, 0.0, smooth(0.0, 0.05, vein)) * seen(0.05, span) + cloud * 0.05 + joints * 0.8, 1.0)
}
