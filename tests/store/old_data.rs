//! What a data folder of the first version holds is there afterwards: in its own file, or carried over to PostgreSQL.
//!
//! `first_storey.sql` was written by that version: its command line made keys and accounts, the rest was put beside.

use crate::{support::postgres::Postgres, test_store::uuid};
use lumencast::{
    app::access::keys::{KeyError, KeyService, Plane},
    store::{IngressQuery, NewApp, Store, StoreError, StoreErrorKind},
};
use sqlx::{ConnectOptions, Connection, sqlite::SqliteConnectOptions};
use std::path::Path;
use tempfile::TempDir;

const OLD: &str = include_str!("first_storey.sql");
/// The credentials for the hashes in it.
const GRAPHICS_KEY: &str = "lumora_live_sk_Sd33G-6b3DzHejd_nGpnKFJc5Jr4t8SF9F4k8uMaLTY";
const STREAMS_KEY: &str = "sk_7zd7uVv0_sfwDrTdIJ3ZKBPKm10UyEUy7HqB2iolpUk";
const STUDIO: &str = "a07f41fa-d090-4fbf-a4fd-46613e748cdf";

async fn old_folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fill(&folder.path().join("lumencast.db"), OLD).await;
    folder
}

async fn fill(file: &Path, statements: &'static str) {
    let options = SqliteConnectOptions::new().filename(file).create_if_missing(true).foreign_keys(false);
    let mut connection = options.connect().await.expect("a file");
    sqlx::raw_sql(statements).execute(&mut connection).await.expect("it is filled");
    connection.close().await.expect("it is closed");
}

async fn database() -> String {
    tokio::task::spawn_blocking(|| Postgres::shared().database()).await.expect("a server")
}

async fn open(folder: &Path, url: &str) -> Result<Store, StoreError> {
    Store::open_with(folder, Some(url)).await
}

