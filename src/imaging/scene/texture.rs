//! Patterns as factors of a colour, by place on the surface.
//!
//! What is finer than a pixel fades into its mean, so that distant floors do not flicker. Refuses to know: light.

use super::{
    Pattern,
    sampling::{hash, unit},
};
use glam::{Vec2, Vec3};

/// The factor at `uv` (metres) for a pixel that covers `footprint` metres.
pub fn factor(pattern: Pattern, uv: Vec2, footprint: f32) -> Vec3 {
    match pattern {
        Pattern::Plain => Vec3::ONE,
        Pattern::Boards { width, length } => boards(uv, width.max(0.01), length.max(0.05), footprint),
        Pattern::Wood => grain(uv, footprint, 0.5),
        Pattern::Tiles { side } => tiles(uv, Vec2::splat(side.max(0.01)), 0.0, footprint),
        Pattern::Bricks { width, height } => tiles(uv, Vec2::new(width.max(0.01), height.max(0.01)), 0.5, footprint),
        Pattern::Marble => marble(uv, footprint),
        Pattern::Fabric => {
            let thread = (uv * 700.0).map(f32::sin);
            Vec3::splat(
                1.0 + fade(footprint, 0.009) * 0.08 * (thread.x * thread.y) + 0.05 * cloud(uv * 30.0, footprint * 30.0),
            )
        }
        Pattern::Carpet => {
            Vec3::splat(1.0 + 0.10 * cloud(uv * 160.0, footprint * 160.0) + 0.05 * cloud(uv * 4.0, footprint * 4.0))
        }
        Pattern::Rug { size } => rug(uv, size, footprint),
        Pattern::Grass => {
            let patch = cloud(uv * 0.9, footprint * 0.9);
            let blade = cloud(uv * Vec2::new(55.0, 70.0), footprint * 60.0);
            Vec3::splat(1.0 + 0.14 * patch + 0.30 * blade) * Vec3::new(1.0 + 0.10 * patch, 1.0, 1.0 - 0.08 * patch)
        }
        Pattern::Concrete => {
            let pore = cloud(uv * 90.0, footprint * 90.0);
            Vec3::splat(
                1.0 + 0.07 * cloud(uv * 1.3, footprint * 1.3) + 0.04 * cloud(uv * 14.0, footprint * 14.0)
                    - 0.05 * (pore - 0.45).max(0.0),
            )
        }
    }
}

/// 1 where `size` metres are seen well, 0 where a pixel covers them.
fn fade(footprint: f32, size: f32) -> f32 {
    (1.5 - 2.5 * footprint / size).clamp(0.0, 1.0)
}

/// A number in 0..1 of a cell.
fn cell(x: f32, y: f32) -> f32 {
    unit(hash((x as i32 as u32).wrapping_mul(0x9e37_79b1) ^ hash((y as i32 as u32).wrapping_add(0x51ed_270b))))
}

/// Smooth noise of one octave, -1..1.
fn noise(at: Vec2) -> f32 {
    let (low, t) = (at.floor(), at - at.floor());
    let t = t * t * (Vec2::splat(3.0) - 2.0 * t);
    let row = |dy: f32| {
        let (a, b) = (cell(low.x, low.y + dy), cell(low.x + 1.0, low.y + dy));
        a + (b - a) * t.x
    };
    let (a, b) = (row(0.0), row(1.0));
    2.0 * (a + (b - a) * t.y) - 1.0
}

/// Three octaves of noise with cells of 1, those dropped that a pixel of `footprint` covers.
fn cloud(at: Vec2, footprint: f32) -> f32 {
    let mut sum = 0.0;
    for (scale, share) in [(1.0, 0.55), (2.1, 0.3), (4.3, 0.15)] {
        let seen = fade(footprint * scale, 1.0);
        if seen > 0.0 {
            sum += share * seen * noise(at * scale + Vec2::splat(17.3 * scale));
        }
    }
    sum
}

