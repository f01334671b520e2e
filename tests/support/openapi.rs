//! A plane's OpenAPI document, read as a test reads it: which operations there are, and whether an answer is one that
//! the document allows.
//!
//! Answers are checked where a test's client takes them, so that every answer of every test is held to the document.

// Each test binary uses its own part of it.
#![allow(dead_code)]

use jsonschema::Validator;
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// One document below `docs/api`.
pub struct Document {
    root: Value,
    /// By the JSON pointer of the schema.
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

impl Document {
    /// Reads `docs/api/<plane>.yaml`.
    pub fn of(plane: &str) -> Self {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("docs/api/{plane}.yaml"));
        let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let root = serde_norway::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        Self { root, validators: Mutex::default() }
    }

    /// Its operations: method in capitals and path, and the description of each.
    pub fn operations(&self) -> BTreeMap<(String, String), &Value> {
        let paths = self.root["paths"].as_object().expect("paths");
        let operations = paths.iter().flat_map(|(path, item)| {
            METHODS.iter().filter_map(move |method| Some(((method.to_uppercase(), path.clone()), item.get(method)?)))
        });
        operations.collect()
    }

    /// Its operations as lines, `GET /path`.
    pub fn operation_lines(&self) -> BTreeSet<String> {
        self.operations().into_keys().map(|(method, path)| format!("{method} {path}")).collect()
    }

    /// Panics when the document does not allow this answer. `path` is below the server's address of the document, with
    /// or without a query; a null `body` stands for none. An address that the document does not have may only be
    /// refused.
    pub fn check(&self, method: &str, path: &str, status: u16, body: &Value) {
        let path = path.split(['?', '#']).next().unwrap_or_default();
        let path = if path.len() > 1 { path.strip_suffix('/').unwrap_or(path) } else { path };
        let Some(template) = self.template(path) else {
            assert!(status >= 400, "{method} {path}: {status}, but the document has no such path");
            return;
        };
        let operation = format!("/paths/{}/{}", escape(template), method.to_lowercase());
        if self.root.pointer(&operation).is_none() {
            assert!(matches!(status, 400..500), "{method} {path}: {status}, but the document has no such method");
            return;
        }
        let at = format!("{method} {path} ({template}): {status} {body}");
        let responses = format!("{operation}/responses");
        let response = [status.to_string(), format!("{}XX", status / 100), "default".to_owned()]
            .into_iter()
            .map(|key| format!("{responses}/{key}"))
            .find(|pointer| self.root.pointer(pointer).is_some());
        let response = self.resolve(response.unwrap_or_else(|| panic!("{at}: the document does not name this status")));
        let content = self.root.pointer(&format!("{response}/content")).and_then(Value::as_object);
        let Some(content) = content else {
            assert!(body.is_null(), "{at}: the document says that there is no body");
            return;
        };
        if content.contains_key("application/json") {
            self.validate(&format!("{response}/content/application~1json/schema"), body, &at);
        }
    }

    /// Panics when a value is not of the schema at a JSON pointer into the document.
    pub fn validate(&self, pointer: &str, value: &Value, at: &str) {
        let errors: Vec<_> = self
            .validator(pointer)
            .iter_errors(value)
            .map(|error| format!("  {}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{at}\nis not what {pointer} says:\n{}", errors.join("\n"));
    }

    fn validator(&self, pointer: &str) -> Arc<Validator> {
        let mut validators = self.validators.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(validator) = validators.get(pointer) {
            return validator.clone();
        }
        assert!(self.root.pointer(pointer).is_some(), "the document has no schema at {pointer}");
        // The whole document, so that references into it resolve; its own members are no keywords of JSON Schema.
        let mut schema = self.root.clone();
        schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
        schema["$ref"] = json!(format!("#{}", pointer.replace('{', "%7B").replace('}', "%7D")));
        let validator = jsonschema::options().with_draft(jsonschema::Draft::Draft202012).build(&schema);
        let validator = Arc::new(validator.unwrap_or_else(|error| panic!("{pointer}: {error}")));
        validators.insert(pointer.to_owned(), validator.clone());
        validator
    }

    /// The path of the document that an address is of; one without a parameter goes before one with.
    fn template(&self, path: &str) -> Option<&str> {
        let paths = self.root["paths"].as_object().expect("paths");
        let fits = |template: &&String| {
            let (mut ours, mut theirs) = (template.split('/'), path.split('/'));
            loop {
                match (ours.next(), theirs.next()) {
                    (None, None) => return true,
                    (Some(our), Some(their)) if our == their => {}
                    (Some(our), Some(their)) if our.starts_with('{') && !their.is_empty() => {}
                    _ => return false,
                }
            }
        };
        paths.keys().filter(fits).min_by_key(|template| template.matches('{').count()).map(String::as_str)
    }

    /// Follows a reference of a response.
    fn resolve(&self, pointer: String) -> String {
        match self.root.pointer(&pointer).and_then(|found| found["$ref"].as_str()) {
            Some(reference) => self.resolve(reference.trim_start_matches('#').to_owned()),
            None => pointer,
        }
    }
}

/// One step of a JSON pointer (RFC 6901).
fn escape(step: &str) -> String {
    step.replace('~', "~0").replace('/', "~1")
}
