//! Pieces that belong together, such as a bed and its nightstands, and the best place for them.
//!
//! ```text
//! every place and quarter turn ─► members that fit (on the floor, free) ─► worth ─► the best
//! ```
//!
//! Refuses to know: room types, meshes, pixels' values.

use std::f32::consts::FRAC_PI_2;

use glam::{Vec2, Vec3};

use super::{
    Placed,
    ground::{Ground, Rect},
};
use crate::imaging::{
    room::{floor::Walls, view::View},
    staging::{furniture::Kind, site::Site},
};

/// A piece of a group, relative to its first one: metres to the right and to the front of that, turned by radians.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Member {
    /// The kind of piece.
    pub kind: Kind,
    /// Right and front.
    pub at: Vec2,
    /// Radians to the left, as seen from above.
    pub turn: f32,
    /// Its value; 0 when the group is useless without it.
    pub worth: f32,
}

/// The preferred place of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stand {
    /// Its first piece with the back at a wall.
    Wall,
    /// The same, where possible.
    NearWall,
    /// In the open.
    Open,
    /// In a corner, else at a wall.
    Corner,
}

/// Pieces that belong together; the first is where the group is.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// Pieces.
    pub members: Vec<Member>,
    /// Where.
    pub stand: Stand,
    /// Whether it shall be in the middle of the picture.
    pub central: bool,
}

/// The rectangle along the walls around a piece of this size at a place.
pub fn around(width: f32, depth: f32, at: Vec2, turn: f32) -> Rect {
    let (sin, cos) = (turn.sin().abs(), turn.cos().abs());
    let half = Vec2::new(width * cos + depth * sin, width * sin + depth * cos) / 2.0;
    Rect { low: at - half, high: at + half }
}

/// Places things among those already placed.
pub struct Placer<'a> {
    /// The floor.
    pub ground: &'a Ground,
    /// The camera's view.
    pub view: &'a View,
    /// The walls that are known.
    pub walls: Walls,
    /// The pieces that are placed already.
    pub placed: Vec<Placed>,
    /// What pieces may not cover: rectangles of the picture (left, top, right, bottom), the metres ahead from which on a
    /// piece would be behind it (a piece nearer than that may cover it), and the share that may be covered.
    kept: Vec<Kept>,
}

/// What pieces may not cover.
#[derive(Debug, Clone, Copy)]
struct Kept {
    /// Left, top, right and bottom in pixels.
    covers: [f32; 4],
    /// Pieces nearer than this may cover it: 0 for none.
    near: f32,
    /// The share that may be covered.
    spare: f32,
}

fn area([left, top, right, bottom]: [f32; 4]) -> f32 {
    (right - left).max(0.0) * (bottom - top).max(0.0)
}

fn common(one: [f32; 4], other: [f32; 4]) -> f32 {
    area([one[0].max(other[0]), one[1].max(other[1]), one[2].min(other[2]), one[3].min(other[3])])
}

/// Metres between a back and its wall.
const GAP: f32 = 0.06;

impl<'a> Placer<'a> {
    /// For a site; doors, windows and things are kept.
    pub fn new(ground: &'a Ground, site: &'a Site) -> Self {
        let view = &site.room.view;
        let openings = site.room.openings.iter().filter_map(|opening| {
            let mut covers = [f32::MAX, f32::MAX, f32::MIN, f32::MIN];
            for corner in opening.corners(&site.room.shell) {
                let at = view.pixel_of(corner)?;
                covers = [covers[0].min(at.x), covers[1].min(at.y), covers[2].max(at.x), covers[3].max(at.y)];
            }
            Some(Kept { covers, near: 0.0, spare: if opening.is_door() { 0.0 } else { 0.2 } })
        });
        // A thing that is nearer than a piece would have to hide it, and only its outline in the picture is known.
        let things = site.room.things.iter().map(|thing| Kept { covers: thing.covers, near: thing.near, spare: 0.02 });
        Self { ground, view, walls: site.floor.walls, placed: Vec::new(), kept: openings.chain(things).collect() }
    }

