//! What is one account's is not there for another.

use crate::server::Server;
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn jobs_keys_and_webhooks_of_others_are_not_there() {
    let server = Server::open().await;
    let job = server.job().await;
    let key = server.get("/api-keys").await.1["api_keys"][0]["id"].as_str().expect("an id").to_owned();
    let (_, hook) = server.post("/webhooks", json!({ "url": "https://hooks.example.com/a" })).await;
    let hook = hook["id"].as_str().expect("an id").to_owned();
    let rename = json!({ "name": "mine now", "is_active": false });
    let tries = [
        (Method::GET, format!("/jobs/{job}"), Value::Null, "Job not found"),
        (Method::PATCH, format!("/jobs/{job}"), json!({ "action": "cancel" }), "Job not found"),
        (Method::PATCH, format!("/jobs/{job}"), json!({ "action": "retry" }), "Job not found"),
        (Method::PATCH, format!("/api-keys/{key}"), rename, "API key not found"),
        (Method::DELETE, format!("/api-keys/{key}"), Value::Null, "API key not found"),
        (Method::PATCH, format!("/webhooks/{hook}"), json!({ "is_active": false }), "Webhook not found"),
        (Method::DELETE, format!("/webhooks/{hook}"), Value::Null, "Webhook not found"),
    ];
    for (method, path, body, error) in tries {
        let (status, answer) = server.send(method.clone(), &path, &server.other_key, body).await;
        assert_eq!((status, &answer["error"]), (404, &json!(error)), "{method} {path}");
    }
    let all = async |path: &str| server.send(Method::GET, path, &server.other_key, Value::Null).await.1;
    assert_eq!(all("/jobs").await, json!({ "jobs": [], "total": 0, "limit": 50, "offset": 0 }));
    assert_eq!(all("/webhooks").await, json!({ "webhooks": [] }));
    assert_eq!(all("/api-keys").await["api_keys"].as_array().map(Vec::len), Some(1));
    // All is as it was for its owner.
    assert_eq!(server.get(&format!("/jobs/{job}")).await.1["status"], "pending");
    assert_eq!(server.get("/webhooks").await.1["webhooks"][0]["is_active"], true);
    assert_eq!(server.get("/api-keys").await.1["api_keys"][0]["name"], "tests");
}

#[tokio::test]
async fn paths_of_others_are_denied_whether_something_is_there_or_not() {
    let server = Server::open().await;
    let foreign = server.upload(&server.other_key).await;
    let own = server.upload(&server.key).await;
    let denied = |field: &str| {
        let message = format!("{field} is not of this account. Use a path that POST /api/v1/upload answered to you.");
        (403, json!({ "error": "Storage path access denied", "message": message }))
    };
    let mut order = json!({ "service_type": "design-options", "config_id": "landscape", "storage_path": own });
    let missing = format!("{}/api_1709654321_a1b2c3d4e5f6.jpg", server.other.id);
    for path in [foreign.as_str(), &missing, "user-uuid/api_123_abc.jpg"] {
        order["storage_path"] = json!(path);
        assert_eq!(server.post("/jobs", order.clone()).await, denied("storage_path"), "{path}");
        order["storage_path"] = json!(own);
        order["reference_image_storage_path"] = json!(path);
        assert_eq!(server.post("/jobs", order.clone()).await, denied("reference_image_storage_path"), "{path}");
        order["reference_image_storage_path"] = Value::Null;
    }
    assert_eq!(server.credits().await, 60);
}
