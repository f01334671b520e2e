//! `/apps/{app}/ingress`.

use crate::{
    fixture::{configuration, picture, text, until},
    server::{Server, not_found, refusal},
};
use lumencast::app::rooms::{
    Duplicate, PublishRequest, Via,
    apps::Apps,
    ingress::{PullState, PushRefused},
};
use lumencast::protocol::packet::MediaKind;
use reqwest::Method;
use serde_json::{Value, json};

/// The frame of the player that the document shows.
fn iframe(room: &str) -> String {
    format!(
        "<iframe src=\"https://hub.example.com/embed/live/{room}\" width=\"640\" height=\"360\" \
         allow=\"autoplay; fullscreen; camera; microphone\" allowfullscreen></iframe>"
    )
}

async fn create(server: &Server, body: Value) -> Value {
    let (status, body) = server.post("/apps/live/ingress", body).await;
    assert_eq!(status, 201, "{body}");
    body["data"].clone()
}

async fn switch(apps: &Apps, change: impl FnMut(&mut lumencast::app::rooms::apps::Draft)) {
    apps.patch("live", change).await.expect("it can be changed");
}

#[tokio::test]
async fn an_rtmp_ingress_is_made_as_the_document_shows() {
    let server = Server::open().await;
    let body = json!({"inputType": "rtmp", "room": "demo", "enableTranscoding": true, "unknown": 1});
    let (status, body) = server.post("/apps/live/ingress", body).await;
    assert_eq!(status, 201);
    let (id, key) = (text(&body, "/data/ingressId"), text(&body, "/data/streamKey"));
    assert!(id.strip_prefix("IN_").is_some_and(|id| id.len() == 12 && id.bytes().all(|b| b.is_ascii_alphanumeric())));
    assert!(key.strip_prefix("sk-").is_some_and(|key| key.len() == 32 && key.bytes().all(|b| b.is_ascii_hexdigit())));
    let golden = json!({ "data": {
        "ingressId": id,
        "url": "rtmp://media.example.com:1935/live",
        "rtmp_url": format!("rtmp://media.example.com:1935/live/{key}"),
        "streamKey": key,
        "stream_key": key,
        "roomName": "live-demo",
        "requires_password": false,
        "adaptive": true,
        "player_url": "https://hub.example.com/play/live/live-demo",
        "embed_iframe": iframe("live-demo"),
    }});
    assert_eq!(body, golden);
}

#[tokio::test]
async fn whip_and_url_ingresses_name_their_endpoint_and_source() {
    let server = Server::open().await;
    let whip = create(&server, json!({"inputType": "whip"})).await;
    assert_eq!(whip["url"], "https://hub.example.com/whip/live/live");
    assert_eq!((whip.get("rtmp_url"), &whip["roomName"], &whip["adaptive"]), (None, &json!("live"), &json!(false)));
    let key = text(&whip, "/streamKey");
    assert!(server.fixture.ingresses.by_whip_key(key).await.expect("rows").is_some());
    assert!(server.fixture.ingresses.by_key(key).await.expect("rows").is_none(), "a WHIP key is no RTMP key");

    let source = "rtsp://user:secret@camera.example.com/stream";
    let pulled = create(&server, json!({"inputType": "url", "url": source, "participantIdentity": "cam"})).await;
    assert_eq!((&pulled["url"], &pulled["streamKey"]), (&json!(source), &json!("")));
    let request = server.fixture.pulled().await.request;
    assert_eq!(request.ingress, text(&pulled, "/ingressId"));
    assert_eq!(request.spec.to_string(), "rtsp://camera.example.com/stream");
}

#[tokio::test]
async fn transcoding_is_on_by_default_where_both_switches_are() {
    let server = Server::open().await;
    switch(&server.apps, |draft| draft.config.transcoding.enabled = true).await;
    assert_eq!(create(&server, json!({"inputType": "rtmp"})).await["adaptive"], true);
    assert_eq!(create(&server, json!({"inputType": "rtmp", "enableTranscoding": "false"})).await["adaptive"], false);
    switch(&server.apps, |draft| draft.config.rtmp.transcode = false).await;
    assert_eq!(create(&server, json!({"inputType": "rtmp"})).await["adaptive"], false);
}

