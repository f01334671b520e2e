//! An admitted camera: the messages to it, what it may send, how it ends.

use super::device::{Peer, picture};
use super::fixture::{Fixture, soon};
use futures::{SinkExt, StreamExt};
use lumencast::app::rooms::RoomFact;
use serde_json::json;
use std::time::{Duration, Instant};
use tokio_tungstenite::tungstenite::Message;

#[tokio::test]
async fn ready_says_what_the_camera_may_do() {
    let _turn = crate::turn::turn();
    let fixture = Fixture::with(15, 262_144, |_| {}).await;
    let mut camera = Peer::connect(&fixture, "/ingest/ws?app=live&room=live-cam1&key=wsk_cam1").await;
    let ready = json!({"type": "ready", "room": "live-cam1", "streamId": "live-cam1/cam1", "maxFps": 15,
        "maxFrameBytes": 262_144, "idleTimeoutSec": 30});
    assert_eq!(camera.json().await, ready);
    let mut other = Peer::connect(&fixture, "/ingest/ws?app=live&room=cam2&identity=door-2&key=wsk_cam2").await;
    assert_eq!(other.json().await["streamId"], "live-cam2/door-2");
    let mut streams: Vec<_> = fixture.rooms.streams("live").into_iter().map(|stream| stream.id).collect();
    streams.sort();
    assert_eq!(streams, ["live-cam1/cam1", "live-cam2/door-2"]);
}

#[tokio::test]
async fn pictures_sent_before_ready_are_taken() {
    let _turn = crate::turn::turn();
    let fixture = Fixture::open().await;
    let mut camera = Peer::connect(&fixture, "/ingest/ws?app=live&room=cam&key=wsk_cam").await;
    camera.send(picture(1, 5_000)).await;
    camera.send(picture(2, 5_000)).await;
    assert_eq!(camera.json().await["type"], "ready");
    let live = || fixture.rooms.stream("live-cam/cam").expect("stream").live;
    super::fixture::until(|| live().stats().frames == 2, || format!("{:?}", live().stats())).await;
}

#[tokio::test]
async fn a_frame_that_is_too_large_ends_the_session() {
    let _turn = crate::turn::turn();
    let fixture = Fixture::with(1_000, 10_000, |_| {}).await;
    let mut camera = Peer::camera(&fixture, "cam").await;
    camera.send(picture(1, 10_000)).await;
    camera.send(picture(2, 10_001)).await;
    assert_eq!(camera.sent_away().await, (4413, "frame_too_large".into()));
    fixture.until_streams(0).await;
}

#[tokio::test]
async fn a_message_above_the_transports_cap_ends_the_session_too() {
    let _turn = crate::turn::turn();
    let fixture = Fixture::open().await;
    let camera = Peer::camera(&fixture, "cam").await;
    // The server stops reading in the middle; a camera that reads gets the reason.
    let (mut write, mut read) = camera.0.split();
    let sending = tokio::spawn(async move {
        let _ = write.send(Message::Binary(picture(1, 9 << 20))).await;
    });
    let Some(Ok(Message::Text(text))) = soon(read.next()).await else { panic!("no text") };
    assert!(text.contains("frame_too_large"), "{text}");
    let Some(Ok(Message::Close(Some(close)))) = soon(read.next()).await else { panic!("no close") };
    assert_eq!(u16::from(close.code), 4413);
    sending.abort();
}

#[tokio::test]
async fn five_messages_in_a_row_that_are_no_jpeg_end_the_session() {
    let _turn = crate::turn::turn();
    let fixture = Fixture::open().await;
    let mut camera = Peer::camera(&fixture, "cam").await;
    for _ in 0..4 {
        camera.send(b"RIFF....".to_vec()).await;
    }
    camera.send(picture(1, 100)).await;
    for _ in 0..5 {
        camera.send(b"RIFF....".to_vec()).await;
    }
    assert_eq!(camera.sent_away().await, (1003, "invalid_frames".into()));
}

#[tokio::test]
async fn a_camera_without_pictures_is_sent_away() {
    let _turn = crate::turn::turn();
    let fixture = Fixture::with(1_000, 10_000, |settings| settings.timeouts.idle = Duration::from_millis(400)).await;
    let mut camera = Peer::camera(&fixture, "cam").await;
    let began = Instant::now();
    assert_eq!(camera.sent_away().await, (4408, "idle_timeout".into()));
    assert!(began.elapsed() >= Duration::from_millis(300), "after {:?}", began.elapsed());
}

#[tokio::test]
async fn a_camera_that_answers_pings_stays_and_one_that_does_not_is_cut_off() {
    let _turn = crate::turn::turn();
    let fixture = Fixture::with(1_000, 10_000, |settings| settings.timeouts.ping = Duration::from_millis(100)).await;
    let mut answering = Peer::camera(&fixture, "here").await;
    let mut pings = 0;
    while pings < 10 {
        // Reading answers them.
        pings += usize::from(soon(answering.0.next()).await.expect("alive").expect("alive").is_ping());
    }
    let silent = Peer::camera(&fixture, "gone").await;
    fixture.until_streams(2).await;
    tokio::select! {
        () = fixture.until_streams(1) => {}
        message = async { while answering.0.next().await.is_some() {} } => panic!("{message:?}: the other one was cut off"),
    }
    assert!(fixture.rooms.stream("live-here/here").is_some());
    drop(silent);
}

