//! Webhooks of accounts over HTTP.

use crate::server::Server;
use serde_json::{Value, json};

#[tokio::test]
async fn a_secret_is_told_once_and_the_usual_events_are_those_of_the_document() {
    let server = Server::open().await;
    let (status, made) = server.post("/webhooks", json!({ "url": "https://hooks.example.com/a?b=c" })).await;
    let expected = json!({
        "id": made["id"], "url": "https://hooks.example.com/a?b=c", "events": ["job.completed", "job.failed"],
        "is_active": true, "secret": made["secret"], "failure_count": 0, "created_at": made["created_at"],
    });
    assert_eq!((status, &made), (201, &expected));
    assert!(made["secret"].as_str().is_some_and(|secret| secret.len() >= 32), "{made}");
    let mut listed = made.clone();
    listed.as_object_mut().expect("an object").remove("secret");
    assert_eq!(server.get("/webhooks").await, (200, json!({ "webhooks": [listed] })));
    let path = format!("/webhooks/{}", made["id"].as_str().expect("an id"));
    let change = json!({ "events": ["job.cancelled"], "is_active": false, "url": "http://localhost:9/x" });
    listed["events"] = json!(["job.cancelled"]);
    listed["is_active"] = json!(false);
    listed["url"] = json!("http://localhost:9/x");
    assert_eq!(server.patch(&path, change).await, (200, listed));
    assert_eq!(server.delete(&path).await, (200, json!({ "success": true })));
    assert_eq!(server.get("/webhooks").await.1, json!({ "webhooks": [] }));
    let (status, body) = server.patch(&path, json!({ "is_active": true })).await;
    assert_eq!((status, &body["error"]), (404, &json!("Webhook not found")));
}

#[tokio::test]
async fn addresses_that_must_not_be_told_anything_are_refused() {
    let server = Server::open().await;
    let good = ["https://hooks.example.com", "http://localhost:3000/hook", "https://localhost/hook"];
    for url in good {
        assert_eq!(server.post("/webhooks", json!({ "url": url })).await.0, 201, "{url}");
    }
    for url in [
        "http://hooks.example.com",
        "ftp://hooks.example.com",
        "https://10.0.0.7/x",
        "https://169.254.169.254/",
        "hook",
    ] {
        let (status, body) = server.post("/webhooks", json!({ "url": url })).await;
        assert_eq!((status, &body["error"]), (400, &json!("Invalid url")), "{url}");
        assert!(body["message"].as_str().is_some_and(|text| text.len() > 20 && text.ends_with('.')), "{body}");
    }
    let long = format!("https://hooks.example.com/{}", "x".repeat(2048 - 26));
    assert_eq!(server.post("/webhooks", json!({ "url": long })).await.0, 201);
    let (status, body) = server.post("/webhooks", json!({ "url": format!("{long}x") })).await;
    assert_eq!((status, &body["message"]), (400, &json!("url must be at most 2048 characters long.")));
}

#[tokio::test]
async fn five_webhooks_are_active_and_no_more() {
    let server = Server::open().await;
    let hook = json!({ "url": "https://hooks.example.com" });
    let mut last = Value::Null;
    for _ in 0..5 {
        let (status, made) = server.post("/webhooks", hook.clone()).await;
        assert_eq!(status, 201);
        last = made["id"].clone();
    }
    let message = "An account has at most 5 active webhooks. Deactivate or delete one first.";
    let full = (400, json!({ "error": "Webhook limit reached", "message": message }));
    assert_eq!(server.post("/webhooks", hook.clone()).await, full);
    let path = format!("/webhooks/{}", last.as_str().expect("an id"));
    assert_eq!(server.patch(&path, json!({ "is_active": false })).await.0, 200);
    assert_eq!(server.post("/webhooks", hook).await.0, 201);
    assert_eq!(server.patch(&path, json!({ "is_active": true })).await, full);
}
