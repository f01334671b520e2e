//! Outgoing messages: the state of the lights, and the discovery message for Home Assistant.
//!
//! Refuses to know: the broker.

use super::topics::{Order, Topics};
use crate::{
    app::lights::LightsView,
    domain::lights::{Effect, Look},
};
use rustix::system::sysinfo;
use serde_json::json;

/// The published state. A changed value is sent at once, the same one only now and then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    power: bool,
    brightness: u8,
    /// Segment 0's; without one, that of a dark segment.
    look: Look,
}

impl Shown {
    pub fn of(view: &LightsView) -> Self {
        let look = view.segments.iter().find(|segment| segment.id == 0).map_or(Look::default(), |s| s.look);
        Self { power: view.controller.power, brightness: view.controller.brightness, look }
    }

    /// The JSON of `state`: the firmware's keys, and those that Home Assistant's JSON schema asks for. `uptime` in
    /// seconds; `ip` is this machine's address towards the broker, or empty.
    pub fn state(&self, uptime: u64, ip: &str) -> String {
        let Self { power, brightness, look } = self;
        let [r, g, b] = look.primary;
        let effect = look.effect.map_or("none", Effect::id);
        json!({
            "power": power,
            "state": if *power { "ON" } else { "OFF" },
            "brightness": brightness,
            "effect": effect,
            "speed": look.speed,
            "intensity": look.intensity,
            "color_mode": "rgb",
            "color": {"r": r, "g": g, "b": b},
            "uptime": uptime,
            "heap_free": free(),
            "ip": ip,
        })
        .to_string()
    }
}

/// Free memory in bytes.
fn free() -> u64 {
    let machine = sysinfo();
    (machine.freeram as u64).saturating_mul(u64::from(machine.mem_unit))
}

/// The discovery message for Home Assistant: a lamp of its MQTT integration's JSON schema
/// (<https://www.home-assistant.io/integrations/light.mqtt/#json-schema>).
pub fn discovery(topics: &Topics, client_id: &str) -> String {
    let effects: Vec<_> = Effect::ALL.iter().map(|effect| effect.id()).collect();
    json!({
        "schema": "json",
        // The lamp is the whole device: its name is the device's.
        "name": null,
        "unique_id": client_id,
        "state_topic": topics.state(),
        "command_topic": topics.order(Order::Set),
        "availability_topic": topics.status(),
        "payload_available": "online",
        "payload_not_available": "offline",
        "brightness": true,
        "brightness_scale": 255,
        "supported_color_modes": ["rgb"],
        "effect": true,
        "effect_list": effects,
        "device": {
            "identifiers": [client_id],
            "name": "LUME",
            "manufacturer": "Lumencast",
            "model": "LUME",
            "sw_version": env!("CARGO_PKG_VERSION"),
        },
    })
    .to_string()
}
