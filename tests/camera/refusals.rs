//! Refused cameras, and the reason that they get.

use super::device::Peer;
use super::fixture::Fixture;

async fn told(fixture: &Fixture, path: &str, authorization: Option<&str>) -> (u16, String) {
    Peer::with_header(fixture, path, authorization).await.sent_away().await
}

#[tokio::test]
async fn every_refusal_has_its_code_and_its_word() {
    let _turn = crate::turn::turn();
    let fixture = Fixture::open().await;
    let long = "r".repeat(200);
    for (query, code, word) in [
        ("", 4401, "invalid_app"),
        ("app=Live&room=cam&key=wsk_cam", 4401, "invalid_app"),
        ("app=live&key=wsk_cam", 4401, "invalid_room"),
        ("app=live&room=-cam&key=wsk_cam", 4401, "invalid_room"),
        (&format!("app=live&room={long}&key=wsk_cam"), 4401, "invalid_room"),
        ("app=live&room=cam", 4401, "invalid_key"),
        ("app=live&room=cam&key=sk_cam", 4401, "invalid_key"),
        ("app=live&room=cam&key=wsk_unknown", 4401, "invalid_key"),
        ("app=nothere&room=cam&key=wsk_cam", 4401, "unknown_app"),
        ("app=live&room=cam&key=wsk_other", 4401, "room_mismatch"),
        ("app=live&room=off&key=wsk_off", 4403, "ws_ingest_disabled"),
        ("app=live&room=quota&key=wsk_quota", 4403, "quota_exceeded"),
        ("app=live&room=many&key=wsk_many", 4403, "max_cameras"),
        ("app=live&room=broken&key=wsk_broken", 4401, "handshake_error"),
    ] {
        assert_eq!(told(&fixture, &format!("/ingest/ws?{query}"), None).await, (code, word.to_owned()), "{query}");
    }
}

#[tokio::test]
async fn the_header_counts_more_than_the_query() {
    let _turn = crate::turn::turn();
    let fixture = Fixture::open().await;
    let path = "/ingest/ws?app=live&room=cam&key=wsk_cam";
    assert_eq!(told(&fixture, path, Some("Bearer wsk_unknown")).await, (4401, "invalid_key".into()));
    let mut camera =
        Peer::with_header(&fixture, "/ingest/ws?app=live&room=cam&key=wsk_unknown", Some("bearer wsk_cam")).await;
    assert_eq!(camera.json().await["type"], "ready");
}

#[tokio::test]
async fn the_sixty_first_handshake_of_a_minute_is_one_too_many() {
    let _turn = crate::turn::turn();
    let fixture = Fixture::with(1_000, 1_000, |settings| settings.handshakes = 60).await;
    for _ in 0..60 {
        assert_eq!(told(&fixture, "/ingest/ws", None).await, (4401, "invalid_app".into()));
    }
    let good = "/ingest/ws?app=live&room=cam&key=wsk_cam";
    assert_eq!(told(&fixture, good, None).await, (4429, "rate_limited".into()));
}

#[tokio::test]
async fn what_is_no_websocket_is_told_so() {
    let _turn = crate::turn::turn();
    let fixture = Fixture::open().await;
    for path in ["/ingest/ws", "/live/ws", "/live/data"] {
        let answer = reqwest::get(fixture.http(path)).await.unwrap();
        assert_eq!(answer.status(), 426, "{path}");
        assert_eq!(answer.headers()["upgrade"], "websocket", "{path}");
    }
}
