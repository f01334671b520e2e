//! Scenes over HTTP, as the device's page asks for them, and transitions.

use crate::server::Server;
use serde_json::{Value, json};

const SCENES: &str = "/api/scenes";

#[tokio::test]
async fn scenes_are_saved_listed_applied_and_deleted_as_the_page_does() {
    let server = Server::open().await;
    assert_eq!(server.get(SCENES).await, json!([]));
    let spec =
        json!({ "effect": "fire", "speed": 180, "intensity": 200, "primaryColor": [255, 80, 0], "brightness": 77 });
    let saved = server.done("POST", SCENES, json!({ "name": "Fireplace", "spec": spec })).await;
    assert_eq!(saved, json!({ "success": true, "id": 0, "name": "Fireplace" }));
    // The device's document has the spec as text.
    let text = json!({ "name": "Blue", "spec": "{\"effect\":\"solid\",\"primaryColor\":[0,0,255],\"power\":true}" });
    assert_eq!(server.done("POST", SCENES, text).await["id"], 1);
    assert_eq!(server.get(SCENES).await, json!([{ "id": 0, "name": "Fireplace" }, { "id": 1, "name": "Blue" }]));
    assert_eq!(server.get("/api/scenes/0").await, json!({ "id": 0, "name": "Fireplace", "spec": spec }));

    let applied = server.text("POST", "/api/scenes/0/apply", Value::Null).await;
    assert_eq!(applied, (200, r#"{"success":true}"#.to_owned()));
    let segment = server.get("/api/v2/segments/0").await;
    assert_eq!((&segment["effect"], &segment["speed"]), (&json!("fire"), &json!(180)));
    assert_eq!(server.get("/api/v2/controller").await["brightness"], 77);
    server.done("DELETE", "/api/v2/segments/0", Value::Null).await;
    server.done("POST", "/api/scenes/1/apply", json!({})).await;
    assert_eq!(server.get("/api/v2/segments/0").await["length"], 160, "a missing segment 0 is made");

    assert_eq!(server.done("DELETE", "/api/scenes/0", Value::Null).await, json!({ "success": true }));
    let (status, gone) = server.send("POST", "/api/scenes/0/apply", json!({})).await;
    assert_eq!((status, &gone["error"], &gone["field"]), (404, &json!("not_found"), &json!("id")));
    assert_eq!(server.done("POST", SCENES, json!({ "name": "Again", "id": 9 })).await["id"], 9);
}

#[tokio::test]
async fn a_scene_without_a_spec_is_the_strip_as_it_is() {
    let server = Server::open().await;
    for (start, effect) in [(0, "rain"), (80, "candle")] {
        let segment = json!({ "start": start, "length": 80, "effect": effect, "palette": 3, "reverse": true });
        server.done("POST", "/api/v2/segments", segment).await;
    }
    server.done("PUT", "/api/v2/controller", json!({ "brightness": 33 })).await;
    let before = server.get("/api/v2/segments").await;
    server.done("POST", SCENES, json!({ "name": "Evening" })).await;
    server.done("DELETE", "/api/v2/segments/1", Value::Null).await;
    server.done("PUT", "/api/v2/controller", json!({ "power": false, "brightness": 200 })).await;
    server.done("POST", "/api/scenes/0/apply", json!({ "transition": 100 })).await;
    assert_eq!(server.get("/api/v2/segments").await, before);
}

#[tokio::test]
async fn what_no_scene_can_be_is_refused_by_its_key() {
    let server = Server::open().await;
    for (body, field) in [
        (json!({ "spec": {} }), "name"),
        (json!({ "name": "  ", "spec": {} }), "name"),
        (json!({ "name": "x", "spec": [] }), "spec"),
        (json!({ "name": "x", "spec": "no object" }), "spec"),
        (json!({ "name": "x", "id": 32, "spec": {} }), "id"),
        (json!({ "name": "x", "spec": { "effect": "lasers" } }), "effect"),
        (json!({ "name": "x", "spec": { "segments": [{ "start": 0 }] } }), "length"),
        (json!({ "name": "x", "spec": { "brightness": 256 } }), "brightness"),
    ] {
        server.refused("POST", SCENES, body, field).await;
    }
    server.refused("PUT", "/api/v2/controller", json!({ "transition": 3_600_001 }), "transition").await;
    server.refused("PUT", "/api/v2/segments/0", json!({ "transition": -1 }), "transition").await;
    for id in ["32", "x"] {
        let (status, refused) = server.send("GET", &format!("/api/scenes/{id}"), Value::Null).await;
        assert_eq!((status, &refused["field"]), (400, &json!("id")));
    }
}

#[tokio::test]
async fn a_transition_is_seen_and_the_answer_is_the_end_of_it() {
    let server = Server::open().await;
    let solid = |colour: [u8; 3]| json!({ "effect": "solid", "primaryColor": colour });
    server.done("PUT", "/api/v2/controller", json!({ "brightness": 255 })).await;
    server.done("PUT", "/api/v2/segments/0", solid([200, 0, 0])).await;
    let mut frames = server.lights.frames();
    let mut change = solid([0, 0, 200]);
    change["transition"] = json!(400);
    assert_eq!(server.done("PUT", "/api/v2/segments/0", change).await["primaryColor"], json!([0, 0, 200]));
    let mut seen = Vec::new();
    crate::server::soon(async {
        while seen.last() != Some(&[0, 0, 200]) {
            frames.changed().await.expect("frames");
            let frame = frames.borrow_and_update().clone();
            seen.extend(frame.first().copied());
        }
    })
    .await;
    let between = seen.iter().filter(|[red, _, blue]| *red > 0 && *blue > 0).count();
    // 24 frames, fewer on a machine that is busy.
    assert!(between >= 5, "{seen:?}");
    assert!(seen.windows(2).all(|pair| pair[1][0] <= pair[0][0]), "{seen:?}");
}