#[tokio::test]
async fn what_is_wrong_with_a_new_ingress_is_said() {
    let server = Server::open().await;
    let kinds = "inputType must be one of the following values: rtmp, whip, url";
    let long = "x".repeat(121);
    for (body, messages) in [
        (json!({}), vec![kinds.to_owned()]),
        (json!({"inputType": "srt"}), vec![kinds.to_owned()]),
        (
            json!({"inputType": "rtmp", "room": "a/b"}),
            vec!["room must match /^[a-zA-Z0-9._-]+$/ regular expression".into()],
        ),
        (
            json!({"inputType": "rtmp", "participantIdentity": long, "participantName": long, "room": long}),
            ["room", "participantIdentity", "participantName"]
                .map(|name| format!("{name} must be shorter than or equal to 120 characters"))
                .to_vec(),
        ),
        (json!({"inputType": "url"}), vec!["url is required when inputType is url".into()]),
        (
            json!({"inputType": "url", "url": format!("http://a.example/{}", "x".repeat(500))}),
            vec!["url must be shorter than or equal to 500 characters".into()],
        ),
        (
            json!({"inputType": "url", "url": "file:///etc/passwd"}),
            vec!["url must be something that can be pulled: not a URL".into()],
        ),
        (
            json!({"inputType": "url", "url": "gopher://a.example/"}),
            vec!["url must be something that can be pulled: nothing is pulled by gopher".into()],
        ),
    ] {
        let messages: Vec<_> = messages.iter().map(String::as_str).collect();
        assert_eq!(server.post("/apps/live/ingress", body.clone()).await, refusal(400, &messages), "{body}");
    }
    assert_eq!(server.get("/apps/live/ingress").await.1["total"], 0, "nothing was made");
    assert_eq!(server.post("/apps/nothing/ingress", json!({"inputType": "rtmp"})).await, not_found("App not found"));
}

#[tokio::test]
async fn the_list_has_pages_a_room_and_a_search() {
    let server = Server::open().await;
    for number in 0..3 {
        let body = json!({"inputType": "rtmp", "room": "demo", "participantName": format!("Bühne {number}")});
        create(&server, body).await;
    }
    let other = create(&server, json!({"inputType": "rtmp", "room": "other", "participantIdentity": "Foyer"})).await;
    let page = async |query: &str| {
        let (status, page) = server.get(&format!("/apps/live/ingress{query}")).await;
        assert_eq!(status, 200, "{query}: {page}");
        let names: Vec<_> =
            page["data"].as_array().expect("rows").iter().map(|r| text(r, "/name").to_owned()).collect();
        (names, page["total"].clone(), page["limit"].clone(), page["offset"].clone())
    };
    let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
    let all = names(&["Foyer", "Bühne 2", "Bühne 1", "Bühne 0"]);
    assert_eq!(page("").await, (all.clone(), json!(4), json!(50), json!(0)));
    assert_eq!(page("?limit=2&offset=1").await, (names(&["Bühne 2", "Bühne 1"]), json!(4), json!(2), json!(1)));
    assert_eq!(page("?limit=0").await, (names(&["Foyer"]), json!(4), json!(1), json!(0)));
    assert_eq!(page("?limit=9999&offset=-5").await, (all, json!(4), json!(500), json!(0)));
    assert_eq!(page("?offset=4").await, (names(&[]), json!(4), json!(50), json!(4)));
    assert_eq!(page("?room=other").await.0, names(&["Foyer"]));
    assert_eq!(page("?room=live-other").await.0, names(&["Foyer"]));
    assert_eq!(page("?room=a%2Fb").await.1, json!(0));
    assert_eq!(page("?q=B%C3%9CHNE%201").await.0, names(&["Bühne 1"]));
    assert_eq!(page("?q=LIVE-OTHER").await.0, names(&["Foyer"]));
    let id = text(&other, "/ingressId").to_lowercase();
    assert_eq!(page(&format!("?q={id}")).await.0, names(&["Foyer"]));
    assert_eq!(page("?q=%25").await.1, json!(0), "no wildcards");
    let long = format!("/apps/live/ingress?q={}", "x".repeat(201));
    assert_eq!(server.get(&long).await, refusal(400, &["q must be shorter than or equal to 200 characters"]));
    let word = refusal(400, &["limit must be an integer number"]);
    assert_eq!(server.get("/apps/live/ingress?limit=many").await, word);
}

