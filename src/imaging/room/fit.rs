//! The box of a room found in its picture.
//!
//! ```text
//! colours (clusters) + edges ─► boxes compared: do faces differ in colour, do their borders lie on edges?
//!     ─► coarse search from several starts ─► camera and box refined together ─► Found
//! ```
//!
//! Colour counts as mutual information of face and cluster, so that a face may have several colours, as tiles have, and
//! two faces may share one. After the idea of Hedau et al. (2009), without what they learned. Refuses to know: furniture,
//! openings.

use glam::{Mat3, Vec3};

use super::{
    cluster,
    floor::Walls,
    shell::{Face, Shell},
    skirting,
    view::View,
};
use crate::imaging::tone::Lab;

/// A box and its camera.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Found {
    /// The camera, refined.
    pub view: View,
    /// The box.
    pub shell: Shell,
}

/// The picture as boxes are compared with it.
struct Field {
    width: usize,
    height: usize,
    /// Number of a pixel's cluster.
    cluster: Vec<u8>,
    /// Change of colour to the right and downwards, 0 to 1 where 1 is a clear edge.
    across: Vec<f32>,
    down: Vec<f32>,
}

/// Clusters of colours.
const CLUSTERS: usize = 12;
/// The worth of borders on edges beside that of colours.
const EDGES: f32 = 1.0;
/// A border needs this much of an edge to be worth more than none.
const DUE: f32 = 0.5;

impl Field {
    fn of(colours: &[Lab], width: usize, height: usize) -> Self {
        let points: Vec<Vec3> =
            colours.iter().map(|colour| Vec3::new(0.7 * colour.l, 2.0 * colour.a, 2.0 * colour.b)).collect();
        let (_, cluster) = cluster::of(&points, CLUSTERS);
        let mut across = vec![0.0; width * height];
        let mut down = vec![0.0; width * height];
        let edge = |one: Lab, other: Lab| (cluster::apart(one, other, 1.0) / 0.06).min(1.0);
        for y in 2..height.saturating_sub(2) {
            for x in 2..width.saturating_sub(2) {
                let at = y * width + x;
                across[at] = edge(colours[at - 2], colours[at + 2]);
                down[at] = edge(colours[at - 2 * width], colours[at + 2 * width]);
            }
        }
        Self { width, height, cluster, across, down }
    }

    /// Faces of every `step`-th pixel.
    fn faces(&self, view: &View, shell: &Shell, step: usize) -> Vec<u8> {
        let mut faces = Vec::with_capacity((self.width / step + 1) * (self.height / step + 1));
        let (origin, right) = (view.ray(0.5, 0.5), view.ray(1.5, 0.5) - view.ray(0.5, 0.5));
        let below = view.ray(0.5, 1.5) - origin;
        for y in (0..self.height).step_by(step) {
            let mut ray = origin + below * y as f32;
            for _ in (0..self.width).step_by(step) {
                faces.push(shell.meet(view.eye, ray).0 as u8);
                ray += right * step as f32;
            }
        }
        faces
    }

    /// How well a box fits; more is better.
    fn score(&self, view: &View, shell: &Shell, step: usize) -> f32 {
        let faces = self.faces(view, shell, step);
        let columns = self.width.div_ceil(step);
        let mut counts = [[0u32; CLUSTERS]; 5];
        let mut border = 0.0;
        for (index, &face) in faces.iter().enumerate() {
            let (x, y) = (index % columns * step, index / columns * step);
            counts[face as usize][self.cluster[y * self.width + x] as usize] += 1;
            if x >= step && faces[index - 1] != face {
                border += self.strongest(&self.across, y * self.width + x - step, 1, step) - DUE;
            }
            if y >= step && faces[index - columns] != face {
                border += self.strongest(&self.down, (y - step) * self.width + x, self.width, step) - DUE;
            }
        }
        let perimeter = (self.width + self.height) as f32 / step as f32;
        information(&counts) + EDGES * border / perimeter
    }

    fn strongest(&self, of: &[f32], from: usize, stride: usize, step: usize) -> f32 {
        (0..=step).map(|index| of[from + index * stride]).fold(0.0, f32::max)
    }
}

/// Mutual information of face and cluster, in nats.
fn information(counts: &[[u32; CLUSTERS]; 5]) -> f32 {
    let total: u32 = counts.iter().flatten().sum();
    let by_cluster: Vec<u32> = (0..CLUSTERS).map(|cluster| counts.iter().map(|face| face[cluster]).sum()).collect();
    let mut sum = 0.0f32;
    for face in counts {
        let own: u32 = face.iter().sum();
        for (&count, &all) in face.iter().zip(&by_cluster) {
            if count > 0 {
                let (count, total) = (count as f32, total as f32);
                sum += count / total * (count * total / (own as f32 * all as f32)).ln();
            }
        }
    }
    sum
}

