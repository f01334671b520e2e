//! A room as estimated from a picture: the camera that took it, its floor, its light.
//!
//! ```text
//! Picture ─► small copy ─► segments ─► camera ─► floor (mask or found) ─► light ─► Room
//! ```
//!
//! Refuses to know: furniture, the picture at full size.

pub mod floor;
pub mod light;
pub mod lines;
pub mod vanishing;
pub mod view;

use glam::Vec3;

use self::{floor::Floor, light::RoomLight, lines::Segment, view::View};
use super::tone::{self, Lab};
use crate::imaging::{
    Fault, Stop,
    picture::{Picture, Plane},
    resize,
};

/// Long edge of the copy on which edges are sought.
const EDGES: u32 = 800;
/// Long edge of the copy on which floor and light are.
const COLOURS: u32 = 400;

/// The estimated room.
#[derive(Debug, Clone, PartialEq)]
pub struct Room {
    /// The camera, for the small copy of [`Floor::region`].
    pub view: View,
    /// Whether the camera was found, not supposed.
    pub found: bool,
    /// The floor.
    pub floor: Floor,
    /// The light.
    pub light: RoomLight,
}

/// Analyses a picture.
///
/// # Errors
/// [`Fault::Unsuitable`] when there is no floor; [`Fault::Stopped`].
pub fn look(picture: &Picture, mask: Option<&Plane>, stop: &Stop) -> Result<Room, Fault> {
    let small = resize::to_fit(picture, EDGES.min(picture.long_edge()));
    stop.check()?;
    let lightness: Vec<f32> = small.pixels().map(|pixel| 0.3 * pixel[0] + 0.59 * pixel[1] + 0.11 * pixel[2]).collect();
    let segments = lines::segments(&lightness, small.width() as usize, small.height() as usize);
    stop.check()?;
    let (width, height) = (small.width() as f32, small.height() as f32);
    let camera = vanishing::camera(&segments, width, height);
    stop.check()?;
    let view = camera.map_or_else(|| View::usual(width, height), |found| found.view);

    let tiny = resize::to_fit(&small, COLOURS.min(small.long_edge()));
    let scale = tiny.width() as f32 / width;
    let view = view.scaled(tiny.width() as f32, tiny.height() as f32);
    let segments: Vec<Segment> =
        segments.iter().map(|segment| Segment { a: segment.a * scale, b: segment.b * scale }).collect();
    let light: Vec<Vec3> = tiny.pixels().map(tone::light).collect();
    let colours: Vec<Lab> = light.iter().map(|&pixel| Lab::of(pixel)).collect();
    let found = floor::detected(&colours, tiny.width() as usize, tiny.height() as usize, &view, &segments);
    stop.check()?;
    let floor = match mask {
        Some(mask) => {
            let mask = resize::plane(mask, tiny.width(), tiny.height());
            let no_floor = "The mask marks no floor below the horizon. Mark the floor on which furniture may stand.";
            floor::masked(&mask, &view, found.as_ref()).ok_or_else(|| Fault::Unsuitable(no_floor.into()))?
        }
        None => found.ok_or_else(|| {
            Fault::Unsuitable("No floor was found in this picture. Send a mask that marks the floor.".into())
        })?,
    };
    let light = light::of(&light, tiny.width() as usize, &view, &floor);
    Ok(Room { view, found: camera.is_some(), floor, light })
}
