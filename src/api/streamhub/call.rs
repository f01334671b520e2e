//! A request that passed the guard, as handlers see it.

use super::{Parts, StreamHubState, error::ApiError, input::Input};
use crate::{
    api::routing::Params,
    app::access::{auth::Principal, client_address::ClientAddress},
};
use serde_json::{Map, Value};
use std::time::Duration;

/// See the module's text.
pub struct Call {
    pub(super) state: StreamHubState,
    pub(super) principal: Option<Principal>,
    pub(super) params: Params,
    pub(super) query: String,
    pub(super) body: Map<String, Value>,
    /// Where it comes from, if that is known.
    pub(super) from: Option<ClientAddress>,
}

impl Call {
    /// What the plane works with.
    pub fn parts(&self) -> &Parts {
        &self.state.parts
    }

    /// Since when the plane is up.
    pub fn uptime(&self) -> Duration {
        self.state.began.elapsed()
    }

    /// The caller; none on public routes.
    ///
    /// # Errors
    /// 401 without one.
    pub fn principal(&self) -> Result<&Principal, ApiError> {
        self.principal.as_ref().ok_or_else(ApiError::unauthorized)
    }

    /// A decoded segment of the path; empty when the pattern has no such placeholder.
    pub fn param(&self, name: &str) -> &str {
        self.params.get(name).unwrap_or_default()
    }

    /// The fields of the body.
    pub fn body(&self) -> Input {
        Input::new(self.body.clone())
    }

    /// The fields of the query; of those that come more than once the last counts.
    pub fn query(&self) -> Input {
        let pairs = url::form_urlencoded::parse(self.query.as_bytes());
        Input::new(pairs.map(|(name, value)| (name.into_owned(), Value::String(value.into_owned()))).collect())
    }
}
