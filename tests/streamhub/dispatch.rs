//! What every request passes: paths, methods, bodies.

use crate::server::{Server, not_found};
use reqwest::{Method, header};
use serde_json::{Value, json};

#[tokio::test]
async fn what_does_not_exist_is_404_and_a_wrong_method_is_told_the_right_ones() {
    let server = Server::open().await;
    for path in ["/apps/live/nothing", "/apps/live/config/more", "/auth", "/auth/nothing", "/tokens/a/b", "/stats"] {
        assert_eq!(server.get(path).await, not_found(&format!("Cannot GET /api/v1{path}")));
    }
    for (method, path, allow) in [
        (Method::PUT, "/apps", "GET, HEAD, POST"),
        (Method::POST, "/apps/live", "GET, HEAD, PATCH, DELETE"),
        (Method::GET, "/apps/live/tokens", "POST"),
        (Method::DELETE, "/auth/me", "GET, HEAD"),
    ] {
        let response = server.raw(method.clone(), path, &server.global, Value::Null).await;
        assert_eq!((response.status().as_u16(), &response.headers()["allow"]), (405, &allow.parse().expect("a value")));
        let body: Value = response.json().await.expect("JSON");
        let cannot = format!("Cannot {method} /api/v1{path}");
        assert_eq!(body, json!({ "statusCode": 405, "message": cannot, "error": "Method Not Allowed" }));
    }
}

#[tokio::test]
async fn paths_of_other_planes_are_left_alone() {
    let server = Server::open().await;
    for path in ["/status/cg1", "/trigger/a/on", "/application", "/tokensmith", ""] {
        let response = server.raw(Method::GET, path, &server.global, Value::Null).await;
        assert_eq!(response.status(), 404);
        let text = response.text().await.expect("a text");
        assert!(!text.contains("statusCode"), "{path} was answered by this plane: {text}");
    }
}

#[tokio::test]
async fn a_slash_at_the_end_and_escapes_in_segments_change_nothing() {
    let server = Server::open().await;
    assert_eq!(server.get("/apps/live/").await.0, 200);
    assert_eq!(server.get("/apps/l%69ve").await.0, 200);
    assert_eq!(server.get("/apps/%zz").await.0, 400);
    assert_eq!(server.get("/apps/a%2Fb").await, not_found("App not found"));
    let head = server.raw(Method::HEAD, "/apps/live", &server.global, Value::Null).await;
    assert_eq!(head.status(), 200);
}

#[tokio::test]
async fn bodies_over_100_kb_are_413_with_or_without_a_length() {
    let server = Server::open().await;
    let padded = |size: usize| {
        let empty = json!({ "pad": "" }).to_string().len();
        json!({ "pad": "x".repeat(size - empty) }).to_string()
    };
    let send = async |body: reqwest::Body| {
        let request = server.request(Method::PATCH, "/apps/live").bearer_auth(&server.global).body(body);
        let response = request.header(header::CONTENT_TYPE, "application/json").send().await.expect("an answer");
        (response.status().as_u16(), response.json::<Value>().await.expect("JSON"))
    };
    let chunked = |text: String| {
        let parts: Vec<Result<Vec<u8>, std::io::Error>> =
            text.into_bytes().chunks(9_000).map(|c| Ok(c.to_vec())).collect();
        reqwest::Body::wrap_stream(futures::stream::iter(parts))
    };
    let large = json!({ "statusCode": 413, "message": "request entity too large", "error": "Payload Too Large" });
    let (most, limit) = (padded(102_400), padded(102_401));
    assert_eq!(send(most.clone().into()).await.0, 200);
    assert_eq!(send(limit.clone().into()).await, (413, large.clone()));
    assert_eq!(send(chunked(most)).await.0, 200);
    assert_eq!(send(chunked(limit)).await, (413, large));
}

#[tokio::test]
async fn a_body_that_is_no_json_object_is_400_and_none_is_an_empty_one() {
    let server = Server::open().await;
    for text in ["{", "[]", "5", "\"x\"", "null", "{\"a\":1}x"] {
        let request = server.request(Method::PATCH, "/apps/live").bearer_auth(&server.global).body(text);
        let response = request.send().await.expect("an answer");
        assert_eq!(response.status(), 400, "{text}");
        let body: Value = response.json().await.expect("JSON");
        assert_eq!((&body["statusCode"], &body["error"]), (&json!(400), &json!("Bad Request")), "{text}");
        assert!(body["message"].is_string(), "{body}");
    }
    assert_eq!(server.patch("/apps/live", Value::Null).await.0, 200);
}

#[tokio::test]
async fn an_unauthenticated_client_gets_401_before_anything_is_read_and_answers_are_not_for_caches() {
    let server = Server::open().await;
    let request = server.request(Method::PATCH, "/apps/live").body("{");
    let response = request.send().await.expect("an answer");
    assert_eq!(response.status(), 401);
    assert_eq!(response.headers()["www-authenticate"], "Bearer");
    assert_eq!(response.headers()["cache-control"], "no-store");
    let body: Value = response.json().await.expect("JSON");
    assert_eq!(body, json!({ "statusCode": 401, "message": "Unauthorized", "error": "Unauthorized" }));
    for credential in ["", "Bearer", "Basic abc", &server.global] {
        let request = server.request(Method::GET, "/apps").header(header::AUTHORIZATION, credential);
        assert_eq!(request.send().await.expect("an answer").status(), 401, "{credential:?}");
    }
}

#[tokio::test]
async fn the_health_of_the_plane_is_public() {
    let server = Server::open().await;
    let (status, body) = server.send(Method::GET, "/health", "", Value::Null).await;
    assert_eq!((status, &body["status"], &body["up"]), (200, &json!("ok"), &json!(true)));
    assert!(body["version"].is_string() && body["ts"].is_string() && body["uptimeSeconds"].is_u64(), "{body}");
}