#[tokio::test]
async fn a_row_says_what_is_live() {
    let server = Server::open().await;
    let made = create(&server, json!({"inputType": "rtmp", "room": "demo", "participantName": "Fixture"})).await;
    let (id, key) = (text(&made, "/ingressId"), text(&made, "/streamKey"));
    let idle = json!({
        "ingressId": id, "url": "rtmp://media.example.com:1935/live", "streamKey": key, "stream_key": key,
        "rtmp_url": format!("rtmp://media.example.com:1935/live/{key}"), "roomName": "live-demo", "room": "live-demo",
        "name": "Fixture", "inputType": "rtmp", "status": "inactive", "viewers": 0, "requires_password": false,
    });
    assert_eq!(server.get("/apps/live/ingress").await.1["data"], json!([idle]));

    let lease = server.fixture.publish("live", "live-demo", "ingress-live", Via::Rtmp, Some(id)).await;
    let (_, body) = server.get(&format!("/apps/live/ingress/{id}")).await;
    let row = &body["data"];
    assert_eq!((&row["status"], &row["width"], &row["height"]), (&json!("publishing"), &json!(1280), &json!(720)));
    assert!(row["bitrate"].is_u64() && text(row, "/startedAt").ends_with('Z'), "{row}");
    assert!(row.get("stream_key").is_none() && row.get("rtmp_url").is_none(), "{row}");
    drop(lease);
    assert_eq!(server.get(&format!("/apps/live/ingress/{id}")).await.1["data"]["status"], "inactive");

    // Another publisher under the same identity is not this ingress.
    let _other = server.fixture.publish("live", "live-demo", "ingress-live", Via::Webrtc, None).await;
    assert_eq!(server.get(&format!("/apps/live/ingress/{id}")).await.1["data"]["status"], "inactive");

    switch(&server.apps, |draft| draft.config.features.viewer_counter = false).await;
    assert_eq!(server.get(&format!("/apps/live/ingress/{id}")).await.1["data"]["viewers"], Value::Null);
}

#[tokio::test]
async fn deleting_an_ingress_ends_whoever_publishes_by_it_and_closes_its_key() {
    let server = Server::open().await;
    let made = create(&server, json!({"inputType": "rtmp"})).await;
    let (id, key) = (text(&made, "/ingressId"), text(&made, "/streamKey"));
    let lease = server.fixture.publish("live", "live", "ingress-live", Via::Rtmp, Some(id)).await;
    let path = format!("/apps/live/ingress/{id}");
    assert_eq!(server.delete(&path).await, (200, json!({"data": {"ingressId": id, "deleted": true}})));
    lease.evicted.cancelled().await;
    assert!(server.fixture.rooms.streams("live").is_empty());
    assert!(server.fixture.ingresses.by_key(key).await.expect("rows").is_none());
    assert_eq!(server.get(&path).await, not_found("Ingress not found"));
    assert_eq!(server.delete(&path).await, not_found("Ingress not found"));
}

#[tokio::test]
async fn another_app_sees_and_ends_nothing() {
    let server = Server::open().await;
    server.apps.create("other", None, None, None).await.expect("an app");
    let made = create(&server, json!({"inputType": "rtmp"})).await;
    let id = text(&made, "/ingressId");
    let key = server.app_key("other").await;
    for (method, path) in [
        (Method::GET, format!("/apps/other/ingress/{id}")),
        (Method::DELETE, format!("/apps/other/ingress/{id}")),
        (Method::POST, format!("/apps/other/ingress/{id}/validate")),
    ] {
        let answer = server.send(method, &path, &key, json!({"password": "x"})).await;
        assert_eq!(answer, not_found("Ingress not found"), "{path}");
    }
    assert_eq!(server.send(Method::GET, "/apps/other/ingress", &key, Value::Null).await.1["total"], 0);
    for (method, path) in
        [(Method::GET, format!("/apps/live/ingress/{id}")), (Method::DELETE, "/apps/live/ingress/x".into())]
    {
        assert_eq!(server.send(method, &path, &key, Value::Null).await.0, 403, "{path}");
    }
    // Neither does it feed another app's room.
    server.apps.create("live-two", None, None, None).await.expect("an app");
    let (status, _) = server.post("/apps/live/ingress", json!({"inputType": "rtmp", "room": "live-two-hall"})).await;
    assert_eq!(status, 403);
    assert_eq!(server.get(&format!("/apps/live/ingress/{id}")).await.0, 200, "it is still there");
}

