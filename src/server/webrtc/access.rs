//! What WHIP publishers and WHEP viewers are given once access is granted: the contract between the endpoint and the
//! rooms.
//!
//! Refuses to know: HTTP, SDP, sockets.

use crate::{
    app::{
        access::{
            admission::PublishLease,
            contract::{AccessRequest, Refusal},
        },
        rooms::live::Live,
    },
    protocol::packet::VideoCodec,
};
use futures::future::BoxFuture;
use std::{any::Any, sync::Arc};
use tokio::sync::broadcast;

/// The codecs a viewer offered to receive.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct ViewerCodecs {
    pub h264: bool,
    pub vp8: bool,
    pub vp9: bool,
    pub opus: bool,
}

impl ViewerCodecs {
    /// Whether a picture in this codec can be sent.
    pub fn has(self, codec: VideoCodec) -> bool {
        match codec {
            VideoCodec::H264 => self.h264,
            VideoCodec::Vp8 => self.vp8,
            VideoCodec::Vp9 => self.vp9,
            _ => false,
        }
    }
}

/// A granted publication.
pub struct PublishGrant {
    /// Takes the packets. Dropped when the publisher is gone.
    pub lease: PublishLease,
    /// Whether a picture may be sent.
    pub picture: bool,
    /// Whether sound may be sent.
    pub sound: bool,
}

/// Gives the stream in a form that suits the codecs: H.264 without B-frames, VP8 or VP9, with Opus. Asked again when
/// the stream's codec is none the viewer takes. Must not block.
pub type Source = Arc<dyn Fn(ViewerCodecs) -> Arc<Live> + Send + Sync>;

/// A granted viewing.
pub struct PlayGrant {
    /// The stream.
    pub source: Source,
    /// The codec that the stream's picture is in at the moment; `None` while there is none.
    pub picture: Option<VideoCodec>,
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

/// A grant or a refusal.
pub type Answer<'a, T> = BoxFuture<'a, Result<T, Refusal>>;

/// Grants sessions.
pub trait SessionAccess: Send + Sync + 'static {
    /// Asks for the place of a publisher.
    fn publish(&self, request: AccessRequest) -> Answer<'_, PublishGrant>;
    /// Asks for a stream to watch; it need not be live yet.
    fn play(&self, request: AccessRequest, codecs: ViewerCodecs) -> Answer<'_, PlayGrant>;
}
