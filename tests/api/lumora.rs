//! Lumora over HTTP, with keys from a real store.

use crate::{fixture::Fixture, golden::assert_golden, openapi::Document};
use lumencast::{
    api::lumora::{LumoraState, Plan, routes},
    app::access::keys::{KeyService, Plane},
    store::Store,
};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use std::sync::LazyLock;
use tempfile::TempDir;
use tokio::net::TcpListener;
use warp::Filter;

/// The document.
static DOCUMENT: LazyLock<Document> = LazyLock::new(|| Document::of("lumora"));

struct Server {
    fixture: Fixture,
    keys: KeyService,
    key: String,
    key_id: String,
    base: String,
    http: reqwest::Client,
    _data: TempDir,
}

impl Server {
    async fn open() -> Self {
        let data = tempfile::tempdir().expect("a folder");
        let store = Store::open(data.path()).await.expect("a store");
        let keys = KeyService::new(&store);
        let (key, row) = keys.mint(Plane::Lumora, "Stream Deck").await.expect("a key");
        let fixture = Fixture::new();
        let planes = routes(LumoraState::new(fixture.show.clone(), keys.clone(), Plan::Standard));
        // What other planes have on the same prefix must still be reached.
        let planes = planes.or(warp::path!("api" / "v1" / "services").map(|| "another plane"));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let base = format!("http://{}", listener.local_addr().expect("it is bound"));
        tokio::spawn(warp::serve(planes).incoming(listener).run());
        Self { fixture, keys, key, key_id: row.id, base, http: reqwest::Client::new(), _data: data }
    }

    async fn raw(&self, method: Method, path: &str, authorization: Option<&str>) -> Response {
        let request = self.http.request(method, format!("{}{path}", self.base));
        let request = match authorization {
            Some(value) => request.header("authorization", value),
            None => request,
        };
        request.send().await.expect("an answer")
    }

    async fn send(&self, method: Method, path: &str) -> (u16, Value) {
        let response = self.raw(method.clone(), path, Some(&format!("Bearer {}", self.key))).await;
        let status = response.status().as_u16();
        assert!(response.headers().contains_key("ratelimit-limit"), "{path}");
        assert_eq!(response.headers()["content-type"], "application/json", "{path}");
        let body = response.json().await.expect("JSON");
        if let Some(below) = path.strip_prefix("/api/v1") {
            DOCUMENT.check(method.as_str(), below, status, &body);
        }
        (status, body)
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        self.send(Method::GET, &format!("/api/v1/{path}")).await
    }

    async fn post(&self, path: &str) -> (u16, Value) {
        self.send(Method::POST, &format!("/api/v1/{path}")).await
    }
}

fn limit(response: &Response) -> [u64; 3] {
    ["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"].map(|name| {
        let value = response.headers().get(name).unwrap_or_else(|| panic!("no {name}"));
        value.to_str().ok().and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("{name}: {value:?}"))
    })
}

#[tokio::test]
async fn a_graphic_goes_on_and_off_its_channels_and_everything_tells_so() {
    let server = Server::open().await;
    let off_air = (200, json!({ "live": false, "liveOn": [] }));
    assert_eq!(server.get("trigger/both/status").await, off_air);
    let on = (200, json!({ "ok": true, "dispatched": ["cg1", "cg2"], "skipped": [] }));
    assert_eq!(server.post("trigger/both/on").await, on);
    assert_eq!(server.get("trigger/both/status").await, (200, json!({ "live": true, "liveOn": ["cg1", "cg2"] })));
    assert_eq!(server.get("status/cg1").await, (200, json!({ "live": ["both"] })));
    assert_eq!(server.get("status/cg3").await, (200, json!({ "live": [] })));
    assert_eq!(server.get("status/cg2/both").await, (200, json!({ "live": true })));
    assert_eq!(server.get("status/cg2/unlocked").await, (200, json!({ "live": false })));
    assert_eq!(server.get("tally/cg1/pgm").await, (200, json!(true)));
    assert_eq!(server.get("tally/cg1/pvw").await, (200, json!(false)));
    assert_eq!(server.get("tally/cg2/pgm").await, (200, json!(false)), "cg2 is not keyed over program");
    assert_eq!(server.post("trigger/both/on").await, on, "on while live is dispatched again");
    assert_eq!(server.post("trigger/both/off").await, (200, json!({ "ok": true, "dispatched": ["cg1", "cg2"] })));
    assert_eq!(server.get("trigger/both/status").await, off_air);
    assert_eq!(server.get("status/cg1").await, (200, json!({ "live": [] })));
    assert_eq!(server.get("tally/cg1/pgm").await, (200, json!(true)), "it is seen until its out animation ended");
    assert_eq!(server.post("trigger/both/off").await, (200, json!({ "ok": true, "dispatched": [] })));
}

