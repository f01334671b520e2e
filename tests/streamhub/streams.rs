//! `/apps/{app}/streams`, snapshots, messages and statistics.

use crate::{
    fixture::{JPEG, TIMEOUT, text, until},
    server::{Server, not_found, refusal},
};
use lumencast::app::rooms::{Via, Viewer, ViewerGuard, ViewerKind, journal::Journal, stream_log::StreamLog};
use reqwest::Method;
use serde_json::{Value, json};

fn viewer(server: &Server, room: &str, hidden: bool) -> ViewerGuard {
    server.fixture.rooms.view("live", room, Viewer { identity: "v".into(), kind: ViewerKind::Whep, hidden })
}

fn stats(row: &Value) -> Value {
    serde_json::from_str(text(row, "/lastStatsJson")).expect("JSON")
}

#[tokio::test]
async fn the_list_is_bare_and_as_the_document_shows_newest_first() {
    let server = Server::open().await;
    assert_eq!(server.get("/apps/live/streams").await, (200, json!([])));
    let _first = server.fixture.publish("live", "live-demo", "camera-1", Via::Webrtc, None).await;
    let _second = server.fixture.publish("live", "live-demo", "camera-2", Via::Rtmp, None).await;
    let _viewer = (viewer(&server, "live-demo", false), viewer(&server, "live-demo", true));
    let (status, list) = server.get("/apps/live/streams").await;
    let started = text(&list, "/1/startedAt");
    assert!(started.len() == 24 && started.ends_with('Z'), "{started}");
    let golden = json!({
        "id": 1, "appId": 1, "streamId": "live-demo/camera-1", "type": "webrtc", "room": "live-demo",
        "participant": "camera-1", "status": "active", "startedAt": started, "endedAt": null,
        "lastStatsJson": "{\"live\":true,\"participants\":3,\"publishers\":2,\"viewers\":1}",
    });
    assert_eq!((status, &list[1]), (200, &golden));
    assert_eq!((&list[0]["streamId"], &list[0]["type"]), (&json!("live-demo/camera-2"), &json!("rtmp")));

    let (status, mut detail) = server.get("/apps/live/streams/live-demo%2Fcamera-1").await;
    assert_eq!((status, detail["viewers"].take()), (200, json!(1)));
    server.apps.patch("live", |draft| draft.config.features.viewer_counter = false).await.expect("it can be changed");
    let (_, detail) = server.get("/apps/live/streams/live-demo%2Fcamera-1").await;
    assert_eq!(detail.get("viewers"), None);
    assert_eq!(stats(&detail), json!({"live": true, "participants": 2, "publishers": 2}));
}

#[tokio::test]
async fn a_stream_that_ended_is_still_known_and_keeps_its_number_when_it_returns() {
    let server = Server::open().await;
    let path = "/apps/live/streams/live%2Fann";
    assert_eq!(server.get(path).await, not_found("Stream not found"));
    let lease = server.fixture.publish("live", "live", "ann", Via::Webrtc, None).await;
    let number = server.get(path).await.1["id"].clone();
    until(async || server.fixture.log.get("live", "live/ann").await.expect("rows"), Option::is_some).await;
    drop(lease);
    let gone = until(async || server.get(path).await.1, |row| row["endedAt"].is_string()).await;
    assert_eq!((&gone["id"], &gone["status"], &gone["viewers"]), (&number, &json!("ended"), &json!(0)));
    assert_eq!(stats(&gone)["live"], false);
    assert_eq!(server.get("/apps/live/streams").await.1, json!([]));

    let _other = server.fixture.publish("live", "live", "bob", Via::Webrtc, None).await;
    let _lease = server.fixture.publish("live", "live", "ann", Via::Whip, None).await;
    let (_, again) = server.get(path).await;
    assert_eq!((&again["id"], &again["status"], &again["type"]), (&number, &json!("active"), &json!("whip")));
    assert_ne!(server.get("/apps/live/streams/live%2Fbob").await.1["id"], number);
}

#[tokio::test]
async fn streams_that_were_live_when_the_server_died_have_ended_after_its_next_start() {
    let server = Server::open().await;
    let _lease = server.fixture.publish("live", "live", "ann", Via::WsMjpeg, None).await;
    let row = || server.fixture.log.get("live", "live/ann");
    let before = until(async || row().await.expect("rows"), Option::is_some).await.expect("a row");
    assert_eq!((before.status.as_str(), before.ended_at), ("active", None));
    let store = server.store().await;
    let (_, numbers) = Journal::open(&store).await.expect("rows");
    let after = StreamLog::new(&store).get("live", "live/ann").await.expect("rows").expect("a row");
    assert_eq!(after.status, "ended");
    assert!(after.ended_at.is_some_and(|ended| ended >= before.started_at));
    assert_eq!(numbers.get("live/ann"), Some(&before.id));
}

