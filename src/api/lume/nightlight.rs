//! `/api/nightlight`: a fade of brightness.

use super::{
    fields::Fields,
    reply::{self, Answer, Reply},
    wire::NightlightBody,
};
use crate::{app::lights::Lights, domain::lights::Nightlight};
use serde::Serialize;

/// Default duration, in seconds.
const DURATION: u16 = 900;
/// The longest, in seconds.
const LONGEST: i64 = 3600;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct StartedBody {
    success: bool,
    duration: u16,
    target_brightness: u8,
    start_brightness: u8,
}

/// `GET`.
pub fn read(lights: &Lights) -> Answer {
    Ok(Reply::ok(&NightlightBody::from(lights.view().nightlight)))
}

/// `POST`.
pub fn start(lights: &Lights, body: &Fields) -> Answer {
    let seconds = body.number("duration", 1, LONGEST)?.unwrap_or(DURATION);
    let target = body.byte("targetBrightness")?.unwrap_or(0);
    let from = lights.start_nightlight(Nightlight { seconds, target });
    let body = StartedBody { success: true, duration: seconds, target_brightness: target, start_brightness: from };
    Ok(Reply::ok(&body))
}

/// `POST …/stop`. Where none runs there is nothing to do.
pub fn stop(lights: &Lights) -> Answer {
    lights.stop_nightlight();
    Ok(reply::success())
}