/// The values that are tried for a side of the box.
struct Tries {
    aside: Vec<f32>,
    back: Vec<f32>,
    ceiling: Vec<f32>,
}

impl Tries {
    fn usual() -> Self {
        let series = |from: f32, factor: f32, count: i32| (0..count).map(move |n| from * factor.powi(n));
        Self {
            aside: series(0.35, 1.13, 26).chain([Walls::NONE.right]).collect(),
            back: series(1.4, 1.1, 22).collect(),
            ceiling: series(1.75, 1.05, 20).chain([Shell::NO_CEILING]).collect(),
        }
    }
}

/// The box that fits best, with the camera refined; `width` x `height` colours.
pub fn found(colours: &[Lab], width: usize, height: usize, view: &View) -> Found {
    let field = Field::of(colours, width, height);
    let tries = Tries::usual();
    let coarse = (width.max(height) / 100).max(1);
    let mut best: Option<(f32, Shell)> = None;
    for back in [2.6, 4.5, 7.5] {
        for aside in [1.4, 3.0] {
            let walls = Walls { left: -aside, right: aside, back };
            let start = Shell { walls, ceiling: 2.6, skirting: [0.0; 3] };
            let (score, shell) = climb(&field, view, start, &tries, coarse);
            if best.is_none_or(|(most, _)| score > most) {
                best = Some((score, shell));
            }
        }
    }
    let shell = best.map_or(Shell::NONE, |(_, shell)| shell);
    let found = refined(&field, *view, shell, (coarse / 2).max(1));
    let shell = in_sight(&field, &found, coarse);
    Found { shell: skirting::above(&found.view, shell, colours, width), ..found }
}

/// One side after the other at its best value, until none gets better.
fn climb(field: &Field, view: &View, start: Shell, tries: &Tries, step: usize) -> (f32, Shell) {
    let mut best = (field.score(view, &start, step), start);
    for _ in 0..4 {
        let before = best.0;
        for side in 0..4 {
            let values = [&tries.aside, &tries.aside, &tries.back, &tries.ceiling][side];
            for &value in values {
                let mut shell = best.1;
                *param(&mut shell, side) = if side == 0 { -value } else { value };
                let score = field.score(view, &shell, step);
                if score > best.0 + 1e-5 {
                    best = (score, shell);
                }
            }
        }
        if best.0 <= before + 1e-5 {
            break;
        }
    }
    best
}

fn param(shell: &mut Shell, side: usize) -> &mut f32 {
    match side {
        0 => &mut shell.walls.left,
        1 => &mut shell.walls.right,
        2 => &mut shell.walls.back,
        _ => &mut shell.ceiling,
    }
}

/// Small steps of the box and of the camera together.
fn refined(field: &Field, view: View, shell: Shell, step: usize) -> Found {
    let mut best = (field.score(&view, &shell, step), Found { view, shell });
    let mut size = 0.05f32;
    while size > 0.001 {
        let mut better = false;
        for direction in 0..16 {
            let signed = if direction % 2 == 0 { size } else { -size };
            let Found { mut view, mut shell } = best.1;
            match direction / 2 {
                side @ 0..4 => {
                    let value = param(&mut shell, side);
                    if value.abs() >= Walls::NONE.right {
                        continue;
                    }
                    *value *= 1.0 + signed;
                }
                4 => view.focal *= 1.0 + signed,
                5 => view.turn = Mat3::from_rotation_x(0.4 * signed) * view.turn,
                6 => view.turn = Mat3::from_rotation_z(0.3 * signed) * view.turn,
                _ => view.turn *= Mat3::from_rotation_y(0.4 * signed),
            }
            let score = field.score(&view, &shell, step);
            if score > best.0 + 1e-6 {
                best = (score, Found { view, shell });
                better = true;
            }
        }
        if !better {
            size /= 2.0;
        }
    }
    best.1
}

/// Sides of which next to nothing is seen are unknown.
fn in_sight(field: &Field, found: &Found, step: usize) -> Shell {
    let faces = field.faces(&found.view, &found.shell, step);
    let seen = |face: Face| faces.iter().filter(|&&one| one == face as u8).count() * 200 > faces.len();
    let mut shell = found.shell;
    if !seen(Face::Left) {
        shell.walls.left = Walls::NONE.left;
    }
    if !seen(Face::Right) {
        shell.walls.right = Walls::NONE.right;
    }
    if !seen(Face::Back) {
        shell.walls.back = Walls::NONE.back;
    }
    if !seen(Face::Ceiling) {
        shell.ceiling = Shell::NO_CEILING;
    }
    shell
}
