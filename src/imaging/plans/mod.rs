//! The service 3d-plans: a floor plan becomes a shaded view of the house, cut open above the parapets.
//!
//! ```text
//! Picture ─► ink ─► walls ─► openings ─► rooms ─► Model (metres) ─► house + furniture ─► view, light ─► Picture
//! ```
//!
//! Refuses to know: files, jobs, how rays are traced.

mod bits;
mod furnish;
mod furniture;
mod house;
mod ink;
mod model;
mod openings;
mod outline;
mod palette;
mod rooms;
#[cfg(test)]
mod tests;
mod view;
mod walls;

use crate::{
    domain::imaging::Request,
    imaging::{Fault, Stop, picture::Picture, wishes::Wishes},
};

/// What kind of house it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Preset {
    Residential,
    Commercial,
    Office,
}

impl Preset {
    fn of(request: &Request) -> Self {
        match request.config.as_str() {
            "commercial" => Self::Commercial,
            "office" => Self::Office,
            _ => Self::Residential,
        }
    }

    /// Metres at which walls are cut off, so that one sees over them.
    fn cut(self) -> f32 {
        match self {
            Self::Residential => 1.55,
            Self::Commercial => 1.9,
            Self::Office => 1.35,
        }
    }
}

/// Draws the house of a plan, `long_edge` pixels along the long edge.
///
/// # Errors
/// [`Fault::Unsuitable`] when the picture shows no plan, [`Fault::Stopped`] when called off.
pub fn draw(plan: &Picture, request: &Request, long_edge: u32, stop: &Stop) -> Result<Picture, Fault> {
    let model = model::study(plan, stop)?;
    let (preset, wishes) = (Preset::of(request), Wishes::of(request));
    view::render(&model, preset, &wishes, long_edge, stop)
}
