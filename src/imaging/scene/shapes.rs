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

    /// An outline of (x, z) without crossings, pulled up from y = 0 to `height`: top, bottom and sides. uv of the top
    /// are the places themselves. Fewer than three corners make nothing.
    pub fn extruded(outline: &[Vec2], height: f32) -> Self {
        let mut mesh = Self::default();
        let mut outline = outline.to_vec();
        if doubled_area(&outline) < 0.0 {
            outline.reverse();
        }
        for (y, normal) in [(height, Vec3::Y), (0.0, Vec3::NEG_Y)] {
            let first = mesh.vertices.len() as u32;
            for &place in &outline {
                mesh.corner(Vec3::new(place.x, y, place.y), normal, place);
            }
            for [a, b, c] in ears(&outline) {
                // Counter-clockwise in (x, z) is clockwise seen from above.
                let corners = if y > 0.0 { [a, c, b] } else { [a, b, c] };
                mesh.face(corners.map(|corner| corner + first));
            }
        }
        let mut run = 0.0;
        for (index, &from) in outline.iter().enumerate() {
            let to = outline[(index + 1) % outline.len()];
            let way = to - from;
            let normal = Vec3::new(way.y, 0.0, -way.x).normalize_or_zero();
            let first = mesh.vertices.len() as u32;
            for (place, u) in [(to, run + way.length()), (from, run)] {
                for y in [0.0, height] {
                    mesh.corner(Vec3::new(place.x, y, place.y), normal, Vec2::new(u, y));
                }
            }
            mesh.face([first, first + 2, first + 3]);
            mesh.face([first, first + 3, first + 1]);
            run += way.length();
        }
        mesh
    }
}

/// Corners enough for a circle of this radius in a room.
fn segments(radius: f32) -> u32 {
    (12.0 + 40.0 * radius.abs().sqrt()).clamp(12.0, 64.0) as u32 & !1
}

/// Twice the area; positive when counter-clockwise in (x, z) taken as (right, up).
fn doubled_area(outline: &[Vec2]) -> f32 {
    outline.iter().zip(outline.iter().cycle().skip(1)).map(|(a, b)| a.perp_dot(*b)).sum()
}

/// Triangles of a counter-clockwise outline by cutting ears.
fn ears(outline: &[Vec2]) -> Vec<[u32; 3]> {
    let mut left: Vec<u32> = (0..outline.len() as u32).collect();
    let mut found = Vec::new();
    while left.len() > 3 {
        let count = left.len();
        let place = |at: usize| outline[left[at % count] as usize];
        let ear = (0..count).find(|&at| {
            let (a, b, c) = (place(at), place(at + 1), place(at + 2));
            let inside = |p: Vec2| {
                (b - a).perp_dot(p - a) >= 0.0 && (c - b).perp_dot(p - b) >= 0.0 && (a - c).perp_dot(p - c) >= 0.0
            };
            (b - a).perp_dot(c - b) > 0.0 && (3..count).all(|other| !inside(place(at + other)))
        });
        // An outline that crosses itself has no ear at some point; any corner goes then.
        let at = ear.unwrap_or(0);
        found.push([left[at], left[(at + 1) % count], left[(at + 2) % count]]);
        left.remove((at + 1) % count);
    }
    if let [a, b, c] = left[..] {
        found.push([a, b, c]);
    }
    found
}
