//! The operator's own plane: a health check and metrics.

mod health;
mod metrics;

use crate::app::{lights::Lights, show::conductor::ShowHandle, telemetry::Telemetry};
use std::time::Instant;
use warp::{Filter, filters::BoxedFilter, reply::Response};

pub use metrics_exporter_prometheus::PrometheusHandle;

/// What the plane works with. Cheap to clone.
#[derive(Clone)]
pub struct OperatorState {
    show: ShowHandle,
    telemetry: Telemetry,
    /// What the rest of the process counts by itself, if a recorder was installed.
    process: Option<PrometheusHandle>,
    lights: Option<Lights>,
    began: Instant,
}

impl OperatorState {
    /// A plane whose uptime begins now.
    pub fn new(show: ShowHandle, telemetry: Telemetry, process: Option<PrometheusHandle>) -> Self {
        Self { show, telemetry, process, lights: None, began: Instant::now() }
    }

    /// The same, with the figures of these lights.
    pub fn with_lights(self, lights: Lights) -> Self {
        Self { lights: Some(lights), ..self }
    }
}

/// `GET /health` and `GET /metrics`; rejects everything else.
pub fn routes(state: OperatorState) -> BoxedFilter<(Response,)> {
    let asked = warp::get().or(warp::head()).unify();
    let of_health = state.clone();
    let health = warp::path!("health").and(asked).map(move || health::reply(&of_health));
    let metrics = warp::path!("metrics").and(asked).map(move || metrics::reply(&state));
    health.or(metrics).unify().boxed()
}
