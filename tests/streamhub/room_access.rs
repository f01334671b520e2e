//! Permissions to watch and publish, as requested by the media endpoints.

use crate::server::Server;
use lumencast::app::access::{contract::Refusal, join::Grant, room_access::RoomAccess};
use serde_json::json;
use std::sync::Arc;

const NOW: i64 = 1_800_000_000;

fn grant(room: &str) -> Grant {
    Grant {
        room: room.to_owned(),
        identity: "ann".to_owned(),
        name: None,
        metadata: None,
        can_publish: true,
        can_subscribe: true,
        can_publish_data: true,
        hidden: false,
        recorder: false,
        audio_only: false,
        video_only: false,
        listen_only: false,
        counted: true,
        expires_at: NOW + 60,
    }
}

fn room_access(server: &Server) -> RoomAccess {
    RoomAccess::new(Arc::new(server.apps.clone()), server.tokens.clone())
}

#[tokio::test]
async fn a_token_opens_its_room_with_its_grants_until_it_ends() {
    let server = Server::open().await;
    let room_access = room_access(&server);
    let token = server.tokens.mint(&grant("live-demo"), NOW);
    let publish = room_access.publish_at("live", "demo", Some(&token), NOW).expect("leave");
    assert_eq!(
        (publish.room.as_str(), publish.identity.as_str(), publish.picture, publish.sound),
        ("live-demo", "ann", true, true)
    );
    let viewing = room_access.play_at("live", "live-demo", Some(&token), NOW).expect("leave");
    assert_eq!((viewing.room.as_str(), viewing.identity.as_str(), viewing.hidden), ("live-demo", "ann", false));

    assert_eq!(room_access.publish_at("live", "demo", Some(&token), NOW + 60), Err(Refusal::Expired));
    assert_eq!(room_access.publish_at("live", "demo", Some("x.y.z"), NOW), Err(Refusal::Unauthorized));
    assert_eq!(room_access.publish_at("live", "demo", None, NOW), Err(Refusal::Unauthorized));
    assert_eq!(room_access.publish_at("live", "other", Some(&token), NOW), Err(Refusal::OtherRoom));
    assert_eq!(room_access.publish_at("nothing", "demo", Some(&token), NOW), Err(Refusal::UnknownRoom));
    assert_eq!(room_access.play_at("live", "a/b", None, NOW), Err(Refusal::UnknownRoom));

    let mute = server.tokens.mint(&Grant { can_publish: false, ..grant("live-demo") }, NOW);
    assert_eq!(room_access.publish_at("live", "demo", Some(&mute), NOW), Err(Refusal::MayNotPublish));
    let blind = server.tokens.mint(&Grant { can_subscribe: false, ..grant("live-demo") }, NOW);
    assert_eq!(room_access.play_at("live", "demo", Some(&blind), NOW), Err(Refusal::MayNotWatch));
}

#[tokio::test]
async fn sound_alone_and_being_hidden_are_passed_on() {
    let server = Server::open().await;
    let room_access = room_access(&server);
    let radio = server.tokens.mint(&Grant { audio_only: true, hidden: true, ..grant("live") }, NOW);
    let publish = room_access.publish_at("live", "", Some(&radio), NOW).expect("leave");
    assert!(!publish.picture && publish.sound && publish.hidden);
    let eye = server.tokens.mint(&Grant { video_only: true, ..grant("live") }, NOW);
    let publish = room_access.publish_at("live", "", Some(&eye), NOW).expect("leave");
    assert!(publish.picture && !publish.sound);
    let quality = server.tokens.mint(&Grant { hidden: true, counted: false, ..grant("live") }, NOW);
    assert!(room_access.play_at("live", "", Some(&quality), NOW).expect("leave").hidden);
    let listener = Grant { hidden: true, counted: true, listen_only: true, can_publish: false, ..grant("live") };
    let viewing = room_access.play_at("live", "", Some(&server.tokens.mint(&listener, NOW)), NOW).expect("leave");
    assert!(viewing.audio_only && !viewing.hidden, "the audience is counted");
}

#[tokio::test]
async fn watching_without_a_token_is_for_public_apps_alone() {
    let server = Server::open().await;
    let room_access = room_access(&server);
    let viewing = room_access.play("live", "demo", None).expect("leave");
    assert_eq!((viewing.room.as_str(), viewing.hidden, viewing.chat), ("live-demo", false, false));
    let digits = viewing.identity.strip_prefix("viewer-").expect("the prefix");
    assert!(digits.len() == 8 && digits.bytes().all(|b| b.is_ascii_hexdigit()), "{digits}");
    assert_eq!(
        room_access.play("live", "demo", Some("bad")),
        Err(Refusal::Unauthorized),
        "a token that is shown must be good"
    );

    server.patch("/apps/live", json!({ "features": { "publicPlayback": false, "chat": true } })).await;
    assert_eq!(room_access.play("live", "demo", None), Err(Refusal::Unauthorized));
    let token = server.tokens.mint(&grant("live-demo"), NOW);
    assert!(room_access.play_at("live", "demo", Some(&token), NOW).is_ok());
    server.patch("/apps/live", json!({ "features": { "publicPlayback": true } })).await;
    assert!(room_access.play("live", "demo", None).expect("leave").chat, "chat is on");
}

#[tokio::test]
async fn a_token_of_one_app_never_opens_a_room_of_another() {
    let server = Server::open().await;
    for name in ["live2", "live-2"] {
        server.post("/apps", json!({ "name": name })).await;
    }
    let room_access = room_access(&server);
    let token = server.tokens.mint(&grant("live2-x"), NOW);
    assert_eq!(room_access.publish_at("live", "live2-x", Some(&token), NOW), Err(Refusal::OtherRoom));
    assert!(room_access.publish_at("live2", "x", Some(&token), NOW).is_ok());
    let token = server.tokens.mint(&grant("live-2-x"), NOW);
    assert_eq!(room_access.publish_at("live", "live-2-x", Some(&token), NOW), Err(Refusal::Forbidden));
    assert_eq!(room_access.play_at("live", "2-x", None, NOW), Err(Refusal::Forbidden), "nor without one");
    assert!(room_access.play_at("live-2", "x", Some(&token), NOW).is_ok());
}
