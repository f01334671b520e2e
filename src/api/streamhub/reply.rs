//! Good answers and their envelopes. Refuses to know: routes.

use super::error::ApiError;
use serde_json::{Value, json};
use warp::{
    http::{HeaderName, HeaderValue, StatusCode},
    reply::{Reply as _, Response},
};

/// What a handler answers.
pub type Answer = Result<Reply, ApiError>;

/// A good answer.
#[derive(Debug, Clone)]
pub struct Reply {
    status: StatusCode,
    body: Option<Value>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Reply {
    /// 200 with the body itself.
    pub fn bare(body: Value) -> Self {
        Self { status: StatusCode::OK, body: Some(body), headers: Vec::new() }
    }

    /// 200 with `{data}`: tokens, ingress, cameras, streams, snapshots, messages, logins.
    pub fn data(data: Value) -> Self {
        Self::bare(json!({ "data": data }))
    }

    /// 200 with `{data, error: null}`: statistics, and what is recorded or sent elsewhere.
    pub fn enveloped(data: Value) -> Self {
        Self::bare(json!({ "data": data, "error": null }))
    }

    /// 200 with `{data, total, limit, offset}`: one page of a list.
    pub fn paged(data: Vec<Value>, total: usize, limit: usize, offset: usize) -> Self {
        Self::bare(json!({ "data": data, "total": total, "limit": limit, "offset": offset }))
    }

    /// 204.
    pub fn nothing() -> Self {
        Self { status: StatusCode::NO_CONTENT, body: None, headers: Vec::new() }
    }

    /// With 201 instead of 200.
    #[must_use]
    pub fn created(mut self) -> Self {
        self.status = StatusCode::CREATED;
        self
    }

    /// With a header beside it.
    #[must_use]
    pub fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// As it goes out.
    pub fn response(self) -> Response {
        let mut response = match &self.body {
            Some(body) => warp::reply::with_status(warp::reply::json(body), self.status).into_response(),
            None => self.status.into_response(),
        };
        response.headers_mut().extend(self.headers);
        response
    }
}
