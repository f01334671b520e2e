//! The floor seen from above, in squares of 5 cm, and how much of a rectangle lies on it.
//!
//! ```text
//! region of the picture + camera ─► squares: no floor / floor / floor that goes on beside the picture ─► sums
//! ```
//!
//! Where the floor runs out of the picture it is assumed to continue, so that a table may be cut by the picture's edge.
//! Refuses to know: furniture.

use glam::{Vec2, Vec3};

use crate::imaging::{room::shell::Face, staging::site::Site};

/// Metres along a square.
const CELL: f32 = 0.05;
/// The first u and v.
const FROM: Vec2 = Vec2::new(-8.0, 0.6);
/// Squares along u and v.
const COUNT: (usize, usize) = (320, 240);

/// A rectangle along the walls, in (u, v).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rect {
    /// Least u and v.
    pub low: Vec2,
    /// Greatest u and v.
    pub high: Vec2,
}

/// The floor from above.
#[derive(Debug, Clone)]
pub struct Ground {
    /// Summed from the first corner: squares of floor, and of floor that is seen.
    floor: Vec<u32>,
    seen: Vec<u32>,
}

impl Ground {
    /// The ground of a site: its floor, without the ways through its doors.
    pub fn of(site: &Site) -> Self {
        let (floor, view) = (&site.floor, &site.room.view);
        let (across, along) = COUNT;
        let mut cells = vec![0u8; across * along];
        for (at, cell) in cells.iter_mut().enumerate() {
            let place = FROM + Vec2::new((at % across) as f32 + 0.5, (at / across) as f32 + 0.5) * CELL;
            if let Some(pixel) = view.pixel_of(Vec3::new(place.x, 0.0, -place.y)).filter(|_| floor.walls.hold(place)) {
                let inside = pixel.x >= 0.0 && pixel.y >= 0.0 && pixel.x < view.width && pixel.y < view.height;
                // Outside the picture its border is continued; far outside the floor is unknown.
                let near = pixel.x > -0.6 * view.width && pixel.x < 1.6 * view.width;
                if (inside || near) && floor.region.at(pixel.x.floor() as i64, pixel.y.floor() as i64) > 0.5 {
                    *cell = if inside { 2 } else { 1 };
                }
            }
            if way(site, place) {
                *cell = 0;
            }
        }
        let cells = without_holes(&cells);
        let sums = |wanted: u8| {
            let mut sums = vec![0u32; (across + 1) * (along + 1)];
            for y in 0..along {
                let mut row = 0;
                for x in 0..across {
                    row += u32::from(cells[y * across + x] >= wanted);
                    sums[(y + 1) * (across + 1) + x + 1] = sums[y * (across + 1) + x + 1] + row;
                }
            }
            sums
        };
        Self { floor: sums(1), seen: sums(2) }
    }

    /// The whole of it.
    pub fn extent() -> Rect {
        Rect { low: FROM, high: FROM + Vec2::new(COUNT.0 as f32, COUNT.1 as f32) * CELL }
    }

    /// Square metres of floor in the picture.
    pub fn seen_area(&self) -> f32 {
        self.seen.last().map_or(0.0, |&cells| cells as f32 * CELL * CELL)
    }

    /// Share of a rectangle that is floor, seen or not.
    pub fn floor(&self, rect: &Rect) -> f32 {
        Self::share(&self.floor, rect)
    }

    /// Share of a rectangle that is floor in the picture.
    pub fn seen(&self, rect: &Rect) -> f32 {
        Self::share(&self.seen, rect)
    }

    fn share(sums: &[u32], rect: &Rect) -> f32 {
        let low = ((rect.low - FROM) / CELL).floor();
        let high = ((rect.high - FROM) / CELL).ceil();
        let whole = (high - low).max(Vec2::ONE);
        let end = Vec2::new(COUNT.0 as f32, COUNT.1 as f32);
        let (low, high) = (low.clamp(Vec2::ZERO, end), high.clamp(Vec2::ZERO, end));
        let sum = |x: f32, y: f32| sums[y as usize * (COUNT.0 + 1) + x as usize] as f32;
        (sum(high.x, high.y) + sum(low.x, low.y) - sum(high.x, low.y) - sum(low.x, high.y)) / (whole.x * whole.y)
    }
}

/// Metres before a door that stay free.
const WAY: f32 = 0.9;

/// Whether a place is right before a door.
fn way(site: &Site, place: Vec2) -> bool {
    let walls = &site.room.shell.walls;
    site.room.openings.iter().filter(|opening| opening.is_door()).any(|door| {
        let (along, from) = match door.wall {
            Face::Left => (place.y, place.x - walls.left),
            Face::Right => (place.y, walls.right - place.x),
            _ => (place.x, walls.back - place.y),
        };
        along > door.low.x - 0.1 && along < door.high.x + 0.1 && from < WAY
    })
}

/// Holes of up to 20 cm filled: specks of the picture, not objects.
fn without_holes(cells: &[u8]) -> Vec<u8> {
    let (across, along) = COUNT;
    let pass = |from: &[u8], dx: i64, dy: i64, most: bool| -> Vec<u8> {
        let at = |x: i64, y: i64| {
            let inside = x >= 0 && y >= 0 && x < across as i64 && y < along as i64;
            if inside { from[y as usize * across + x as usize] } else { 0 }
        };
        (0..from.len() as i64)
            .map(|index| {
                let (x, y) = (index % across as i64, index / across as i64);
                let near = (-2..=2).map(|off| at(x + off * dx, y + off * dy));
                if most { near.max() } else { near.min() }.unwrap_or(0)
            })
            .collect()
    };
    let grown = pass(&pass(cells, 1, 0, true), 0, 1, true);
    let closed = pass(&pass(&grown, 1, 0, false), 0, 1, false);
    // Visible floor stays visible; filled holes count as their surroundings.
    cells.iter().zip(&closed).map(|(&was, &now)| if was > 0 { was } else { now }).collect()
}
