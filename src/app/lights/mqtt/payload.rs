//! Outgoing messages: the state of the lights, and the discovery message for Home Assistant.
//!
//! Refuses to know: the broker.

use super::topics::{Order, Topics};
use crate::{
    app::lights::LightsView,
    domain::lights::{Effect, Look, Rgb, Segment},
};
use rustix::system::sysinfo;
use serde_json::{Value, json};

/// The published state. A changed value is sent at once, the same one only now and then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    power: bool,
    brightness: u8,
    /// Segment 0's, or that of the lowest there is; without any, that of a dark one.
    look: Look,
    /// By their ids.
    pub segments: Vec<SegmentShown>,
}

/// A segment as Home Assistant has it: its brightness is that of its primary colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SegmentShown {
    pub id: u8,
    power: bool,
    look: Look,
}

impl SegmentShown {
    fn of(segment: &Segment, power: bool) -> Self {
        Self { id: segment.id, power: power && segment.look.effect.is_some(), look: segment.look }
    }

    /// The JSON of its state.
    pub fn state(&self) -> String {
        let (color, brightness) = at_full(self.look.primary);
        let [r, g, b] = color;
        json!({
            "state": if self.power { "ON" } else { "OFF" },
            "brightness": brightness,
            "effect": self.look.effect.map_or("none", Effect::id),
            "speed": self.look.speed,
            "intensity": self.look.intensity,
            "color_mode": "rgb",
            "color": {"r": r, "g": g, "b": b},
        })
        .to_string()
    }
}

/// A colour as bright as it gets, and its brightness.
pub fn at_full(color: Rgb) -> (Rgb, u8) {
    let largest = color.into_iter().max().unwrap_or(0);
    if largest == 0 {
        return ([255; 3], 0);
    }
    (color.map(|channel| ((u16::from(channel) * 255 + u16::from(largest) / 2) / u16::from(largest)) as u8), largest)
}

/// A colour at a brightness, at least 1.
pub fn dimmed(color: Rgb, brightness: u8) -> Rgb {
    let (full, _) = at_full(color);
    full.map(|channel| ((u16::from(channel) * u16::from(brightness.max(1)) + 127) / 255) as u8)
}

impl Shown {
    pub fn of(view: &LightsView) -> Self {
        // They are sorted by their ids.
        let look = view.segments.first().map_or(Look::default(), |segment| segment.look);
        let power = view.controller.power;
        let segments = view.segments.iter().map(|segment| SegmentShown::of(segment, power)).collect();
        Self { power, brightness: view.controller.brightness, look, segments }
    }

    /// The JSON of `state`: the firmware's keys, and those that Home Assistant's JSON schema asks for. `uptime` in
    /// seconds; `ip` is this machine's address towards the broker, or empty.
    pub fn state(&self, uptime: u64, ip: &str) -> String {
        let Self { power, brightness, look, segments: _ } = self;
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
    // The lamp is the whole device: its name is the device's.
    lamp(topics, client_id, None, &topics.state(), &topics.order(Order::Set)).to_string()
}

/// The discovery message of a segment, as another lamp of the same device.
pub fn segment_discovery(topics: &Topics, client_id: &str, id: u8) -> String {
    lamp(topics, client_id, Some(id), &topics.segment_state(id), &topics.order(Order::Segment(id))).to_string()
}

fn lamp(topics: &Topics, client_id: &str, segment: Option<u8>, state: &str, command: &str) -> Value {
    let effects: Vec<_> = Effect::ALL.iter().map(|effect| effect.id()).collect();
    json!({
        "schema": "json",
        "name": segment.map(|id| format!("Segment {id}")),
        "unique_id": segment.map_or_else(|| client_id.to_owned(), |id| format!("{client_id}_segment_{id}")),
        "state_topic": state,
        "command_topic": command,
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_is_taken_apart_into_hue_and_brightness_and_put_together_again() {
        assert_eq!(at_full([128, 64, 0]), ([255, 128, 0], 128));
        assert_eq!(dimmed([255, 128, 0], 128), [128, 64, 0]);
        assert_eq!((at_full([0; 3]), dimmed([0; 3], 10)), (([255; 3], 0), [10; 3]));
        assert_eq!(dimmed([9, 0, 0], 0), [1, 0, 0], "on is never dark");
    }
}
