//! A room as estimated from its picture, once for all who change it: the camera, the box (floor, walls, ceiling), the
//! openings in its walls, the things in it, and how sure each surface is.
//!
//! ```text
//! Picture ─► small copy ─► segments ─► camera ─► shell (the box, by colour and edges) ─► parts ─► confidence ─► Room
//! ```
//!
//! Refuses to know: paints, furniture that is brought, the picture at full size.

mod areas;
mod cluster;
pub mod confidence;
mod fit;
pub mod floor;
pub mod light;
pub mod lines;
mod modes;
pub mod openings;
pub mod parts;
pub mod shell;
mod skirting;
pub mod vanishing;
pub mod view;

use glam::Vec3;

use self::{
    confidence::Confidence,
    floor::Floor,
    lines::Segment,
    openings::Opening,
    parts::Thing,
    shell::{Face, Shell},
    view::View,
};
use crate::imaging::{
    Fault, Stop,
    picture::{Picture, Plane},
    resize,
    tone::{self, Lab},
};

/// Long edge of the copy on which edges are sought.
const EDGES: u32 = 800;
/// Long edge of the copy on which all else is.
const COLOURS: u32 = 400;

/// The estimated room.
#[derive(Debug, Clone, PartialEq)]
pub struct Room {
    /// The camera, for a picture of the size of [`Room::free`].
    pub view: View,
    /// Whether the camera was found, not supposed.
    pub found: bool,
    /// The box.
    pub shell: Shell,
    /// How sure its faces are.
    pub confidence: Confidence,
    /// 1 where the box itself is seen, 0 on things and openings before it; small.
    pub free: Plane,
    /// The same and a little around, up to openings; small.
    pub near: Plane,
    /// Doors, windows and pictures on the walls.
    pub openings: Vec<Opening>,
    /// Things in the room.
    pub things: Vec<Thing>,
}

/// The small copy of a picture on which a room is looked at, linear.
pub fn small(picture: &Picture) -> Picture {
    resize::to_fit(picture, COLOURS.min(picture.long_edge()))
}

/// Analyses a picture.
///
/// # Errors
/// [`Fault::Stopped`].
pub fn look(picture: &Picture, stop: &Stop) -> Result<Room, Fault> {
    let large = resize::to_fit(picture, EDGES.min(picture.long_edge()));
    stop.check()?;
    let lightness: Vec<f32> = large.pixels().map(|pixel| 0.3 * pixel[0] + 0.59 * pixel[1] + 0.11 * pixel[2]).collect();
    let segments = lines::segments(&lightness, large.width() as usize, large.height() as usize);
    stop.check()?;
    let (width, height) = (large.width() as f32, large.height() as f32);
    let camera = vanishing::camera(&segments, width, height);
    stop.check()?;
    let view = camera.map_or_else(|| View::usual(width, height), |found| found.view);

    let tiny = small(picture);
    let (across, down) = (tiny.width() as usize, tiny.height() as usize);
    let view = view.scaled(across as f32, down as f32);
    let scale = across as f32 / width;
    let segments: Vec<Segment> =
        segments.iter().map(|segment| Segment { a: segment.a * scale, b: segment.b * scale }).collect();
    let colours: Vec<Lab> = tiny.pixels().map(|pixel| Lab::of(tone::light(pixel))).collect();
    let colours = blurred(&colours, across, down);
    let found = camera.is_some() && across.min(down) > 40;
    if !found {
        return Ok(Room {
            view,
            found,
            shell: Shell::NONE,
            confidence: Confidence::default(),
            free: Plane::filled(tiny.width(), tiny.height(), 1.0),
            near: Plane::filled(tiny.width(), tiny.height(), 1.0),
            openings: Vec::new(),
            things: Vec::new(),
        });
    }
    let fit::Found { view, shell } = fit::found(&colours, across, down, &view);
    stop.check()?;
    let parts = parts::of(&colours, across, &view, &shell, &segments);
    let confidence = Confidence::of(&colours, across, &parts);
    let plane = |set: &[bool]| {
        let mut plane = Plane::filled(tiny.width(), tiny.height(), 0.0);
        plane.data.iter_mut().zip(set).for_each(|(value, is)| *value = f32::from(u8::from(*is)));
        plane
    };
    let (free, near) = (plane(&parts.free), plane(&parts.near));
    Ok(Room { view, found, shell, confidence, free, near, openings: parts.openings, things: parts.things })
}

impl Room {
    /// Where furniture may stand; `None` unless the floor is sure.
    pub fn floor(&self) -> Option<Floor> {
        self.confidence.floor().then(|| {
            let is_floor = |face: Face| face == Face::Floor;
            let (width, height) = (self.free.width(), self.free.height());
            let mut region = confidence::share(is_floor, (&self.view, &self.shell), &self.free, width, height);
            region.data.iter_mut().for_each(|value| *value = f32::from(u8::from(*value > 0.5)));
            Floor { region, walls: self.shell.walls }
        })
    }

    /// Share of the surfaces that are wanted at each pixel of a picture of this size, where `seen` ([`Room::free`] or
    /// [`Room::near`]) holds.
    pub fn share(&self, wanted: impl Fn(Face) -> bool, seen: &Plane, width: u32, height: u32) -> Plane {
        confidence::share(wanted, (&self.view, &self.shell), seen, width, height)
    }

    /// How much of the floor's area things stand on or hide, 0 to 1.
    pub fn furnished(&self) -> f32 {
        let (mut floor, mut hidden) = (0.0f32, 0.0f32);
        for (at, free) in self.free.data.iter().enumerate() {
            let (x, y) = (at % self.free.width() as usize, at / self.free.width() as usize);
            if self.shell.face(&self.view, x as f32 + 0.5, y as f32 + 0.5) == Face::Floor {
                floor += 1.0;
                hidden += 1.0 - free;
            }
        }
        hidden / floor.max(1.0)
    }
}

/// Noise taken out.
fn blurred(colours: &[Lab], width: usize, height: usize) -> Vec<Lab> {
    let pass = |from: &[Lab], step: usize, place: fn(usize, usize) -> usize, end: usize| -> Vec<Lab> {
        (0..from.len())
            .map(|at| {
                let here = place(at, width);
                let before = if here > 0 { from[at - step] } else { from[at] };
                let behind = if here + 1 < end { from[at + step] } else { from[at] };
                (before + from[at] * 2.0 + behind) * 0.25
            })
            .collect()
    };
    let across = pass(colours, 1, |at, width| at % width, width);
    pass(&across, width, |at, width| at / width, height)
}

/// The light on each pixel of [`small`].
pub fn lights(small: &Picture) -> Vec<Vec3> {
    small.pixels().map(tone::light).collect()
}
