//! v1: one strip that is segment 0.

use crate::{
    golden::assert_golden,
    server::{Server, printed},
};
use serde_json::{Value, json};

#[tokio::test]
async fn v1_is_segment_0() {
    let server = Server::open().await;
    let first = printed(
        r#"{
          "power": true, "brightness": 128, "effect": "rainbow", "palette": "Rainbow", "speed": 128,
          "primaryColor": [0, 0, 255], "secondaryColor": [128, 0, 128], "nightlight": {"active": false, "progress": 0.0}
        }"#,
    );
    assert_eq!(server.text("GET", "/api/led", Value::Null).await, (200, first));
    let change = json!({
        "power": false, "brightness": 9, "effect": "fire", "palette": "lava", "speed": 5, "primaryColor": [1, 2, 3],
        "secondaryColor": [4, 5, 6],
    });
    assert_eq!(server.done("POST", "/api/led", change).await, json!({ "success": true }));
    let mut now = server.get("/api/led").await;
    assert_eq!(now["palette"], "Lava");
    now.as_object_mut().expect("an object").remove("nightlight");
    let expected = json!({
        "power": false, "brightness": 9, "effect": "fire", "palette": "Lava", "speed": 5, "primaryColor": [1, 2, 3],
        "secondaryColor": [4, 5, 6],
    });
    assert_eq!(now, expected);
    assert_eq!(server.get("/api/v2/segments/0").await["effect"], "fire");
}

#[tokio::test]
async fn v1_changes_all_or_nothing() {
    let server = Server::open().await;
    let before = server.get("/api/led").await;
    let bad = [
        ("power", json!("on")),
        ("brightness", json!(256)),
        ("effect", json!("glitter")),
        ("palette", json!("Sunset")),
        ("palette", json!(1)),
        ("speed", json!(0)),
        ("primaryColor", json!("#fff")),
        ("secondaryColor", json!([1])),
    ];
    for (field, value) in bad {
        let mut body = json!({ "power": false, "effect": "fire" });
        body[field] = value;
        server.refused("POST", "/api/led", body, field).await;
    }
    assert_eq!(server.get("/api/led").await, before);
    server.done("DELETE", "/api/v2/segments/0", Value::Null).await;
    let (status, answer) = server.send("POST", "/api/led", json!({ "power": false, "effect": "fire" })).await;
    assert_eq!((status, &answer["error"]), (404, &json!("not_found")));
    assert_eq!(server.get("/api/led").await["power"], true, "nothing is half done");
    assert_eq!(server.get("/api/led").await["effect"], "none");
    server.done("POST", "/api/led", json!({ "power": false })).await;
    assert_eq!(server.get("/api/v2/controller").await["power"], false);
}

#[tokio::test]
async fn segments_are_told_with_what_their_effects_heed() {
    let server = Server::open().await;
    server
        .done("POST", "/api/v2/segments", json!({ "start": 0, "length": 80, "effect": "comet", "reverse": true }))
        .await;
    server.done("POST", "/api/v2/segments", json!({ "start": 80, "length": 80 })).await;
    let told = server.get("/api/segments").await;
    assert_eq!(told["effects"], server.get("/api/v2/effects").await["effects"]);
    assert_golden(
        "lume/v1_segments",
        &json!({
            "power": told["power"], "brightness": told["brightness"], "ledCount": told["ledCount"], "segments": told["segments"],
        }),
    );
}
