//! The files under test, by their place in the repository.

use std::path::Path;

/// One file of text.
#[derive(Debug)]
pub struct SourceFile {
    /// From the root of the repository, e.g. `src/app/bus.rs`.
    pub path: String,
    pub text: String,
}

impl SourceFile {
    /// The folder or file directly below `src`: `src/app/bus.rs` and `src/app.rs` are of `app`.
    pub fn layer(&self) -> &str {
        let below = self.path.strip_prefix("src/").unwrap_or(&self.path);
        below.split('/').next().unwrap_or_default().trim_end_matches(".rs")
    }

    /// The module the file is, from the root of the crate: `src/app/bus.rs` is `["app", "bus"]`.
    pub fn module(&self) -> Vec<String> {
        let below = self.path.strip_prefix("src/").unwrap_or(&self.path).trim_end_matches(".rs");
        let mut module: Vec<_> = below.split('/').map(str::to_owned).collect();
        if module.last().is_some_and(|last| matches!(last.as_str(), "mod" | "lib" | "main")) {
            module.pop();
        }
        module
    }
}

/// Everything below these places that is text.
pub fn read(places: &[&str]) -> Vec<SourceFile> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    let mut open: Vec<_> = places.iter().map(|place| root.join(place)).filter(|place| place.exists()).collect();
    while let Some(place) = open.pop() {
        if place.is_dir() {
            let entries = place.read_dir().unwrap_or_else(|error| panic!("{}: {error}", place.display()));
            open.extend(entries.map(|entry| entry.unwrap().path()));
        } else if let Ok(text) = String::from_utf8(std::fs::read(&place).unwrap()) {
            let path = place.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            files.push(SourceFile { path, text });
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}
