//! `docs/api/streamhub.yaml` and the route table name the same routes, with the same permissions.

use lumencast::api::streamhub::route_table;
use std::{collections::BTreeSet, fs, path::Path};

/// Each operation of the document with what it says in `x-permission`. The file is written with two blanks of indent per
/// level, one line for each path, method and permission.
fn documented() -> BTreeSet<String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/api/streamhub.yaml");
    let text = fs::read_to_string(file).expect("the document");
    let paths = text.lines().skip_while(|line| *line != "paths:").skip(1).take_while(|line| line.starts_with(' '));
    let (mut path, mut method, mut found) = ("", "", BTreeSet::new());
    for line in paths {
        let depth = line.len() - line.trim_start().len();
        let key = line.trim().trim_end_matches(':');
        match depth {
            2 => path = key,
            4 => method = key,
            6 => {
                if let Some(permission) = key.strip_prefix("x-permission: ") {
                    found.insert(format!("{} {path} {permission}", method.to_uppercase()));
                }
            }
            _ => {}
        }
    }
    found
}

#[test]
fn the_document_and_the_route_table_are_of_one_mind() {
    let served: BTreeSet<String> =
        route_table().into_iter().map(|(method, path, access)| format!("{method} {path} {access}")).collect();
    let documented = documented();
    let missing: Vec<_> = served.difference(&documented).collect();
    let extra: Vec<_> = documented.difference(&served).collect();
    assert!(missing.is_empty() && extra.is_empty(), "not documented: {missing:#?}, not served: {extra:#?}");
}
