//! Method and path of a request, understood.
//!
//! Refuses to know: what routes do, whether the things that ids name are there.

use crate::api::percent::decode;
use warp::http::Method;

/// The first segments below `/api/v1` that are this plane's.
pub const CLAIMED: [&str; 6] = ["credits", "services", "upload", "jobs", "api-keys", "webhooks"];
/// The longest id that is looked up, in bytes.
const ID: usize = 64;

/// A path of the plane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Credits,
    Services,
    Upload,
    Jobs,
    Job,
    Keys,
    Key,
    Hooks,
    Hook,
}

impl Place {
    /// All, in the order of the document.
    pub const ALL: [Self; 9] = [
        Self::Credits,
        Self::Services,
        Self::Upload,
        Self::Jobs,
        Self::Job,
        Self::Keys,
        Self::Key,
        Self::Hooks,
        Self::Hook,
    ];

    /// As documents write it, below `/api/v1`.
    pub fn path(self) -> &'static str {
        match self {
            Self::Credits => "/credits",
            Self::Services => "/services",
            Self::Upload => "/upload",
            Self::Jobs => "/jobs",
            Self::Job => "/jobs/{job_id}",
            Self::Keys => "/api-keys",
            Self::Key => "/api-keys/{key_id}",
            Self::Hooks => "/webhooks",
            Self::Hook => "/webhooks/{webhook_id}",
        }
    }

    /// The methods that do something here. `HEAD` goes with `GET`, and `OPTIONS` with everything.
    pub fn allowed(self) -> &'static [&'static str] {
        match self {
            Self::Credits | Self::Services => &["GET"],
            Self::Upload => &["POST"],
            Self::Jobs | Self::Keys | Self::Hooks => &["GET", "POST"],
            Self::Job => &["GET", "PATCH"],
            Self::Key | Self::Hook => &["PATCH", "DELETE"],
        }
    }

    /// The `Allow` header: all methods that are not answered by 405.
    pub fn allow(self) -> String {
        let head = if self.allowed().contains(&"GET") { "HEAD, " } else { "" };
        format!("{}, {head}OPTIONS", self.allowed().join(", "))
    }

    /// The place of a raw path below `/api/v1/`, with the id in it, which is empty where the path has none. One slash
    /// at the end changes nothing.
    pub fn of(tail: &str) -> Option<(Self, String)> {
        let tail = tail.strip_suffix('/').unwrap_or(tail);
        let segments: Option<Vec<String>> = tail.split('/').map(decode).collect();
        let segments = segments?;
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let (place, id) = match segments[..] {
            ["credits"] => (Self::Credits, ""),
            ["services"] => (Self::Services, ""),
            ["upload"] => (Self::Upload, ""),
            ["jobs"] => (Self::Jobs, ""),
            ["jobs", id] if !id.is_empty() => (Self::Job, id),
            ["api-keys"] => (Self::Keys, ""),
            ["api-keys", id] if !id.is_empty() => (Self::Key, id),
            ["webhooks"] => (Self::Hooks, ""),
            ["webhooks", id] if !id.is_empty() => (Self::Hook, id),
            _ => return None,
        };
        Some((place, id.to_owned()))
    }
}

/// What a request is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    Credits,
    Services,
    Upload,
    ListJobs,
    CreateJob,
    ReadJob(String),
    ActOnJob(String),
    ListKeys,
    CreateKey,
    ChangeKey(String),
    DeleteKey(String),
    ListHooks,
    CreateHook,
    ChangeHook(String),
    DeleteHook(String),
}

/// Why a request is for nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoRoute {
    /// There is nothing.
    UnknownPath,
    /// The place takes other methods.
    WrongMethod(Place),
}

impl Route {
    /// Understands a request; `tail` is its raw path below `/api/v1/`.
    pub fn parse(method: &Method, tail: &str) -> Result<Self, NoRoute> {
        let (place, id) = Place::of(tail).ok_or(NoRoute::UnknownPath)?;
        let verb = if method == Method::HEAD { "GET" } else { method.as_str() };
        Ok(match (place, verb) {
            (Place::Credits, "GET") => Self::Credits,
            (Place::Services, "GET") => Self::Services,
            (Place::Upload, "POST") => Self::Upload,
            (Place::Jobs, "GET") => Self::ListJobs,
            (Place::Jobs, "POST") => Self::CreateJob,
            (Place::Job, "GET") => Self::ReadJob(id),
            (Place::Job, "PATCH") => Self::ActOnJob(id),
            (Place::Keys, "GET") => Self::ListKeys,
            (Place::Keys, "POST") => Self::CreateKey,
            (Place::Key, "PATCH") => Self::ChangeKey(id),
            (Place::Key, "DELETE") => Self::DeleteKey(id),
            (Place::Hooks, "GET") => Self::ListHooks,
            (Place::Hooks, "POST") => Self::CreateHook,
            (Place::Hook, "PATCH") => Self::ChangeHook(id),
            (Place::Hook, "DELETE") => Self::DeleteHook(id),
            _ => return Err(NoRoute::WrongMethod(place)),
        })
    }
}

/// Whether an id may be one that was given out: no database is asked for others.
pub fn possible(id: &str) -> bool {
    id.len() <= ID && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_place_allows_is_what_leads_somewhere() {
        let verbs = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
        for place in Place::ALL {
            let tail = place.path().trim_start_matches('/').replace(['{', '}'], "");
            for verb in &verbs {
                let found = Route::parse(verb, &tail);
                if place.allowed().contains(&verb.as_str()) {
                    assert!(found.is_ok(), "{verb} {tail}");
                } else {
                    assert_eq!(found, Err(NoRoute::WrongMethod(place)), "{verb} {tail}");
                }
            }
        }
    }

    #[test]
    fn a_head_is_a_get_without_its_body() {
        assert_eq!(Route::parse(&Method::HEAD, "jobs"), Ok(Route::ListJobs));
        assert_eq!(Route::parse(&Method::HEAD, "upload"), Err(NoRoute::WrongMethod(Place::Upload)));
        assert_eq!(Place::Jobs.allow(), "GET, POST, HEAD, OPTIONS");
        assert_eq!(Place::Upload.allow(), "POST, OPTIONS");
    }

    #[test]
    fn slashes_and_escapes_count_as_in_any_path() {
        assert_eq!(Route::parse(&Method::GET, "jobs/a%2Fb"), Ok(Route::ReadJob("a/b".into())));
        assert_eq!(Route::parse(&Method::GET, "jobs/"), Ok(Route::ListJobs));
        for tail in ["jobs//", "jobs/a/b", "jobs/%", "jobs/%ff", "credits/x", "upload/x", "webhooks/a/b"] {
            assert_eq!(Route::parse(&Method::GET, tail), Err(NoRoute::UnknownPath), "{tail}");
        }
    }

    #[test]
    fn ids_that_nobody_gave_out_are_told_without_a_look() {
        assert!(possible("0b9f3c1e-5a55-4a3e-9f0a-1f2e3d4c5b6a") && possible("key_abc234"));
        for id in ["a/b", "a\0", "ü", "a b", &"x".repeat(65)] {
            assert!(!possible(id), "{id:?}");
        }
    }
}
