//! The document's examples, in its order, with its bodies as printed.

use crate::golden::assert_golden;
use crate::server::{Server, printed};
use serde_json::{Value, json};

const LIST: &str = r#"{
  "power": true, "brightness": 128, "ledCount": 160,
  "segments": [{
    "id": 0, "start": 0, "stop": 159, "length": 160, "effect": "rainbow", "speed": 128, "intensity": 128,
    "primaryColor": [0, 0, 255], "secondaryColor": [128, 0, 128], "reverse": false
  }]
}"#;
const SEGMENT: &str = r#"{
  "id": 0, "start": 0, "stop": 79, "length": 80, "effect": "fire", "speed": 180, "intensity": 150,
  "primaryColor": [255, 80, 0], "secondaryColor": [255, 0, 0], "reverse": false
}"#;
const PALETTES: &str = r#"{"palettes": [
  {"id": 0, "name": "Rainbow"}, {"id": 1, "name": "Lava"}, {"id": 2, "name": "Ocean"}, {"id": 3, "name": "Party"},
  {"id": 4, "name": "Forest"}, {"id": 5, "name": "Cloud"}, {"id": 6, "name": "Heat"}
]}"#;
const FIRE: &str = r#"{
  "id": "fire", "name": "Fire", "category": 1, "usesPalette": true, "usesPrimaryColor": false,
  "usesSecondaryColor": false, "usesSpeed": true, "usesIntensity": true
}"#;
const GRADIENT: &str = r#"{
  "id": "gradient", "name": "Gradient", "category": 1, "usesPalette": false, "usesPrimaryColor": true,
  "usesSecondaryColor": true, "usesSpeed": true, "usesIntensity": false
}"#;

