//! Fields of a body, taken by name and checked for what they are. What is not there is `None`; `null` is a value of the
//! wrong kind; of a name that comes more than once the last counts; unknown names are passed over.
//!
//! Refuses to know: which fields there are.

use super::error::Refusal;
use crate::{
    app::lights::forms,
    domain::{
        fault::Fault,
        lights::{LookChange, Rgb},
    },
};
use serde_json::{Map, Value};
use std::time::Duration;

/// An hour, in milliseconds.
const LONGEST_TRANSITION: i64 = 3_600_000;

/// The fields of an object.
#[derive(Debug, Default)]
pub struct Fields(Map<String, Value>);

impl Fields {
    /// Those of a body.
    ///
    /// # Errors
    /// It is not a JSON object.
    pub fn of(body: &[u8]) -> Result<Self, Refusal> {
        match serde_json::from_slice(body) {
            Ok(Value::Object(fields)) => Ok(Self(fields)),
            Ok(_) => Err(Refusal::NotJson("The body must be a JSON object".to_owned())),
            Err(error) => Err(Refusal::NotJson(format!("The body is not valid JSON: {error}"))),
        }
    }

    /// Those of a body that may be left out.
    ///
    /// # Errors
    /// As with [`Fields::of`].
    pub fn of_any(body: &[u8]) -> Result<Self, Refusal> {
        if body.iter().all(u8::is_ascii_whitespace) { Ok(Self::default()) } else { Self::of(body) }
    }

    /// Yes or no.
    pub fn flag(&self, name: &str) -> Result<Option<bool>, Fault> {
        let flag = |value: &Value| value.as_bool().ok_or_else(|| Fault::invalid(name, "Must be true or false"));
        self.0.get(name).map(flag).transpose()
    }

    /// A whole number from 0, or from 1, on.
    pub fn number<T: TryFrom<i64>>(&self, name: &str, from: i64, to: i64) -> Result<Option<T>, Fault> {
        let number = forms::number(&self.0, name, from..=to)?;
        Ok(number.and_then(|number| T::try_from(number).ok()))
    }

    /// A byte from 0 on.
    pub fn byte(&self, name: &str) -> Result<Option<u8>, Fault> {
        self.number(name, 0, 255)
    }

    /// A colour.
    pub fn colour(&self, name: &str) -> Result<Option<Rgb>, Fault> {
        forms::colour(&self.0, name)
    }

    /// The fields of a look, as v2 names them.
    pub fn look(&self) -> Result<LookChange, Fault> {
        forms::look_change(&self.0)
    }

    /// How long a change takes, in milliseconds; none where it is not said.
    pub fn transition(&self) -> Result<Duration, Fault> {
        Ok(Duration::from_millis(self.number("transition", 0, LONGEST_TRANSITION)?.unwrap_or(0)))
    }

    /// These without some of them.
    pub fn without(&self, names: &[&str]) -> Self {
        let others = self.0.iter().filter(|(name, _)| !names.contains(&name.as_str()));
        Self(others.map(|(name, value)| (name.clone(), value.clone())).collect())
    }

    /// These without `null`, and without empty texts in some of them.
    pub fn touched(&self, names: &[&str]) -> Self {
        let untouched = |name: &str, value: &Value| {
            value.is_null() || names.contains(&name) && value.as_str().is_some_and(|text| text.trim().is_empty())
        };
        let others = self.0.iter().filter(|(name, value)| !untouched(name, value));
        Self(others.map(|(name, value)| (name.clone(), value.clone())).collect())
    }

    /// A line of at most so many characters.
    pub fn text(&self, name: &str, most: usize) -> Result<Option<String>, Fault> {
        let Some(value) = self.0.get(name) else { return Ok(None) };
        let text = value.as_str().ok_or_else(|| Fault::invalid(name, "Must be a string"))?;
        if text.chars().nth(most).is_some() {
            return Err(Fault::invalid(name, format!("Must have at most {most} characters")));
        }
        if text.contains(char::is_control) {
            return Err(Fault::invalid(name, "Must be one line without control characters"));
        }
        Ok(Some(text.to_owned()))
    }

    /// Anything.
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// All.
    pub fn all(self) -> Map<String, Value> {
        self.0
    }
}

/// A field that must be there.
///
/// # Errors
/// `invalid` where it is not.
pub fn needed<T>(name: &str, value: Option<T>) -> Result<T, Fault> {
    value.ok_or_else(|| Fault::invalid(name, "Is required"))
}