#[tokio::test]
async fn channels_that_cannot_take_a_graphic_are_skipped_with_a_reason() {
    let server = Server::open().await;
    let skipped = json!([
        { "channelId": "cg3", "reason": "incompatible_channel" },
        { "channelId": "cg9", "reason": "channel_missing" },
    ]);
    let taken = json!({ "ok": true, "dispatched": ["cg1"], "skipped": skipped });
    assert_eq!(server.post("trigger/partly/on").await, (200, taken));
}

#[tokio::test]
async fn ids_are_percent_decoded() {
    let server = Server::open().await;
    assert_eq!(server.post("trigger/lower%20third/on").await.0, 200);
    assert_eq!(server.get("status/cg1").await, (200, json!({ "live": ["lower third"] })));
    assert_eq!(server.get("status/c%671/lower%20third").await, (200, json!({ "live": true })));
}

#[tokio::test]
async fn actions_need_a_live_graphic_and_built_in_templates_have_none() {
    let server = Server::open().await;
    let not_live = (409, json!({ "error": "Graphic is not live" }));
    assert_eq!(server.post("trigger/both/action/Advance").await, not_live);
    server.post("trigger/both/on").await;
    let (status, body) = server.post("trigger/both/action/Advance").await;
    assert_eq!((status, body.get("reason")), (404, None));
    assert!(body["error"].as_str().is_some_and(|error| error.contains("Advance")), "{body}");
    assert_eq!(server.post("trigger/nothing/action/Advance").await.0, 404);
}

#[tokio::test]
async fn refreshing_is_fine() {
    let server = Server::open().await;
    assert_eq!(server.post("refresh-all").await, (200, json!({ "ok": true })));
}

#[tokio::test]
async fn faults_arrive_as_their_golden_files_say() {
    let server = Server::open().await;
    for (graphic, fault) in [
        ("nothing", "unknown_graphic"),
        ("unlocked", "no_channels_assigned"),
        ("orphan", "locked_channel_missing"),
        ("broken", "graphic_broken"),
    ] {
        let (status, body) = server.post(&format!("trigger/{graphic}/on")).await;
        assert_golden(&format!("lumora/{fault}"), &json!({ "status": status, "body": body }));
    }
}

#[tokio::test]
async fn what_does_not_exist_is_404_with_an_error_and_no_reason() {
    let server = Server::open().await;
    for path in [
        "trigger/nothing/status",
        "status/cg9",
        "status/cg9/both",
        "status/cg1/nothing",
        "tally/cg9/pgm",
        "tally/cg9/pvw",
        "tally/cg1/aux",
        "trigger",
        "trigger/both",
        "trigger/both/on/now",
        "status",
        "status/",
        "tally/",
        "refresh-all/now",
    ] {
        let (status, body) = server.get(path).await;
        assert_eq!(status, 404, "{path}");
        assert!(body["error"].is_string() && body.as_object().is_some_and(|b| b.len() == 1), "{path}: {body}");
    }
}

