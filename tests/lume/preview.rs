//! The LEDs as they are shown on `/api/v2/preview`.

use crate::server::{Server, Socket, soon, status_of};
use futures::StreamExt;
use lumencast::domain::lights::Pixels;
use serde_json::json;
use std::time::{Duration, Instant};
use tokio::net::TcpSocket;
use tokio_tungstenite::{client_async, tungstenite::Message};

/// The next frame.
async fn frame(socket: &mut Socket) -> Vec<u8> {
    loop {
        match soon(socket.next()).await.expect("it is open").expect("it is sound") {
            Message::Binary(bytes) => return bytes.to_vec(),
            Message::Ping(_) | Message::Pong(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

/// Frames until one is like this.
async fn until(socket: &mut Socket, expected: &[u8]) {
    soon(async { while frame(socket).await != expected {} }).await;
}

#[tokio::test]
async fn three_bytes_for_each_led_as_on_the_wire() {
    let server = Server::with_leds(4).await;
    server
        .done(
            "POST",
            "/api/pixels",
            json!({ "pixels": [[1, 2, 3], [4, 5, 6], [7, 8, 9], [255, 0, 128]], "brightness": 255 }),
        )
        .await;
    let mut socket = server.socket("/api/v2/preview").await;
    until(&mut socket, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 255, 0, 128]).await;
    server.done("PUT", "/api/v2/controller", json!({ "power": false })).await;
    until(&mut socket, &[0; 12]).await;
    // A later client gets it at once, and no earlier frame.
    let mut later = server.socket("/api/v2/preview").await;
    assert_eq!(frame(&mut later).await, [0; 12]);
    drop((socket, later));
    server.done("PUT", "/api/v2/controller", json!({ "power": true })).await;
    server.done("POST", "/api/pixels", json!({ "fill": [5, 5, 5] })).await;
    let mut anew = server.socket("/api/v2/preview").await;
    until(&mut anew, &[5; 12]).await;
}

#[tokio::test]
async fn nothing_is_sent_while_nothing_changes() {
    let server = Server::with_leds(4).await;
    server.done("POST", "/api/pixels", json!({ "fill": [5, 5, 5], "brightness": 255 })).await;
    let mut socket = server.socket("/api/v2/preview").await;
    until(&mut socket, &[5; 12]).await;
    let silence = tokio::time::timeout(Duration::from_millis(500), frame(&mut socket)).await;
    assert!(silence.is_err(), "{silence:?}");
}

#[tokio::test]
async fn at_most_thirty_frames_a_second_and_not_many_fewer() {
    let server = Server::with_leds(4).await;
    let lights = server.lights.clone();
    let painter = tokio::spawn(async move {
        let mut frames = lights.frames();
        for n in 0u8.. {
            frames.changed().await.expect("lights");
            lights.set_pixels(&Pixels::Fill([n, n, n]));
        }
    });
    let mut socket = server.socket("/api/v2/preview").await;
    frame(&mut socket).await;
    let (began, mut count) = (Instant::now(), 0);
    while began.elapsed() < Duration::from_secs(2) {
        frame(&mut socket).await;
        count += 1;
    }
    painter.abort();
    assert!((30..=61).contains(&count), "{count} frames in 2 s");
}

#[tokio::test]
async fn who_does_not_read_is_given_up_and_others_get_the_place() {
    let server = Server::with_leds(10_880).await;
    let lights = server.lights.clone();
    let painter = tokio::spawn(async move {
        let mut frames = lights.frames();
        for n in 0u8.. {
            frames.changed().await.expect("lights");
            lights.set_pixels(&Pixels::Fill([n, n, n]));
        }
    });
    let mut deaf = Vec::new();
    for _ in 0..16 {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_recv_buffer_size(4096).expect("a small buffer");
        let stream = socket.connect(server.addr).await.expect("a connection");
        let (socket, _) = client_async(format!("ws://{}/api/v2/preview", server.addr), stream).await.expect("a place");
        deaf.push(socket);
    }
    assert_eq!(status_of(&server.try_socket("/api/v2/preview").await.expect_err("all are taken")), 503);
    soon(async {
        while server.try_socket("/api/v2/preview").await.is_err() {
            tokio::time::sleep(Duration::from_millis(100)).await; // between tries
        }
    })
    .await;
    painter.abort();
    drop(deaf);
}
