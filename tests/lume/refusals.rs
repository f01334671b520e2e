//! Every kind of refusal, word by word.

use crate::{
    golden::assert_golden,
    server::{Server, told},
};
use lumencast::api::lume::route_table;
use serde_json::{Value, json};

async fn check(server: &Server, name: &str, method: &str, path: &str, body: Value) {
    let answer = told(server.raw(method, path, &body).await).await;
    assert_golden(&format!("lume/{name}"), &answer);
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_ones_everywhere() {
    let server = Server::open().await;
    let mut paths: Vec<&str> = route_table().into_iter().map(|(_, path)| path).collect();
    paths.dedup();
    for path in paths {
        let name = path.trim_start_matches('/').replace(['{', '}'], "").replace('/', "_");
        check(&server, &format!("wrong_method_{name}"), "PATCH", &path.replace(['{', '}'], ""), json!({})).await;
    }
    check(&server, "wrong_method_api_v2_segments", "DELETE", "/api/v2/segments", Value::Null).await;
    check(&server, "wrong_method_api_pixels", "GET", "/api/pixels", Value::Null).await;
    check(&server, "wrong_method_api_config", "PUT", "/api/config", json!({})).await;
}

#[tokio::test]
async fn what_is_not_there_is_told() {
    let server = Server::open().await;
    for path in
        ["/api/v2", "/api/v2/scenes", "/api/v2/segments/1/2", "/api/status/x", "/api/prompt/status", "/api/led/0"]
    {
        check(&server, "unknown_path", "GET", path, Value::Null).await;
        check(&server, "unknown_path", "POST", path, json!({})).await;
    }
    for (method, body) in [("GET", Value::Null), ("PUT", json!({})), ("DELETE", Value::Null)] {
        check(&server, "unknown_segment", method, "/api/v2/segments/5", body.clone()).await;
        for id in ["8", "255", "256", "-1", "+1", "x", "1.0", "%20", "99999999999999999999"] {
            check(&server, "segment_id", method, &format!("/api/v2/segments/{id}"), body.clone()).await;
        }
    }
    check(&server, "no_segment_id", "PUT", "/api/v2/segments", json!({})).await;
    check(&server, "no_segment_id", "PUT", "/api/v2/segments/", json!({})).await;
    check(&server, "no_upgrade", "GET", "/ws", Value::Null).await;
    check(&server, "no_upgrade", "GET", "/api/v2/preview", Value::Null).await;
}

#[tokio::test]
async fn bodies_that_are_no_object_are_told_everywhere() {
    let server = Server::open().await;
    let takes = route_table().into_iter().filter(|(method, path)| {
        matches!(*method, "POST" | "PUT") && !["/api/nightlight/stop", "/api/v2/rules/{id}"].contains(path)
    });
    for (method, path) in takes.chain([("PUT", "/api/v2/rules/x")]) {
        let path = path.replace("{id}", "0");
        for body in ["{", "{\"a\":}", "nothing", "\u{feff}{}", "{} {}", "{'a':1}"] {
            let response = server.request(method, &path).body(body).send().await.expect("an answer");
            let answer = told(response).await;
            assert_eq!(
                (&answer["status"], &answer["body"]["error"]),
                (&json!(400), &json!("invalid_json")),
                "{path} {body}"
            );
        }
        for body in ["[]", "5", "null", "\"text\""] {
            let response = server.request(method, &path).body(body).send().await.expect("an answer");
            assert_golden("lume/no_object", &told(response).await);
        }
    }
    let response = server.request("PUT", "/api/v2/controller").body("{\"power\":").send().await.expect("an answer");
    assert_golden("lume/invalid_json", &told(response).await);
    let response = server.request("PUT", "/api/v2/controller").body(Vec::from(*b"{\"a\":\"\xff\"}")).send().await;
    assert_eq!(told(response.expect("an answer")).await["body"]["error"], "invalid_json");
    // A body that is empty is no JSON either, but a nightlight has all it needs.
    assert_eq!(server.send("POST", "/api/v2/segments", Value::Null).await.1["error"], "invalid_json");
}

#[tokio::test]
async fn fields_are_pointed_at() {
    let server = Server::open().await;
    let segment = |field: &str, value: Value| json!({ "start": 0, "length": 1, field: value });
    let cases = [
        ("speed", "POST", "/api/v2/segments", segment("speed", json!(0))),
        ("intensity", "POST", "/api/v2/segments", segment("intensity", json!(256))),
        ("start_missing", "POST", "/api/v2/segments", json!({ "length": 1 })),
        ("length_missing", "POST", "/api/v2/segments", json!({ "start": 1 })),
        ("length", "POST", "/api/v2/segments", segment("length", json!(0))),
        ("effect", "POST", "/api/v2/segments", segment("effect", json!("glitter"))),
        ("primary_color", "POST", "/api/v2/segments", segment("primaryColor", json!([0, 0, 256]))),
        ("palette", "POST", "/api/v2/segments", segment("palette", json!(7))),
        ("reverse", "POST", "/api/v2/segments", segment("reverse", json!(1))),
        ("beyond_the_strip", "POST", "/api/v2/segments", json!({ "start": 160, "length": 1 })),
        ("power", "PUT", "/api/v2/controller", json!({ "power": "on" })),
        ("brightness", "PUT", "/api/v2/controller", json!({ "brightness": 256 })),
        ("pixels_nothing", "POST", "/api/pixels", json!({ "brightness": 5 })),
        ("pixels", "POST", "/api/pixels", json!({ "pixels": [[0, 0]] })),
        ("pixels_rgb", "POST", "/api/pixels", json!({ "rgb": [1, 2, 3, 4] })),
        ("pixels_fill", "POST", "/api/pixels", json!({ "fill": [1, 2] })),
        ("pixels_gradient", "POST", "/api/pixels", json!({ "gradient": { "from": [1, 2, 3] } })),
        ("prompt", "POST", "/api/prompt", json!({})),
        ("duration", "POST", "/api/nightlight", json!({ "duration": 3601 })),
        ("target_brightness", "POST", "/api/nightlight", json!({ "targetBrightness": 256 })),
        ("led_palette", "POST", "/api/led", json!({ "palette": "Sunset" })),
        ("config_led_count", "POST", "/api/config", json!({ "ledCount": 0 })),
        ("config_sacn_universe", "POST", "/api/config", json!({ "sacnUniverse": 64_000 })),
        ("config_auth_token", "POST", "/api/config", json!({ "authToken": "two words" })),
        ("rule_when", "POST", "/api/v2/rules", json!({ "id": "a", "segment": 0, "when": { "score": "home" } })),
        ("rule_unknown", "GET", "/api/v2/rules/nobody", Value::Null),
        ("rule_fixed", "DELETE", "/api/v2/rules/of-the-file", Value::Null),
    ];
    for (name, method, path, body) in cases {
        check(&server, name, method, path, body).await;
    }
    server.done("POST", "/api/v2/segments", json!({ "start": 10, "length": 10 })).await;
    check(&server, "overlap", "POST", "/api/v2/segments", json!({ "start": 19, "length": 1 })).await;
}
