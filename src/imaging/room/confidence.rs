//! Which faces of the box were really seen: borders on edges, one paint, large enough.
//!
//! Refuses to know: what a face is wanted for.

use glam::Vec2;

use super::{
    cluster,
    parts::Parts,
    shell::{Face, Shell},
    view::View,
};
use crate::imaging::{picture::Plane, tone::Lab};

/// How well the faces of a box are seen.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Confidence {
    /// Share of the border between the floor and each wall that lies on an edge, 0 to 1, in the order of [`Face::ALL`];
    /// that of the floor itself is over all walls.
    pub foot: [f32; 5],
    /// The same between ceiling and walls; 1 where the ceiling is out of sight.
    pub top: [f32; 5],
    /// Share of the border between floor and walls that nothing hides, 0 to 1.
    pub open: f32,
    /// Share of the picture where each face shows itself, in the order of [`Face::ALL`].
    pub seen: [f32; 5],
    /// Share of each face in its own colours.
    pub uniform: [f32; 5],
}

/// The least share of a border on edges.
const BORDER: f32 = 0.55;
/// The least share of the floor's border that is seen: behind more things than that it is guessed.
const OPEN: f32 = 0.6;
/// The least share of a face in its own colours.
const UNIFORM: f32 = 0.5;

impl Confidence {
    /// Measures the faces of a small picture.
    pub fn of(colours: &[Lab], width: usize, parts: &Parts) -> Self {
        let height = colours.len() / width.max(1);
        let mut all = [[0.0f32; 5]; 2];
        let mut hidden = 0.0f32;
        let mut on_edge = [[0.0f32; 5]; 2];
        for y in 4..height.saturating_sub(4) {
            for x in 4..width.saturating_sub(4) {
                let at = y * width + x;
                for near in [at + 1, at + width] {
                    let (one, other) = (parts.faces[at], parts.faces[near]);
                    if one.is_wall() == other.is_wall() {
                        continue;
                    }
                    let (wall, flat) = if one.is_wall() { (one, other) } else { (other, one) };
                    let stride = near - at;
                    // Behind a thing the border is not seen.
                    if !parts.free[at - 3 * stride] && !parts.free[near + 3 * stride] {
                        hidden += f32::from(u8::from(flat == Face::Floor));
                        continue;
                    }
                    let end = usize::from(flat == Face::Ceiling);
                    let edge = (-3i32..=3)
                        .map(|off| {
                            let middle = (at as i64 + i64::from(off) * stride as i64) as usize;
                            let (a, b) =
                                (middle.saturating_sub(2 * stride), (middle + 2 * stride).min(colours.len() - 1));
                            cluster::apart(colours[a], colours[b], 1.0)
                        })
                        .fold(0.0, f32::max);
                    for face in [wall, flat] {
                        all[end][face as usize] += 1.0;
                        on_edge[end][face as usize] += f32::from(u8::from(edge > 0.02));
                    }
                }
            }
        }
        let share = |end: usize| -> [f32; 5] {
            // A border that is not seen contradicts nothing; a floor without any is not known.
            std::array::from_fn(|face| match (all[end][face] > 6.0, face == Face::Floor as usize) {
                (true, _) => on_edge[end][face] / all[end][face],
                (false, floor) => f32::from(u8::from(!floor)),
            })
        };
        let mut seen = [0.0; 5];
        for (face, free) in parts.faces.iter().zip(&parts.free) {
            seen[*face as usize] += f32::from(u8::from(*free)) / colours.len() as f32;
        }
        let border = all[0][Face::Floor as usize];
        let open = border / (border + hidden).max(1.0);
        Self { foot: share(0), top: share(1), open, seen, uniform: parts.uniform }
    }

    /// Whether the floor is known.
    pub fn floor(&self) -> bool {
        let floor = Face::Floor as usize;
        self.foot[floor] > BORDER && self.open > OPEN && self.uniform[floor] > UNIFORM && self.seen[floor] > 0.03
    }

    /// Whether the ceiling is.
    pub fn ceiling(&self) -> bool {
        let ceiling = Face::Ceiling as usize;
        self.top[ceiling] > BORDER && self.uniform[ceiling] > UNIFORM && self.seen[ceiling] > 0.02
    }

    /// Whether the walls are.
    pub fn walls(&self) -> bool {
        let walls = Face::ALL.into_iter().filter(|face| face.is_wall()).map(|face| face as usize);
        let area: f32 = walls.clone().map(|wall| self.seen[wall]).sum();
        let sure = |wall: usize| {
            let borders = self.foot[wall] > BORDER && self.top[wall] > BORDER;
            borders && self.uniform[wall] > UNIFORM
        };
        area > 0.05 && walls.filter(|&wall| self.seen[wall] > 0.01).all(sure)
    }
}

/// The share of a face at each pixel of a picture of any size: clipped to its outline, without what stands before it.
pub fn share(
    wanted: impl Fn(Face) -> bool,
    (view, shell): (&View, &Shell),
    free: &Plane,
    width: u32,
    height: u32,
) -> Plane {
    let view = view.scaled(width as f32, height as f32);
    let scale = Vec2::new(free.width() as f32 / width as f32, free.height() as f32 / height as f32);
    let mut share = Plane::filled(width, height, 0.0);
    for (y, row) in share.data.chunks_exact_mut(width.max(1) as usize).enumerate() {
        for (x, value) in row.iter_mut().enumerate() {
            let parts = [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)];
            let inside = parts.iter().filter(|part| wanted(shell.face(&view, x as f32 + part.0, y as f32 + part.1)));
            // A pixel that is half outside is left: nothing shows beyond the outline.
            let inside = (inside.count() as f32 / 2.0 - 1.0).max(0.0);
            if inside > 0.0 {
                let at = (Vec2::new(x as f32, y as f32) + 0.5) * scale - 0.5;
                *value = inside * between(free, at);
            }
        }
    }
    share
}

/// A value between the pixels of a plane.
pub fn between(plane: &Plane, at: Vec2) -> f32 {
    let (from, part) = (at.floor(), at - at.floor());
    let value = |dx: i64, dy: i64| plane.at(from.x as i64 + dx, from.y as i64 + dy);
    let above = value(0, 0) * (1.0 - part.x) + value(1, 0) * part.x;
    let below = value(0, 1) * (1.0 - part.x) + value(1, 1) * part.x;
    above * (1.0 - part.y) + below * part.y
}
