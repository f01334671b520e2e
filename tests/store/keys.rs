//! API keys, also with two that have the database open: the server and the command line.

use crate::test_store::{TestStore, on_both};
use lumencast::{
    app::access::keys::{Confined, KeyError, KeyService, MintError, NoSuchPlane, Plane},
    store::{NewKey, Revocation, Store, StoreErrorKind},
};
use std::{
    os::unix::fs::PermissionsExt,
    time::{Duration, Instant},
};

on_both! {
    a_minted_lumora_key_has_the_documented_form_and_opens_its_plane
    keys_of_the_other_planes_have_their_prefixes_and_show_five_characters_of_the_rest
    a_bad_key_is_told_apart_as_malformed_unknown_revoked_or_of_another_plane
    a_revocation_by_another_process_holds_at_the_next_request
    revoking_twice_keeps_the_first_time_and_an_unknown_id_is_said
    the_list_has_every_key_in_order_and_survives_a_restart
    a_use_is_noted_with_its_time
    a_confined_key_keeps_its_app_and_addresses
    first_starts_at_the_same_time_share_one_database
    a_label_must_be_one_line_of_up_to_100_characters
    an_id_or_a_hash_is_there_once
}

fn service(test: &TestStore) -> KeyService {
    KeyService::new(&test.store)
}

/// The same key with another last character.
fn altered(raw: &str) -> String {
    let (rest, last) = raw.split_at(raw.len() - 1);
    format!("{rest}{}", if last == "A" { "B" } else { "A" })
}

async fn a_minted_lumora_key_has_the_documented_form_and_opens_its_plane(test: TestStore) {
    let keys = service(&test);
    let (raw, row) = keys.mint(Plane::Lumora, "  Stream Deck ").await.expect("a key");
    assert_eq!(raw.len(), 58);
    let body = raw.strip_prefix("lumora_live_sk_").expect("the prefix");
    assert!(body.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)));
    assert_eq!(row.label, "Stream Deck");
    assert_eq!(row.plane, "lumora");
    assert_eq!(row.shown, raw[..20]);
    assert_eq!((row.last_used_at, row.revoked_at), (None, None));
    let id = row.id.strip_prefix("key_").expect("the prefix of ids");
    assert_eq!(id.len(), 12);

    let identity = keys.verify(&raw, Plane::Lumora).await.expect("a good key");
    assert_eq!((identity.id, identity.label), (row.id, "Stream Deck".into()));
    assert_eq!(identity.plane, Plane::Lumora);
}

async fn keys_of_the_other_planes_have_their_prefixes_and_show_five_characters_of_the_rest(test: TestStore) {
    let keys = service(&test);
    for (plane, prefix) in [(Plane::Lumely, "lum_live_"), (Plane::Streamhub, "sk_")] {
        let (raw, row) = keys.mint(plane, "app").await.expect("a key");
        assert!(raw.starts_with(prefix), "{raw}");
        assert_eq!(raw.len(), prefix.len() + 43);
        assert_eq!(row.shown, raw[..prefix.len() + 5]);
        assert!(keys.verify(&raw, plane).await.is_ok());
    }
}

async fn a_bad_key_is_told_apart_as_malformed_unknown_revoked_or_of_another_plane(test: TestStore) {
    let keys = service(&test);
    let (raw, row) = keys.mint(Plane::Lumora, "deck").await.expect("a key");
    for malformed in [
        "",
        "Bearer",
        &raw[..57],
        &format!("{raw}A"),
        &format!(" {raw}"),
        &raw.replace("lumora_live_sk_", "lumora_test_sk_"),
        &format!("{}+", &raw[..57]),
        &format!("{}é", &raw[..56]),
    ] {
        let answer = keys.verify(malformed, Plane::Lumora).await;
        assert!(matches!(answer, Err(KeyError::Malformed)), "{malformed:?}");
    }
    let answer = keys.verify(&altered(&raw), Plane::Lumora).await;
    assert!(matches!(answer, Err(KeyError::Unknown)), "{answer:?}");
    let answer = keys.verify(&raw, Plane::Streamhub).await;
    assert!(matches!(answer, Err(KeyError::WrongPlane)), "{answer:?}");

    assert_eq!(keys.revoke(&row.id).await.expect("rows"), Revocation::Done);
    let answer = keys.verify(&raw, Plane::Lumora).await;
    assert!(matches!(answer, Err(KeyError::Revoked)), "{answer:?}");
}

