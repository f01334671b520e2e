//! Inputs that come and go while planes look on: the commands come from inside, as LiveWing has none for them yet.

use crate::server::Server;
use lumencast::domain::{
    command::{Command, Reply},
    input::Input,
    source::{SourceId, SourceKind},
};
use serde_json::json;
use std::time::Duration;

fn camera(key: &str) -> Command {
    let kind = SourceKind::Rtmp { key: key.to_owned() };
    Command::AddInput { input: Input { label: "Balcony".to_owned(), kind, latency: Duration::from_millis(150) } }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_added_input_is_told_listed_and_switched_to() {
    let server = Server::open().await;
    let mut client = server.client().await;
    client.data("system.subscribe", json!({ "topics": ["inputs"] })).await;
    assert_eq!(client.event("inputs").await["inputs"].as_array().expect("a list").len(), 3);
    assert_eq!(client.fails("switcher.cutToSource", json!({ "sourceId": 3 })).await.0, "RESOURCE_NOT_FOUND");
    let reply = server.fixture.show.command(camera("balcony")).await.expect("it is added");
    assert!(matches!(reply, Reply::InputAdded { source: SourceId(3), .. }), "{reply:?}");
    let added = json!({ "sourceId": 3, "label": "Balcony", "kind": "rtmp", "status": "noSignal", "hasAudio": false });
    assert_eq!(client.event("inputs").await["inputs"][3], added);
    assert_eq!(client.data("inputs.list", json!({})).await["inputs"][3], added);
    client.data("switcher.cutToSource", json!({ "sourceId": 3 })).await;
    let state = client.data("switcher.getState", json!({})).await;
    assert_eq!((&state["program"], &state["preview"]), (&json!(3), &json!(0)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_removed_input_leaves_tally_list_and_outputs_and_the_others_keep_their_numbers() {
    let server = Server::open().await;
    let mut client = server.client().await;
    client.data("system.subscribe", json!({ "topics": ["tally", "inputs"] })).await;
    client.event("tally").await;
    client.event("inputs").await;
    let show = &server.fixture.show;
    let refused = show.command(Command::RemoveInput { source: SourceId(0), force: false }).await.unwrap_err();
    assert_eq!(refused.code, "input_on_program");
    show.command(Command::RemoveInput { source: SourceId(0), force: true }).await.expect("it goes");
    assert_eq!(client.event("tally").await, json!({ "program": [1], "preview": [] }));
    let inputs = client.event("inputs").await;
    let ids: Vec<_> = inputs["inputs"].as_array().expect("a list").iter().map(|input| &input["sourceId"]).collect();
    assert_eq!(ids, [1, 2]);
    for (command, params) in [
        ("switcher.setPreview", json!({ "sourceId": 0 })),
        ("outputs.setSource", json!({ "output": 1, "source": "camera", "sourceId": 0 })),
        ("outputs.startRecording", json!({ "recorder": 1, "source": "camera", "sourceId": 0 })),
    ] {
        assert_eq!(client.fails(command, params).await.0, "RESOURCE_NOT_FOUND", "{command}");
    }
    let reply = show.command(camera("back")).await.expect("it is added");
    assert!(matches!(reply, Reply::InputAdded { source: SourceId(3), .. }), "{reply:?}: not the number that is free");
}
