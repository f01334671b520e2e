//! `docs/api/lume.yaml` and the route table name the same routes.

use lumencast::api::lume::route_table;
use std::{collections::BTreeSet, fs, path::Path};

/// Each operation of the document. The file is written with two blanks of indent per level, one line for each path and
/// method.
fn documented() -> BTreeSet<String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/api/lume.yaml");
    let text = fs::read_to_string(file).expect("the document");
    let paths = text.lines().skip_while(|line| *line != "paths:").skip(1).take_while(|line| line.starts_with(' '));
    let (mut path, mut found) = ("", BTreeSet::new());
    for line in paths {
        let depth = line.len() - line.trim_start().len();
        let key = line.trim().trim_end_matches(':');
        match (depth, key) {
            (2, _) => path = key,
            (4, "get" | "post" | "put" | "patch" | "delete") => {
                found.insert(format!("{} {path}", key.to_uppercase()));
            }
            _ => {}
        }
    }
    found
}

#[test]
fn the_document_and_the_route_table_are_of_one_mind() {
    let served: BTreeSet<String> = route_table().into_iter().map(|(method, path)| format!("{method} {path}")).collect();
    assert_eq!(served.len(), 28);
    assert_eq!(documented(), served);
}
