//! Looks and rules as JSON, as requests, settings and rows hold them.
//!
//! ```json
//! {"id": "on-air", "segment": 0, "priority": 0,
//!  "when": {"tally": "program", "source": 1},
//!  "look": {"effect": "solid", "primaryColor": [255, 0, 0]}}
//! ```
//!
//! | `when` | then |
//! |---|---|
//! | `{"tally": "program" or "preview", "source": N}` | `look` while the input is on that bus |
//! | `{"tally": "program", "channel": "cg1"}` | `look` while a graphic of the channel is seen on program |
//! | `{"graphic": "on" or "off", "id": "welcome", "channel": "cg1"}` | `look` for `durationMs`, 1 to 60000 (500); `id` and `channel` may be left out |
//! | `{"level": "program"}`, `{"level": "input", "source": N}` | brightness of the segment, from none at `floorDb` (-50) to full at `ceilingDb` (-6) |
//! | `{"ambient": "program"}` | the colours of the picture's edges; `tint` (white) multiplies them |
//!
//! What the show does not have yet (replay, score, audio buses …) is refused by its name.

use crate::domain::{
    fault::Fault,
    lights::{AudioSource, Bus, Effect, Look, LookChange, Palette, Reaction, Rgb, Rule, SEGMENTS, Trigger},
    source::SourceId,
};
use serde_json::{Map, Value, json};
use std::{ops::RangeInclusive, time::Duration};

const CUE_MS: u64 = 500;
const FLOOR_DB: i64 = -50;
const CEILING_DB: i64 = -6;
/// Keys of `when`, exactly one of which names the trigger.
const FOLLOWED: [&str; 4] = ["tally", "graphic", "level", "ambient"];

/// A whole number of an object within a range; `None` where the key is not there.
///
/// # Errors
/// `invalid` with the key.
pub fn number(object: &Map<String, Value>, key: &str, range: RangeInclusive<i64>) -> Result<Option<i64>, Fault> {
    let Some(value) = object.get(key) else { return Ok(None) };
    // 128.0 is a whole number too.
    let whole = value.as_i64().or_else(|| value.as_f64().filter(|v| v.fract() == 0.0).map(|v| v as i64));
    match whole.filter(|number| range.contains(number)) {
        Some(number) => Ok(Some(number)),
        None => Err(Fault::invalid(key, format!("Must be between {} and {}", range.start(), range.end()))),
    }
}

/// A colour of an object; `None` where the key is not there.
///
/// # Errors
/// `invalid` with the key.
pub fn colour(object: &Map<String, Value>, key: &str) -> Result<Option<Rgb>, Fault> {
    let Some(value) = object.get(key) else { return Ok(None) };
    let wrong = || Fault::invalid(key, "Must be an array of three whole numbers between 0 and 255");
    rgb(value).map(Some).ok_or_else(wrong)
}

/// Three whole numbers from 0 to 255.
pub fn rgb(value: &Value) -> Option<Rgb> {
    let [r, g, b] = value.as_array()?.as_slice() else { return None };
    let byte = |value: &Value| u8::try_from(value.as_u64()?).ok();
    Some([byte(r)?, byte(g)?, byte(b)?])
}

/// The changes to a look in an object. `effect` may be `none`.
///
/// # Errors
/// `invalid` with the key.
pub fn look_change(object: &Map<String, Value>) -> Result<LookChange, Fault> {
    let effect = match object.get("effect") {
        None => None,
        Some(Value::String(none)) if none == "none" => Some(None),
        Some(value) => {
            let effect = value.as_str().and_then(Effect::from_id);
            Some(Some(effect.ok_or_else(|| Fault::invalid("effect", "Must be an id of /api/v2/effects"))?))
        }
    };
    Ok(LookChange {
        effect,
        speed: number(object, "speed", 1..=255)?.map(byte),
        intensity: number(object, "intensity", 0..=255)?.map(byte),
        primary: colour(object, "primaryColor")?,
        secondary: colour(object, "secondaryColor")?,
        palette: number(object, "palette", 0..=6)?.map(byte).and_then(Palette::from_number),
    })
}

/// A look; missing values are those of [`Look::default`].
///
/// # Errors
/// As with [`look_change`]; `invalid` (`look`) for what is no object.
pub fn look(value: &Value) -> Result<Look, Fault> {
    let object = value.as_object().ok_or_else(|| Fault::invalid("look", "Must be an object"))?;
    Ok(Look::default().with(look_change(object)?))
}

/// A look as [`look`] reads it.
pub fn look_value(look: &Look) -> Value {
    let Look { effect, speed, intensity, primary, secondary, palette } = *look;
    json!({
        "effect": effect.map_or("none", Effect::id),
        "speed": speed,
        "intensity": intensity,
        "primaryColor": primary,
        "secondaryColor": secondary,
        "palette": palette.number(),
    })
}

