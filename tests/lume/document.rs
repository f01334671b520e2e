//! `docs/api/lume.yaml` and the route table name the same routes; what the desk is answered is held to the document's
//! schemas.

use crate::openapi::Document;
use lumencast::api::lume::route_table;
use std::{collections::BTreeSet, sync::LazyLock};

/// The document.
pub static DOCUMENT: LazyLock<Document> = LazyLock::new(|| Document::of("lume"));

#[test]
fn the_document_and_the_route_table_are_of_one_mind() {
    let served: BTreeSet<String> = route_table().into_iter().map(|(method, path)| format!("{method} {path}")).collect();
    assert_eq!(served.len(), 37);
    assert_eq!(DOCUMENT.operation_lines(), served);
}
