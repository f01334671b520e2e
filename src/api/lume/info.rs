//! `/api/v2/info`: what this is and how far it goes.

use super::{
    error::BODY_LIMIT,
    reply::{Answer, Reply},
};
use crate::{app::lights::Lights, domain::lights::SEGMENTS};
use serde::Serialize;
use time::{OffsetDateTime, macros::format_description};

/// What the document's device can have.
const LEAST_LEDS: u16 = 300;

#[derive(Debug, Serialize)]
struct InfoBody {
    firmware: Firmware,
    limits: Limits,
    features: Features,
    controller: ControllerPart,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Firmware {
    name: &'static str,
    version: &'static str,
    build_hash: &'static str,
    build_timestamp: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Limits {
    max_leds: u16,
    max_segments: u8,
    max_request_body: usize,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Features {
    segments_v2: bool,
    direct_pixels: bool,
    sacn: bool,
    mqtt: bool,
    ai_prompts: bool,
    ota: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ControllerPart {
    led_count: u16,
    power: bool,
}

/// `GET`.
pub fn read(lights: &Lights) -> Answer {
    let controller = lights.view().controller;
    let firmware = Firmware {
        name: "LUME",
        version: env!("CARGO_PKG_VERSION"),
        build_hash: option_env!("BUILT_FROM").unwrap_or("dev"),
        build_timestamp: built(),
    };
    let limits =
        Limits { max_leds: controller.led_count.max(LEAST_LEDS), max_segments: SEGMENTS, max_request_body: BODY_LIMIT };
    // What the device has, as the document prints it: clients of the device look for these.
    let features =
        Features { segments_v2: true, direct_pixels: true, sacn: true, mqtt: true, ai_prompts: true, ota: true };
    let controller = ControllerPart { led_count: controller.led_count, power: controller.power };
    Ok(Reply::ok(&InfoBody { firmware, limits, features, controller }))
}

/// When this was built, UTC.
fn built() -> String {
    let seconds = env!("BUILT_AT").parse().unwrap_or_default();
    let built = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    built.format(format_description!("[year]-[month]-[day] [hour]:[minute]:[second]")).unwrap_or_default()
}
