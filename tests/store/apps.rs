//! Apps: the table and its revision, and what goes with an app.

use crate::test_store::{NOW, TestStore, on_both};
use lumencast::store::{
    AppChange, AppTable, AppWrite, CameraRow, NewApp, NewKey, NewStream, NewUser, StoreErrorKind, StreamChange,
};

on_both! {
    a_new_database_has_the_default_app_and_the_mixers_own
    each_write_counts_the_revision_up_and_answers_the_whole_table
    a_taken_name_or_prefix_changes_nothing
    of_eight_changes_on_the_same_base_one_is_written
    readers_see_the_revision_of_the_rows_they_read
    what_an_app_has_goes_with_it_and_its_keys_are_revoked
    numbers_of_apps_are_never_used_again
    settings_must_be_json
    the_database_has_a_size
}

fn new<'a>(name: &'a str, prefix: &'a str) -> NewApp<'a> {
    NewApp { name, display_name: name, room_prefix: prefix, tenant: None, created_at: NOW }
}

fn done(write: AppWrite) -> AppTable {
    match write {
        AppWrite::Done(table) => table,
        other => panic!("not written: {other:?}"),
    }
}

fn change(name: &str, based_on: i64) -> AppChange<'_> {
    AppChange { name, based_on, display_name: "Gala", room_prefix: "gala", settings: "{}", updated_at: NOW + 1 }
}

async fn a_new_database_has_the_default_app_and_the_mixers_own(test: TestStore) {
    let table = test.store.apps().all().await.expect("rows");
    let rows: Vec<_> = table.rows.iter().map(|row| (row.id, row.name.as_str(), row.room_prefix.as_str())).collect();
    assert_eq!((table.revision, rows), (1, vec![(1, "live", "live"), (2, "program", "program")]));
    assert!(table.rows.iter().all(|row| row.settings == "{}" && row.tenant.is_none() && row.revision == 1));
    // A second start adds nothing.
    assert_eq!(test.again().await.apps().all().await.expect("rows"), table);
}

async fn each_write_counts_the_revision_up_and_answers_the_whole_table(test: TestStore) {
    let apps = test.store.apps();
    let table = done(apps.insert(new("gala", "gala")).await.expect("rows"));
    let names: Vec<_> = table.rows.iter().map(|row| row.name.as_str()).collect();
    assert_eq!((table.revision, names), (2, vec!["gala", "live", "program"]));
    assert_eq!((table.rows[0].revision, table.rows[0].created_at, table.rows[0].updated_at), (2, NOW, NOW));

    let settings = r#"{"features":{"chat":true},"text":"ü\"\\u0000"}"#;
    let table = done(apps.update(AppChange { settings, ..change("gala", 2) }).await.expect("rows"));
    let row = &table.rows[0];
    assert_eq!((table.revision, row.revision, row.settings.as_str()), (3, 3, settings));
    assert_eq!((row.display_name.as_str(), row.updated_at), ("Gala", NOW + 1));

    let table = done(apps.delete("gala", NOW).await.expect("rows"));
    assert_eq!((table.revision, table.rows.len()), (4, 2));
    assert_eq!(apps.all().await.expect("rows"), table);
}

async fn a_taken_name_or_prefix_changes_nothing(test: TestStore) {
    let apps = test.store.apps();
    let before = done(apps.insert(new("gala", "gala")).await.expect("rows"));
    assert_eq!(apps.insert(new("gala", "other")).await.expect("rows"), AppWrite::Taken);
    assert_eq!(apps.insert(new("other", "gala")).await.expect("rows"), AppWrite::Taken);
    let taken = apps.update(AppChange { room_prefix: "live", ..change("gala", 2) }).await;
    assert_eq!(taken.expect("rows"), AppWrite::Taken);
    assert_eq!(apps.update(change("gala", 1)).await.expect("rows"), AppWrite::Stale);
    assert_eq!(apps.update(change("nobody", 1)).await.expect("rows"), AppWrite::Stale);
    assert_eq!(apps.delete("nobody", NOW).await.expect("rows"), AppWrite::Stale);
    assert_eq!(apps.all().await.expect("rows"), before);
}

async fn of_eight_changes_on_the_same_base_one_is_written(test: TestStore) {
    done(test.store.apps().insert(new("gala", "gala")).await.expect("rows"));
    let second = test.again().await;
    let writers = (0..8).map(|n| {
        let apps = if n % 2 == 0 { test.store.apps() } else { second.apps() };
        tokio::spawn(async move { apps.update(change("gala", 2)).await.expect("rows") })
    });
    let mut written = 0;
    for writer in writers.collect::<Vec<_>>() {
        match writer.await.expect("no panic") {
            AppWrite::Done(table) => {
                assert_eq!(table.revision, 3);
                written += 1;
            }
            other => assert_eq!(other, AppWrite::Stale),
        }
    }
    assert_eq!(written, 1);
}

