//! Reads a command's parameters: present, of the right type, named in the error when not. Unknown ones are ignored.

use super::error::ApiError;
use crate::domain::{output::OutputSource, source::SourceId};
use serde_json::{Map, Value};
use std::time::Duration;

/// The parameters of one request.
#[derive(Debug, Clone, Copy)]
pub struct Params<'a>(pub &'a Map<String, Value>);

type Read<T> = Result<T, ApiError>;

impl<'a> Params<'a> {
    fn optional<T>(self, name: &str, wanted: &str, read: impl Fn(&'a Value) -> Option<T>) -> Read<Option<T>> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => read(value).map(Some).ok_or_else(|| ApiError::param(name, format!("must be {wanted}"))),
        }
    }

    fn required<T>(self, name: &str, value: Option<T>) -> Read<T> {
        value.ok_or_else(|| ApiError::param(name, "is missing"))
    }

    /// A text that must be there.
    pub fn text(self, name: &str) -> Read<&'a str> {
        self.required(name, self.optional_text(name)?)
    }

    /// A text that may be left out.
    pub fn optional_text(self, name: &str) -> Read<Option<&'a str>> {
        self.optional(name, "a string", Value::as_str)
    }

    /// A whole number from 0. One that is too large for any id is clamped: nothing has that id.
    pub fn number(self, name: &str) -> Read<u32> {
        self.required(name, self.optional_number(name)?)
    }

    fn optional_number(self, name: &str) -> Read<Option<u32>> {
        // Some languages write whole numbers as 1.0.
        let whole = |v: &Value| v.as_f64().filter(|n| n.fract() == 0.0 && *n >= 0.0).map(|n| n as u32);
        self.optional(name, "a whole number from 0", whole)
    }

    /// The number of an output or a recorder, clamped like [`Params::number`].
    pub fn place(self, name: &str) -> Read<u8> {
        Ok(u8::try_from(self.number(name)?).unwrap_or(u8::MAX))
    }

    /// `sourceId`.
    pub fn source(self) -> Read<SourceId> {
        self.number("sourceId").map(SourceId)
    }

    /// A duration in seconds.
    pub fn seconds(self, name: &str) -> Read<Duration> {
        self.required(name, self.optional_seconds(name)?)
    }

    /// A duration in seconds that may be left out.
    pub fn optional_seconds(self, name: &str) -> Read<Option<Duration>> {
        let read = |v: &Value| v.as_f64().and_then(|s| Duration::try_from_secs_f64(s).ok());
        self.optional(name, "a number of seconds from 0", read)
    }

    /// A list of texts.
    pub fn texts(self, name: &str) -> Read<Vec<&'a str>> {
        let read = |v: &'a Value| v.as_array()?.iter().map(Value::as_str).collect();
        self.required(name, self.optional(name, "a list of strings", read)?)
    }

    /// A text that must be one of a few.
    pub fn one_of(self, name: &str, words: &[&str]) -> Read<()> {
        let word = self.text(name)?;
        if words.contains(&word) {
            return Ok(());
        }
        Err(ApiError::param(name, format!("must be one of: {}", words.join(", "))))
    }

    /// `source` with its `sourceId`; `None` when `source` is left out.
    pub fn optional_stream(self) -> Read<Option<OutputSource>> {
        let stream = match self.optional_text("source")? {
            None => return Ok(None),
            Some("program") => OutputSource::Program,
            Some("preview") => OutputSource::Preview,
            Some("clean") => OutputSource::Clean,
            Some("multiview1") => OutputSource::Multiview1,
            Some("multiview2") => OutputSource::Multiview2,
            Some("replay") => OutputSource::Replay,
            Some("camera") => OutputSource::Input(self.source()?),
            Some(_) => return Err(ApiError::param("source", "must be one of: program, camera")),
        };
        Ok(Some(stream))
    }

    /// `source` with its `sourceId`.
    pub fn stream(self) -> Read<OutputSource> {
        self.required("source", self.optional_stream()?)
    }

    /// `url` with `key`, where given, as the last element of its path.
    pub fn destination(self) -> Read<String> {
        let url = self.text("url")?;
        let odd = |text: &str| text.chars().any(|c| c.is_whitespace() || c.is_control());
        if odd(url) {
            return Err(ApiError::param("url", "must not hold spaces"));
        }
        match self.optional_text("key")? {
            None | Some("") => Ok(url.to_owned()),
            // A key in several path elements could not be hidden: only the last one is known to be secret.
            Some(key) if odd(key) || key.contains('/') => {
                Err(ApiError::param("key", "must not hold spaces or slashes; put what comes before the key into url"))
            }
            Some(key) => Ok(format!("{}/{key}", url.trim_end_matches('/'))),
        }
    }
}
