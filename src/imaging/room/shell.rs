//! The box of a room: floor, ceiling and the walls left, right and ahead, as planes along the axes of its camera. Refuses to
//! know: colours, how the box is found.

use glam::{Vec2, Vec3};

use super::{floor::Walls, view::View};

/// A side of the box.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Face {
    Floor,
    Ceiling,
    Left,
    Right,
    Back,
}

impl Face {
    /// All, in the order of their numbers.
    pub const ALL: [Self; 5] = [Self::Floor, Self::Ceiling, Self::Left, Self::Right, Self::Back];

    /// Whether it is upright.
    pub fn is_wall(self) -> bool {
        matches!(self, Self::Left | Self::Right | Self::Back)
    }
}

/// The box, in metres from the camera's foot point; [`Walls::NONE`] and [`Shell::NO_CEILING`] where a side is out of
/// sight.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shell {
    /// The walls.
    pub walls: Walls,
    /// Height of the ceiling above the floor.
    pub ceiling: f32,
    /// Heights of the skirting boards left, right and ahead; 0 without.
    pub skirting: [f32; 3],
}

impl Shell {
    /// A ceiling that is out of sight.
    pub const NO_CEILING: f32 = 20.0;

    /// A box of which nothing is known.
    pub const NONE: Self = Self { walls: Walls::NONE, ceiling: Self::NO_CEILING, skirting: [0.0; 3] };

    /// The face that a ray from `eye` metres above the floor meets, and the length along it.
    pub fn meet(&self, eye: f32, ray: Vec3) -> (Face, f32) {
        let walls = &self.walls;
        let upright =
            if ray.y < 0.0 { (Face::Floor, eye / -ray.y) } else { (Face::Ceiling, (self.ceiling - eye) / ray.y) };
        let side = if ray.x < 0.0 { (Face::Left, walls.left / ray.x) } else { (Face::Right, walls.right / ray.x) };
        let back = (Face::Back, if ray.z < 0.0 { walls.back / -ray.z } else { f32::MAX });
        let near = if side.1 < upright.1 { side } else { upright };
        if back.1 < near.1 {
            return back;
        }
        if near.0 == Face::Floor {
            // Where the floor seems to go on, a skirting board of the height stands in front.
            let (x, ahead) = (ray.x * near.1, -ray.z * near.1);
            let [left, right, front] = self.skirting.map(|height| 1.0 - height / eye);
            if ahead > walls.back * front {
                return (Face::Back, near.1);
            }
            if x < walls.left * left {
                return (Face::Left, near.1);
            }
            if x > walls.right * right {
                return (Face::Right, near.1);
            }
        }
        near
    }

    /// The face at a pixel.
    pub fn face(&self, view: &View, x: f32, y: f32) -> Face {
        self.meet(view.eye, view.ray(x, y)).0
    }

    /// Where a ray through a pixel meets the plane of a wall: metres along it (v of side walls, u of the one ahead) and
    /// above the floor.
    pub fn on_wall(&self, view: &View, wall: Face, at: Vec2) -> Option<Vec2> {
        let ray = view.ray(at.x, at.y);
        let far = match wall {
            Face::Left => self.walls.left / ray.x,
            Face::Right => self.walls.right / ray.x,
            Face::Back => self.walls.back / -ray.z,
            Face::Floor | Face::Ceiling => return None,
        };
        let along = if wall == Face::Back { ray.x } else { -ray.z };
        (far > 0.0 && far.is_finite()).then(|| Vec2::new(along * far, view.eye + ray.y * far))
    }
}
