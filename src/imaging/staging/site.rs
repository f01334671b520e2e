//! A room as furniture needs it: where it may stand, what must stay free, and the light.
//!
//! ```text
//! Picture ─► Room ─► floor (mask, else the room's) ─► light ─► Site
//! ```
//!
//! Refuses to know: pieces.

use crate::imaging::{
    Fault, Stop,
    picture::{Picture, Plane},
    resize,
    room::{
        self, Room,
        floor::{self, Floor},
        light::{self, RoomLight},
    },
};

/// Where furniture goes.
#[derive(Debug, Clone, PartialEq)]
pub struct Site {
    /// The room.
    pub room: Room,
    /// The floor that may be used.
    pub floor: Floor,
    /// The light on it.
    pub light: RoomLight,
}

/// From this share of the floor on that things cover a room is furnished.
const FURNISHED: f32 = 0.4;

/// Analyses a picture; `mask` marks the floor, or a part of the room for its floor.
///
/// # Errors
/// [`Fault::Unsuitable`] when there is no floor, or things cover much of it; [`Fault::Stopped`].
pub fn of(picture: &Picture, mask: Option<&Plane>, stop: &Stop) -> Result<Site, Fault> {
    let room = room::look(picture, stop)?;
    let found = room.floor();
    let floor = match mask {
        Some(mask) => {
            let mask = resize::plane(mask, room.free.width(), room.free.height());
            let no_floor = "The mask marks no floor below the horizon. Mark the floor on which furniture may stand.";
            floor::masked(&mask, &room.view, found.as_ref()).ok_or_else(|| Fault::Unsuitable(no_floor.into()))?
        }
        None => {
            if room.furnished() > FURNISHED {
                let full = "The floor of this room is covered by furniture. Send a picture of the empty room, or a \
                            mask that marks the free floor.";
                return Err(Fault::Unsuitable(full.into()));
            }
            found.ok_or_else(|| {
                Fault::Unsuitable("No floor was found in this picture. Send a mask that marks the floor.".into())
            })?
        }
    };
    stop.check()?;
    let small = room::small(picture);
    let light = light::of(&room::lights(&small), small.width() as usize, &room.view, &floor);
    Ok(Site { room, floor, light })
}