#[tokio::test]
async fn a_cameras_own_figures_stand_beside_the_servers() {
    let server = Server::open().await;
    let lease = server.fixture.publish("live", "live-cam", "cam", Via::WsMjpeg, None).await;
    until(async || server.fixture.log.get("live", "live-cam/cam").await.expect("rows"), Option::is_some).await;
    let told = json!({"rssi": -60, "fps": 12, "live": false, "framesReceived": 7});
    server.fixture.log.note("live", "live-cam/cam", &told).await.expect("rows");
    let (_, list) = server.get("/apps/live/streams").await;
    let golden = json!({"rssi": -60, "fps": 12, "framesReceived": 7, "live": true, "participants": 1, "publishers": 1, "viewers": 0});
    assert_eq!(stats(&list[0]), golden);
    drop(lease);
    let path = "/apps/live/streams/live-cam%2Fcam";
    let gone = until(async || server.get(path).await.1, |row| row["endedAt"].is_string()).await;
    assert_eq!(stats(&gone), told);
}

#[tokio::test]
async fn stopping_a_stream_sends_its_publisher_away_and_takes_its_ingress_with_it() {
    let server = Server::open().await;
    let mut events = server.fixture.events();
    let lease = server.fixture.publish("live", "live", "ann", Via::Webrtc, None).await;
    let path = "/apps/live/streams/live%2Fann";
    assert_eq!(server.delete(path).await, (204, Value::Null));
    tokio::time::timeout(TIMEOUT, lease.evicted.cancelled()).await.expect("it is sent away");
    let ended = events.next("stream_ended").await;
    let golden =
        json!({"streamId": "live/ann", "room": "live", "type": "webrtc", "participant": "ann", "reason": "stopped"});
    assert_eq!(ended.data, golden);
    events.next("room_finished").await;
    until(async || server.delete(path).await.0, |status| *status == 204).await;
    assert_eq!(server.delete("/apps/live/streams/live%2Fnobody").await, not_found("Stream not found"));

    let (_, made) = server.post("/apps/live/ingress", json!({"inputType": "rtmp"})).await;
    let id = text(&made, "/data/ingressId");
    let lease = server.fixture.publish("live", "live", "ingress-live", Via::Rtmp, Some(id)).await;
    assert_eq!(server.delete("/apps/live/streams/live%2Fingress-live").await.0, 204);
    tokio::time::timeout(TIMEOUT, lease.evicted.cancelled()).await.expect("it is sent away");
    assert_eq!(server.get(&format!("/apps/live/ingress/{id}")).await.0, 404);
}

#[tokio::test]
async fn another_app_neither_sees_nor_ends_nor_addresses_a_stream() {
    let server = Server::open().await;
    server.apps.create("other", None, None, None).await.expect("an app");
    let lease = server.fixture.publish("live", "live", "ann", Via::Webrtc, None).await;
    until(async || server.fixture.log.get("live", "live/ann").await.expect("rows"), Option::is_some).await;
    let key = server.app_key("other").await;
    let unknown = not_found("Stream not found");
    for (method, path) in [
        (Method::GET, "/apps/other/streams/live%2Fann"),
        (Method::DELETE, "/apps/other/streams/live%2Fann"),
        (Method::POST, "/apps/other/streams/live%2Fann/data"),
    ] {
        assert_eq!(server.send(method, path, &key, json!({"topic": "x"})).await, unknown, "{path}");
        let own = path.replace("/other/", "/live/");
        assert_eq!(server.send(Method::GET, &own, &key, Value::Null).await.0 / 100, 4, "{own}");
    }
    assert_eq!(server.send(Method::GET, "/apps/other/streams", &key, Value::Null).await, (200, json!([])));
    assert_eq!(server.send(Method::DELETE, "/apps/live/streams/live%2Fann", &key, Value::Null).await.0, 403);
    let elsewhere = server.send(Method::POST, "/apps/other/snapshots", &key, json!({"room": "live"})).await;
    assert_eq!(elsewhere.0, 503, "its own room of that name, where nobody is");
    assert!(!lease.evicted.is_cancelled());
}

