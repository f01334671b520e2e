//! Scenes: looks under a name, to be shown again.
//!
//! ```json
//! {"effect": "fire", "speed": 180, "primaryColor": [255, 80, 0], "brightness": 200}
//! {"power": true, "brightness": 128, "segments": [{"start": 0, "length": 80, "effect": "rainbow"}]}
//! ```
//!
//! The first form is that of the device's page: segment 0 and the controller. The second one is the whole strip. Refuses
//! to know: where scenes are kept.

use super::forms;
use crate::domain::{
    fault::Fault,
    lights::{ControllerChange, Look, LookChange, SEGMENTS, Segment},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Scenes that there may be; their ids are 0 to 31.
pub const SCENES: u8 = 32;

/// A scene.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scene {
    /// 0 to 31.
    pub id: u8,
    pub name: String,
    /// See the module's text; validated when it is saved.
    pub spec: Map<String, Value>,
}

/// What a scene sets.
pub(super) struct Plan {
    pub controller: ControllerChange,
    pub look: LookChange,
    /// In the place of all.
    pub segments: Option<Vec<Segment>>,
}

impl Plan {
    pub fn read(spec: &Map<String, Value>) -> Result<Self, Fault> {
        let power = match spec.get("power") {
            None => None,
            Some(value) => Some(value.as_bool().ok_or_else(|| Fault::invalid("power", "Must be true or false"))?),
        };
        let brightness = forms::number(spec, "brightness", 0..=255)?.and_then(|number| u8::try_from(number).ok());
        let segments = match spec.get("segments") {
            None => None,
            Some(Value::Array(segments)) if segments.len() <= usize::from(SEGMENTS) => {
                Some((0..).zip(segments).map(|(id, value)| segment(id, value)).collect::<Result<_, _>>()?)
            }
            Some(_) => return Err(Fault::invalid("segments", "Must be a list of at most 8 segments")),
        };
        Ok(Self { controller: ControllerChange { power, brightness }, look: forms::look_change(spec)?, segments })
    }
}

fn segment(place: u8, value: &Value) -> Result<Segment, Fault> {
    let object = value.as_object().ok_or_else(|| Fault::invalid("segments", "Must be objects"))?;
    let whole = |key: &str, least: i64, most: i64| forms::number(object, key, least..=most);
    let needed = |key: &'static str, least: i64| {
        let number = whole(key, least, 65_535)?.and_then(|number| u16::try_from(number).ok());
        number.ok_or_else(|| Fault::invalid(key, "Is required"))
    };
    let id = whole("id", 0, i64::from(SEGMENTS) - 1)?.and_then(|id| u8::try_from(id).ok());
    Ok(Segment {
        id: id.unwrap_or(place),
        start: needed("start", 0)?,
        length: needed("length", 1)?,
        reverse: object.get("reverse").and_then(Value::as_bool).unwrap_or(false),
        look: Look::default().with(forms::look_change(object)?),
    })
}

/// A scene as a name and what it sets.
///
/// # Errors
/// `invalid` (`name`, or a key of `spec`).
pub(super) fn checked(name: &str, spec: &Map<String, Value>) -> Result<(), Fault> {
    if name.is_empty() || name.chars().count() > 64 || name.contains(char::is_control) {
        return Err(Fault::invalid("name", "Must have 1 to 64 characters on one line"));
    }
    Plan::read(spec).map(drop)
}
