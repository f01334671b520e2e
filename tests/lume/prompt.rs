//! Lights by words over HTTP; what is understood is tested where it is understood.

use crate::server::Server;
use serde_json::{Value, json};

#[tokio::test]
async fn the_documents_prompt_changes_segment_0_and_says_how() {
    let server = Server::open().await;
    let (status, text) = server.text("POST", "/api/prompt", json!({ "prompt": "cozy warm fireplace" })).await;
    assert_eq!(status, 200, "{text}");
    let start = r#"{"success":true,"message":"Lights updated successfully!","spec":{"effect":"fire","#;
    assert!(text.starts_with(start), "{text}");
    let answer: Value = serde_json::from_str(&text).expect("JSON");
    let segment = server.get("/api/v2/segments/0").await;
    for key in ["effect", "speed", "intensity", "primaryColor", "secondaryColor"] {
        let said = &answer["spec"][key];
        assert!(said.is_null() || *said == segment[key], "{key}: {answer} {segment}");
    }
}

#[tokio::test]
async fn a_prompt_is_a_text_that_is_not_empty() {
    let server = Server::open().await;
    for body in [
        json!({}),
        json!({ "prompt": "" }),
        json!({ "prompt": " \n" }),
        json!({ "prompt": 5 }),
        json!({ "prompt": null }),
        json!({ "prompt": "a".repeat(2001) }),
    ] {
        server.refused("POST", "/api/prompt", body, "prompt").await;
    }
}

#[tokio::test]
async fn what_is_not_understood_changes_nothing_and_is_told_why() {
    let server = Server::open().await;
    let before = server.lights.view();
    let (status, answer) = server.send("POST", "/api/prompt", json!({ "prompt": "xyzzy" })).await;
    assert_eq!((status, &answer["success"]), (500, &json!(false)), "{answer}");
    assert!(answer["error"].as_str().is_some_and(|why| !why.is_empty()), "{answer}");
    assert_eq!(server.lights.view(), before);
    server.done("DELETE", "/api/v2/segments/0", Value::Null).await;
    let (status, answer) = server.send("POST", "/api/prompt", json!({ "prompt": "fire" })).await;
    assert_eq!((status, &answer["success"]), (500, &json!(false)), "segment 0 must exist");
}

#[tokio::test]
async fn prompts_that_come_together_are_answered_one_after_another() {
    let server = Server::open().await;
    let ask = || server.send("POST", "/api/prompt", json!({ "prompt": "fire" }));
    for (status, answer) in futures::future::join_all([ask(), ask(), ask(), ask()]).await {
        assert_eq!((status, &answer["success"]), (200, &json!(true)), "{answer}");
    }
}
