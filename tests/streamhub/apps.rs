//! `/apps`: the registry.

use crate::server::{Server, not_found, refusal};
use lumencast::app::{access::permissions::Role, rooms::apps::NoRoom};
use reqwest::Method;
use serde_json::{Value, json};

fn names(apps: &Value) -> Vec<&str> {
    apps.as_array().expect("a bare list").iter().filter_map(|app| app["name"].as_str()).collect()
}

/// Fails unless this is a time as the document writes it.
fn assert_iso(time: &Value) {
    let text = time.as_str().unwrap_or_else(|| panic!("{time}"));
    let form: String = text.chars().map(|c| if c.is_ascii_digit() { '9' } else { c }).collect();
    assert_eq!(form, "9999-99-99T99:99:99.999Z", "{text}");
}

#[tokio::test]
async fn the_first_start_has_the_default_app_and_the_mixers() {
    let server = Server::open().await;
    let (status, apps) = server.get("/apps").await;
    assert_eq!((status, names(&apps)), (200, vec!["live", "program"]));
    let live = &apps[0];
    assert_eq!((&live["displayName"], &live["livekitRoomPrefix"]), (&json!("live"), &json!("live")));
    assert_iso(&live["createdAt"]);
}

#[tokio::test]
async fn an_app_is_made_read_and_deleted_with_bare_bodies() {
    let server = Server::open().await;
    let (status, made) = server.post("/apps", json!({ "name": "studio", "unknown": 1 })).await;
    assert_eq!(status, 201);
    let fields: Vec<&String> = made.as_object().expect("an object").keys().collect();
    let wanted =
        ["createdAt", "displayName", "id", "livekitRoomPrefix", "name", "settingsJson", "updatedAt"].map(str::to_owned);
    assert_eq!(fields, wanted.iter().collect::<Vec<_>>());
    assert_eq!((&made["displayName"], &made["livekitRoomPrefix"]), (&json!("studio"), &json!("studio")));
    assert!(made["id"].is_i64(), "{made}");
    assert_iso(&made["createdAt"]);
    assert_iso(&made["updatedAt"]);
    assert!(made["settingsJson"].as_str().is_some_and(|text| serde_json::from_str::<Value>(text).is_ok()), "{made}");
    assert_eq!(server.get("/apps/studio").await, (200, made));

    let full = json!({ "name": "church", "displayName": "St. Mary", "roomPrefix": "mary" });
    let (_, church) = server.post("/apps", full).await;
    assert_eq!((&church["displayName"], &church["livekitRoomPrefix"]), (&json!("St. Mary"), &json!("mary")));

    let (status, sizes) = server.get("/apps/studio/sizes").await;
    assert_eq!((status, &sizes["app"]), (200, &json!("studio")));
    assert!(sizes["dbSizeBytes"].as_i64().is_some_and(|bytes| bytes > 0), "{sizes}");
    assert_eq!((&sizes["vodTotalBytes"], &sizes["vodCount"]), (&json!(0), &json!(0)));

    let gone = (200, json!({ "deleted": true, "name": "studio" }));
    assert_eq!(server.delete("/apps/studio?deleteVods=true").await, gone);
    assert_eq!(server.get("/apps/studio").await, not_found("App not found"));
    assert_eq!(server.delete("/apps/studio").await, not_found("App not found"));
}

#[tokio::test]
async fn names_and_prefixes_must_be_slugs_and_free() {
    let server = Server::open().await;
    let slug = "name must match /^[a-z0-9][a-z0-9-]{1,30}[a-z0-9]$/ regular expression";
    for bad in ["ab", "-abc", "abc-", "Abc", "a_b", &"x".repeat(33)] {
        assert_eq!(server.post("/apps", json!({ "name": bad })).await, refusal(400, &[slug]), "{bad}");
    }
    let missing = ["name should not be empty", "name must be a string"];
    assert_eq!(server.post("/apps", json!({})).await, refusal(400, &missing));
    let long = json!({ "name": "abc", "displayName": "x".repeat(101), "roomPrefix": "x".repeat(41) });
    let all = [
        "displayName must be shorter than or equal to 100 characters",
        "roomPrefix must be shorter than or equal to 40 characters",
        "roomPrefix must match /^[a-z0-9][a-z0-9-]{0,39}$/ regular expression",
    ];
    assert_eq!(server.post("/apps", long).await, refusal(400, &all));

    for taken in
        [json!({ "name": "live" }), json!({ "name": "program" }), json!({ "name": "new", "roomPrefix": "live" })]
    {
        let (status, body) = server.post("/apps", taken.clone()).await;
        assert_eq!((status, &body["error"]), (409, &json!("Conflict")), "{taken}: {body}");
    }
}

