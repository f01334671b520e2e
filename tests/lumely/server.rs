//! A served plane with two accounts, and a worker that acts on command.

use crate::document::DOCUMENT;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use jsonwebtoken::{EncodingKey, Header};
use lumencast::{
    api::lumely::{LumelyState, Parts, routes},
    app::{
        access::{
            auth::{Auth, OPERATOR},
            connection_limiter::ConnectionLimiter,
        },
        imaging::{
            accounts::{Account, Accounts},
            callers::Callers,
            hooks::Hooks,
            jobs::Jobs,
            keys::ImageKeys,
            tokens::{Settings, Tokens},
            uploads::Uploads,
        },
    },
    protocol::guard::Guard,
    server::http,
    store::{AccountChange, AccountRow, JobRow, Objects, Store},
};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use std::sync::Arc;
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::Notify};
use tokio_util::sync::CancellationToken;

pub const PASSWORD: &str = "correct-horse-battery";
pub const JWT_SECRET: &str = "what the sessions of browsers are signed with";
pub const PUBLIC: &str = "https://media.example.com";

/// See the module's text.
pub struct Server {
    pub store: Store,
    pub operator: Auth,
    /// The account that is there from the start, with 60 credits.
    pub account: Account,
    /// Its key.
    pub key: String,
    /// Another account, and its key.
    pub other: Account,
    pub other_key: String,
    keys: ImageKeys,
    pub base: String,
    http: reqwest::Client,
    _data: TempDir,
}

impl Server {
    /// As usual, except that accounts may send any number of requests.
    pub async fn open() -> Self {
        let server = Self::strict().await;
        for account in [&server.account, &server.other] {
            server.change(account, AccountChange { rate_limit_rpm: Some(100_000), ..AccountChange::default() }).await;
        }
        server
    }

