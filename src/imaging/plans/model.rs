//! A plan understood: walls, openings and rooms with places in metres.
//!
//! ```text
//! ink ─► walls (strokes or cavities) ─► openings ─► rooms ─► which reading encloses rooms? ─► scale ─► Model
//! ```
//!
//! Refuses to know: materials, furniture, the view.

use super::{
    bits::Bits,
    ink,
    openings::{self, Leaf},
    outline::outlines,
    rooms::{self, Rooms},
    walls::{self, Walls},
};
use crate::imaging::{Fault, Stop, picture::Picture};
use glam::Vec2;

/// What a gap in a wall is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Door,
    Window,
}

/// A gap in a wall, in metres.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gap {
    pub kind: Kind,
    pub low: Vec2,
    pub high: Vec2,
    /// Whether the wall runs along x.
    pub level: bool,
    /// How its door stands open, if one is drawn.
    pub leaf: Option<Leaf>,
}

/// A plan in metres: x to the right, y down the page, the middle of the house at 0.
#[derive(Debug, Clone)]
pub struct Model {
    /// Walls with thickness in pixels.
    pub walls: Walls,
    /// Rooms by pixels.
    pub rooms: Rooms,
    pub gaps: Vec<Gap>,
    /// Metres a pixel.
    pub scale: f32,
    /// The pixel at 0.
    pub middle: Vec2,
    /// Half of the house's size in metres.
    pub half: Vec2,
}

const ADVICE: &str = "No floor plan was found in this picture. A plan should be seen straight from above, with walls drawn as \
     solid thick strokes or as two closed parallel lines around the rooms, dark on light or light on dark.";

/// Understands a picture of a plan.
///
/// # Errors
/// [`Fault::Unsuitable`] when no walls enclose rooms, [`Fault::Stopped`] when called off.
pub fn study(picture: &Picture, stop: &Stop) -> Result<Model, Fault> {
    let unsuitable = || Fault::Unsuitable(ADVICE.to_owned());
    let ink = ink::read(picture, stop)?;
    if ink.paper < 0.4 {
        return Err(unsuitable());
    }
    let mut readings = Vec::new();
    for walls in walls::find(&ink.bits) {
        stop.check()?;
        readings.extend(reading(walls, &ink.bits));
    }
    let area = |model: &Model| model.rooms.all.iter().map(|room| room.area).sum::<usize>();
    let most = readings.iter().map(area).max().unwrap_or(0);
    // Lines of outlined walls enclose as much as the walls do; the thicker reading is the wall.
    let good = readings.into_iter().filter(|model| area(model) * 4 >= most * 3);
    good.max_by(|a, b| a.walls.thickness.total_cmp(&b.walls.thickness)).ok_or_else(unsuitable)
}

/// What walls make of a plan; `None` when it is none.
fn reading(walls: Walls, ink: &Bits) -> Option<Model> {
    if straightness(&walls) < 0.7 {
        return None;
    }
    let found = openings::find(&walls, ink);
    let without = walls.without(ink);
    let rooms = rooms::find(&walls, &found, &without);
    let marked: Vec<Vec2> = (0..walls.bits.data.len())
        .filter(|&at| walls.bits.data[at])
        .map(|at| Vec2::new((at % walls.bits.width) as f32, (at / walls.bits.width) as f32))
        .collect();
    let (low, high) =
        marked.iter().fold((Vec2::INFINITY, Vec2::ZERO), |(low, high), &at| (low.min(at), high.max(at + 1.0)));
    let covered: usize = rooms.all.iter().map(|room| room.area).sum();
    let size = high - low;
    if (covered as f32) < 0.25 * size.x * size.y || size.max_element() > 40.0 * size.min_element() {
        return None;
    }
    let outside = |x: usize, y: usize| {
        let at = y * walls.bits.width + x;
        rooms.map.get(at).is_none_or(|&room| room == 0)
    };
    let gaps: Vec<(openings::Opening, Kind)> =
        found.into_iter().map(|gap| (gap, kind(&gap, walls.thickness, outside))).collect();
    let scale = scale(&gaps, walls.thickness, size.max_element());
    let middle = (low + high) * 0.5;
    let metres = |(x, y): (usize, usize)| (Vec2::new(x as f32, y as f32) - middle) * scale;
    let gaps = gaps
        .iter()
        .map(|(gap, kind)| Gap {
            kind: *kind,
            low: metres(gap.low),
            high: metres(gap.high),
            level: gap.level,
            leaf: gap.leaf,
        })
        .collect();
    Some(Model { gaps, scale, middle, half: size * 0.5 * scale, walls, rooms })
}

