//! Settings over HTTP: which are shown, which are hidden, which values are accepted.

use crate::server::{Server, printed};
use serde_json::{Value, json};

const CONFIG: &str = "/api/config";

#[tokio::test]
async fn the_documents_example_is_taken_and_shown_with_its_secrets_masked() {
    let server = Server::open().await;
    // Unicast only, so that the test joins no group on the network.
    server.done("POST", CONFIG, json!({ "sacnUnicast": true })).await;
    let body = json!({
        "wifiSSID": "NewNetwork", "wifiPassword": "newpass", "ledCount": 160, "aiApiKey": "sk-ant-",
        "aiModel": "claude-3-5-sonnet-20241022", "sacnEnabled": true, "mqttEnabled": true, "mqttBroker": "192.168.1.10",
    });
    let (status, answer) = server.text("POST", CONFIG, body).await;
    assert_eq!((status, answer), (200, printed(r#"{"success": true}"#)));
    let (_, text) = server.text("GET", CONFIG, Value::Null).await;
    let shown = printed(
        r#"{
          "wifiSSID": "NewNetwork", "ledCount": 160, "aiApiKey": "****", "aiApiKeySet": true,
          "aiModel": "claude-3-5-sonnet-20241022", "sacnEnabled": true, "mqttEnabled": true,
          "mqttBroker": "192.168.1.10", "mqttPort": 1883,
          "wifiPassword": "", "authToken": "", "authEnabled": false,
          "sacnUniverse": 1, "sacnUniverseCount": 1, "sacnStartChannel": 1, "sacnUnicast": true,
          "mqttUsername": "", "mqttPassword": "", "mqttTopicPrefix": "lume",
          "sacn": {"enabled": true, "universe": 1, "universeCount": 1, "startChannel": 1, "unicast": true},
          "mqtt": {"enabled": true, "connected": false}
        }"#,
    );
    assert_eq!(text, shown);
    assert!(!text.contains("newpass"));
    let sacn = server.get("/api/status").await["protocols"]["sacn"].clone();
    let expected = json!({
        "enabled": true, "universe": 1, "universeCount": 1, "startChannel": 1, "unicast": true, "receiving": false,
        "packets": 0, "source": sacn["source"], "priority": sacn["priority"],
    });
    assert_eq!(sacn, expected);
}

#[tokio::test]
async fn what_is_shown_can_be_posted_back_without_changing_anything() {
    let server = Server::open().await;
    let secrets =
        json!({ "aiApiKey": "sk-ant-api03-wxyz", "mqttPassword": "pw", "mqttUsername": "me", "defaultBrightness": 90 });
    server.done("POST", CONFIG, secrets).await;
    let shown = server.get(CONFIG).await;
    let told = ["aiApiKey", "mqttPassword", "mqttUsername", "defaultBrightness"].map(|key| shown[key].clone());
    assert_eq!(told, [json!("****wxyz"), json!("****"), json!("me"), json!(90)]);
    let before = server.lights.settings();
    server.done("POST", CONFIG, shown.clone()).await;
    let after = server.lights.settings();
    assert!(after == before, "secrets are not printed");
    assert_eq!(after.ai_api_key.as_deref(), Some("sk-ant-api03-wxyz"));
    server.done("POST", CONFIG, json!({ "aiApiKey": "", "mqttPassword": "" })).await;
    let shown = server.get(CONFIG).await;
    assert_eq!(
        (&shown["aiApiKey"], &shown["aiApiKeySet"], &shown["mqttPassword"]),
        (&json!(""), &json!(false), &json!(""))
    );
}

#[tokio::test]
async fn another_number_of_leds_counts_at_once() {
    let server = Server::open().await;
    server.done("POST", CONFIG, json!({ "ledCount": 200 })).await;
    assert_eq!(server.get("/api/v2/controller").await["ledCount"], 200);
    assert_eq!(server.get("/api/v2/segments/0").await["stop"], 199);
}

#[tokio::test]
async fn every_setting_is_checked_before_any_is_changed() {
    let server = Server::open().await;
    let before = server.get(CONFIG).await;
    let long = |length: usize| json!("x".repeat(length));
    let bad = [
        ("wifiSSID", vec![json!(1), long(33), json!("a\nb")]),
        ("wifiPassword", vec![json!(1), long(65)]),
        ("ledCount", vec![json!(0), json!(10_881), json!("160"), json!(1.5)]),
        ("aiApiKey", vec![json!(true), long(513), json!("a b"), json!("ä")]),
        ("aiModel", vec![json!([]), long(129)]),
        ("authToken", vec![json!(1), json!("a b"), json!("ü"), long(129)]),
        ("defaultBrightness", vec![json!(-1), json!(256)]),
        ("sacnEnabled", vec![json!("true"), json!(1)]),
        ("sacnUniverse", vec![json!(0), json!(64_000)]),
        ("sacnUniverseCount", vec![json!(0), json!(9)]),
        ("sacnStartChannel", vec![json!(0), json!(513)]),
        ("sacnUnicast", vec![json!(0)]),
        ("mqttEnabled", vec![json!("yes")]),
        ("mqttBroker", vec![json!(1), long(254)]),
        ("mqttPort", vec![json!(0), json!(65_536)]),
        ("mqttUsername", vec![json!(1), long(129)]),
        ("mqttPassword", vec![json!(1), long(129)]),
        ("mqttTopicPrefix", vec![json!("/"), json!("a/#"), json!("+/b"), long(129)]),
    ];
    for (field, values) in bad {
        for value in values {
            let mut body = json!({ "wifiSSID": "changed", "sacnStartChannel": 7 });
            body[field] = value;
            server.refused("POST", CONFIG, body, field).await;
        }
    }
    server
        .refused("POST", CONFIG, json!({ "sacnUniverse": 63_999, "sacnUniverseCount": 2 }), "sacnUniverseCount")
        .await;
    assert_eq!(server.get(CONFIG).await, before);
    let ends = json!({ "sacnUniverse": 63_992, "sacnUniverseCount": 8, "sacnStartChannel": 512, "mqttPort": 65_535 });
    server.done("POST", CONFIG, ends).await;
}

#[tokio::test]
async fn what_the_devices_page_posts_for_untouched_fields_changes_nothing() {
    let server = Server::open().await;
    let set = json!({ "mqttBroker": "192.168.1.10", "mqttUsername": "me", "authToken": "", "sacnUniverse": 7 });
    server.done("POST", CONFIG, set).await;
    let before = server.lights.settings();
    // An empty number of a form is NaN, which is null in JSON.
    let posted = json!({
        "wifiSSID": "", "ledCount": null, "aiModel": "", "sacnUniverse": null, "sacnStartChannel": "",
        "mqttBroker": "", "mqttPort": null, "mqttUsername": "", "mqttTopicPrefix": "", "mqttEnabled": false,
    });
    server.done("POST", CONFIG, posted).await;
    assert!(server.lights.settings() == before, "secrets are not printed");
    let elsewhere = server.request_from("192.168.1.77", "POST", CONFIG).json(&json!({ "mqttBroker": "" }));
    assert_eq!(elsewhere.send().await.expect("an answer").status(), 200, "it names no destination");
}
