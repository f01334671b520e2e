//! The guide names every word of the vocabulary, and no other.

use lumencast::app::lights::prompt::vocabulary;
use std::{collections::BTreeSet, fs, path::Path};

/// What stands between backticks in the guide's tables, in their second column.
fn guide() -> BTreeSet<String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/guides/lighting-prompts.md");
    let text = fs::read_to_string(file).expect("the guide");
    let rows = text.lines().filter(|line| line.starts_with('|'));
    let words = rows.filter_map(|row| row.split('|').nth(2));
    words.flat_map(|words| words.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>()).collect()
}

#[test]
fn the_guide_and_the_vocabulary_are_of_one_mind() {
    let known: BTreeSet<String> = vocabulary().into_iter().map(str::to_owned).collect();
    assert!(known.len() > 250, "{}", known.len());
    assert_eq!(known.difference(&guide()).collect::<Vec<_>>(), Vec::<&String>::new(), "not in the guide");
    assert_eq!(guide().difference(&known).collect::<Vec<_>>(), Vec::<&String>::new(), "not in the vocabulary");
}
