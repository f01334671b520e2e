//! The rate limits of accounts, and the headers of every answer.

use crate::server::{Server, now_ms};
use lumencast::{api::lumely::route_table, store::AccountChange};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

fn number(response: &Response, name: &str) -> Option<i64> {
    response.headers().get(name).map(|value| value.to_str().expect("a text").parse().expect("a number"))
}

/// Limit and remaining; the moment of the reset is of the right form and within a minute.
fn told(response: &Response) -> (i64, i64) {
    let reset = response.headers()["x-ratelimit-reset"].to_str().expect("a text");
    assert!(reset.len() == 24 && reset.ends_with('Z'), "{reset}");
    let at = OffsetDateTime::parse(reset, &Rfc3339).expect("ISO 8601").unix_timestamp_nanos() / 1_000_000;
    let ahead = at - i128::from(now_ms());
    assert!((-10_000..=60_001).contains(&ahead), "{ahead} ms ahead");
    (
        number(response, "x-ratelimit-limit").expect("a limit"),
        number(response, "x-ratelimit-remaining").expect("a rest"),
    )
}

#[tokio::test]
async fn the_request_after_the_last_of_a_minute_is_refused_and_told_when_to_come_again() {
    let server = Server::strict().await;
    for left in (0..30).rev() {
        let response = server.raw(Method::GET, "/credits", &server.key, &Value::Null).await;
        assert_eq!((response.status().as_u16(), told(&response)), (200, (30, left)));
        assert!(!response.headers().contains_key("retry-after"));
    }
    let response = server.raw(Method::GET, "/credits", &server.key, &Value::Null).await;
    assert_eq!((response.status().as_u16(), told(&response)), (429, (30, 0)));
    let wait = number(&response, "retry-after").expect("seconds");
    assert!((1..=60).contains(&wait), "{wait}");
    let body: Value = response.json().await.expect("JSON");
    let message = format!("All requests of this minute are used up. Retry after {wait} seconds.");
    assert_eq!(body, json!({ "error": "Rate limit exceeded", "message": message }));
    // Another account has its own minute, and a higher limit holds at once.
    let response = server.raw(Method::GET, "/credits", &server.other_key, &Value::Null).await;
    assert_eq!((response.status().as_u16(), told(&response)), (200, (30, 29)));
    server.change(&server.account, AccountChange { rate_limit_rpm: Some(120), ..AccountChange::default() }).await;
    let response = server.raw(Method::GET, "/credits", &server.key, &Value::Null).await;
    assert_eq!((response.status().as_u16(), told(&response)), (200, (120, 89)));
}

#[tokio::test]
async fn of_many_requests_at_once_exactly_as_many_pass_as_may() {
    let server = Server::strict().await;
    let requests = (0..60).map(|_| server.raw(Method::GET, "/services", &server.key, &Value::Null));
    let answers = futures::future::join_all(requests).await;
    assert_eq!(answers.iter().filter(|answer| answer.status().as_u16() == 200).count(), 30);
    assert_eq!(answers.iter().filter(|answer| answer.status().as_u16() == 429).count(), 30);
}

#[tokio::test]
async fn unauthenticated_clients_use_up_nothing_and_every_credential_of_an_account_the_same() {
    let server = Server::strict().await;
    for _ in 0..3 {
        let response = server.raw(Method::GET, "/credits", "", &Value::Null).await;
        assert_eq!((response.status().as_u16(), told(&response)), (401, (30, 30)));
        let response = server.raw(Method::GET, "/credits", "lum_live_nobody", &Value::Null).await;
        assert_eq!((response.status().as_u16(), told(&response)), (401, (30, 30)));
        assert_eq!(server.raw(Method::OPTIONS, "/credits", "", &Value::Null).await.status().as_u16(), 204);
    }
    assert_eq!(told(&server.raw(Method::GET, "/credits", &server.key, &Value::Null).await), (30, 29));
    let second = server.key_of(&server.account).await;
    assert_eq!(told(&server.raw(Method::GET, "/credits", &second, &Value::Null).await), (30, 28));
    let session = Server::session(&server.account.id, crate::server::JWT_SECRET, 60);
    assert_eq!(told(&server.raw(Method::GET, "/credits", &session, &Value::Null).await), (30, 27));
}

#[tokio::test]
async fn every_answer_tells_of_the_limit_and_is_not_for_caches() {
    let server = Server::open().await;
    let mut paths: Vec<String> = route_table().iter().map(|(_, path)| path.replace(['{', '}'], "")).collect();
    paths.extend(["/jobs/a/b", "/credits/x", "/webhooks/%zz"].map(str::to_owned));
    for path in &paths {
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
            let method = Method::from_bytes(method.as_bytes()).expect("a method");
            for key in ["", server.key.as_str(), "lum_live_nobody"] {
                let response = server.raw(method.clone(), path, key, &Value::Null).await;
                let (limit, remaining) = told(&response);
                let known = key == server.key && method != Method::OPTIONS;
                assert_eq!(limit, if known { 100_000 } else { 30 }, "{method} {path}");
                assert_eq!(remaining == limit, !known, "{method} {path}");
                assert_eq!(response.headers()["cache-control"], "no-store", "{method} {path}");
                if response.status().as_u16() >= 400 && method != Method::HEAD {
                    assert_eq!(response.headers()["content-type"], "application/json", "{method} {path}");
                    let body: Value = response.json().await.expect("JSON");
                    assert!(body["error"].is_string() && body["message"].is_string(), "{method} {path}: {body}");
                }
            }
        }
    }
}
