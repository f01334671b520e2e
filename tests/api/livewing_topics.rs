//! LiveWing: what can be found out and what is pushed.

use crate::server::Server;
use lumencast::{
    app::telemetry::OutputStats,
    domain::{output::OutputSource, source::Signal, stats::OutputKind},
};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

fn names(described: &Value, list: &str, field: Option<&str>) -> Vec<String> {
    let list = described[list].as_array().expect("a list");
    let name = |item: &Value| field.map_or(item, |field| &item[field]).as_str().expect("a name").to_owned();
    list.iter().map(name).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn describe_lists_what_there_is_and_nothing_else() {
    let server = Server::open().await;
    let mut client = server.client().await;
    let described = client.data("system.describe", json!({})).await;
    assert_eq!(described["version"], env!("CARGO_PKG_VERSION"));
    let commands = names(&described, "commands", Some("type"));
    for command in &commands {
        let code = client.call(command, json!({ "token": "", "topics": 0 })).await["error"]["code"].clone();
        assert_ne!(code, "COMMAND_NOT_FOUND", "{command}");
    }
    let document = include_str!("../../docs/api/livewing.yaml");
    for command in &commands {
        let words = document.split(|c: char| !(c.is_alphanumeric() || c == '.'));
        assert!(words.into_iter().any(|word| word == command), "{command} is missing in docs/api/livewing.yaml");
    }
    let set_source = &described["commands"].as_array().expect("a list")
        [commands.iter().position(|c| c == "outputs.setSource").expect("it is described")];
    assert_eq!(
        set_source["params"],
        json!([
            {"name": "output", "type": "int", "required": true},
            {"name": "source", "type": "string", "required": true},
            {"name": "sourceId", "type": "int", "required": false},
        ])
    );
    let topics = names(&described, "topics", None);
    assert!(topics.contains(&"output.4.stats".to_owned()) && !topics.contains(&"audio.levels".to_owned()));
    client.data("system.subscribe", json!({ "topics": topics })).await;
    for topic in topics {
        client.event(&topic).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_snapshot_comes_right_after_the_ok() {
    let server = Server::open().await;
    let mut client = server.client().await;
    let id = client.ask("system.subscribe", json!({ "topics": ["tally", "inputs"] })).await;
    assert_eq!(client.message().await, json!({ "id": id, "status": "ok", "data": {} }));
    let tally = json!({ "event": "tally", "data": { "program": [0], "preview": [1] } });
    assert_eq!(client.message().await, tally);
    let input = |id: u32, label: &str, kind: &str| json!({ "sourceId": id, "label": label, "kind": kind, "status": "noSignal", "hasAudio": false });
    let inputs = [input(0, "Fixture left", "rtmp"), input(1, "Fixture right", "rtmp"), input(2, "Bars", "pattern")];
    assert_eq!(client.message().await, json!({ "event": "inputs", "data": { "inputs": inputs } }));
    assert_eq!(client.data("inputs.list", json!({})).await, json!({ "inputs": inputs }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_with_an_unknown_topic_is_refused_whole() {
    let server = Server::open().await;
    let mut client = server.client().await;
    for unknown in ["weather", "output.0.state", "output.5.stats", "output.1", "Tally", ""] {
        let (code, message) = client.fails("system.subscribe", json!({ "topics": ["tally", unknown] })).await;
        assert_eq!(code, "INVALID_PARAMS", "{unknown}");
        assert!(message.contains("topics"), "{message}");
    }
    client.data("switcher.cut", json!({})).await;
    client.data("system.ping", json!({})).await;
    assert!(client.left_over().is_empty(), "{:?}", client.left_over());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn documented_topics_that_nothing_feeds_yet_can_be_subscribed_to() {
    let server = Server::open().await;
    let mut client = server.client().await;
    let silent = [
        "audio.levels",
        "audio.config",
        "replay.state",
        "replay.position",
        "presets",
        "transforms",
        "input.overlays",
        "program.overlays",
        "displays",
    ];
    assert_eq!(client.data("system.subscribe", json!({ "topics": silent })).await, json!({}));
    assert_eq!(client.data("system.unsubscribe", json!({ "topics": ["audio.levels"] })).await, json!({}));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_unsubscribed_is_pushed_no_more() {
    let server = Server::open().await;
    let mut client = server.client().await;
    client.data("system.subscribe", json!({ "topics": ["tally", "switcher.state"] })).await;
    client.event("tally").await;
    client.event("switcher.state").await;
    client.data("system.unsubscribe", json!({ "topics": ["tally"] })).await;
    client.data("switcher.cut", json!({})).await;
    client.event("switcher.state").await;
    assert!(client.left_over().is_empty(), "{:?}", client.left_over());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_client_is_told_what_any_of_them_did() {
    let server = Server::open().await;
    let (mut one, mut other) = (server.client().await, server.client().await);
    other.data("system.subscribe", json!({ "topics": ["tally"] })).await;
    other.event("tally").await;
    one.data("switcher.cutToSource", json!({ "sourceId": 2 })).await;
    assert_eq!(other.event("tally").await, json!({ "program": [2], "preview": [0] }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn source_health_tells_each_source_first_and_then_the_one_that_changed() {
    let server = Server::open().await;
    let mut client = server.client().await;
    client.data("system.subscribe", json!({ "topics": ["source.health", "inputs"] })).await;
    for source in 0..3 {
        let unseen = json!({ "sourceId": source, "status": "noSignal", "fps": 0.0, "lastFrameMs": null });
        assert_eq!(client.event("source.health").await, unseen);
    }
    client.event("inputs").await;
    server.fixture.signal(1, Signal::Ok, 29.97);
    let seen = json!({ "sourceId": 1, "status": "ok", "fps": 29.97, "lastFrameMs": 12 });
    assert_eq!(client.event("source.health").await, seen);
    let inputs = client.event("inputs").await;
    assert_eq!((&inputs["inputs"][1]["status"], &inputs["inputs"][1]["hasAudio"]), (&json!("ok"), &json!(true)));
    server.fixture.signal(1, Signal::Stalled, 0.0);
    assert_eq!(client.event("source.health").await["status"], "stalled");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stats_are_pushed_each_second_while_they_are_subscribed_to() {
    let server = Server::open().await;
    let mut client = server.client().await;
    client.data("system.subscribe", json!({ "topics": ["output.2.stats"] })).await;
    let idle = json!({
        "output": 2, "destination": "rtmp", "bitrateKbps": 0.0, "fps": 0.0, "droppedFrames": 0, "bytesSent": 0,
        "uptime": 0.0, "abrState": null,
    });
    assert_eq!(client.event("output.2.stats").await, idle);
    let of = |kind, number| OutputStats {
        kind,
        number,
        stream: OutputSource::Program,
        bitrate_kbps: 2500.0,
        fps: 30.0,
        bytes: 1_000,
        dropped: 3,
        uptime_s: 4.5,
        last_frame_ms: Some(8),
    };
    let outputs =
        vec![of(OutputKind::Push, 2), of(OutputKind::Record, 2), of(OutputKind::Push, 1), of(OutputKind::Hls, 0)];
    server.fixture.stats.lock().expect("nobody panicked with it").outputs = outputs;
    let running = |destination: &str| {
        json!({
            "output": 2, "destination": destination, "bitrateKbps": 2500.0, "fps": 30.0, "droppedFrames": 3,
            "bytesSent": 1000, "uptime": 4.5, "abrState": null,
        })
    };
    client.event_where("output.2.stats", |stats| *stats == running("record")).await;
    let began = Instant::now();
    assert_eq!(client.event("output.2.stats").await, running("rtmp"));
    assert_eq!(client.event("output.2.stats").await, running("record"));
    assert!(began.elapsed() > Duration::from_millis(500), "not more often than each second");
    client.data("system.unsubscribe", json!({ "topics": ["output.2.stats"] })).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn get_state_is_keyed_by_topic() {
    let server = Server::open().await;
    let mut client = server.client().await;
    let described = client.data("system.describe", json!({})).await;
    let state = client.data("system.getState", json!({})).await;
    let mut topics = names(&described, "topics", None);
    let mut keys: Vec<_> = state.as_object().expect("an object").keys().cloned().collect();
    topics.sort();
    keys.sort();
    assert_eq!(keys, topics);
    assert_eq!(state["tally"], json!({ "program": [0], "preview": [1] }));
    assert_eq!(state["source.health"].as_array().map(Vec::len), Some(3));
    assert_eq!(state["output.3.state"]["source"], "program");
}