#[tokio::test]
async fn a_password_is_asked_of_every_push_until_it_was_validated() {
    let server = Server::open().await;
    switch(&server.apps, |draft| draft.config.features.rtmp_password = true).await;
    let whip = create(&server, json!({"inputType": "whip"})).await;
    assert_eq!((&whip["requires_password"], whip.get("stream_password")), (&json!(false), None));
    let made = create(&server, json!({"inputType": "rtmp", "room": "demo"})).await;
    assert_eq!(made["requires_password"], true);
    let (id, password) = (text(&made, "/ingressId"), text(&made, "/stream_password"));
    assert_eq!(password.len(), 16, "12 bytes in base64url");
    assert!(!server.get("/apps/live/ingress").await.1.to_string().contains(password), "it is shown once");

    let ingresses = &server.fixture.ingresses;
    let row = ingresses.by_key(text(&made, "/streamKey")).await.expect("rows").expect("a row");
    let mut events = server.fixture.events();
    for wrong in [None, Some("wrong"), Some("")] {
        assert!(matches!(ingresses.authorize_push(&row, wrong).await, Err(PushRefused::Password)), "{wrong:?}");
        let event = events.next("stream_ended").await;
        let golden = json!({
            "streamId": "live-demo/ingress-live", "room": "live-demo", "type": "rtmp", "ingressId": id,
            "reason": "unauthorized_rtmp_password",
        });
        assert_eq!((&event.data, event.app.as_str()), (&golden, "live"));
    }
    assert!(ingresses.authorize_push(&row, Some(password)).await.is_ok());
    assert!(ingresses.authorize_push(&row, None).await.is_err(), "a push does not unlock the next one");

    let path = format!("/apps/live/ingress/{id}/validate");
    let answer = |valid: bool| (201, json!({"data": {"ingressId": id, "valid": valid}}));
    assert_eq!(server.post(&path, json!({"password": "wrong"})).await, answer(false));
    let row = ingresses.get("live", id).await.expect("rows").expect("a row");
    assert!(ingresses.authorize_push(&row, None).await.is_err());
    assert_eq!(server.post(&path, json!({"password": password})).await, answer(true));
    let row = ingresses.get("live", id).await.expect("rows").expect("a row");
    assert!(ingresses.authorize_push(&row, None).await.is_ok(), "validation unlocks every push");

    let messages = ["password must be shorter than or equal to 256 characters"];
    assert_eq!(server.post(&path, json!({"password": "x".repeat(257)})).await, refusal(400, &messages));
    let open = format!("/apps/live/ingress/{}/validate", text(&whip, "/ingressId"));
    assert_eq!(server.post(&open, json!({"password": "any"})).await.1["data"]["valid"], true);
}

#[tokio::test]
async fn a_pulled_source_enters_its_room_with_its_first_picture_and_leaves_with_its_ingress() {
    let _turn = crate::turn::turn();
    let server = Server::open().await;
    let mut events = server.fixture.events();
    let body = json!({"inputType": "url", "url": "srt://camera.example.com:9000", "participantIdentity": "cam"});
    let made = create(&server, body).await;
    let id = text(&made, "/ingressId").to_owned();
    let path = format!("/apps/live/ingress/{id}");
    let status = async || server.get(&path).await.1["data"]["status"].clone();
    let pull = server.fixture.pulled().await;
    assert_eq!(status().await, "buffering");
    pull.tap.set_state(PullState::Failed("the server answered 404".into()));
    assert_eq!(status().await, "error");
    assert_eq!(server.get(&path).await.1["data"]["error"], "the server answered 404");

    assert!(pull.tap.take(configuration()));
    pull.tap.set_state(PullState::Publishing);
    assert!(events.so_far().await.is_empty(), "a source that has shown nothing is no event");
    assert!(pull.tap.take(picture(0)));
    let started = events.next("stream_started").await;
    assert_eq!(started.data, json!({"streamId": "live/cam", "room": "live", "type": "rtsp", "ingressId": id}));
    until(status, |status| status == "publishing").await;
    assert!(server.fixture.rooms.stream("live/cam").expect("it is live").live.picture().is_some(), "configured first");

    assert_eq!(server.delete(&path).await.0, 200);
    events.next("ingress_ended").await;
    tokio::time::timeout(crate::fixture::TIMEOUT, pull.dropped.cancelled()).await.expect("the pull is given up");
    assert!(server.fixture.rooms.stream("live/cam").is_none());
}

#[tokio::test]
async fn a_publisher_of_which_nothing_can_be_decoded_is_an_error_that_names_its_codec() {
    let _turn = crate::turn::turn();
    let server = Server::open().await;
    let made = create(&server, json!({"inputType": "rtmp", "participantIdentity": "cam"})).await;
    let id = text(&made, "/ingressId").to_owned();
    let row = async || {
        let row = server.get(&format!("/apps/live/ingress/{id}")).await.1["data"].clone();
        (row["status"].clone(), row["error"].clone())
    };
    let request = PublishRequest {
        app: "live".into(),
        room: "live".into(),
        identity: "cam".into(),
        name: None,
        via: Via::Rtmp,
        ingress: Some(id.clone()),
        duplicate: Duplicate::Replace,
    };
    let lease = server.fixture.rooms.enter(request).await.expect("a lease");
    assert_eq!(row().await, (json!("buffering"), Value::Null));
    lease.unsupported(MediaKind::Picture, "vvc1");
    assert_eq!(row().await, (json!("error"), json!("the picture's codec vvc1 is not supported")));
    assert!(lease.push(configuration()).is_ok() && lease.push(picture(0)).is_ok());
    assert_eq!(row().await, (json!("publishing"), Value::Null), "it has changed its codec");
    lease.unsupported(MediaKind::Sound, "alac");
    let named = json!("the sound's codec alac is not supported");
    assert_eq!(row().await, (json!("publishing"), named), "its picture goes on");
}

