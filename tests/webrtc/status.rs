//! What the endpoint answers: status codes and headers of RFC 9725.

use super::{
    client::{Client, ClientEvent, Kind, Offering, patch},
    fixture::{Feeder, Open, TIMEOUT, number},
};
use reqwest::{Method, header};
use std::time::{Duration, Instant};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

async fn ask(method: Method, url: &str, headers: &[(&str, &str)], body: &str) -> reqwest::Response {
    let request = reqwest::Client::new().request(method, url).body(body.to_owned());
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)).send().await.unwrap()
}

/// Path, headers, body, and the status that is answered.
type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str, u16);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_fault_has_its_status() {
    let _turn = crate::support::shared_turn(20);
    let open = Open::endpoint().await;
    let offer = Offering::new(Kind::PUBLISHER).offer.to_sdp_string();
    let watching = Offering::new(Kind::VIEWER).offer.to_sdp_string();
    let sdp = [("content-type", "application/sdp")];
    let long = "x".repeat(70_000);
    let (bearer_out, accept) = (("authorization", "Bearer out"), ("accept", "text/html"));
    let cases: &[Case] = &[
        ("/whip/live/hall", &sdp, &offer, 401),
        ("/whip/live/hall?token=nonsense", &sdp, &offer, 401),
        ("/whip/live/hall", &[sdp[0], bearer_out], &offer, 403),
        ("/whip/none/hall?token=in", &sdp, &offer, 404),
        ("/whep/none/hall", &sdp, &watching, 404),
        ("/whep/live/hall?token=nonsense", &sdp, &watching, 401),
        ("/whip/live/hall?token=in", &[], &offer, 415),
        ("/whip/live/hall?token=in", &[("content-type", "text/plain")], &offer, 415),
        ("/whip/live/hall?token=in", &[sdp[0], accept], &offer, 406),
        ("/whip/live/hall?token=in", &sdp, "hello", 400),
        ("/whip/live/hall?token=in", &sdp, "", 400),
        ("/whip/live/hall?token=in", &sdp, &long, 413),
        ("/whip/live/hall?token=in", &sdp, "v=0\r\nm=audio 9 X 0\r\n", 422),
        ("/whip/live/hall?token=in", &sdp, &watching, 422),
        ("/whep/live/hall", &sdp, &offer, 422),
        ("/whip/live/hall?token=in", &[("content-type", "application/sdp; charset=utf-8")], &offer, 201),
        ("/whep/live/hall", &[sdp[0], ("accept", "application/sdp;q=1, */*")], &watching, 201),
    ];
    for (path, headers, body, status) in cases {
        let response = ask(Method::POST, &open.url(path), headers, body).await;
        assert_eq!(response.status(), *status, "{path} {headers:?}");
        assert_eq!(response.headers()["access-control-allow-origin"], "*");
        match *status {
            201 => {
                assert_eq!(response.headers()["content-type"], "application/sdp");
                assert_eq!(response.headers()["accept-patch"], "application/trickle-ice-sdpfrag");
                assert!(response.headers()["etag"].to_str().unwrap().starts_with('"'));
            }
            other => {
                assert_eq!(response.headers().contains_key("www-authenticate"), other == 401);
                let problem: serde_json::Value = response.json().await.unwrap();
                assert!(problem["error"]["code"].is_string() && problem["error"]["message"].is_string(), "{problem}");
            }
        }
    }
    for method in [Method::GET, Method::PUT, Method::DELETE, Method::PATCH] {
        let response = ask(method, &open.url("/whip/live/hall"), &[], "").await;
        assert_eq!(
            (response.status().as_u16(), &response.headers()["allow"]),
            (405, &"POST, OPTIONS".parse().unwrap())
        );
    }
    let response = ask(Method::OPTIONS, &open.url("/whep/live/hall"), &[], "").await;
    assert_eq!(response.status(), 204);
    assert_eq!(response.headers()["accept-post"], "application/sdp");
    assert!(response.headers()["access-control-allow-methods"].to_str().unwrap().contains("POST"));
    assert!(response.headers()["access-control-allow-headers"].to_str().unwrap().contains("Authorization"));
    let nobody = open.url("/whip/r/00000000000000000000000000000000");
    assert_eq!(ask(Method::DELETE, &nobody, &[], "").await.status(), 404);
    assert_eq!(ask(Method::GET, &nobody, &[], "").await.status(), 405);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_is_announced_too_long_is_refused_at_once_and_one_that_stops_in_time() {
    let _turn = crate::support::shared_turn(20);
    let open = Open::endpoint().await;
    // The rest of each body never comes.
    let ask = async |path: &str, length: u64| {
        let mut socket = TcpStream::connect(open.http).await.unwrap();
        let head =
            format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/sdp\r\ncontent-length: {length}\r\n");
        socket.write_all(format!("{head}\r\nv=0\r\n").as_bytes()).await.unwrap();
        let (began, mut answer) = (Instant::now(), String::new());
        timeout(TIMEOUT, socket.read_to_string(&mut answer)).await.expect("it is answered and closed").unwrap();
        (answer, began.elapsed())
    };
    for path in ["/whip/live/hall?token=in", "/whip/live/hall", "/whep/live/hall"] {
        for length in [65_537, 99_999_999_999] {
            let (answer, took) = ask(path, length).await;
            assert!(answer.starts_with("HTTP/1.1 413 ") && answer.contains("\"too_large\""), "{path}: {answer}");
            assert!(took < Duration::from_millis(900), "{took:?}: the body was waited for");
        }
    }
    let (answer, _) = ask("/whip/live/hall?token=in", 1000).await;
    assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("\"timeout\""), "{answer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_is_trickled_and_restarted_under_its_entity_tag() {
    let _turn = crate::support::shared_turn(20);
    let open = Open::endpoint().await;
    let feeder = Feeder::start(&open.fixture.live, 0, 30, true);
    let mut viewer = Client::to(&open.url(""), "/whep/live/hall", Kind::VIEWER).await;
    viewer.until(|event| matches!(event, ClientEvent::Connected)).await;
    let (resource, etag) = (viewer.resource.clone(), viewer.etag.clone());
    let candidate = "a=mid:0\r\na=candidate:1 1 udp 2130706431 127.0.0.1 9 typ host\r\n";
    assert_eq!(patch(&resource, Some(&etag), candidate).await.status(), 204);
    assert_eq!(patch(&resource, None, candidate).await.status(), 428);
    assert_eq!(patch(&resource, Some("\"other\""), candidate).await.status(), 412);
    assert_eq!(patch(&resource, Some(&etag), "hello").await.status(), 400);
    assert_eq!(patch(&resource.replace("/whep/", "/whip/"), Some(&etag), candidate).await.status(), 404);
    assert_eq!(ask(Method::PATCH, &resource, &[("content-type", "application/sdp")], candidate).await.status(), 415);
    let weak = "a=ice-ufrag:abcd\r\na=ice-pwd:short\r\n";
    assert_eq!(patch(&resource, Some("*"), weak).await.status(), 422);

    let (ufrag, pwd) = ("renewed1", "0123456789abcdefghijklmn");
    let fresh = format!("a=ice-ufrag:{ufrag}\r\na=ice-pwd:{pwd}\r\n{candidate}");
    let response = patch(&resource, Some("*"), &fresh).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()[header::CONTENT_TYPE], "application/trickle-ice-sdpfrag");
    let renewed = response.headers()[header::ETAG].to_str().unwrap().to_owned();
    assert_ne!(renewed, etag);
    let fragment = response.text().await.unwrap();
    assert!(fragment.contains("a=candidate:") && fragment.contains("a=ice-ufrag:"), "{fragment}");
    assert!(!viewer.answer.contains(fragment.lines().find(|line| line.starts_with("a=ice-ufrag:")).unwrap()));
    assert_eq!(patch(&resource, Some(&etag), candidate).await.status(), 412, "the old tag no longer counts");
    viewer.restart((ufrag, pwd), &fragment);
    assert_eq!(patch(&resource, Some(&renewed), candidate).await.status(), 204);
    // The stream goes on without a gap, longer than without new checks.
    let mut next = number(&viewer.picture().await.3).unwrap() + 1;
    for _ in 0..150 {
        assert_eq!(number(&viewer.picture().await.3), Some(next));
        next += 1;
    }
    feeder.stop().await;
}
