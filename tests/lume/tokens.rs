//! Who may ask what, once a token is set.

use crate::{
    golden::assert_golden,
    server::{Server, status_of, told},
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

async fn locked() -> Server {
    let server = Server::open().await;
    server.done("POST", "/api/config", json!({ "authToken": TOKEN })).await;
    server
}

#[tokio::test]
async fn every_route_asks_for_the_token_but_those_that_are_open() {
    let server = locked().await;
    for (method, path) in route_table() {
        let open = OPEN.contains(&(method, path));
        let path = path.replace("{id}", "7");
        let send = async |query: &str, header: Option<(&str, &str)>| {
            let mut request = server.request(method, &format!("{path}{query}"));
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