    /// Whether a piece would cover what is kept.
    fn bars(&self, placed: &Placed) -> bool {
        let Some(own) = self.covers(placed) else { return false };
        let front = placed.extent().low.y;
        self.kept.iter().any(|kept| front > kept.near && common(own, kept.covers) > kept.spare * area(kept.covers))
    }

    /// Puts a group in its best place; `false` when there is none.
    pub fn put(&mut self, group: &Group) -> bool {
        let Some(first) = group.members.first() else { return false };
        let size = first.kind.size();
        let extent = Ground::extent();
        let mut best: Option<(f32, Vec<Placed>)> = None;
        for quarter in [0, 1, 3, 2] {
            let turn = quarter as f32 * FRAC_PI_2;
            let mut v = extent.low.y + 0.3;
            while v < extent.high.y.min(10.0) {
                let mut u = extent.low.x.max(-6.0);
                while u < 6.0 {
                    let at = Vec2::new(u, v);
                    let rect = around(size.x, size.z, at, turn);
                    if self.ground.floor(&rect) > 0.999
                        && let Some(worth) = self.pose(group, &rect, quarter)
                    {
                        let fitting = self.members(group, at, turn);
                        let mut total = fitting.iter().map(|(_, worth)| worth).sum::<f32>() + worth;
                        if let Some((first, _)) = fitting.first().filter(|(first, _)| !first.kind.is_flat()) {
                            total -= 1.6 * self.hides(first);
                        }
                        if !fitting.is_empty() && best.as_ref().is_none_or(|(most, _)| total > *most + 1e-4) {
                            best = Some((total, fitting.into_iter().map(|(placed, _)| placed).collect()));
                        }
                    }
                    u += 0.1;
                }
                v += 0.1;
            }
        }
        let Some((_, placed)) = best else { return false };
        self.placed.extend(placed);
        true
    }

    /// The members that fit with the first one at a place, and their values; none when a required one does not fit.
    fn members(&self, group: &Group, at: Vec2, turn: f32) -> Vec<(Placed, f32)> {
        let mut fitting: Vec<(Placed, f32)> = Vec::new();
        for (index, member) in group.members.iter().enumerate() {
            // Front of a piece is +z of its mesh: towards smaller v.
            let (right, front) = (Vec2::new(turn.cos(), turn.sin()), Vec2::new(turn.sin(), -turn.cos()));
            let place = at + right * member.at.x + front * member.at.y;
            let placed = Placed { kind: member.kind, at: place, turn: turn + member.turn };
            let free = self.fits(&placed) && fitting.iter().all(|(other, _)| !placed.collides(other));
            // Near the camera it would stand before everything else.
            let near = placed.extent().low.y;
            let tall = placed.kind.size().y > 1.3;
            let before = (2.0 - near).max(0.0) * 1.5 + if tall { (2.6 - near).max(0.0) } else { 0.0 };
            let worth = member.worth * self.visible(&placed) - before;
            if free && (worth > 0.0 || index == 0) {
                fitting.push((placed, worth));
            } else if index == 0 || member.worth == 0.0 {
                return Vec::new();
            }
        }
        fitting
    }

    /// Whether a piece stands on free floor inside the picture.
    fn fits(&self, placed: &Placed) -> bool {
        let whole = placed.extent();
        self.ground.floor(&whole) > 0.999
            && self.ground.seen(&whole) > 0.35
            && !self.bars(placed)
            && self.placed.iter().all(|other| !placed.collides(other))
    }

    /// The rectangle of the picture that a piece covers: left, top, right, bottom.
    fn covers(&self, placed: &Placed) -> Option<[f32; 4]> {
        let mut found = [f32::MAX, f32::MAX, f32::MIN, f32::MIN];
        for corner in self.corners(placed) {
            let pixel = self.view.pixel_of(corner)?;
            found = [found[0].min(pixel.x), found[1].min(pixel.y), found[2].max(pixel.x), found[3].max(pixel.y)];
        }
        Some(found)
    }

    /// How much a piece and the placed pieces hide one another, each 0 to 1, added up.
    fn hides(&self, placed: &Placed) -> f32 {
        let Some(own) = self.covers(placed) else { return 1.0 };
        let others = self.placed.iter().filter(|other| !other.kind.is_flat()).filter_map(|other| self.covers(other));
        others.map(|other| common(own, other) / area(own).min(area(other)).max(1.0)).sum()
    }

