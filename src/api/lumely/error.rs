//! All refusals and failures, and the one place where they get their status and text.
//!
//! `error` names the kind, `message` the remedy. Causes of failures go to the log and nowhere else.
//!
//! Refuses to know: routes.

use super::compact::compact;
use crate::api::{
    answer,
    routing::{Verb, allow_with_options},
};
use crate::app::imaging::{
    hooks::HookFault,
    jobs::{ActionFault, CreateFault},
    keys::KeyFault,
    refusal::CallerRefusal,
    uploads::UploadFault,
};
use serde::Serialize;
use std::{borrow::Cow, fmt::Display};
use warp::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    reply::Response,
};

/// Seconds after which a busy server may be asked again.
const BUSY_SECONDS: &str = "5";

type Text = Cow<'static, str>;

/// Why an answer is not what was asked for.
#[derive(Debug)]
pub enum Refusal {
    /// The credential names no caller.
    Caller(CallerRefusal),
    /// A form of another site may have sent it in the operator's name.
    Form,
    /// A page of another origin sent it with the operator's cookie.
    ForeignPage,
    /// Too many requests; so many seconds to wait.
    TooMany(u64),
    /// There is no such path.
    UnknownPath,
    /// The path takes other methods.
    WrongMethod(Vec<Verb>),
    /// There is no such job of this account.
    NoJob,
    /// There is no such key of this account.
    NoKey,
    /// There is no such webhook of this account.
    NoHook,
    /// The body is not a JSON object: why.
    NotJson(String),
    /// The body has more bytes than may be.
    TooLarge,
    /// The body took too long.
    Slow,
    /// The body ended too early.
    BrokenOff,
    /// Too much is going on.
    Busy,
    /// A field is missing.
    Missing { field: &'static str, message: String },
    /// A field is not as it must be.
    Invalid { field: String, message: String },
    /// Nothing was asked for.
    NoChange(&'static str),
    /// A picture was not kept.
    Upload(UploadFault),
    /// A job was not made.
    Create(CreateFault),
    /// A job was not called off or done again.
    Action(ActionFault),
    /// A key was not made or changed.
    Key(KeyFault),
    /// A webhook was not made or changed.
    Hook(HookFault),
    /// It failed here, and the log knows why.
    Internal,
}

/// What it means to send a request once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetrySafety {
    /// Nothing is done twice.
    Harmless,
    /// A second job, unless both have the same key.
    Job,
    /// A second thing.
    Twice,
}

/// Status and body of an error.
struct Words {
    status: StatusCode,
    body: Body,
}

/// The body of an error.
#[derive(Debug, Default, Serialize)]
struct Body {
    error: Text,
    message: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    credits_required: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    credits_remaining: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    allowed: Option<Vec<&'static str>>,
}

impl Words {
    fn of(status: StatusCode, error: impl Into<Text>, message: impl Into<Text>) -> Self {
        Self { status, body: Body { error: error.into(), message: message.into(), ..Body::default() } }
    }

    fn bad(error: impl Into<Text>, message: impl Into<Text>) -> Self {
        Self::of(StatusCode::BAD_REQUEST, error, message)
    }

    fn unauthorised(error: &'static str, message: &'static str) -> Self {
        Self::of(StatusCode::UNAUTHORIZED, error, message)
    }

    fn forbidden(error: &'static str, message: impl Into<Text>) -> Self {
        Self::of(StatusCode::FORBIDDEN, error, message)
    }

    fn not_found(error: impl Into<Text>, message: impl Into<Text>) -> Self {
        Self::of(StatusCode::NOT_FOUND, error, message)
    }

    fn failed(retry_safety: RetrySafety) -> Self {
        let message = match retry_safety {
            RetrySafety::Harmless => "Something failed on our side. It is safe to retry in a moment.",
            RetrySafety::Job => {
                "Something failed on our side. Retry in a moment, with an idempotency_key so that no job is made twice."
            }
            RetrySafety::Twice => "Something failed on our side. Check whether it was made after all before you retry.",
        };
        Self::of(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error", message)
    }
}

impl Refusal {
    /// A failure of the server.
    pub fn internal(cause: &dyn Display) -> Self {
        tracing::error!(error = %cause, "a request of the image jobs' plane failed");
        Self::Internal
    }

