//! Which furniture stands where.
//!
//! ```text
//! floor ─► ground (squares) ─► groups of the room type, the most important first ─► best place of each ─► Placed
//! ```
//!
//! Refuses to know: meshes, colours, pixels' values.

pub mod ground;
pub mod group;
pub mod rooms;

use glam::Vec2;

use self::{
    ground::{Ground, Rect},
    group::{Placer, around},
};
pub use super::furniture::Kind;
use super::{site::Site, wanted::Wanted};
use crate::imaging::Fault;

/// A piece at its place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Placed {
    /// What it is.
    pub kind: Kind,
    /// Middle, (u, v) in metres.
    pub at: Vec2,
    /// Radians; 0 faces the camera, a quarter faces right.
    pub turn: f32,
}

impl Placed {
    /// The rectangle along the walls around all of it.
    pub fn extent(&self) -> Rect {
        let size = self.kind.size();
        around(size.x, size.z, self.at, self.turn)
    }

    /// The corners of what touches the floor or stands close above it, in order.
    pub fn footprint(&self) -> [Vec2; 4] {
        let size = self.kind.size();
        let half = (Vec2::new(size.x, size.z) / 2.0 - self.kind.overhang()).max(Vec2::splat(0.02));
        let (right, front) =
            (Vec2::new(self.turn.cos(), self.turn.sin()), Vec2::new(self.turn.sin(), -self.turn.cos()));
        [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)]
            .map(|(x, z)| self.at + right * (x * half.x) + front * (z * half.y))
    }

    /// Whether two would be in one another; rugs lie under what stands on them.
    pub fn collides(&self, other: &Self) -> bool {
        (self.kind.is_flat() == other.kind.is_flat()) && crosses(&self.footprint(), &other.footprint())
    }
}

/// Whether two convex outlines have a part in common: no side of one parts them.
pub fn crosses(one: &[Vec2; 4], other: &[Vec2; 4]) -> bool {
    let parted = |a: &[Vec2; 4], b: &[Vec2; 4]| {
        (0..4).any(|side| {
            let axis = (a[(side + 1) % 4] - a[side]).perp();
            let span = |points: &[Vec2; 4]| {
                let along = points.map(|point| point.dot(axis));
                (along.iter().copied().fold(f32::MAX, f32::min), along.iter().copied().fold(f32::MIN, f32::max))
            };
            let (a, b) = (span(a), span(b));
            a.1 <= b.0 || b.1 <= a.0
        })
    };
    !parted(one, other) && !parted(other, one)
}

/// Furnishes a room for a configuration of the service.
///
/// # Errors
/// [`Fault::Unsuitable`] when the floor is too small for the room's most important piece.
pub fn furnish(site: &Site, config: &str, wanted: &Wanted) -> Result<Vec<Placed>, Fault> {
    let ground = Ground::of(site);
    let area = ground.seen_area();
    let mut placer = Placer::new(&ground, site);
    for stage in rooms::stages(config, area, wanted) {
        // Of a stage's choices the first that fits is taken.
        stage.iter().any(|group| placer.put(group));
    }
    let stands = placer.placed.iter().any(|placed| !placed.kind.is_flat());
    if area < 1.5 || !stands {
        let small = "The floor in this picture is too small for furniture. Send a picture that shows more of the \
                     floor, or a mask that marks all of it.";
        return Err(Fault::Unsuitable(small.into()));
    }
    Ok(placer.placed)
}
