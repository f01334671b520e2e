//! `/api/v2/controller`: power, brightness, number of LEDs.

use super::{
    fields::Fields,
    reply::{Answer, Reply},
    wire::ControllerBody,
};
use crate::{app::lights::Lights, domain::lights::ControllerChange};

/// `GET`.
pub fn read(lights: &Lights) -> Answer {
    Ok(Reply::ok(&ControllerBody::from(lights.view().controller)))
}

/// `PUT`. The number of LEDs is passed over. `transition` is ours.
pub fn change(lights: &Lights, body: &Fields) -> Answer {
    let change = ControllerChange { power: body.flag("power")?, brightness: body.byte("brightness")? };
    let lasts = body.transition()?;
    Ok(Reply::ok(&ControllerBody::from(lights.over(lasts, |strip| strip.set_controller(change)))))
}