#[tokio::test]
async fn a_pull_that_breaks_off_begins_anew_and_one_that_is_complete_does_not() {
    let _turn = crate::turn::turn();
    let server = Server::open().await;
    let made = create(&server, json!({"inputType": "url", "url": "http://a.example/clip.mp4"})).await;
    let path = format!("/apps/live/ingress/{}", text(&made, "/ingressId"));
    drop(server.fixture.pulled().await.tap);
    let again = server.fixture.pulled().await;
    assert!(again.tap.take(picture(0)));
    again.tap.set_state(PullState::Complete);
    drop(again.tap);
    until(async || server.get(&path).await.1["data"]["status"].clone(), |status| status == "complete").await;
    assert!(server.fixture.rooms.streams("live").is_empty());
}

#[tokio::test]
async fn a_pull_waits_for_its_place_when_somebody_else_is_there() {
    let _turn = crate::turn::turn();
    let server = Server::open().await;
    let lease = server.fixture.publish("live", "live", "cam", Via::Webrtc, None).await;
    let body = json!({"inputType": "url", "url": "rtsp://a.example/", "participantIdentity": "cam"});
    create(&server, body).await;
    let pull = server.fixture.pulled().await;
    let feeding = async {
        for number in 1.. {
            lease.alive(); // the other one is well
            if !pull.tap.take(picture(number)) {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(crate::fixture::TIMEOUT, feeding).await.expect("the pull is given up for now");
    assert!(!lease.evicted.is_cancelled());
    drop(lease);
    let pull = server.fixture.pulled().await;
    assert!(pull.tap.take(picture(0)));
    let live = async || server.fixture.rooms.stream("live/cam").is_some_and(|stream| stream.via == Via::Rtsp);
    until(live, |there| *there).await;
}

#[tokio::test]
async fn pulls_begin_again_with_the_server_and_end_with_their_app() {
    let _turn = crate::turn::turn();
    let server = Server::open().await;
    server.apps.create("other", None, None, None).await.expect("an app");
    let body = json!({"inputType": "url", "url": "rtsp://a.example/"});
    let (_, made) = server.post("/apps/other/ingress", body).await;
    let first = server.fixture.pulled().await;

    let store = server.store().await;
    let next = crate::fixture::Fixture::open(&store, &server.apps, std::path::Path::new("unused")).await;
    next.ingresses.resume().await.expect("rows");
    assert_eq!(next.pulled().await.request.ingress, text(&made, "/data/ingressId"));

    assert!(first.tap.take(picture(0)));
    until(async || server.fixture.rooms.streams("other").len(), |streams| *streams == 1).await;
    server.apps.delete("other").await.expect("it can go");
    tokio::time::timeout(crate::fixture::TIMEOUT, first.dropped.cancelled()).await.expect("the pull ends");
    until(async || server.fixture.rooms.streams("other").len(), |streams| *streams == 0).await;
    let page = server.fixture.ingresses.page("other", &Default::default()).await.expect("rows");
    assert_eq!(page.1, 0, "its rows are gone too");
}

#[tokio::test]
async fn publishers_of_an_app_that_goes_are_sent_away() {
    let server = Server::open().await;
    server.apps.create("other", None, None, None).await.expect("an app");
    let entry = |app: &str| PublishRequest {
        app: app.into(),
        room: app.into(),
        identity: "ann".into(),
        name: None,
        via: Via::Webrtc,
        ingress: None,
        duplicate: Duplicate::Replace,
    };
    let (gone, stays) =
        (server.fixture.rooms.enter(entry("other")).await, server.fixture.rooms.enter(entry("live")).await);
    let (gone, stays) = (gone.expect("a lease"), stays.expect("a lease"));
    server.apps.delete("other").await.expect("it can go");
    tokio::time::timeout(crate::fixture::TIMEOUT, gone.evicted.cancelled()).await.expect("it is sent away");
    assert!(!stays.evicted.is_cancelled());
}