#[tokio::test]
async fn messages_reach_the_room_and_become_events_where_the_feature_is_on() {
    let server = Server::open().await;
    let _lease = server.fixture.publish("live", "live-demo", "ann", Via::Webrtc, None).await;
    let path = "/apps/live/streams/live-demo%2Fann/data";
    assert_eq!(server.post(path, json!({"topic": "chat", "message": "hi"})).await, not_found("chat is disabled"));
    assert_eq!(server.post(path, json!({"topic": "reaction"})).await, not_found("reactions are disabled"));
    let switched = server.apps.patch("live", |draft| {
        (draft.config.features.chat, draft.config.features.reactions) = (true, true);
    });
    switched.await.expect("it can be changed");

    let (mut events, mut heard) = (server.fixture.events(), server.fixture.rooms.messages("live", "live-demo"));
    let body = json!({"topic": "chat", "message": "hi", "from": "server", "destinationIdentities": ["bob"]});
    let sent = json!({"data": {"sent": true, "room": "live-demo", "topic": "chat"}});
    assert_eq!(server.post(path, body).await, (201, sent));
    let message = heard.recv().await.expect("it is said");
    assert_eq!((message.topic.as_str(), message.to.as_slice()), ("chat", ["bob".to_owned()].as_slice()));
    let said: Value = serde_json::from_str(&message.text).expect("JSON");
    assert_eq!((&said["topic"], &said["from"], &said["message"]), (&json!("chat"), &json!("server"), &json!("hi")));
    assert!(said["ts"].is_i64() && said["id"].is_string() && said["reaction"].is_null(), "{said}");
    let event = events.next("chat_message").await;
    assert_eq!((event.app.as_str(), event.room.as_str()), ("live", "live-demo"));
    let ts = text(&event.data, "/ts");
    assert!(ts.ends_with('Z'));
    let golden = json!({
        "room": "live-demo", "streamId": "live-demo/ann", "topic": "chat", "from": "server", "message": "hi",
        "reaction": null, "ts": ts,
    });
    assert_eq!(event.data, golden);

    // A room will do as well, and a payload goes as it is.
    let body = json!({"topic": "reaction", "reaction": "👏", "payload": "{\"emoji\":\"👏\"}"});
    let (status, answer) = server.post("/apps/live/streams/demo/data", body).await;
    assert_eq!((status, &answer["data"]["room"]), (201, &json!("live-demo")));
    assert_eq!(heard.recv().await.expect("it is said").text, "{\"emoji\":\"👏\"}");
    let event = events.next("reaction").await;
    assert_eq!((&event.data["streamId"], &event.data["from"]), (&Value::Null, &json!("server")));

    let (status, _) = server.post(path, json!({"topic": "score", "payload": "1:0"})).await;
    assert_eq!((status, heard.recv().await.expect("it is said").event.is_none()), (201, true));
}

#[tokio::test]
async fn what_is_wrong_with_a_message_is_said() {
    let server = Server::open().await;
    let path = "/apps/live/streams/live/data";
    let body = json!({
        "topic": "t".repeat(65), "message": "m".repeat(4001), "reaction": "r".repeat(65), "payload": "p".repeat(8001),
        "from": "f".repeat(121), "destinationIdentities": [1], "reliable": "maybe",
    });
    let messages = [
        "topic must be shorter than or equal to 64 characters",
        "message must be shorter than or equal to 4000 characters",
        "reaction must be shorter than or equal to 64 characters",
        "payload must be shorter than or equal to 8000 characters",
        "from must be shorter than or equal to 120 characters",
        "each value in destinationIdentities must be a string",
        "reliable must be a boolean value",
    ];
    assert_eq!(server.post(path, body).await, refusal(400, &messages));
    let messages = ["topic should not be empty", "topic must be a string"];
    assert_eq!(server.post(path, json!({})).await, refusal(400, &messages));
    let nul = json!({"topic": "x", "from": "a\u{0}b"});
    assert_eq!(server.post(path, nul).await, refusal(400, &["from must not contain NUL characters"]));
    assert_eq!(server.get("/apps/live/streams/live%2Fa%00b").await.0, 404);
    assert_eq!(server.post("/apps/live/streams/live%2Fnobody/data", json!({"topic": "x"})).await.0, 404);
}