    /// The corners of the box around a piece.
    fn corners(&self, placed: &Placed) -> [Vec3; 8] {
        let rect = placed.extent();
        let height = placed.kind.size().y;
        std::array::from_fn(|corner| {
            let u = if corner & 1 == 0 { rect.low.x } else { rect.high.x };
            let v = if corner & 2 == 0 { rect.low.y } else { rect.high.y };
            Vec3::new(u, if corner & 4 == 0 { 0.0 } else { height }, -v)
        })
    }

    /// How much of a piece is inside the picture, 0 to 1.
    fn visible(&self, placed: &Placed) -> f32 {
        let inside = self.corners(placed).into_iter().filter_map(|corner| self.view.pixel_of(corner));
        let inside = inside
            .filter(|pixel| (0.0..self.view.width).contains(&pixel.x) && (0.0..self.view.height).contains(&pixel.y));
        inside.count() as f32 / 8.0
    }

    /// The value of a place by itself; `None` when the group may not stand there.
    fn pose(&self, group: &Group, rect: &Rect, quarter: usize) -> Option<f32> {
        let (stand, central) = (group.stand, group.central);
        let (low, high) = (rect.low, rect.high);
        let behind = [
            Rect { low: Vec2::new(low.x, high.y + GAP), high: Vec2::new(high.x, high.y + GAP + 0.12) },
            Rect { low: Vec2::new(low.x - GAP - 0.12, low.y), high: Vec2::new(low.x - GAP, high.y) },
            Rect { low: Vec2::new(low.x, low.y - GAP - 0.12), high: Vec2::new(high.x, low.y - GAP) },
            Rect { low: Vec2::new(high.x + GAP, low.y), high: Vec2::new(high.x + GAP + 0.12, high.y) },
        ];
        let gaps = [self.walls.back - high.y, low.x - self.walls.left, f32::MAX, self.walls.right - high.x];
        let known = [
            self.walls.back < Walls::NONE.back,
            self.walls.left > Walls::NONE.left,
            false,
            self.walls.right < Walls::NONE.right,
        ];
        // A wall that is known counts by its distance: things and the way to a door are no wall to stand at.
        let wall = |side: usize| match (known[side % 4], gaps[side % 4]) {
            (true, gap) => f32::from(u8::from(gap < GAP + 0.14)),
            (false, _) if known.contains(&true) => 0.0,
            (false, _) => 1.0 - self.ground.floor(&behind[side % 4]),
        };
        let back = wall(quarter);
        let beside = wall(quarter + 1).max(wall(quarter + 3));
        // Backs of furniture look bad, and the wall behind the camera is seldom visible.
        let facing = [0.5, 0.15, -3.0, 0.15][quarter % 4];
        let middle = (low + high) / 2.0;
        let pixel = self.view.pixel_of(Vec3::new(middle.x, 0.3, -middle.y))?;
        let aside = (pixel.x / self.view.width - 0.5).abs() * 2.0;
        let near = low.y;
        if near < 1.5 || aside > 1.15 {
            return None;
        }
        let mut worth = facing - if central { 2.2 * aside * aside } else { 0.2 * aside };
        // Too near it fills the picture, too far it is too small.
        worth -= 0.8 * (2.6 - near).max(0.0) + if central { 0.35 } else { 0.15 } * (near - 3.2).max(0.0);
        // A tall piece hides the room unless it stands at one of its walls.
        let tall = group.members.first().is_some_and(|first| first.kind.size().y > 1.3);
        let walls = self.walls;
        let at_wall = low.x - walls.left < 0.5 || walls.right - high.x < 0.5 || walls.back - high.y < 0.6;
        if tall && !at_wall {
            worth -= 1.5 * (1.0 - aside).max(0.0);
        }
        match stand {
            Stand::Wall if back < 0.7 => return None,
            Stand::Wall => worth += back,
            Stand::NearWall => worth += 2.0 * back,
            Stand::Corner if back < 0.6 => return None,
            Stand::Corner => worth += back + 1.5 * beside,
            Stand::Open => worth -= 1.2 * back.max(beside),
        }
        Some(worth)
    }
}