#[tokio::test]
async fn what_comes_too_fast_is_dropped_and_the_figures_say_so() {
    let _turn = crate::turn::turn();
    let mut fixture = Fixture::with(5, 10_000, |_| {}).await;
    let mut camera = Peer::camera(&fixture, "cam").await;
    for n in 0..20 {
        camera.send(picture(n, 200)).await;
    }
    camera.send(r#"{"type":"stats","fps":20,"rssi":-60,"heapFree":1000}"#).await;
    let (stream, stats) = soon(fixture.stats.recv()).await.expect("figures");
    assert_eq!(stream, "live-cam/cam");
    let (taken, dropped) = (stats["framesReceived"].as_u64().unwrap(), stats["framesDroppedFps"].as_u64().unwrap());
    assert_eq!(taken + dropped, 20);
    assert!((5..=7).contains(&taken), "{taken} pictures were taken at once");
    assert_eq!((&stats["live"], &stats["rssi"], &stats["viewers"]), (&json!(true), &json!(-60), &json!(0)));
    assert!(stats["ts"].as_str().is_some_and(|ts| ts.ends_with('Z')), "{stats}");
}

#[tokio::test]
async fn other_texts_are_ignored() {
    let _turn = crate::turn::turn();
    let mut fixture = Fixture::open().await;
    let mut camera = Peer::camera(&fixture, "cam").await;
    camera.send("hello").await;
    camera.send(r#"{"type":"hello"}"#).await;
    camera.send(picture(1, 100)).await;
    camera.leave().await;
    fixture.until_streams(0).await;
    assert!(fixture.stats.try_recv().is_err());
}

#[tokio::test]
async fn the_newest_connection_with_a_key_wins_and_its_stream_goes_on() {
    let _turn = crate::turn::turn();
    let mut fixture = Fixture::open().await;
    let mut first = Peer::camera(&fixture, "cam").await;
    first.send(picture(1, 100)).await;
    let mut viewer = Peer::connect(&fixture, "/live/ws?app=live&room=cam").await;
    assert_eq!(viewer.jpeg().await, picture(1, 100));

    let (mut second, close) = tokio::join!(Peer::camera(&fixture, "cam"), first.close());
    assert_eq!(close.0, 4409);
    second.send(picture(2, 100)).await;
    assert_eq!(viewer.jpeg().await, picture(2, 100), "the viewer goes on with the new connection");
    drop(second);
    fixture.until_streams(0).await;
    let mut told = Vec::new();
    while let Ok(event) = fixture.events.try_recv() {
        told.extend(match event.fact {
            RoomFact::StreamStarted { .. } => Some("started"),
            RoomFact::StreamEnded { .. } => Some("ended"),
            _ => None,
        });
    }
    assert_eq!(told, ["started", "ended"], "one stream, not two");
}

#[tokio::test]
async fn a_key_that_is_taken_back_closes_the_socket_at_once() {
    let _turn = crate::turn::turn();
    let fixture = Fixture::open().await;
    let mut quickest = Duration::MAX;
    for _ in 0..5 {
        let camera = Peer::camera(&fixture, "cam").await;
        let (mut write, mut read) = camera.0.split();
        // It keeps sending all the while.
        let sending = tokio::spawn(async move {
            for n in 0.. {
                if write.send(Message::Binary(picture(n, 20_000))).await.is_err() {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
        super::fixture::until(
            || fixture.rooms.stream("live-cam/cam").is_some_and(|stream| stream.live.stats().frames > 3),
            || "no pictures".to_owned(),
        )
        .await;
        let revoked = fixture.revoke("wsk_cam");
        let close = loop {
            match soon(read.next()).await {
                Some(Ok(Message::Close(close))) => break close.expect("a code"),
                Some(Ok(_)) => {}
                other => panic!("no close, but {other:?}"),
            }
        };
        let took = revoked.elapsed();
        quickest = quickest.min(took);
        assert_eq!((u16::from(close.code), close.reason.as_str()), (4401, "key revoked"));
        assert!(took < Duration::from_secs(1), "the close came {took:?} later");
        sending.abort();
        fixture.until_streams(0).await;
    }
    assert!(quickest < Duration::from_millis(100), "the quickest close of five came {quickest:?} later");
}

#[tokio::test]
async fn a_stream_that_is_stopped_and_a_server_that_goes_send_the_camera_away() {
    let _turn = crate::turn::turn();
    let fixture = Fixture::open().await;
    let mut camera = Peer::camera(&fixture, "cam").await;
    camera.send(picture(1, 100)).await;
    assert!(fixture.rooms.stop("live-cam/cam", None));
    assert_eq!(camera.close().await.0, 4409);
    let mut camera = Peer::camera(&fixture, "cam").await;
    fixture.shutdown.cancel();
    assert_eq!(camera.close().await.0, 1001);
}
