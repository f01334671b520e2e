//! Join tokens over HTTP, read again by LiveKit's own library where it is installed and by hand everywhere.

use crate::server::{API_KEY, API_SECRET, Server, not_found, refusal};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::Method;
use serde_json::{Value, json};
use std::{path::Path, process::Command};

/// The claims of a token with a valid signature: HMAC-SHA-256 (RFC 2104) by hand.
fn claims(token: &str) -> Value {
    use sha2::{Digest, Sha256};
    let (signed, signature) = token.rsplit_once('.').expect("three parts");
    let mut key = [0u8; 64];
    key[..API_SECRET.len()].copy_from_slice(API_SECRET.as_bytes());
    let inner = Sha256::new().chain_update(key.map(|b| b ^ 0x36)).chain_update(signed).finalize();
    let outer = Sha256::new().chain_update(key.map(|b| b ^ 0x5c)).chain_update(inner).finalize();
    assert_eq!(URL_SAFE_NO_PAD.encode(outer), signature, "the signature of {token}");
    let (head, body) = signed.split_once('.').expect("three parts");
    let part = |part: &str| -> Value {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64url")).expect("JSON")
    };
    assert_eq!(part(head), json!({ "alg": "HS256", "typ": "JWT" }));
    part(body)
}

fn token(data: &Value) -> &str {
    data["data"]["token"].as_str().unwrap_or_else(|| panic!("no token: {data}"))
}

#[tokio::test]
async fn a_viewers_token_has_the_documented_answer_and_livekits_claims() {
    let server = Server::open().await;
    let body = json!({ "room": "demo", "identity": "viewer-1", "name": "Ann", "canPublish": false, "ttl": "10m" });
    let (status, answer) = server.post("/apps/live/tokens", body).await;
    let page = "https://hub.example.com/embed/live/live-demo";
    let wanted = json!({ "data": {
        "token": token(&answer),
        "app": "live",
        "room": "live-demo",
        "identity": "viewer-1",
        "hidden": false,
        "audioOnly": false,
        "adaptive": true,
        "wsUrl": "wss://media.example.com",
        "playUrl": "https://hub.example.com/play/live/live-demo",
        "embedUrl": page,
        "iframe": format!(
            "<iframe src=\"{page}\" width=\"640\" height=\"360\" allow=\"autoplay; fullscreen; camera; microphone\" \
             allowfullscreen></iframe>"
        ),
        "whepUrl": "https://hub.example.com/whep/live/live-demo",
    }});
    assert_eq!((status, &answer), (201, &wanted));
    let claims = claims(token(&answer));
    assert_eq!((&claims["iss"], &claims["sub"], &claims["name"]), (&json!(API_KEY), &json!("viewer-1"), &json!("Ann")));
    assert_eq!(claims["exp"].as_i64().expect("a time") - claims["nbf"].as_i64().expect("a time"), 600);
    let video = json!({
        "roomJoin": true, "room": "live-demo", "canPublish": false, "canSubscribe": true, "canPublishData": true,
        "hidden": false, "roomRecord": false,
    });
    assert_eq!(claims["video"], video);
    let metadata: Value = serde_json::from_str(claims["metadata"].as_str().expect("a text")).expect("JSON");
    assert_eq!(metadata["streamhub"]["simulcast"]["layers"][0], json!({ "name": "high", "height": 720 }));
    assert_eq!(metadata["streamhub"]["simulcast"]["adaptiveStream"], true);
}

#[tokio::test]
async fn without_a_body_it_is_a_publishers_token_of_the_first_room() {
    let server = Server::open().await;
    let (status, answer) = server.post("/apps/live/tokens", Value::Null).await;
    assert_eq!(status, 201);
    let data = &answer["data"];
    assert_eq!((&data["room"], &data["whipUrl"]), (&json!("live"), &json!("https://hub.example.com/whip/live/live")));
    let identity = data["identity"].as_str().expect("a made up identity").to_owned();
    assert!(identity.starts_with("anon-") && identity.len() == 41, "{identity}");
    let claims = claims(token(&answer));
    assert_eq!((&claims["sub"], &claims["video"]["canPublish"]), (&json!(identity), &json!(true)));
    assert_eq!(claims["exp"].as_i64().expect("a time") - claims["nbf"].as_i64().expect("a time"), 6 * 3600);
}

