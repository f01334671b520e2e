//! Permissions of requests once a token is set.

use crate::{
    golden::assert_golden,
    server::{Server, status_of, told},
};
use lumencast::api::lume::route_table;
use serde_json::{Value, json};

const TOKEN: &str = "s3cret/+&%";
const IN_QUERY: &str = "s3cret%2F%2B%26%25";
/// Routes that are open all the same, as on the device.
const OPEN: [(&str, &str); 7] = [
    ("GET", "/api/v2/effects"),
    ("GET", "/api/v2/palettes"),
    ("GET", "/api/status"),
    ("GET", "/api/config"),
    ("GET", "/api/nightlight"),
    ("GET", "/api/segments"),
    ("GET", "/ws"),
];

async fn locked() -> Server {
    let server = Server::open().await;
    server.done("POST", "/api/config", json!({ "authToken": TOKEN })).await;
    server
}

#[tokio::test]
async fn every_route_asks_for_the_token_but_those_that_are_open() {
    let server = locked().await;
    let mut asked = 0;
    for (method, path) in route_table() {
        let open = OPEN.contains(&(method, path));
        let path = path.replace("{id}", "7");
        let mut send = async |query: &str, header: Option<(&str, &str)>| {
            // Each from an address of its own: wrong tokens are counted.
            asked += 1;
            let address = format!("192.0.{}.{}", asked / 200, asked % 200 + 1);
            let mut request = server.request_from(&address, method, &format!("{path}{query}"));
            if let Some((name, value)) = header {
                request = request.header(name, value);
            }
            // A value that is refused wherever one is taken, so that the token stays as it is.
            request.json(&json!({ "prompt": 1 })).send().await.expect("an answer")
        };
        let forms = [
            ("", Some(("authorization", format!("Bearer {TOKEN}")))),
            ("", Some(("authorization", format!("bearer {TOKEN}")))),
            ("", Some(("authorization", TOKEN.to_owned()))),
            ("", Some(("x-api-key", TOKEN.to_owned()))),
            (&*format!("?token={IN_QUERY}"), None),
            (&*format!("?a=b&token={IN_QUERY}"), Some(("authorization", "Bearer another".to_owned()))),
        ];
        for (query, header) in &forms {
            let header = header.as_ref().map(|(name, value)| (*name, value.as_str()));
            assert_ne!(send(query, header).await.status(), 401, "{method} {path} {query} {header:?}");
        }
        let wrong = [
            ("", None),
            ("", Some(("authorization", "Bearer s3cret/+&"))),
            ("", Some(("authorization", "Basic s3cret/+&%"))),
            ("", Some(("x-api-key", "S3CRET/+&%"))),
            ("?token=", None),
            ("?Token=s3cret%2F%2B%26%25", None),
        ];
        for (query, header) in wrong {
            let response = send(query, header).await;
            if open {
                assert_ne!(response.status(), 401, "{method} {path} {query} {header:?}");
            } else {
                assert_eq!(response.headers()["access-control-allow-origin"], "*");
                assert_golden("lume/unauthorized", &told(response).await);
            }
        }
    }
}

#[tokio::test]
async fn a_refused_request_changes_nothing() {
    let server = locked().await;
    let before = server.lights.view();
    for (method, path) in route_table() {
        let body =
            json!({ "power": false, "brightness": 1, "fill": [1, 2, 3], "effect": "fire", "start": 0, "length": 5 });
        server.raw(method, &path.replace("{id}", "0"), &body).await;
    }
    assert_eq!(server.lights.view(), before);
    assert!(server.lights.settings().auth_token.is_some());
}

#[tokio::test]
async fn the_sockets_ask_as_their_routes_do() {
    let server = locked().await;
    server.socket("/ws").await;
    let refused = server.try_socket("/api/v2/preview").await.expect_err("it needs the token");
    assert_eq!(status_of(&refused), 401);
    server.socket(&format!("/api/v2/preview?token={IN_QUERY}")).await;
}

#[tokio::test]
async fn an_empty_token_opens_everything_again() {
    let server = locked().await;
    let (status, _) = server.send("GET", "/api/v2/controller", Value::Null).await;
    assert_eq!(status, 401);
    let request = server.request("POST", "/api/config").bearer_auth(TOKEN).json(&json!({ "authToken": "" }));
    assert_eq!(request.send().await.expect("an answer").status(), 200);
    assert_eq!(server.get("/api/config").await["authEnabled"], false);
    server.get("/api/v2/controller").await;
}

/// The parts of an answer: status, error, field.
async fn answered(request: reqwest::RequestBuilder, body: Value) -> (u16, Value, Value) {
    let response = request.json(&body).send().await.expect("an answer");
    let status = response.status().as_u16();
    let told: Value = response.json().await.expect("JSON");
    (status, told["error"].clone(), told["field"].clone())
}

const NEAR: &str = "192.168.7.20";
const FAR: &str = "203.0.113.7";

#[tokio::test]
async fn without_a_token_private_addresses_may_steer_and_others_may_look() {
    let server = Server::open().await;
    let steer = async |from: &str| {
        answered(server.request_from(from, "PUT", "/api/v2/controller"), json!({ "brightness": 77 })).await.0
    };
    for (from, status) in [(NEAR, 200), ("10.0.0.1", 200), ("169.254.1.1", 200), ("fd00::5", 200), (FAR, 401)] {
        assert_eq!(steer(from).await, status, "{from}");
    }
    // The proxy is this machine, and what it cannot name is not.
    for from in ["unknown", "garbage", "", "127.0.0.1, unknown"] {
        assert_eq!(steer(from).await, 401, "{from:?}");
        let segment = json!({ "start": 0, "stop": 1 });
        let added = answered(server.request_from(from, "POST", "/api/v2/segments"), segment).await.0;
        assert_eq!(added, 401, "{from:?}");
    }
    let look = server.request_from(FAR, "GET", "/api/v2/controller").send().await.expect("an answer");
    assert_eq!(look.status(), 200);
}

