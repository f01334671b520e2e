//! LiveWing: section 1.4 of the contract, over the socket.

use crate::{fixture::Fixture, server::Server};
use serde_json::json;

fn tally(program: &[u32], preview: &[u32]) -> serde_json::Value {
    json!({ "program": program, "preview": preview })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_swaps_the_buses_and_says_at_which_frame() {
    let server = Server::open().await;
    let mut client = server.client().await;
    client.data("system.subscribe", json!({ "topics": ["tally", "switcher.state"] })).await;
    assert_eq!(client.event("tally").await, tally(&[0], &[1]));
    client.event("switcher.state").await;
    let id = client.ask("switcher.cut", json!({})).await;
    let answer = client.message().await;
    assert_eq!(
        answer,
        json!({"id": id, "status": "ok", "data": {"slot": 30, "frameTime": 1.0}}),
        "the answer is first"
    );
    assert_eq!(client.event("tally").await, tally(&[1], &[0]));
    let state = client.event("switcher.state").await;
    assert_eq!((&state["program"], &state["preview"]), (&json!(1), &json!(0)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_sent_at_once_are_carried_out_and_answered_in_their_order() {
    let server = Server::open().await;
    let mut client = server.client().await;
    let mut last = 0;
    for source in [2, 1, 2, 1] {
        let preview = client.ask("switcher.setPreview", json!({ "sourceId": source })).await;
        let cut = client.ask("switcher.cut", json!({})).await;
        let state = client.ask("switcher.getState", json!({})).await;
        for id in [preview, cut] {
            let answer = client.message().await;
            assert_eq!((&answer["id"], &answer["status"]), (&json!(id), &json!("ok")), "{answer}");
            let slot = answer["data"]["slot"].as_u64().expect("a slot");
            assert!(slot > last);
            last = slot;
        }
        let answer = client.message().await;
        assert_eq!(answer["id"], state.as_str(), "a question is answered after the commands before it");
        assert_eq!(answer["data"]["program"], source);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cut_to_source_leaves_the_old_program_on_preview_and_is_nothing_when_it_is_there() {
    let server = Server::open().await;
    let mut client = server.client().await;
    let cut = client.data("switcher.cutToSource", json!({ "sourceId": 2 })).await;
    assert_eq!(cut, json!({ "slot": 30, "frameTime": 1.0 }));
    let state = client.data("switcher.getState", json!({})).await;
    assert_eq!((&state["program"], &state["preview"]), (&json!(2), &json!(0)));
    assert_eq!(client.data("switcher.cutToSource", json!({ "sourceId": 2 })).await, json!({}));
    assert_eq!(server.fixture.orders().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn set_preview_says_at_which_frame_and_does_not_touch_program() {
    let server = Server::open().await;
    let mut client = server.client().await;
    client.data("system.subscribe", json!({ "topics": ["tally"] })).await;
    client.event("tally").await;
    let set = client.data("switcher.setPreview", json!({ "sourceId": 2 })).await;
    assert_eq!(set, json!({ "slot": 30, "frameTime": 1.0 }));
    assert_eq!(client.event("tally").await, tally(&[0], &[2]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fade_tallies_both_shows_its_progress_and_ends_as_a_cut_would() {
    let server = Server::open().await;
    let mut client = server.client().await;
    client.data("system.subscribe", json!({ "topics": ["tally", "switcher.state"] })).await;
    client.event("tally").await;
    let idle = client.event("switcher.state").await;
    let still = json!({"type":"fade","active":false,"progress":0.0,"duration":1.0});
    assert_eq!(idle, json!({"program":0,"preview":1,"transition":still}));
    let fade = client.data("switcher.fade", json!({ "duration": 2 })).await;
    assert_eq!(fade, json!({ "slot": 30, "frameTime": 1.0, "slots": 60 }));
    assert_eq!(client.event("tally").await, tally(&[0, 1], &[1]));
    let begun = client.event("switcher.state").await;
    assert_eq!(begun["transition"], json!({"type":"fade","active":true,"progress":0.0,"duration":2.0}));
    server.fixture.pass(15);
    client.event_where("switcher.state", |s| s["transition"]["progress"] == 0.25).await;
    server.fixture.pass(30);
    client.event_where("switcher.state", |s| s["transition"]["progress"] == 0.75).await;
    server.fixture.end_fade(0, 1, 60);
    assert_eq!(client.event("tally").await, tally(&[1], &[0]));
    let ended = client.event_where("switcher.state", |s| s["transition"]["active"] == false).await;
    assert_eq!(ended, json!({"program":1,"preview":0,"transition":still}));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_fade_is_ignored_without_an_error() {
    let server = Server::open().await;
    let mut client = server.client().await;
    client.data("switcher.fade", json!({})).await;
    assert_eq!(client.data("switcher.fade", json!({})).await, json!({}));
    assert_eq!(server.fixture.orders().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn preview_cannot_be_set_during_a_fade_and_a_cut_finishes_it_at_once() {
    let server = Server::open().await;
    let mut client = server.client().await;
    client.data("switcher.fade", json!({})).await;
    assert_eq!(client.fails("switcher.setPreview", json!({ "sourceId": 2 })).await.0, "STATE_ERROR");
    assert_eq!(client.data("switcher.cut", json!({})).await, json!({ "slot": 60, "frameTime": 2.0 }));
    let state = client.data("switcher.getState", json!({})).await;
    assert_eq!((&state["program"], &state["preview"]), (&json!(1), &json!(0)));
    assert_eq!(state["transition"]["active"], false);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_transition_set_is_the_one_that_the_next_fade_takes() {
    let server = Server::open().await;
    let mut client = server.client().await;
    assert_eq!(client.data("switcher.setTransition", json!({ "type": "fade", "duration": 0.5 })).await, json!({}));
    assert_eq!(client.data("switcher.getState", json!({})).await["transition"]["duration"], 0.5);
    assert_eq!(client.data("switcher.fade", json!({})).await["slots"], 15);
    let (code, message) = client.fails("switcher.setTransition", json!({ "type": "stinger", "duration": 1 })).await;
    assert_eq!(code, "INVALID_PARAMS");
    assert!(message.starts_with("type") && message.contains("fade"), "{message}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cut_and_fade_need_a_preview_that_is_not_on_program() {
    let empty = Server::with(Fixture::with_inputs(1), |_| {}).await;
    let mut client = empty.client().await;
    for command in ["switcher.cut", "switcher.fade"] {
        assert_eq!(client.fails(command, json!({})).await.0, "STATE_ERROR");
    }
    client.data("switcher.setPreview", json!({ "sourceId": 0 })).await;
    for command in ["switcher.cut", "switcher.fade"] {
        assert_eq!(client.fails(command, json!({})).await.0, "STATE_ERROR");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unknown_sources_and_wrong_parameters_are_named() {
    let server = Server::open().await;
    let mut client = server.client().await;
    for command in ["switcher.setPreview", "switcher.cutToSource"] {
        assert_eq!(client.fails(command, json!({ "sourceId": 9 })).await.0, "RESOURCE_NOT_FOUND");
        for params in [json!({}), json!({ "sourceId": "1" }), json!({ "sourceId": -1 }), json!({ "sourceId": 1.5 })] {
            let (code, message) = client.fails(command, params).await;
            assert_eq!(code, "INVALID_PARAMS");
            assert!(message.contains("sourceId"), "{message}");
        }
    }
    for duration in [json!("1"), json!(0), json!(-1), json!(61), json!(1e300)] {
        let (code, message) = client.fails("switcher.fade", json!({ "duration": duration })).await;
        assert_eq!(code, "INVALID_PARAMS");
        assert!(message.contains("duration"), "{message}");
    }
    assert_eq!(client.fails("switcher.stinger", json!({ "slot": 1 })).await.0, "COMMAND_NOT_FOUND");
    assert_eq!(client.fails("audio.mute", json!({ "sourceId": 1, "muted": true })).await.0, "COMMAND_NOT_FOUND");
}