#[tokio::test]
async fn hidden_recorder_and_sound_alone_are_granted_as_the_features_allow() {
    let server = Server::open().await;
    let ask = async |body: Value| {
        let (status, answer) = server.post("/apps/live/tokens", body).await;
        assert_eq!(status, 201, "{answer}");
        (answer["data"].clone(), claims(token(&answer))["video"].clone())
    };
    let (data, video) = ask(json!({ "hidden": true, "recorder": true })).await;
    assert_eq!((&data["hidden"], data.get("whipUrl")), (&json!(true), None));
    assert_eq!(
        (&video["hidden"], &video["roomRecord"], &video["canPublish"]),
        (&json!(true), &json!(true), &json!(false))
    );
    let (_, video) = ask(json!({ "hidden": true, "canPublish": true })).await;
    assert_eq!(video["canPublish"], true, "said so by the caller");
    let (data, video) = ask(json!({ "audioOnly": true, "canSubscribe": false })).await;
    assert_eq!((&data["audioOnly"], &video["canPublishSources"]), (&json!(true), &json!(["microphone"])));
    assert_eq!(video["canSubscribe"], false);

    server.patch("/apps/live", json!({ "features": { "hiddenQc": false, "adaptivePlayer": false } })).await;
    let (data, video) = ask(json!({ "hidden": true, "metadata": "lease 5" })).await;
    assert_eq!((&data["hidden"], &data["adaptive"]), (&json!(false), &json!(false)));
    assert_eq!((&video["hidden"], &video["canPublish"]), (&json!(false), &json!(true)));
}