#[tokio::test]
async fn only_who_is_entitled_names_a_destination_or_a_secret() {
    let server = Server::open().await;
    server.done("POST", "/api/config", json!({ "mqttBroker": "broker.lan", "mqttPassword": "s3cret" })).await;
    for (field, value) in [
        ("mqttBroker", json!("thief.example")),
        ("mqttPort", json!(1884)),
        ("mqttUsername", json!("thief")),
        ("mqttPassword", json!("guess")),
        ("mqttPassword", json!("")),
        ("aiApiKey", json!("sk-ant-other")),
        ("authToken", json!("mine")),
        ("sacnEnabled", json!(true)),
        ("sacnUniverse", json!(9)),
    ] {
        let request = server.request_from(NEAR, "POST", "/api/config");
        let (status, error, named) = answered(request, json!({ "ledCount": 50, field: value })).await;
        assert_eq!((status, error, named), (403, json!("forbidden"), json!(field)));
    }
    let settings = server.lights.settings();
    assert_eq!((&*settings.mqtt.broker, &*settings.mqtt.password), ("broker.lan", "s3cret"));
    assert!(settings.auth_token.is_none() && settings.led_count.is_none(), "nothing of it was done");
    // Shown values that are posted back name nothing.
    let shown = json!({ "mqttBroker": "broker.lan", "mqttPort": 1883, "mqttPassword": "****", "authToken": "",
        "aiApiKey": "", "sacnEnabled": false, "defaultBrightness": 10 });
    let (status, ..) = answered(server.request_from(NEAR, "POST", "/api/config"), shown).await;
    assert_eq!(status, 200);
    assert_eq!(server.lights.settings().mqtt.password, "s3cret");
    server.done("POST", "/api/config", json!({ "mqttBroker": "other.lan" })).await;
    assert_eq!(server.lights.settings().mqtt.password, "", "the password was for the old broker");
}

#[tokio::test]
async fn with_a_token_set_the_settings_show_unauthenticated_clients_no_broker_user_or_key() {
    let server = locked().await;
    let set = json!({ "mqttBroker": "broker.lan", "mqttUsername": "lamp", "aiApiKey": "sk-ant-api03-abcd" });
    let request = server.request("POST", "/api/config").bearer_auth(TOKEN);
    assert_eq!(answered(request, set).await.0, 200);
    let shown = async |request: reqwest::RequestBuilder| -> Value {
        request.send().await.expect("an answer").json().await.expect("JSON")
    };
    let owner = shown(server.request("GET", "/api/config").bearer_auth(TOKEN)).await;
    assert_eq!([&owner["mqttBroker"], &owner["mqttUsername"], &owner["aiApiKey"]], ["broker.lan", "lamp", "****abcd"]);
    let unauthenticated = shown(server.request_from(NEAR, "GET", "/api/config")).await;
    assert_eq!(
        [&unauthenticated["mqttBroker"], &unauthenticated["mqttUsername"], &unauthenticated["aiApiKey"]],
        ["", "", "****"]
    );
    assert_eq!(unauthenticated["authEnabled"], true);
}

#[tokio::test]
async fn wrong_tokens_of_an_address_are_limited_and_others_get_in() {
    let server = locked().await;
    let ask = async |from: &str, token: &str| {
        server.request_from(from, "GET", "/api/v2/controller").bearer_auth(token).send().await.expect("an answer")
    };
    for _ in 0..10 {
        assert_eq!(ask(NEAR, "wrong").await.status(), 401);
    }
    let limited = ask(NEAR, TOKEN).await;
    assert_eq!(limited.status(), 429);
    assert!(limited.headers()["retry-after"].to_str().expect("a text").parse::<u64>().expect("seconds") <= 60);
    assert_eq!(ask(FAR, TOKEN).await.status(), 200);
}

#[tokio::test]
async fn pages_of_other_origins_change_nothing_unless_they_are_listed() {
    let server = Server::open().await;
    let put = |origin: &str| {
        let request = server.request("PUT", "/api/v2/controller").header("origin", origin.to_owned());
        answered(request, json!({ "brightness": 5 }))
    };
    assert_eq!(put("https://evil.example").await.0, 403);
    assert_eq!(put("null").await.0, 403);
    assert_eq!(put("https://panel.example").await.0, 200);
    assert_eq!(put(&format!("http://{}", server.addr)).await.0, 200);
    let read = server.request("GET", "/api/v2/controller").header("origin", "https://evil.example");
    assert_eq!(read.send().await.expect("an answer").headers()["access-control-allow-origin"], "*");
}

#[tokio::test]
async fn a_body_that_is_not_said_to_be_json_is_not_taken() {
    let server = Server::open().await;
    let send = async |kind: &str| {
        let client = reqwest::Client::new();
        let request = client.put(format!("http://{}/api/v2/controller", server.addr)).header("content-type", kind);
        request.body("{\"brightness\":5}").send().await.expect("an answer").status().as_u16()
    };
    assert_eq!(send("text/plain").await, 415);
    assert_eq!(send("application/x-www-form-urlencoded").await, 415);
    assert_eq!(send("application/json; charset=utf-8").await, 200);
}
