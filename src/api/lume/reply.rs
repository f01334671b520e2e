//! Good answers. Refuses to know: routes.

use super::error::Refusal;
use crate::api::answer::{empty, json};
use serde::Serialize;
use warp::{http::StatusCode, reply::Response};

/// What a handler answers.
pub type Answer = Result<Reply, Refusal>;

/// A good answer.
#[derive(Debug)]
pub struct Reply {
    status: StatusCode,
    body: Option<String>,
}

#[derive(Serialize)]
struct Success {
    success: bool,
}

impl Reply {
    /// 200 with a body.
    pub fn ok(body: &impl Serialize) -> Self {
        Self { status: StatusCode::OK, body: Some(text(body)) }
    }

    /// 201 with a body.
    pub fn created(body: &impl Serialize) -> Self {
        Self { status: StatusCode::CREATED, ..Self::ok(body) }
    }

    /// 200 `{"success":true}`.
    pub fn success() -> Self {
        Self::ok(&Success { success: true })
    }

    /// 204.
    pub fn nothing() -> Self {
        Self { status: StatusCode::NO_CONTENT, body: None }
    }

    /// As it goes out.
    pub fn response(self) -> Response {
        match self.body {
            Some(body) => json(self.status, body),
            None => empty(self.status),
        }
    }
}

/// Bodies hold nothing that JSON cannot.
pub fn text(body: &impl Serialize) -> String {
    serde_json::to_string(body).unwrap_or_default()
}
