//! `/apps/{app}/ws-ingest`: keys of cameras, and the service behind them. Refusals have the names of the contract here;
//! the wording of the socket is tested with it (`server/camera/wire.rs`).

use crate::{
    fixture::{TIMEOUT, text},
    server::{Server, not_found, refusal},
};
use lumencast::app::rooms::{
    Via,
    cameras::{Camera, CameraEnd},
};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

async fn mint(server: &Server, body: Value) -> Value {
    let (status, body) = server.post("/apps/live/ws-ingest", body).await;
    assert_eq!(status, 201, "{body}");
    body["data"].clone()
}

async fn let_in(server: &Server, room: &str, key: &str) -> Result<Camera, &'static str> {
    server.fixture.cameras.verify("live", room, key).await.map_err(|refusal| refusal.code())
}

#[tokio::test]
async fn a_key_is_minted_as_the_document_shows() {
    let server = Server::open().await;
    let (status, body) = server.post("/apps/live/ws-ingest", json!({"room": "cam1"})).await;
    assert_eq!(status, 201);
    let (id, key) = (text(&body, "/data/id"), text(&body, "/data/streamKey"));
    assert!(id.strip_prefix("wsi_").is_some_and(|id| id.len() == 12 && id.bytes().all(|b| b.is_ascii_hexdigit())));
    assert!(key.strip_prefix("wsk_").is_some_and(|key| key.len() == 32), "24 bytes in base64url");
    let golden = json!({ "data": {
        "id": id,
        "streamKey": key,
        "room": "live-cam1",
        "identity": "cam1",
        "wsUrl": "wss://hub.example.com/ingest/ws?app=live&room=live-cam1",
        "mjpegUrl": "https://hub.example.com/live/live/live-cam1/mjpeg",
        "frameUrl": "https://hub.example.com/live/live/live-cam1/frame.jpg",
        "playerUrl": "https://hub.example.com/play/live/live-cam1",
        "embedUrl": "https://hub.example.com/embed/live/live-cam1",
        "viewerWsUrl": "wss://hub.example.com/live/ws?app=live&room=live-cam1",
    }});
    assert_eq!(body, golden);
    assert_eq!(mint(&server, json!({"room": "live-cam2"})).await["identity"], "cam2");
    assert_eq!(mint(&server, json!({"room": "live"})).await["identity"], "live");
    assert_eq!(mint(&server, json!({"room": "cam3", "identity": "left"})).await["identity"], "left");
}

#[tokio::test]
async fn rooms_and_identities_of_cameras_are_slugs() {
    let server = Server::open().await;
    let like = |name: &str| format!("{name} must match /^[A-Za-z0-9][A-Za-z0-9_-]*$/ regular expression");
    let long = |name: &str| format!("{name} must be shorter than or equal to 64 characters");
    for (body, messages) in [
        (json!({}), vec!["room should not be empty".to_owned(), "room must be a string".into()]),
        (json!({"room": "-a"}), vec![like("room")]),
        (json!({"room": "a.b", "identity": "a b"}), vec![like("room"), like("identity")]),
        (json!({"room": "r".repeat(65), "identity": "i".repeat(65)}), vec![long("room"), long("identity")]),
    ] {
        let messages: Vec<_> = messages.iter().map(String::as_str).collect();
        assert_eq!(server.post("/apps/live/ws-ingest", body.clone()).await, refusal(400, &messages), "{body}");
    }
    mint(&server, json!({"room": "r".repeat(64), "identity": "i".repeat(64)})).await;
}

#[tokio::test]
async fn the_list_shows_the_beginning_of_a_key_and_whether_its_camera_is_there() {
    let server = Server::open().await;
    let made = mint(&server, json!({"room": "cam1"})).await;
    let (id, key) = (text(&made, "/id"), text(&made, "/streamKey"));
    let (status, list) = server.get("/apps/live/ws-ingest").await;
    let created = text(&list, "/data/0/createdAt");
    assert!(created.len() == 24 && created.ends_with('Z'), "{created}");
    let row = |active: bool| {
        json!({"data": [{
            "id": id, "room": "live-cam1", "streamKey": format!("{}…", &key[..9]), "active": active, "identity": "cam1",
            "createdAt": created,
        }]})
    };
    assert_eq!((status, &list), (200, &row(false)));
    let camera = let_in(&server, "cam1", key).await.expect("a good key");
    assert_eq!((camera.room.as_str(), camera.identity.as_str()), ("live-cam1", "cam1"));
    assert_eq!((camera.max_fps, camera.max_frame_bytes), (15, 262_144));
    assert_eq!(server.get("/apps/live/ws-ingest").await.1, row(true));
    drop(camera);
    assert_eq!(server.get("/apps/live/ws-ingest").await.1, row(false));
}

