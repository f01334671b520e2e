//! What happens in rooms, and the messages there.
//!
//! ```text
//! Rooms ─► RoomEvent (in the order in which it happened, none is lost) ─► the journal
//! ```
//!
//! Refuses to know: how a plane words it, and where it is sent.

use std::{sync::Arc, time::SystemTime};
use tokio::sync::mpsc;

/// How a publisher connects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Via {
    Webrtc,
    Rtmp,
    Rtsp,
    Whip,
    WsMjpeg,
}

impl Via {
    /// Its name in rows and events.
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

/// A fact about a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomEvent {
    /// The app's name.
    pub app: String,
    /// The room's full name.
    pub room: String,
    /// When it happened.
    pub at: SystemTime,
    pub fact: RoomFact,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RoomFact {
    /// The first publisher came.
    RoomStarted,
    /// The last publisher left.
    RoomFinished,
    /// A publisher or a viewer came.
    ParticipantJoined(Participant),
    /// A publisher or a viewer left.
    ParticipantLeft(Participant),
    /// The publisher of an ingress came.
    IngressStarted { ingress: String },
    /// The publisher of an ingress left.
    IngressEnded { ingress: String },
    /// A stream begins. A publisher that takes over from another continues the stream.
    StreamStarted {
        stream: StreamFact,
        /// Its number among all streams there ever were.
        number: i64,
    },
    /// A stream ends.
    StreamEnded {
        stream: StreamFact,
        /// None: its publisher left by itself.
        reason: Option<EndReason>,
    },
    /// A push was refused for its missing or wrong password before it was a stream. There may be a stream of the same
    /// id, which goes on.
    PushRefused(StreamFact),
    /// A message of the API to a room.
    MessageSent(Message),
}

/// A publisher or a viewer that came or left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Participant {
    /// Unique among publishers; viewers may share one.
    pub identity: String,
    /// Does not count: quality control and recorders.
    pub hidden: bool,
}

/// The stream of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamFact {
    /// Its publisher; with the room this is the stream's id.
    pub identity: String,
    /// How it connected.
    pub via: Via,
    /// The ingress it came by.
    pub ingress: Option<String>,
}

/// Why the server ended a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EndReason {
    /// By the API.
    Stopped,
    /// Its app is gone or no longer has its room.
    AppChanged,
    /// The input that it was sent to was removed or has another source.
    InputChanged,
}

/// A message that was sent by the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub topic: Topic,
    /// The stream it was sent to, `<room>/<identity>`; none: the room.
    pub stream_id: Option<String>,
    pub from: String,
    pub text: Option<String>,
    pub reaction: Option<String>,
}

/// Messages that are also events, for receivers other than the room's viewers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Topic {
    Chat,
    Reaction,
}

impl RoomEvent {
    /// The id of the stream it is about, `<room>/<identity>`.
    pub fn stream_id(&self) -> Option<String> {
        match &self.fact {
            RoomFact::StreamStarted { stream, .. }
            | RoomFact::StreamEnded { stream, .. }
            | RoomFact::PushRefused(stream) => Some(format!("{}/{}", self.room, stream.identity)),
            RoomFact::MessageSent(message) => message.stream_id.clone(),
            _ => None,
        }
    }
}

/// The events of all rooms, for their one subscriber. Without a bound: rooms are entered and left under a lock that
/// must not wait for a database, and each event belongs to an admitted connection, and those are bounded elsewhere. The
/// subscriber takes events out at once and keeps only those that it has to write.
pub type RoomEvents = mpsc::UnboundedReceiver<RoomEvent>;

/// A message in a room.
#[derive(Debug, Clone, PartialEq)]
pub struct DataMessage {
    /// `chat`, `reaction`, or a topic of the caller's choice.
    pub topic: String,
    /// JSON text as it goes to the viewers.
    pub text: String,
    /// The identities of its receivers; empty: all viewers.
    pub to: Vec<String>,
    /// The event that it is, when it came by the API.
    pub event: Option<Arc<Message>>,
}

/// The events of a change of rooms. They are sent before the rooms are unlocked, so that events have the order of the
/// changes.
pub(super) struct PendingEvents {
    pub at: SystemTime,
    pub events: Vec<RoomEvent>,
}

impl PendingEvents {
    pub fn now() -> Self {
        Self { at: SystemTime::now(), events: Vec::new() }
    }

    pub fn add(&mut self, (app, room): (&str, &str), fact: RoomFact) {
        self.events.push(RoomEvent { app: app.to_owned(), room: room.to_owned(), at: self.at, fact });
    }
}
