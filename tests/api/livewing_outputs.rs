//! LiveWing: outputs and recorders.

use crate::server::Server;
use lumencast::domain::{
    order::{Order, Report},
    output::{LinkState, OutputSource},
    source::SourceId,
};
use serde_json::json;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_output_is_configured_started_and_stopped_and_never_tells_its_key() {
    let server = Server::open().await;
    let mut client = server.client().await;
    client.data("system.subscribe", json!({ "topics": ["output.1.state"] })).await;
    let idle = json!({"kind":"record","state":"idle","source":"program"});
    assert_eq!(client.event("output.1.state").await, json!({"output":1,"source":"program","destinations":[idle]}));
    let destination = json!({"output":1,"destination":"rtmp","url":"rtmp://cdn.example/live","key":"s3cret"});
    assert_eq!(client.data("outputs.configure", destination).await, json!({}));
    let pushed = |state: &str| json!({"kind":"rtmp","state":state,"url":"rtmp://cdn.example/live/***"});
    assert_eq!(client.event("output.1.state").await["destinations"], json!([pushed("idle"), idle]));
    assert_eq!(client.data("outputs.start", json!({ "output": 1, "destination": "rtmp" })).await, json!({}));
    client.event_where("output.1.state", |s| s["destinations"][0] == pushed("live")).await;
    let url = "rtmp://cdn.example/live/s3cret".into();
    assert_eq!(server.fixture.orders(), [Order::StartPush { output: 1, stream: OutputSource::Program, url }]);
    let error = Some("rtmp://cdn.example/live/s3cret hung up".to_owned());
    server.fixture.report(Report::Push { output: 1, state: LinkState::Reconnecting, error });
    let lost = client.event("output.1.state").await;
    assert_eq!(lost["destinations"][0]["state"], "reconnecting");
    assert_eq!(lost["destinations"][0]["error"], "rtmp://cdn.example/live/*** hung up");
    let list = client.data("outputs.list", json!({})).await;
    let state = client.data("system.getState", json!({})).await;
    assert!(!format!("{list} {state}").contains("s3cret"));
    assert_eq!(list["outputs"].as_array().map(Vec::len), Some(4));
    assert_eq!(client.data("outputs.stop", json!({ "output": 1 })).await, json!({}));
    assert_eq!(client.event("output.1.state").await["destinations"][0], pushed("idle"));
    assert_eq!(client.data("outputs.getState", json!({ "output": 1 })).await["destinations"][0], pushed("idle"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_output_carries_program_or_a_camera() {
    let server = Server::open().await;
    let mut client = server.client().await;
    client.data("outputs.setSource", json!({"output":2,"source":"camera","sourceId":1})).await;
    let state = client.data("outputs.getState", json!({ "output": 2 })).await;
    assert_eq!((&state["source"], &state["sourceId"]), (&json!("camera"), &json!(1)));
    client.data("outputs.setSource", json!({"output":2,"source":"program"})).await;
    let state = client.data("outputs.getState", json!({ "output": 2 })).await;
    assert_eq!((&state["source"], state.get("sourceId")), (&json!("program"), None));
    let set = |source: &str, id: serde_json::Value| json!({ "output": 2, "source": source, "sourceId": id });
    assert_eq!(client.fails("outputs.setSource", set("camera", json!(9))).await.0, "RESOURCE_NOT_FOUND");
    let (code, message) = client.fails("outputs.setSource", json!({ "output": 2, "source": "camera" })).await;
    assert!(code == "INVALID_PARAMS" && message.contains("sourceId"), "{message}");
    let (code, message) = client.fails("outputs.setSource", set("weather", json!(0))).await;
    assert!(code == "INVALID_PARAMS" && message.contains("program, camera"), "{message}");
    let missing = [
        ("preview", "preview"),
        ("clean", "clean"),
        ("replay", "replay"),
        ("multiview1", "multiview-1"),
        ("multiview2", "multiview-2"),
    ];
    for (word, name) in missing {
        for command in ["outputs.setSource", "outputs.startRecording"] {
            let params = json!({ "output": 2, "recorder": 2, "source": word });
            let (code, message) = client.fails(command, params).await;
            assert!(code == "INVALID_PARAMS" && message.contains(&format!("no {name};")), "{command}: {message}");
        }
    }
    let state = client.data("outputs.getState", json!({ "output": 2 })).await;
    assert_eq!((&state["source"], state.get("sourceId")), (&json!("program"), None), "nothing of it was taken");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn outputs_that_cannot_be_started_say_why() {
    let server = Server::open().await;
    let mut client = server.client().await;
    assert_eq!(client.fails("outputs.start", json!({ "output": 1 })).await.0, "COMMAND_FAILED");
    for number in [0, 5, 300] {
        for command in ["outputs.start", "outputs.stop", "outputs.getState"] {
            assert_eq!(client.fails(command, json!({ "output": number })).await.0, "RESOURCE_NOT_FOUND", "{command}");
        }
    }
    let (code, message) = client.fails("outputs.start", json!({ "output": 1, "destination": "srt" })).await;
    assert!(code == "INVALID_PARAMS" && message.contains("rtmp"), "{message}");
    let configure = |url: &str, key: &str| json!({"output":1,"destination":"rtmp","url":url,"key":key});
    for (url, key, named) in [
        ("http://a/b", "k", "url"),
        ("rtmp://a/b c", "k", "url"),
        ("rtmp://a/b", "k/l", "key"),
        ("rtmp://a/b", "k l", "key"),
        ("rtmp:///b", "k", "url"),
        ("rtmp://:1935/b", "k", "url"),
        ("rtmp://a", "k", "url"),
        ("rtmp://a/b", "", "url"),
    ] {
        let (code, message) = client.fails("outputs.configure", configure(url, key)).await;
        assert!(code == "INVALID_PARAMS" && message.starts_with(named), "{url} {key}: {message}");
    }
    client.data("outputs.configure", configure("rtmp://a/b", "k")).await;
    client.data("outputs.start", json!({ "output": 1 })).await;
    assert_eq!(client.fails("outputs.configure", configure("rtmp://a/b", "k")).await.0, "STATE_ERROR");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recording_names_its_file_and_its_first_frame() {
    let server = Server::open().await;
    let mut client = server.client().await;
    client.data("system.subscribe", json!({ "topics": ["output.2.state"] })).await;
    client.event("output.2.state").await;
    let params = json!({ "recorder": 2, "source": "camera", "sourceId": 1 });
    let started = client.data("outputs.startRecording", params).await;
    let recorded = |frames: u64| {
        json!({
            "recorder": 2, "file": "recordings/recorder-2.mp4", "firstSlot": 90, "firstFrameTime": 3.0, "frames": frames,
        })
    };
    assert_eq!(started, recorded(0));
    let live = json!({
        "kind": "record", "state": "live", "source": "camera", "sourceId": 1, "file": "recordings/recorder-2.mp4",
    });
    client.event_where("output.2.state", |state| state["destinations"][0] == live).await;
    let stream = OutputSource::Input(SourceId(1));
    assert!(matches!(&server.fixture.orders()[0], Order::StartRecording { stream: s, .. } if *s == stream));
    assert_eq!(client.fails("outputs.startRecording", json!({ "recorder": 2 })).await.0, "STATE_ERROR");
    // The file takes its time; everything else goes on.
    let stop = client.ask("outputs.stopRecording", json!({ "recorder": 2 })).await;
    client.data("system.ping", json!({})).await;
    client.data("switcher.cut", json!({})).await;
    server.fixture.finish_recording(450);
    assert_eq!(client.answer(&stop).await["data"], recorded(450));
    client.event_where("output.2.state", |state| state["destinations"][0]["state"] == "idle").await;
    assert_eq!(client.fails("outputs.stopRecording", json!({ "recorder": 2 })).await.0, "STATE_ERROR");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recording_that_fails_says_why() {
    let server = Server::open().await;
    let mut client = server.client().await;
    let (code, message) = client.fails("outputs.startRecording", json!({ "recorder": 4 })).await;
    assert_eq!((code.as_str(), message.as_str()), ("COMMAND_FAILED", "The disk is full"));
    let state = client.data("outputs.getState", json!({ "output": 4 })).await;
    assert_eq!(state["destinations"][0]["state"], "error");
    assert_eq!(client.fails("outputs.startRecording", json!({ "recorder": 7 })).await.0, "RESOURCE_NOT_FOUND");
}
