//! Media access control: lets viewers, publishers and cameras through the media endpoints into their rooms.
//!
//! ```text
//! endpoint ─ app, room, token ─► RoomAccess (may they?) ─► Rooms (their stream, their lease; they are counted)
//! ```
//!
//! Each endpoint declares its needs in a trait of its own; all of them are implemented here in the same way.
//! Refuses to know: protocols, codecs, how a token is signed.

mod camera;
mod hls;
mod mjpeg;
mod webrtc;

use crate::app::{
    access::room_access::RoomAccess,
    rooms::{
        Layout, Rooms, StreamSelector, apps::Apps, cameras::Cameras, hls::HlsRooms, ingress::Ingresses,
        snapshots::Snapshots, stream_log::StreamLog,
    },
};
use std::sync::Arc;

/// What the media_access works with.
#[derive(Clone)]
pub struct Parts {
    pub apps: Apps,
    pub room_access: RoomAccess,
    pub rooms: Rooms,
    pub cameras: Cameras,
    pub ingresses: Ingresses,
    pub hls: HlsRooms,
    pub log: StreamLog,
    pub snapshots: Arc<dyn Snapshots>,
}

/// See the module's text.
pub struct MediaAccess {
    parts: Parts,
}

impl MediaAccess {
    /// Media access control for the endpoints.
    pub fn new(parts: Parts) -> Arc<Self> {
        Arc::new(Self { parts })
    }
}

/// Which stream of a room a viewer wants, from the words of its address; `None` for words that mean nothing.
fn selector(stream: Option<&str>, layout: Option<&str>) -> Option<StreamSelector> {
    match (stream, layout) {
        (Some(identity), _) => Some(StreamSelector::Stream(identity.to_owned())),
        (None, None | Some("single")) => Some(StreamSelector::Auto),
        (None, Some("grid")) => Some(StreamSelector::Layout(Layout::Grid)),
        (None, Some("speaker")) => Some(StreamSelector::Layout(Layout::Speaker)),
        (None, Some(_)) => None,
    }
}