/// Grain along u.
fn grain(uv: Vec2, footprint: f32, strength: f32) -> Vec3 {
    let bend = cloud(uv * Vec2::new(1.1, 5.0), footprint * 5.0);
    let ring = cloud(Vec2::new(uv.x * 1.6, uv.y * 38.0 + bend * 2.5), footprint * 38.0);
    let fibre = cloud(uv * Vec2::new(12.0, 420.0), footprint * 420.0);
    let dark = strength * (0.30 * ring + 0.12 * bend + 0.15 * fibre);
    Vec3::new(1.0 + 0.8 * dark, 1.0 + dark, 1.0 + 1.15 * dark)
}

fn boards(uv: Vec2, width: f32, length: f32, footprint: f32) -> Vec3 {
    let row = (uv.y / width).floor();
    let along = uv.x / length + cell(row, 7.0);
    let board = along.floor();
    let (tone, hue) = (cell(row, board) - 0.5, cell(board, row + 31.0) - 0.5);
    let inside = Vec2::new((along - board) * length, uv.y - row * width);
    let edge = inside.x.min(length - inside.x).min(inside.y).min(width - inside.y);
    let joint = 0.0018f32.max(footprint * 0.5);
    let line = 0.45 * (0.0025 / joint).min(1.0) * (1.0 - edge / joint).clamp(0.0, 1.0);
    let shift = Vec2::new(cell(row + 3.0, board) * 40.0, cell(row, board + 5.0) * 40.0);
    let tint = Vec3::new(1.0 + 0.22 * tone + 0.05 * hue, 1.0 + 0.24 * tone, 1.0 + 0.26 * tone - 0.08 * hue);
    grain(uv + shift, footprint, 0.55) * tint * (1.0 - line)
}

/// Tiles of a size; every other row is moved by a share of their width.
fn tiles(uv: Vec2, size: Vec2, bond: f32, footprint: f32) -> Vec3 {
    let row = (uv.y / size.y).floor();
    let along = uv.x / size.x + bond * row.rem_euclid(2.0);
    let column = along.floor();
    let inside = Vec2::new((along - column) * size.x, uv.y - row * size.y);
    let edge = inside.x.min(size.x - inside.x).min(inside.y).min(size.y - inside.y);
    let joint = 0.0025f32.max(footprint * 0.6);
    let line = (0.004 / joint).min(1.0) * (1.0 - edge / joint).clamp(0.0, 1.0);
    let tone = 0.06 * (cell(row, column) - 0.5) + 0.03 * cloud(uv * 6.0, footprint * 6.0);
    Vec3::splat((1.0 + tone) * (1.0 - 0.3 * line.min(1.0)))
}

fn marble(uv: Vec2, footprint: f32) -> Vec3 {
    let bend = Vec2::new(cloud(uv * 1.7, footprint * 1.7), cloud(uv * 1.7 + Vec2::splat(9.0), footprint * 1.7));
    let vein = (1.0 - cloud(uv * 1.3 + bend * 1.4, footprint * 1.3).abs() * 9.0).max(0.0);
    let dark = 0.26 * vein + 0.05 * cloud(uv * 5.0, footprint * 5.0);
    Vec3::new(1.0 - dark, 1.0 - dark * 0.97, 1.0 - dark * 0.92)
}

fn rug(uv: Vec2, size: Vec2, footprint: f32) -> Vec3 {
    let inset = (size * 0.5 - uv.abs()).min_element();
    let unit = (size.min_element() * 0.045).max(0.02);
    let band = inset / unit;
    let pile = 1.0 + 0.10 * cloud(uv * 130.0, footprint * 130.0);
    // Soft edges of a pixel between light and dark.
    let soft = (footprint / unit).max(0.04);
    let step = |at: f32| ((band - at) / soft + 0.5).clamp(0.0, 1.0);
    let border = step(0.8) - step(1.2) + step(2.2) - step(2.6);
    let turn = Vec2::new(uv.x + uv.y, uv.x - uv.y) / (unit * 4.5);
    let diamond = (turn - turn.round()).abs().max_element();
    let figure = (((diamond - 0.34) * 4.5 / soft).clamp(0.0, 1.0)) * step(3.4) * fade(footprint, unit);
    Vec3::splat(pile) * (1.0 - 0.45 * border.clamp(0.0, 1.0) - 0.14 * figure)
}
