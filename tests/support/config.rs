//! Writes the server's settings file (TOML) for a test.

use toml::{Table, Value};

/// Settings in the making; what is not set keeps the server's default. Addresses are put in by
/// [`super::server::Server`].
#[derive(Clone, Debug, Default)]
pub struct Config {
    root: Table,
}

impl Config {
    /// Nothing set.
    pub fn new() -> Self {
        Self::default()
    }

    /// The program's format: pixels, pixels, frames per second.
    pub fn project(self, width: u32, height: u32, fps: u32) -> Self {
        self.set("project.width", width).set("project.height", height).set("project.fps", fps)
    }

    /// Adds a switcher input fed by RTMP under this stream key.
    pub fn rtmp_input(self, key: &str, label: &str) -> Self {
        self.entry("input", [("kind", "rtmp"), ("key", key), ("label", label)])
    }

    /// Adds a graphics channel; `dsk` is whether it is keyed over program.
    pub fn channel(self, id: &str, dsk: bool) -> Self {
        self.entry("channel", [("id", Value::from(id)), ("dsk", Value::from(dsk))])
    }

    /// Adds a graphic with its template, the channels it goes to and its first field values.
    pub fn graphic(self, id: &str, template: &str, channels: &[&str], fields: &[(&str, &str)]) -> Self {
        let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value)));
        let entry = [
            ("id", Value::from(id)),
            ("template", Value::from(template)),
            ("channels", Value::from(channels.to_vec())),
            ("fields", Value::Table(fields.collect())),
        ];
        self.entry("graphic", entry)
    }

    /// Sets one key, dotted, such as `hls.part_ms`.
    pub fn set(mut self, key: &str, value: impl Into<Value>) -> Self {
        let mut parts: Vec<&str> = key.split('.').collect();
        let last = parts.pop().unwrap_or_default();
        let mut table = &mut self.root;
        for part in parts {
            let next = table.entry(part).or_insert_with(|| Value::Table(Table::new()));
            let Value::Table(next) = next else {
                panic!("{key}: {part} is set and is no table");
            };
            table = next;
        }
        table.insert(last.to_owned(), value.into());
        self
    }

    /// Adds one `[[list]]` entry.
    pub fn entry<V: Into<Value>>(mut self, list: &str, values: impl IntoIterator<Item = (&'static str, V)>) -> Self {
        let values = values.into_iter();
        let entry: Table = values.map(|(key, value)| (key.to_owned(), value.into())).collect();
        let entries = self.root.entry(list).or_insert_with(|| Value::Array(Vec::new()));
        let Value::Array(entries) = entries else {
            panic!("{list} is set and is no list");
        };
        entries.push(Value::Table(entry));
        self
    }

    /// The text of one key, if it is set to text.
    pub fn text_of(&self, key: &str) -> Option<&str> {
        let mut parts = key.split('.');
        let mut value = self.root.get(parts.next()?)?;
        for part in parts {
            value = value.get(part)?;
        }
        value.as_str()
    }

    /// The file's content.
    pub fn to_toml(&self) -> String {
        toml::to_string(&self.root).expect("settings can be written")
    }
}
