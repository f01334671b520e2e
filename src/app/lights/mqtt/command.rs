//! What comes in: an order and its payload become a change of a segment and the controller, or nothing at all.
//!
//! Refuses to know: the broker, how lights are changed.

use super::topics::Order;
use crate::domain::lights::{ControllerChange, Effect, LookChange, Rgb};
use serde_json::{Map, Value};
use std::time::Duration;

/// What a command changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Command {
    pub controller: ControllerChange,
    /// Segment 0's, or that of the lowest there is; with `segment`, its own.
    pub look: LookChange,
    /// A command for this segment alone, whose power and brightness are its own.
    pub segment: Option<u8>,
    /// How long it takes.
    pub lasts: Duration,
}

/// The longest transition.
const LONGEST: f64 = 3600.0;

impl Command {
    /// Reads a payload.
    ///
    /// # Errors
    /// What is wrong with it, for a log. One bad field spoils all of it.
    pub fn read(order: Order, payload: &[u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(payload).map_err(|_| "it is not UTF-8".to_owned())?.trim();
        let mut command = Self::default();
        match order {
            Order::Set => command.set(text)?,
            Order::Brightness => {
                let brightness = text.parse().map_err(|_| "a brightness is 0 to 255".to_owned())?;
                command.controller.brightness = Some(brightness);
            }
            Order::Effect => command.look.effect = Some(effect(text)?),
            Order::Power => command.controller.power = Some(power(text)?),
            Order::Segment(id) => {
                command.set(text)?;
                command.segment = Some(id);
            }
        }
        Ok(command)
    }

    /// The JSON of a lamp in Home Assistant's JSON schema, and two fields more. Others are passed over. `transition` is in
    /// seconds, as Home Assistant has it.
    fn set(&mut self, text: &str) -> Result<(), String> {
        let fields: Map<String, Value> =
            serde_json::from_str(text).map_err(|error| format!("it is no JSON object: {error}"))?;
        for (name, value) in &fields {
            match name.as_str() {
                "state" => self.controller.power = Some(power(word(name, value)?)?),
                "brightness" => self.controller.brightness = Some(number(name, value, 0)?),
                "effect" => self.look.effect = Some(effect(word(name, value)?)?),
                "speed" => self.look.speed = Some(number(name, value, 1)?),
                "intensity" => self.look.intensity = Some(number(name, value, 0)?),
                "color" => self.look.primary = Some(color(value)?),
                "transition" => self.lasts = seconds(value)?,
                _ => {}
            }
        }
        if *self == (Self { lasts: self.lasts, ..Self::default() }) {
            Err("it sets nothing".to_owned())
        } else {
            Ok(())
        }
    }
}

fn word<'a>(name: &str, value: &'a Value) -> Result<&'a str, String> {
    value.as_str().ok_or_else(|| format!("`{name}` is a text"))
}

fn number(name: &str, value: &Value, least: u8) -> Result<u8, String> {
    let number = value.as_u64().and_then(|number| u8::try_from(number).ok()).filter(|number| *number >= least);
    number.ok_or_else(|| format!("`{name}` is a whole number from {least} to 255"))
}

fn seconds(value: &Value) -> Result<Duration, String> {
    let seconds = value.as_f64().filter(|seconds| *seconds >= 0.0);
    let seconds = seconds.ok_or_else(|| "`transition` is a number of seconds".to_owned())?;
    Ok(Duration::from_secs_f64(seconds.min(LONGEST)))
}

fn color(value: &Value) -> Result<Rgb, String> {
    let part = |name| number(name, &value[name], 0);
    Ok([part("r")?, part("g")?, part("b")?])
}

/// By id or name; `none` takes the effect away.
fn effect(said: &str) -> Result<Option<Effect>, String> {
    if said == "none" {
        return Ok(None);
    }
    let named = |effect: &Effect| said.eq_ignore_ascii_case(effect.id()) || said.eq_ignore_ascii_case(effect.name());
    Effect::ALL.into_iter().find(named).map(Some).ok_or_else(|| "there is no such effect".to_owned())
}

fn power(said: &str) -> Result<bool, String> {
    match said.to_ascii_uppercase().as_str() {
        "ON" | "TRUE" | "1" => Ok(true),
        "OFF" | "FALSE" | "0" => Ok(false),
        _ => Err("the power is ON or OFF".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(payload: &str) -> Result<Command, String> {
        Command::read(Order::Set, payload.as_bytes())
    }

    #[test]
    fn a_lamps_json_sets_all_it_names() {
        let payload = r#"{"state":"ON","brightness":200,"effect":"fire","speed":180,"intensity":0,
                          "color":{"r":255,"g":80,"b":0},"transition":2}"#;
        let command = set(payload).unwrap();
        assert_eq!(command.controller, ControllerChange { power: Some(true), brightness: Some(200) });
        let look = command.look;
        assert_eq!((look.effect, look.speed, look.intensity), (Some(Some(Effect::Fire)), Some(180), Some(0)));
        assert_eq!((look.primary, look.secondary), (Some([255, 80, 0]), None));
        assert_eq!(command.lasts, Duration::from_secs(2));
        assert_eq!(set(r#"{"state":"OFF","transition":0.25}"#).unwrap().lasts, Duration::from_millis(250));
    }

    #[test]
    fn one_bad_field_spoils_a_command() {
        let bad = [
            r#"{"state":"ON","brightness":256}"#,
            r#"{"state":"ON","speed":0}"#,
            r#"{"state":"MAYBE"}"#,
            r#"{"effect":"lasers","brightness":1}"#,
            r#"{"color":{"r":1,"g":2}}"#,
            r#"{"transition":2}"#,
            r#"{"state":"ON","transition":-1}"#,
            r#"["ON"]"#,
            "ON",
            "",
        ];
        for payload in bad {
            assert!(set(payload).is_err(), "{payload}");
        }
    }

    #[test]
    fn plain_payloads_are_words_and_numbers() {
        let read = |order, payload: &str| Command::read(order, payload.as_bytes());
        for (said, is) in [("ON", true), ("true", true), ("1", true), ("OFF", false), ("0", false)] {
            assert_eq!(read(Order::Power, said).unwrap().controller.power, Some(is), "{said}");
        }
        assert_eq!(read(Order::Brightness, " 7\n").unwrap().controller.brightness, Some(7));
        assert_eq!(read(Order::Effect, "Theater Chase").unwrap().look.effect, Some(Some(Effect::Theater)));
        assert_eq!(read(Order::Effect, "none").unwrap().look.effect, Some(None));
        for (order, bad) in [(Order::Power, "maybe"), (Order::Brightness, "-1"), (Order::Effect, "lasers")] {
            assert!(read(order, bad).is_err(), "{bad}");
        }
        assert!(Command::read(Order::Power, &[0xff]).is_err());
    }
}
