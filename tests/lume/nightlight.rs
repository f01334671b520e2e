//! The nightlight over HTTP.

use crate::server::{Server, printed, soon};
use serde_json::{Value, json};
use std::time::Duration;

const NIGHTLIGHT: &str = "/api/nightlight";

#[tokio::test]
async fn it_is_started_watched_and_stopped_as_printed() {
    let server = Server::open().await;
    server.done("PUT", "/api/v2/controller", json!({ "brightness": 200 })).await;
    let idle = (200, printed(r#"{"active": false, "progress": 0.0}"#));
    assert_eq!(server.text("GET", NIGHTLIGHT, Value::Null).await, idle);
    let started = printed(r#"{"success": true, "duration": 900, "targetBrightness": 0, "startBrightness": 200}"#);
    let order = json!({ "duration": 900, "targetBrightness": 0 });
    assert_eq!(server.text("POST", NIGHTLIGHT, order).await, (200, started.clone()));
    assert_eq!(server.get(NIGHTLIGHT).await["active"], true);
    assert_eq!(server.get("/api/led").await["nightlight"]["active"], true);
    let stopped = (200, printed(r#"{"success": true}"#));
    assert_eq!(server.text("POST", "/api/nightlight/stop", Value::Null).await, stopped);
    assert_eq!(
        server.text("POST", "/api/nightlight/stop", json!({ "any": 1 })).await,
        stopped,
        "it may be stopped twice"
    );
    assert_eq!(server.text("GET", NIGHTLIGHT, Value::Null).await, idle);
    // An empty order and no body: the same order.
    assert_eq!(server.text("POST", NIGHTLIGHT, json!({})).await, (200, started.clone()));
    assert_eq!(server.text("POST", NIGHTLIGHT, Value::Null).await, (200, started));
}

#[tokio::test]
async fn progress_is_percent_with_one_decimal_and_the_end_is_dark() {
    let server = Server::open().await;
    server.done("POST", NIGHTLIGHT, json!({ "duration": 2 })).await;
    let mut seen = Vec::new();
    soon(async {
        loop {
            let told = server.get(NIGHTLIGHT).await;
            if told["active"] == false {
                break;
            }
            seen.push(told["progress"].as_f64().expect("a number"));
            tokio::time::sleep(Duration::from_millis(20)).await; // between looks
        }
    })
    .await;
    assert!(seen.iter().any(|percent| (10.0..=90.0).contains(percent)), "{seen:?}");
    assert!(seen.iter().all(|percent| (percent * 10.0 - (percent * 10.0).round()).abs() < 1e-9), "{seen:?}");
    assert!(seen.is_sorted(), "{seen:?}");
    assert_eq!(server.get("/api/v2/controller").await, json!({ "power": false, "brightness": 0, "ledCount": 160 }));
}

#[tokio::test]
async fn its_ranges_are_checked() {
    let server = Server::open().await;
    for duration in [json!(0), json!(3601), json!("900"), json!(0.5), json!(null)] {
        server.refused("POST", NIGHTLIGHT, json!({ "duration": duration }), "duration").await;
    }
    for target in [json!(-1), json!(256), json!(true)] {
        server.refused("POST", NIGHTLIGHT, json!({ "targetBrightness": target }), "targetBrightness").await;
    }
    assert_eq!(server.get(NIGHTLIGHT).await["active"], false);
    for (duration, target) in [(1, 255), (3600, 0)] {
        let told = server.done("POST", NIGHTLIGHT, json!({ "duration": duration, "targetBrightness": target })).await;
        assert_eq!((&told["duration"], &told["targetBrightness"]), (&json!(duration), &json!(target)));
    }
}