#[tokio::test]
async fn a_snapshot_is_kept_under_a_name_that_nobody_guesses() {
    let server = Server::open().await;
    let ask = async |body: Value| server.post("/apps/live/snapshots", body).await;
    let nobody = json!({
        "statusCode": 503, "message": "Snapshot failed: nothing to take a picture of", "error": "Service Unavailable",
    });
    assert_eq!(ask(json!({"room": "demo"})).await, (503, nobody));
    let _lease = server.fixture.publish("live", "live-demo", "ann", Via::Webrtc, None).await;
    let (status, body) = ask(json!({"room": "demo", "participantIdentity": "ann"})).await;
    assert_eq!(status, 201, "{body}");
    let key = text(&body, "/data/key");
    assert_eq!(text(&body, "/data/url"), format!("https://hub.example.com/{key}"));
    let random = key.strip_prefix("snapshots/").and_then(|name| name.strip_suffix(".jpg")).expect("its place");
    assert!(random.len() == 32 && random.bytes().all(|b| b.is_ascii_hexdigit()), "{key}");

    let picture = server.outside(&format!("/{key}")).await;
    assert_eq!((picture.status().as_u16(), &picture.headers()["content-type"]), (200, &"image/jpeg".parse().unwrap()));
    assert_eq!(picture.bytes().await.expect("a body"), JPEG);
    let posted = server.post_outside(&format!("/{key}")).await;
    assert_eq!((posted.status().as_u16(), &posted.headers()["allow"]), (405, &"GET, HEAD".parse().unwrap()));
    for other in [
        "snapshots/x.jpg",
        "snapshots/..%2Flumencast.db",
        &format!("snapshots/{random}"),
        &key.replace(".jpg", ".part"),
    ] {
        let answer = server.outside(&format!("/{other}")).await;
        assert_eq!(answer.status().as_u16(), 404, "{other}");
        let body: Value = serde_json::from_slice(&answer.bytes().await.expect("a body")).expect("JSON");
        assert_eq!(body, json!({"data": null, "error": {"code": "not_found", "message": "Snapshot not found"}}));
    }
    let messages = ["room should not be empty", "room must be a string"];
    assert_eq!(ask(json!({})).await, refusal(400, &messages));
    assert_eq!(ask(json!({"room": "demo", "participantIdentity": "bob"})).await.0, 503);
}

#[tokio::test]
async fn statistics_count_what_is_live_and_stay_for_five_seconds() {
    let server = Server::open().await;
    server.apps.create("other", Some("Other"), None, None).await.expect("an app");
    let _leases = [
        server.fixture.publish("live", "live-a", "ann", Via::Webrtc, None).await,
        server.fixture.publish("live", "live-a", "bob", Via::Whip, None).await,
        server.fixture.publish("live", "live-b", "cam", Via::Rtmp, None).await,
    ];
    let _viewers =
        [viewer(&server, "live-a", false), viewer(&server, "live-a", false), viewer(&server, "live-b", true)];
    until(async || server.fixture.log.ingress_count("live").await.expect("rows").active, |active| *active == 2).await;
    let (status, body) = server.get("/apps/live/stats").await;
    let data = &body["data"];
    let room = |name: &str, viewers: u32, publishers: u32, at: &str| json!({"room": name, "viewers": viewers, "publishers": publishers, "startedAt": text(data, at)});
    let golden = json!({ "error": null, "data": {
        "ts": text(data, "/ts"),
        "app": {"name": "live", "displayName": "live"},
        "live": {"activeStreams": 3, "totalViewers": 2, "rooms": [
            room("live-a", 2, 2, "/live/rooms/0/startedAt"), room("live-b", 0, 1, "/live/rooms/1/startedAt"),
        ]},
        "vods": {"count": 0, "totalBytes": 0, "byStatus": {"recording": 0, "uploading": 0, "ready": 0, "failed": 0}},
        "storage": {"appDbBytes": data["storage"]["appDbBytes"].as_u64().filter(|bytes| *bytes > 0), "vodBytes": 0},
        "ingress": {"total": 2, "active": 2},
        "events24h": {"error": 0, "warn": 0, "info": 0},
    }});
    assert_eq!((status, &body), (200, &golden));
    drop(_leases);
    assert_eq!(server.get("/apps/live/stats").await.1, body, "counted a moment ago");
    let (_, other) = server.get("/apps/other/stats").await;
    assert_eq!(other["data"]["live"], json!({"activeStreams": 0, "totalViewers": 0, "rooms": []}));
    server.apps.create("third", None, None, None).await.expect("an app");
    server.apps.patch("third", |draft| draft.config.features.viewer_counter = false).await.expect("it can be changed");
    assert_eq!(server.get("/apps/third/stats").await.1["data"]["live"]["totalViewers"], Value::Null);
}
