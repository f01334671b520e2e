//! Jobs from order to result, as the document walks through them.

use crate::server::{PUBLIC, Server};
use lumencast::store::AccountChange;
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn the_printed_flow_leads_from_a_picture_to_its_result() {
    let server = Server::open().await;
    let path = server.upload(&server.key).await;
    let (owner, name) = path.split_once('/').expect("two parts");
    assert_eq!(owner, server.account.id);
    assert!(name.starts_with("api_") && name.ends_with(".png"), "{name}");
    let order = json!({
        "service_type": "virtual-staging", "config_id": "living-room", "storage_path": path, "resolution": "2K",
        "prompt": "Modern Scandinavian style with warm lighting", "reference_id": "project-42-room-3",
        "options": { "lighting": "warm", "style": "modern", "mood": "ignored" },
        "location": {
            "description": "Grafton Street, Dublin, Ireland", "city": "Dublin", "region": "County Dublin",
            "country": "Ireland", "latitude": 53.3411, "longitude": -6.2603,
        },
    });
    let (status, made) = server.post("/jobs", order.clone()).await;
    assert_eq!(status, 201, "{made}");
    let id = made["id"].as_str().expect("an id").to_owned();
    let poll = format!("/api/v1/jobs/{id}");
    let created_at = made["created_at"].as_str().expect("a time").to_owned();
    assert!(created_at.len() == 24 && created_at.ends_with('Z'), "{created_at}");
    let mut expected = json!({
        "id": id, "status": "pending", "service_type": "virtual-staging", "config_id": "living-room",
        "resolution": "2K", "prompt": order["prompt"], "reference_id": "project-42-room-3",
        "options": { "lighting": "warm", "style": "modern" }, "location": order["location"], "input_image_url": null,
        "output_image_url": null, "error_message": null, "credits_used": 2, "engine": null, "poll_url": poll,
        "created_at": created_at, "started_at": null, "completed_at": null,
    });
    assert_eq!(made, expected);
    assert_eq!(server.get(&format!("/jobs/{id}")).await, (200, expected.clone()));
    assert_eq!(server.credits().await, 58);

    let taken = server.taken().await;
    assert_eq!(server.get(&format!("/jobs/{id}")).await.1["status"], "compressing");
    server.completed(&taken, "00112233445566778899aabbccddeeff").await;
    let (_, done) = server.get(&format!("/jobs/{id}")).await;
    expected["status"] = json!("completed");
    expected["engine"] = json!("local");
    expected["output_image_url"] = json!(format!("{PUBLIC}/images/00112233445566778899aabbccddeeff.jpg"));
    expected["started_at"] = done["started_at"].clone();
    expected["completed_at"] = done["completed_at"].clone();
    assert_eq!(done, expected);
    assert!(done["started_at"].is_string() && done["completed_at"].is_string(), "{done}");
}

#[tokio::test]
async fn the_same_idempotency_key_is_the_same_job_and_is_paid_once() {
    let server = Server::open().await;
    let mut order = server.order().await;
    order["idempotency_key"] = json!("order 7 \u{1f5dd}");
    let (status, first) = server.post("/jobs", order.clone()).await;
    assert_eq!(status, 201);
    assert_eq!(server.post("/jobs", order.clone()).await, (200, first.clone()));
    let again = (0..20).map(|_| server.post("/jobs", order.clone()));
    for answer in futures::future::join_all(again).await {
        assert_eq!(answer, (200, first.clone()));
    }
    assert_eq!(server.credits().await, 58);
    // Another account may use the same key for an order of its own.
    order["storage_path"] = json!(server.upload(&server.other_key).await);
    assert_eq!(server.send(Method::POST, "/jobs", &server.other_key, order).await.0, 201);
}

#[tokio::test]
async fn a_job_is_called_off_and_ordered_again_where_its_state_allows_it() {
    let server = Server::open().await;
    let path = format!("/jobs/{}", server.job().await);
    let (status, body) = server.patch(&path, json!({ "action": "retry" })).await;
    assert_eq!((status, &body["error"]), (400, &json!("Cannot retry a pending job")));
    let (status, body) = server.patch(&path, json!({ "action": "cancel" })).await;
    assert_eq!((status, &body["status"], &body["credits_used"]), (200, &json!("cancelled"), &json!(0)));
    assert_eq!(server.credits().await, 60);
    let (status, body) = server.patch(&path, json!({ "action": "cancel" })).await;
    assert_eq!((status, &body["error"]), (400, &json!("Cannot cancel a cancelled job")));
    let (status, body) = server.patch(&path, json!({ "action": "retry" })).await;
    assert_eq!((status, &body["status"], &body["credits_used"]), (200, &json!("pending"), &json!(2)));
    assert_eq!(server.credits().await, 58);
    let taken = server.taken().await;
    server.failed(&taken, "The picture shows nothing.").await;
    let (_, body) = server.get(&path).await;
    assert_eq!((&body["status"], &body["error_message"]), (&json!("failed"), &json!("The picture shows nothing.")));
    assert_eq!(server.patch(&path, json!({ "action": "retry" })).await.0, 200);
    let taken = server.taken().await;
    server.completed(&taken, "00112233445566778899aabbccddeeff").await;
    for action in ["cancel", "retry"] {
        let (status, body) = server.patch(&path, json!({ "action": action })).await;
        assert_eq!((status, &body["error"]), (400, &json!("Cannot change a completed job")), "{action}");
    }
}

