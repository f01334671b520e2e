//! Round things and outlines pulled up: builders by turning and by extruding.
//!
//! Each stands on y = 0 around the y axis. Refuses to know: what they are of and where they stand.

use super::Mesh;
use glam::{Vec2, Vec3};
use std::f32::consts::{FRAC_PI_2, TAU};

impl Mesh {
    /// A profile of (radius, height) from the bottom up, turned about the y axis. Edges sharper than about 35 degrees
    /// stay sharp. Ends are closed only where the profile begins or ends at radius 0.
    pub fn lathe(profile: &[Vec2], segments: u32) -> Self {
        let segments = segments.max(3);
        let mut mesh = Self::default();
        let outward = |a: Vec2, b: Vec2| Vec2::new(b.y - a.y, a.x - b.x).normalize_or(Vec2::X);
        for (index, pair) in profile.windows(2).enumerate() {
            let flat = outward(pair[0], pair[1]);
            let smooth = |other: Option<(Vec2, Vec2)>| match other.map(|(a, b)| outward(a, b)) {
                Some(next) if next.dot(flat) > 0.82 => (flat + next).normalize_or(flat),
                _ => flat,
            };
            let before = index.checked_sub(1).and_then(|at| Some((*profile.get(at)?, pair[0])));
            let after = profile.get(index + 2).map(|&next| (pair[1], next));
            let normals = [smooth(before), smooth(after)];
            let first = mesh.vertices.len() as u32;
            for (place, normal) in pair.iter().zip(normals) {
                for segment in 0..=segments {
                    // Clockwise seen from above, so that columns x rows point outwards with rows going up.
                    let (sin, cos) = (TAU * segment as f32 / segments as f32).sin_cos();
                    let round = |radius: f32| Vec3::new(radius * sin, 0.0, radius * cos);
                    let uv = Vec2::new(TAU * place.x.max(0.1) * segment as f32 / segments as f32, place.y);
                    mesh.corner(round(place.x) + Vec3::Y * place.y, round(normal.x) + Vec3::Y * normal.y, uv);
                }
            }
            mesh.grid(first, segments + 1, 2);
        }
        mesh
    }

    /// A closed cylinder.
    pub fn cylinder(radius: f32, height: f32) -> Self {
        Self::cone(radius, radius, height)
    }

    /// A closed cone cut off at the top.
    pub fn cone(bottom: f32, top: f32, height: f32) -> Self {
        let profile = [(0.0, 0.0), (bottom, 0.0), (top, height), (0.0, height)];
        Self::lathe(&profile.map(|(x, y)| Vec2::new(x, y)), segments(bottom.max(top)))
    }

    /// A ball that touches y = 0.
    pub fn ball(radius: f32) -> Self {
        let steps = segments(radius) / 2;
        let profile: Vec<Vec2> = (0..=steps)
            .map(|step| FRAC_PI_2 * (2.0 * step as f32 / steps as f32 - 1.0))
            .map(|angle| Vec2::new(angle.cos().max(0.0) * radius, (1.0 + angle.sin()) * radius))
            .collect();
        Self::lathe(&profile, steps * 2)
    }

    /// A rod between two places.
    pub fn rod(from: Vec3, to: Vec3, radius: f32) -> Self {
        let way = to - from;
        let turn = glam::Quat::from_rotation_arc(Vec3::Y, way.try_normalize().unwrap_or(Vec3::Y));
        Self::cylinder(radius, way.length()).placed(glam::Affine3A::from_rotation_translation(turn, from))
    }

    /// An outline of (x, z), pulled up from y = 0 to `height`: top, bottom and sides. uv of top and bottom are the
    /// places themselves. Fewer than three corners make nothing.
    pub fn extruded(outline: &[Vec2], height: f32) -> Self {
        Self::extruded_all(&[outline.to_vec()], height)
    }

    /// Several outlines pulled up at once; one within another is a hole.
    pub fn extruded_all(outlines: &[Vec<Vec2>], height: f32) -> Self {
        let mut mesh = Self::default();
        for [a, b, c, d] in slices(outlines) {
            for (y, normal) in [(height, Vec3::Y), (0.0, Vec3::NEG_Y)] {
                let first = mesh.vertices.len() as u32;
                let corners = if y > 0.0 { [c, d, a, b] } else { [a, b, c, d] };
                for place in corners {
                    mesh.corner(Vec3::new(place.x, y, place.y), normal, place);
                }
                mesh.grid(first, 2, 2);
            }
        }
        for outline in outlines {
            let mut run = 0.0;
            for (&from, &to) in outline.iter().zip(outline.iter().cycle().skip(1)) {
                let way = to - from;
                let side = Vec2::new(way.y, -way.x).normalize_or_zero();
                let filled = inside(outlines, (from + to) * 0.5 + side * 1e-3);
                let (from, to, side) = if filled { (to, from, -side) } else { (from, to, side) };
                let first = mesh.vertices.len() as u32;
                for y in [0.0, height] {
                    for (place, u) in [(to, run + way.length()), (from, run)] {
                        mesh.corner(Vec3::new(place.x, y, place.y), Vec3::new(side.x, 0.0, side.y), Vec2::new(u, y));
                    }
                }
                mesh.grid(first, 2, 2);
                run += way.length();
            }
        }
        mesh
    }
}

/// Pairs of neighbouring corners of all outlines.
fn edges(outlines: &[Vec<Vec2>]) -> impl Iterator<Item = (Vec2, Vec2)> {
    outlines.iter().flat_map(|one| one.iter().copied().zip(one.iter().copied().cycle().skip(1)))
}

/// Whether a place is within an odd number of outlines.
fn inside(outlines: &[Vec<Vec2>], at: Vec2) -> bool {
    let crossed =
        |(a, b): &(Vec2, Vec2)| (a.y > at.y) != (b.y > at.y) && at.x < a.x + (b.x - a.x) * (at.y - a.y) / (b.y - a.y);
    edges(outlines).filter(crossed).count() % 2 == 1
}

/// What outlines enclose, cut along x at every corner: pieces as low-y left, low-y right, high-y left, high-y right.
fn slices(outlines: &[Vec<Vec2>]) -> Vec<[Vec2; 4]> {
    let mut levels: Vec<f32> = outlines.iter().flatten().map(|place| place.y).collect();
    levels.sort_by(f32::total_cmp);
    levels.dedup_by(|a, b| (*a - *b).abs() < 1e-5);
    let mut pieces = Vec::new();
    for pair in levels.windows(2) {
        let (low, high) = (pair[0], pair[1]);
        let middle = (low + high) * 0.5;
        let mut crossed: Vec<(f32, f32)> = edges(outlines)
            .filter(|(a, b)| (a.y > middle) != (b.y > middle))
            .map(|(a, b)| {
                let at = |y: f32| a.x + (b.x - a.x) * (y - a.y) / (b.y - a.y);
                (at(low), at(high))
            })
            .collect();
        crossed.sort_by(|a, b| (a.0 + a.1).total_cmp(&(b.0 + b.1)));
        for sides in crossed.chunks_exact(2) {
            let (left, right) = (sides[0], sides[1]);
            pieces.push([
                Vec2::new(left.0, low),
                Vec2::new(right.0, low),
                Vec2::new(left.1, high),
                Vec2::new(right.1, high),
            ]);
        }
    }
    pieces
}

/// Corners enough for a circle of this radius in a room.
fn segments(radius: f32) -> u32 {
    (12.0 + 40.0 * radius.abs().sqrt()).clamp(12.0, 64.0) as u32 & !1
}