async fn readers_see_the_revision_of_the_rows_they_read(test: TestStore) {
    let writer = {
        let apps = test.store.apps();
        tokio::spawn(async move {
            for n in 0..25 {
                let name = format!("app{n}");
                done(apps.insert(new(&name, &name)).await.expect("rows"));
            }
        })
    };
    let apps = test.again().await.apps();
    let mut last = 0;
    while last < 26 {
        let table = apps.all().await.expect("rows");
        let newest = table.rows.iter().map(|row| row.revision).max();
        assert_eq!(newest, Some(table.revision), "a row is of no other moment than its table");
        assert!(table.revision >= last);
        last = table.revision;
    }
    writer.await.expect("no panic");
}

async fn what_an_app_has_goes_with_it_and_its_keys_are_revoked(test: TestStore) {
    let (apps, keys) = (test.store.apps(), test.store.keys());
    done(apps.insert(new("gala", "gala")).await.expect("rows"));
    for (id, app, hash) in [("key_gala", Some("gala"), [1; 32]), ("key_all", None, [2; 32])] {
        let (plane, label, shown) = ("streamhub", "x", "sk_");
        let key = NewKey { id, plane, label, hash: &hash, shown, created_at: NOW, app, allowed_ips: None };
        keys.insert(key).await.expect("a row");
    }
    let ingress = crate::ingress::push("IN_1", "gala", "gala-stage");
    test.store.ingress().insert(&ingress).await.expect("a row");
    let camera = CameraRow {
        id: "wsi_1".into(),
        app: "gala".into(),
        room: "gala-stage".into(),
        identity: "cam".into(),
        shown: "wsk_".into(),
        created_at: NOW,
    };
    test.store.cameras().insert(&camera, &[3; 32]).await.expect("a row");
    let stream = NewStream {
        id: 1,
        app: "gala",
        stream_id: "gala-stage/cam",
        kind: "ws-mjpeg",
        room: "gala-stage",
        participant: "cam",
        ingress: None,
        started_at: NOW,
    };
    test.store.streams().record(&StreamChange::Started(stream), &[]).await.expect("a row");

    done(apps.delete("gala", NOW + 9).await.expect("rows"));
    assert_eq!(keys.find("key_gala").await.expect("rows").expect("a key").revoked_at, Some(NOW + 9));
    assert_eq!(keys.find("key_all").await.expect("rows").expect("a key").revoked_at, None);
    assert_eq!(test.store.ingress().get("gala", "IN_1").await.expect("rows"), None);
    assert_eq!(test.store.cameras().list("gala").await.expect("rows"), []);
    assert_eq!(test.store.streams().get("gala", "gala-stage/cam").await.expect("rows"), None);
}

async fn numbers_of_apps_are_never_used_again(test: TestStore) {
    let apps = test.store.apps();
    done(apps.insert(new("gala", "gala")).await.expect("rows"));
    let id = |table: AppTable| table.rows.iter().find(|row| row.name == "gala").expect("the app").id;
    let first = id(apps.all().await.expect("rows"));
    done(apps.delete("gala", NOW).await.expect("rows"));
    let second = id(done(apps.insert(new("gala", "gala")).await.expect("rows")));
    assert!(first > 2 && second > first, "{first}, {second}");
}

async fn settings_must_be_json(test: TestStore) {
    let apps = test.store.apps();
    let wrong = apps.update(AppChange { settings: "{", room_prefix: "live", ..change("live", 1) }).await;
    assert_eq!(wrong.expect_err("no JSON").kind(), StoreErrorKind::Refused);
    let nobody = apps.insert(NewApp { tenant: Some("nobody"), ..new("gala", "gala") }).await;
    assert_eq!(nobody.expect_err("no such tenant").kind(), StoreErrorKind::Refused);
    let user = NewUser { id: "u", email: "a@b", password_hash: "x", tenant: "acme", role: "owner", created_at: NOW };
    assert!(test.store.users().insert(user).await.expect("rows"));
    let table = done(apps.insert(NewApp { tenant: Some("acme"), ..new("gala", "gala") }).await.expect("rows"));
    assert_eq!((table.revision, table.rows[0].tenant.as_deref()), (2, Some("acme")), "what failed counted nothing");
}

async fn the_database_has_a_size(test: TestStore) {
    let bytes = test.store.apps().database_bytes().await.expect("a size");
    assert!((10_000..100_000_000).contains(&bytes), "{bytes}");
}
