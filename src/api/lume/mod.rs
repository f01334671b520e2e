//! LUME: the lights' plane, `/api/v2`, `/api/{status,config,pixels,prompt,nightlight}`, v1's `/api/{led,segments}`,
//! and the sockets `/ws` and `/api/v2/preview`.
//!
//! ```text
//! dispatch (claims the paths) ─► table (row) ─► permission ─► intake (body, limited) ─► handler ─► wire
//!    │                            └──────────────┴──────────────┴───────────┴─► error (words)
//!    └─ sockets: push (state), preview (LEDs)
//! ```
//!
//! Handlers are one file for each resource. Names, bodies and limits are those of the LUME document; rules, outputs
//! and the preview are our additions in the same style. Refuses to know: frames, packets, rows, how a prompt is understood.

mod config;
mod controller;
mod dispatch;
mod error;
mod fields;
mod info;
mod intake;
mod nightlight;
mod outputs;
mod permission;
mod pixels;
mod preview;
mod prompt;
mod push;
mod reply;
mod rules;
mod scenes;
mod segments;
mod socket;
mod status;
mod table;
mod token;
mod v1;
mod wire;

use crate::{
    api::limits::AddressLimits,
    app::{
        access::{auth::Auth, connection_limiter::ConnectionLimiter},
        lights::{Lights, prompt::Prompt},
    },
};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use warp::{filters::BoxedFilter, reply::Response};

/// Wrong tokens of one address in a minute.
const WRONG_TOKENS: usize = 10;

/// The plane. Clones share it.
#[derive(Clone)]
pub struct LumeState {
    lights: Lights,
    prompt: Arc<Prompt>,
    /// One permit: one prompt is answered at a time.
    turn: Arc<Semaphore>,
    pushes: ConnectionLimiter,
    previews: ConnectionLimiter,
    /// Validates the operator's logins; none in a plane without any.
    operator: Option<Auth>,
    wrong_tokens: Arc<AddressLimits>,
    began: Instant,
    shutdown: CancellationToken,
}

impl LumeState {
    /// A plane of these lights. Its sockets are closed when `shutdown` fires.
    pub fn new(lights: Lights, prompt: Prompt, shutdown: CancellationToken) -> Self {
        Self {
            lights,
            prompt: Arc::new(prompt),
            turn: Arc::new(Semaphore::new(1)),
            pushes: ConnectionLimiter::alone("lume_push", push::SOCKETS),
            previews: ConnectionLimiter::alone("lume_preview", preview::SOCKETS),
            operator: None,
            wrong_tokens: Arc::new(AddressLimits::new(WRONG_TOKENS, Duration::from_secs(60))),
            began: Instant::now(),
            shutdown,
        }
    }

    /// The same, where the operator's logins have all permissions.
    pub fn with_operator(self, operator: Auth) -> Self {
        Self { operator: Some(operator), ..self }
    }

    /// The same, with limiters of the sockets beside this one, which knows addresses.
    pub fn limited_by(self, limiter: &ConnectionLimiter) -> Self {
        let pushes = limiter.sibling("lume_push", push::SOCKETS);
        Self { pushes, previews: limiter.sibling("lume_preview", preview::SOCKETS), ..self }
    }
}

/// All routes of this plane; rejects the paths of others and nothing else.
pub fn routes(state: LumeState) -> BoxedFilter<(Response,)> {
    dispatch::routes(state)
}

/// Every route as `(METHOD, path)`. For documents and tests.
pub fn route_table() -> Vec<(&'static str, &'static str)> {
    table::ROUTES.iter().map(|row| (row.verb.name(), row.path)).collect()
}
