//! The service design-options: the same room or house in another style and other colours.
//!
//! ```text
//! Picture ─► room: surfaces that are asked for ─► colours of the reference, else of the style ─► surfaces painted
//!         ─► light ─► within the mask
//! ```
//!
//! Refuses to know: files, sizes other than the picture's own, new things in the room (that is staging).

mod palette;
mod pattern;
mod recolour;
mod surface;
mod transfer;

use super::{
    Fault, Stop,
    enhance::{self, Preset},
    grade::{self, layout::Layout},
    picture::{Picture, Plane},
    room::{self, view::View},
    wishes::{Surface, Wishes},
};
use crate::domain::imaging::Request;

/// Another style and other colours, in a picture of the same size. Where the mask is 0 it is the picture that came, exactly.
///
/// With a mask and one paint, that goes on all that the mask holds; else paints go on the surfaces of the room.
///
/// # Errors
/// [`Fault::Stopped`]; [`Fault::Unsuitable`] when a surface that is to be painted is not found with certainty.
pub fn design(
    mut picture: Picture,
    mask: Option<&Plane>,
    reference: Option<&Picture>,
    request: &Request,
    stop: &Stop,
) -> Result<Picture, Fault> {
    let before = mask.map(|_| picture.clone());
    let wishes = Wishes::of(request);
    let outside = Preset::of(&request.config).outside;
    let layout = Layout::of(&picture, outside);
    // Surfaces are looked for before anything changes their colour.
    let mut painted = Vec::new();
    let mut missing = Vec::new();
    let room = (!wishes.paints.is_empty() && !outside).then(|| room::look(&picture, stop)).transpose()?;
    for (surface, paint) in &wishes.paints {
        let share = match mask {
            Some(mask) if wishes.paints.len() == 1 => Some(mask.clone()),
            _ => room.as_ref().and_then(|room| surface::find(&picture, room, *surface)),
        };
        match share {
            Some(share) => painted.push((*surface, *paint, share)),
            None => missing.push(*surface),
        }
        stop.check()?;
    }
    if !missing.is_empty() {
        return Err(Fault::Unsuitable(surface::missing(&missing, outside)));
    }
    let (width, height) = (picture.width() as f32, picture.height() as f32);
    let view = room.map_or_else(|| View::usual(width, height), |room| room.view.scaled(width, height));
    let restyled = reference.is_some() || wishes.style_asked || wishes.paints.is_empty();
    if let Some(reference) = reference {
        transfer::towards(&mut picture, reference, &layout, stop)?;
    } else if let (Some(style), true) = (wishes.style, restyled) {
        palette::of(style).apply(&mut picture, &layout, stop)?;
    } else if restyled {
        // A preset without a style of its own (landscape): the measures it has for enhancing.
        Preset::of(&request.config).look.apply(&mut picture, &layout, stop)?;
    }
    for (surface, paint, share) in &painted {
        let floor = (*surface == Surface::Floor).then_some(&view);
        recolour::paint(&mut picture, share, floor, paint, stop)?;
    }
    enhance::wished(&mut picture, outside, &wishes, stop)?;
    if let Some((before, mask)) = before.zip(mask) {
        grade::within(&before, &mut picture, mask, grade::feather_of(&before), stop)?;
    }
    Ok(picture)
}

#[cfg(test)]
mod tests;
