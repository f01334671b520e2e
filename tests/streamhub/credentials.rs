//! Keys, logins, and where they may be used from.

use crate::server::{JWT_SECRET, PASSWORD, Server, not_found, refusal};
use jsonwebtoken::{EncodingKey, Header};
use lumencast::app::access::{keys::Plane, permissions::Role};
use reqwest::Method;
use serde_json::{Value, json};

/// Whether a credential is known; this machine is a trusted proxy, which gives the client's address.
async fn opens(server: &Server, bearer: &str, forwarded: Option<&str>) -> u16 {
    let mut request = server.request(Method::GET, "/auth/me").bearer_auth(bearer);
    if let Some(forwarded) = forwarded {
        request = request.header("x-forwarded-for", forwarded);
    }
    request.send().await.expect("an answer").status().as_u16()
}

#[tokio::test]
async fn a_key_is_shown_once_listed_without_itself_and_revoked_at_once() {
    let server = Server::open().await;
    let (status, made) = server.post("/tokens", json!({ "name": "CI", "scope": "app", "appId": "live" })).await;
    assert_eq!(status, 201);
    let fields: Vec<&String> = made.as_object().expect("an object").keys().collect();
    assert_eq!(fields, ["id", "token"]);
    let (id, token) = (made["id"].as_str().expect("a text"), made["token"].as_str().expect("a text"));
    assert_eq!((&token[..3], token.len()), ("sk_", 46));

    let (status, rows) = server.get("/tokens").await;
    assert_eq!(status, 200);
    let row = rows.as_array().expect("a bare list").iter().find(|row| row["id"] == id).expect("the row").clone();
    let created = row["createdAt"].as_str().expect("a time");
    let wanted = json!({
        "id": id, "name": "CI", "scope": "app", "appId": "live", "allowedIps": [], "lastUsedAt": null,
        "createdAt": created, "revoked": false,
    });
    assert_eq!(row, wanted);
    assert!(!rows.to_string().contains(token), "the key itself is nowhere");

    let me = json!({ "data": {
        "userId": null, "tenantId": null, "role": "service", "isSuperadmin": false, "scope": "app", "via": "api_token",
    }});
    assert_eq!(server.send(Method::GET, "/auth/me", token, Value::Null).await, (200, me));
    assert_eq!(server.delete(&format!("/tokens/{id}")).await, (204, Value::Null));
    assert_eq!(opens(&server, token, None).await, 401);
    let (_, rows) = server.get("/tokens").await;
    assert!(rows.as_array().expect("a list").iter().any(|row| row["id"] == id && row["revoked"] == true), "{rows}");
}

#[tokio::test]
async fn a_global_key_is_everything() {
    let server = Server::open().await;
    let me = json!({ "data": {
        "userId": null, "tenantId": null, "role": "superadmin", "isSuperadmin": true, "scope": "global",
        "via": "api_token",
    }});
    assert_eq!(server.get("/auth/me").await, (200, me));
    let (_, made) = server.post("/tokens", json!({ "name": "second", "scope": "global" })).await;
    assert_eq!(opens(&server, made["token"].as_str().expect("a key"), None).await, 200);
}

#[tokio::test]
async fn keys_of_other_planes_are_neither_listed_nor_revoked_here() {
    let server = Server::open().await;
    let (raw, row) = server.keys.mint(Plane::Lumora, "deck").await.expect("a key");
    let (_, rows) = server.get("/tokens").await;
    assert!(!rows.to_string().contains(&row.id), "{rows}");
    assert_eq!(server.delete(&format!("/tokens/{}", row.id)).await, not_found("Token not found"));
    assert!(server.keys.verify(&raw, Plane::Lumora).await.is_ok());
    assert_eq!(opens(&server, &raw, None).await, 401);
}

