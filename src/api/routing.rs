//! The one way of routing for all planes: a table of rows, and finding the row for a request.
//!
//! ```text
//! method, path ─► find ─┬─► Route (access, handler) and the decoded segments of its placeholders
//!                       └─► NoRoute: nothing there; other methods (405 with `Allow`); a segment that cannot be decoded
//! ```
//!
//! What a row asks of the caller, what a handler is and how an error is worded are the plane's own. Refuses to know:
//! which rows there are.

use crate::protocol::percent::decode;
use std::fmt;
use warp::http::Method;

/// The methods there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Also answers `HEAD`.
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl Verb {
    fn takes(self, method: &Method) -> bool {
        method.as_str() == self.name() || (self == Self::Get && method == Method::HEAD)
    }

    /// As requests write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    /// Whether such a request has a body that counts.
    pub fn has_body(self) -> bool {
        matches!(self, Self::Post | Self::Put | Self::Patch)
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One row: what is asked for, what the caller needs, and what answers.
#[derive(Debug, Clone, Copy)]
pub struct Route<A, H> {
    /// The method.
    pub verb: Verb,
    /// The path, with `{name}` for a segment that may be anything but empty.
    pub path: &'static str,
    /// The permission, or whatever else a plane has to know before the handler runs.
    pub access: A,
    /// The handler.
    pub run: H,
}

/// Decoded segments by the names of their placeholders.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Params(Vec<(&'static str, String)>);

impl Params {
    /// A segment; `None` when the pattern has no such placeholder.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(placeholder, _)| *placeholder == name).map(|(_, value)| value.as_str())
    }
}

/// Why there is no row for a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoRoute {
    /// Nothing is there.
    UnknownPath,
    /// Something is there for these methods.
    WrongMethod(Vec<Verb>),
    /// A segment cannot be decoded.
    Undecodable(String),
}

/// The first row that fits; `path` is raw and begins with a slash. One slash at the end changes nothing.
///
/// # Errors
/// Why there is none.
pub fn find<A, H>(
    rows: &'static [Route<A, H>],
    method: &Method,
    path: &str,
) -> Result<(&'static Route<A, H>, Params), NoRoute> {
    for row in rows.iter().filter(|row| row.verb.takes(method)) {
        let Some(raw) = fit(row.path, path) else { continue };
        let decoded = raw.into_iter().map(|(name, raw)| match decode(raw) {
            Some(value) => Ok((name, value)),
            None => Err(NoRoute::Undecodable(raw.to_owned())),
        });
        return Ok((row, Params(decoded.collect::<Result<_, _>>()?)));
    }
    let others = verbs(rows, path);
    Err(if others.is_empty() { NoRoute::UnknownPath } else { NoRoute::WrongMethod(others) })
}

/// The methods that something is there for at a path, in the order of the table.
pub fn verbs<A, H>(rows: &[Route<A, H>], path: &str) -> Vec<Verb> {
    rows.iter().filter(|row| fit(row.path, path).is_some()).map(|row| row.verb).collect()
}

/// Whether all segments of a path can be decoded.
pub fn is_decodable(path: &str) -> bool {
    path.split('/').all(|segment| decode(segment).is_some())
}

/// An `Allow` header: `HEAD` behind the `GET` that it goes with.
pub fn allow(verbs: &[Verb]) -> String {
    let names = verbs.iter().map(|verb| if *verb == Verb::Get { "GET, HEAD" } else { verb.name() });
    names.collect::<Vec<_>>().join(", ")
}

/// An `Allow` header of a plane that answers `OPTIONS`: the methods, then what is answered beside them.
pub fn allow_with_options(verbs: &[Verb]) -> String {
    let names: Vec<_> = verbs.iter().map(|verb| verb.name()).collect();
    let head = if verbs.contains(&Verb::Get) { "HEAD, " } else { "" };
    format!("{}, {head}OPTIONS", names.join(", "))
}

/// The placeholders of a pattern with the raw segments that stand for them.
fn fit<'a>(pattern: &'static str, path: &'a str) -> Option<Vec<(&'static str, &'a str)>> {
    let path = path.strip_suffix('/').unwrap_or(path);
    let mut found = Vec::new();
    let (mut wanted, mut given) = (pattern.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return Some(found),
            (Some(wanted), Some(given)) => match wanted.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
                Some(name) if !given.is_empty() => found.push((name, given)),
                None if wanted == given || decode(given).as_deref() == Some(wanted) => {}
                _ => return None,
            },
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn row(verb: Verb, path: &'static str) -> Route<(), ()> {
        Route { verb, path, access: (), run: () }
    }

    static ROWS: [Route<(), ()>; 4] =
        [row(Verb::Get, "/jobs"), row(Verb::Post, "/jobs"), row(Verb::Get, "/jobs/{id}"), row(Verb::Post, "/upload")];

    fn found(method: Method, path: &str) -> Result<(Verb, &'static str, Option<String>), NoRoute> {
        find(&ROWS, &method, path).map(|(row, params)| (row.verb, row.path, params.get("id").map(str::to_owned)))
    }

    #[test]
    fn placeholders_take_one_whole_segment_that_is_not_empty() {
        let pattern = "/apps/{app}/streams/{id}";
        assert_eq!(fit(pattern, "/apps/live/streams/a%2Fb"), Some(vec![("app", "live"), ("id", "a%2Fb")]));
        assert_eq!(fit(pattern, "/apps/live/streams/a/"), Some(vec![("app", "live"), ("id", "a")]));
        for path in ["/apps/live/streams", "/apps/live/streams/", "/apps//streams/a", "/apps/live/streams/a/b"] {
            assert_eq!(fit(pattern, path), None, "{path}");
        }
    }

    #[test]
    fn segments_are_decoded_after_the_path_is_split() {
        assert_eq!(found(Method::GET, "/jobs/a%2Fb"), Ok((Verb::Get, "/jobs/{id}", Some("a/b".into()))));
        assert_eq!(found(Method::GET, "/j%6Fbs"), Ok((Verb::Get, "/jobs", None)));
        assert_eq!(found(Method::GET, "/jobs/%zz"), Err(NoRoute::Undecodable("%zz".into())));
        assert!(is_decodable("/jobs/%C3%BC") && !is_decodable("/jobs/%ff"));
    }

    #[test]
    fn a_head_is_a_get_and_a_wrong_method_names_the_right_ones() {
        assert_eq!(found(Method::HEAD, "/jobs/"), Ok((Verb::Get, "/jobs", None)));
        assert_eq!(found(Method::PUT, "/jobs"), Err(NoRoute::WrongMethod(vec![Verb::Get, Verb::Post])));
        assert_eq!(found(Method::HEAD, "/upload"), Err(NoRoute::WrongMethod(vec![Verb::Post])));
        for path in ["/jobs//", "/jobs/a/b", "/other", "jobs"] {
            assert_eq!(found(Method::GET, path), Err(NoRoute::UnknownPath), "{path}");
        }
        assert_eq!(allow(&[Verb::Get, Verb::Patch]), "GET, HEAD, PATCH");
        assert_eq!(allow_with_options(&[Verb::Get, Verb::Post]), "GET, POST, HEAD, OPTIONS");
        assert_eq!(allow_with_options(&[Verb::Post]), "POST, OPTIONS");
    }
}
