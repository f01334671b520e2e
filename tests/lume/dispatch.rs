//! What every answer of the plane has in common: other origins, methods, sizes.

use crate::{
    golden::assert_golden,
    server::{Server, told},
};
use bytes::Bytes;
use futures::stream;
use lumencast::api::lume::route_table;
use reqwest::Body;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

#[tokio::test]
async fn pages_of_other_origins_may_ask_everything() {
    let server = Server::open().await;
    for (method, path) in route_table() {
        let path = path.replace("{id}", "0");
        let request = server.request("OPTIONS", &path).header("origin", "https://page.example");
        let response = request.header("access-control-request-method", method).send().await.expect("an answer");
        assert_eq!(response.status(), 204, "{path}");
        let headers = response.headers();
        assert_eq!(headers["access-control-allow-origin"], "*");
        assert_eq!(headers["access-control-allow-methods"], "GET, POST, PUT, DELETE, OPTIONS");
        assert_eq!(headers["access-control-allow-headers"], "Authorization, Content-Type, X-API-Key");
        let response = server.raw(method, &path, &json!({ "prompt": 1 })).await;
        assert_eq!(response.headers()["access-control-allow-origin"], "*", "{method} {path}");
        assert_eq!(response.headers()["cache-control"], "no-store");
    }
    let unknown = server.raw("GET", "/api/v2/nothing", &Value::Null).await;
    assert_eq!(unknown.headers()["access-control-allow-origin"], "*");
    assert_eq!(server.raw("OPTIONS", "/api/v2/nothing", &Value::Null).await.status(), 404);
}

#[tokio::test]
async fn a_head_is_a_get_without_its_body() {
    let server = Server::open().await;
    for (method, path) in route_table().into_iter().filter(|(method, _)| *method == "GET") {
        let path = path.replace("{id}", "0");
        let get = server.raw(method, &path, &Value::Null).await;
        let head = server.raw("HEAD", &path, &Value::Null).await;
        assert_eq!(head.status(), get.status(), "{path}");
        assert_eq!(head.headers()["content-type"], "application/json");
        assert_eq!(head.bytes().await.expect("no body"), Bytes::new());
    }
}

#[tokio::test]
async fn paths_of_others_are_left_alone() {
    let server = Server::open().await;
    for path in ["/", "/health", "/api/v1/status/cg1", "/api/v1/apps", "/api/sceneries", "/ws/x", "/live/ws"] {
        let response = server.raw("GET", path, &Value::Null).await;
        assert_eq!(response.status(), 404);
        assert!(!response.headers().contains_key("access-control-allow-origin"), "{path} was answered by this plane");
    }
}

/// A body of so many bytes that is JSON.
fn body(bytes: usize) -> String {
    let text = json!({ "power": false, "filler": "" }).to_string();
    text.replace("\"filler\":\"\"", &format!("\"filler\":\"{}\"", "x".repeat(bytes - text.len())))
}

#[tokio::test]
async fn a_body_has_at_most_16384_bytes_whatever_is_announced() {
    let server = Server::open().await;
    assert_eq!(body(16_384).len(), 16_384);
    let put = |body: Body| server.request("PUT", "/api/v2/controller").body(body).send();
    for size in [16_385, 100_000, 900_000] {
        let answer = told(put(body(size).into()).await.expect("an answer")).await;
        assert_golden("lume/too_large", &answer);
        // In pieces, without a length.
        let whole = body(size).into_bytes();
        let parts: Vec<_> = whole.chunks(1000).map(|part| Ok::<_, std::io::Error>(part.to_vec())).collect();
        let answer = told(put(Body::wrap_stream(stream::iter(parts))).await.expect("an answer")).await;
        assert_golden("lume/too_large", &answer);
    }
    assert!(server.lights.view().controller.power, "nothing of them was heeded");
    let whole = body(16_384).into_bytes();
    let parts: Vec<_> = whole.chunks(1000).map(|part| Ok::<_, std::io::Error>(part.to_vec())).collect();
    assert_eq!(put(Body::wrap_stream(stream::iter(parts))).await.expect("an answer").status(), 200);
    assert!(!server.lights.view().controller.power);
    for (method, path) in route_table().into_iter().filter(|(method, _)| matches!(*method, "POST" | "PUT")) {
        let request = server.request(method, &path.replace("{id}", "0")).body(body(20_000));
        assert_eq!(request.send().await.expect("an answer").status(), 413, "{method} {path}");
    }
}

#[tokio::test]
async fn whoever_asks_before_sending_too_much_is_told_at_once() {
    let server = Server::open().await;
    let mut stream = TcpStream::connect(server.addr).await.expect("a connection");
    let head =
        "PUT /api/v2/controller HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 999999999\r\n\r\n";
    stream.write_all(head.as_bytes()).await.expect("it is sent");
    let mut answer = vec![0; 12];
    stream.read_exact(&mut answer).await.expect("an answer");
    assert_eq!(answer, b"HTTP/1.1 413");
}
