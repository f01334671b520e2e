//! The floor of a room in its picture: where furniture may stand, and the walls around it.
//!
//! ```text
//! shell + parts ─► floor that is seen ─┐
//! mask ────────────────────────────────┴─► below the horizon ─► Floor
//! ```
//!
//! Refuses to know: furniture, the picture at full size.

use glam::Vec2;

use super::view::View;
use crate::imaging::picture::Plane;

/// The floor where it is seen, and the room's walls around it.
#[derive(Debug, Clone, PartialEq)]
pub struct Floor {
    /// 1 on the floor, 0 elsewhere; at the small size.
    pub region: Plane,
    /// The walls; beyond these there is no floor.
    pub walls: Walls,
}

/// Walls along the axes of the view, as places on the floor in metres; far away where there is none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Walls {
    /// u of the left one.
    pub left: f32,
    /// u of the right one.
    pub right: f32,
    /// v of the one ahead.
    pub back: f32,
}

impl Walls {
    /// None in sight.
    pub const NONE: Self = Self { left: -9.0, right: 9.0, back: 14.0 };

    /// Whether a point of the floor is between them.
    pub fn hold(&self, at: Vec2) -> bool {
        at.x > self.left && at.x < self.right && at.y < self.back
    }
}

/// The floor that a mask marks. A mask that reaches above the horizon means the room, not the floor alone: then the
/// floor is the detected one inside it, if there is any.
pub fn masked(mask: &Plane, view: &View, found: Option<&Floor>) -> Option<Floor> {
    let (width, height) = (mask.width() as usize, mask.height() as usize);
    let (mut above, mut all, mut kept) = (0.0f32, 0.0f32, 0.0f32);
    let mut region = vec![0.0; width * height];
    for (at, &value) in mask.data.iter().enumerate() {
        let (x, y) = ((at % width) as f32 + 0.5, (at / width) as f32 + 0.5);
        all += value;
        match view.floor_at(x, y) {
            Some(floor) if floor.length() < 16.0 => region[at] = f32::from(u8::from(value > 0.5)),
            _ => above += value,
        }
    }
    let mut walls = Walls::NONE;
    if let Some(found) = found {
        let common: f32 = region.iter().zip(&found.region.data).map(|(a, b)| a * b).sum();
        let floor: f32 = region.iter().sum();
        if above > 0.15 * all && common > 0.2 * floor {
            region.iter_mut().zip(&found.region.data).for_each(|(a, b)| *a *= b);
            walls = found.walls;
        }
    }
    region.iter().for_each(|value| kept += value);
    let region = Plane::from_data(width as u32, height as u32, region)?;
    (kept > 0.01 * (width * height) as f32).then_some(Floor { region, walls })
}
