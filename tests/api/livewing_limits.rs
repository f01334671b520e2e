//! LiveWing: the three limits, the number of clients, clients that do not read or are gone.

use crate::{
    fixture::Fixture,
    server::{Server, TOKEN},
};
use lumencast::{app::access::connection_limiter::ConnectionLimiter, domain::source::Signal};
use serde_json::json;
use std::time::{Duration, Instant};
use tokio::{
    io::AsyncReadExt,
    net::TcpStream,
    time::{sleep, timeout},
};
use tokio_tungstenite::{client_async, tungstenite::Message};

#[tokio::test]
async fn commands_beyond_100_a_second_fail_and_a_second_later_they_work_again() {
    let server = Server::open().await;
    let mut client = server.unauthenticated_client().await;
    let mut ids = vec![client.ask("system.auth", json!({ "token": TOKEN })).await];
    // Three times as many, so that a machine too slow for 100 in a second would still run into the limit.
    for _ in 0..300 {
        ids.push(client.ask("system.ping", json!({})).await);
    }
    let mut refused = 0;
    for (place, id) in ids.iter().enumerate() {
        let answer = client.answer(id).await;
        if answer["status"] == "ok" {
            continue;
        }
        refused += 1;
        assert!(place >= 100, "command {place} of the first 100: {answer}");
        assert_eq!(answer["error"]["code"], "COMMAND_FAILED");
        assert!(answer["error"]["message"].as_str().is_some_and(|m| m.contains("100 commands per second")), "{answer}");
    }
    assert!(refused > 0, "nothing was refused");
    let deadline = Instant::now() + Duration::from_secs(5);
    while client.call("system.ping", json!({})).await["status"] != "ok" {
        assert!(Instant::now() < deadline, "the limit never ends");
        sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn the_31st_subscription_change_of_a_minute_fails_and_changes_nothing() {
    let server = Server::open().await;
    let mut client = server.client().await;
    for _ in 0..15 {
        client.data("system.subscribe", json!({ "topics": ["tally"] })).await;
        client.data("system.unsubscribe", json!({ "topics": ["tally"] })).await;
    }
    let (code, message) = client.fails("system.subscribe", json!({ "topics": ["tally"] })).await;
    assert_eq!(code, "COMMAND_FAILED");
    assert!(message.contains("30 subscription changes per minute"), "{message}");
    let snapshots = client.left_over().len();
    client.data("switcher.cut", json!({})).await;
    client.data("system.ping", json!({})).await;
    assert_eq!(client.left_over().len(), snapshots, "nothing is pushed");
}

#[tokio::test]
async fn the_sixth_get_state_of_a_minute_fails_and_is_counted_for_each_connection() {
    let server = Server::open().await;
    let mut client = server.client().await;
    for _ in 0..5 {
        client.data("system.getState", json!({})).await;
    }
    let (code, message) = client.fails("system.getState", json!({})).await;
    assert_eq!(code, "COMMAND_FAILED");
    assert!(message.contains("5 system.getState per minute"), "{message}");
    client.data("switcher.getState", json!({})).await;
    server.client().await.data("system.getState", json!({})).await;
}

#[tokio::test]
async fn a_client_too_many_is_turned_away_and_a_place_is_free_again_when_one_leaves() {
    let server =
        Server::with(Fixture::new(), |settings| settings.limiter = ConnectionLimiter::alone("livewing", 1)).await;
    let first = server.client().await;
    let mut answer = String::new();
    let mut second = TcpStream::connect(server.addr).await.expect("the port is open");
    let read = timeout(Duration::from_secs(5), second.read_to_string(&mut answer)).await;
    read.expect("it is turned away").expect("politely");
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    drop(first);
    let deadline = Instant::now() + Duration::from_secs(5);
    loop {
        let stream = TcpStream::connect(server.addr).await.expect("the port is open");
        if client_async("ws://studio/", stream).await.is_ok() {
            break;
        }
        assert!(Instant::now() < deadline, "the place of who left is never free");
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_client_that_does_not_read_is_dropped_and_nobody_else_notices() {
    let send_timeout = Duration::from_millis(300);
    let server = Server::with(Fixture::new(), |settings| settings.send_timeout = send_timeout).await;
    let mut deaf = server.client().await;
    deaf.data("system.subscribe", json!({ "topics": ["inputs", "source.health"] })).await;
    // From here it reads nothing, while the show publishes many events.
    let mut client = server.client().await;
    let deadline = Instant::now() + Duration::from_secs(20);
    let mut told = 0u32;
    loop {
        for _ in 0..500 {
            told += 1;
            let signal = if told.is_multiple_of(2) { Signal::Ok } else { Signal::Stalled };
            server.fixture.signal(0, signal, f64::from(told));
        }
        sleep(Duration::from_millis(20)).await;
        client.data("system.ping", json!({})).await;
        // Writing into a connection that the other side dropped fails.
        if !deaf.try_send(Message::Ping(Default::default())).await {
            break;
        }
        assert!(Instant::now() < deadline, "after {told} changes it is still there");
    }
}

#[tokio::test]
async fn a_peer_that_answers_no_ping_is_gone_after_two() {
    let server = Server::with(Fixture::new(), |settings| {
        settings.keep_alive = Duration::from_millis(100);
        settings.limiter = ConnectionLimiter::alone("livewing", 1);
    })
    .await;
    let _silent = server.client().await; // never polled again, so it answers no ping
    let deadline = Instant::now() + Duration::from_secs(5);
    loop {
        let stream = TcpStream::connect(server.addr).await.expect("the port is open");
        if client_async("ws://studio/", stream).await.is_ok() {
            break;
        }
        assert!(Instant::now() < deadline, "the silent peer keeps its place");
        sleep(Duration::from_millis(20)).await;
    }
}