/// Reads a rule.
///
/// # Errors
/// `invalid`; its subject is the key as the rule names it (`when`, `look`, `durationMs` …).
pub fn rule(value: &Value) -> Result<Rule, Fault> {
    let object = value.as_object().ok_or_else(|| Fault::invalid("rule", "Must be an object"))?;
    let id = object.get("id").and_then(Value::as_str).unwrap_or_default();
    let sound = (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    if !sound {
        return Err(Fault::invalid("id", "Must be 1 to 64 letters, digits, - and _"));
    }
    let segment = number(object, "segment", 0..=i64::from(SEGMENTS) - 1)?;
    let segment = segment.ok_or_else(|| Fault::invalid("segment", "Must be between 0 and 7"))?;
    let when = object.get("when").and_then(Value::as_object);
    let when = trigger(when.ok_or_else(|| Fault::invalid("when", "Must say what is followed"))?)?;
    Ok(Rule {
        id: id.to_owned(),
        segment: byte(segment),
        then: reaction(&when, object)?,
        when,
        priority: number(object, "priority", 0..=255)?.map_or(0, byte),
    })
}

/// A rule as [`rule`] reads it.
pub fn rule_value(rule: &Rule) -> Value {
    let Rule { id, segment, when, then, priority } = rule;
    let mut object = json!({ "id": id, "segment": segment, "priority": priority, "when": trigger_value(when) });
    match then {
        Reaction::Look(look) => object["look"] = look_value(look),
        Reaction::Cue { look, lasts } => {
            object["look"] = look_value(look);
            object["durationMs"] = json!(lasts.as_millis() as u64);
        }
        Reaction::Brightness { floor_db, ceiling_db } => {
            object["floorDb"] = json!(floor_db);
            object["ceilingDb"] = json!(ceiling_db);
        }
        Reaction::Edges { tint } => object["tint"] = json!(tint),
    }
    object
}

fn trigger(when: &Map<String, Value>) -> Result<Trigger, Fault> {
    let wrong = |text: String| Fault::invalid("when", text);
    if let Some(unknown) = when
        .keys()
        .find(|key| !FOLLOWED.contains(&key.as_str()) && !["source", "channel", "id"].contains(&key.as_str()))
    {
        return Err(wrong(format!("This show has no \"{unknown}\" that lights could follow")));
    }
    let mut followed = FOLLOWED.into_iter().filter(|key| when.contains_key(*key));
    let (Some(kind), None) = (followed.next(), followed.next()) else {
        return Err(wrong(format!("Must have exactly one of {}", FOLLOWED.join(", "))));
    };
    let of = when.get(kind).and_then(Value::as_str).unwrap_or_default();
    let source = number(when, "source", 0..=i64::from(u32::MAX)).map_err(|_| wrong("source is no input".into()))?;
    let source = source.map(|number| SourceId(number as u32));
    let taken: &[&str] = match kind {
        "tally" => &["tally", "source", "channel"],
        "graphic" => &["graphic", "id", "channel"],
        "level" => &["level", "source"],
        _ => &["ambient"],
    };
    if let Some(other) = when.keys().find(|key| !taken.contains(&key.as_str())) {
        return Err(wrong(format!("{kind} takes no {other}")));
    }
    let name = |key: &str| match when.get(key).map(Value::as_str) {
        None => Ok(None),
        Some(Some(name)) if (1..=64).contains(&name.len()) => Ok(Some(name.to_owned())),
        Some(_) => Err(wrong(format!("{key} must be a text of 1 to 64 characters"))),
    };
    let unknown = || wrong(format!("This show has no {kind} of \"{of}\" that lights could follow"));
    match (kind, of, source, name("channel")?) {
        ("tally", "program", Some(source), None) => Ok(Trigger::SourceTally { bus: Bus::Program, source }),
        ("tally", "preview", Some(source), None) => Ok(Trigger::SourceTally { bus: Bus::Preview, source }),
        ("tally", "program", None, Some(channel)) => Ok(Trigger::ChannelTally { channel }),
        ("tally", "preview", None, Some(_)) => Err(wrong("Graphics are never on preview".into())),
        ("tally", "program" | "preview", ..) => Err(wrong("tally needs either source or channel".into())),
        ("graphic", "on" | "off", None, channel) => {
            Ok(Trigger::Graphic { leaves: of == "off", graphic: name("id")?, channel })
        }
        ("level", "program", None, None) => Ok(Trigger::Level { audio: AudioSource::Program }),
        ("level", "input", Some(source), None) => Ok(Trigger::Level { audio: AudioSource::Input(source) }),
        ("ambient", "program", None, None) => Ok(Trigger::Ambient),
        _ => Err(unknown()),
    }
}

fn trigger_value(when: &Trigger) -> Value {
    match when {
        Trigger::SourceTally { bus: Bus::Program, source } => json!({ "tally": "program", "source": source.0 }),
        Trigger::SourceTally { bus: Bus::Preview, source } => json!({ "tally": "preview", "source": source.0 }),
        Trigger::ChannelTally { channel } => json!({ "tally": "program", "channel": channel }),
        Trigger::Graphic { leaves, graphic, channel } => {
            let mut value = json!({ "graphic": if *leaves { "off" } else { "on" } });
            for (key, name) in [("id", graphic), ("channel", channel)] {
                if let Some(name) = name {
                    value[key] = json!(name);
                }
            }
            value
        }
        Trigger::Level { audio: AudioSource::Program } => json!({ "level": "program" }),
        Trigger::Level { audio: AudioSource::Input(source) } => json!({ "level": "input", "source": source.0 }),
        Trigger::Ambient => json!({ "ambient": "program" }),
    }
}

fn reaction(when: &Trigger, rule: &Map<String, Value>) -> Result<Reaction, Fault> {
    let look = || look(rule.get("look").ok_or_else(|| Fault::invalid("look", "Must say how the segment looks"))?);
    Ok(match when {
        Trigger::SourceTally { .. } | Trigger::ChannelTally { .. } => Reaction::Look(look()?),
        Trigger::Graphic { .. } => {
            let lasts = number(rule, "durationMs", 1..=60_000)?.map_or(CUE_MS, i64::unsigned_abs);
            Reaction::Cue { look: look()?, lasts: Duration::from_millis(lasts) }
        }
        Trigger::Level { .. } => {
            let floor_db = number(rule, "floorDb", -96..=0)?.unwrap_or(FLOOR_DB);
            let ceiling_db = number(rule, "ceilingDb", -96..=0)?.unwrap_or(CEILING_DB);
            if floor_db >= ceiling_db {
                return Err(Fault::invalid("floorDb", "Must be below ceilingDb"));
            }
            Reaction::Brightness { floor_db: floor_db as i8, ceiling_db: ceiling_db as i8 }
        }
        Trigger::Ambient => Reaction::Edges { tint: colour(rule, "tint")?.unwrap_or([255; 3]) },
    })
}

/// Of a number that was found within 0 to 255.
fn byte(number: i64) -> u8 {
    u8::try_from(number).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_written_as_it_is_read() {
        let red = json!({ "effect": "solid", "speed": 1, "intensity": 2, "primaryColor": [255, 0, 0],
                          "secondaryColor": [0, 0, 0], "palette": 6 });
        let rules = [
            json!({ "id": "a", "segment": 0, "priority": 9, "when": { "tally": "program", "source": 1 }, "look": red }),
            json!({ "id": "b", "segment": 7, "priority": 0, "when": { "tally": "preview", "source": 0 }, "look": red }),
            json!({ "id": "c", "segment": 1, "priority": 0, "when": { "tally": "program", "channel": "cg1" }, "look": red }),
            json!({ "id": "d", "segment": 1, "priority": 0, "when": { "graphic": "off", "id": "x", "channel": "cg1" },
                    "look": red, "durationMs": 800 }),
            json!({ "id": "e", "segment": 1, "priority": 0, "when": { "level": "input", "source": 2 },
                    "floorDb": -60, "ceilingDb": -3 }),
            json!({ "id": "f", "segment": 1, "priority": 0, "when": { "ambient": "program" }, "tint": [1, 2, 3] }),
        ];
        for value in rules {
            let read = rule(&value).unwrap_or_else(|fault| panic!("{value}: {fault}"));
            assert_eq!(rule_value(&read), value);
        }
    }

    #[test]
    fn what_cannot_be_followed_is_refused_by_its_name() {
        let with = |when: Value| json!({ "id": "a", "segment": 0, "when": when, "look": {} });
        for (when, told) in [
            (json!({ "replay": "playing" }), "replay"),
            (json!({ "level": "aux1" }), "aux1"),
            (json!({ "tally": "program" }), "source or channel"),
            (json!({ "tally": "preview", "channel": "cg1" }), "never on preview"),
            (json!({ "tally": "program", "level": "program", "source": 1 }), "exactly one"),
            (json!({}), "exactly one"),
            (json!({ "graphic": "on", "id": 5 }), "id must be"),
            (json!({ "tally": "program", "source": 1, "channel": 7 }), "channel must be"),
            (json!({ "level": "program", "id": "x" }), "takes no id"),
        ] {
            let fault = rule(&with(when)).unwrap_err();
            assert_eq!(fault.subject, "when");
            assert!(fault.detail.contains(told), "{fault}");
        }
    }

    #[test]
    fn ranges_are_told() {
        let object = |value: Value| value.as_object().cloned().unwrap_or_default();
        let fault = look_change(&object(json!({ "speed": 0 }))).unwrap_err();
        assert_eq!((fault.subject.as_str(), fault.detail.as_str()), ("speed", "Must be between 1 and 255"));
        for (key, value) in [
            ("speed", json!("fast")),
            ("intensity", json!(256)),
            ("primaryColor", json!([1, 2])),
            ("secondaryColor", json!([1, 2, 256])),
            ("palette", json!(7)),
            ("effect", json!("wobble")),
            ("effect", Value::Null),
        ] {
            assert_eq!(look_change(&object(json!({ key: value }))).unwrap_err().subject, key);
        }
        assert_eq!(look_change(&object(json!({ "effect": "none" }))).unwrap().effect, Some(None));
    }
}
