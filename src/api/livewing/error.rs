//! The plane's error codes and the one place where a fault becomes one of them.

use crate::domain::fault::{Fault, Kind};

/// The documented codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Code {
    /// Token is incorrect, or there was none yet.
    AuthFailed,
    /// Auth not sent within 5 seconds.
    AuthTimeout,
    /// Too many failed attempts.
    AuthRateLimited,
    /// Unknown command type.
    CommandNotFound,
    /// Missing or wrong-type params.
    InvalidParams,
    /// Valid command, could not execute.
    CommandFailed,
    /// Referenced id does not exist.
    ResourceNotFound,
    /// Command invalid in the present state.
    StateError,
    /// Message is not a JSON request.
    ProtocolError,
}

impl Code {
    /// The word on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Code::AuthFailed => "AUTH_FAILED",
            Code::AuthTimeout => "AUTH_TIMEOUT",
            Code::AuthRateLimited => "AUTH_RATE_LIMITED",
            Code::CommandNotFound => "COMMAND_NOT_FOUND",
            Code::InvalidParams => "INVALID_PARAMS",
            Code::CommandFailed => "COMMAND_FAILED",
            Code::ResourceNotFound => "RESOURCE_NOT_FOUND",
            Code::StateError => "STATE_ERROR",
            Code::ProtocolError => "PROTOCOL_ERROR",
        }
    }
}

/// An error as a client gets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    pub code: Code,
    /// For a person.
    pub message: String,
}

impl ApiError {
    /// An error with its message.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// A parameter is missing or wrong; the message begins with its name.
    pub fn param(name: &str, what: impl std::fmt::Display) -> Self {
        Self::new(Code::InvalidParams, format!("{name}: {what}"))
    }
}

impl From<Fault> for ApiError {
    fn from(fault: Fault) -> Self {
        let Fault { kind, code: _, subject, blame: _, detail } = fault;
        match kind {
            Kind::NotFound => Self::new(Code::ResourceNotFound, detail),
            Kind::Invalid => Self::param(&subject, detail),
            Kind::Conflict => Self::new(Code::StateError, detail),
            Kind::Failed | Kind::Unavailable => Self::new(Code::CommandFailed, detail),
        }
    }
}
