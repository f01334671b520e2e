//! Lumely: the image jobs' plane, `/api/v1/{credits,services,upload,jobs,api-keys,webhooks}`.
//!
//! ```text
//! dispatch (claims the paths) ─► caller ─► limit ─► table (row) ─► intake (body, limited) ─► handler ─► wire
//!                                  └─────────┴─────────┴──────────────┴───────────┴─► error (words) ─► headers
//! ```
//!
//! Handlers are one file for each resource ([`jobs`], [`keys`], [`hooks`], [`upload`], [`credits`]); the fields of a
//! job's body are in [`new_job`]. Every answer of the plane, success or error, carries `X-RateLimit-*`.
//!
//! Refuses to know: other planes on `/api/v1`, rows, objects, pixels, how a webhook is signed and sent.

mod compact;
mod credits;
mod dispatch;
mod error;
mod fields;
mod hooks;
mod ids;
mod intake;
mod jobs;
mod keys;
mod limits;
mod new_job;
mod pictures;
mod reply;
mod table;
mod tree;
mod upload;
mod wire;

pub use wire::delivery;

use crate::app::imaging::{
    accounts::Accounts, callers::Callers, hooks::Hooks, jobs::Jobs, keys::ImageKeys, uploads::Uploads,
};
use std::{sync::Arc, time::Instant};
use warp::{filters::BoxedFilter, reply::Response};

/// What the plane works with.
pub struct Parts {
    /// Accounts and their credits.
    pub accounts: Accounts,
    /// Callers by their credentials.
    pub callers: Callers,
    /// Pictures that came.
    pub uploads: Uploads,
    /// Jobs.
    pub jobs: Jobs,
    /// The `lum_live_` keys.
    pub keys: ImageKeys,
    /// Webhooks.
    pub hooks: Hooks,
    /// Where clients reach this server, e.g. `https://media.example.com`; results lie below it.
    pub public_url: String,
}

/// The plane. Clones share it, its limits too.
#[derive(Clone)]
pub struct LumelyState {
    parts: Arc<Parts>,
    limits: Arc<limits::Limits>,
    large_bodies: Arc<intake::LargeBodyLimiter>,
    /// The limits count from here.
    began: Instant,
}

impl LumelyState {
    /// A plane that has counted no request yet.
    pub fn new(parts: Parts) -> Self {
        Self { parts: Arc::new(parts), limits: Arc::default(), large_bodies: Arc::default(), began: Instant::now() }
    }
}

/// Everything of this plane below `/api/v1`; rejects the paths of others and nothing else.
pub fn routes(state: LumelyState) -> BoxedFilter<(Response,)> {
    dispatch::routes(state)
}

/// Every route as `(METHOD, path)`. For documents and tests.
pub fn route_table() -> Vec<(&'static str, &'static str)> {
    table::ROUTES.iter().map(|row| (row.verb.name(), row.path)).collect()
}
