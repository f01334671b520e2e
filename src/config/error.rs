//! What is wrong with the settings, as one line that names file (or environment variable) and key.
//!
//! Refuses to know: what the settings mean.

use figment::error::{Actual, Kind};

/// Where a value came from when it came from an environment variable.
pub(super) const ENVIRONMENT: &str = "environment";

/// Why the settings cannot be used. `Display` is one line for the operator.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{file}: cannot be read: {reason}")]
    Unreadable {
        /// The file as it was given.
        file: String,
        /// The system's error.
        reason: String,
    },
    /// The file is not TOML.
    #[error("{file}:{line}:{column}: not TOML: {reason}")]
    Syntax {
        /// The file as it was given.
        file: String,
        /// Line, from 1.
        line: usize,
        /// Column in characters, from 1.
        column: usize,
        /// What the parser expected.
        reason: String,
    },
    /// One key has a value that cannot be used, or is not a key.
    #[error("{origin}: {key}: {problem}")]
    Key {
        /// The file as it was given, or `environment`.
        origin: String,
        /// The key: dotted, entries of lists counted from 1; the variable's name for the environment.
        key: String,
        /// What is wrong with it.
        problem: String,
    },
}

/// A value that reads well but makes no sense, found after reading. When two values do not fit together it holds a key
/// and a problem for each, and the one that was set is blamed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub blamed: Vec<(String, String)>,
}

impl Fault {
    pub fn new(key: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { blamed: vec![(key.into(), problem.into())] }
    }

    /// The same from the other value's side.
    pub fn or(mut self, key: impl Into<String>, problem: impl Into<String>) -> Self {
        self.blamed.push((key.into(), problem.into()));
        self
    }
}

impl ConfigError {
    /// A reading error; `fallback` is the origin when the reader lost track of it.
    pub(super) fn from_figment(error: &figment::Error, fallback: &str) -> Self {
        let origin = match &error.metadata {
            Some(metadata) => metadata.name.to_string(),
            None => fallback.to_owned(),
        };
        let mut path = error.path.clone();
        if let Kind::MissingField(name) = &error.kind {
            path.push(name.to_string());
        }
        Self::at(&origin, &path.join("."), wording(&error.kind))
    }

    /// An error about one dotted key.
    pub(super) fn at(origin: &str, key: &str, problem: String) -> Self {
        let key = if origin == ENVIRONMENT { variable(key) } else { spoken(key) };
        Self::Key { origin: origin.to_owned(), key, problem }
    }
}

/// `input.0.key` as people count: `input #1.key`.
fn spoken(key: &str) -> String {
    let mut out = String::new();
    for part in key.split('.') {
        match part.parse::<usize>() {
            Ok(index) => out.push_str(&format!(" #{}", index + 1)),
            Err(_) if out.is_empty() => out.push_str(part),
            Err(_) => {
                out.push('.');
                out.push_str(part);
            }
        }
    }
    out
}

/// The environment variable that sets a key; entries of a list are part of the list's variable.
fn variable(key: &str) -> String {
    let parts: Vec<&str> = key.split('.').collect();
    match parts.iter().position(|part| part.parse::<usize>().is_ok()) {
        None => format!("LUMENCAST_{}", parts.join("__").to_uppercase()),
        Some(at) => {
            let (list, entry) = parts.split_at(at);
            let list = list.join("__").to_uppercase();
            format!("LUMENCAST_{list}{}", spoken(&entry.join(".")))
        }
    }
}

/// The reader's error in plain words.
fn wording(kind: &Kind) -> String {
    match kind {
        Kind::Message(text) => text.clone(),
        Kind::InvalidType(found, wanted) | Kind::InvalidValue(found, wanted) => {
            format!("needs {}, not {}", kind_of_value(wanted), shown(found))
        }
        Kind::UnknownVariant(found, allowed) => {
            format!("{found:?} is not one of {}", allowed.join(", "))
        }
        Kind::UnknownField(_, allowed) => {
            format!("unknown key; known here: {}", allowed.join(", "))
        }
        Kind::MissingField(_) => "missing".to_owned(),
        other => other.to_string(),
    }
}

/// serde's names for types, in plain words.
fn kind_of_value(wanted: &str) -> &str {
    match wanted {
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number of at least 0",
        "i8" | "i16" | "i32" | "i64" => "a whole number",
        "f32" | "f64" => "a number",
        "a boolean" => "true or false",
        "a string" | "path string" | "variant identifier" | "string or map" => "text in quotes",
        "a sequence" => "a list",
        table if table.starts_with("struct ") || table == "a map" => "a table",
        other if other.starts_with("enum ") => "text in quotes",
        other => other,
    }
}

fn shown(found: &Actual) -> String {
    match found {
        Actual::Bool(value) => value.to_string(),
        Actual::Unsigned(value) => value.to_string(),
        Actual::Signed(value) => value.to_string(),
        Actual::Float(value) => value.to_string(),
        Actual::Str(value) => format!("{value:?}"),
        Actual::Seq => "a list".to_owned(),
        Actual::Map => "a table".to_owned(),
        other => other.to_string(),
    }
}
