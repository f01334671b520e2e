//! Authentication: keys, sessions of browsers, the cookie of the operator's page, in this order.

use crate::server::{JWT_SECRET, Server, status_and_body};
use lumencast::store::AccountChange;
use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};

async fn name(server: &Server, bearer: Option<&str>, cookie: Option<&str>) -> (u16, Value) {
    let mut request = server.request(Method::GET, "/api-keys");
    if let Some(bearer) = bearer {
        request = request.header(header::AUTHORIZATION, bearer);
    }
    if let Some(cookie) = cookie {
        request = request.header(header::COOKIE, cookie);
    }
    let (status, body) = status_and_body(request.send().await.expect("an answer")).await;
    let own = body["api_keys"].as_array().map(|keys| json!(keys.len()));
    (status, own.unwrap_or_else(|| body["error"].clone()))
}

#[tokio::test]
async fn a_bearer_counts_before_the_cookie_and_a_bad_one_is_not_made_good_by_it() {
    let server = Server::open().await;
    server.key_of(&server.account).await;
    // The first account has two keys, the other one has one: the count identifies the account.
    let cookie = server.cookie().await;
    let (default, other) = ((200, json!(2)), (200, json!(1)));
    let session = Server::session(&server.other.id, JWT_SECRET, 60);
    let bearer = |credential: &str| format!("Bearer {credential}");
    assert_eq!(name(&server, Some(&bearer(&server.key)), None).await, default);
    assert_eq!(name(&server, Some(&bearer(&session)), None).await, other);
    assert_eq!(name(&server, None, Some(&cookie)).await, default);
    assert_eq!(name(&server, Some(&bearer(&server.other_key)), Some(&cookie)).await, other);
    assert_eq!(name(&server, Some(&bearer(&session)), Some(&cookie)).await, other);
    assert_eq!(name(&server, Some(&format!("bearer  {}", server.other_key)), Some(&cookie)).await, other);
    // Another scheme than bearer is none of the documented ways, and hides none of them.
    assert_eq!(name(&server, Some("Basic YWRtaW46eA=="), Some(&cookie)).await, default);
    for bad in ["lum_live_nobody", &server.key[..server.key.len() - 1], "", "eyJhbGciOiJIUzI1NiJ9.e30.x"] {
        let (status, _) = name(&server, Some(&bearer(bad)), Some(&cookie)).await;
        assert_eq!(status, 401, "{bad:?}");
    }
}

#[tokio::test]
async fn each_bad_credential_is_told_what_is_wrong_with_it() {
    let server = Server::open().await;
    let bearer = |credential: String| Some(format!("Bearer {credential}"));
    let cases = [
        (None, None, "Authentication required"),
        (None, Some("theme=dark"), "Authentication required"),
        (Some("Basic YWRtaW46eA==".to_owned()), None, "Authentication required"),
        (bearer("lum_live_nobody".into()), None, "Invalid API key"),
        (bearer(Server::session(&server.account.id, "another secret", 60)), None, "Invalid or expired token"),
        (bearer(Server::session(&server.account.id, JWT_SECRET, -60)), None, "Invalid or expired token"),
        (bearer("sk_something".into()), None, "Invalid or expired token"),
        (None, Some("lumencast_session=x.y.z"), "Invalid or expired token"),
    ];
    for (authorization, cookie, error) in cases {
        let found = name(&server, authorization.as_deref(), cookie).await;
        assert_eq!(found, (401, json!(error)), "{authorization:?} {cookie:?}");
    }
    let nobody = Server::session("00000000-0000-4000-8000-00000000dead", JWT_SECRET, 60);
    assert_eq!(name(&server, bearer(nobody).as_deref(), None).await, (404, json!("No subscription")));
    server.change(&server.other, AccountChange { status: Some("none".into()), ..AccountChange::default() }).await;
    assert_eq!(name(&server, bearer(server.other_key.clone()).as_deref(), None).await, (404, json!("No subscription")));
}

