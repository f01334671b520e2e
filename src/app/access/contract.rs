//! The contract of the media endpoints: the access request, the grant, and the reason for a refusal. RTMP, SRT, WHIP,
//! WHEP, HLS, MJPEG and camera sockets all use these types; each words a [`Refusal`] in its own protocol.
//!
//! ```text
//! endpoint ─ AccessRequest ─► access ─► ViewGrant or a lease
//!                                └────► Refusal ─► status or close code of the endpoint's protocol
//! ```
//!
//! Refuses to know: protocols, sockets, where media comes from.

use super::client_address::ClientAddress;
use std::fmt;

/// A request for access. An endpoint fills in what its protocol carries and leaves the rest at its default.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct AccessRequest {
    /// The application, decoded.
    pub app: String,
    /// The room's short or full name; empty where the address names none, as with stream keys.
    pub room: String,
    /// A join token, a stream key or a camera's key, without any scheme.
    pub credential: Option<String>,
    /// What came beside a stream key: `KEY?password=…`.
    pub password: Option<String>,
    /// The identity that a camera wants to publish under.
    pub identity: Option<String>,
    /// Which stream of the room: `?stream=<identity>`.
    pub stream: Option<String>,
    /// Which composite of the room: `?layout=`.
    pub layout: Option<String>,
    /// The address that the request comes from, when known.
    pub peer: Option<ClientAddress>,
}

impl fmt::Debug for AccessRequest {
    /// Without credential and password. The application is left out too: some encoders put the key into it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessRequest").field("room", &self.room).field("peer", &self.peer).finish_non_exhaustive()
    }
}

/// Why access is refused. All but [`Refusal::Unavailable`] are the client's fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Refusal {
    /// There is no such application, room or stream.
    #[error("there is no such application or room")]
    UnknownRoom,
    /// The token is missing, or not one of this server.
    #[error("a valid token is required")]
    Unauthorized,
    /// The token is of this server, and has expired or is not valid yet.
    #[error("the token has expired or is not valid yet")]
    Expired,
    /// The credential is good, but for another room or for something else.
    #[error("the credential does not allow this")]
    Forbidden,
    /// The token is good, but for another room.
    #[error("the token is for another room")]
    OtherRoom,
    /// The token is good, but its bearer may not publish.
    #[error("the token does not allow publishing")]
    MayNotPublish,
    /// The token is good, but its bearer may not watch.
    #[error("the token does not allow watching")]
    MayNotWatch,
    /// No input, ingress or camera has this key.
    #[error("unknown stream key")]
    UnknownKey,
    /// The key is good, but its ingress has a password that was not given.
    #[error("the stream password is missing")]
    Password,
    /// The application does not take this kind of publisher.
    #[error("switched off for this application")]
    Disabled,
    /// The tenant has as many streams as it may have.
    #[error("the quota is used up")]
    QuotaExceeded,
    /// As many publishers of this kind as the application takes are connected.
    #[error("too many publishers")]
    TooMany,
    /// Another publisher has the key or the identity, and proved alive within the grace of 1 s.
    #[error("the stream key is in use")]
    InUse,
    /// The server is going down, or the decision cannot be made.
    #[error("the input is not available")]
    Unavailable,
}

impl Refusal {
    /// The reason without the details of a token, for protocols that have no words for them.
    pub fn general(self) -> Self {
        match self {
            Self::Expired => Self::Unauthorized,
            Self::OtherRoom | Self::MayNotPublish | Self::MayNotWatch => Self::Forbidden,
            other => other,
        }
    }

    /// The name of the reason in metrics.
    pub fn code(self) -> &'static str {
        match self {
            Self::UnknownRoom => "unknown_room",
            Self::Unauthorized => "unauthorized",
            Self::Expired => "expired",
            Self::Forbidden => "forbidden",
            Self::OtherRoom => "other_room",
            Self::MayNotPublish => "may_not_publish",
            Self::MayNotWatch => "may_not_watch",
            Self::UnknownKey => "unknown_key",
            Self::Password => "password",
            Self::Disabled => "disabled",
            Self::QuotaExceeded => "quota_exceeded",
            Self::TooMany => "too_many",
            Self::InUse => "in_use",
            Self::Unavailable => "unavailable",
        }
    }
}

/// Leave to watch a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewGrant {
    /// The application's name.
    pub app: String,
    /// The full name of the room.
    pub room: String,
    /// The viewer's identity: of the token, or made up.
    pub identity: String,
    /// The name on the viewer's messages, when a token carries one; otherwise the viewer may choose it.
    pub sender: Option<String>,
    /// Does not count as a viewer.
    pub hidden: bool,
    /// Gets sound alone.
    pub audio_only: bool,
    /// May chat: the application's feature, and the token's grant where there is one.
    pub chat: bool,
    /// May send reactions.
    pub reactions: bool,
    /// Whether the room has messages at all.
    pub messages: bool,
    /// Gets the number of viewers.
    pub counter: bool,
}

/// Leave to publish into a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishGrant {
    /// The application's name.
    pub app: String,
    /// The full name of the room.
    pub room: String,
    /// The publisher's identity.
    pub identity: String,
    /// The display name of the participant.
    pub name: Option<String>,
    /// May send a picture.
    pub picture: bool,
    /// May send sound.
    pub sound: bool,
    /// Others do not see the participant in the room.
    pub hidden: bool,
}

/// A room that exists, and what its application allows there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomRules {
    /// The full name.
    pub room: String,
    /// Whether viewers need no token.
    pub public_playback: bool,
    /// Whether viewers may chat.
    pub chat: bool,
    /// Whether viewers may send reactions.
    pub reactions: bool,
    /// Whether the number of viewers is shown.
    pub viewer_counter: bool,
}

/// Where access looks rooms up; implemented by the registry of applications.
pub trait RoomLookup: fmt::Debug + Send + Sync {
    /// The room that an application calls `room`: short, full or empty (the application's first room).
    ///
    /// # Errors
    /// [`Refusal::UnknownRoom`], or [`Refusal::Forbidden`] for a name that leads into another application's rooms.
    fn room_rules(&self, app: &str, room: &str) -> Result<RoomRules, Refusal>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_does_not_show_its_secrets() {
        let request = AccessRequest {
            app: "live/KEY".into(),
            room: "demo".into(),
            credential: Some("wsk_secret".into()),
            password: Some("hush".into()),
            ..AccessRequest::default()
        };
        let shown = format!("{request:?}");
        assert!(
            shown.contains("demo") && !["KEY", "secret", "hush"].iter().any(|word| shown.contains(word)),
            "{shown}"
        );
    }
}