async fn a_revocation_by_another_process_holds_at_the_next_request(test: TestStore) {
    let server = service(&test);
    let (raw, row) = server.mint(Plane::Lumora, "deck").await.expect("a key");
    assert!(server.verify(&raw, Plane::Lumora).await.is_ok());

    let command_line = KeyService::new(&test.again().await);
    let revoked = command_line.revoke(&row.id).await.expect("rows");
    assert_eq!(revoked, Revocation::Done);
    let answer = server.verify(&raw, Plane::Lumora).await;
    assert!(matches!(answer, Err(KeyError::Revoked)), "{answer:?}");
}

async fn revoking_twice_keeps_the_first_time_and_an_unknown_id_is_said(test: TestStore) {
    let keys = service(&test);
    let (_, row) = keys.mint(Plane::Lumora, "deck").await.expect("a key");
    assert_eq!(keys.revoke(&row.id).await.expect("rows"), Revocation::Done);
    let first = keys.list().await.expect("rows")[0].revoked_at;
    assert!(first.is_some());
    let again = keys.revoke(&row.id).await.expect("rows");
    assert_eq!(again, Revocation::Already);
    assert_eq!(keys.list().await.expect("rows")[0].revoked_at, first);
    let unknown = keys.revoke("key_nosuchkey").await.expect("rows");
    assert_eq!(unknown, Revocation::Unknown);
}

async fn the_list_has_every_key_in_order_and_survives_a_restart(test: TestStore) {
    let keys = service(&test);
    let mut raws = Vec::new();
    for label in ["one", "two", "three"] {
        raws.push(keys.mint(Plane::Lumora, label).await.expect("a key").0);
    }
    test.store.close().await;

    let keys = KeyService::new(&test.again().await);
    let rows = keys.list().await.expect("rows");
    let labels: Vec<&str> = rows.iter().map(|row| row.label.as_str()).collect();
    assert_eq!(labels, ["one", "two", "three"]);
    for raw in &raws {
        assert!(keys.verify(raw, Plane::Lumora).await.is_ok());
    }
}

async fn a_use_is_noted_with_its_time(test: TestStore) {
    let keys = service(&test);
    let (raw, row) = keys.mint(Plane::Lumora, "deck").await.expect("a key");
    keys.verify(&raw, Plane::Lumora).await.expect("a good key");
    let deadline = Instant::now() + Duration::from_secs(5);
    let used = loop {
        if let Some(used) = keys.list().await.expect("rows")[0].last_used_at {
            break used;
        }
        assert!(Instant::now() < deadline, "the use was not noted in 5 s");
        tokio::task::yield_now().await;
    };
    assert!((row.created_at..row.created_at + 5_000).contains(&used));
}

