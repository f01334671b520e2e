//! Who is let in at the media doors.

use super::house::Hub;
use crate::stage;
use serde_json::json;

/// An offer as far as the doors read it before they ask for a token.
const OFFER: &str = "v=0\r\n";

async fn status(hub: &Hub, path: &str) -> u16 {
    let request = reqwest::Client::new().post(hub.server.url(path)).header("content-type", "application/sdp");
    request.body(OFFER).send().await.expect("an answer").status().as_u16()
}

#[tokio::test]
async fn a_token_opens_its_room_for_what_it_grants_and_nothing_else() {
    let _turn = stage::turn().await;
    let hub = Hub::open().await;
    let publish = hub.token(json!({ "room": "a" })).await;
    let watch = hub.token(json!({ "room": "a", "canPublish": false })).await;
    let blind = hub.token(json!({ "room": "a", "canSubscribe": false })).await;
    let brief = hub.token(json!({ "room": "a", "ttl": "1s" })).await;
    // Expiry counts in whole seconds, and LiveKit allows none of them to be late.
    let end = std::time::Instant::now() + std::time::Duration::from_secs(15);
    while status(&hub, &format!("/whip/live/a?token={brief}")).await != 401 {
        assert!(std::time::Instant::now() < end, "the token does not expire");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    for (path, token, wanted) in [
        ("/whip/live/a", "", 401),
        ("/whip/live/a", "nonsense", 401),
        ("/whip/live/a", &watch, 403),
        ("/whip/live/b", &publish, 403),
        ("/whip/nothere/a", &publish, 404),
        ("/whep/live/b", &watch, 403),
        ("/whep/live/a", &blind, 403),
        ("/whep/live/a", &brief, 401),
        ("/whep/nothere/a", "", 404),
    ] {
        let query = if token.is_empty() { String::new() } else { format!("?token={token}") };
        assert_eq!(status(&hub, &format!("{path}{query}")).await, wanted, "{path} {token}");
    }
    // Let through, and only then read: this is no offer.
    assert_eq!(status(&hub, &format!("/whip/live/a?token={publish}")).await / 100, 4);
    let hls = |token: &str| hub.server.url(&format!("/hls/live/a/master.m3u8?token={token}"));
    assert_eq!(reqwest::get(hls("nonsense")).await.expect("an answer").status(), 401);
    assert_eq!(reqwest::get(hls(&watch)).await.expect("an answer").status(), 404, "nobody publishes");
}