/// Share of wall that lies in runs long enough along or across, 0 to 1: near 1 for a plan, low for a photograph's
/// dark patches.
fn straightness(walls: &Walls) -> f32 {
    let long = (2.5 * walls.thickness) as u16;
    let (across, down) = (walls.bits.runs(), walls.bits.transposed().runs());
    let most = (1.8 * walls.thickness) as u16;
    let (width, height) = (walls.bits.width, walls.bits.height);
    let straight = (0..across.len()).filter(|&at| {
        let (one, two) = (across[at], down[(at % width) * height + at / width]);
        one.max(two) >= long && one.min(two) <= most
    });
    straight.count() as f32 / walls.bits.count().max(1) as f32
}

/// Glass is drawn as lines along the wall, in outer walls.
fn kind(gap: &openings::Opening, thickness: f32, outside: impl Fn(usize, usize) -> bool) -> Kind {
    let far = (0.6 * thickness) as usize + 2;
    let (x, y) = ((gap.low.0 + gap.high.0) / 2, (gap.low.1 + gap.high.1) / 2);
    let outer = if gap.level {
        outside(x, gap.low.1.saturating_sub(far)) || outside(x, gap.high.1 + far)
    } else {
        outside(gap.low.0.saturating_sub(far), y) || outside(gap.high.0 + far, y)
    };
    if gap.lines >= 2 && outer { Kind::Window } else { Kind::Door }
}

/// Metres a pixel: doors are mostly 0.85 m wide, walls 0.07 to 0.45 m thick, houses 4 to 60 m long.
fn scale(gaps: &[(openings::Opening, Kind)], thickness: f32, extent: f32) -> f32 {
    let doors = gaps.iter().filter(|(_, kind)| *kind == Kind::Door).map(|(gap, _)| gap);
    // A gap with a leaf is a door for certain; others may be passages.
    let leaves = doors.clone().any(|gap| gap.leaf.is_some());
    let mut doors: Vec<f32> = doors.filter(|gap| gap.leaf.is_some() || !leaves).map(|gap| gap.gap() as f32).collect();
    doors.sort_by(f32::total_cmp);
    let by_wall = 0.17 / thickness;
    let scale = doors.get(doors.len() / 2).map_or(by_wall, |gap| 0.85 / gap);
    let scale = scale.clamp(0.07 / thickness, 0.45 / thickness);
    scale.clamp(4.0 / extent, 60.0 / extent)
}

impl Model {
    /// Metres of a place in pixels.
    pub fn metres(&self, pixel: Vec2) -> Vec2 {
        (pixel - self.middle) * self.scale
    }

    /// Outlines of marks in metres.
    pub fn outlines(&self, bits: &Bits) -> Vec<Vec<Vec2>> {
        let slack = (0.14 * self.walls.thickness).clamp(1.1, 4.0);
        let all = outlines(bits, slack);
        all.into_iter().map(|one| one.into_iter().map(|at| self.metres(at)).collect()).collect()
    }

    /// Square metres of a room.
    pub fn area(&self, room: usize) -> f32 {
        self.rooms.all.get(room).map_or(0.0, |room| room.area as f32 * self.scale * self.scale)
    }

    /// Which room a place in metres is in.
    pub fn room_at(&self, at: Vec2) -> Option<usize> {
        let pixel = at / self.scale + self.middle;
        let (x, y) = (pixel.x.floor(), pixel.y.floor());
        if x < 0.0 || y < 0.0 || x as usize >= self.walls.bits.width {
            return None;
        }
        let number = *self.rooms.map.get(y as usize * self.walls.bits.width + x as usize)?;
        (number as usize).checked_sub(1)
    }
}
