//! Answers of planes with JSON bodies. Refuses to know: their content.

use serde::Serialize;
use warp::{
    http::{HeaderValue, StatusCode, header},
    reply::Response,
};

/// A response of JSON.
pub fn json(status: StatusCode, body: String) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// JSON text of a body that holds nothing JSON cannot.
pub fn text(body: &impl Serialize) -> String {
    serde_json::to_string(body).unwrap_or_default()
}

/// A good answer of a plane: a status, and JSON where it has a body.
#[derive(Debug)]
pub struct Reply {
    status: StatusCode,
    body: Option<String>,
}

impl Reply {
    /// 200 with a body.
    pub fn ok(body: &impl Serialize) -> Self {
        Self::text(text(body))
    }

    /// 200 with JSON that is written already.
    pub fn text(body: String) -> Self {
        Self { status: StatusCode::OK, body: Some(body) }
    }

    /// The same with 201.
    #[must_use]
    pub fn created(self) -> Self {
        Self { status: StatusCode::CREATED, ..self }
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

/// A response without a body.
pub fn empty(status: StatusCode) -> Response {
    let mut response = Response::default();
    *response.status_mut() = status;
    response
}