/// Checks that everything is there that the first version wrote.
async fn check(store: &Store) {
    let table = store.apps().all().await.expect("rows");
    let apps: Vec<_> = table.rows.iter().map(|row| (row.id, row.name.as_str(), row.display_name.as_str())).collect();
    assert_eq!(apps, [(4, "gala", "Gala Zürich"), (2, "program", "program")]);
    let gala = &table.rows[0];
    assert_eq!((table.revision, gala.revision, gala.tenant.as_deref()), (4, 4, Some("acme")));
    assert_eq!((gala.settings.as_str(), gala.updated_at), (r#"{"features":{"chat":true}}"#, 1_700_000_000_006));

    let users = store.users();
    let ann = users.by_email("ANN@example.org").await.expect("rows").expect("a person");
    assert_eq!((ann.id.as_str(), ann.role.as_str(), ann.tenant.as_str()), ("user-1", "owner", "acme"));
    assert!(ann.password_hash.ends_with("aGFzaA"));
    assert_eq!(users.by_id("user-2").await.expect("rows").map(|bob| bob.role).as_deref(), Some("viewer"));
    let session = users.session("session-1").await.expect("rows").expect("a session");
    assert_eq!((session.user_id.as_deref(), session.expires_at), (Some("user-1"), 4_102_444_800_000));
    assert_eq!(users.session("session-2").await.expect("rows").map(|session| session.user_id), Some(None));

    let keys = KeyService::new(store);
    let revoked = keys.verify(GRAPHICS_KEY, Plane::Lumora).await;
    assert!(matches!(revoked, Err(KeyError::Revoked)), "{revoked:?}");
    let from = Some("192.0.2.9".parse().expect("an address"));
    let good = keys.verify_from(STREAMS_KEY, Plane::Streamhub, from).await.expect("a good key");
    assert_eq!((good.label.as_str(), good.app.as_deref()), ("event app", Some("gala")));
    assert!(keys.verify_from(STREAMS_KEY, Plane::Streamhub, None).await.is_err(), "from elsewhere");
    let labels: Vec<_> = keys.list().await.expect("rows").into_iter().map(|row| row.label).collect();
    assert_eq!(labels, ["Stream Deck", "event app"]);

    let query = IngressQuery { text: Some("ENCODER Ä".to_owned()), limit: 10, ..IngressQuery::default() };
    let (found, total) = store.ingress().page("gala", &query).await.expect("rows");
    let push = &found[0];
    assert_eq!((total, push.id.as_str(), push.transcoding), (1, "IN_bbbbbbbbbbbb", true));
    assert_eq!((push.validated_at, push.password_hash.as_deref()), (Some(1_700_000_000_009), Some("$argon2id$x")));
    let keyed = store.ingress().by_key("sk-00000000000000000000000000000001").await.expect("rows");
    assert_eq!(keyed.as_ref(), Some(push));
    let all = IngressQuery { limit: 10, ..IngressQuery::default() };
    let newest_first = store.ingress().page("gala", &all).await.expect("rows").0;
    let ids: Vec<_> = newest_first.iter().map(|row| row.id.as_str()).collect();
    assert_eq!(ids, ["IN_aaaaaaaaaaaa", "IN_bbbbbbbbbbbb"], "in the order in which they were made");
    assert_eq!(newest_first[0].url.as_deref(), Some("rtsp://192.0.2.9/live"));

    let cameras: Vec<_> =
        store.cameras().list("gala").await.expect("rows").into_iter().map(|row| row.identity).collect();
    assert_eq!(cameras, ["tablet", "phone"]);
    let phone = store.cameras().find_by_hash(&[2; 32]).await.expect("rows").expect("a key");
    assert_eq!(phone.id, "wsi_000000000002");

    let encoder = store.streams().get("gala", "gala-stage/encoder").await.expect("rows").expect("a row");
    assert_eq!((encoder.id, encoder.ended_at, encoder.kind.as_str()), (3, Some(1_700_000_000_013), "rtmp"));
    assert_eq!(encoder.last_stats.as_deref(), Some(r#"{"fps":25,"live":false}"#));
    assert_eq!(store.streams().active_of("gala").await.expect("rows").len(), 1);
    assert_eq!(store.lights().get("look").await.expect("rows").as_deref(), Some(r#"{"power":true}"#));
}

/// Checks the rows of image jobs.
async fn check_images(store: &Store) {
    let balance = store.accounts().balance(STUDIO, 0).await.expect("rows");
    assert_eq!((balance.remaining, balance.total, balance.used_this_month), (23, 25, 2));
    let job = store.image_jobs().claim("w", 1_700_000_000_030, 1_000).await.expect("rows").expect("a job");
    assert_eq!((job.account.as_str(), job.prompt.as_deref(), job.credits_used), (STUDIO, Some("a sofa, gray"), 2));
    assert_eq!(store.image_keys().list(STUDIO).await.expect("rows").len(), 1);
    let hooks = store.image_webhooks().list(STUDIO).await.expect("rows");
    assert_eq!((hooks.len(), hooks[0].failure_count, hooks[0].secret.as_str()), (1, 2, "whsec_old"));
    let messages = store.outbox().take(1_700_000_000_100, 10, 1_000).await.expect("rows");
    assert_eq!((messages.len(), messages[0].attempts, messages[0].endpoint.as_str()), (1, 2, hooks[0].id.as_str()));
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").file_name());
    let mut names: Vec<_> = entries.map(|name| name.into_string().expect("a name")).collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_file_of_the_first_version_becomes_one_of_this() {
    let folder = old_folder().await;
    let store = Store::open(folder.path()).await.expect("a store");
    check(&store).await;
    check_images(&store).await;
    let new = NewApp { name: "new", display_name: "new", room_prefix: "new", tenant: None, created_at: 1 };
    store.apps().insert(new).await.expect("it can be written");
    let ids: Vec<_> = store.apps().all().await.expect("rows").rows.iter().map(|row| row.id).collect();
    assert_eq!(ids, [4, 5, 2]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_of_the_first_version_is_carried_over_to_postgresql_once() {
    let (folder, url) = (old_folder().await, database().await);
    let starts = (0..4).map(|_| {
        let (folder, url) = (folder.path().to_owned(), url.clone());
        tokio::spawn(async move { open(&folder, &url).await.expect("a store").close().await })
    });
    for start in starts.collect::<Vec<_>>() {
        start.await.expect("no panic");
    }
    assert_eq!(names(folder.path()), ["lumencast.db.carried-over"]);
    let store = open(folder.path(), &url).await.expect("a store");
    check(&store).await;
    check_images(&store).await;
    let new = NewApp { name: "new", display_name: "new", room_prefix: "new", tenant: None, created_at: 1 };
    store.apps().insert(new).await.expect("it can be written");
    let ids: Vec<_> = store.apps().all().await.expect("rows").rows.iter().map(|row| row.id).collect();
    assert_eq!(ids, [4, 5, 2], "no number is given a second time");

    // Without the address, e.g. on the command line, nothing begins beside it.
    let error = Store::open(folder.path()).await.expect_err("the rows are elsewhere");
    assert!(error.to_string().contains("database.url"), "{error}");
    assert_eq!(names(folder.path()), ["lumencast.db.carried-over"]);

    // A server that was lost before it could rename the file: its rows are not carried over again.
    std::fs::rename(folder.path().join("lumencast.db.carried-over"), folder.path().join("lumencast.db"))
        .expect("a name");
    let again = open(folder.path(), &url).await.expect("a store");
    assert_eq!(again.apps().all().await.expect("rows").rows.len(), 3);
    assert_eq!(names(folder.path()), ["lumencast.db.carried-over"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_both_have_rows_neither_is_touched() {
    let (folder, url) = (old_folder().await, database().await);
    let elsewhere = tempfile::tempdir().expect("a folder");
    let first = open(elsewhere.path(), &url).await.expect("a store");
    first.lights().put("look", "1").await.expect("rows");
    let error = open(folder.path(), &url).await.expect_err("whose rows should hold?");
    assert!(matches!(error, StoreError::CarryOver { .. }) && error.kind() == StoreErrorKind::Incompatible, "{error}");
    assert!(error.to_string().starts_with(&folder.path().join("lumencast.db").display().to_string()), "{error}");
    assert_eq!(first.apps().all().await.expect("rows").revision, 1);
    assert_eq!(first.accounts().list().await.expect("rows"), []);
    check(&Store::open(folder.path()).await.expect("a store")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn image_jobs_that_were_in_postgresql_already_stay_and_the_other_rows_join_them() {
    let (folder, url) = (old_folder().await, database().await);
    // What the first version had there.
    let other = uuid();
    {
        let name = url.rsplit('/').next().expect("a name").to_owned();
        let ask = |statement: &'static str| {
            let name = name.clone();
            tokio::task::spawn_blocking(move || Postgres::shared().ask(&name, statement))
        };
        ask(include_str!("../../migrations/postgres/0001_imaging.sql")).await.expect("tables");
        let checksum = "CREATE TABLE _sqlx_migrations (version BIGINT PRIMARY KEY, description TEXT NOT NULL,
            installed_on TIMESTAMPTZ NOT NULL DEFAULT now(), success BOOLEAN NOT NULL, checksum BYTEA NOT NULL,
            execution_time BIGINT NOT NULL)";
        ask(checksum).await.expect("a table");
        let applied = sqlx::migrate!("migrations/postgres").migrations[0].checksum.iter().map(|b| format!("{b:02x}"));
        let applied = applied.collect::<String>();
        let insert = format!("INSERT INTO _sqlx_migrations VALUES (1, 'imaging', now(), true, '\\x{applied}', 1)");
        ask(insert.leak()).await.expect("a row");
        let account = format!(
            "INSERT INTO image_accounts (id, name, plan, status, rate_limit_rpm, currency, auto_topup_enabled, created_at)
             VALUES ('{other}', 'default', 'pro', 'active', 30, 'EUR', 0, 1)"
        );
        ask(account.leak()).await.expect("a row");
    }
    let store = open(folder.path(), &url).await.expect("a store");
    check(&store).await;
    let accounts: Vec<_> = store.accounts().list().await.expect("rows").into_iter().map(|row| row.id).collect();
    assert_eq!(accounts, [other], "those of the file were in use before, and are not since");
    assert_eq!(names(folder.path()), ["lumencast.db.carried-over"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_server_at_a_time_works_on_a_database() {
    let (folder, url) = (tempfile::tempdir().expect("a folder"), database().await);
    let (first, second) =
        (open(folder.path(), &url).await.expect("a store"), open(folder.path(), &url).await.expect("a store"));
    let lock = first.one_server().await.expect("the first one");
    let refused = second.one_server().await;
    assert!(matches!(refused, Err(StoreError::OtherServer)), "{refused:?}");
    second.lights().put("look", "1").await.expect("others that are no servers work on");
    drop(lock);
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
    while second.one_server().await.is_err() {
        assert!(std::time::Instant::now() < deadline, "the lock went with its connection");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_workers_folder_without_rows_of_its_own_joins_a_database_in_use() {
    let (folder, url) = (tempfile::tempdir().expect("a folder"), database().await);
    Store::open(folder.path()).await.expect("a store").close().await;
    let server = tempfile::tempdir().expect("a folder");
    let first = open(server.path(), &url).await.expect("a store");
    first.lights().put("look", "1").await.expect("rows");
    let worker = open(folder.path(), &url).await.expect("a store");
    assert_eq!(worker.lights().get("look").await.expect("rows").as_deref(), Some("1"));
}