    /// With the limits of ordinary accounts.
    pub async fn strict() -> Self {
        let data = tempfile::tempdir().expect("a folder");
        let store = Store::open(data.path()).await.expect("a store");
        let accounts = Accounts::open(&store).await.expect("accounts");
        let account = accounts.by_name("default").await.expect("rows").expect("the first account");
        let row = AccountRow::plain("0f0e0d0c-0b0a-4000-8000-000000000002".into(), "other".into(), 0);
        store.accounts().insert(&row, 60).await.expect("rows").expect("a new account");
        let other = accounts.by_name("other").await.expect("rows").expect("it was made");
        let keys = ImageKeys::new(&store);
        let (key, _) = keys.create(&account, "tests").await.expect("a key");
        let (other_key, _) = keys.create(&other, "tests").await.expect("a key");
        let operator = Auth::new(&store, PASSWORD, b"what signs logins in tests");
        let settings = Settings { secret: Some(JWT_SECRET.into()), ..Settings::default() };
        let tokens = Tokens::new(settings).expect("TLS");
        let objects = Objects::folder(&data.path().join("objects")).expect("a folder");
        let uploads = Uploads::new(objects).expect("threads");
        let parts = Parts {
            callers: Callers::new(accounts.clone(), keys.clone(), tokens, operator.clone()),
            jobs: Jobs::new(&store, uploads.clone(), Arc::new(Notify::new())),
            uploads,
            keys: keys.clone(),
            hooks: Hooks::new(&store, Arc::new(Guard::default())),
            accounts,
            public_url: PUBLIC.into(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let base = format!("http://{}", listener.local_addr().expect("it is bound"));
        let settings = http::Settings::new(ConnectionLimiter::alone("http", 1024));
        tokio::spawn(http::serve(listener, routes(LumelyState::new(parts)), settings, CancellationToken::new()));
        let http = reqwest::Client::new();
        Self { store, operator, account, key, other, other_key, keys, base, http, _data: data }
    }

    /// Changes an account as the operator does.
    pub async fn change(&self, account: &Account, change: AccountChange) {
        self.store.accounts().update(&account.id, &change).await.expect("rows").expect("the account");
    }

    /// A key of an account.
    pub async fn key_of(&self, account: &Account) -> String {
        self.keys.create(account, "more").await.expect("a key").0
    }

    /// A session of a browser, by its subject, that ends so many seconds from now.
    pub fn session(subject: &str, secret: &str, ends_in: i64) -> String {
        let exp = time::OffsetDateTime::now_utc().unix_timestamp() + ends_in;
        let secret = EncodingKey::from_secret(secret.as_bytes());
        jsonwebtoken::encode(&Header::default(), &json!({ "sub": subject, "exp": exp }), &secret).expect("a token")
    }

    /// The cookie of the operator's page.
    pub async fn cookie(&self) -> String {
        let now = time::OffsetDateTime::now_utc().unix_timestamp();
        let login = self.operator.login(OPERATOR, PASSWORD, now).await.expect("a login");
        format!("theme=dark; lumencast_session={}", login.token)
    }

    /// A request below `/api/v1` to be sent.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, format!("{}/api/v1{path}", self.base))
    }

    /// Sends a request with a bearer credential (none if empty) and a JSON body (none if null).
    pub async fn raw(&self, method: Method, path: &str, bearer: &str, body: &Value) -> Response {
        let mut request = self.request(method, path);
        if !bearer.is_empty() {
            request = request.bearer_auth(bearer);
        }
        if !body.is_null() {
            request = request.json(body);
        }
        request.send().await.expect("an answer")
    }

    /// As [`Self::raw`]: status and body.
    pub async fn send(&self, method: Method, path: &str, bearer: &str, body: Value) -> (u16, Value) {
        let answer = status_and_body(self.raw(method.clone(), path, bearer, &body).await).await;
        DOCUMENT.check(method.as_str(), path, answer.0, &answer.1);
        answer
    }

    pub async fn get(&self, path: &str) -> (u16, Value) {
        self.send(Method::GET, path, &self.key, Value::Null).await
    }

    pub async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.send(Method::POST, path, &self.key, body).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> (u16, Value) {
        self.send(Method::PATCH, path, &self.key, body).await
    }

    pub async fn delete(&self, path: &str) -> (u16, Value) {
        self.send(Method::DELETE, path, &self.key, Value::Null).await
    }

    /// The path of a new upload of the key's account.
    pub async fn upload(&self, key: &str) -> String {
        let (status, body) = self.send(Method::POST, "/upload", key, json!({ "image": png64() })).await;
        assert_eq!(status, 201, "{body}");
        body["storage_path"].as_str().expect("a path").to_owned()
    }

    /// The body of an order of an upload.
    pub async fn order(&self) -> Value {
        json!({ "service_type": "virtual-staging", "config_id": "living-room", "storage_path": self.upload(&self.key).await })
    }

    /// The id of a new job.
    pub async fn job(&self) -> String {
        let (status, body) = self.post("/jobs", self.order().await).await;
        assert_eq!(status, 201, "{body}");
        body["id"].as_str().expect("an id").to_owned()
    }

    /// The job that waits longest, taken by the worker: it is compressed then.
    pub async fn taken(&self) -> JobRow {
        let jobs = self.store.image_jobs();
        jobs.claim("the test", now_ms(), 60_000).await.expect("rows").expect("a job that waits")
    }

    /// The worker's job fails.
    pub async fn failed(&self, job: &JobRow, why: &str) {
        let lease = job.lease.as_deref().expect("a lease");
        assert!(self.store.image_jobs().fail(&job.id, lease, why, now_ms()).await.expect("rows"));
    }

    /// The worker's job is done.
    pub async fn completed(&self, job: &JobRow, output_key: &str) {
        let (jobs, lease) = (self.store.image_jobs(), job.lease.as_deref().expect("a lease"));
        assert!(jobs.advance(&job.id, lease, now_ms()).await.expect("rows"));
        assert!(jobs.complete(&job.id, lease, output_key, "local", now_ms()).await.expect("rows"));
    }

    /// The credits that the account has left.
    pub async fn credits(&self) -> i64 {
        self.get("/credits").await.1["credits_remaining"].as_i64().expect("a number")
    }
}

/// Milliseconds since 1970 UTC.
pub fn now_ms() -> i64 {
    i64::try_from(time::OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000).expect("it is not yet late")
}

/// Status and body, which is null where there is none.
pub async fn status_and_body(response: Response) -> (u16, Value) {
    let status = response.status().as_u16();
    let bytes = response.bytes().await.expect("a body");
    let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).expect("JSON") };
    (status, body)
}

/// A picture.
pub fn png() -> Vec<u8> {
    let picture = image::RgbImage::from_fn(80, 64, |x, y| image::Rgb([x as u8 * 3, y as u8 * 3, 128]));
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, image::ImageFormat::Png).expect("a PNG");
    bytes.into_inner()
}

/// The same in base64.
pub fn png64() -> String {
    STANDARD.encode(png())
}
