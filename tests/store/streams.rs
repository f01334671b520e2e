//! Streams that are live or were.

use crate::test_store::uuid;
use crate::test_store::{NOW, TestStore, on_both};
use lumencast::store::{
    IngressCount, NewMessage, NewStream, StoreError, StoreErrorKind, StreamChange, StreamRow, StreamRows,
};

on_both! {
    a_stream_that_comes_back_takes_its_row_again
    a_start_of_the_server_ends_what_an_earlier_run_left
    figures_stay_with_the_stream_after_its_end
    streams_of_ingresses_are_counted
    a_stream_of_no_app_is_refused
    a_change_and_its_messages_are_written_together_or_not_at_all
}

fn stream<'a>(id: i64, stream_id: &'a str, kind: &'a str) -> NewStream<'a> {
    let (room, participant) = stream_id.split_once('/').expect("an id");
    NewStream { id, app: "live", stream_id, kind, room, participant, ingress: None, started_at: NOW }
}

async fn begin(rows: &StreamRows, stream: NewStream<'_>) -> Result<(), StoreError> {
    rows.record(&StreamChange::Started(stream), &[]).await
}

async fn end(rows: &StreamRows, stream_id: &str, at: i64) {
    rows.record(&StreamChange::Ended { app: "live", stream_id, at }, &[]).await.expect("rows");
}

