//! The keys of cameras.

use crate::test_store::{NOW, TestStore, on_both};
use lumencast::store::{CameraRow, StoreErrorKind};

on_both! {
    keys_are_listed_newest_first_found_by_hash_and_taken_away
}

fn camera(id: &str) -> CameraRow {
    let (app, room, shown) = ("live".to_owned(), "live-stage".to_owned(), "wsk_AAAAA".to_owned());
    CameraRow { id: id.to_owned(), app, room, identity: format!("cam {id}"), shown, created_at: NOW }
}

async fn keys_are_listed_newest_first_found_by_hash_and_taken_away(test: TestStore) {
    let rows = test.store.cameras();
    for (n, id) in [(1, "wsi_b"), (2, "wsi_c"), (3, "wsi_a")] {
        rows.insert(&camera(id), &[n; 32]).await.expect("a row");
    }
    let ids: Vec<_> = rows.list("live").await.expect("rows").into_iter().map(|row| row.id).collect();
    assert_eq!(ids, ["wsi_a", "wsi_c", "wsi_b"]);
    assert_eq!(rows.list("program").await.expect("rows"), []);
    assert_eq!(rows.find_by_hash(&[2; 32]).await.expect("rows"), Some(camera("wsi_c")));
    assert_eq!(rows.find_by_hash(&[4; 32]).await.expect("rows"), None);
    for (n, id) in [(2, "wsi_d"), (9, "wsi_a")] {
        let error = rows.insert(&camera(id), &[n; 32]).await.expect_err("hash or id is there");
        assert_eq!(error.kind(), StoreErrorKind::Refused);
    }
    assert!(!rows.delete("program", "wsi_c").await.expect("rows"), "another app's");
    assert!(!rows.delete("live", "wsi_\0").await.expect("rows"));
    assert!(rows.delete("live", "wsi_c").await.expect("rows"));
    assert!(!rows.delete("live", "wsi_c").await.expect("rows"));
    assert_eq!(test.again().await.cameras().find_by_hash(&[2; 32]).await.expect("rows"), None);
}
