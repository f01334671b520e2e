//! The porter: lets viewers, publishers and cameras through the media doors into their rooms.
//!
//! ```text
//! door ─ app, room, token ─► Gate (may they?) ─► Rooms (their stream, their seat; they are counted)
//! ```
//!
//! Each door says in a trait of its own what it needs; here all of them are answered the same way.
//! Refuses to know: protocols, codecs, how a token is signed.

mod camera;
mod hls;
mod mjpeg;
mod webrtc;

use crate::app::{
    apps::Apps,
    cameras::Cameras,
    gate::Gate,
    hls::HlsRooms,
    ingress::Ingresses,
    rooms::{Layout, Pick, Rooms},
    snapshots::Snapshots,
    stream_log::StreamLog,
};
use std::sync::Arc;

/// What the porter works with.
#[derive(Clone)]
pub struct Parts {
    pub apps: Apps,
    pub gate: Gate,
    pub rooms: Rooms,
    pub cameras: Cameras,
    pub ingresses: Ingresses,
    pub hls: HlsRooms,
    pub log: StreamLog,
    pub snapshots: Arc<dyn Snapshots>,
}

/// See the module's text.
pub struct Porter {
    parts: Parts,
}

impl Porter {
    /// A porter for the doors.
    pub fn new(parts: Parts) -> Arc<Self> {
        Arc::new(Self { parts })
    }
}

/// Which stream of a room a viewer wants, from the words of its address; `None` for words that mean nothing.
fn pick(stream: Option<&str>, layout: Option<&str>) -> Option<Pick> {
    match (stream, layout) {
        (Some(identity), _) => Some(Pick::Stream(identity.to_owned())),
        (None, None | Some("single")) => Some(Pick::Auto),
        (None, Some("grid")) => Some(Pick::Layout(Layout::Grid)),
        (None, Some("speaker")) => Some(Pick::Layout(Layout::Speaker)),
        (None, Some(_)) => None,
    }
}
