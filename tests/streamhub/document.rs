//! `docs/api/streamhub.yaml` and the route table name the same routes, with the same permissions; what the desk is
//! answered is held to the document's schemas.

use crate::openapi::Document;
use lumencast::api::streamhub::route_table;
use std::{collections::BTreeSet, sync::LazyLock};

/// The document.
pub static DOCUMENT: LazyLock<Document> = LazyLock::new(|| Document::of("streamhub"));

#[test]
fn the_document_and_the_route_table_are_of_one_mind() {
    let served: BTreeSet<String> =
        route_table().into_iter().map(|(method, path, access)| format!("{method} {path} {access}")).collect();
    let operations = DOCUMENT.operations();
    let documented: BTreeSet<String> = operations
        .iter()
        .filter_map(|((method, path), said)| Some(format!("{method} {path} {}", said["x-permission"].as_str()?)))
        .collect();
    let missing: Vec<_> = served.difference(&documented).collect();
    let extra: Vec<_> = documented.difference(&served).collect();
    assert!(missing.is_empty() && extra.is_empty(), "not documented: {missing:#?}, not served: {extra:#?}");
}
