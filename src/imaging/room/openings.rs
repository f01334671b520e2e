//! Doors, windows and pictures: upright rectangles in walls.
//!
//! ```text
//! straight edges ─► on each wall: two upright ones and one above between them ─► Opening
//! ```
//!
//! Refuses to know: colours.

use glam::{Vec2, Vec3};

use super::{
    lines::Segment,
    shell::{Face, Shell},
    view::View,
};

/// A door, a window or a picture: an upright rectangle in a wall.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Opening {
    /// Its wall.
    pub wall: Face,
    /// Least metres along the wall (v of side walls, u of the one ahead) and above the floor.
    pub low: Vec2,
    /// Greatest.
    pub high: Vec2,
}

impl Opening {
    /// Whether it stands on the floor and a person fits through it.
    pub fn is_door(&self) -> bool {
        let size = self.high - self.low;
        self.low.y < 0.5 && self.high.y > 1.45 && size.x > 0.4
    }

    /// Whether the middle of another one lies in it.
    pub fn holds(&self, other: &Self) -> bool {
        let middle = (other.low + other.high) / 2.0;
        self.wall == other.wall && middle.cmpge(self.low).all() && middle.cmple(self.high).all()
    }

    /// Its corners in the world.
    pub fn corners(&self, shell: &Shell) -> [Vec3; 4] {
        let (low, high) = (self.low, self.high);
        [low, Vec2::new(high.x, low.y), high, Vec2::new(low.x, high.y)].map(|at| match self.wall {
            Face::Left => Vec3::new(shell.walls.left, at.y, -at.x),
            Face::Right => Vec3::new(shell.walls.right, at.y, -at.x),
            _ => Vec3::new(at.x, at.y, -shell.walls.back),
        })
    }
}

/// Doors and windows, also those of the colour of their wall, by the edges of their frames: two upright ones between the
/// same heights, and one above between them.
pub fn framed(segments: &[Segment], view: &View, shell: &Shell) -> Vec<Opening> {
    let mut found = Vec::new();
    for wall in [Face::Left, Face::Right, Face::Back] {
        let on: Vec<[Vec2; 2]> = segments
            .iter()
            .filter(|segment| shell.face(view, segment.middle().x, segment.middle().y) == wall)
            .filter_map(|segment| Some([shell.on_wall(view, wall, segment.a)?, shell.on_wall(view, wall, segment.b)?]))
            .map(|[a, b]| if a.y < b.y { [a, b] } else { [b, a] })
            .collect();
        let corner = |along: f32| match wall {
            Face::Back => (along - shell.walls.left).abs().min((along - shell.walls.right).abs()) < 0.12,
            _ => (along - shell.walls.back).abs() < 0.15,
        };
        let posts: Vec<&[Vec2; 2]> = on
            .iter()
            .filter(|[a, b]| (b.x - a.x).abs() < 0.12 * (b.y - a.y) && b.y > 1.3 && b.y - a.y > 0.6)
            .filter(|[_, b]| b.y < shell.ceiling - 0.12 && !corner(b.x))
            .collect();
        for (number, one) in posts.iter().enumerate() {
            for other in &posts[number + 1..] {
                let (low, high) = (one[1].x.min(other[1].x), one[1].x.max(other[1].x));
                let top = one[1].y.max(other[1].y);
                let level = (one[1].y - other[1].y).abs() < 0.2 && (one[0].y - other[0].y).abs() < 0.4;
                // A door goes down to the floor.
                let foot = one[0].y.min(other[0].y);
                let foot = if foot < 0.5 { 0.0 } else { foot };
                let head = on.iter().any(|[a, b]| {
                    let (from, to) = (a.x.min(b.x), a.x.max(b.x));
                    let common = to.min(high) - from.max(low);
                    (b.y - a.y).abs() < 0.15 * (to - from) && (b.y - top).abs() < 0.25 && common > 0.5 * (high - low)
                });
                if (0.45..2.4).contains(&(high - low)) && level && head {
                    found.push(Opening { wall, low: Vec2::new(low, foot), high: Vec2::new(high, top) });
                }
            }
        }
    }
    found
}
