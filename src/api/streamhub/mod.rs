//! StreamHub: the live media plane, `/api/v1/{apps,auth,tokens,health}` and the paths around them.
//!
//! ```text
//! dispatch (claims the paths) ─► table (method, path, permission, handler) ─► guard (401, 403, 404)
//!        ─► body (at most 100 KB) ─► handler(Call[, App]) ─► Reply | ApiError ─► envelope and status
//! ```
//!
//! **To add an endpoint** write `async fn handler(call: Call, app: Arc<App>) -> Answer` (without the app where the path
//! has none) and give it one row in [`table`]. When it is called, the caller is known and permitted, and the app exists
//! and is within the caller's reach. Read fields with [`input::Input`] (`call.body()`, `call.query()`), which collects
//! errors as class-validator words them; segments of the path are `call.param("id")`, already decoded. The services for
//! handlers are fields of [`Parts`]. Answer with [`reply::Reply`]: `data` is `{data}`, `bare` the body itself,
//! `enveloped` is `{data, error: null}`, `paged` has the paging beside the data; a `POST` that makes something is
//! `.created()`.
//!
//! Refuses to know: other planes on `/api/v1`, media, rows.

mod apps;
mod call;
mod config;
mod data;
mod dispatch;
mod error;
mod event;
mod guard;
mod health;
mod ingress;
mod input;
mod join;
mod keys;
mod login;
mod reply;
mod route;
mod snapshots;
mod stats;
mod streams;
mod table;
mod time;
mod urls;
mod views;
mod ws_ingest;

pub use event::event;
pub use urls::Urls;

use crate::api::limits::AddressLimits;
use crate::app::{
    access::{auth::Auth, join::JoinTokens, keys::KeyService},
    rooms::{Rooms, apps::Apps, cameras::Cameras, ingress::Ingresses, snapshots::SnapshotCache, stream_log::StreamLog},
};
use std::{sync::Arc, time::Instant};
use warp::{filters::BoxedFilter, reply::Response};

/// The services of the plane.
pub struct Parts {
    /// The registry.
    pub apps: Apps,
    /// Authentication of requests.
    pub auth: Auth,
    /// The `sk_` keys.
    pub keys: KeyService,
    /// Join tokens for the media endpoints.
    pub tokens: JoinTokens,
    /// The addresses of this server for clients.
    pub urls: Urls,
    /// The live rooms.
    pub rooms: Rooms,
    /// Ingresses, pushed with a key or pulled.
    pub ingresses: Ingresses,
    /// Keys of cameras.
    pub cameras: Cameras,
    /// Streams that are or were live.
    pub log: StreamLog,
    /// Snapshots.
    pub snapshot_cache: SnapshotCache,
}

/// The plane. Clones share it.
#[derive(Clone)]
pub struct StreamHubState {
    parts: Arc<Parts>,
    logins: Arc<AddressLimits>,
    stats: Arc<stats::Cache>,
    /// The start of the uptime.
    began: Instant,
}

impl StreamHubState {
    /// A plane whose uptime begins now.
    pub fn new(parts: Parts) -> Self {
        Self { parts: Arc::new(parts), logins: Arc::new(login::limits()), stats: Arc::default(), began: Instant::now() }
    }
}

/// All routes of this plane below `/api/v1`; rejects the paths of others and nothing else.
pub fn routes(state: StreamHubState) -> BoxedFilter<(Response,)> {
    dispatch::routes(state)
}

/// `/snapshots/{key}.jpg`, outside `/api/v1`; rejects every other path and nothing else.
pub fn snapshot_routes(snapshot_cache: SnapshotCache) -> BoxedFilter<(Response,)> {
    snapshots::pictures(snapshot_cache)
}

/// Every route with the permission that it requires, as `METHOD path permission`; `public` and `login` where there is
/// none. For documents and tests.
pub fn route_table() -> Vec<(String, String, String)> {
    table::ROUTES
        .iter()
        .map(|route| (route.verb.to_string(), route.path.to_owned(), route.access.to_string()))
        .collect()
}
