//! Compares JSON with the files under `tests/golden`. `UPDATE_GOLDEN=1` writes them anew, for a person to review.

use serde_json::Value;
use std::{fs, path::Path};

/// Fails when the file has another content.
pub fn assert_golden(name: &str, actual: &Value) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(format!("{name}.json"));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        let text = serde_json::to_string_pretty(actual).expect("a value is JSON") + "\n";
        fs::write(&path, text).expect("the golden file can be written");
    }
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let golden: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert_eq!(*actual, golden, "{name}");
}
