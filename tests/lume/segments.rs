//! What may be set of controller and segments, and that nothing is ever half done.

use crate::server::Server;
use serde_json::{Value, json};

const SEGMENTS: &str = "/api/v2/segments";

/// Each field of a segment with values beyond its range or of another kind.
fn bad() -> Vec<(&'static str, Vec<Value>)> {
    let colours = || {
        vec![
            json!([1, 2]),
            json!([1, 2, 3, 4]),
            json!([1, 2, 256]),
            json!([1, 2, -1]),
            json!([1, 2, 0.5]),
            json!([1, 2, "3"]),
            json!("#ff0000"),
            json!({ "r": 1 }),
            json!(null),
        ]
    };
    let numbers = |beyond: &[i64]| {
        let mut values: Vec<Value> = beyond.iter().map(|number| json!(number)).collect();
        values.extend([json!("1"), json!(1.5), json!(true), json!(null), json!([1]), json!(1e30)]);
        values
    };
    vec![
        ("start", numbers(&[-1, 65_536])),
        ("length", numbers(&[-1, 0, 65_536])),
        ("effect", vec![json!("Fire"), json!("sparkles"), json!(""), json!(1), json!(null)]),
        ("speed", numbers(&[-1, 0, 256])),
        ("intensity", numbers(&[-1, 256])),
        ("primaryColor", colours()),
        ("secondaryColor", colours()),
        ("palette", numbers(&[-1, 7, 12])),
    ]
}

#[tokio::test]
async fn every_field_is_checked_before_anything_changes() {
    let server = Server::open().await;
    let before = server.get(SEGMENTS).await;
    let good =
        json!({ "start": 0, "length": 9, "effect": "comet", "speed": 1, "intensity": 0, "primaryColor": [1, 2, 3] });
    for (field, values) in bad() {
        for value in values {
            let mut body = good.clone();
            body[field] = value;
            server.refused("POST", SEGMENTS, body.clone(), field).await;
            server.refused("PUT", "/api/v2/segments/0", body, field).await;
        }
    }
    let told = server.refused("PUT", "/api/v2/segments/0", json!({ "speed": 0 }), "speed").await;
    assert_eq!(told, "Must be between 1 and 255", "the document's own example");
    server.refused("POST", SEGMENTS, json!({ "start": 0, "length": 1, "reverse": "yes" }), "reverse").await;
    server.refused("POST", SEGMENTS, json!({ "length": 1 }), "start").await;
    server.refused("POST", SEGMENTS, json!({ "start": 1 }), "length").await;
    for power in [json!("on"), json!(1), json!(null)] {
        server.refused("PUT", "/api/v2/controller", json!({ "brightness": 9, "power": power }), "power").await;
    }
    for brightness in [json!(-1), json!(256), json!("9"), json!(0.5)] {
        server
            .refused("PUT", "/api/v2/controller", json!({ "power": false, "brightness": brightness }), "brightness")
            .await;
    }
    assert_eq!(server.get(SEGMENTS).await, before);
}

#[tokio::test]
async fn ranges_include_their_ends() {
    let server = Server::open().await;
    for (speed, intensity, palette, colour) in [(1, 0, 0, [0, 0, 0]), (255, 255, 6, [255, 255, 255])] {
        let body = json!({
            "speed": speed, "intensity": intensity, "palette": palette, "primaryColor": colour, "secondaryColor": colour,
        });
        let segment = server.done("PUT", "/api/v2/segments/0", body).await;
        let told = ["speed", "intensity", "primaryColor", "secondaryColor"].map(|key| segment[key].clone());
        assert_eq!(told, [json!(speed), json!(intensity), json!(colour), json!(colour)]);
        assert!(segment.get("palette").is_none(), "{segment}");
    }
    for brightness in [0, 255] {
        let told = server.done("PUT", "/api/v2/controller", json!({ "brightness": brightness })).await;
        assert_eq!(told["brightness"], brightness);
    }
}

#[tokio::test]
async fn what_is_not_said_stays_and_what_is_not_known_is_passed_over() {
    let server = Server::open().await;
    let first = server.done("PUT", "/api/v2/segments/0", json!({ "effect": "comet", "primaryColor": [1, 2, 3] })).await;
    let body = json!({ "reverse": true, "id": 5, "stop": 3, "brightness": "x", "colour": [] });
    assert_eq!(server.done("PUT", "/api/v2/segments/0", body).await, first);
    assert_eq!(server.done("PUT", "/api/v2/segments/0", json!({})).await, first);
    let moved = server.done("PUT", "/api/v2/segments/0", json!({ "start": 10, "length": 20 })).await;
    assert_eq!(
        (&moved["stop"], &moved["effect"], &moved["primaryColor"]),
        (&json!(29), &json!("comet"), &json!([1, 2, 3]))
    );
    let none = server.done("PUT", "/api/v2/segments/0", json!({ "effect": "none" })).await;
    assert_eq!((&none["effect"], &none["primaryColor"]), (&json!("none"), &json!([1, 2, 3])));
    let controller = server.done("PUT", "/api/v2/controller", json!({ "power": false, "ledCount": 5 })).await;
    assert_eq!(controller, json!({ "power": false, "brightness": 128, "ledCount": 160 }));
}

#[tokio::test]
async fn a_new_segment_has_the_documented_defaults_and_keeps_its_direction() {
    let server = Server::open().await;
    let made = server.done("POST", SEGMENTS, json!({ "start": 150, "length": 50, "reverse": true })).await;
    let expected = json!({
        "id": 0, "start": 150, "stop": 159, "length": 10, "effect": "none", "speed": 128, "intensity": 128,
        "primaryColor": [0, 0, 255], "secondaryColor": [128, 0, 128], "reverse": true,
    });
    assert_eq!(made, expected, "cut to the strip");
    assert_eq!(server.done("PUT", "/api/v2/segments/0", json!({ "reverse": false })).await["reverse"], true);
}

#[tokio::test]
async fn ids_are_the_lowest_free_ones_and_eight_are_enough() {
    let server = Server::open().await;
    for n in 0..8 {
        let made = server.done("POST", SEGMENTS, json!({ "start": n * 10, "length": 10 })).await;
        assert_eq!(made["id"], n);
    }
    let (status, full) = server.send("POST", SEGMENTS, json!({ "start": 80, "length": 10 })).await;
    assert_eq!((status, &full["error"]), (500, &json!("creation_failed")));
    server.done("DELETE", "/api/v2/segments/3", Value::Null).await;
    server.refused("POST", SEGMENTS, json!({ "start": 35, "length": 10 }), "start").await;
    assert_eq!(server.done("POST", SEGMENTS, json!({ "start": 30, "length": 10 })).await["id"], 3);
    server.refused("PUT", "/api/v2/segments/3", json!({ "length": 11 }), "start").await;
    server.refused("PUT", "/api/v2/segments/3", json!({ "start": 160 }), "start").await;
}