    /// As it goes out. `retry_safety` is what a repetition would mean.
    pub fn response(self, retry_safety: RetrySafety) -> Response {
        let mut headers = HeaderMap::new();
        match &self {
            Self::TooMany(seconds) => {
                headers.insert(header::RETRY_AFTER, (*seconds).into());
            }
            Self::WrongMethod(verbs) => {
                headers
                    .extend(HeaderValue::try_from(allow_with_options(verbs)).ok().map(|allow| (header::ALLOW, allow)));
            }
            _ => {}
        }
        let Words { status, body } = self.words(retry_safety);
        match status {
            StatusCode::UNAUTHORIZED => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            StatusCode::SERVICE_UNAVAILABLE => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static(BUSY_SECONDS));
            }
            _ => {}
        }
        let mut response = answer::json(status, compact(&body));
        response.headers_mut().extend(headers);
        response
    }

    fn words(self, retry_safety: RetrySafety) -> Words {
        match self {
            Self::Caller(CallerRefusal::NoCredential) => Words::unauthorised(
                "Authentication required",
                "Send \"Authorization: Bearer\" with an API key (lum_live_…) or a session token, or sign in on the \
                 operator page.",
            ),
            Self::Caller(CallerRefusal::BadKey) => Words::unauthorised(
                "Invalid API key",
                "Nobody has this API key. Check that it was copied whole, or make a new one.",
            ),
            Self::Caller(CallerRefusal::RevokedKey) => Words::unauthorised(
                "API key revoked",
                "This API key was switched off. Switch it on again (PATCH /api/v1/api-keys/{id}) or use another one.",
            ),
            Self::Caller(CallerRefusal::BadToken) => Words::unauthorised(
                "Invalid or expired token",
                "The session is not valid or has ended. Sign in again for a fresh token, or use an API key.",
            ),
            Self::Caller(CallerRefusal::NoAccount) => Words::not_found(
                "No subscription",
                "There is no subscription for these credentials. Ask the operator of this server for an account.",
            ),
            Self::Form => Words::bad(
                "Unsupported content type",
                "Signed in by cookie, a request must be sent with \"Content-Type: application/json\".",
            ),
            Self::ForeignPage => Words::of(
                StatusCode::FORBIDDEN,
                "Foreign origin",
                "Signed in by cookie, only pages of this server and of http.allowed_origins may change things.",
            ),
            Self::TooMany(seconds) => Words::of(
                StatusCode::TOO_MANY_REQUESTS,
                "Rate limit exceeded",
                format!("All requests of this minute are used up. Retry after {seconds} seconds."),
            ),
            Self::UnknownPath => {
                Words::not_found("Not found", "There is no such endpoint. Check the path of the request.")
            }
            Self::WrongMethod(verbs) => {
                let allowed: Vec<_> = verbs.into_iter().map(Verb::name).collect();
                let message = format!("This endpoint takes {}.", allowed.join(" and "));
                let words = Words::of(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed", message);
                Words { body: Body { allowed: Some(allowed), ..words.body }, ..words }
            }
            Self::NoJob | Self::Action(ActionFault::Unknown) => Words::not_found(
                "Job not found",
                "This account has no job of this id. GET /api/v1/jobs lists those it has.",
            ),
            Self::NoKey | Self::Key(KeyFault::Unknown) => Words::not_found(
                "API key not found",
                "This account has no API key of this id. GET /api/v1/api-keys lists those it has.",
            ),
            Self::NoHook | Self::Hook(HookFault::Unknown) => Words::not_found(
                "Webhook not found",
                "This account has no webhook of this id. GET /api/v1/webhooks lists those it has.",
            ),
            Self::NotJson(message) => Words::bad("Invalid JSON", message),
            Self::TooLarge => Words::bad(
                "Request body too large",
                "A body may have at most 10 MB (10485760 bytes). Send a smaller or more strongly compressed picture.",
            ),
            Self::Slow => Words::of(
                StatusCode::REQUEST_TIMEOUT,
                "Request timeout",
                "The body took too long to arrive. Send the request again.",
            ),
            Self::BrokenOff => Words::bad("Incomplete request", "The body broke off. Send the request again."),
            Self::Busy | Self::Upload(UploadFault::Busy) | Self::Create(CreateFault::Busy) => Words::of(
                StatusCode::SERVICE_UNAVAILABLE,
                "Server busy",
                "Too many pictures are being taken in at the moment. It is safe to retry in a few seconds.",
            ),
            Self::Missing { field, message } => Words::bad(format!("Missing required field: {field}"), message),
            Self::Invalid { field, message } => Words::bad(format!("Invalid {field}"), message),
            Self::NoChange(message) => Words::bad("Nothing to update", message),
            Self::Upload(UploadFault::Unreadable(text)) => Words::bad("Invalid image", sentence(&text)),
            Self::Upload(UploadFault::TooLarge(text)) => Words::bad("Image too large", sentence(&text)),
            Self::Create(CreateFault::Credits { required, remaining }) => {
                let message = format!("You need {required} credits but only have {remaining} remaining.");
                let words = Words::forbidden("Insufficient credits", message);
                let (credits_required, credits_remaining) = (Some(required), Some(remaining));
                Words { body: Body { credits_required, credits_remaining, ..words.body }, ..words }
            }
            Self::Create(CreateFault::Monthly { limit, used }) => Words::forbidden(
                "Monthly credit limit reached",
                format!(
                    "{used} of the {limit} credits of this month are used, and the job does not fit into the rest. Wait \
                     for the next month or have the limit raised."
                ),
            ),
            Self::Create(CreateFault::Unpaid) => {
                Words::forbidden("4K requires a paid plan", "Ask for resolution \"2K\", or move to a paid plan for 4K.")
            }
            Self::Create(CreateFault::Service(service)) => Words::forbidden(
                "Service not allowed",
                format!("This account may not use {}. GET /api/v1/services lists what it may use.", service.id()),
            ),
            Self::Create(CreateFault::Inactive(status)) => Words::forbidden(
                "Subscription inactive",
                format!("The subscription is {status}, and only an active one makes jobs. Renew it to go on."),
            ),
            Self::Create(CreateFault::Foreign { field }) => Words::forbidden(
                "Storage path access denied",
                format!("{field} is not of this account. Use a path that POST /api/v1/upload answered to you."),
            ),
            Self::Create(CreateFault::Missing { field }) => Words::bad(
                format!("Invalid {field}"),
                format!("{field} names no upload. Send the picture to POST /api/v1/upload first and use its path."),
            ),
            Self::Create(CreateFault::Unreadable { field, text }) => {
                Words::bad(format!("Invalid {field}"), sentence(&format!("{field}: {text}")))
            }
            Self::Action(ActionFault::Create(fault)) => Self::Create(fault).words(retry_safety),
            Self::Action(ActionFault::State(status)) if status.can_retry() => Words::bad(
                format!("Cannot cancel a {} job", status.id()),
                "Only pending, compressing and processing jobs can be cancelled. This one can be retried.",
            ),
            Self::Action(ActionFault::State(status)) if status.can_cancel() => Words::bad(
                format!("Cannot retry a {} job", status.id()),
                "Only failed and cancelled jobs can be retried. This one can be cancelled.",
            ),
            Self::Action(ActionFault::State(status)) => Words::bad(
                format!("Cannot change a {} job", status.id()),
                "Only unfinished jobs can be cancelled, and only failed and cancelled ones retried.",
            ),
            Self::Key(KeyFault::TooMany { limit }) => Words::bad(
                "API key limit reached",
                format!("An account has at most {limit} active API keys. Revoke or delete one first."),
            ),
            Self::Hook(HookFault::TooMany { limit }) => Words::bad(
                "Webhook limit reached",
                format!("An account has at most {limit} active webhooks. Deactivate or delete one first."),
            ),
            Self::Hook(HookFault::Url(text)) => Words::bad("Invalid url", sentence(&text)),
            Self::Caller(CallerRefusal::Store(cause))
            | Self::Upload(UploadFault::Store(cause))
            | Self::Create(CreateFault::Store(cause))
            | Self::Key(KeyFault::Store(cause))
            | Self::Hook(HookFault::Store(cause)) => Self::internal(&cause).words(retry_safety),
            Self::Internal => Words::failed(retry_safety),
        }
    }
}

/// What others word as a part of a sentence, as a whole one. Names of fields stay as they are.
fn sentence(text: &str) -> String {
    let stop = if text.ends_with(['.', '!', '?']) { "" } else { "." };
    let mut letters = text.chars();
    match letters.next() {
        Some(first) if !text.split(' ').next().is_some_and(|word| word.ends_with(':')) => {
            first.to_uppercase().chain(letters).chain(stop.chars()).collect()
        }
        _ => format!("{text}{stop}"),
    }
}
