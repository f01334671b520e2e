//! The engine `local`: which services there are, and at which size each works.
//!
//! Values of pixels are changed before a picture is enlarged, which is cheaper and keeps noise from being enlarged with
//! it; things are drawn into a picture after that, so that their edges are as fine as it is.

use super::Prepared;
use crate::{
    domain::imaging::{Request, Service},
    imaging::{
        Fault, Stop, design, enhance,
        picture::Picture,
        plans, resize, staging,
        upscale::{self, Weights},
    },
};

/// The picture, not larger than it is asked for. Blocks for seconds.
pub(super) fn make(
    request: &Request,
    prepared: Prepared,
    weights: Option<&Weights>,
    stop: &Stop,
) -> Result<Picture, Fault> {
    let Prepared { picture, mask, reference } = prepared;
    let edge = request.resolution.long_edge();
    match request.service {
        Service::RenderEnhancement => enhance::enhance(picture, mask.as_ref(), request, stop),
        Service::DesignOptions => design::design(picture, mask.as_ref(), reference.as_ref(), request, stop),
        Service::Plans3d => plans::draw(&picture, request, edge, stop),
        Service::VirtualStaging => {
            let picture = upscale::to_long_edge(picture, edge, weights, stop)?;
            let mask = mask.map(|mask| resize::plane(&mask, picture.width(), picture.height()));
            staging::stage(picture, mask.as_ref(), reference.as_ref(), request, stop)
        }
    }
}
