//! The service design-options: the same room or house in another style and other colours.
//!
//! ```text
//! Picture ─► clean-up ─► colours of the reference, else of the style ─► floor and wall painted ─► light ─► within the mask
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
    wishes::{Surface, Wishes},
};
use crate::domain::imaging::Request;

/// Another style and other colours, in a picture of the same size. Where the mask is 0 it is the picture that came, exactly.
///
/// With a mask a wished paint goes on all that the mask holds, without one on the floor or the walls that are found.
///
/// # Errors
/// [`Fault::Stopped`]; [`Fault::Unsuitable`] when a paint was all that was wished and no such surface is found.
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
    let walls = |surface: Surface| surface == Surface::Wall || surface == Surface::Ceiling;
    // Surfaces are looked for before anything changes their colour.
    let mut painted = Vec::new();
    let mut missing = None;
    for (surface, paint) in &wishes.paints {
        let region = match mask {
            Some(mask) if wishes.paints.len() == 1 => Some(surface::of_mask(mask)),
            _ => surface::find(&picture, &layout, *surface),
        };
        match region {
            Some(region) => painted.push((*surface, *paint, region)),
            None => missing = Some(*surface),
        }
    }
    let restyled = reference.is_some() || wishes.style_asked || wishes.paints.is_empty();
    if let (Some(surface), true, false) = (missing, painted.is_empty(), restyled) {
        let name = if walls(surface) { "wall" } else { "floor or surface" };
        return Err(Fault::Unsuitable(format!(
            "no {name} to paint is found in the picture; a mask can show where it is"
        )));
    }
    if let Some(reference) = reference {
        transfer::towards(&mut picture, reference, &layout, stop)?;
    } else if let (Some(style), true) = (wishes.style, restyled) {
        palette::of(style).apply(&mut picture, &layout, stop)?;
    } else if restyled {
        // A preset without a style of its own (landscape): the measures it has for enhancing.
        Preset::of(&request.config).look.apply(&mut picture, &layout, stop)?;
    }
    for (surface, paint, region) in &painted {
        recolour::paint(&mut picture, region, *surface == Surface::Floor, paint, stop)?;
    }
    enhance::wished(&mut picture, outside, &wishes, stop)?;
    if let Some((before, mask)) = before.zip(mask) {
        grade::within(&before, &mut picture, mask, grade::feather_of(&before), stop)?;
    }
    Ok(picture)
}

#[cfg(test)]
mod tests;