#[tokio::test]
async fn a_patch_changes_what_it_names_and_shows_no_secret() {
    let server = Server::open().await;
    let (status, merged) = server.patch("/apps/live", json!({})).await;
    let defaults = json!({
        "name": "live", "displayName": "live", "roomPrefix": "live",
        "recording": {
            "enabled": true, "mode": "room-composite", "layout": "grid", "localDir": "recordings",
            "deleteLocalAfterUpload": true, "splitMinutes": 0, "snapshotSeconds": 0,
        },
        "webrtc": {
            "adaptive": true,
            "layers": [
                { "name": "high", "height": 720 }, { "name": "med", "height": 480 }, { "name": "low", "height": 240 },
            ],
        },
        "rtmp": { "enabled": true, "transcode": true },
        "transcoding": { "enabled": false, "encoding": "h264", "vodAdaptive": false, "vodRenditions": [] },
        "callbacks": { "url": "", "secret": "", "hasSecret": false },
        "features": {
            "rtmpPassword": false, "viewerCounter": true, "chat": false, "reactions": false, "hiddenQc": true,
            "adaptivePlayer": true, "publicPlayback": true,
            "wsIngest": { "enabled": true, "maxCameras": 0, "maxFps": 15, "maxFrameKb": 256 },
        },
    });
    assert_eq!((status, &merged), (200, &defaults));

    let change = json!({
        "displayName": "Main", "roomPrefix": "main", "recordingEnabled": "false", "splitMinutes": "30",
        "snapshotSeconds": 60, "callbackUrl": "https://example.com/hook", "callbackSecret": "hush-hush",
        "features": { "chat": true, "wsIngest": { "enabled": false } }, "settings": { "x": 1 },
    });
    let (status, merged) = server.patch("/apps/live", change).await;
    let mut wanted = defaults;
    wanted["displayName"] = json!("Main");
    wanted["roomPrefix"] = json!("main");
    wanted["recording"]["enabled"] = json!(false);
    wanted["recording"]["splitMinutes"] = json!(30);
    wanted["recording"]["snapshotSeconds"] = json!(60);
    wanted["callbacks"] = json!({ "url": "https://example.com/hook", "secret": "********", "hasSecret": true });
    wanted["features"]["chat"] = json!(true);
    assert_eq!((status, merged), (200, wanted));
    let secret = server.apps.find("live").expect("the app").config.callbacks.secret.clone();
    assert_eq!(secret, "hush-hush", "it is kept for signing");
    for path in ["/apps", "/apps/live", "/apps/live/config"] {
        let (_, body) = server.get(path).await;
        assert!(!body.to_string().contains("hush"), "{path}: {body}");
    }
}

#[tokio::test]
async fn a_patch_with_wrong_values_changes_nothing() {
    let server = Server::open().await;
    let before = server.apps.find("live");
    let change = json!({
        "displayName": "Other", "roomPrefix": "-x", "recordingEnabled": "maybe", "splitMinutes": 7,
        "snapshotSeconds": "often", "callbackUrl": "ftp://example.com", "callbackSecret": "x".repeat(257),
        "features": { "chat": 3 },
    });
    let wrong = [
        "roomPrefix must match /^[a-z0-9][a-z0-9-]{0,39}$/ regular expression",
        "recordingEnabled must be a boolean value",
        "splitMinutes must be one of the following values: 0, 15, 30, 60, 90, 120",
        "snapshotSeconds must be an integer number",
        "callbackUrl must be a URL address",
        "callbackSecret must be shorter than or equal to 256 characters",
        "features.chat must be a boolean value",
    ];
    assert_eq!(server.patch("/apps/live", change).await, refusal(400, &wrong));
    assert_eq!(server.apps.find("live"), before);
}

#[tokio::test]
async fn the_mixers_app_is_neither_made_nor_deleted_nor_moved_but_may_be_set() {
    let server = Server::open().await;
    assert_eq!(server.delete("/apps/program").await.0, 409);
    assert_eq!(server.patch("/apps/program", json!({ "roomPrefix": "other" })).await.0, 409);
    assert_eq!(server.patch("/apps/program", json!({ "features": { "publicPlayback": false } })).await.0, 200);
    assert_eq!(server.post("/apps", json!({ "name": "spy", "roomPrefix": "program-main" })).await.0, 409);
    assert_eq!(server.apps.namespaced("program", "main"), Ok("program-main".to_owned()));
    let owner = server.apps.owner_of_room("program-main").expect("an owner");
    assert_eq!(owner.name, "program");
}