#[tokio::test]
async fn a_key_is_not_made_from_wrong_fields() {
    let server = Server::open().await;
    let scope = "scope must be one of the following values: global, app";
    for (body, messages) in [
        (json!({}), vec!["name should not be empty", "name must be a string", scope]),
        (
            json!({ "name": "x".repeat(101), "scope": "all" }),
            vec!["name must be shorter than or equal to 100 characters", scope],
        ),
        (json!({ "name": "x", "scope": "app" }), vec!["appId should not be empty", "appId must be a string"]),
        (
            json!({ "name": "x", "scope": "global", "appId": "live" }),
            vec!["appId should not exist unless scope is app"],
        ),
        (
            json!({ "name": "x", "scope": "global", "allowedIps": ["10.0.0.0/33"] }),
            vec!["allowedIps must contain addresses (IPv4, IPv6) or networks (CIDR) only"],
        ),
        (json!({ "name": "x", "scope": "global", "allowedIps": "10.0.0.1" }), vec!["allowedIps must be an array"]),
    ] {
        assert_eq!(server.post("/tokens", body.clone()).await, refusal(400, &messages), "{body}");
    }
    let unknown = json!({ "name": "x", "scope": "app", "appId": "nothing" });
    assert_eq!(server.post("/tokens", unknown).await, not_found("App not found"));
    let (_, app) = server.get("/apps/live").await;
    let (status, _) = server.post("/tokens", json!({ "name": "x", "scope": "app", "appId": app["id"] })).await;
    assert_eq!(status, 201, "the number of the app will do");
}

#[tokio::test]
async fn a_key_with_addresses_opens_from_them_alone() {
    let server = Server::open().await;
    let allowed = json!(["192.0.2.7", "198.51.100.0/24", "2001:db8::/32"]);
    let (_, made) = server.post("/tokens", json!({ "name": "ci", "scope": "global", "allowedIps": allowed })).await;
    let key = made["token"].as_str().expect("a key");
    for (from, status) in [
        (Some("192.0.2.7"), 200),
        (Some("192.0.2.8"), 401),
        (Some("198.51.100.250, 203.0.113.1"), 401),
        (Some("203.0.113.1, 198.51.100.250"), 200),
        (Some("198.51.100.250, 127.0.0.9"), 200),
        (Some("2001:db8:5::1"), 200),
        (Some("::ffff:192.0.2.7"), 200),
        (Some("2001:db9::1"), 401),
        (Some("nonsense"), 401),
        (None, 401),
    ] {
        assert_eq!(opens(&server, key, from).await, status, "{from:?}");
    }
    let (_, rows) = server.get("/tokens").await;
    let row = rows.as_array().expect("a list").iter().find(|row| row["id"] == made["id"]).expect("the row");
    let wanted = json!(["192.0.2.7/32", "198.51.100.0/24", "2001:db8::/32"]);
    assert_eq!(row["allowedIps"], wanted);
}

#[tokio::test]
async fn the_operator_logs_in_is_known_and_logs_out() {
    let server = Server::open().await;
    let credentials = json!({ "username": "admin", "password": PASSWORD });
    let (status, login) = server.send(Method::POST, "/auth/login", "", credentials).await;
    assert_eq!(status, 200, "{login}");
    let token = login["data"]["token"].as_str().expect("a token");
    let me = json!({
        "userId": "admin", "tenantId": null, "role": "superadmin", "isSuperadmin": true, "scope": "global",
        "via": "admin_jwt",
    });
    assert_eq!(login["data"]["user"], me);
    assert_eq!(server.send(Method::GET, "/auth/me", token, Value::Null).await, (200, json!({ "data": me })));
    let out = server.send(Method::POST, "/auth/logout", token, Value::Null).await;
    assert_eq!(out, (201, json!({ "data": { "ok": true } })));
    assert_eq!(opens(&server, token, None).await, 401, "a token of an ended login opens nothing");
}

