//! Tests of the test peers against each other, run by `tests/marks.rs`: what a publisher sends arrives at a sink with its marks,
//! and the LiveWing client keeps answers and events apart.

use crate::support::config::Config;
use crate::support::livewing::{LiveWing, Silence};
use crate::support::marks::{Clip, Region, read};
use crate::support::ports::{Port, is_listening};
use crate::support::publisher::Publisher;
use crate::support::sink::{RtmpTarget, rtmp_sink};
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_tungstenite::accept_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

const LIMIT: Duration = Duration::from_secs(15);

fn clip() -> Clip {
    Clip::of(5, 4.0).size(640, 360)
}

#[tokio::test]
async fn a_published_clip_arrives_at_the_sink_whole_and_in_real_time() {
    let (target, mut sink) = rtmp_sink();
    let started = std::time::Instant::now();
    let mut publisher = Publisher::start(&clip().cached(), &target.url());
    publisher.sent(1.0, LIMIT).await;
    assert!(publisher.ended(LIMIT).await.success(), "{}", publisher.log());
    let took = started.elapsed().as_secs_f64();
    assert!(took > 3.0, "pushed 4 s in {took} s");
    sink.finished(LIMIT).await;
    let reading = read(sink.file(), Region::FULL);
    let runs = reading.runs();
    assert_eq!(runs.len(), 1, "{reading}");
    assert_eq!((runs[0].source, runs[0].first_n, runs[0].last_n), (5, 0, 119), "{reading}");
    assert_eq!(reading.flaws(), (0, 0, 0), "{reading}");
    assert_eq!(reading.skews().len(), 4, "{reading}");
    // FLV counts milliseconds, so a frame's time is rounded.
    assert!(reading.skew().is_some_and(|ms| ms.abs() <= 2.5), "{reading}");
}

#[tokio::test]
async fn a_stopped_publisher_ends_the_stream_and_a_killed_one_leaves_what_was_sent() {
    for kill in [false, true] {
        let (target, mut sink) = rtmp_sink();
        let mut publisher = Publisher::start(&clip().cached(), &target.url());
        publisher.sent(1.5, LIMIT).await;
        if kill {
            publisher.kill();
        } else {
            assert!(publisher.stop(LIMIT).await.success());
        }
        sink.finished(LIMIT).await;
        let reading = read(sink.file(), Region::FULL);
        assert_eq!(reading.flaws(), (0, 0, 0), "{reading}");
        assert!((20..110).contains(&reading.frames.len()), "{reading}");
    }
}

#[tokio::test]
async fn a_target_can_fail_and_come_back_on_the_same_address() {
    let mut target = RtmpTarget::reserve();
    let mut refused = Publisher::start(&clip().cached(), &target.url());
    assert!(!refused.ended(LIMIT).await.success(), "nobody listens yet");

    let mut sink = target.listen();
    let mut publisher = Publisher::start(&clip().cached(), &target.url());
    sink.received(50_000, LIMIT).await;
    sink.kill();
    assert!(!publisher.ended(LIMIT).await.success(), "the target has gone");

    let mut again = target.listen();
    let publisher = Publisher::start(&clip().cached(), &target.url());
    again.received(50_000, LIMIT).await;
    again.stop(LIMIT).await;
    drop(publisher);
    let reading = read(again.file(), Region::FULL);
    assert!(reading.marks().count() > 0, "{reading}");
}

#[test]
fn held_ports_are_distinct_and_shown_as_listening_once_taken() {
    let ports: Vec<Port> = (0..20).map(|_| Port::take()).collect();
    let mut numbers: Vec<u16> = ports.iter().map(Port::number).collect();
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers.len(), 20);
    assert!(!is_listening(ports[0].number()));
    let _listener = std::net::TcpListener::bind(ports[0].address()).expect("free port");
    assert!(is_listening(ports[0].number()));
}

#[test]
fn settings_are_written_as_tables_and_lists() {
    let text = Config::new()
        .project(1280, 720, 30)
        .rtmp_input("cam1", "Camera \"one\"")
        .rtmp_input("cam2", "Camera two")
        .channel("main", true)
        .graphic("lt", "lower-third", &["main"], &[("name", "A. Person")])
        .set("hls.part_ms", 500)
        .to_toml();
    let parsed: Value = toml::from_str(&text).expect("TOML");
    let expected = json!({
        "project": { "width": 1280, "height": 720, "fps": 30 },
        "input": [
            { "kind": "rtmp", "key": "cam1", "label": "Camera \"one\"" },
            { "kind": "rtmp", "key": "cam2", "label": "Camera two" },
        ],
        "channel": [{ "id": "main", "dsk": true }],
        "graphic": [{
            "id": "lt", "template": "lower-third", "channels": ["main"],
            "fields": { "name": "A. Person" },
        }],
        "hls": { "part_ms": 500 },
    });
    assert_eq!(parsed, expected, "{text}");
}

/// A LiveWing server of a few lines: each command is answered after two events; `fail` is
/// refused; `leave` closes the connection.
async fn scripted() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("listener");
    let url = format!("ws://{}", listener.local_addr().expect("address"));
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.expect("a client");
        let mut socket = accept_async(stream).await.expect("handshake");
        let mut count = 0;
        while let Some(Ok(Message::Text(text))) = socket.next().await {
            let request: Value = serde_json::from_str(&text).expect("JSON");
            let kind = request["type"].as_str().expect("type");
            if kind == "leave" {
                let code = 4001.into();
                let reason = "".into();
                let frame = CloseFrame { code, reason };
                let _ = socket.close(Some(frame)).await;
                return;
            }
            count += 1;
            let answer = if kind == "fail" {
                let error = json!({ "code": "STATE_ERROR", "message": "not now" });
                json!({ "id": request["id"], "status": "error", "error": error })
            } else {
                json!({ "id": request["id"], "status": "ok", "data": request["params"] })
            };
            let events = ["tally", "inputs"];
            let events = events.map(|topic| json!({ "event": topic, "data": { "count": count } }));
            for message in events.iter().chain([&answer]) {
                let message = Message::text(message.to_string());
                socket.send(message).await.expect("send");
            }
        }
    });
    url
}

#[tokio::test]
async fn answers_and_events_are_kept_apart_and_in_order() {
    let mut client = LiveWing::open(&scripted().await, "token").await;
    let echoed = client.must("switcher.cutToSource", json!({ "sourceId": 2 })).await;
    assert_eq!(echoed, json!({ "sourceId": 2 }));
    let refused = client.request("fail", json!({})).await;
    assert_eq!(refused, Err(("STATE_ERROR".to_owned(), "not now".to_owned())));
    assert_eq!(client.next_event("tally", LIMIT).await["count"], 1);
    let third = client.event_where("tally", LIMIT, |data| data["count"] == 3).await;
    assert_eq!(third["count"], 3);
    let rest = client.drain();
    let topics: Vec<&str> = rest.iter().map(|(topic, _)| topic.as_str()).collect();
    assert_eq!(topics, ["inputs"; 3]);
    let silence = client.next_raw(Duration::from_millis(50)).await;
    assert_eq!(silence, Err(Silence::Deadline));
    client.send_text(r#"{"id":"x","type":"leave"}"#).await;
    assert_eq!(client.closed(LIMIT).await, Some(4001));
}