#[tokio::test]
async fn the_controller_answers_as_printed() {
    let server = Server::open().await;
    let first = printed(r#"{"power": true, "brightness": 128, "ledCount": 160}"#);
    assert_eq!(server.text("GET", "/api/v2/controller", Value::Null).await, (200, first));
    let changed = printed(r#"{"power": true, "brightness": 200, "ledCount": 160}"#);
    let put = json!({ "power": true, "brightness": 200 });
    assert_eq!(server.text("PUT", "/api/v2/controller", put).await, (200, changed.clone()));
    assert_eq!(server.text("GET", "/api/v2/controller", Value::Null).await, (200, changed));
}

#[tokio::test]
async fn segments_are_listed_made_read_changed_and_deleted_as_printed() {
    let server = Server::open().await;
    assert_eq!(server.text("GET", "/api/v2/segments", Value::Null).await, (200, printed(LIST)));
    let new = json!({
        "start": 0, "length": 80, "effect": "fire", "speed": 180, "intensity": 150, "primaryColor": [255, 80, 0],
        "secondaryColor": [255, 0, 0], "palette": 1, "reverse": false,
    });
    assert_eq!(server.text("POST", "/api/v2/segments", new).await, (201, printed(SEGMENT)));
    assert_eq!(server.text("GET", "/api/v2/segments/0", Value::Null).await, (200, printed(SEGMENT)));
    let changed = printed(&SEGMENT.replace("fire", "rainbow").replace("180", "120"));
    let put = json!({ "effect": "rainbow", "speed": 120 });
    assert_eq!(server.text("PUT", "/api/v2/segments/0", put).await, (200, changed.clone()));
    assert_eq!(server.text("GET", "/api/v2/segments/0", Value::Null).await, (200, changed));
    let deleted = (200, printed(r#"{"success": true}"#));
    assert_eq!(server.text("DELETE", "/api/v2/segments/0", Value::Null).await, deleted);
    assert_eq!(server.get("/api/v2/segments").await["segments"], json!([]));
}

#[tokio::test]
async fn two_halves_are_made_as_the_document_does_it() {
    let server = Server::open().await;
    let fire = json!({ "start": 0, "length": 80, "effect": "fire", "speed": 200, "primaryColor": [255, 60, 0] });
    let rainbow = json!({ "start": 80, "length": 80, "effect": "rainbow", "speed": 150 });
    server.done("POST", "/api/v2/segments", fire).await;
    server.done("POST", "/api/v2/segments", rainbow).await;
    let both = server.get("/api/v2/segments").await;
    assert_eq!(both["segments"].as_array().map(Vec::len), Some(2));
    let told = |n: usize| {
        let segment = &both["segments"][n];
        ["id", "start", "stop", "effect", "speed", "intensity", "primaryColor"].map(|key| segment[key].clone())
    };
    let first = [json!(0), json!(0), json!(79), json!("fire"), json!(200), json!(128), json!([255, 60, 0])];
    let second = [json!(1), json!(80), json!(159), json!("rainbow"), json!(150), json!(128), json!([0, 0, 255])];
    assert_eq!((told(0), told(1)), (first, second));
    server.done("PUT", "/api/v2/controller", json!({ "brightness": 200 })).await;
    assert_eq!(server.get("/api/v2/controller").await["brightness"], 200);
}

#[tokio::test]
async fn effects_and_palettes_are_listed_as_printed() {
    let server = Server::open().await;
    let (status, effects) = server.text("GET", "/api/v2/effects", Value::Null).await;
    assert_eq!(status, 200);
    for example in [FIRE, GRADIENT] {
        assert!(effects.contains(&printed(example)), "{effects}");
    }
    let effects: Value = serde_json::from_str(&effects).expect("JSON");
    assert_eq!(effects["effects"].as_array().map(Vec::len), Some(23));
    assert_golden("lume/effects", &effects);
    assert_eq!(server.text("GET", "/api/v2/palettes", Value::Null).await, (200, printed(PALETTES)));
}

#[tokio::test]
async fn the_metadata_have_the_printed_form() {
    let server = Server::open().await;
    let (status, text) = server.text("GET", "/api/v2/info", Value::Null).await;
    let info: Value = serde_json::from_str(&text).expect("JSON");
    let firmware = &info["firmware"];
    let told = |key: &str| firmware[key].as_str().unwrap_or_else(|| panic!("{info}")).to_owned();
    let expected = format!(
        r#"{{
          "firmware": {{"name": "LUME", "version": "{}", "buildHash": "{}", "buildTimestamp": "{}"}},
          "limits": {{"maxLeds": 300, "maxSegments": 8, "maxRequestBody": 16384}},
          "features": {{
            "segmentsV2": true, "directPixels": true, "sacn": true, "mqtt": true, "aiPrompts": true, "ota": true
          }},
          "controller": {{"ledCount": 160, "power": true}}
        }}"#,
        env!("CARGO_PKG_VERSION"),
        told("buildHash"),
        told("buildTimestamp"),
    );
    assert_eq!((status, text), (200, printed(&expected)));
    let form: String = told("buildTimestamp").chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    assert_eq!(form, "0000-00-00 00:00:00");
    let long = Server::with_leds(1000).await;
    assert_eq!(long.get("/api/v2/info").await["limits"]["maxLeds"], 1000);
}

#[tokio::test]
async fn the_status_has_the_printed_form() {
    let server = Server::open().await;
    server.done("POST", "/api/config", json!({ "wifiSSID": "MyNetwork" })).await;
    server.done("PUT", "/api/v2/controller", json!({ "brightness": 200 })).await;
    let (status, text) = server.text("GET", "/api/status", Value::Null).await;
    let told: Value = serde_json::from_str(&text).expect("JSON");
    let (uptime, fps) = (told["uptime"].as_u64().expect("seconds"), told["led"]["fps"].as_u64().expect("a number"));
    assert!(uptime < 60 && fps <= 61, "{told}");
    let ip: std::net::IpAddr = told["ip"].as_str().expect("a text").parse().expect("an address");
    let expected = format!(
        r#"{{
          "online": true, "ip": "{ip}", "uptime": {uptime},
          "wifi": {{"ssid": "MyNetwork", "rssi": null, "connected": false}},
          "led": {{"count": 160, "power": true, "brightness": 200, "fps": {fps}}},
          "protocols": {{"sacn": {{"enabled": false}}, "mqtt": {{"enabled": false, "connected": false}}}},
          "output": "#,
    );
    assert!(status == 200 && text.starts_with(&printed(&expected)), "{text}");
    server.lights.set_mqtt_connected(true);
    assert_eq!(server.get("/api/status").await["protocols"]["mqtt"]["connected"], true);
}
