//! Pipeline templates: topologies as text in `pipelines/*.toml`, one per job.
//!
//! A template's graph names elements and how they are joined. `{slot}` places are filled with an element chosen at
//! start-up (an encoder, a parser), never with a caller's text. Parameters are declared with kind, default and the
//! property they set; their values are set as properties after the graph was parsed.

use gst::prelude::*;
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(rust_embed::Embed)]
#[folder = "pipelines/"]
struct Files;

/// A template that is wrong, or cannot be built on this machine. The file and key are named.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    #[error("pipelines/{file}.toml: there is no such template")]
    Missing { file: String },
    #[error("pipelines/{file}.toml: {reason}")]
    Syntax { file: String, reason: String },
    #[error("pipelines/{file}.toml: params.{key}: {reason}")]
    Param { file: String, key: String, reason: String },
    #[error("pipelines/{file}.toml: slot {{{slot}}}: {reason}")]
    Slot { file: String, slot: String, reason: String },
    #[error("pipelines/{file}.toml: {reason}")]
    Build { file: String, reason: String },
}

/// A value for a parameter.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Value {
    Bool(bool),
    Int(i64),
    Text(String),
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Value::Bool(value)
    }
}
impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Value::Int(value)
    }
}
impl From<u32> for Value {
    fn from(value: u32) -> Self {
        Value::Int(value.into())
    }
}
impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Value::Text(value.to_owned())
    }
}
impl From<String> for Value {
    fn from(value: String) -> Self {
        Value::Text(value)
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Param {
    /// `bool`, `int`, `text` or `caps`.
    kind: Kind,
    default: Option<Value>,
    element: String,
    property: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Bool,
    Int,
    Text,
    Caps,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    /// What the job is, for people.
    #[allow(dead_code, reason = "it is there for the reader of the file; requiring it keeps every file explained")]
    about: String,
    graph: String,
    #[serde(default)]
    params: BTreeMap<String, Param>,
}

/// A template that has been read and checked.
#[derive(Debug)]
pub struct Template {
    file: String,
    written: Written,
}

impl Template {
    /// Reads an embedded template.
    pub fn load(file: &str) -> Result<Self, TemplateError> {
        let name = file.to_owned();
        let data = Files::get(&format!("{file}.toml")).ok_or_else(|| TemplateError::Missing { file: name.clone() })?;
        let text = String::from_utf8_lossy(&data.data);
        let written = toml::from_str(&text)
            .map_err(|e| TemplateError::Syntax { file: name.clone(), reason: e.to_string().trim().to_owned() })?;
        Ok(Self { file: name, written })
    }

    /// The names of every embedded template, for checks at start-up.
    pub fn names() -> Vec<String> {
        let toml = Files::iter().filter_map(|f| f.strip_suffix(".toml").map(str::to_owned));
        toml.filter(|f| f != "encoders").collect()
    }

    /// The text of an embedded file beside the templates.
    pub fn text(file: &str) -> Option<String> {
        Files::get(file).map(|data| String::from_utf8_lossy(&data.data).into_owned())
    }

    /// The slots that the graph has.
    pub fn slots(&self) -> Vec<&str> {
        let mut rest = self.written.graph.as_str();
        let mut slots = Vec::new();
        while let Some((_, after)) = rest.split_once('{') {
            let Some((slot, tail)) = after.split_once('}') else { break };
            slots.push(slot);
            rest = tail;
        }
        slots
    }

    /// Builds the pipeline in state `Null`. `slots` are texts from our own tables; `values` override the defaults.
    pub fn build(&self, slots: &[(&str, &str)], values: &[(&str, Value)]) -> Result<gst::Pipeline, TemplateError> {
        let file = || self.file.clone();
        let mut graph = self.written.graph.clone();
        for slot in self.slots() {
            let filling = slots.iter().find(|(name, _)| *name == slot).map(|(_, text)| *text);
            let reason = "nothing fills it".to_owned();
            let text = filling.ok_or_else(|| TemplateError::Slot { file: file(), slot: slot.into(), reason })?;
            graph = graph.replace(&format!("{{{slot}}}"), text);
        }
        let element = gst::parse::launch_full(&graph, None, gst::ParseFlags::FATAL_ERRORS)
            .map_err(|e| TemplateError::Build { file: file(), reason: e.to_string() })?;
        let pipeline = match element.downcast::<gst::Pipeline>() {
            Ok(pipeline) => pipeline,
            Err(single) => {
                let pipeline = gst::Pipeline::new();
                pipeline.add(&single).map_err(|e| TemplateError::Build { file: file(), reason: e.to_string() })?;
                pipeline
            }
        };
        for (key, _) in values {
            if !self.written.params.contains_key(*key) {
                let reason = "there is no such parameter".to_owned();
                return Err(TemplateError::Param { file: file(), key: (*key).to_owned(), reason });
            }
        }
        for (key, param) in &self.written.params {
            let given = values.iter().find(|(name, _)| name == key).map(|(_, value)| value);
            let fail = |reason: String| TemplateError::Param { file: file(), key: key.clone(), reason };
            let value = given.or(param.default.as_ref()).ok_or_else(|| fail("no value was given".into()))?;
            let element =
                pipeline.by_name(&param.element).ok_or_else(|| fail(format!("no element {}", param.element)))?;
            set(&element, &param.property, param.kind, value).map_err(fail)?;
        }
        pipeline.set_property("name", format!("{}-{}", self.file, pipeline.name()));
        Ok(pipeline)
    }
}

/// Sets a property from a declared value, whatever integer or enumeration type it has.
pub fn set_property(element: &gst::Element, property: &str, value: &Value) -> Result<(), String> {
    let kind = match value {
        Value::Bool(_) => Kind::Bool,
        Value::Int(_) => Kind::Int,
        Value::Text(_) => Kind::Text,
    };
    set(element, property, kind, value)
}

fn set(element: &gst::Element, property: &str, kind: Kind, value: &Value) -> Result<(), String> {
    let spec =
        element.find_property(property).ok_or_else(|| format!("{} has no property {property}", element.name()))?;
    match (kind, value) {
        (Kind::Caps, Value::Text(text)) => {
            let caps: gst::Caps = text.parse().map_err(|_| format!("not caps: {text}"))?;
            element.set_property(property, caps);
        }
        (Kind::Bool, Value::Bool(value)) => element.set_property(property, *value),
        (Kind::Int, Value::Int(value)) => {
            let wrong = || format!("{value} does not fit {property}");
            let value = glib::Value::from(value).transform_with_type(spec.value_type()).map_err(|_| wrong())?;
            element.set_property_from_value(property, &value);
        }
        (Kind::Text, Value::Text(text)) if spec.value_type() == glib::Type::STRING => {
            element.set_property(property, text);
        }
        // An enumeration or flags, by nick.
        (Kind::Text, Value::Text(text)) => {
            glib::Value::deserialize_with_pspec(text, &spec).map_err(|_| format!("{text} is no {property}"))?;
            element.set_property_from_str(property, text);
        }
        _ => return Err(format!("the value is no {kind:?}").to_lowercase()),
    }
    Ok(())
}
