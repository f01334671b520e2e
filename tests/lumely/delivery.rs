//! Bodies of webhooks, verified the way the document's sample does: in Node, after parsing and writing them again.

use crate::server::{PUBLIC, Server, now_ms};
use lumencast::{
    api::lumely::delivery,
    app::{
        imaging::{hooks::JobWebhooks, jobs::Job},
        outbox::Sender,
    },
    domain::imaging::{JobStatus, Resolution, Service},
};
use serde_json::{Value, json};
use std::{
    io::Write,
    process::{Command, Stdio},
};

/// The sample's verification, over what came as text and over what it is when parsed and written again.
const VERIFY: &str = r"
const crypto = require('crypto');
const { body, signature, secret } = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const sign = (text) => crypto.createHmac('sha256', secret).update(text).digest('hex');
const same = (text) => signature === '' ? sign(text) === sign(body)
    : crypto.timingSafeEqual(Buffer.from(signature), Buffer.from(sign(text)));
process.exit(same(body) && same(JSON.stringify(JSON.parse(body))) ? 0 : 1);
";

/// Whether both agree; without a signature, whether they agree with each other.
fn verified(body: &str, signature: &str, secret: &str) -> bool {
    let mut node = Command::new("node");
    let mut node = node.args(["-e", VERIFY]).stdin(Stdio::piped()).spawn().expect("node runs");
    let told = json!({ "body": body, "signature": signature, "secret": secret }).to_string();
    node.stdin.take().expect("a pipe").write_all(told.as_bytes()).expect("node reads");
    node.wait().expect("node ends").success()
}

fn job() -> Job {
    Job {
        id: "0b9f3c1e-5a55-4a3e-9f0a-1f2e3d4c5b6a".into(),
        status: JobStatus::Completed,
        service: Service::VirtualStaging,
        config: "living-room".into(),
        resolution: Resolution::TwoK,
        prompt: Some("„Gemütlich“ \u{1f6cb}\u{fe0f} \u{2028}\u{7f}\u{1b} </script> \\ \"x\" \n\t\u{8}/".into()),
        reference_id: Some("日本 42".into()),
        idempotency_key: Some("not for others".into()),
        options: Some(json!({ "style": "modern", "lighting": "warm" })),
        location: Some(json!({ "city": "Dublin", "latitude": 53.0, "longitude": -1e-6 })),
        input_path: "secret/api_1_0.jpg".into(),
        output_key: Some("00112233445566778899aabbccddeeff".into()),
        error_message: None,
        credits_used: 2,
        engine: Some("local".into()),
        created_at: 1_782_820_800_000,
        started_at: Some(1_782_820_800_001),
        completed_at: Some(1_782_820_860_999),
    }
}

#[test]
fn a_delivery_is_compact_and_in_a_fixed_order_and_keeps_its_secrets() {
    let text = delivery("job.completed", &job(), "https://media.example.com/");
    let expected = concat!(
        r#"{"event":"job.completed","data":{"id":"0b9f3c1e-5a55-4a3e-9f0a-1f2e3d4c5b6a","status":"completed","#,
        r#""service_type":"virtual-staging","config_id":"living-room","resolution":"2K","#,
        "\"prompt\":\"„Gemütlich“ \u{1f6cb}\u{fe0f} \u{2028}\u{7f}\\u001b </script> \\\\ \\\"x\\\" \\n\\t\\b/\",",
        r#""reference_id":"日本 42","options":{"lighting":"warm","style":"modern"},"#,
        r#""location":{"city":"Dublin","latitude":53,"longitude":-0.000001},"input_image_url":null,"#,
        r#""output_image_url":"https://media.example.com/images/00112233445566778899aabbccddeeff.jpg","#,
        r#""error_message":null,"credits_used":2,"engine":"local","#,
        r#""poll_url":"/api/v1/jobs/0b9f3c1e-5a55-4a3e-9f0a-1f2e3d4c5b6a","created_at":"2026-06-30T12:00:00.000Z","#,
        r#""started_at":"2026-06-30T12:00:00.001Z","completed_at":"2026-06-30T12:01:00.999Z"}}"#,
    );
    assert_eq!(text, expected);
}

#[test]
fn the_sample_of_the_document_comes_to_the_same_signature() {
    assert!(verified(&delivery("job.completed", &job(), PUBLIC), "", "whsec"));
    for place in [json!({ "latitude": 1.5e-7, "longitude": 179.999_999_999_999_97 }), json!({ "latitude": -0.0 })] {
        let odd = Job { location: Some(place), prompt: Some("\u{0}\u{1f}\u{80}\u{ffff}\u{10ffff}".into()), ..job() };
        assert!(verified(&delivery("job.failed", &odd, PUBLIC), "", "whsec"));
    }
    // The check can fail: blanks and fractions that JavaScript does not write.
    assert!(!verified("{\"a\": 1}", "", "whsec"));
    assert!(!verified("{\"a\":1.0}", "", "whsec"));
}

#[tokio::test]
async fn what_the_outbox_sends_is_verified_with_the_secret_that_was_told() {
    let server = Server::open().await;
    let hook = json!({ "url": "https://hooks.example.com/a" });
    let secret = server.post("/webhooks", hook).await.1["secret"].as_str().expect("a secret").to_owned();
    let mut order = server.order().await;
    order["prompt"] = json!("„Gemütlich“ \u{1f6cb}\u{2029} \"quoted\"");
    order["options"] = json!({ "style": "日本" });
    order["location"] = json!({ "latitude": 53.0, "longitude": -0.000_000_1 });
    let (status, made) = server.post("/jobs", order).await;
    assert_eq!(status, 201, "{made}");
    let taken = server.taken().await;
    server.completed(&taken, "00112233445566778899aabbccddeeff").await;
    let rows = server.store.outbox().take(now_ms() + 1000, 10, 60_000).await.expect("rows");
    let job_webhooks = JobWebhooks::new(&server.store, |event, job| delivery(event, job, PUBLIC));
    let request = job_webhooks.request(&rows[0]).await.expect("rows").expect("a request");
    let (name, signature) = &request.headers[0];
    assert_eq!((rows.len(), *name, request.url.as_str()), (1, "X-Lumely-Signature", "https://hooks.example.com/a"));
    assert!(verified(&request.body, signature, &secret), "{}", request.body);
    let body: Value = serde_json::from_str(&request.body).expect("JSON");
    let (_, job) = server.get(made["poll_url"].as_str().expect("a path").trim_start_matches("/api/v1")).await;
    // The same numbers, though 53.0 is written 53.
    assert_eq!(body["data"]["location"]["latitude"].as_f64(), job["location"]["latitude"].as_f64());
    assert_eq!((&body["event"], &body["data"]["status"]), (&json!("job.completed"), &json!("completed")));
    assert_eq!(body["data"], job);
}
