//! The texts of the device protocol: refusals, `ready`, figures.
//!
//! Refuses to know: sockets, and how a decision is made.

use super::session::{End, Session};
use crate::{
    app::{access::contract::Refusal, wall_clock::unix_ms},
    protocol::iso::iso,
};
use serde_json::{Map, Value, json};
use std::time::{Duration, SystemTime};

/// Why a camera may not begin: its request is malformed, or access is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CameraRefusal {
    /// Its address connects too often.
    #[error("rate_limited")]
    RateLimited,
    /// The application's name is no slug.
    #[error("invalid_app")]
    InvalidApp,
    /// The room's name is no slug.
    #[error("invalid_room")]
    InvalidRoom,
    /// There is no key, or it is malformed.
    #[error("invalid_key")]
    InvalidKey,
    /// The contract's refusal.
    #[error("{}", reason(*.0))]
    Access(#[from] Refusal),
}

/// A refusal as worded in the protocol.
fn reason(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::UnknownRoom => "unknown_app",
        Refusal::UnknownKey => "invalid_key",
        Refusal::Disabled => "ws_ingest_disabled",
        Refusal::Forbidden | Refusal::OtherRoom | Refusal::MayNotPublish | Refusal::MayNotWatch => "room_mismatch",
        Refusal::QuotaExceeded => "quota_exceeded",
        Refusal::TooMany => "max_cameras",
        Refusal::Unauthorized | Refusal::Expired | Refusal::Password => "handshake_error",
        Refusal::InUse | Refusal::Unavailable => "handshake_error",
    }
}

impl CameraRefusal {
    /// The close code.
    pub fn code(self) -> u16 {
        match self {
            Self::RateLimited => 4429,
            Self::Access(Refusal::Disabled | Refusal::QuotaExceeded | Refusal::TooMany) => 4403,
            Self::InvalidApp | Self::InvalidRoom | Self::InvalidKey | Self::Access(_) => 4401,
        }
    }
}

/// How a session ends: the close code, its reason, and whether a text message comes first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloseReason {
    pub code: u16,
    pub reason: &'static str,
    pub text: Option<String>,
}

impl CloseReason {
    /// The key was revoked while the camera was connected.
    pub const REVOKED: Self = Self { code: 4401, reason: "key revoked", text: None };
    /// Another connection with the same key took over.
    pub const REPLACED: Self = Self { code: 4409, reason: "replaced by a newer connection", text: None };
    /// The lease is gone without the key: another key of the same identity took it, or the stream was stopped.
    pub const EVICTED: Self = Self { code: 4409, reason: "the stream was taken over or stopped", text: None };
    /// The server goes down (RFC 6455, 7.4.1).
    pub const GOING: Self = Self { code: 1001, reason: "the server is going down", text: None };
    /// The camera closed the connection.
    pub const BYE: Self = Self { code: 1000, reason: "", text: None };

    /// For a camera that is refused.
    pub fn refused(refusal: CameraRefusal) -> Self {
        let word = match refusal {
            CameraRefusal::RateLimited => "rate_limited",
            CameraRefusal::InvalidApp => "invalid_app",
            CameraRefusal::InvalidRoom => "invalid_room",
            CameraRefusal::InvalidKey => "invalid_key",
            CameraRefusal::Access(refusal) => reason(refusal),
        };
        Self::with_error(refusal.code(), word)
    }

    /// For a session that is ended by the server; `None` when the connection is dead.
    pub fn ended(end: End) -> Option<Self> {
        match end {
            End::FrameTooLarge => Some(Self::with_error(4413, "frame_too_large")),
            End::InvalidFrames => Some(Self::with_error(1003, "invalid_frames")),
            End::Idle => Some(Self::with_error(4408, "idle_timeout")),
            End::Dead => None,
        }
    }

    fn with_error(code: u16, reason: &'static str) -> Self {
        let text = json!({"type": "error", "code": code.to_string(), "message": reason}).to_string();
        Self { code, reason, text: Some(text) }
    }
}

/// `ready`, after which a camera may send.
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

/// A camera's own figures together with the server's; `None` for any other text. The server's take precedence.
pub fn stats(text: &str, session: &Session, viewers: usize, now: SystemTime) -> Option<Value> {
    let mut stats: Map<String, Value> = serde_json::from_str(text).ok()?;
    if stats.get("type")? != "stats" {
        return None;
    }
    stats.insert("live".into(), true.into());
    stats.insert("framesReceived".into(), session.received.into());
    stats.insert("framesDroppedFps".into(), session.too_fast.into());
    stats.insert("viewers".into(), viewers.into());
    stats.insert("ts".into(), iso(unix_ms(now)).into());
    Some(stats.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_say_their_word_and_their_code() {
        let all = [
            (CameraRefusal::RateLimited, 4429, "rate_limited"),
            (CameraRefusal::InvalidApp, 4401, "invalid_app"),
            (CameraRefusal::InvalidRoom, 4401, "invalid_room"),
            (CameraRefusal::InvalidKey, 4401, "invalid_key"),
            (Refusal::UnknownKey.into(), 4401, "invalid_key"),
            (Refusal::UnknownRoom.into(), 4401, "unknown_app"),
            (Refusal::Disabled.into(), 4403, "ws_ingest_disabled"),
            (Refusal::Forbidden.into(), 4401, "room_mismatch"),
            (Refusal::QuotaExceeded.into(), 4403, "quota_exceeded"),
            (Refusal::TooMany.into(), 4403, "max_cameras"),
            (Refusal::InUse.into(), 4401, "handshake_error"),
            (Refusal::Unavailable.into(), 4401, "handshake_error"),
        ];
        for (refusal, code, word) in all {
            let close_reason = CloseReason::refused(refusal);
            assert_eq!((close_reason.code, close_reason.reason, refusal.to_string().as_str()), (code, word, word));
            let text: Value = serde_json::from_str(&close_reason.text.expect("text")).expect("JSON");
            assert_eq!(text, json!({"type": "error", "code": code.to_string(), "message": word}));
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
