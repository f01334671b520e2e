//! One transport-free error for all failures of a caller's request; each plane words it in its own dialect.

use std::fmt;

/// The kind of an error, as far as every plane distinguishes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The named object does not exist.
    NotFound,
    /// A parameter is missing, of the wrong type or out of range.
    Invalid,
    /// The command is impossible in the present state.
    Conflict,
    /// A valid command could not be executed.
    Failed,
    /// The server is going down or not yet up.
    Unavailable,
}

/// The party that has to act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Blame {
    /// The caller: it must change its request.
    Caller,
    /// This server or its machine.
    Server,
    /// A peer's server, e.g. a push destination.
    Peer,
}

/// An error for a caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub kind: Kind,
    /// Stable, machine-readable, snake case: `no_channels_assigned`.
    pub code: &'static str,
    /// The object of the error: an id, a parameter's name. May be empty.
    pub subject: String,
    pub blame: Blame,
    /// One sentence for a person. Never holds SQL, paths outside the data folder or keys.
    pub detail: String,
}

impl Fault {
    /// The object does not exist.
    pub fn not_found(code: &'static str, subject: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(Kind::NotFound, code, subject, Blame::Caller, detail)
    }

    /// A parameter is wrong.
    pub fn invalid(subject: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(Kind::Invalid, "invalid", subject, Blame::Caller, detail)
    }

    /// Not in this state.
    pub fn conflict(code: &'static str, subject: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(Kind::Conflict, code, subject, Blame::Caller, detail)
    }

    /// Could not be executed here.
    pub fn failed(code: &'static str, subject: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(Kind::Failed, code, subject, Blame::Server, detail)
    }

    /// Not now.
    pub fn unavailable(detail: impl Into<String>) -> Self {
        Self::new(Kind::Unavailable, "unavailable", "", Blame::Server, detail)
    }

    fn new(
        kind: Kind,
        code: &'static str,
        subject: impl Into<String>,
        blame: Blame,
        detail: impl Into<String>,
    ) -> Self {
        Self { kind, code, subject: subject.into(), blame, detail: detail.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.detail)
    }
}

impl std::error::Error for Fault {}