#[tokio::test]
async fn a_retry_is_paid_anew_or_refused() {
    let server = Server::open().await;
    let path = format!("/jobs/{}", server.job().await);
    assert_eq!(server.patch(&path, json!({ "action": "cancel" })).await.0, 200);
    for _ in 0..30 {
        server.job().await;
    }
    let refused = json!({
        "error": "Insufficient credits", "message": "You need 2 credits but only have 0 remaining.",
        "credits_required": 2, "credits_remaining": 0,
    });
    assert_eq!(server.patch(&path, json!({ "action": "retry" })).await, (403, refused));
}

#[tokio::test]
async fn lists_are_filtered_and_turned_page_by_page_newest_first() {
    let server = Server::open().await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(server.job().await);
    }
    let mut plan = server.order().await;
    plan["service_type"] = json!("3d-plans");
    plan["config_id"] = json!("office");
    ids.push(server.post("/jobs", plan).await.1["id"].as_str().expect("an id").to_owned());
    ids.reverse();
    server.patch(&format!("/jobs/{}", ids[1]), json!({ "action": "cancel" })).await;
    let page = async |query: &str| {
        let (status, body) = server.get(&format!("/jobs{query}")).await;
        assert_eq!(status, 200, "{body}");
        let jobs = body["jobs"].as_array().expect("a list");
        let found: Vec<String> = jobs.iter().map(|job| job["id"].as_str().expect("an id").to_owned()).collect();
        (found, body["total"].clone(), body["limit"].clone(), body["offset"].clone())
    };
    let (four, three, one) = (json!(4), json!(3), json!(1));
    assert_eq!(page("").await, (ids.clone(), four.clone(), json!(50), json!(0)));
    assert_eq!(page("?limit=2&offset=1").await, (ids[1..3].to_vec(), four.clone(), json!(2), json!(1)));
    assert_eq!(page("?limit=101").await, (ids.clone(), four.clone(), json!(100), json!(0)));
    assert_eq!(page("?offset=9").await, (Vec::new(), four, json!(50), json!(9)));
    assert_eq!(page("?status=cancelled").await, (ids[1..2].to_vec(), one.clone(), json!(50), json!(0)));
    assert_eq!(page("?service_type=3d-plans").await, (ids[..1].to_vec(), one, json!(50), json!(0)));
    let pending = page("?status=pending").await;
    assert_eq!(pending.0, [ids[0].clone(), ids[2].clone(), ids[3].clone()]);
    assert_eq!(pending.1, three);
    assert_eq!(page("?status=pending&service_type=design-options").await.1, json!(0));
    let whole: Value = server.get("/jobs?limit=1").await.1;
    assert_eq!(whole["jobs"][0], server.get(&format!("/jobs/{}", ids[0])).await.1);
}

#[tokio::test]
async fn a_job_takes_its_mask_and_reference_in_every_form() {
    let server = Server::open().await;
    let mut order = server.order().await;
    order["mask_base64"] = json!(crate::server::png64());
    order["reference_image_base64"] = json!(format!("data:image/png;base64,{}", crate::server::png64()));
    assert_eq!(server.post("/jobs", order.clone()).await.0, 201);
    order["reference_image_base64"] = Value::Null;
    order["reference_image_storage_path"] = json!(server.upload(&server.key).await);
    assert_eq!(server.post("/jobs", order.clone()).await.0, 201);
    let taken = server.taken().await;
    assert!(taken.mask_path.is_some() && taken.reference_path.is_some(), "{taken:?}");
    order["mask_base64"] = json!("AAAA");
    let (status, body) = server.post("/jobs", order).await;
    assert_eq!((status, &body["error"]), (400, &json!("Invalid mask_base64")));
    assert!(body["message"].as_str().is_some_and(|text| text.starts_with("mask_base64: ")), "{body}");
    assert_eq!(server.credits().await, 56);
}

#[tokio::test]
async fn four_k_is_for_those_who_pay_and_costs_three() {
    let server = Server::open().await;
    let mut order = server.order().await;
    order["resolution"] = json!("4K");
    let (status, body) = server.post("/jobs", order.clone()).await;
    assert_eq!((status, &body["credits_used"], &body["resolution"]), (201, &json!(3), &json!("4K")));
    server.change(&server.account, AccountChange { plan: Some("free".into()), ..AccountChange::default() }).await;
    assert_eq!(server.post("/jobs", order).await.0, 403);
    assert_eq!(server.credits().await, 57);
}