#[tokio::test]
async fn a_key_that_is_switched_off_opens_nothing_until_it_is_switched_on() {
    let server = Server::open().await;
    let (_, keys) = server.get("/api-keys").await;
    let path = format!("/api-keys/{}", keys["api_keys"][0]["id"].as_str().expect("an id"));
    let second = server.key_of(&server.account).await;
    assert_eq!(server.send(Method::PATCH, &path, &second, json!({ "is_active": false })).await.0, 200);
    let bearer = format!("Bearer {}", server.key);
    assert_eq!(name(&server, Some(&bearer), None).await, (401, json!("API key revoked")));
    assert_eq!(server.send(Method::PATCH, &path, &second, json!({ "is_active": true })).await.0, 200);
    assert_eq!(name(&server, Some(&bearer), None).await.0, 200);
}

#[tokio::test]
async fn a_form_of_another_site_does_nothing_with_the_operators_cookie() {
    let server = Server::open().await;
    let cookie = server.cookie().await;
    let send = async |kind: Option<&str>| {
        let mut request = server.request(Method::POST, "/api-keys").header(header::COOKIE, &cookie).body("{}");
        if let Some(kind) = kind {
            request = request.header(header::CONTENT_TYPE, kind);
        }
        status_and_body(request.send().await.expect("an answer")).await
    };
    for kind in [None, Some("text/plain"), Some("application/x-www-form-urlencoded"), Some("multipart/form-data")] {
        let (status, body) = send(kind).await;
        assert_eq!((status, &body["error"]), (400, &json!("Unsupported content type")), "{kind:?}");
    }
    assert_eq!(send(Some("application/json; charset=utf-8")).await.0, 201);
    // A request with a key need not declare the type of its body.
    let request = server.request(Method::POST, "/api-keys").bearer_auth(&server.key).body("{}");
    assert_eq!(request.send().await.expect("an answer").status(), StatusCode::CREATED);
}

#[tokio::test]
async fn pages_of_other_origins_may_ask_but_not_with_the_cookie() {
    let server = Server::open().await;
    let request = server.request(Method::OPTIONS, "/jobs").header("origin", "https://app.example");
    let response = request.header("access-control-request-method", "POST").send().await.expect("an answer");
    assert_eq!(response.status(), StatusCode::NO_CONTENT);
    let headers = response.headers();
    assert_eq!(headers["access-control-allow-origin"], "*");
    assert_eq!(headers["access-control-allow-methods"], "GET, POST, HEAD, OPTIONS");
    assert_eq!(headers["access-control-allow-headers"], "Authorization, Content-Type");
    assert_eq!(headers["allow"], "GET, POST, HEAD, OPTIONS");
    assert!(!headers.contains_key("access-control-allow-credentials"));
    let response = server.raw(Method::GET, "/credits", &server.key, &Value::Null).await;
    assert_eq!(response.headers()["access-control-allow-origin"], "*");
    assert!(!response.headers().contains_key("access-control-allow-credentials"));
    assert_eq!(server.send(Method::OPTIONS, "/jobs/a/b", "", Value::Null).await.0, 404);
}

#[tokio::test]
async fn a_page_of_another_origin_changes_nothing_with_the_operators_cookie() {
    let server = Server::open().await;
    let cookie = server.cookie().await;
    let send = async |origin: &str, credential: (header::HeaderName, &str)| {
        let request = server.request(Method::POST, "/api-keys").header(header::ORIGIN, origin);
        let request = request.header(credential.0, credential.1).json(&json!({ "name": "x" }));
        status_and_body(request.send().await.expect("an answer")).await
    };
    let (status, body) = send("https://evil.example", (header::COOKIE, &cookie)).await;
    assert_eq!((status, &body["error"]), (403, &json!("Foreign origin")));
    let bearer = format!("Bearer {}", server.key);
    assert_eq!(send("https://evil.example", (header::AUTHORIZATION, &bearer)).await.0, 201, "with a key it may");
    assert_eq!(send(&server.base, (header::COOKIE, &cookie)).await.0, 201);
}
