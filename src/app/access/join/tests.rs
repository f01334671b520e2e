use super::*;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

const NOW: i64 = 1_800_000_000;

fn tokens() -> JoinTokens {
    JoinTokens::new("APIkey", "a-secret-of-some-length-that-nobody-knows")
}

fn grant() -> Grant {
    Grant {
        room: "live-demo".to_owned(),
        identity: "camera-1".to_owned(),
        name: Some("Camera".to_owned()),
        metadata: Some("{\"a\":1}".to_owned()),
        can_publish: true,
        can_subscribe: true,
        can_publish_data: true,
        hidden: false,
        recorder: false,
        audio_only: true,
        video_only: false,
        listen_only: false,
        counted: true,
        expires_at: NOW + 600,
    }
}

fn claims(token: &str) -> Value {
    let body = token.split('.').nth(1).expect("three parts");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(body).expect("base64url")).expect("JSON")
}

/// As another server with the same secret would make it.
fn signed(claims: &Value) -> String {
    jsonwebtoken::encode(&Header::new(Algorithm::HS256), claims, &tokens().sign).expect("a token")
}

#[test]
fn claims_are_livekits() {
    assert_eq!(
        claims(&tokens().mint(&grant(), NOW)),
        json!({
            "iss": "APIkey", "sub": "camera-1", "jti": "camera-1", "name": "Camera", "metadata": "{\"a\":1}",
            "nbf": NOW, "exp": NOW + 600,
            "video": {
                "roomJoin": true, "room": "live-demo", "canPublish": true, "canSubscribe": true,
                "canPublishData": true, "canPublishSources": ["microphone"], "hidden": false, "roomRecord": false,
            },
            "attributes": { "streamhub.counted": "true" },
        })
    );
}

#[test]
fn what_was_granted_is_read_again_until_it_ends() {
    let token = tokens().mint(&grant(), NOW);
    assert_eq!(tokens().verify(&token, NOW), Ok(grant()));
    assert_eq!(tokens().verify(&token, NOW + 599), Ok(grant()));
    assert_eq!(tokens().verify(&token, NOW + 600), Err(JoinFault::Expired));
    assert_eq!(tokens().verify(&token, NOW - 61), Err(JoinFault::Early));
    assert_eq!(tokens().verify(&token, NOW - 60), Ok(grant()), "clocks differ a little");
}

#[test]
fn a_token_of_another_key_secret_or_algorithm_is_foreign() {
    let token = tokens().mint(&grant(), NOW);
    let other_secret = JoinTokens::new("APIkey", "another");
    let other_key = JoinTokens::new("APIother", "a-secret-of-some-length-that-nobody-knows");
    for other in [other_secret, other_key] {
        assert_eq!(other.verify(&token, NOW), Err(JoinFault::Foreign));
    }
    let stronger = jsonwebtoken::encode(&Header::new(Algorithm::HS384), &claims(&token), &tokens().sign);
    assert_eq!(tokens().verify(&stronger.expect("a token"), NOW), Err(JoinFault::Foreign));
    let mut parts = token.splitn(3, '.');
    let (_, body) = (parts.next(), parts.next().expect("a body"));
    let unsigned = format!("{}.{body}.", URL_SAFE_NO_PAD.encode("{\"alg\":\"none\"}"));
    for bad in [unsigned.as_str(), "", "a.b.c", "wsk_abc"] {
        assert_eq!(tokens().verify(bad, NOW), Err(JoinFault::Foreign), "{bad}");
    }
}

#[test]
fn what_livekit_leaves_out_has_livekits_defaults() {
    let bare = json!({
        "iss": "APIkey", "sub": "x", "exp": NOW + 1,
        "video": { "roomJoin": true, "room": "live", "agent": true },
    });
    let read = tokens().verify(&signed(&bare), NOW).expect("a grant");
    assert!(read.can_publish && read.can_subscribe && read.can_publish_data && read.counted);
    assert!(!read.audio_only && !read.listen_only && !read.hidden && !read.recorder);
    let mute = json!({
        "iss": "APIkey", "sub": "x", "exp": NOW + 1,
        "video": { "roomJoin": true, "room": "live", "canPublish": false, "hidden": true },
    });
    let read = tokens().verify(&signed(&mute), NOW).expect("a grant");
    assert!(!read.can_publish && !read.can_publish_data && !read.counted);
}

#[test]
fn a_token_without_room_join_room_or_identity_is_for_no_room() {
    for (sub, video) in [
        ("x", json!({ "roomJoin": false, "room": "live" })),
        ("x", json!({ "room": "live" })),
        ("x", json!({ "roomJoin": true })),
        ("", json!({ "roomJoin": true, "room": "live" })),
        ("x", json!({})),
    ] {
        let claims = json!({ "iss": "APIkey", "sub": sub, "exp": NOW + 1, "video": video });
        assert_eq!(tokens().verify(&signed(&claims), NOW), Err(JoinFault::NoRoom), "{claims}");
    }
}

#[test]
fn the_sources_bind_both_ways() {
    for (sources, expected) in [
        (json!([]), (true, true, true)),
        (json!(null), (true, true, true)),
        (json!(["microphone", "camera"]), (true, true, true)),
        (json!(["MICROPHONE"]), (true, false, true)),
        (json!(["screen_share_audio"]), (true, false, true)),
        (json!(["camera"]), (true, true, false)),
        (json!(["screen_share", "unknown"]), (true, true, false)),
        (json!(["unknown"]), (false, false, false)),
    ] {
        let claims = json!({
            "iss": "APIkey", "sub": "x", "exp": NOW + 1,
            "video": { "roomJoin": true, "room": "live", "canPublishSources": sources },
        });
        let read = tokens().verify(&signed(&claims), NOW).expect("a grant");
        assert_eq!((read.can_publish, !read.audio_only, !read.video_only), expected, "{claims}");
    }
    let eye = Grant { audio_only: false, video_only: true, ..grant() };
    assert_eq!(tokens().verify(&tokens().mint(&eye, NOW), NOW), Ok(eye));
}

#[test]
fn members_that_are_null_are_missing_and_times_may_have_a_fraction() {
    let claims = json!({
        "iss": "APIkey", "sub": "x", "exp": NOW as f64 + 10.75, "nbf": null, "name": null, "metadata": null, "jti": null,
        "attributes": { "streamhub.listenOnly": null }, "kind": null, "sha256": null,
        "video": {
            "roomJoin": true, "room": "live", "canPublish": null, "canSubscribe": null, "canPublishData": null,
            "canPublishSources": null, "hidden": null, "roomRecord": null, "ingressAdmin": null,
        },
    });
    let read = tokens().verify(&signed(&claims), NOW).expect("a grant");
    assert!(read.can_publish && read.can_subscribe && read.counted && !read.audio_only && !read.listen_only);
    assert_eq!(read.expires_at, NOW + 10);
    let mut empty = claims.clone();
    (empty["attributes"], empty["nbf"]) = (json!(null), json!(NOW as f64 - 0.5));
    assert!(tokens().verify(&signed(&empty), NOW).is_ok());
    empty["video"] = json!(null);
    assert_eq!(tokens().verify(&signed(&empty), NOW), Err(JoinFault::NoRoom));
    empty["exp"] = json!(null);
    assert!(tokens().verify(&signed(&empty), NOW).is_err());
}
