//! The words of the device protocol: refusals, what a camera is told when it may begin, its figures.
//!
//! Refuses to know: sockets, and who decides.

use super::session::{End, Session};
use serde_json::{Map, Value, json};
use std::time::{Duration, SystemTime};
use time::{OffsetDateTime, format_description::BorrowedFormatItem, macros::format_description};

const ISO: &[BorrowedFormatItem] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");

/// Why a camera may not begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Its address knocks too often.
    #[error("rate_limited")]
    RateLimited,
    /// The application's name is no slug.
    #[error("invalid_app")]
    InvalidApp,
    /// The room's name is no slug.
    #[error("invalid_room")]
    InvalidRoom,
    /// There is no key, or nobody has made it.
    #[error("invalid_key")]
    InvalidKey,
    #[error("unknown_app")]
    UnknownApp,
    /// The application takes no cameras.
    #[error("ws_ingest_disabled")]
    Disabled,
    /// The key is for another room.
    #[error("room_mismatch")]
    RoomMismatch,
    /// The tenant has as many streams as it may have.
    #[error("quota_exceeded")]
    QuotaExceeded,
    /// The application has as many cameras as it may have.
    #[error("max_cameras")]
    MaxCameras,
    /// The server could not find out.
    #[error("handshake_error")]
    Handshake,
}

impl Refusal {
    /// The close code.
    pub fn code(self) -> u16 {
        match self {
            Self::RateLimited => 4429,
            Self::Disabled | Self::QuotaExceeded | Self::MaxCameras => 4403,
            Self::InvalidApp
            | Self::InvalidRoom
            | Self::InvalidKey
            | Self::UnknownApp
            | Self::RoomMismatch
            | Self::Handshake => 4401,
        }
    }
}

/// How a session ends: the close code, its reason, and whether a text message comes first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Farewell {
    pub code: u16,
    pub reason: &'static str,
    pub text: Option<String>,
}

impl Farewell {
    /// The key was taken back while the camera was connected.
    pub const REVOKED: Self = Self { code: 4401, reason: "key revoked", text: None };
    /// Another connection with the same key took over.
    pub const REPLACED: Self = Self { code: 4409, reason: "replaced by a newer connection", text: None };
    /// The lease is gone without the key: another key of the same identity took it, or somebody stopped the stream.
    pub const EVICTED: Self = Self { code: 4409, reason: "the stream was taken over or stopped", text: None };
    /// The server goes down (RFC 6455, 7.4.1).
    pub const GOING: Self = Self { code: 1001, reason: "the server is going down", text: None };
    /// The camera said goodbye.
    pub const BYE: Self = Self { code: 1000, reason: "", text: None };

    /// For one that may not begin.
    pub fn refused(refusal: Refusal) -> Self {
        let reason = match refusal {
            Refusal::RateLimited => "rate_limited",
            Refusal::InvalidApp => "invalid_app",
            Refusal::InvalidRoom => "invalid_room",
            Refusal::InvalidKey => "invalid_key",
            Refusal::UnknownApp => "unknown_app",
            Refusal::Disabled => "ws_ingest_disabled",
            Refusal::RoomMismatch => "room_mismatch",
            Refusal::QuotaExceeded => "quota_exceeded",
            Refusal::MaxCameras => "max_cameras",
            Refusal::Handshake => "handshake_error",
        };
        Self::said(refusal.code(), reason)
    }

    /// For one that is sent away in the middle; `None` when nobody would hear it.
    pub fn ended(end: End) -> Option<Self> {
        match end {
            End::FrameTooLarge => Some(Self::said(4413, "frame_too_large")),
            End::InvalidFrames => Some(Self::said(1003, "invalid_frames")),
            End::Idle => Some(Self::said(4408, "idle_timeout")),
            End::Dead => None,
        }
    }

    fn said(code: u16, reason: &'static str) -> Self {
        let text = json!({"type": "error", "code": code.to_string(), "message": reason}).to_string();
        Self { code, reason, text: Some(text) }
    }
}

/// What a camera is told when it may begin.
pub fn ready(room: &str, identity: &str, fps: u32, largest: usize, idle: Duration) -> String {
    json!({
        "type": "ready",
        "room": room,
        "streamId": format!("{room}/{identity}"),
        "maxFps": fps,
        "maxFrameBytes": largest,
        "idleTimeoutSec": idle.as_secs(),
    })
    .to_string()
}

/// A camera's own figures with ours; `None` for any other text. Ours win.
pub fn stats(text: &str, session: &Session, viewers: usize, now: SystemTime) -> Option<Value> {
    let mut stats: Map<String, Value> = serde_json::from_str(text).ok()?;
    if stats.get("type")? != "stats" {
        return None;
    }
    stats.insert("live".into(), true.into());
    stats.insert("framesReceived".into(), session.received.into());
    stats.insert("framesDroppedFps".into(), session.too_fast.into());
    stats.insert("viewers".into(), viewers.into());
    stats.insert("ts".into(), timestamp(now).into());
    Some(stats.into())
}

/// ISO 8601 in UTC with milliseconds.
fn timestamp(now: SystemTime) -> String {
    let since = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let ms = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
    let at = OffsetDateTime::UNIX_EPOCH.saturating_add(time::Duration::milliseconds(ms));
    at.format(&ISO).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_say_their_word_and_their_code() {
        let all = [
            (Refusal::RateLimited, 4429),
            (Refusal::InvalidApp, 4401),
            (Refusal::InvalidRoom, 4401),
            (Refusal::InvalidKey, 4401),
            (Refusal::UnknownApp, 4401),
            (Refusal::Disabled, 4403),
            (Refusal::RoomMismatch, 4401),
            (Refusal::QuotaExceeded, 4403),
            (Refusal::MaxCameras, 4403),
            (Refusal::Handshake, 4401),
        ];
        for (refusal, code) in all {
            let farewell = Farewell::refused(refusal);
            assert_eq!((farewell.code, farewell.reason), (code, refusal.to_string().as_str()));
            let said: Value = serde_json::from_str(&farewell.text.expect("text")).expect("JSON");
            assert_eq!(said, json!({"type": "error", "code": code.to_string(), "message": refusal.to_string()}));
        }
    }

    #[test]
    fn a_cameras_figures_are_kept_and_ours_are_added() {
        let mut session = Session::new(1, 100, Default::default());
        for _ in 0..3 {
            session.frame(&[0xff, 0xd8, 0xff, 0xd9], Duration::ZERO);
        }
        let now = SystemTime::UNIX_EPOCH + Duration::from_millis(1_782_820_800_120);
        let text = r#"{"type":"stats","fps":12.5,"rssi":-61,"heapFree":90112,"live":false,"uptime":[1]}"#;
        let expected = json!({"type": "stats", "fps": 12.5, "rssi": -61, "heapFree": 90112, "uptime": [1], "live": true,
            "framesReceived": 1, "framesDroppedFps": 2, "viewers": 7, "ts": "2026-06-30T12:00:00.120Z"});
        assert_eq!(stats(text, &session, 7, now), Some(expected));
        for other in ["", "hello", "[]", "{}", r#"{"type":"hello"}"#, r#"{"type":3}"#] {
            assert_eq!(stats(other, &session, 0, now), None, "{other}");
        }
    }
}
