//! Rows of the route table, and finding the one for a request.
//!
//! Refuses to know: which rows there are, and what handlers do.

use super::{call::Call, reply::Answer};
use crate::{
    api::percent::decode,
    app::{access::permissions::Permission, rooms::apps::App},
};
use std::{fmt, future::Future, pin::Pin, sync::Arc};
use warp::http::Method;

/// What a handler returns.
pub type Pending = Pin<Box<dyn Future<Output = Answer> + Send>>;

/// The methods there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Also answers `HEAD`.
    Get,
    Post,
    Patch,
    Delete,
}

impl Verb {
    fn takes(self, method: &Method) -> bool {
        method.as_str() == self.name() || (self == Self::Get && method == Method::HEAD)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    /// Whether such a request has a body that counts.
    pub fn has_body(self) -> bool {
        matches!(self, Self::Post | Self::Patch)
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a route asks of the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Nothing.
    Public,
    /// To be known.
    Login,
    /// A permission, in the app of the path if it has one.
    Needs(Permission),
    /// A permission that reaches everywhere.
    Global(Permission),
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Public => f.write_str("public"),
            Self::Login => f.write_str("login"),
            Self::Needs(permission) => permission.fmt(f),
            Self::Global(permission) => write!(f, "global {permission}"),
        }
    }
}

/// What answers.
#[derive(Clone, Copy)]
pub enum Run {
    /// A path without an app.
    Plain(fn(Call) -> Pending),
    /// A path whose placeholder `{app}` names an app, which exists.
    App(fn(Call, Arc<App>) -> Pending),
}

/// One row: what is asked, by whom, and what answers.
pub struct Route {
    /// The method.
    pub verb: Verb,
    /// The path below `/api/v1`, with `{name}` for a segment that may be anything.
    pub path: &'static str,
    /// Who may ask.
    pub access: Access,
    /// What answers.
    pub run: Run,
}

/// Decoded segments by the names of their placeholders.
pub type Params = Vec<(&'static str, String)>;

/// Why there is no row for a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoRoute {
    /// Nothing is there.
    UnknownPath,
    /// Something is there for these methods.
    WrongMethod(String),
    /// A segment cannot be decoded.
    Undecodable(String),
}

/// The first row that fits; `path` is raw and begins with a slash.
pub fn find(rows: &'static [Route], method: &Method, path: &str) -> Result<(&'static Route, Params), NoRoute> {
    let mut allowed: Vec<&'static str> = Vec::new();
    for row in rows {
        let Some(raw) = fit(row.path, path) else { continue };
        if row.verb.takes(method) {
            let decoded = raw.into_iter().map(|(name, raw)| {
                let value = decode(raw).ok_or_else(|| NoRoute::Undecodable(raw.to_owned()))?;
                Ok((name, value))
            });
            return Ok((row, decoded.collect::<Result<_, _>>()?));
        }
        allowed.push(row.verb.name());
        if row.verb == Verb::Get {
            allowed.push("HEAD");
        }
    }
    if allowed.is_empty() { Err(NoRoute::UnknownPath) } else { Err(NoRoute::WrongMethod(allowed.join(", "))) }
}

/// The placeholders of a pattern with the raw segments that stand for them.
fn fit<'a>(pattern: &'static str, path: &'a str) -> Option<Vec<(&'static str, &'a str)>> {
    // One slash at the end changes nothing, as with the product.
    let path = path.strip_suffix('/').unwrap_or(path);
    let mut found = Vec::new();
    let (mut wanted, mut given) = (pattern.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return Some(found),
            (Some(wanted), Some(given)) => match wanted.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
                Some(name) if !given.is_empty() => found.push((name, given)),
                None if wanted == given => {}
                _ => return None,
            },
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_take_one_whole_segment_that_is_not_empty() {
        let pattern = "/apps/{app}/streams/{id}";
        assert_eq!(fit(pattern, "/apps/live/streams/a%2Fb"), Some(vec![("app", "live"), ("id", "a%2Fb")]));
        assert_eq!(fit(pattern, "/apps/live/streams/a/"), Some(vec![("app", "live"), ("id", "a")]));
        for path in ["/apps/live/streams", "/apps/live/streams/", "/apps//streams/a", "/apps/live/streams/a/b"] {
            assert_eq!(fit(pattern, path), None, "{path}");
        }
    }
}
