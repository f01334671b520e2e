//! Streams on a server with its rows in PostgreSQL.

use super::fixture::Fixture;
use crate::{
    fixture::LIMIT,
    support::{config::Config, marks::Clip, postgres::Postgres, publisher::Publisher},
};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const PATH: &str = "/apps/live/streams/live-demo%2Fcamera";

/// The stream, as soon as it is as wanted.
async fn until(fixture: &Fixture, wanted: impl Fn(&Value) -> bool) -> Value {
    let end = Instant::now() + Duration::from_secs(15);
    loop {
        let (_, stream) = fixture.ask(Method::GET, PATH, Value::Null).await;
        if wanted(&stream) {
            return stream;
        }
        assert!(Instant::now() < end, "{stream}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_is_known_after_a_crash_and_goes_on_under_its_number() {
    let _turn = crate::support::shared_turn(30);
    let url = tokio::task::spawn_blocking(|| Postgres::shared().database()).await.expect("a database");
    let config = Config::new().project(640, 360, 30).set("encode.preset", "ultrafast").set("database.url", url);
    let mut fixture = Fixture::with(config).await;
    let key = fixture.ingress("demo", "camera").await;
    let clip = Clip::of(5, 20.0).size(320, 180).cached();
    let mut publisher = Publisher::start(&clip, &fixture.server.rtmp_url(&key));
    publisher.sent(1.0, LIMIT).await;
    let live = until(&fixture, |stream| stream["status"] == "active").await;
    assert_eq!((&live["type"], &live["participant"]), (&json!("rtmp"), &json!("camera")));
    let metrics = async || {
        let answer = reqwest::get(fixture.server.url("/metrics")).await.expect("an answer");
        answer.text().await.expect("a text")
    };
    let end = Instant::now() + Duration::from_secs(15);
    while !metrics().await.lines().any(|line| line == "lumencast_journal_written_total 1") {
        assert!(Instant::now() < end, "the beginning was not written down\n{}", metrics().await);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }

    fixture.server.kill();
    publisher.kill();
    fixture.server.launch().await;
    let ended = until(&fixture, |stream| stream["status"] == "ended").await;
    assert_eq!((&ended["id"], &ended["startedAt"]), (&live["id"], &live["startedAt"]));
    assert!(ended["endedAt"].is_string(), "{ended}");

    let mut publisher = Publisher::start(&clip, &fixture.server.rtmp_url(&key));
    publisher.sent(1.0, LIMIT).await;
    let again = until(&fixture, |stream| stream["status"] == "active").await;
    assert_eq!(again["id"], live["id"]);
    publisher.stop(LIMIT).await;
    until(&fixture, |stream| stream["endedAt"].is_string()).await;
    assert!(!fixture.server.data().join("lumencast.db").exists(), "there is no second database");
}
