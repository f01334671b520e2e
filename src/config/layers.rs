//! The two layers of settings, a TOML file and `LUMENCAST_…` variables over it, as figment providers.
//!
//! Refuses to know: which keys exist, except that a variable is read as the type its default has.

use super::error::{ConfigError, ENVIRONMENT};
use figment::{
    Metadata, Profile, Provider,
    value::{Dict, Map, Tag, Value},
};
use std::{collections::BTreeMap, path::Path};

const PREFIX: &str = "LUMENCAST_";
/// Names the settings file itself on the command line, so it is no key.
const FILE_VARIABLE: &str = "LUMENCAST_CONFIG";

/// One source of values and its name in errors.
#[derive(Debug, Clone)]
pub(super) struct Layer {
    pub name: String,
    values: Dict,
}

impl Layer {
    /// Reads a file.
    pub fn file(path: &Path) -> Result<Self, ConfigError> {
        let file = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| ConfigError::Unreadable {
            file: file.clone(),
            reason: error.to_string(),
        })?;
        let table: toml::Table = toml::from_str(&text).map_err(|error| {
            let (line, column) = place(&text, error.span().map_or(0, |span| span.start));
            ConfigError::Syntax {
                file: file.clone(),
                line,
                column,
                reason: error.message().lines().collect::<Vec<_>>().join("; "),
            }
        })?;
        Ok(Self {
            name: file,
            values: dict(table),
        })
    }

    /// Takes every variable with our prefix: `LUMENCAST_HTTP__LISTEN` is `http.listen`. Empty ones count as not set.
    /// `types` holds a value of the right type for every key, or none where the type is text.
    pub fn environment(
        variables: impl IntoIterator<Item = (String, String)>,
        types: &Value,
    ) -> Self {
        let mut values = Dict::new();
        // From the deepest key up, so that a variable for a whole table is seen, and refused, whatever their order.
        let variables: BTreeMap<String, String> = variables.into_iter().collect();
        for (name, text) in variables.into_iter().rev() {
            let Some(key) = name.strip_prefix(PREFIX) else {
                continue;
            };
            if text.is_empty() || name == FILE_VARIABLE {
                continue;
            }
            let key = key.to_lowercase().replace("__", ".");
            let value = typed(&text, types.find_ref(&key));
            nest(&mut values, &key, value);
        }
        Self {
            name: ENVIRONMENT.to_owned(),
            values,
        }
    }

    /// Whether this layer sets the dotted key; numbers are places in a list.
    pub fn sets(&self, key: &str) -> bool {
        let mut parts = key.split('.');
        let first = parts.next().and_then(|part| self.values.get(part));
        parts
            .try_fold(first, |value, part| {
                Some(match value? {
                    Value::Dict(_, dict) => dict.get(part),
                    Value::Array(_, list) => list.get(part.parse::<usize>().ok()?),
                    _ => None,
                })
            })
            .flatten()
            .is_some()
    }
}

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.name.clone())
    }

    fn data(&self) -> figment::Result<Map<Profile, Dict>> {
        Ok(Map::from([(Profile::Default, self.values.clone())]))
    }
}

fn dict(table: toml::Table) -> Dict {
    table.into_iter().map(|(key, v)| (key, value(v))).collect()
}

/// figment has no dates; one that is written bare, in a graphic's fields, is taken as its text.
fn value(written: toml::Value) -> Value {
    match written {
        toml::Value::String(text) => Value::from(text),
        toml::Value::Integer(number) => Value::from(number),
        toml::Value::Float(number) => Value::from(number),
        toml::Value::Boolean(truth) => Value::from(truth),
        toml::Value::Datetime(date) => Value::from(date.to_string()),
        toml::Value::Array(list) => Value::from(list.into_iter().map(value).collect::<Vec<_>>()),
        toml::Value::Table(table) => Value::from(dict(table)),
    }
}

/// Reads a variable as the type its key has; what does not fit stays text and is refused with the others.
fn typed(text: &str, default: Option<&Value>) -> Value {
    let as_text = || Value::from(text);
    match default {
        Some(Value::Bool(..)) => text.parse::<bool>().map_or_else(|_| as_text(), Value::from),
        Some(Value::Num(..)) => text.parse::<i64>().map_or_else(|_| as_text(), Value::from),
        Some(Value::Array(..)) => toml::from_str::<toml::Table>(&format!("list = {text}"))
            .ok()
            .and_then(|table| dict(table).remove("list"))
            .unwrap_or_else(as_text),
        _ => as_text(),
    }
}

fn nest(values: &mut Dict, key: &str, value: Value) {
    match key.split_once('.') {
        None => {
            values.insert(key.to_owned(), value);
        }
        Some((table, rest)) => {
            let slot = values
                .entry(table.to_owned())
                .or_insert_with(|| Value::Dict(Tag::Default, Dict::new()));
            if let Value::Dict(_, dict) = slot {
                nest(dict, rest, value);
            }
        }
    }
}

/// Line and column, from 1, of a byte offset.
fn place(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = before.matches('\n').count() + 1;
    (line, before[line_start..].chars().count() + 1)
}
