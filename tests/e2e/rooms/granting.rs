//! Join tokens and stream keys at the endpoints of media: what each lets in, and what comes of it.

use super::{admission::OFFER, fixture::Fixture};
use crate::{
    fixture::{LIMIT, get},
    ingest::fixture::{heard, played},
    support::{
        config::Config,
        marks::{Clip, Reader},
        publisher::Publisher,
    },
};
use jsonwebtoken::{EncodingKey, Header};
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::{
    path::{Path, PathBuf},
    process::Command,
    time::{SystemTime, UNIX_EPOCH},
};

const SECRET: &str = "a secret that signs the join tokens of this test";

/// A token as LiveKit's SDKs sign it, for the room `live-<room>`.
fn signed(room: &str, grant: Value) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
    let mut video = json!({ "roomJoin": true, "room": format!("live-{room}") });
    for (name, value) in grant.as_object().expect("members") {
        video[name] = value.clone();
    }
    let claims = json!({ "iss": "devkey", "sub": "guest", "nbf": now, "exp": now + 600, "video": video });
    jsonwebtoken::encode(&Header::default(), &claims, &EncodingKey::from_secret(SECRET.as_bytes())).expect("a token")
}

async fn open() -> Fixture {
    let config = Config::new().project(640, 360, 30).set("encode.preset", "ultrafast");
    Fixture::with(config.set("streamhub.livekit_api_key", "devkey").set("streamhub.livekit_api_secret", SECRET)).await
}

/// One kind of media of a clip.
fn part(clip: &Path, folder: &Path, without: &str) -> PathBuf {
    let file = folder.join(format!("{}.mp4", without.trim_start_matches('-')));
    let made = Command::new("ffmpeg")
        .args(["-nostdin", "-loglevel", "error", "-i"])
        .arg(clip)
        .args([without, "-c", "copy"])
        .arg(&file)
        .status();
    assert!(made.expect("ffmpeg").success());
    file
}

/// The offer of a publisher of picture and sound, as far as an endpoint looks at it.
fn both() -> String {
    let video = "m=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:abcd\r\n\
        a=ice-pwd:abcdefghijklmnopqrstuvwx\r\na=setup:actpass\r\na=mid:1\r\na=sendonly\r\na=rtcp-mux\r\n\
        a=rtpmap:96 VP8/90000\r\n";
    OFFER.replace("BUNDLE 0", "BUNDLE 0 1").replace("DIRECTION", "sendonly") + video
}

async fn offered(fixture: &Fixture, token: &str, offer: String) -> (StatusCode, String) {
    let url = fixture.server.url(&format!("/whip/live/set?token={token}"));
    let request = reqwest::Client::new().post(url).header("content-type", "application/sdp").body(offer);
    let answer = request.send().await.expect("an answer");
    (answer.status(), answer.text().await.expect("a text"))
}

#[tokio::test]
async fn the_sources_of_a_join_token_bind_what_whip_takes() {
    let _turn = crate::support::shared_turn(60);
    let fixture = open().await;
    let sources = |names: &[&str]| signed("set", json!({ "canPublishSources": names }));
    let (camera, microphone) = (sources(&["camera"]), sources(&["microphone"]));
    // Of both kinds the one that is granted is accepted; alone, the other is refused.
    let ports = |answer: &str| {
        let port = |kind: &str| answer.split(&format!("m={kind} ")).nth(1).and_then(|rest| rest.split(' ').next());
        (port("video").is_some_and(|port| port != "0"), port("audio").is_some_and(|port| port != "0"))
    };
    for (token, wanted) in [
        (&camera, (true, false)),
        (&microphone, (false, true)),
        (&sources(&["screen_share", "screen_share_audio"]), (true, true)),
        (&signed("set", json!({ "canPublishSources": null, "canPublish": null })), (true, true)),
    ] {
        let (status, answer) = offered(&fixture, token, both()).await;
        assert_eq!((status, ports(&answer)), (StatusCode::CREATED, wanted), "{answer}");
    }
    let sound_alone = OFFER.replace("DIRECTION", "sendonly");
    for token in [&camera, &sources(&["unknown"]), &signed("set", json!({ "canPublish": false }))] {
        assert_eq!(offered(&fixture, token, sound_alone.clone()).await.0, StatusCode::FORBIDDEN);
    }

    let clip = Clip { hum_hz: 400, kbps: 500, ..Clip::of(11, 30.0).size(320, 180) }.cached();
    let (picture, sound) = (part(&clip, fixture.server.home(), "-an"), part(&clip, fixture.server.home(), "-vn"));
    let path = |room: &str, source: &str| {
        format!("/whip/live/{room}?token={}", signed(room, json!({ "canPublishSources": [source] })))
    };
    let _camera = fixture.peer("publish", &path("seen", "camera"), &picture, 25).await;
    let _microphone = fixture.peer("publish", &path("heard", "microphone"), &sound, 25).await;
    fixture.until_live("live-seen/guest").await;
    fixture.until_live("live-heard/guest").await;
    let reading = played(&fixture, "seen", 60).await;
    assert!(reading.marks().count() >= 50 && reading.marks().all(|(_, source, _)| source == 11), "{reading}");
    let reading = Reader::of(heard(&fixture, "heard", 4).await).read_async().await;
    let level = reading.sound.tone_level(400.0, 1.0, 3.0);
    assert!((0.03..0.07).contains(&level), "{level}\n{reading}");
    let master = get(&fixture.server, "/hls/live/heard/master.m3u8").await;
    assert!(!master.contains("RESOLUTION"), "{master}");
}

#[tokio::test]
async fn rtmp_and_srt_take_stream_keys_and_refuse_join_tokens() {
    let _turn = crate::support::shared_turn(40);
    let fixture = open().await;
    let clip = Clip { kbps: 500, ..Clip::of(12, 30.0).size(320, 180) }.cached();
    let token = signed("set", json!({ "canPublish": true }));
    let mut refused = Publisher::start(&clip, &fixture.server.rtmp_url(&token));
    assert!(!refused.ended(LIMIT).await.success());
    assert!(refused.log().contains("unknown stream key"), "{}", refused.log());
    let mut refused = Publisher::transport_stream(&clip, &fixture.server.srt_url(&token));
    assert!(!refused.ended(LIMIT).await.success(), "{}", refused.log());
    let (_, streams) = fixture.ask(reqwest::Method::GET, "/apps/live/streams", Value::Null).await;
    assert_eq!(streams, json!([]), "nothing came in");
    assert!(!fixture.server.log().contains(&token), "the token is not in the log");

    let (rtmp, srt) = (fixture.ingress("rtmp", "cam").await, fixture.ingress("srt", "cam").await);
    let _rtmp = Publisher::start(&clip, &fixture.server.rtmp_url(&rtmp));
    let _srt = Publisher::transport_stream(&clip, &fixture.server.srt_url(&srt));
    for room in ["rtmp", "srt"] {
        fixture.until_live(&format!("live-{room}/cam")).await;
        let reading = played(&fixture, room, 60).await;
        assert_eq!((reading.undecodable(), reading.flaws()), (vec![], (0, 0, 0)), "{room}\n{reading}");
        assert!(reading.marks().all(|(_, source, _)| source == 12), "{room}\n{reading}");
    }
}