async fn a_confined_key_keeps_its_app_and_addresses(test: TestStore) {
    let keys = service(&test);
    let from = ["192.0.2.0/24".parse().expect("a network")];
    let confined = Confined { app: Some("live"), from: &from };
    let (raw, row) = keys.mint_confined(Plane::Streamhub, "event app", confined).await.expect("a key");
    assert_eq!((row.app.as_deref(), row.allowed_ips.as_deref()), (Some("live"), Some(r#"["192.0.2.0/24"]"#)));
    assert_eq!(keys.find(&row.id, Plane::Streamhub).await.expect("rows").as_ref(), Some(&row));
    assert_eq!(keys.find(&row.id, Plane::Lumora).await.expect("rows"), None);
    assert_eq!(keys.find("key_\0", Plane::Streamhub).await.expect("rows"), None);
    let inside = keys.verify_from(&raw, Plane::Streamhub, Some("192.0.2.7".parse().expect("an address"))).await;
    assert_eq!(inside.expect("a good key").app.as_deref(), Some("live"));
    let outside = keys.verify_from(&raw, Plane::Streamhub, Some("198.51.100.7".parse().expect("an address"))).await;
    assert!(matches!(outside, Err(KeyError::Address)), "{outside:?}");
}

async fn an_id_or_a_hash_is_there_once(test: TestStore) {
    let rows = test.store.keys();
    let key = |id, hash| {
        let (plane, label, shown) = ("lumora", "one", "lumora_live_sk_xxxxx");
        NewKey { id, plane, label, hash, shown, created_at: 1, app: None, allowed_ips: None }
    };
    rows.insert(key("key_a", &[1; 32])).await.expect("a row");
    for again in [key("key_a", &[2; 32]), key("key_b", &[1; 32])] {
        let error = rows.insert(again).await.expect_err("it is there");
        assert_eq!(error.kind(), StoreErrorKind::Refused, "{error}");
    }
    let no_json = NewKey { allowed_ips: Some("["), ..key("key_c", &[3; 32]) };
    assert_eq!(rows.insert(no_json).await.expect_err("no JSON").kind(), StoreErrorKind::Refused);
    assert_eq!(rows.list().await.expect("rows").len(), 1);
}

#[tokio::test]
async fn no_file_of_the_database_holds_a_raw_key_or_lies_open_to_others() {
    let folder = tempfile::tempdir().expect("a folder");
    let data_dir = folder.path().join("data");
    let keys = KeyService::new(&Store::open(&data_dir).await.expect("a store"));
    let (raw, _) = keys.mint(Plane::Lumora, "deck").await.expect("a key");
    let (_, body) = raw.split_at(20);
    let mut files = 0;
    for entry in std::fs::read_dir(&data_dir).expect("the folder") {
        let path = entry.expect("an entry").path();
        let bytes = std::fs::read(&path).expect("a file");
        let found = bytes.windows(body.len()).any(|w| w == body.as_bytes());
        assert!(!found, "{} holds the key", path.display());
        let mode = path.metadata().expect("a file").permissions().mode();
        assert_eq!(mode & 0o077, 0, "{}", path.display());
        files += 1;
    }
    assert!(files >= 2, "the database and its log");
    let mode = data_dir.metadata().expect("a folder").permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

async fn first_starts_at_the_same_time_share_one_database(test: TestStore) {
    let opens = (0..8).map(|n| {
        let (folder, url) = (test.folder.path().to_owned(), test.url.clone());
        tokio::spawn(async move {
            let store = Store::open_with(&folder, url.as_deref()).await.expect("a store");
            let keys = KeyService::new(&store);
            keys.mint(Plane::Lumora, &format!("start {n}")).await.expect("a key")
        })
    });
    for open in opens.collect::<Vec<_>>() {
        open.await.expect("no panic");
    }
    assert_eq!(service(&test).list().await.expect("rows").len(), 8);
}

async fn a_label_must_be_one_line_of_up_to_100_characters(test: TestStore) {
    let keys = service(&test);
    for label in ["", "   ", "two\nlines", &"x".repeat(101)] {
        let answer = keys.mint(Plane::Lumora, label).await;
        assert!(matches!(answer, Err(MintError::Label)), "{label:?}");
    }
    assert!(keys.mint(Plane::Lumora, &"ü".repeat(100)).await.is_ok());
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_by_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("lumencast.db");
    std::fs::write(&file, "this is not a database, not at all. ".repeat(40)).expect("a file");
    let error = Store::open(folder.path()).await.expect_err("no database");
    let line = error.to_string();
    assert!(line.starts_with(&file.display().to_string()), "{line}");
    assert!(line.contains("file is not a database"), "{line}");
    assert!(!line.contains('\n'), "{line}");
}

#[test]
fn planes_without_keys_are_refused_with_a_reason() {
    assert_eq!("lumora".parse(), Ok(Plane::Lumora));
    assert_eq!("streamhub".parse(), Ok(Plane::Streamhub));
    let refusal = |name: &str| -> NoSuchPlane { name.parse::<Plane>().expect_err("no keys") };
    assert_eq!(
        refusal("livewing").to_string(),
        "livewing has no API keys; it has one token, livewing.token in the settings"
    );
    assert_eq!(refusal("lume").to_string(), "lume has no API keys");
    assert_eq!(
        refusal("lumbra").to_string(),
        "no plane \"lumbra\"; planes with API keys are lumora, lumely, streamhub"
    );
}
