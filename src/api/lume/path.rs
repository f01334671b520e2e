//! Paths of the plane. Refuses to know: what happens there, whether the things that ids name are there.

use crate::api::percent::decode;

/// The first segments below `/api` that are this plane's.
const CLAIMED: [&str; 8] = ["v2", "status", "config", "pixels", "prompt", "nightlight", "led", "segments"];

/// A path of the plane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Controller,
    Segments,
    Segment,
    Effects,
    Palettes,
    Info,
    Rules,
    Rule,
    Preview,
    Status,
    Config,
    Pixels,
    Prompt,
    Nightlight,
    NightlightStop,
    Led,
    SegmentsV1,
    Push,
}

impl Place {
    /// All, in the order of the document.
    pub const ALL: [Self; 18] = [
        Self::Controller,
        Self::Segments,
        Self::Segment,
        Self::Effects,
        Self::Palettes,
        Self::Info,
        Self::Rules,
        Self::Rule,
        Self::Preview,
        Self::Status,
        Self::Config,
        Self::Pixels,
        Self::Prompt,
        Self::Nightlight,
        Self::NightlightStop,
        Self::Led,
        Self::SegmentsV1,
        Self::Push,
    ];

    /// As documents write it.
    pub fn path(self) -> &'static str {
        match self {
            Self::Controller => "/api/v2/controller",
            Self::Segments => "/api/v2/segments",
            Self::Segment => "/api/v2/segments/{id}",
            Self::Effects => "/api/v2/effects",
            Self::Palettes => "/api/v2/palettes",
            Self::Info => "/api/v2/info",
            Self::Rules => "/api/v2/rules",
            Self::Rule => "/api/v2/rules/{id}",
            Self::Preview => "/api/v2/preview",
            Self::Status => "/api/status",
            Self::Config => "/api/config",
            Self::Pixels => "/api/pixels",
            Self::Prompt => "/api/prompt",
            Self::Nightlight => "/api/nightlight",
            Self::NightlightStop => "/api/nightlight/stop",
            Self::Led => "/api/led",
            Self::SegmentsV1 => "/api/segments",
            Self::Push => "/ws",
        }
    }

    /// The methods that do something here. `HEAD` goes with `GET`, and `OPTIONS` with everything.
    pub fn allowed(self) -> &'static [&'static str] {
        match self {
            Self::Controller => &["GET", "PUT"],
            Self::Segments | Self::Rules | Self::Config | Self::Nightlight | Self::Led => &["GET", "POST"],
            Self::Segment | Self::Rule => &["GET", "PUT", "DELETE"],
            Self::Pixels | Self::Prompt | Self::NightlightStop => &["POST"],
            Self::Effects | Self::Palettes | Self::Info | Self::Status | Self::SegmentsV1 => &["GET"],
            Self::Preview | Self::Push => &["GET"],
        }
    }

    /// The `Allow` header: all methods that are not answered by 405.
    pub fn allow(self) -> String {
        let head = if self.allowed().contains(&"GET") { "HEAD, " } else { "" };
        format!("{}, {head}OPTIONS", self.allowed().join(", "))
    }

    /// What needs no token even where one is set, as on the device. `HEAD` goes with `GET`.
    pub fn is_open(self, verb: &str) -> bool {
        match self {
            Self::Effects | Self::Palettes | Self::Status | Self::SegmentsV1 | Self::Push => true,
            Self::Config | Self::Nightlight => verb == "GET",
            Self::Controller | Self::Segments | Self::Segment | Self::Info | Self::Rules | Self::Rule => false,
            Self::Preview | Self::Pixels | Self::Prompt | Self::NightlightStop | Self::Led => false,
        }
    }

    /// The place of a raw path that is [`claimed`], with the id in it, which is empty where the path has none. One slash
    /// at the end changes nothing.
    pub fn of(path: &str) -> Option<(Self, String)> {
        let path = path.strip_suffix('/').unwrap_or(path).strip_prefix('/')?;
        let segments: Option<Vec<String>> = path.split('/').map(decode).collect();
        let segments = segments?;
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let (place, id) = match segments[..] {
            ["api", "v2", "controller"] => (Self::Controller, ""),
            ["api", "v2", "segments"] => (Self::Segments, ""),
            ["api", "v2", "segments", id] if !id.is_empty() => (Self::Segment, id),
            ["api", "v2", "effects"] => (Self::Effects, ""),
            ["api", "v2", "palettes"] => (Self::Palettes, ""),
            ["api", "v2", "info"] => (Self::Info, ""),
            ["api", "v2", "rules"] => (Self::Rules, ""),
            ["api", "v2", "rules", id] if !id.is_empty() => (Self::Rule, id),
            ["api", "v2", "preview"] => (Self::Preview, ""),
            ["api", "status"] => (Self::Status, ""),
            ["api", "config"] => (Self::Config, ""),
            ["api", "pixels"] => (Self::Pixels, ""),
            ["api", "prompt"] => (Self::Prompt, ""),
            ["api", "nightlight"] => (Self::Nightlight, ""),
            ["api", "nightlight", "stop"] => (Self::NightlightStop, ""),
            ["api", "led"] => (Self::Led, ""),
            ["api", "segments"] => (Self::SegmentsV1, ""),
            ["ws"] => (Self::Push, ""),
            _ => return None,
        };
        Some((place, id.to_owned()))
    }
}

/// Whether a raw path is this plane's, known or not.
pub fn claimed(path: &str) -> bool {
    let first = path.strip_prefix("/api/").and_then(|below| below.split('/').next());
    first.is_some_and(|first| CLAIMED.contains(&first)) || path.strip_suffix('/').unwrap_or(path) == "/ws"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_is_claimed_and_found_by_its_path() {
        for place in Place::ALL {
            let path = place.path().replace(['{', '}'], "");
            let id = if place.path().contains('{') { "id" } else { "" };
            for path in [path.clone(), path + "/"] {
                assert!(claimed(&path), "{path}");
                assert_eq!(Place::of(&path), Some((place, id.to_owned())), "{path}");
            }
        }
    }

    #[test]
    fn paths_of_others_are_left_alone() {
        for path in
            ["/", "/api", "/api/", "/api/v1/status/cg1", "/api/v2x", "/api/ledger", "/ws/x", "/health", "/live/ws"]
        {
            assert!(!claimed(path), "{path}");
        }
        for path in ["/api/v2", "/api/v2/", "/api/status/x", "/api/prompt/status", "/api/v2/segments/1/2"] {
            assert!(claimed(path) && Place::of(path).is_none(), "{path}");
        }
        for path in ["/api/v2/segments//", "/api/v2/segments/%", "/api/v2/segments/%ff", "/api/v2//segments"] {
            assert!(claimed(path) && Place::of(path).is_none(), "{path}");
        }
    }

    #[test]
    fn what_is_allowed_is_told() {
        assert_eq!(Place::Segment.allow(), "GET, PUT, DELETE, HEAD, OPTIONS");
        assert_eq!(Place::Pixels.allow(), "POST, OPTIONS");
    }
}
