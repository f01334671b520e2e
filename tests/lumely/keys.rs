//! Keys of accounts over HTTP.

use crate::server::Server;
use serde_json::{Value, json};

#[tokio::test]
async fn a_key_is_told_once_and_works_at_once() {
    let server = Server::open().await;
    let (status, made) = server.post("/api-keys", json!({ "name": "  Render farm \u{1f3e0} " })).await;
    let key = made["key"].as_str().expect("a key").to_owned();
    let (id, prefix) = (made["id"].as_str().expect("an id"), made["key_prefix"].as_str().expect("a text"));
    assert!(key.starts_with("lum_live_") && key.starts_with(prefix) && key.len() > prefix.len() + 30, "{made}");
    let expected = json!({
        "id": id, "name": "Render farm \u{1f3e0}", "key": key, "key_prefix": prefix, "is_active": true,
        "created_at": made["created_at"], "last_used_at": null,
    });
    assert_eq!((status, &made), (201, &expected));
    assert_eq!(server.send(reqwest::Method::GET, "/credits", &key, Value::Null).await.0, 200);
    let (_, list) = server.get("/api-keys").await;
    let listed = &list["api_keys"][1];
    assert_eq!((&listed["id"], listed.get("key")), (&made["id"], None));
    assert!(!list.to_string().contains(&key));
}

#[tokio::test]
async fn a_key_without_a_name_is_called_default_and_names_have_a_limit() {
    let server = Server::open().await;
    for body in [Value::Null, json!({}), json!({ "name": null })] {
        let (status, made) = server.post("/api-keys", body).await;
        assert_eq!((status, &made["name"]), (201, &json!("Default")));
    }
    let (status, made) = server.post("/api-keys", json!({ "name": "ä".repeat(100) })).await;
    assert_eq!((status, &made["name"]), (201, &json!("ä".repeat(100))));
    let message = "name must be one line of 1 to 100 characters.";
    for name in [json!("ä".repeat(101)), json!(""), json!("  "), json!("a\nb")] {
        let refused = (400, json!({ "error": "Invalid name", "message": message }));
        assert_eq!(server.post("/api-keys", json!({ "name": name })).await, refused, "{name}");
    }
    let refused = (400, json!({ "error": "Invalid name", "message": "name must be a string." }));
    assert_eq!(server.post("/api-keys", json!({ "name": 7 })).await, refused);
}

#[tokio::test]
async fn ten_keys_are_active_and_no_more() {
    let server = Server::open().await;
    let mut last = Value::Null;
    for _ in 0..9 {
        let (status, made) = server.post("/api-keys", Value::Null).await;
        assert_eq!(status, 201);
        last = made["id"].clone();
    }
    let message = "An account has at most 10 active API keys. Revoke or delete one first.";
    let full = (400, json!({ "error": "API key limit reached", "message": message }));
    assert_eq!(server.post("/api-keys", Value::Null).await, full);
    let path = format!("/api-keys/{}", last.as_str().expect("an id"));
    let (status, off) = server.patch(&path, json!({ "is_active": false, "name": "old" })).await;
    assert_eq!((status, &off["is_active"], &off["name"]), (200, &json!(false), &json!("old")));
    assert_eq!(server.post("/api-keys", Value::Null).await.0, 201);
    assert_eq!(server.patch(&path, json!({ "is_active": true })).await, full);
    assert_eq!(server.delete(&path).await, (200, json!({ "success": true })));
    let (status, body) = server.delete(&path).await;
    assert_eq!((status, &body["error"]), (404, &json!("API key not found")));
}