#[tokio::test]
async fn a_person_logs_in_by_address_and_is_what_the_tenant_says() {
    let server = Server::open().await;
    server.auth.add_user("ann@red.example", "long enough", "red", Role::Editor, 0).await.expect("rows");
    assert!(
        !server.auth.add_user("ANN@red.example", "x", "blue", Role::Owner, 0).await.expect("rows"),
        "one address once"
    );
    let credentials = json!({ "email": "Ann@Red.example", "password": "long enough" });
    let (status, login) = server.send(Method::POST, "/auth/login", "", credentials).await;
    assert_eq!(status, 200, "{login}");
    let user = &login["data"]["user"];
    assert_eq!((&user["role"], &user["tenantId"], &user["scope"]), (&json!("editor"), &json!("red"), &json!("user")));
    assert_eq!((&user["via"], &user["email"]), (&json!("user_jwt"), &json!("ann@red.example")));
    for (name, password) in [("ann@red.example", "wrong"), ("bob@red.example", "long enough"), ("admin", "wrong")] {
        let credentials = json!({ "username": name, "password": password });
        let (status, body) = server.send(Method::POST, "/auth/login", "", credentials).await;
        let unauthorized = json!({ "statusCode": 401, "message": "Unauthorized", "error": "Unauthorized" });
        assert_eq!((status, body), (401, unauthorized), "{name}");
    }
}

#[tokio::test]
async fn a_login_token_must_be_ours_in_time_and_of_a_live_session() {
    let server = Server::open().await;
    let good = server.login("admin", PASSWORD).await;
    assert_eq!(opens(&server, &good, None).await, 200);
    let now = time::OffsetDateTime::now_utc().unix_timestamp();
    let signed = |claims: &Value, secret: &[u8]| {
        jsonwebtoken::encode(&Header::default(), claims, &EncodingKey::from_secret(secret)).expect("a token")
    };
    let body = good.split('.').nth(1).expect("three parts");
    let body = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, body).expect("base64url");
    let claims: Value = serde_json::from_slice(&body).expect("claims");
    assert_eq!(claims["exp"].as_i64().expect("a time") - claims["iat"].as_i64().expect("a time"), 12 * 3600);
    assert_eq!(opens(&server, &signed(&claims, JWT_SECRET), None).await, 200, "the same by another hand");
    let with = |name: &str, value: Value| {
        let mut claims = claims.clone();
        claims[name] = value;
        claims
    };
    for (what, token) in [
        ("another secret", signed(&claims, b"guessed")),
        ("an ended time", signed(&with("exp", json!(now - 1)), JWT_SECRET)),
        ("no such session", signed(&with("sid", json!("made-up")), JWT_SECRET)),
        ("somebody else's session", signed(&with("sub", json!("ann")), JWT_SECRET)),
        ("no time at all", signed(&json!({ "sub": "admin", "sid": claims["sid"] }), JWT_SECRET)),
    ] {
        assert_eq!(opens(&server, &token, None).await, 401, "{what}");
    }
    // A session ends, whatever the expiry of its token.
    assert!(server.auth.identify(&good, None, now + 12 * 3600).await.is_err());
}

#[tokio::test]
async fn the_eleventh_attempt_to_log_in_is_refused_and_told_so() {
    let server = Server::open().await;
    let attempt =
        async || server.raw(Method::POST, "/auth/login", "", json!({ "username": "x", "password": "y" })).await;
    for left in (0..10).rev() {
        let response = attempt().await;
        assert_eq!(response.status(), 401);
        assert_eq!(response.headers()["ratelimit-policy"], "10;w=900");
        let shown = response.headers()["ratelimit"].to_str().expect("a text").to_owned();
        assert!(shown.starts_with(&format!("limit=10, remaining={left}, reset=")), "{shown}");
    }
    let response = attempt().await;
    assert_eq!(response.status(), 429);
    let wait: u64 = response.headers()["retry-after"].to_str().expect("a text").parse().expect("seconds");
    assert!((890..=900).contains(&wait), "{wait}");
    let body: Value = response.json().await.expect("JSON");
    assert_eq!((&body["data"], &body["error"]["code"]), (&Value::Null, &json!("rate_limited")));
    assert_eq!(server.get("/auth/me").await.0, 200, "nothing else is limited");
}

#[tokio::test]
async fn the_ways_to_log_in_are_public() {
    let server = Server::open().await;
    let (status, body) = server.send(Method::GET, "/auth/config", "", Value::Null).await;
    assert_eq!((status, &body["data"]["passwordEnabled"]), (200, &json!(true)));
}
