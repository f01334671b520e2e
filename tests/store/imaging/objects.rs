//! Objects in a folder and in a service with the S3 API.

use crate::support::s3::S3Server;
use bytes::Bytes;
use futures::TryStreamExt;
use lumencast::store::{ObjectError, Objects, S3};
use std::{
    os::unix::fs::PermissionsExt,
    path::Path,
    time::{Duration, SystemTime},
};

const PATH: &str = "0b9c6f6e-0000-4000-8000-000000000000/api_1709654321_a1b2c3d4e5f6.jpg";
/// Later than anything is written here.
const EVER: i64 = i64::MAX;

/// What holds of objects wherever they are.
async fn keeps_objects(objects: &Objects) {
    let large = Bytes::from((0..3_000_000_u32).map(|n| (n % 251) as u8).collect::<Vec<_>>());
    assert_eq!(objects.get(PATH).await.expect("objects"), None);
    assert!(!objects.exists(PATH).await.expect("objects"));
    assert!(objects.stream(PATH).await.expect("objects").is_none());
    objects.delete(PATH).await.expect("nothing to delete is no fault");

    objects.put(PATH, Bytes::from_static(b"first")).await.expect("objects");
    objects.put(PATH, large.clone()).await.expect("objects");
    objects.put("out/x.jpg", Bytes::new()).await.expect("objects");
    assert!(objects.exists(PATH).await.expect("objects"));
    assert!(objects.get(PATH).await.expect("objects").as_ref() == Some(&large), "the second content");
    assert_eq!(objects.get("out/x.jpg").await.expect("objects"), Some(Bytes::new()));
    let (length, stream) = objects.stream(PATH).await.expect("objects").expect("an object");
    let pieces: Vec<Bytes> = stream.try_collect().await.expect("its content");
    assert!(length == 3_000_000 && pieces.concat() == large);

    let folder = PATH.split('/').next().expect("a folder");
    assert_eq!(objects.list_older(folder, EVER).await.expect("objects"), [PATH]);
    let mut all = objects.list_older("", EVER).await.expect("objects");
    all.sort();
    assert_eq!(all, [PATH, "out/x.jpg"]);
    let old = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("a time") - Duration::from_secs(3600);
    assert!(objects.list_older("", old.as_millis() as i64).await.expect("objects").is_empty());
    objects.delete(PATH).await.expect("objects");
    assert_eq!(objects.get(PATH).await.expect("objects"), None);

    let long = format!("a/{}", "x".repeat(256));
    let wrong = ["", "/", "/etc/passwd", "..", "a/../b", "a/..", "./a", "a//b", "a/", ".new/x", "a/.b", "a\\b", "a b"];
    for path in wrong.into_iter().chain(["a\0b", "a\nb", "ä", "a%2e", "a#1", "a?b", &long]) {
        assert!(matches!(objects.put(path, Bytes::new()).await, Err(ObjectError::Path)), "{path:?}");
        assert!(matches!(objects.get(path).await, Err(ObjectError::Path)), "{path:?}");
        assert!(matches!(objects.delete(path).await, Err(ObjectError::Path)), "{path:?}");
    }
}

#[tokio::test]
async fn a_folder_keeps_objects() {
    let folder = tempfile::tempdir().expect("a folder");
    keeps_objects(&Objects::folder(&folder.path().join("objects")).expect("objects")).await;
}

#[tokio::test]
async fn a_bucket_keeps_objects() {
    let server = tokio::task::spawn_blocking(S3Server::start).await.expect("a server");
    server.bucket("images").await;
    let s3 = S3 {
        endpoint: Some(server.endpoint()),
        region: "eu-west-1".to_owned(),
        bucket: "images".to_owned(),
        access_key: "AKIDEXAMPLE".to_owned(),
        secret_key: "the-secret-of-it".to_owned(),
        path_style: true,
    };
    let objects = Objects::s3(&s3).expect("objects");
    keeps_objects(&objects).await;
    assert!(!format!("{s3:?} {objects:?}").contains("the-secret-of-it"));
    let missing = Objects::s3(&S3 { bucket: "no-such-bucket".to_owned(), ..s3 }).expect("objects");
    let error = missing.put("a", Bytes::from_static(b"x")).await.expect_err("no bucket").to_string();
    assert!(!error.contains("the-secret-of-it"), "{error}");
}

fn modes(folder: &Path, found: &mut Vec<(bool, u32)>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        found.push((path.is_dir(), path.metadata().expect("a file").permissions().mode() & 0o777));
        if path.is_dir() {
            modes(&path, found);
        }
    }
}

#[tokio::test]
async fn a_folder_lies_open_to_nobody_and_forgets_half_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let test = folder.path().join("objects");
    let objects = Objects::folder(&test).expect("objects");
    objects.put("a/b/c.jpg", Bytes::from_static(b"x")).await.expect("objects");
    let mut found = vec![(true, test.metadata().expect("a folder").permissions().mode() & 0o777)];
    modes(&test, &mut found);
    assert!(found.iter().all(|(is_folder, mode)| *mode == if *is_folder { 0o700 } else { 0o600 }), "{found:?}");
    assert_eq!(found.iter().filter(|(is_folder, _)| !is_folder).count(), 1, "nothing unfinished is left");

    // What a killed process left, and what another one writes just now.
    let (left, fresh) = (test.join(".new/left"), test.join(".new/fresh"));
    std::fs::write(&left, "half").expect("a file");
    std::fs::write(&fresh, "half").expect("a file");
    let old = SystemTime::now() - Duration::from_secs(2 * 3600);
    std::fs::File::options().write(true).open(&left).expect("a file").set_modified(old).expect("a time");
    let objects = Objects::folder(&test).expect("objects");
    assert!(!left.exists() && fresh.exists());
    assert_eq!(objects.list_older("", EVER).await.expect("objects"), ["a/b/c.jpg"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_reads_has_one_content_or_the_other() {
    let folder = tempfile::tempdir().expect("a folder");
    let objects = Objects::folder(folder.path()).expect("objects");
    let content = |byte: u8| Bytes::from(vec![byte; 100_000]);
    objects.put("x", content(0)).await.expect("objects");
    let writer = tokio::spawn({
        let objects = objects.clone();
        async move {
            for byte in 1..20 {
                objects.put("x", content(byte)).await.expect("objects");
            }
        }
    });
    while !writer.is_finished() {
        let read = objects.get("x").await.expect("objects").expect("an object");
        assert!(read.len() == 100_000 && read.iter().all(|byte| *byte == read[0]));
    }
    writer.await.expect("no panic");
}