#[tokio::test]
async fn whether_a_camera_is_live_is_public_while_playback_is() {
    let server = Server::open().await;
    let ask = async |room: &str| {
        let path = format!("/apps/live/ws-ingest/live/{room}");
        server.send(Method::GET, &path, "", Value::Null).await
    };
    let idle = (200, json!({"data": {"active": false, "type": null, "room": "live-cam1"}}));
    assert_eq!(ask("cam1").await, idle);
    let browser = server.fixture.publish("live", "live-cam1", "ann", Via::Webrtc, None).await;
    assert_eq!(ask("live-cam1").await, idle, "a browser is no camera");
    let camera = server.fixture.publish("live", "live-cam1", "cam1", Via::WsMjpeg, None).await;
    let golden = json!({"data": {
        "active": true, "type": "ws-mjpeg", "room": "live-cam1",
        "mjpegUrl": "https://hub.example.com/live/live/live-cam1/mjpeg",
        "frameUrl": "https://hub.example.com/live/live/live-cam1/frame.jpg",
        "wsUrl": "wss://hub.example.com/live/ws?app=live&room=live-cam1",
    }});
    assert_eq!(ask("cam1").await, (200, golden));
    drop((browser, camera));
    assert_eq!(ask("cam1").await, idle);
    server.apps.patch("live", |draft| draft.config.features.public_playback = false).await.expect("it can be changed");
    assert_eq!(ask("cam1").await.0, 404);
    assert_eq!(server.send(Method::GET, "/apps/nothing/ws-ingest/live/a", "", Value::Null).await.0, 404);
}

#[tokio::test]
async fn a_revoked_key_sends_its_camera_away_within_100_ms() {
    let _turn = crate::turn::turn();
    let server = Server::open().await;
    // Other work of the machine may take longer than the server, so the quickest counts.
    let mut quickest = Duration::MAX;
    for _ in 0..5 {
        let made = mint(&server, json!({"room": "cam1"})).await;
        let (id, key) = (text(&made, "/id").to_owned(), text(&made, "/streamKey").to_owned());
        let camera = let_in(&server, "cam1", &key).await.expect("a good key");
        let leaving = tokio::spawn(async move { (camera.ended().await, Instant::now()) });
        let (began, path) = (Instant::now(), format!("/apps/live/ws-ingest/{id}"));
        assert_eq!(server.delete(&path).await, (200, json!({"data": {"id": id, "deleted": true}})));
        let (end, at) = tokio::time::timeout(TIMEOUT, leaving).await.expect("it is told").expect("no panic");
        assert_eq!(end, CameraEnd::Revoked);
        quickest = quickest.min(at - began);
        assert_eq!(let_in(&server, "cam1", &key).await.err(), Some("unknown_key"));
        assert_eq!(server.delete(&path).await, not_found("Camera key not found"));
        assert_eq!(server.get("/apps/live/ws-ingest").await.1, json!({"data": []}));
    }
    assert!(quickest < Duration::from_millis(100), "{quickest:?}");
}

#[tokio::test]
async fn a_camera_is_refused_in_the_documents_order() {
    let server = Server::open().await;
    server.apps.create("other", None, None, None).await.expect("an app");
    let key = text(&mint(&server, json!({"room": "cam1"})).await, "/streamKey").to_owned();
    let second = text(&mint(&server, json!({"room": "cam2"})).await, "/streamKey").to_owned();
    let cameras = &server.fixture.cameras;
    let refused = async |app: &str, room: &str, key: &str| cameras.verify(app, room, key).await.err().map(|r| r.code());
    assert_eq!(refused("nothing", "cam1", "sk_x").await, Some("unknown_key"), "no camera's key at all");
    assert_eq!(refused("nothing", "cam1", &key).await, Some("unknown_room"));
    assert_eq!(refused("live", "cam1", "wsk_AAAA").await, Some("unknown_key"));
    assert_eq!(refused("other", "cam1", &key).await, Some("unknown_key"), "another app's");
    assert_eq!(refused("live", "cam2", &key).await, Some("forbidden"));
    assert_eq!(refused("live", "live-cam1", &key).await, None);

    let patch = async |change: fn(&mut lumencast::app::rooms::apps::Draft)| {
        server.apps.patch("live", change).await.expect("it can be changed");
    };
    patch(|draft| draft.config.features.ws_ingest.max_cameras = 1).await;
    let first = cameras.verify("live", "cam1", &key).await.expect("there is room");
    assert_eq!(refused("live", "cam2", &second).await, Some("too_many"));
    let again = cameras.verify("live", "cam1", &key).await.expect("a key that is connected does not count twice");
    assert_eq!(first.ended().await, CameraEnd::Replaced);
    drop(first); // dropped late, it frees no other connection's place
    assert_eq!(refused("live", "cam2", &second).await, Some("too_many"));
    drop(again);
    assert_eq!(refused("live", "cam2", &second).await, None);

    patch(|draft| draft.config.features.ws_ingest.enabled = false).await;
    assert_eq!(refused("live", "cam2", &key).await, Some("disabled"), "before the room is looked at");
}

