//! Who may ask what, once a token is set.

use crate::{
    desk::{Desk, status_of, told},
    golden::assert_golden,
};
use lumencast::api::lume::route_table;
use serde_json::{Value, json};

const TOKEN: &str = "s3cret/+&%";
const IN_QUERY: &str = "s3cret%2F%2B%26%25";
/// What is open all the same, as on the device.
const OPEN: [(&str, &str); 7] = [
    ("GET", "/api/v2/effects"),
    ("GET", "/api/v2/palettes"),
    ("GET", "/api/status"),
    ("GET", "/api/config"),
    ("GET", "/api/nightlight"),
    ("GET", "/api/segments"),
    ("GET", "/ws"),
];

async fn locked() -> Desk {
    let desk = Desk::open().await;
    desk.done("POST", "/api/config", json!({ "authToken": TOKEN })).await;
    desk
}

#[tokio::test]
async fn every_route_asks_for_the_token_but_those_that_are_open() {
    let desk = locked().await;
    for (method, path) in route_table() {
        let open = OPEN.contains(&(method, path));
        let path = path.replace("{id}", "7");
        let send = async |query: &str, header: Option<(&str, &str)>| {
            let mut request = desk.request(method, &format!("{path}{query}"));
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
    let desk = locked().await;
    let before = desk.lights.view();
    for (method, path) in route_table() {
        let body =
            json!({ "power": false, "brightness": 1, "fill": [1, 2, 3], "effect": "fire", "start": 0, "length": 5 });
        desk.raw(method, &path.replace("{id}", "0"), &body).await;
    }
    assert_eq!(desk.lights.view(), before);
    assert!(desk.lights.settings().auth_token.is_some());
}

#[tokio::test]
async fn the_sockets_ask_as_their_routes_do() {
    let desk = locked().await;
    desk.socket("/ws").await;
    let refused = desk.try_socket("/api/v2/preview").await.expect_err("it needs the token");
    assert_eq!(status_of(&refused), 401);
    desk.socket(&format!("/api/v2/preview?token={IN_QUERY}")).await;
}

#[tokio::test]
async fn an_empty_token_opens_everything_again() {
    let desk = locked().await;
    let (status, _) = desk.send("GET", "/api/v2/controller", Value::Null).await;
    assert_eq!(status, 401);
    let request = desk.request("POST", "/api/config").bearer_auth(TOKEN).json(&json!({ "authToken": "" }));
    assert_eq!(request.send().await.expect("an answer").status(), 200);
    assert_eq!(desk.get("/api/config").await["authEnabled"], false);
    desk.get("/api/v2/controller").await;
}
