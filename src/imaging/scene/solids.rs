//! Boxes, cushions and panes: builders of things with corners.
//!
//! Each stands on y = 0 with its middle over the origin. Refuses to know: what they are of and where they stand.

use super::Mesh;
use glam::{Vec2, Vec3};

/// Outwards, across and up of the six faces, right-handed.
const FACES: [[Vec3; 3]; 6] = [
    [Vec3::X, Vec3::NEG_Z, Vec3::Y],
    [Vec3::NEG_X, Vec3::Z, Vec3::Y],
    [Vec3::Y, Vec3::X, Vec3::NEG_Z],
    [Vec3::NEG_Y, Vec3::X, Vec3::Z],
    [Vec3::Z, Vec3::X, Vec3::Y],
    [Vec3::NEG_Z, Vec3::NEG_X, Vec3::Y],
];

impl Mesh {
    /// A box with sharp edges. Grain runs along the longer side of each face.
    pub fn cuboid(width: f32, height: f32, depth: f32) -> Self {
        let half = Vec3::new(width, height, depth) * 0.5;
        let mut mesh = Self::default();
        for [out, across, up] in FACES {
            let (side, rise) = ((across * half).length(), (up * half).length());
            let first = mesh.vertices.len() as u32;
            for (a, b) in [(-1.0, -1.0), (1.0, -1.0), (-1.0, 1.0), (1.0, 1.0)] {
                let uv = if side >= rise { Vec2::new(a * side, b * rise) } else { Vec2::new(b * rise, a * side) };
                let place = (out + across * a + up * b) * half + Vec3::Y * half.y;
                mesh.corner(place, out, uv);
            }
            mesh.grid(first, 2, 2);
        }
        mesh
    }

    /// A box between two corners, sharp edges, uv by place in space so that patterns run on over neighbours.
    pub fn block(low: Vec3, high: Vec3) -> Self {
        let (size, middle) = (high - low, (low + high) * 0.5);
        let mut mesh = Self::cuboid(size.x, size.y, size.z).moved(middle.x, low.y, middle.z);
        for vertex in &mut mesh.vertices {
            let (at, n) = (vertex.position, vertex.normal.abs());
            vertex.uv = if n.y > 0.5 {
                Vec2::new(at.x, at.z)
            } else if n.x > 0.5 {
                Vec2::new(at.z, at.y)
            } else {
                Vec2::new(at.x, at.y)
            };
        }
        mesh
    }

    /// A box with edges rounded by `radius` (at most half of the shortest side).
    pub fn rounded(width: f32, height: f32, depth: f32, radius: f32) -> Self {
        let half = Vec3::new(width, height, depth) * 0.5;
        let radius = radius.min(half.min_element() * 0.999);
        if radius <= 1e-4 {
            return Self::cuboid(width, height, depth);
        }
        let inner = half - Vec3::splat(radius);
        // Lines across a face: three over each rounded edge, by angle so that the pieces are alike.
        let lines = |half: f32| {
            let edge = [1.0f32, 0.414, 0.0].map(|tangent| half - radius + radius * tangent);
            [-edge[0], -edge[1], -edge[2], edge[2], edge[1], edge[0]]
        };
        let mut mesh = Self::default();
        for [out, across, up] in FACES {
            let first = mesh.vertices.len() as u32;
            let (columns, rows) = (lines((across * half).length()), lines((up * half).length()));
            for row in rows {
                for column in columns {
                    let raw = out * half + across * column + up * row;
                    let core = raw.clamp(-inner, inner);
                    let normal = (raw - core).normalize_or(out);
                    let uv = if columns[5] >= rows[5] { Vec2::new(column, row) } else { Vec2::new(row, column) };
                    mesh.corner(core + normal * radius + Vec3::Y * half.y, normal, uv);
                }
            }
            mesh.grid(first, columns.len() as u32, rows.len() as u32);
        }
        mesh
    }

    /// A stuffed cushion lying flat: full in the middle, thin at its edges.
    pub fn cushion(width: f32, height: f32, depth: f32) -> Self {
        const STEPS: u32 = 12;
        let bulge = |a: f32, b: f32| ((1.0 - a.abs().powi(4)).max(0.0) * (1.0 - b.abs().powi(4)).max(0.0)).sqrt();
        let place = |a: f32, b: f32, side: f32| {
            // The corners are drawn out a little, the edges drawn in, as filled cloth does.
            let pinch = Vec2::new(1.0 - 0.06 * (1.0 - b * b), 1.0 - 0.06 * (1.0 - a * a));
            Vec3::new(
                a * width * 0.5 * pinch.x,
                height * 0.5 * (1.0 + side * (0.08 + 0.92 * bulge(a, b))),
                b * depth * 0.5 * pinch.y,
            )
        };
        let mut mesh = Self::default();
        for side in [1.0f32, -1.0] {
            let first = mesh.vertices.len() as u32;
            for row in 0..=STEPS {
                for column in 0..=STEPS {
                    let (a, b) = (line(column, STEPS), -side * line(row, STEPS));
                    let step = 0.02;
                    let run = |d: f32, e: f32| place((a + d).clamp(-1.0, 1.0), (b + e).clamp(-1.0, 1.0), side);
                    let normal = (run(0.0, step) - run(0.0, -step)).cross(run(step, 0.0) - run(-step, 0.0)) * side;
                    let at = place(a, b, side);
                    mesh.corner(at, normal.normalize_or(Vec3::Y * side), Vec2::new(at.x, at.z));
                }
            }
            mesh.grid(first, STEPS + 1, STEPS + 1);
        }
        mesh
    }

    /// A flat rectangle on y = 0 that faces up, uv counting from its middle (u along x).
    pub fn sheet(width: f32, depth: f32) -> Self {
        let mut mesh = Self::default();
        for (a, b) in [(-0.5, 0.5), (0.5, 0.5), (-0.5, -0.5), (0.5, -0.5)] {
            let place = Vec3::new(a * width, 0.0, b * depth);
            mesh.corner(place, Vec3::Y, Vec2::new(place.x, place.z));
        }
        mesh.grid(0, 2, 2);
        mesh
    }
}

/// Line `index` of `steps` over -1..1, denser towards the ends.
fn line(index: u32, steps: u32) -> f32 {
    (std::f32::consts::FRAC_PI_2 * (2.0 * index as f32 / steps as f32 - 1.0)).sin()
}
