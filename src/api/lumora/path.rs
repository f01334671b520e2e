//! Method and path of a request, understood. Ids are percent-decoded segment by segment.

use crate::api::percent::decode;
use warp::http::Method;

/// What a request is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    TriggerOn { graphic: String },
    TriggerOff { graphic: String },
    TriggerAction { graphic: String, action: String },
    TriggerStatus { graphic: String },
    ChannelStatus { channel: String },
    GraphicStatus { channel: String, graphic: String },
    TallyProgram { channel: String },
    TallyPreview { channel: String },
    RefreshAll,
}

/// Why a request is for nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoRoute {
    UnknownPath,
    /// With the methods that the path takes.
    WrongMethod(&'static str),
}

const GET: &str = "GET, HEAD";
const POST: &str = "POST";

impl Route {
    /// Understands a request; `tail` is its raw path below `/api/v1/`.
    pub fn parse(method: &Method, tail: &str) -> Result<Self, NoRoute> {
        let segments: Option<Vec<_>> = tail.split('/').map(decode).collect();
        let segments = segments.ok_or(NoRoute::UnknownPath)?;
        if segments.iter().any(String::is_empty) {
            return Err(NoRoute::UnknownPath);
        }
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let own = |text: &str| text.to_owned();
        let (route, allow) = match segments[..] {
            ["trigger", graphic, "on"] => (Route::TriggerOn { graphic: own(graphic) }, POST),
            ["trigger", graphic, "off"] => (Route::TriggerOff { graphic: own(graphic) }, POST),
            ["trigger", graphic, "action", action] => {
                (Route::TriggerAction { graphic: own(graphic), action: own(action) }, POST)
            }
            ["trigger", graphic, "status"] => (Route::TriggerStatus { graphic: own(graphic) }, GET),
            ["status", channel] => (Route::ChannelStatus { channel: own(channel) }, GET),
            ["status", channel, graphic] => {
                (Route::GraphicStatus { channel: own(channel), graphic: own(graphic) }, GET)
            }
            ["tally", channel, "pgm"] => (Route::TallyProgram { channel: own(channel) }, GET),
            ["tally", channel, "pvw"] => (Route::TallyPreview { channel: own(channel) }, GET),
            ["refresh-all"] => (Route::RefreshAll, POST),
            _ => return Err(NoRoute::UnknownPath),
        };
        let allowed = allow.split(", ").any(|name| name == method.as_str());
        if allowed { Ok(route) } else { Err(NoRoute::WrongMethod(allow)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_decoded_after_the_path_is_split() {
        let on = Route::parse(&Method::POST, "trigger/lower%20third%2F1/on");
        assert_eq!(on, Ok(Route::TriggerOn { graphic: "lower third/1".into() }));
        let umlaut = Route::parse(&Method::GET, "status/%C3%BCber");
        assert_eq!(umlaut, Ok(Route::ChannelStatus { channel: "über".into() }));
    }

    #[test]
    fn broken_escapes_and_empty_segments_are_no_path() {
        for tail in ["status/%", "status/%4", "status/%zz", "status/%ff", "status/", "trigger//on", "refresh-all/"] {
            assert_eq!(Route::parse(&Method::GET, tail), Err(NoRoute::UnknownPath), "{tail}");
        }
    }

    #[test]
    fn a_wrong_method_is_told_the_right_one() {
        assert_eq!(Route::parse(&Method::GET, "trigger/a/on"), Err(NoRoute::WrongMethod("POST")));
        assert_eq!(Route::parse(&Method::POST, "tally/cg1/pgm"), Err(NoRoute::WrongMethod("GET, HEAD")));
        assert_eq!(Route::parse(&Method::HEAD, "status/cg1"), Ok(Route::ChannelStatus { channel: "cg1".into() }));
        assert_eq!(Route::parse(&Method::PATCH, "nothing"), Err(NoRoute::UnknownPath));
    }
}
