//! The operator's own plane: a health check and metrics, which may stand on an address of their own or behind a token.

mod descriptions;
mod health;
mod metrics;
mod table;

use crate::{
    api::routing::{self, NoRoute, Verb},
    app::{lights::Lights, show::conductor::ShowHandle, telemetry::Telemetry},
};
use sha2::{Digest, Sha256};
use std::{sync::Arc, time::Instant};
use subtle::ConstantTimeEq;
use table::{Access, Route};
use warp::{
    Filter,
    filters::{BoxedFilter, path::FullPath},
    http::{HeaderMap, Method, StatusCode, header},
    reply::{Reply, Response},
};

pub use descriptions::describe;
pub use metrics_exporter_prometheus::PrometheusHandle;

/// What the plane works with. Cheap to clone.
#[derive(Clone)]
pub struct OperatorState {
    show: ShowHandle,
    telemetry: Telemetry,
    /// The process's own counters, if a recorder was installed.
    process: Option<PrometheusHandle>,
    lights: Option<Lights>,
    /// The token that readers of metrics must bring, if any.
    token: Option<Arc<str>>,
    began: Instant,
}

impl OperatorState {
    /// A plane whose uptime begins now.
    pub fn new(show: ShowHandle, telemetry: Telemetry, process: Option<PrometheusHandle>) -> Self {
        Self { show, telemetry, process, lights: None, token: None, began: Instant::now() }
    }

    /// The same, with the figures of these lights.
    pub fn with_lights(self, lights: Lights) -> Self {
        Self { lights: Some(lights), ..self }
    }

    /// The same, with metrics only for clients with this bearer credential.
    pub fn with_token(self, token: &str) -> Self {
        Self { token: Some(token.into()), ..self }
    }

    /// Whether a request with these headers may have a route.
    fn admits(&self, access: Access, headers: &HeaderMap) -> bool {
        match (access, &self.token) {
            (Access::Metrics, Some(token)) => brought(token, headers),
            _ => true,
        }
    }
}

/// `GET /health` and `GET /metrics`; rejects other paths.
pub fn routes(state: OperatorState) -> BoxedFilter<(Response,)> {
    health_routes(state.clone()).or(metrics_routes(state)).unify().boxed()
}

/// `GET /health`; rejects other paths.
pub fn health_routes(state: OperatorState) -> BoxedFilter<(Response,)> {
    rows(&table::HEALTH, state)
}

/// `GET /metrics`; rejects other paths.
pub fn metrics_routes(state: OperatorState) -> BoxedFilter<(Response,)> {
    rows(&table::METRICS, state)
}

/// The routes of a table. Another method is answered 405; other paths are rejected.
fn rows(table: &'static [Route], state: OperatorState) -> BoxedFilter<(Response,)> {
    let row = move |method: Method, path: FullPath| {
        std::future::ready(match routing::find(table, &method, path.as_str()) {
            Err(NoRoute::UnknownPath | NoRoute::Undecodable(_)) => Err(warp::reject::not_found()),
            found => Ok(found.map(|(row, _)| row)),
        })
    };
    warp::method()
        .and(warp::path::full())
        .and_then(row)
        .and(warp::header::headers_cloned())
        .map(move |row: Result<&'static Route, NoRoute>, headers: HeaderMap| match row {
            Ok(row) if state.admits(row.access, &headers) => (row.run)(&state),
            Ok(_) => unauthorized(),
            Err(NoRoute::WrongMethod(verbs)) => wrong_method(&verbs),
            Err(_) => StatusCode::NOT_FOUND.into_response(),
        })
        .boxed()
}

/// Whether a request brings the token (RFC 6750, 2.1).
fn brought(token: &str, headers: &HeaderMap) -> bool {
    let header = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let bearer =
        header.and_then(|value| value.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    // Digests have one length, so the time taken does not reveal the token's.
    let [right, shown] = [token, bearer.map_or("", |(_, shown)| shown.trim())].map(Sha256::digest);
    right.ct_eq(&shown).into()
}

fn unauthorized() -> Response {
    let reply = warp::reply::with_status("The figures need a token\n", StatusCode::UNAUTHORIZED);
    warp::reply::with_header(reply, header::WWW_AUTHENTICATE, "Bearer").into_response()
}

fn wrong_method(verbs: &[Verb]) -> Response {
    let reply = warp::reply::with_status("Method not allowed\n", StatusCode::METHOD_NOT_ALLOWED);
    warp::reply::with_header(reply, header::ALLOW, routing::allow(verbs)).into_response()
}
