//! Admission at the media endpoints.

use super::fixture::Fixture;
use serde_json::json;

/// An offer of sound, complete but without a peer behind it.
const OFFER: &str = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n\
    m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:abcd\r\n\
    a=ice-pwd:abcdefghijklmnopqrstuvwx\r\na=fingerprint:sha-256 \
    AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA\r\n\
    a=setup:actpass\r\na=mid:0\r\na=DIRECTION\r\na=rtcp-mux\r\na=rtpmap:111 opus/48000/2\r\n";

async fn status(fixture: &Fixture, path: &str) -> u16 {
    let direction = if path.starts_with("/whip") { "sendonly" } else { "recvonly" };
    let request = reqwest::Client::new().post(fixture.server.url(path)).header("content-type", "application/sdp");
    request.body(OFFER.replace("DIRECTION", direction)).send().await.expect("an answer").status().as_u16()
}

#[tokio::test]
async fn a_token_opens_its_room_for_what_it_grants_and_nothing_else() {
    let _turn = crate::support::shared_turn(70);
    let fixture = Fixture::open().await;
    let publish = fixture.token(json!({ "room": "a" })).await;
    let watch = fixture.token(json!({ "room": "a", "canPublish": false })).await;
    let blind = fixture.token(json!({ "room": "a", "canSubscribe": false })).await;
    let brief = fixture.token(json!({ "room": "a", "ttl": "1s" })).await;
    // Expiry counts in whole seconds, and LiveKit allows none of them to be late.
    let end = std::time::Instant::now() + std::time::Duration::from_secs(15);
    while status(&fixture, &format!("/whip/live/a?token={brief}")).await != 401 {
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
        assert_eq!(status(&fixture, &format!("{path}{query}")).await, wanted, "{path} {token}");
    }
    assert_eq!(status(&fixture, &format!("/whip/live/a?token={publish}")).await, 201);
    assert_eq!(status(&fixture, &format!("/whep/live/a?token={watch}")).await, 201);
    assert_eq!(status(&fixture, "/whep/live/a").await, 201, "playback is public");
    // Quicker than a picture is waited for, which is three seconds.
    let empty = reqwest::Client::new().get(fixture.server.url("/live/live/empty/frame.jpg"));
    let empty = empty.timeout(std::time::Duration::from_secs(2)).send().await.expect("an answer at once");
    assert_eq!(empty.status(), 404);
    let hls = |token: &str| fixture.server.url(&format!("/hls/live/a/master.m3u8?token={token}"));
    assert_eq!(reqwest::get(hls("nonsense")).await.expect("an answer").status(), 401);
    assert_eq!(reqwest::get(hls(&blind)).await.expect("an answer").status(), 403);
}
