//! LiveWing: the first message, the timer, the failures, the envelope.

use crate::{
    fixture::Fixture,
    server::{Server, TOKEN},
};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio_tungstenite::tungstenite::Message;

#[tokio::test]
async fn the_documented_authentication_is_answered_to_the_letter() {
    let server = Server::open().await;
    let mut client = server.unauthenticated_client().await;
    client.send(r#"{ "id": "1", "type": "system.auth", "params": { "token": "your-token" } }"#).await;
    let refused = json!({"id":"1","status":"error","error":{"code":"AUTH_FAILED","message":"Invalid token"}});
    assert_eq!(client.message().await, refused);
    client.send(json!({ "id": "2", "type": "system.auth", "params": { "token": TOKEN } }).to_string()).await;
    assert_eq!(client.message().await, json!({"id":"2","status":"ok","data":{}}));
}

#[tokio::test]
async fn a_command_before_authentication_is_rejected_and_the_connection_stays() {
    let server = Server::open().await;
    let mut client = server.unauthenticated_client().await;
    for _ in 0..6 {
        assert_eq!(client.fails("switcher.cut", json!({})).await.0, "AUTH_FAILED");
    }
    client.data("system.auth", json!({ "token": TOKEN })).await;
    client.data("switcher.cut", json!({})).await;
    let orders = server.fixture.orders().len();
    assert_eq!(orders, 1, "the rejected cuts did not reach the show");
}

#[tokio::test]
async fn a_second_authentication_is_fine_and_a_wrong_one_takes_nothing_away() {
    let server = Server::open().await;
    let mut client = server.client().await;
    assert_eq!(client.data("system.auth", json!({ "token": TOKEN })).await, json!({}));
    assert_eq!(client.fails("system.auth", json!({ "token": "wrong" })).await.0, "AUTH_FAILED");
    client.data("system.ping", json!({})).await;
}

#[tokio::test]
async fn the_fifth_failure_is_rate_limited_and_closes_with_4003() {
    let server = Server::open().await;
    let mut client = server.unauthenticated_client().await;
    for _ in 0..4 {
        assert_eq!(client.fails("system.auth", json!({ "token": "wrong" })).await.0, "AUTH_FAILED");
    }
    assert_eq!(client.fails("system.auth", json!({ "token": "wrong" })).await.0, "AUTH_RATE_LIMITED");
    assert_eq!(client.closed().await.map(|frame| u16::from(frame.code)), Some(4003));
}

#[tokio::test]
async fn who_does_not_authenticate_in_time_is_told_and_closed_with_4001() {
    let short = Duration::from_millis(300);
    let server = Server::with(Fixture::new(), |settings| settings.auth_timeout = short).await;
    let began = Instant::now();
    let mut client = server.unauthenticated_client().await;
    assert_eq!(client.fails("system.describe", json!({})).await.0, "AUTH_FAILED");
    let timeout = client.message().await;
    assert!(began.elapsed() >= short);
    assert_eq!(timeout["id"], Value::Null);
    assert_eq!(timeout["status"], "error");
    assert_eq!(timeout["error"]["code"], "AUTH_TIMEOUT");
    assert_eq!(client.closed().await.map(|frame| u16::from(frame.code)), Some(4001));
}

#[tokio::test]
async fn who_authenticated_in_time_may_stay_beyond_the_timer() {
    let short = Duration::from_millis(200);
    let server = Server::with(Fixture::new(), |settings| settings.auth_timeout = short).await;
    let (mut late, mut client) = (server.unauthenticated_client().await, server.client().await);
    assert_eq!(late.closed().await.map(|frame| u16::from(frame.code)), Some(4001));
    client.data("system.ping", json!({})).await;
}

#[tokio::test]
async fn what_is_no_request_is_a_protocol_error() {
    let server = Server::open().await;
    let mut client = server.client().await;
    for (message, id) in [
        ("hello", Value::Null),
        ("[1,2]", Value::Null),
        (r#""text""#, Value::Null),
        ("", Value::Null),
        (r#"{"id":7,"type":"system.ping"}"#, Value::Null),
        (r#"{"type":"system.ping"}"#, Value::Null),
        (r#"{"id":"a"}"#, json!("a")),
        (r#"{"id":"b","type":3}"#, json!("b")),
    ] {
        client.send(message).await;
        let answer = client.message().await;
        assert_eq!(answer["id"], id, "{message}");
        assert_eq!(answer["status"], "error", "{message}");
        assert_eq!(answer["error"]["code"], "PROTOCOL_ERROR", "{message}");
    }
    client.send_message(Message::binary(br#"{"id":"c","type":"system.ping"}"#.to_vec())).await;
    assert_eq!(client.message().await["error"]["code"], "PROTOCOL_ERROR");
    client.data("system.ping", json!({})).await;
}

#[tokio::test]
async fn params_may_be_left_out_but_not_be_something_else() {
    let server = Server::open().await;
    let mut client = server.client().await;
    client.send(r#"{"id":"a","type":"system.ping"}"#).await;
    assert_eq!(client.message().await, json!({"id":"a","status":"ok","data":{}}));
    client.send(r#"{"id":"b","type":"system.ping","params":[]}"#).await;
    assert_eq!(client.message().await["error"]["code"], "INVALID_PARAMS");
}

#[tokio::test]
async fn a_message_beyond_the_cap_closes_with_1009() {
    let server = Server::open().await;
    let mut client = server.client().await;
    client.send(format!(r#"{{"id":"{}","type":"system.ping"}}"#, "x".repeat(300 * 1024))).await;
    assert_eq!(client.closed().await.map(|frame| u16::from(frame.code)), Some(1009));
}

#[tokio::test]
async fn shutdown_says_goodbye_with_1001() {
    let server = Server::open().await;
    let mut client = server.client().await;
    server.shutdown.cancel();
    assert_eq!(client.closed().await.map(|frame| u16::from(frame.code)), Some(1001));
}
