//! What is seen of each face of the box, and what stands before it: things, doors, windows.
//!
//! ```text
//! colours of a face ─► those spread all over it are its own ─► other areas, without joints and specks
//!     ─► on the floor: a thing; an upright rectangle on a wall: an opening; else a thing
//! straight edges (openings) ─► upright rectangles of the wall's own colour
//! ```
//!
//! Refuses to know: paints, furniture that is brought.

use glam::Vec2;

use super::{
    areas, cluster,
    lines::Segment,
    modes,
    openings::{self, Opening},
    shell::{Face, Shell},
    view::View,
};
use crate::imaging::tone::Lab;

/// Something that stands in the room.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Thing {
    /// Left, top, right and bottom in pixels of the small picture.
    pub covers: [f32; 4],
    /// Metres ahead of its nearest point on the floor.
    pub near: f32,
}

/// The parts of a small picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Parts {
    /// The face at each pixel.
    pub faces: Vec<Face>,
    /// Whether a pixel shows its face itself, not a thing or an opening before it.
    pub free: Vec<bool>,
    /// The same and some pixels around, up to openings: where the face may begin again beside what stands before it.
    pub near: Vec<bool>,
    /// Doors, windows, pictures.
    pub openings: Vec<Opening>,
    /// Things.
    pub things: Vec<Thing>,
    /// Share of each face's area in the colours that are spread over it, in the order of [`Face::ALL`].
    pub uniform: [f32; 5],
}

/// Colours this far from those of the face are another thing's.
const OTHER: f32 = 0.075;
/// Sorts the pixels of a small picture.
pub fn of(colours: &[Lab], width: usize, view: &View, shell: &Shell, segments: &[Segment]) -> Parts {
    let place = |at: usize| Vec2::new((at % width) as f32 + 0.5, (at / width) as f32 + 0.5);
    let faces: Vec<Face> = (0..colours.len()).map(|at| shell.face(view, place(at).x, place(at).y)).collect();
    let mut other = vec![false; colours.len()];
    let mut uniform = [0.0; 5];
    for face in Face::ALL {
        let inside: Vec<usize> = (0..colours.len()).filter(|&at| faces[at] == face).collect();
        if inside.len() < 60 {
            continue;
        }
        let own = modes::of(colours, width, &inside);
        let is_own = |at: usize| own.iter().any(|&mode| cluster::apart(colours[at], mode, modes::SHADED) < OTHER);
        let mut count = 0;
        for &at in &inside {
            other[at] = !is_own(at);
            count += usize::from(!other[at]);
        }
        uniform[face as usize] = count as f32 / inside.len() as f32;
    }
    let height = colours.len() / width.max(1);
    // Joints, skirting boards and specks belong to their face.
    let reach = (width.max(height) / 130).max(1);
    let other = areas::spread(&areas::spread(&other, width, reach, false), width, reach, true);
    let free: Vec<bool> = other.iter().map(|other| !other).collect();
    let near = free.clone();
    let mut parts = Parts { faces, free, near, openings: Vec::new(), things: Vec::new(), uniform };
    for blob in areas::connected(&other, width) {
        if !areas::edged(&blob, &other, colours, width) {
            // Shade, or the glow of a lamp, on the face itself.
            blob.iter().for_each(|&at| parts.free[at] = true);
        } else if blob.len() * 900 > colours.len() {
            parts.sort(&blob, place, view, shell);
        }
    }
    for frame in openings::framed(segments, view, shell) {
        parts.openings.retain(|opening| !frame.holds(opening));
        if !parts.openings.iter().any(|opening| opening.holds(&frame)) {
            parts.openings.push(frame);
        }
    }
    let mut inside = vec![false; colours.len()];
    for opening in parts.openings.clone() {
        for (at, free) in parts.free.iter_mut().enumerate() {
            let Some(on) = shell.on_wall(view, opening.wall, place(at)).filter(|_| parts.faces[at] == opening.wall)
            else {
                continue;
            };
            // A door goes down to the floor, wherever that is estimated.
            let low = if opening.is_door() { opening.low.with_y(-0.3) } else { opening.low };
            let within = |more: f32| on.cmpge(low - more).all() && on.cmple(opening.high + more).all();
            *free &= !within(0.06);
            inside[at] |= within(0.0);
        }
    }
    // The edges of what stands before a face are neither.
    let before: Vec<bool> = parts.free.iter().map(|free| !free).collect();
    parts.free = areas::spread(&before, width, 1, true).into_iter().map(|before| !before).collect();
    let near = areas::spread(&parts.free, width, 2 * reach, true);
    parts.near = near.into_iter().zip(inside).map(|(near, inside)| near && !inside).collect();
    parts
}

impl Parts {
    /// Sorts one connected area of other colours.
    fn sort(&mut self, blob: &[usize], place: impl Fn(usize) -> Vec2, view: &View, shell: &Shell) {
        let count = |wanted: fn(Face) -> bool| blob.iter().filter(|&&at| wanted(self.faces[at])).count();
        let on_floor = count(|face| face == Face::Floor);
        let wall = [Face::Left, Face::Right, Face::Back]
            .into_iter()
            .max_by_key(|wall| blob.iter().filter(|&&at| self.faces[at] == *wall).count())
            .unwrap_or(Face::Back);
        if on_floor * 8 < blob.len()
            && let Some(opening) = self.rectangle(blob, wall, &place, view, shell)
        {
            self.openings.push(opening);
            return;
        }
        if on_floor == 0 && count(Face::is_wall) < blob.len() / 2 {
            return;
        }
        let mut covers = [f32::MAX, f32::MAX, f32::MIN, f32::MIN];
        let mut near = f32::MAX;
        for &at in blob {
            let pixel = place(at);
            covers = [covers[0].min(pixel.x), covers[1].min(pixel.y), covers[2].max(pixel.x), covers[3].max(pixel.y)];
            if self.faces[at] == Face::Floor
                && let Some(floor) = view.floor_at(pixel.x, pixel.y)
            {
                near = near.min(floor.y);
            }
        }
        if near == f32::MAX {
            near = shell.walls.back.min(14.0);
        }
        self.things.push(Thing { covers, near });
    }

    /// The upright rectangle that an area fills.
    fn rectangle(
        &self,
        blob: &[usize],
        wall: Face,
        place: &impl Fn(usize) -> Vec2,
        view: &View,
        shell: &Shell,
    ) -> Option<Opening> {
        let on: Vec<Vec2> = blob
            .iter()
            .filter(|&&at| self.faces[at] == wall)
            .filter_map(|&at| shell.on_wall(view, wall, place(at)))
            .collect();
        if on.len() * 10 < blob.len() * 7 {
            return None;
        }
        let range = |of: fn(&Vec2) -> f32| {
            let mut values: Vec<f32> = on.iter().map(of).collect();
            values.sort_by(f32::total_cmp);
            (values[values.len() / 50], values[values.len() - 1 - values.len() / 50])
        };
        let (along, up) = (range(|at| at.x), range(|at| at.y));
        let opening = Opening { wall, low: Vec2::new(along.0, up.0), high: Vec2::new(along.1, up.1) };
        let inside = (0..self.faces.len())
            .filter(|&at| self.faces[at] == wall)
            .filter_map(|at| shell.on_wall(view, wall, place(at)))
            .filter(|on| on.cmpge(opening.low).all() && on.cmple(opening.high).all());
        let filled = on.len() as f32 / inside.count().max(1) as f32;
        // What is low and stands on the floor is furniture before the wall.
        let low = opening.low.y < 0.25 && !opening.is_door();
        (filled > 0.6 && !low).then_some(opening)
    }
}