#[tokio::test]
async fn a_wrong_method_is_405_and_told_the_right_ones() {
    let server = Server::open().await;
    let bearer = format!("Bearer {}", server.key);
    for (method, path, allow) in [
        (Method::GET, "trigger/both/on", "POST"),
        (Method::DELETE, "trigger/both/off", "POST"),
        (Method::GET, "refresh-all", "POST"),
        (Method::POST, "status/cg1", "GET, HEAD"),
        (Method::PUT, "tally/cg1/pgm", "GET, HEAD"),
    ] {
        let response = server.raw(method, &format!("/api/v1/{path}"), Some(&bearer)).await;
        assert_eq!((response.status().as_u16(), &response.headers()["allow"]), (405, &allow.parse().expect("a value")));
        limit(&response);
        assert!(response.json::<Value>().await.expect("JSON")["error"].is_string());
    }
    let head = server.raw(Method::HEAD, "/api/v1/status/cg1", Some(&bearer)).await;
    assert_eq!(head.status(), 200);
}

#[tokio::test]
async fn only_a_good_key_of_this_plane_opens() {
    let server = Server::open().await;
    let (other, _) = server.keys.mint(Plane::Lumely, "images").await.expect("a key");
    let never = format!("lumora_live_sk_{}", "A".repeat(43));
    let key = &server.key;
    for header in [
        None,
        Some(String::new()),
        Some(key.clone()),
        Some(format!("Basic {key}")),
        Some(format!("Bearer  {key}")),
        Some("Bearer".to_owned()),
        Some(format!("Bearer {other}")),
        Some(format!("Bearer {never}")),
        Some(format!("Bearer {}", &key[..57])),
    ] {
        // Even for a path that does not exist: an unauthenticated client learns nothing.
        for path in ["/api/v1/status/cg1", "/api/v1/status"] {
            let response = server.raw(Method::GET, path, header.as_deref()).await;
            assert_eq!(response.status(), 401, "{header:?}");
            assert_eq!(response.headers()["www-authenticate"], "Bearer");
            assert_eq!(limit(&response), [100, 100, 0], "unauthenticated clients do not use up the workspace's limit");
            let body: Value = response.json().await.expect("JSON");
            assert!(body["error"].is_string() && body.get("reason").is_none(), "{body}");
        }
    }
    assert_eq!(server.raw(Method::GET, "/api/v1/status/cg1", Some(&format!("bearer {key}"))).await.status(), 200);
    server.keys.revoke(&server.key_id).await.expect("it is revoked");
    assert_eq!(server.get("status/cg1").await.0, 401);
    assert!(server.fixture.orders().is_empty());
}

#[tokio::test]
async fn the_101st_request_of_a_minute_is_429_and_told_when_to_come_back() {
    let server = Server::open().await;
    let bearer = format!("Bearer {}", server.key);
    for left in (0..100).rev() {
        // Errors count like anything else.
        let path = if left % 2 == 0 { "/api/v1/status/cg1" } else { "/api/v1/status/cg9" };
        let response = server.raw(Method::GET, path, Some(&bearer)).await;
        let [limit, remaining, reset] = limit(&response);
        assert_eq!((limit, remaining), (100, left));
        assert!((1..=60).contains(&reset), "{reset}");
    }
    let response = server.raw(Method::POST, "/api/v1/trigger/both/on", Some(&bearer)).await;
    assert_eq!(response.status(), 429);
    let [of, remaining, reset] = limit(&response);
    assert_eq!((of, remaining), (100, 0));
    assert_eq!(response.headers()["retry-after"], reset.to_string().as_str());
    assert!((1..=60).contains(&reset), "{reset}");
    assert!(response.json::<Value>().await.expect("JSON")["error"].is_string());
    assert!(server.fixture.orders().is_empty(), "the refused take did not reach the show");
    assert_eq!(server.raw(Method::GET, "/api/v1/status/cg1", None).await.status(), 401);
}

#[tokio::test]
async fn other_planes_keep_their_part_of_the_prefix() {
    let server = Server::open().await;
    let response = server.raw(Method::GET, "/api/v1/services", None).await;
    assert_eq!(response.text().await.expect("a text"), "another plane");
    assert!(!server.raw(Method::GET, "/api/v1/triggers/a/on", None).await.headers().contains_key("ratelimit-limit"));
}
