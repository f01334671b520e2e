//! The plane's errors and the one place where a fault becomes one of them.

use super::wire::ErrorBody;
use crate::domain::fault::{Fault, Kind};
use warp::http::StatusCode;

/// An error as a client gets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    pub status: StatusCode,
    pub body: ErrorBody,
    /// The methods of a 405's `Allow`.
    pub allow: Option<String>,
}

impl ApiError {
    /// An error without a reason.
    pub fn new(status: StatusCode, error: impl Into<String>) -> Self {
        Self { status, body: ErrorBody { error: error.into(), reason: None }, allow: None }
    }

    /// A channel, graphic, action or path that does not exist.
    pub fn not_found(error: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, error)
    }
}

impl From<Fault> for ApiError {
    fn from(fault: Fault) -> Self {
        let Fault { kind, code, subject: _, blame: _, detail } = fault;
        match kind {
            Kind::NotFound => Self::not_found(detail),
            Kind::Invalid => Self::new(StatusCode::BAD_REQUEST, detail),
            Kind::Conflict => {
                let body = ErrorBody { error: detail, reason: Some(code) };
                Self { status: StatusCode::CONFLICT, body, allow: None }
            }
            Kind::Failed => Self::new(StatusCode::INTERNAL_SERVER_ERROR, detail),
            Kind::Unavailable => Self::new(StatusCode::SERVICE_UNAVAILABLE, detail),
        }
    }
}
