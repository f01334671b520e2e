//! Streams that are live or were.

use crate::place::{NOW, Place, on_both};
use lumencast::store::{IngressCount, NewStream, StoreErrorKind, StreamRow};

on_both! {
    a_stream_that_comes_back_takes_its_row_again
    a_start_of_the_server_ends_what_an_earlier_run_left
    figures_stay_with_the_stream_after_its_end
    streams_of_ingresses_are_counted
    a_stream_of_no_app_is_refused
}

fn stream<'a>(id: i64, stream_id: &'a str, kind: &'a str) -> NewStream<'a> {
    let (room, participant) = stream_id.split_once('/').expect("an id");
    NewStream { id, app: "live", stream_id, kind, room, participant, ingress: None, started_at: NOW }
}

async fn a_stream_that_comes_back_takes_its_row_again(place: Place) {
    let rows = place.store.streams();
    let first = rows.start(stream(1, "live/ann", "webrtc")).await.expect("a row");
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
    assert_eq!(first, golden);
    rows.note("live", "live/ann", r#"{"fps":12}"#).await.expect("rows");
    assert!(rows.end("live", "live/ann", NOW + 5).await.expect("rows"));
    assert!(!rows.end("live", "live/ann", NOW + 6).await.expect("rows"), "it ended before");
    let ended = rows.get("live", "live/ann").await.expect("rows").expect("a row");
    assert_eq!((ended.status.as_str(), ended.ended_at), ("ended", Some(NOW + 5)));

    let back = NewStream { ingress: Some("IN_1"), started_at: NOW + 9, ..stream(7, "live/ann", "whip") };
    let back = rows.start(back).await.expect("a row");
    let again =
        StreamRow { kind: "whip".to_owned(), ingress: Some("IN_1".to_owned()), started_at: NOW + 9, ..golden.clone() };
    assert_eq!(back, again);
    assert_eq!(rows.get("program", "live/ann").await.expect("rows"), None);
    assert_eq!(rows.get("live", "live/\0").await.expect("rows"), None);
}

async fn a_start_of_the_server_ends_what_an_earlier_run_left(place: Place) {
    let rows = place.store.streams();
    for (id, stream_id) in [(1, "live/ann"), (2, "live/bob"), (3, "live/cam")] {
        rows.start(stream(id, stream_id, "webrtc")).await.expect("a row");
    }
    rows.end("live", "live/bob", NOW + 1).await.expect("rows");
    let mut left: Vec<_> = place.again().await.streams().end_all(NOW + 9).await.expect("rows");
    left.sort_by_key(|row| row.id);
    let left: Vec<_> = left.into_iter().map(|row| (row.stream_id, row.status, row.ended_at)).collect();
    let ended = |id: &str| (id.to_owned(), "ended".to_owned(), Some(NOW + 9));
    assert_eq!(left, [ended("live/ann"), ended("live/cam")]);
    assert_eq!(rows.active_of("live").await.expect("rows"), []);
    let numbers = rows.numbers().await.expect("rows");
    assert_eq!((numbers.len(), numbers.get("live/cam")), (3, Some(&3)));
}

async fn figures_stay_with_the_stream_after_its_end(place: Place) {
    let rows = place.store.streams();
    rows.start(stream(1, "live/cam", "ws-mjpeg")).await.expect("a row");
    let figures = r#"{"rssi":-60,"name":"Kamera Süd"}"#;
    rows.note("live", "live/cam", figures).await.expect("rows");
    rows.note("program", "live/cam", "{}").await.expect("another app's is not touched");
    rows.end("live", "live/cam", NOW + 1).await.expect("rows");
    let row = rows.get("live", "live/cam").await.expect("rows").expect("a row");
    assert_eq!(row.last_stats.as_deref(), Some(figures));
    assert_eq!(rows.note("live", "live/cam", "no JSON").await.expect_err("no JSON").kind(), StoreErrorKind::Refused);
}

async fn streams_of_ingresses_are_counted(place: Place) {
    let rows = place.store.streams();
    for (id, stream_id, kind) in
        [(1, "live/a", "rtmp"), (2, "live/b", "whip"), (3, "live/c", "rtsp"), (4, "live/d", "webrtc")]
    {
        rows.start(stream(id, stream_id, kind)).await.expect("a row");
    }
    rows.end("live", "live/b", NOW + 1).await.expect("rows");
    assert_eq!(rows.ingress_count("live").await.expect("rows"), IngressCount { total: 3, active: 2 });
    assert_eq!(rows.ingress_count("nobody").await.expect("rows"), IngressCount::default());
}

async fn a_stream_of_no_app_is_refused(place: Place) {
    let rows = place.store.streams();
    let error = rows.start(NewStream { app: "gone", ..stream(1, "gone/ann", "webrtc") }).await.expect_err("no app");
    assert_eq!(error.kind(), StoreErrorKind::Refused);
    let error = rows.start(stream(1, "live/ann", "smoke")).await.expect_err("no such kind");
    assert_eq!(error.kind(), StoreErrorKind::Refused);
    assert!(rows.numbers().await.expect("rows").is_empty());
}