#[tokio::test]
async fn metadata_stays_what_it_was_beside_what_the_player_needs() {
    let server = Server::open().await;
    let ask = async |metadata: &str| {
        let (_, answer) = server.post("/apps/live/tokens", json!({ "metadata": metadata })).await;
        let text = claims(token(&answer))["metadata"].as_str().expect("a text").to_owned();
        serde_json::from_str::<Value>(&text).expect("JSON")
    };
    let object = ask(r#"{"lease":5,"streamhub":{"own":1}}"#).await;
    assert_eq!((&object["lease"], &object["streamhub"]["own"]), (&json!(5), &json!(1)));
    assert!(object["streamhub"]["simulcast"].is_object());
    for raw in ["plain words", "[1]", "7"] {
        assert_eq!(ask(raw).await["_raw"], raw);
    }
}

#[tokio::test]
async fn wrong_fields_and_rooms_of_others_are_refused() {
    let server = Server::open().await;
    server.post("/apps", json!({ "name": "live-2" })).await;
    let long = |n: usize| "x".repeat(n);
    let body = json!({
        "room": format!("{}/", long(120)), "identity": long(121), "name": long(121), "ttl": "soon",
        "metadata": long(2001), "canPublish": 3,
    });
    let messages = [
        "room must be shorter than or equal to 120 characters",
        "room must match /^[a-zA-Z0-9._-]+$/ regular expression",
        "identity must be shorter than or equal to 120 characters",
        "name must be shorter than or equal to 120 characters",
        "canPublish must be a boolean value",
        "ttl must be a time span such as 90s, 10m or 6h",
        "metadata must be shorter than or equal to 2000 characters",
    ];
    assert_eq!(server.post("/apps/live/tokens", body).await, refusal(400, &messages));
    assert_eq!(server.post("/apps/live/tokens", json!({ "room": "2-x" })).await.0, 403);
    assert_eq!(server.post("/apps/nothing/tokens", json!({})).await, not_found("App not found"));
}

#[tokio::test]
async fn the_public_may_watch_and_listen_where_playback_is_public() {
    let server = Server::open().await;
    for (path, mode, identity) in
        [("play-token/demo", "viewer", "viewer-"), ("radio/live-demo/listen-token", "listener", "listener-")]
    {
        let (status, answer) = server.send(Method::GET, &format!("/apps/live/{path}"), "", Value::Null).await;
        let wanted = json!({ "data": {
            "token": token(&answer), "app": "live", "room": "live-demo", "wsUrl": "wss://media.example.com",
            "mode": mode, "whepUrl": "https://hub.example.com/whep/live/live-demo",
        }});
        assert_eq!((status, &answer), (200, &wanted));
        let claims = claims(token(&answer));
        let who = claims["sub"].as_str().and_then(|sub| sub.strip_prefix(identity)).expect("an identity");
        assert_eq!(who.len(), 8);
        let video = json!({
            "roomJoin": true, "room": "live-demo", "canPublish": false, "canSubscribe": true, "canPublishData": false,
            "hidden": true, "roomRecord": false,
        });
        assert_eq!(claims["video"], video);
        assert_eq!(claims["exp"].as_i64().expect("a time") - claims["nbf"].as_i64().expect("a time"), 6 * 3600);
    }
    for path in ["play-token/a%2Fb", "radio/a%20b/listen-token"] {
        let (status, _) = server.send(Method::GET, &format!("/apps/live/{path}"), "", Value::Null).await;
        assert_eq!(status, 400, "{path}");
    }
    server.patch("/apps/live", json!({ "features": { "publicPlayback": false } })).await;
    for path in ["play-token/demo", "radio/demo/listen-token"] {
        let answer = server.send(Method::GET, &format!("/apps/live/{path}"), "", Value::Null).await;
        assert_eq!(answer, not_found("Public playback is disabled"), "{path}");
        let unknown = server.send(Method::GET, &format!("/apps/nothing/{path}"), "", Value::Null).await;
        assert_eq!(unknown, not_found("App not found"));
    }
}

/// Reads a token and makes one, with LiveKit's own Python library.
const LIVEKIT: &str = r#"
import json, sys
from livekit import api
key, secret, token = sys.argv[1:4]
claims = api.TokenVerifier(key, secret).verify(token)
video = claims.video
made = (api.AccessToken(key, secret).with_identity("studio").with_name("Studio")
        .with_grants(api.VideoGrants(room_join=True, room="live-demo", can_publish_sources=["microphone"])).to_jwt())
print(json.dumps({
    "identity": claims.identity, "name": claims.name, "metadata": claims.metadata,
    "room": video.room, "join": video.room_join, "publish": video.can_publish, "subscribe": video.can_subscribe,
    "data": video.can_publish_data, "sources": video.can_publish_sources, "hidden": video.hidden,
    "attributes": claims.attributes, "made": made,
}))
"#;

#[tokio::test]
async fn livekits_own_library_reads_our_tokens_and_we_read_its() {
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/python/bin/python");
    assert!(python.exists(), "scripts/setup.sh installs LiveKit's library into target/python");
    let server = Server::open().await;
    let body = json!({ "room": "demo", "identity": "mic", "name": "Mic", "audioOnly": true, "metadata": "{\"a\":1}" });
    let (_, answer) = server.post("/apps/live/tokens", body).await;
    let script = ["-c", LIVEKIT, API_KEY, API_SECRET, token(&answer)];
    let output = Command::new("timeout").arg("30").arg(python).args(script).output().expect("python runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let read: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let metadata: Value = serde_json::from_str(read["metadata"].as_str().expect("a text")).expect("JSON");
    assert_eq!(metadata["a"], 1);
    let wanted = json!({
        "identity": "mic", "name": "Mic", "metadata": read["metadata"], "room": "live-demo", "join": true,
        "publish": true, "subscribe": true, "data": true, "sources": ["microphone"], "hidden": false,
        "attributes": { "streamhub.counted": "true" }, "made": read["made"],
    });
    assert_eq!(read, wanted);

    let now = time::OffsetDateTime::now_utc().unix_timestamp();
    let made = read["made"].as_str().expect("a token");
    let grant = server.tokens.verify(made, now).expect("a grant");
    assert_eq!(
        (grant.identity.as_str(), grant.name.as_deref(), grant.room.as_str()),
        ("studio", Some("Studio"), "live-demo")
    );
    assert!(grant.audio_only && grant.can_publish && grant.can_subscribe);
}
