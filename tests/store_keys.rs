//! API keys on a real database file, also with two that have it open: the server and the command line.

use lumencast::{
    app::access::keys::{KeyError, KeyService, MintError, NoSuchPlane, Plane},
    store::{Revocation, Store},
};
use std::{
    os::unix::fs::PermissionsExt,
    path::Path,
    time::{Duration, Instant},
};
use tempfile::TempDir;

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

async fn service(data_dir: &Path) -> KeyService {
    KeyService::new(&Store::open(data_dir).await.expect("a store"))
}

/// The same key with another last character.
fn altered(raw: &str) -> String {
    let (rest, last) = raw.split_at(raw.len() - 1);
    format!("{rest}{}", if last == "A" { "B" } else { "A" })
}

#[tokio::test]
async fn a_minted_lumora_key_has_the_documented_form_and_opens_its_plane() {
    let folder = folder();
    let keys = service(folder.path()).await;
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

#[tokio::test]
async fn keys_of_the_other_planes_have_their_prefixes_and_show_five_characters_of_the_rest() {
    let folder = folder();
    let keys = service(folder.path()).await;
    for (plane, prefix) in [(Plane::Lumely, "lum_live_"), (Plane::Streamhub, "sk_")] {
        let (raw, row) = keys.mint(plane, "app").await.expect("a key");
        assert!(raw.starts_with(prefix), "{raw}");
        assert_eq!(raw.len(), prefix.len() + 43);
        assert_eq!(row.shown, raw[..prefix.len() + 5]);
        assert!(keys.verify(&raw, plane).await.is_ok());
    }
}

#[tokio::test]
async fn a_bad_key_is_told_apart_as_malformed_unknown_revoked_or_of_another_plane() {
    let folder = folder();
    let keys = service(folder.path()).await;
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

#[tokio::test]
async fn a_revocation_by_another_process_holds_at_the_next_request() {
    let folder = folder();
    let server = service(folder.path()).await;
    let (raw, row) = server.mint(Plane::Lumora, "deck").await.expect("a key");
    assert!(server.verify(&raw, Plane::Lumora).await.is_ok());

    let command_line = service(folder.path()).await;
    let revoked = command_line.revoke(&row.id).await.expect("rows");
    assert_eq!(revoked, Revocation::Done);
    let answer = server.verify(&raw, Plane::Lumora).await;
    assert!(matches!(answer, Err(KeyError::Revoked)), "{answer:?}");
}

#[tokio::test]
async fn revoking_twice_keeps_the_first_time_and_an_unknown_id_is_said() {
    let folder = folder();
    let keys = service(folder.path()).await;
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

#[tokio::test]
async fn the_list_has_every_key_in_order_and_survives_a_restart() {
    let folder = folder();
    let store = Store::open(folder.path()).await.expect("a store");
    let keys = KeyService::new(&store);
    let mut raws = Vec::new();
    for label in ["one", "two", "three"] {
        raws.push(keys.mint(Plane::Lumora, label).await.expect("a key").0);
    }
    store.close().await;

    let keys = service(folder.path()).await;
    let rows = keys.list().await.expect("rows");
    let labels: Vec<&str> = rows.iter().map(|row| row.label.as_str()).collect();
    assert_eq!(labels, ["one", "two", "three"]);
    for raw in &raws {
        assert!(keys.verify(raw, Plane::Lumora).await.is_ok());
    }
}

#[tokio::test]
async fn a_use_is_noted_with_its_time() {
    let folder = folder();
    let keys = service(folder.path()).await;
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

#[tokio::test]
async fn no_file_of_the_database_holds_a_raw_key_or_lies_open_to_others() {
    let folder = folder();
    let data_dir = folder.path().join("data");
    let keys = service(&data_dir).await;
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn first_starts_at_the_same_time_share_one_database() {
    let folder = folder();
    let opens = (0..8).map(|n| {
        let data_dir = folder.path().to_owned();
        tokio::spawn(async move {
            let keys = service(&data_dir).await;
            keys.mint(Plane::Lumora, &format!("start {n}")).await.expect("a key")
        })
    });
    for open in opens.collect::<Vec<_>>() {
        open.await.expect("no panic");
    }
    let keys = service(folder.path()).await;
    assert_eq!(keys.list().await.expect("rows").len(), 8);
}

#[tokio::test]
async fn a_label_must_be_one_line_of_up_to_100_characters() {
    let folder = folder();
    let keys = service(folder.path()).await;
    for label in ["", "   ", "two\nlines", &"x".repeat(101)] {
        let answer = keys.mint(Plane::Lumora, label).await;
        assert!(matches!(answer, Err(MintError::Label)), "{label:?}");
    }
    assert!(keys.mint(Plane::Lumora, &"ü".repeat(100)).await.is_ok());
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_by_name() {
    let folder = folder();
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