#[tokio::test]
async fn a_newer_connection_takes_the_stream_over_without_an_end() {
    let server = Server::open().await;
    let key = text(&mint(&server, json!({"room": "cam1"})).await, "/streamKey").to_owned();
    let (cameras, rooms) = (&server.fixture.cameras, &server.fixture.rooms);
    let mut events = server.fixture.events();
    let enter = async |identity| cameras.enter(rooms, ("live", "cam1"), &key, identity).await;
    let (first, lease) = enter(None).await.expect("a lease");
    assert!(lease.push(crate::fixture::picture(0)).is_ok());
    let (second, _second) = enter(None).await.expect("a lease");
    assert_eq!(first.ended().await, CameraEnd::Replaced);
    lease.evicted.cancelled().await;
    drop((first, lease));
    assert!(rooms.stream("live-cam1/cam1").is_some());
    let names = events.so_far().await;
    assert_eq!(names.iter().filter(|name| **name == "stream_started").count(), 1);
    assert!(!names.contains(&"stream_ended"), "{names:?}");

    // Under another name it is another stream, and the old one ends.
    let (_third, _lease) = enter(Some("door")).await.expect("a lease");
    assert_eq!(second.ended().await, CameraEnd::Replaced);
    assert!(rooms.stream("live-cam1/cam1").is_none() && rooms.stream("live-cam1/door").is_some());
}

#[tokio::test]
async fn a_camera_does_not_push_a_living_publisher_of_another_kind_aside() {
    let server = Server::open().await;
    let key = text(&mint(&server, json!({"room": "hall"})).await, "/streamKey").to_owned();
    let lease = server.fixture.publish("live", "live-hall", "ann", Via::Webrtc, None).await;
    let living = async {
        loop {
            lease.alive();
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let entering = server.fixture.cameras.enter(&server.fixture.rooms, ("live", "hall"), &key, Some("ann"));
    let refusal = tokio::select! {
        () = living => None,
        entered = entering => entered.err().map(|refusal| refusal.code()),
    };
    assert_eq!(refusal, Some("in_use"));
    assert!(!lease.evicted.is_cancelled());
}

#[tokio::test]
async fn another_app_neither_sees_nor_revokes_a_key() {
    let server = Server::open().await;
    server.apps.create("other", None, None, None).await.expect("an app");
    let made = mint(&server, json!({"room": "cam1"})).await;
    let bearer = server.app_key("other").await;
    let path = format!("/apps/other/ws-ingest/{}", text(&made, "/id"));
    assert_eq!(server.send(Method::DELETE, &path, &bearer, Value::Null).await, not_found("Camera key not found"));
    assert_eq!(server.send(Method::GET, "/apps/other/ws-ingest", &bearer, Value::Null).await.1, json!({"data": []}));
    assert_eq!(server.send(Method::GET, "/apps/live/ws-ingest", &bearer, Value::Null).await.0, 403);
    assert!(let_in(&server, "cam1", text(&made, "/streamKey")).await.is_ok());
}

#[tokio::test]
async fn cameras_leave_when_their_app_takes_none_any_more() {
    let server = Server::open().await;
    let key = text(&mint(&server, json!({"room": "cam1"})).await, "/streamKey").to_owned();
    let camera = let_in(&server, "cam1", &key).await.expect("a good key");
    server
        .apps
        .patch("live", |draft| draft.config.features.ws_ingest.enabled = false)
        .await
        .expect("it can be changed");
    let end = tokio::time::timeout(TIMEOUT, camera.ended()).await.expect("it is told");
    assert_eq!(end, CameraEnd::Revoked);
}
