//! The state as it is pushed on `/ws`.

use crate::server::{DEADLINE, Server, Socket, soon, status_of};
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio_tungstenite::tungstenite::Message;

/// The next text.
async fn text(socket: &mut Socket) -> String {
    loop {
        match soon(socket.next()).await.expect("it is open").expect("it is sound") {
            Message::Text(text) => return text.to_string(),
            Message::Ping(_) | Message::Pong(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

async fn state(socket: &mut Socket) -> Value {
    serde_json::from_str(&text(socket).await).expect("JSON")
}

#[tokio::test]
async fn the_state_comes_at_once_and_every_second() {
    let server = Server::open().await;
    let mut socket = server.socket("/ws").await;
    let first = text(&mut socket).await;
    let (_, list) = server.text("GET", "/api/v2/segments", Value::Null).await;
    let segments = &list[list.find("\"segments\"").expect("the list")..];
    let controller = r#"{"power":true,"brightness":128,"ledCount":160}"#;
    assert_eq!(first, format!(r#"{{"type":"state","controller":{controller},{segments}"#));
    let began = Instant::now();
    assert_eq!(text(&mut socket).await, first, "nothing changed");
    assert_eq!(text(&mut socket).await, first);
    let passed = began.elapsed();
    assert!(passed > Duration::from_millis(1500) && passed < DEADLINE, "{passed:?}");
}

#[tokio::test]
async fn every_change_comes_whoever_made_it() {
    let server = Server::open().await;
    let (mut one, mut other) = (server.socket("/ws").await, server.socket("/ws").await);
    state(&mut one).await;
    state(&mut other).await;
    server.done("PUT", "/api/v2/controller", json!({ "brightness": 7 })).await;
    server.done("PUT", "/api/v2/segments/0", json!({ "effect": "comet" })).await;
    for socket in [&mut one, &mut other] {
        soon(async {
            loop {
                let told = state(socket).await;
                if told["controller"]["brightness"] == 7 && told["segments"][0]["effect"] == "comet" {
                    break;
                }
            }
        })
        .await;
    }
}

#[tokio::test]
async fn what_clients_say_is_passed_over() {
    let server = Server::open().await;
    let mut socket = server.socket("/ws").await;
    let before = state(&mut socket).await;
    for said in ["{\"power\":false}", "", "nonsense"] {
        socket.send(Message::text(said)).await.expect("it is open");
    }
    socket.send(Message::binary(vec![0; 1000])).await.expect("it is open");
    assert_eq!(state(&mut socket).await, before);
    assert_eq!(state(&mut socket).await, before);
}

#[tokio::test]
async fn sockets_are_limited_and_given_back() {
    let server = Server::open().await;
    let mut sockets = Vec::new();
    for _ in 0..64 {
        sockets.push(server.socket("/ws").await);
    }
    assert_eq!(status_of(&server.try_socket("/ws").await.expect_err("all are taken")), 503);
    drop(sockets.pop());
    soon(async {
        while server.try_socket("/ws").await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await; // between tries
        }
    })
    .await;
}

#[tokio::test]
async fn a_server_that_goes_down_says_goodbye() {
    let server = Server::open().await;
    let (mut push, mut preview) = (server.socket("/ws").await, server.socket("/api/v2/preview").await);
    state(&mut push).await;
    server.shutdown.cancel();
    for socket in [&mut push, &mut preview] {
        let close = soon(async {
            loop {
                if let Message::Close(close) = socket.next().await.expect("a close").expect("it is sound") {
                    return close;
                }
            }
        });
        assert_eq!(close.await.map(|close| u16::from(close.code)), Some(1001));
    }
}
