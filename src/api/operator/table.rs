//! Every route of the operator's plane: method, path, access, handler.

use super::{OperatorState, health, metrics};
use crate::api::routing::{self, Verb};
use warp::reply::Response;

/// What a route asks of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Nothing.
    Open,
    /// `metrics.token`, where it is set.
    Metrics,
}

/// A row.
pub type Route = routing::Route<Access, fn(&OperatorState) -> Response>;

/// The health check.
pub static HEALTH: [Route; 1] = [Route { verb: Verb::Get, path: "/health", access: Access::Open, run: health::reply }];

/// Figures in Prometheus' text format. A table of its own: `metrics.listen` gives it an address of its own.
pub static METRICS: [Route; 1] =
    [Route { verb: Verb::Get, path: "/metrics", access: Access::Metrics, run: metrics::reply }];