async fn a_stream_that_comes_back_takes_its_row_again(test: TestStore) {
    let rows = test.store.streams();
    begin(&rows, stream(1, "live/ann", "webrtc")).await.expect("a row");
    let first = rows.get("live", "live/ann").await.expect("rows");
    let golden = StreamRow {
        id: 1,
        app: "live".to_owned(),
        stream_id: "live/ann".to_owned(),
        kind: "webrtc".to_owned(),
        room: "live".to_owned(),
        participant: "ann".to_owned(),
        ingress: None,
        status: "active".to_owned(),
        started_at: NOW,
        ended_at: None,
        last_stats: None,
    };
    assert_eq!(first.as_ref(), Some(&golden));
    rows.note("live", "live/ann", r#"{"fps":12}"#).await.expect("rows");
    end(&rows, "live/ann", NOW + 5).await;
    end(&rows, "live/ann", NOW + 6).await;
    let ended = rows.get("live", "live/ann").await.expect("rows").expect("a row");
    assert_eq!((ended.status.as_str(), ended.ended_at), ("ended", Some(NOW + 5)), "it ended once");

    let back = NewStream { ingress: Some("IN_1"), started_at: NOW + 9, ..stream(7, "live/ann", "whip") };
    begin(&rows, back).await.expect("a row");
    let back = rows.get("live", "live/ann").await.expect("rows");
    let again =
        StreamRow { kind: "whip".to_owned(), ingress: Some("IN_1".to_owned()), started_at: NOW + 9, ..golden.clone() };
    assert_eq!(back, Some(again));
    assert_eq!(rows.get("program", "live/ann").await.expect("rows"), None);
    assert_eq!(rows.get("live", "live/\0").await.expect("rows"), None);
}

async fn a_start_of_the_server_ends_what_an_earlier_run_left(test: TestStore) {
    let rows = test.store.streams();
    for (id, stream_id) in [(1, "live/ann"), (2, "live/bob"), (3, "live/cam")] {
        begin(&rows, stream(id, stream_id, "webrtc")).await.expect("a row");
    }
    end(&rows, "live/bob", NOW + 1).await;
    let mut left: Vec<_> = test.again().await.streams().end_all(NOW + 9).await.expect("rows");
    left.sort_by_key(|row| row.id);
    let left: Vec<_> = left.into_iter().map(|row| (row.stream_id, row.status, row.ended_at)).collect();
    let ended = |id: &str| (id.to_owned(), "ended".to_owned(), Some(NOW + 9));
    assert_eq!(left, [ended("live/ann"), ended("live/cam")]);
    assert_eq!(rows.active_of("live").await.expect("rows"), []);
    let numbers = rows.numbers().await.expect("rows");
    assert_eq!((numbers.len(), numbers.get("live/cam")), (3, Some(&3)));
}

async fn figures_stay_with_the_stream_after_its_end(test: TestStore) {
    let rows = test.store.streams();
    begin(&rows, stream(1, "live/cam", "ws-mjpeg")).await.expect("a row");
    let figures = r#"{"rssi":-60,"name":"Kamera Süd"}"#;
    rows.note("live", "live/cam", figures).await.expect("rows");
    rows.note("program", "live/cam", "{}").await.expect("another app's is not touched");
    end(&rows, "live/cam", NOW + 1).await;
    let row = rows.get("live", "live/cam").await.expect("rows").expect("a row");
    assert_eq!(row.last_stats.as_deref(), Some(figures));
    assert_eq!(rows.note("live", "live/cam", "no JSON").await.expect_err("no JSON").kind(), StoreErrorKind::Refused);
}

async fn streams_of_ingresses_are_counted(test: TestStore) {
    let rows = test.store.streams();
    for (id, stream_id, kind) in
        [(1, "live/a", "rtmp"), (2, "live/b", "whip"), (3, "live/c", "rtsp"), (4, "live/d", "webrtc")]
    {
        begin(&rows, stream(id, stream_id, kind)).await.expect("a row");
    }
    end(&rows, "live/b", NOW + 1).await;
    assert_eq!(rows.ingress_count("live").await.expect("rows"), IngressCount { total: 3, active: 2 });
    assert_eq!(rows.ingress_count("nobody").await.expect("rows"), IngressCount::default());
}

async fn a_stream_of_no_app_is_refused(test: TestStore) {
    let rows = test.store.streams();
    let error = begin(&rows, NewStream { app: "gone", ..stream(1, "gone/ann", "webrtc") }).await.expect_err("no app");
    assert_eq!(error.kind(), StoreErrorKind::Refused);
    let error = begin(&rows, stream(1, "live/ann", "smoke")).await.expect_err("no such kind");
    assert_eq!(error.kind(), StoreErrorKind::Refused);
    assert!(rows.numbers().await.expect("rows").is_empty());
}

async fn a_change_and_its_messages_are_written_together_or_not_at_all(test: TestStore) {
    let (rows, outbox) = (test.store.streams(), test.store.outbox());
    let (one, two) = (uuid(), uuid());
    let message = |id| {
        let (plane, event, body_json) = ("streamhub", "stream_started", r#"{"streamId":"live/ann"}"#);
        NewMessage { id, plane, endpoint: "live", event, body_json, at: NOW }
    };
    let messages = [message(one.as_str()), message(two.as_str())];
    let started = StreamChange::Started(stream(1, "live/ann", "webrtc"));
    rows.record(&started, &messages).await.expect("rows");
    rows.record(&started, &messages).await.expect("again, since it was not known whether it was kept");
    let told = outbox.take(NOW, 10, 1_000).await.expect("rows");
    let mut ids: Vec<_> = told.iter().map(|row| row.id.as_str()).collect();
    ids.sort_unstable();
    let mut expected = [one.as_str(), two.as_str()];
    expected.sort_unstable();
    assert_eq!(ids, expected, "each once");
    assert!(told.iter().all(|row| (row.plane.as_str(), row.event.as_str()) == ("streamhub", "stream_started")));

    // Neither a change is kept when its message violates a constraint, nor a message when its change does.
    let broken = NewMessage { event: "stream\0", ..message(two.as_str()) };
    let three = uuid();
    let refused = StreamChange::Started(NewStream { app: "gone", ..stream(2, "gone/bob", "webrtc") });
    rows.record(&refused, &[message(three.as_str())]).await.expect_err("there is no such app");
    if test.url.is_some() {
        let ended = StreamChange::Ended { app: "live", stream_id: "live/ann", at: NOW + 1 };
        rows.record(&ended, &[broken]).await.expect_err("PostgreSQL has no such text");
        let row = rows.get("live", "live/ann").await.expect("rows").expect("a row");
        assert_eq!(row.status, "active");
    }
    assert_eq!(outbox.depth().await.expect("rows"), 2);
}