#[tokio::test]
async fn rooms_belong_to_the_app_with_the_longest_prefix_and_to_no_other() {
    let server = Server::open().await;
    for name in ["live-2", "live2"] {
        assert_eq!(server.post("/apps", json!({ "name": name })).await.0, 201);
    }
    let owner = |room: &str| server.apps.owner_of_room(room).map(|app| app.name.clone());
    for (room, of) in [
        ("live", Some("live")),
        ("live-x", Some("live")),
        ("live-2", Some("live-2")),
        ("live-2-x", Some("live-2")),
        ("live-22", Some("live")),
        ("live2-x", Some("live2")),
        ("livestream", None),
    ] {
        assert_eq!(owner(room).as_deref(), of, "{room}");
    }
    let apps = &server.apps;
    assert_eq!(apps.namespaced("live", "live2-x"), Ok("live-live2-x".to_owned()));
    assert_eq!(apps.namespaced("live", "2-x"), Err(NoRoom::Foreign), "it would be a room of live-2");
    assert_eq!(apps.namespaced("live", "live-2-x"), Err(NoRoom::Foreign));
    assert_eq!(apps.namespaced("live", "a/b"), Err(NoRoom::Name));
    assert_eq!(apps.namespaced("nothing", "x"), Err(NoRoom::UnknownApp));
    assert_eq!(apps.namespaced("live-2", ""), Ok("live-2".to_owned()));
}

#[tokio::test]
async fn nobody_can_take_rooms_from_another_tenant_by_a_longer_prefix() {
    let server = Server::open().await;
    let (red, blue) = (server.member("red", Role::Owner).await, server.member("blue", Role::Owner).await);
    let body = json!({ "name": "redshow" });
    assert_eq!(server.send(Method::POST, "/apps", &red, body).await.0, 201);
    for grab in [json!({ "name": "redshow-2" }), json!({ "name": "grab", "roomPrefix": "redshow-x" })] {
        assert_eq!(server.send(Method::POST, "/apps", &blue, grab.clone()).await.0, 409, "{grab}");
        assert_eq!(server.post("/apps", grab.clone()).await.0, 409, "nor the platform by accident: {grab}");
    }
    assert_eq!(server.send(Method::POST, "/apps", &blue, json!({ "name": "blueshow" })).await.0, 201);
    let move_in = json!({ "roomPrefix": "redshow-y" });
    assert_eq!(server.send(Method::PATCH, "/apps/blueshow", &blue, move_in).await.0, 409);
    assert_eq!(server.send(Method::POST, "/apps", &red, json!({ "name": "redshow-2" })).await.0, 201, "one's own may");
}

#[tokio::test]
async fn tenants_see_their_own_apps_alone_and_a_key_its_own_app() {
    let server = Server::open().await;
    let (red, blue) = (server.member("red", Role::Owner).await, server.member("blue", Role::Viewer).await);
    server.send(Method::POST, "/apps", &red, json!({ "name": "redshow" })).await;
    let seen = async |who: &str| server.send(Method::GET, "/apps", who, Value::Null).await.1;
    assert_eq!(names(&seen(&red).await), ["redshow"]);
    assert!(names(&seen(&blue).await).is_empty());
    let key = server.app_key("live").await;
    assert_eq!(names(&seen(&key).await), ["live"]);
}

#[tokio::test]
async fn the_key_of_a_deleted_app_opens_nothing_even_if_the_name_comes_back() {
    let server = Server::open().await;
    server.post("/apps", json!({ "name": "studio" })).await;
    let key = server.app_key("studio").await;
    assert_eq!(server.send(Method::GET, "/apps/studio", &key, Value::Null).await.0, 200);
    server.delete("/apps/studio").await;
    server.post("/apps", json!({ "name": "studio" })).await;
    assert_eq!(server.send(Method::GET, "/apps/studio", &key, Value::Null).await.0, 401);
}

#[tokio::test]
async fn changes_at_the_same_time_are_all_kept() {
    let server = Server::open().await;
    let features = ["chat", "reactions", "rtmpPassword"];
    let change = |feature: &str| {
        let body = json!({ "features": { feature: true } });
        server.request(Method::PATCH, "/apps/live").bearer_auth(&server.global).json(&body).send()
    };
    for answer in futures::future::join_all(features.map(change)).await {
        assert_eq!(answer.expect("an answer").status(), 200);
    }
    let config = server.apps.find("live").expect("the app").config.clone();
    assert!(config.features.chat && config.features.reactions && config.features.rtmp_password, "{config:?}");
}

#[tokio::test]
async fn apps_survive_a_restart_and_the_deleted_default_stays_deleted() {
    let server = Server::open().await;
    server.post("/apps", json!({ "name": "studio", "displayName": "Studio" })).await;
    server.patch("/apps/studio", json!({ "features": { "chat": true } })).await;
    server.delete("/apps/live").await;
    let again = server.reopened_apps().await;
    assert!(again.find("live").is_none());
    let studio = again.find("studio").expect("the app");
    assert_eq!(Some(&studio), server.apps.find("studio").as_ref());
    assert!(studio.config.features.chat);
}

#[tokio::test]
async fn who_waits_for_changes_is_told() {
    let server = Server::open().await;
    let mut changes = server.apps.changed();
    server.post("/apps", json!({ "name": "studio" })).await;
    assert!(changes.next().await);
    assert!(server.apps.find("studio").is_some());
}
