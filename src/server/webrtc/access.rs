//! Who comes in through the WebRTC door, and what a visitor is given: the contract between the door and the rooms.
//!
//! Refuses to know: HTTP, SDP, sockets.

use crate::app::{access::admission::PublishLease, rooms::live::Live};
use std::{any::Any, future::Future, net::IpAddr, pin::Pin, sync::Arc};
use tokio::sync::broadcast;

/// A visitor as the request shows it.
#[derive(Debug, Clone)]
pub struct SessionRequest {
    /// The application and the room of the address, decoded.
    pub app: String,
    pub room: String,
    /// `Authorization: Bearer`, or `?token=`.
    pub token: Option<String>,
    /// Which stream of the room: `?stream=<identity>`.
    pub stream: Option<String>,
    /// Which composite of the room: `?layout=`.
    pub layout: Option<String>,
    /// Where the request came from, when known.
    pub peer: Option<IpAddr>,
}

/// The codecs a viewer offered to receive.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct ViewerCodecs {
    pub h264: bool,
    pub vp8: bool,
    pub vp9: bool,
    pub opus: bool,
}

/// Why a visitor may not come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// No such application: 404.
    #[error("there is no such application")]
    Unknown,
    /// No token, a bad or an expired one: 401.
    #[error("a valid token is needed")]
    Unauthorized,
    /// The token is good, but not for this room or this purpose: 403.
    #[error("the token does not allow this")]
    Forbidden,
    /// Another publisher has the place: 409.
    #[error("the place is taken")]
    InUse,
    /// Not now: 503.
    #[error("the stream is not available")]
    Unavailable,
}

/// A granted publication.
pub struct PublishGrant {
    /// Takes the packets. Dropped when the publisher is gone.
    pub lease: PublishLease,
    /// Whether a picture is refused.
    pub audio_only: bool,
}

/// Gives the stream in a form that suits the codecs: H.264 without B-frames, VP8 or VP9, with Opus. Asked again when
/// the stream's codec is none the viewer takes. Must not block.
pub type Source = Arc<dyn Fn(ViewerCodecs) -> Arc<Live> + Send + Sync>;

/// A granted viewing.
pub struct PlayGrant {
    /// The stream.
    pub source: Source,
    /// Whether only sound is given.
    pub audio_only: bool,
    /// Counts the viewer until dropped.
    pub guard: Box<dyn Any + Send>,
    /// The messages of the room, for a viewer with a data channel.
    pub messages: Option<MessageChannel>,
}

/// Takes a text with the label of the channel it came on.
pub type SendMessage = Arc<dyn Fn(&str, &str) + Send + Sync>;

/// Messages between viewers.
pub struct MessageChannel {
    /// Takes a text that a viewer sent, with the label of the channel. Must not block.
    pub send_message: SendMessage,
    /// Texts for the viewer.
    pub messages: broadcast::Receiver<Arc<str>>,
}

/// A future that can be stored in a trait object.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, Refused>> + Send + 'a>>;

/// Decides who comes in.
pub trait SessionAccess: Send + Sync + 'static {
    /// Asks for the place of a publisher.
    fn publish(&self, request: SessionRequest) -> Answer<'_, PublishGrant>;
    /// Asks for a stream to watch; it need not be live yet.
    fn play(&self, request: SessionRequest, codecs: ViewerCodecs) -> Answer<'_, PlayGrant>;
}
