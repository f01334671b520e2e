//! What happens in rooms, as callbacks name it, and what is said there.

use serde_json::{Value, json};
use std::sync::Arc;

/// How a publisher comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Via {
    Webrtc,
    Rtmp,
    Rtsp,
    Whip,
    WsMjpeg,
}

impl Via {
    /// The word for it in rows and events.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Webrtc => "webrtc",
            Self::Rtmp => "rtmp",
            Self::Rtsp => "rtsp",
            Self::Whip => "whip",
            Self::WsMjpeg => "ws-mjpeg",
        }
    }
}

/// A fact for callbacks: its name, and its data as they are sent.
#[derive(Debug, Clone, PartialEq)]
pub struct RoomEvent {
    pub event: &'static str,
    pub app: String,
    pub room: Option<String>,
    pub data: Value,
}

/// Something said in a room.
#[derive(Debug, Clone, PartialEq)]
pub struct DataMessage {
    /// `chat`, `reaction`, or the caller's own word.
    pub topic: String,
    /// JSON text as it goes to the viewers.
    pub text: String,
    /// Whom it is for; everybody when empty.
    pub to: Vec<String>,
    /// The event that it is, when it came by the API.
    pub event: Option<Arc<RoomEvent>>,
}

/// Events that a change brought about, told when nothing is locked any more.
#[derive(Default)]
pub(super) struct PendingEvents {
    pub events: Vec<RoomEvent>,
}

impl PendingEvents {
    pub fn add(&mut self, event: &'static str, app: &str, room: &str, data: Value) {
        self.events.push(RoomEvent { event, app: app.to_owned(), room: Some(room.to_owned()), data });
    }

    pub fn participant(&mut self, event: &'static str, (app, room): (&str, &str), identity: &str, hidden: bool) {
        let data = json!({"room": room, "participant": {"identity": identity, "hidden": hidden}});
        self.add(event, app, room, data);
    }
}
