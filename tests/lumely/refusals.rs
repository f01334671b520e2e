//! Every refusal of every endpoint, word by word.

use crate::{golden::assert_golden, server::Server};
use lumencast::{
    api::lumely::route_table,
    store::{AccountChange, Entry, EntryKind},
};
use reqwest::{Method, Response, header};
use serde_json::{Value, json};

/// Status, body and the headers that go with some refusals.
async fn told(response: Response) -> Value {
    let status = response.status().as_u16();
    let mut told = json!({ "status": status });
    for name in [header::ALLOW, header::WWW_AUTHENTICATE, header::RETRY_AFTER] {
        if let Some(value) = response.headers().get(&name) {
            told[name.as_str()] = json!(value.to_str().expect("a text"));
        }
    }
    told["body"] = response.json().await.expect("JSON");
    told
}

async fn check(server: &Server, name: &str, method: Method, path: &str, body: Value) {
    let answer = told(server.raw(method, path, &server.key, &body).await).await;
    assert_golden(&format!("lumely/{name}"), &answer);
}

#[tokio::test]
async fn an_unauthenticated_client_is_refused_everywhere_in_the_same_words() {
    let server = Server::open().await;
    for (method, path) in route_table() {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let path = path.replace(['{', '}'], "");
        let answer = told(server.raw(method, &path, "", &Value::Null).await).await;
        assert_golden("lumely/nobody", &answer);
    }
    let answer = told(server.raw(Method::GET, "/credits", "lum_live_nobody", &Value::Null).await).await;
    assert_golden("lumely/bad_key", &answer);
    let answer = told(server.raw(Method::GET, "/credits", "a.b.c", &Value::Null).await).await;
    assert_golden("lumely/bad_token", &answer);
    server.change(&server.other, AccountChange { status: Some("none".into()), ..AccountChange::default() }).await;
    let answer = told(server.raw(Method::GET, "/credits", &server.other_key, &Value::Null).await).await;
    assert_golden("lumely/no_subscription", &answer);
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_ones_everywhere() {
    let server = Server::open().await;
    let mut paths: Vec<&str> = route_table().into_iter().map(|(_, path)| path).collect();
    paths.dedup();
    for path in paths {
        let name = path.trim_start_matches('/').replace(['{', '}'], "").replace(['/', '-'], "_");
        check(&server, &format!("wrong_method_{name}"), Method::PUT, &path.replace(['{', '}'], ""), Value::Null).await;
    }
    check(&server, "wrong_method_credits", Method::POST, "/credits", json!({})).await;
    check(&server, "wrong_method_upload", Method::GET, "/upload", Value::Null).await;
    check(&server, "wrong_method_jobs_job_id", Method::DELETE, "/jobs/x", Value::Null).await;
    check(&server, "wrong_method_api_keys_key_id", Method::GET, "/api-keys/x", Value::Null).await;
}

#[tokio::test]
async fn what_is_not_there_is_told() {
    let server = Server::open().await;
    for path in ["/jobs/a/b", "/credits/x", "/upload/x/y", "/webhooks/%zz", "/services//"] {
        check(&server, "unknown_path", Method::GET, path, Value::Null).await;
    }
    for id in ["00000000-0000-4000-8000-000000000000", "x", "a%2Fb", "%00", "ü", &"x".repeat(500)] {
        check(&server, "unknown_job", Method::GET, &format!("/jobs/{id}"), Value::Null).await;
        check(&server, "unknown_job", Method::PATCH, &format!("/jobs/{id}"), json!({ "action": "cancel" })).await;
        check(&server, "unknown_key", Method::PATCH, &format!("/api-keys/{id}"), json!({ "name": "x" })).await;
        check(&server, "unknown_key", Method::DELETE, &format!("/api-keys/{id}"), Value::Null).await;
        check(&server, "unknown_webhook", Method::PATCH, &format!("/webhooks/{id}"), json!({ "is_active": true }))
            .await;
        check(&server, "unknown_webhook", Method::DELETE, &format!("/webhooks/{id}"), Value::Null).await;
    }
}

#[tokio::test]
async fn paths_of_other_planes_are_left_alone() {
    let server = Server::open().await;
    for path in ["/apps", "/status/cg1", "/jobsworth", "/upload.php", "/api-key", ""] {
        let response = server.raw(Method::GET, path, &server.key, &Value::Null).await;
        assert_eq!(response.status().as_u16(), 404);
        assert!(!response.headers().contains_key("x-ratelimit-limit"), "{path} was answered by this plane");
    }
}

#[tokio::test]
async fn an_upload_without_a_picture_is_refused() {
    let server = Server::open().await;
    for (name, body) in [
        ("upload_missing", json!({})),
        ("upload_missing", json!({ "image": null })),
        ("upload_missing", json!({ "image": "" })),
        ("upload_not_text", json!({ "image": 5 })),
        ("upload_not_text", json!({ "image": ["AAAA"] })),
        ("upload_not_base64", json!({ "image": "<svg/>" })),
        ("upload_other_type", json!({ "image": "data:image/svg+xml;base64,PHN2Zy8+" })),
        ("upload_other_form", json!({ "image": "data:image/png,AAAA" })),
        ("upload_address", json!({ "image": "http://169.254.169.254/latest/meta-data" })),
        ("upload_empty", json!({ "image": "data:image/png;base64," })),
    ] {
        check(&server, name, Method::POST, "/upload", body).await;
    }
}

#[tokio::test]
async fn each_field_of_an_order_is_checked() {
    let server = Server::open().await;
    let order = server.order().await;
    let with = |name: &str, value: Value| {
        let mut body = order.clone();
        body[name] = value;
        body
    };
    let mut both = with("reference_image_base64", json!("AAAA"));
    both["reference_image_storage_path"] = order["storage_path"].clone();
    let plan = |name: &str| {
        let mut body = with(name, json!("AAAA"));
        body["service_type"] = json!("3d-plans");
        body["config_id"] = json!("office");
        body
    };
    let missing = order["storage_path"].as_str().expect("a path").replace("api_", "api_9");
    for (name, body) in [
        ("job_no_service_type", with("service_type", Value::Null)),
        ("job_service_type", with("service_type", json!("image-upscaler"))),
        ("job_no_config_id", with("config_id", Value::Null)),
        ("job_config_id", with("config_id", json!("aerial"))),
        ("job_no_storage_path", with("storage_path", Value::Null)),
        ("job_storage_path", with("storage_path", json!("../../etc/passwd"))),
        ("job_storage_path_missing", with("storage_path", json!(missing))),
        ("job_resolution", with("resolution", json!("8K"))),
        ("job_resolution_not_text", with("resolution", json!(4))),
        ("job_prompt", with("prompt", json!("x".repeat(2001)))),
        ("job_reference_id", with("reference_id", json!("x".repeat(256)))),
        ("job_idempotency_key", with("idempotency_key", json!("x".repeat(256)))),
        ("job_idempotency_key_empty", with("idempotency_key", json!(""))),
        ("job_mask", with("mask_base64", json!("%%%"))),
        ("job_mask_unsupported", plan("mask_base64")),
        ("job_reference", with("reference_image_base64", json!("data:text/html;base64,AAAA"))),
        ("job_reference_unsupported", plan("reference_image_base64")),
        ("job_reference_path", with("reference_image_storage_path", json!("x"))),
        ("job_reference_path_missing", with("reference_image_storage_path", json!(missing))),
        ("job_reference_both", both),
        ("job_options", with("options", json!("warm"))),
        ("job_option", with("options", json!({ "lighting": 5 }))),
        ("job_option_long", with("options", json!({ "style": "x".repeat(256) }))),
        ("job_location", with("location", json!("Dublin"))),
        ("job_location_city", with("location", json!({ "city": ["Dublin"] }))),
        ("job_location_latitude", with("location", json!({ "latitude": 90.5 }))),
        ("job_location_longitude", with("location", json!({ "longitude": "east" }))),
    ] {
        check(&server, name, Method::POST, "/jobs", body).await;
    }
    assert_eq!(server.credits().await, 60);
    for (name, most) in [("prompt", 2000), ("reference_id", 255), ("idempotency_key", 255)] {
        let (status, body) = server.post("/jobs", with(name, json!("ü".repeat(most)))).await;
        assert_eq!(status, 201, "{body}");
    }
}

#[tokio::test]
async fn what_must_be_paid_or_allowed_first_is_forbidden() {
    let server = Server::open().await;
    let mut order = server.order().await;
    let job = format!("/jobs/{}", server.job().await);
    let change = async |change| server.change(&server.account, change).await;
    let plain = AccountChange::default;
    change(AccountChange { status: Some("past_due".into()), ..plain() }).await;
    check(&server, "job_inactive", Method::POST, "/jobs", order.clone()).await;
    assert_eq!(server.get(&job).await.0, 200);
    let services = Some(Some(json!(["3d-plans"]).to_string()));
    change(AccountChange { status: Some("active".into()), allowed_services: services, ..plain() }).await;
    check(&server, "job_service_not_allowed", Method::POST, "/jobs", order.clone()).await;
    change(AccountChange { allowed_services: Some(None), monthly_credit_limit: Some(Some(3)), ..plain() }).await;
    check(&server, "job_monthly_limit", Method::POST, "/jobs", order.clone()).await;
    change(AccountChange { plan: Some("free".into()), monthly_credit_limit: Some(None), ..plain() }).await;
    order["resolution"] = json!("4K");
    check(&server, "job_4k_unpaid", Method::POST, "/jobs", order.clone()).await;
    order["resolution"] = json!("2K");
    // As printed: two are needed, one is left.
    let spent = Entry { kind: EntryKind::Adjust, amount: -57, note: None, job: None, at: crate::server::now_ms() };
    server.store.accounts().post(&server.account.id, &spent).await.expect("rows").expect("the account");
    check(&server, "job_credits", Method::POST, "/jobs", order).await;
}

#[tokio::test]
async fn actions_keys_and_webhooks_are_checked() {
    let server = Server::open().await;
    let job = format!("/jobs/{}", server.job().await);
    check(&server, "action_missing", Method::PATCH, &job, json!({})).await;
    check(&server, "action_missing", Method::PATCH, &job, Value::Null).await;
    check(&server, "action_unknown", Method::PATCH, &job, json!({ "action": "delete" })).await;
    check(&server, "action_not_text", Method::PATCH, &job, json!({ "action": true })).await;
    check(&server, "action_retry_pending", Method::PATCH, &job, json!({ "action": "retry" })).await;
    server.patch(&job, json!({ "action": "cancel" })).await;
    check(&server, "action_cancel_cancelled", Method::PATCH, &job, json!({ "action": "cancel" })).await;
    let key = server.get("/api-keys").await.1["api_keys"][0]["id"].as_str().expect("an id").to_owned();
    let key = format!("/api-keys/{key}");
    check(&server, "key_nothing", Method::PATCH, &key, json!({ "key": "lum_live_mine" })).await;
    check(&server, "key_name", Method::PATCH, &key, json!({ "name": "x".repeat(101) })).await;
    check(&server, "key_is_active", Method::PATCH, &key, json!({ "is_active": "no" })).await;
    check(&server, "webhook_no_url", Method::POST, "/webhooks", json!({ "events": ["job.failed"] })).await;
    check(&server, "webhook_url_not_text", Method::POST, "/webhooks", json!({ "url": 1 })).await;
    for events in [json!([]), json!(["job.done"])] {
        let body = json!({ "url": "https://hooks.example.com", "events": events });
        check(&server, "webhook_events", Method::POST, "/webhooks", body).await;
    }
    for events in [json!("job.failed"), json!([1])] {
        let body = json!({ "url": "https://hooks.example.com", "events": events });
        check(&server, "webhook_events_no_list", Method::POST, "/webhooks", body).await;
    }
    let (_, hook) = server.post("/webhooks", json!({ "url": "https://hooks.example.com" })).await;
    let hook = format!("/webhooks/{}", hook["id"].as_str().expect("an id"));
    check(&server, "webhook_nothing", Method::PATCH, &hook, json!({})).await;
    check(&server, "webhook_is_active", Method::PATCH, &hook, json!({ "is_active": 1 })).await;
    for (name, query) in [
        ("list_status", "status=done"),
        ("list_service_type", "service_type=upscale"),
        ("list_limit", "limit=0"),
        ("list_limit", "limit=ten"),
        ("list_offset", "offset=-1"),
    ] {
        check(&server, name, Method::GET, &format!("/jobs?{query}"), Value::Null).await;
    }
}

#[tokio::test]
async fn a_failure_of_the_server_tells_whether_to_try_again_and_nothing_else() {
    let server = Server::open().await;
    let order = server.order().await;
    server.store.close().await;
    check(&server, "failure", Method::GET, "/credits", Value::Null).await;
    check(&server, "failure_job", Method::POST, "/jobs", order).await;
    check(&server, "failure_twice", Method::POST, "/api-keys", json!({})).await;
}
