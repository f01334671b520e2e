//! A served plane with credentials of every kind.

use crate::document::DOCUMENT;
use crate::fixture::Fixture;
use lumencast::{
    api::streamhub::{Parts, StreamHubState, Urls, routes, snapshot_routes},
    app::{
        access::{
            auth::Auth,
            connection_limiter::ConnectionLimiter,
            join::JoinTokens,
            keys::{Confined, KeyService, Plane},
            permissions::Role,
            trusted_proxies::TrustedProxies,
        },
        rooms::apps::Apps,
    },
    server::http,
    store::Store,
};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use warp::Filter;

pub const PASSWORD: &str = "correct-horse-battery";
pub const JWT_SECRET: &[u8] = b"what signs logins in tests";
pub const API_KEY: &str = "APItest";
pub const API_SECRET: &str = "a secret of more than thirty-two characters";

/// See the module's text.
pub struct Server {
    pub apps: Apps,
    pub auth: Auth,
    pub keys: KeyService,
    pub tokens: JoinTokens,
    /// What is live.
    pub fixture: Fixture,
    /// A global key.
    pub global: String,
    base: String,
    http: reqwest::Client,
    data: TempDir,
}

impl Server {
    pub async fn open() -> Self {
        let data = tempfile::tempdir().expect("a folder");
        let store = Store::open(data.path()).await.expect("a store");
        let keys = KeyService::new(&store);
        let (global, _) = keys.mint(Plane::Streamhub, "everything").await.expect("a key");
        let apps = Apps::open(&store).await.expect("apps");
        let auth = Auth::new(&store, PASSWORD, JWT_SECRET);
        let tokens = JoinTokens::new(API_KEY, API_SECRET);
        let urls =
            Urls::new("https://hub.example.com", Some("wss://media.example.com"), "rtmp://media.example.com:1935/live");
        let fixture = Fixture::open(&store, &apps, data.path()).await;
        let parts = Parts {
            apps: apps.clone(),
            auth: auth.clone(),
            keys: keys.clone(),
            tokens: tokens.clone(),
            urls,
            rooms: fixture.rooms.clone(),
            ingresses: fixture.ingresses.clone(),
            cameras: fixture.cameras.clone(),
            log: fixture.log.clone(),
            snapshot_cache: fixture.snapshot_cache.clone(),
        };
        let served =
            routes(StreamHubState::new(parts)).or(snapshot_routes(fixture.snapshot_cache.clone())).unify().boxed();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let base = format!("http://{}", listener.local_addr().expect("it is bound"));
        let settings = http::Settings {
            proxies: TrustedProxies::new(["127.0.0.0/8".parse().expect("a network")]),
            ..http::Settings::new(ConnectionLimiter::alone("http", 256))
        };
        tokio::spawn(http::serve(listener, served, settings, CancellationToken::new()));
        Self { apps, auth, keys, tokens, fixture, global, base, http: reqwest::Client::new(), data }
    }

    /// A key confined to an app.
    pub async fn app_key(&self, app: &str) -> String {
        let confined = Confined { app: Some(app), from: &[] };
        self.keys.mint_confined(Plane::Streamhub, app, confined).await.expect("a key").0
    }

    /// The login of a new member of a tenant.
    pub async fn member(&self, tenant: &str, role: Role) -> String {
        let email = format!("{}@{tenant}.example", role.as_str());
        assert!(self.auth.add_user(&email, PASSWORD, tenant, role, 0).await.expect("rows"), "{email} is new");
        self.login(&email, PASSWORD).await
    }

    /// The answer to an empty `POST` to a path outside the plane.
    pub async fn post_outside(&self, path: &str) -> reqwest::Response {
        self.http.post(format!("{}{path}", self.base)).send().await.expect("an answer")
    }

    /// A login that works.
    pub async fn login(&self, name: &str, password: &str) -> String {
        let now = time::OffsetDateTime::now_utc().unix_timestamp();
        self.auth.login(name, password, now).await.expect("a login").token
    }

    /// The apps as another start of the same data folder finds them.
    pub async fn reopened_apps(&self) -> Apps {
        Apps::open(&self.store().await).await.expect("apps")
    }

    /// The answer to a `GET` of a path outside `/api/v1`, without a credential.
    pub async fn outside(&self, path: &str) -> Response {
        self.http.get(format!("{}{path}", self.base)).send().await.expect("an answer")
    }

    /// Which store this is on, opened once more.
    pub async fn store(&self) -> Store {
        Store::open(self.data.path()).await.expect("a store")
    }

    /// A request below `/api/v1` to be sent.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, format!("{}/api/v1{path}", self.base))
    }

    /// Sends a request with a bearer credential (none if empty) and a JSON body (none if null).
    pub async fn raw(&self, method: Method, path: &str, bearer: &str, body: Value) -> Response {
        let mut request = self.request(method, path);
        if !bearer.is_empty() {
            request = request.bearer_auth(bearer);
        }
        if !body.is_null() {
            request = request.json(&body);
        }
        request.send().await.expect("an answer")
    }

    /// As [`Self::raw`]: status and body, which is null where there is none.
    pub async fn send(&self, method: Method, path: &str, bearer: &str, body: Value) -> (u16, Value) {
        let response = self.raw(method.clone(), path, bearer, body).await;
        let status = response.status().as_u16();
        let bytes = response.bytes().await.expect("a body");
        let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).expect("JSON") };
        DOCUMENT.check(method.as_str(), path, status, &body);
        (status, body)
    }

    /// With the global key.
    pub async fn get(&self, path: &str) -> (u16, Value) {
        self.send(Method::GET, path, &self.global, Value::Null).await
    }

    /// With the global key.
    pub async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.send(Method::POST, path, &self.global, body).await
    }

    /// With the global key.
    pub async fn patch(&self, path: &str, body: Value) -> (u16, Value) {
        self.send(Method::PATCH, path, &self.global, body).await
    }

    /// With the global key.
    pub async fn delete(&self, path: &str) -> (u16, Value) {
        self.send(Method::DELETE, path, &self.global, Value::Null).await
    }
}

/// The status and body of a refusal with a list of sentences.
pub fn refusal(status: u16, messages: &[&str]) -> (u16, Value) {
    (status, json!({ "statusCode": status, "message": messages, "error": "Bad Request" }))
}

/// The status and body of a 404.
pub fn not_found(message: &str) -> (u16, Value) {
    (404, json!({ "statusCode": 404, "message": message, "error": "Not Found" }))
}
