//! Colours laid on LEDs by hand, as they then are on the wire.

use crate::server::{Server, printed, soon};
use serde_json::{Value, json};

const PIXELS: &str = "/api/pixels";

/// Waits until the LEDs that are sent are these.
async fn shows(server: &Server, what: impl Fn(&[[u8; 3]]) -> bool) {
    let mut frames = server.lights.frames();
    soon(frames.wait_for(|frame| what(frame))).await.expect("lights");
}

#[tokio::test]
async fn each_form_is_answered_and_seen() {
    let server = Server::with_leds(4).await;
    let answers = |body: Value| server.text("POST", PIXELS, body);
    let fill = json!({ "fill": [9, 8, 7], "brightness": 255 });
    assert_eq!(answers(fill).await, (200, printed(r#"{"success": true, "filled": true}"#)));
    assert_eq!(server.get("/api/v2/controller").await["brightness"], 255);
    shows(&server, |frame| frame == [[9, 8, 7]; 4]).await;
    let pixels = json!({ "pixels": [[255, 0, 0], [0, 255, 0], [0, 0, 255]] });
    assert_eq!(answers(pixels).await, (200, printed(r#"{"success": true, "pixelsSet": 3}"#)));
    shows(&server, |frame| frame == [[255, 0, 0], [0, 255, 0], [0, 0, 255], [9, 8, 7]]).await;
    let rgb = json!({ "rgb": [1, 2, 3, 4, 5, 6] });
    assert_eq!(answers(rgb).await, (200, printed(r#"{"success": true, "pixelsSet": 2}"#)));
    shows(&server, |frame| frame[..2] == [[1, 2, 3], [4, 5, 6]] && frame[3] == [9, 8, 7]).await;
    let gradient = json!({ "gradient": { "from": [0, 0, 30], "to": [30, 0, 0] } });
    assert_eq!(answers(gradient).await, (200, printed(r#"{"success": true, "gradient": true}"#)));
    shows(&server, |frame| frame == [[0, 0, 30], [10, 0, 20], [20, 0, 10], [30, 0, 0]]).await;
    let surplus = json!({ "pixels": vec![[5, 5, 5]; 9] });
    assert_eq!(answers(surplus).await, (200, printed(r#"{"success": true, "pixelsSet": 4}"#)));
    shows(&server, |frame| frame == [[5, 5, 5]; 4]).await;
}

#[tokio::test]
async fn they_hold_until_an_effect_is_set() {
    let server = Server::with_leds(4).await;
    server.done("POST", PIXELS, json!({ "fill": [9, 8, 7], "brightness": 255 })).await;
    shows(&server, |frame| frame == [[9, 8, 7]; 4]).await;
    server.done("PUT", "/api/v2/controller", json!({ "brightness": 0 })).await;
    shows(&server, |frame| frame == [[0, 0, 0]; 4]).await;
    server.done("PUT", "/api/v2/controller", json!({ "brightness": 255 })).await;
    shows(&server, |frame| frame == [[9, 8, 7]; 4]).await;
    server.done("PUT", "/api/v2/segments/0", json!({ "effect": "solid", "primaryColor": [0, 200, 0] })).await;
    shows(&server, |frame| frame == [[0, 200, 0]; 4]).await;
}

#[tokio::test]
async fn the_first_form_counts_and_must_be_right() {
    let server = Server::with_leds(4).await;
    let both = json!({ "rgb": [1, 2, 3], "fill": "not looked at", "gradient": 5 });
    assert_eq!(server.done("POST", PIXELS, both).await["pixelsSet"], 1);
    let good = json!([1, 2, 3]);
    let bad = [
        (
            "pixels",
            vec![
                json!([]),
                json!([[1, 2]]),
                json!([[1, 2, 3], [1, 2, 256]]),
                json!([1, 2, 3]),
                json!("x"),
                json!(null),
            ],
        ),
        ("rgb", vec![json!([]), json!([1]), json!([1, 2, 3, 4]), json!([1, 2, -1]), json!([1, 2, 0.5]), json!({})]),
        ("fill", vec![json!([]), json!([1, 2]), json!([1, 2, 3, 4]), json!(5)]),
        (
            "gradient",
            vec![
                json!({}),
                json!({ "from": good }),
                json!({ "to": good }),
                json!({ "from": good, "to": [1] }),
                json!([]),
            ],
        ),
    ];
    for (field, values) in bad {
        for value in values {
            server.refused("POST", PIXELS, json!({ field: value, "brightness": 3 }), field).await;
        }
    }
    server.refused("POST", PIXELS, json!({ "fill": good, "brightness": 256 }), "brightness").await;
    server.refused("POST", PIXELS, json!({}), "pixels").await;
    assert_eq!(server.get("/api/v2/controller").await["brightness"], 128, "nothing is half done");
}
