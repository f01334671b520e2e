//! All refusals and failures, and the one place where they get their status and text.
//!
//! An error about an attribute is `{error, field, message}`; other errors of the device are `{error}` alone. Refuses to
//! know: routes.

use crate::{
    api::answer,
    domain::fault::{Fault, Kind},
};
use serde::Serialize;
use std::borrow::Cow;
use warp::{
    http::{HeaderValue, StatusCode, header},
    reply::Response,
};

/// Why a request is refused.
#[derive(Debug)]
pub enum Refusal {
    /// The token is missing or wrong.
    Unauthorized,
    /// Too many wrong tokens came from this address; seconds to wait.
    TooManyTokens(u64),
    /// A login cannot be looked up: the server's fault.
    Unchecked,
    /// A page of another origin may not change anything.
    ForeignPage,
    /// This field needs more than the permission to steer.
    NotEntitled(&'static str),
    /// The body is not declared as JSON.
    NotJsonType,
    /// There is no such path.
    UnknownPath,
    /// The path takes other methods: those of the `Allow` header.
    WrongMethod(String),
    /// A PUT of a segment without an id in the path.
    NoSegmentId,
    /// The path is a WebSocket.
    NoUpgrade,
    /// The maximum number of sockets is reached.
    NoSocket,
    /// The body is too large.
    TooLarge,
    /// The body took too long.
    Slow,
    /// The body ended too early.
    BrokenOff,
    /// The body is not a JSON object; the reason.
    NotJson(String),
    /// A prompt was not understood or not answered; the reason.
    Prompt(String),
    /// A fault of the lights.
    Fault(Fault),
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// The largest body, in bytes (document, "MAX_REQUEST_BODY_SIZE").
pub const BODY_LIMIT: usize = 16 * 1024;

type Text = Cow<'static, str>;

/// The body of an error.
#[derive(Debug, Default, Serialize)]
struct Body {
    #[serde(skip_serializing_if = "Option::is_none")]
    success: Option<bool>,
    error: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Text>,
}

impl Body {
    fn bare(error: &'static str) -> Self {
        Self { error: error.into(), ..Self::default() }
    }

    fn told(error: &'static str, message: impl Into<Text>) -> Self {
        Self { message: Some(message.into()), ..Self::bare(error) }
    }

    fn of(error: &'static str, field: String, message: String) -> Self {
        Self { field: Some(field).filter(|field| !field.is_empty()), ..Self::told(error, message) }
    }
}

impl Refusal {
    fn words(self) -> (StatusCode, Body) {
        use StatusCode as S;
        match self {
            Self::Unauthorized => (S::UNAUTHORIZED, Body::bare("Unauthorized")),
            Self::TooManyTokens(seconds) => {
                let message = format!("Too many wrong tokens; try again in {seconds} s");
                (S::TOO_MANY_REQUESTS, Body::told("rate_limited", message))
            }
            Self::Unchecked => (S::SERVICE_UNAVAILABLE, Body::told("unavailable", "The login could not be checked")),
            Self::ForeignPage => {
                let message = "Pages of other origins may change lights only if http.allowed_origins names them";
                (S::FORBIDDEN, Body::told("forbidden", message))
            }
            Self::NotEntitled(field) => {
                let message = "Change this from the server itself, with its token, or logged in as its operator";
                (S::FORBIDDEN, Body::of("forbidden", field.to_owned(), message.to_owned()))
            }
            Self::NotJsonType => {
                let message = "The body must be sent with Content-Type: application/json";
                (S::UNSUPPORTED_MEDIA_TYPE, Body::told("unsupported_media_type", message))
            }
            Self::UnknownPath => (S::NOT_FOUND, Body::bare("Not found")),
            Self::WrongMethod(_) => (S::METHOD_NOT_ALLOWED, Body::bare("Method not allowed")),
            Self::NoSegmentId => (S::BAD_REQUEST, Body::bare("Segment ID required")),
            Self::NoUpgrade => (S::UPGRADE_REQUIRED, Body::bare("WebSocket upgrade required")),
            Self::NoSocket => (S::SERVICE_UNAVAILABLE, Body::told("unavailable", "Too many sockets are open")),
            Self::TooLarge => {
                let message = format!("The body must have at most {BODY_LIMIT} bytes");
                (S::PAYLOAD_TOO_LARGE, Body::told("payload_too_large", message))
            }
            Self::Slow => (S::REQUEST_TIMEOUT, Body::told("timeout", "The body took too long")),
            Self::BrokenOff => (S::BAD_REQUEST, Body::told("invalid_json", "The body ended too early")),
            Self::NotJson(why) => (S::BAD_REQUEST, Body::told("invalid_json", why)),
            Self::Prompt(why) => {
                let body = Body { success: Some(false), error: why.into(), ..Body::default() };
                (S::INTERNAL_SERVER_ERROR, body)
            }
            Self::Fault(Fault { kind, code, subject, blame: _, detail }) => match kind {
                Kind::Invalid => (S::BAD_REQUEST, Body::of("validation_error", subject, detail)),
                Kind::NotFound => (S::NOT_FOUND, Body::of("not_found", subject, detail)),
                Kind::Conflict => (S::CONFLICT, Body::of(code, subject, detail)),
                Kind::Failed => (S::INTERNAL_SERVER_ERROR, Body::told(code, detail)),
                Kind::Unavailable => (S::SERVICE_UNAVAILABLE, Body::told(code, detail)),
            },
        }
    }

    /// The HTTP response.
    pub fn response(self) -> Response {
        let further = match &self {
            Self::Unauthorized => Some((header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))),
            Self::TooManyTokens(seconds) => Some((header::RETRY_AFTER, HeaderValue::from(*seconds))),
            Self::NoUpgrade => Some((header::UPGRADE, HeaderValue::from_static("websocket"))),
            Self::WrongMethod(allow) => HeaderValue::try_from(allow).ok().map(|allow| (header::ALLOW, allow)),
            _ => None,
        };
        let (status, body) = self.words();
        let mut response = answer::json(status, answer::text(&body));
        response.headers_mut().extend(further);
        response
    }
}
