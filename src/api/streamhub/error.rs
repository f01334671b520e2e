//! What goes wrong, as NestJS words it: `{"statusCode", "message", "error"}`, where `message` is a list of sentences if
//! fields of the request are not as they should be.
//!
//! Refuses to know: routes.

use crate::{
    app::{
        access::{auth::AuthFault, keys::MintError, passwords::PasswordFault},
        rooms::apps::{AppFault, NoRoom},
    },
    domain::fault::{Fault, Kind},
};
use serde_json::{Value, json};
use std::fmt;
use warp::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    reply::{Reply as _, Response},
};

/// An answer that is not what was asked for.
#[derive(Debug, Clone)]
pub struct ApiError {
    status: StatusCode,
    body: Value,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl ApiError {
    /// A status and a sentence.
    pub fn new(status: StatusCode, message: impl Into<Value>) -> Self {
        let reason = status.canonical_reason().unwrap_or("Error");
        let body = json!({ "statusCode": status.as_u16(), "message": message.into(), "error": reason });
        Self { status, body, headers: Vec::new() }
    }

    /// 400 with one sentence.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message.into())
    }

    /// 400 with a sentence for each field that is not as it should be.
    pub fn invalid(messages: Vec<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, messages)
    }

    /// 401.
    pub fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "Unauthorized")
            .with(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
    }

    /// 403.
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, message.into())
    }

    /// 404.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, message.into())
    }

    /// 409.
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, message.into())
    }

    /// 413.
    pub fn too_large() -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "request entity too large")
    }

    /// 500; the cause goes to the log and nowhere else.
    pub fn internal(cause: &dyn fmt::Display) -> Self {
        tracing::error!(error = %cause, "a request of the streams' plane failed");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error")
    }

    /// 429 as the rate limits word it, unlike everything else.
    pub fn rate_limited(message: &str) -> Self {
        let body = json!({ "data": null, "error": { "code": "rate_limited", "message": message } });
        Self { status: StatusCode::TOO_MANY_REQUESTS, body, headers: Vec::new() }
    }

    /// With a header beside it.
    #[must_use]
    pub fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// As it goes out.
    pub fn response(self) -> Response {
        let mut response = warp::reply::with_status(warp::reply::json(&self.body), self.status).into_response();
        response.headers_mut().extend(self.headers);
        response
    }
}

impl From<AppFault> for ApiError {
    fn from(fault: AppFault) -> Self {
        match fault {
            AppFault::Unknown => Self::not_found(fault.to_string()),
            AppFault::Taken(_) | AppFault::BuiltIn => Self::conflict(fault.to_string()),
            AppFault::Store(error) => Self::internal(&error),
        }
    }
}

impl From<NoRoom> for ApiError {
    fn from(reason: NoRoom) -> Self {
        match reason {
            NoRoom::UnknownApp => Self::not_found(reason.to_string()),
            NoRoom::Name => Self::bad_request(reason.to_string()),
            NoRoom::Foreign => Self::forbidden(reason.to_string()),
        }
    }
}

impl From<AuthFault> for ApiError {
    fn from(fault: AuthFault) -> Self {
        match fault {
            AuthFault::Refused => Self::unauthorized(),
            AuthFault::Store(error) => Self::internal(&error),
            AuthFault::Password(fault) => fault.into(),
            AuthFault::Sign(_) => Self::internal(&fault),
        }
    }
}

impl From<PasswordFault> for ApiError {
    fn from(fault: PasswordFault) -> Self {
        match fault {
            PasswordFault::Busy => Self::new(StatusCode::SERVICE_UNAVAILABLE, fault.to_string())
                .with(header::RETRY_AFTER, HeaderValue::from_static("1")),
            PasswordFault::Broken(_) => Self::internal(&fault),
        }
    }
}

impl From<MintError> for ApiError {
    fn from(error: MintError) -> Self {
        match error {
            MintError::Label => Self::invalid(vec!["name must be one line of 1 to 100 characters".to_owned()]),
            MintError::Store(error) => Self::internal(&error),
        }
    }
}

impl From<Fault> for ApiError {
    fn from(fault: Fault) -> Self {
        let status = match fault.kind {
            Kind::NotFound => StatusCode::NOT_FOUND,
            Kind::Invalid => StatusCode::BAD_REQUEST,
            Kind::Conflict => StatusCode::CONFLICT,
            Kind::Failed => StatusCode::INTERNAL_SERVER_ERROR,
            Kind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self::new(status, fault.detail)
    }
}
