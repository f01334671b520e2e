//! Who may look, and at which stream of a room: the contract between these doors and the rooms.
//!
//! Refuses to know: tokens, applications' settings, wording.

use crate::app::{
    access::admission::BoxFuture,
    rooms::{Rooms, StreamSelector, Via, live::Live},
};
use bytes::Bytes;
use std::sync::Arc;

/// Somebody who may look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Viewing {
    /// The application's name.
    pub app: String,
    /// The room's full name.
    pub room: String,
    /// Who it is; made up when no token says so.
    pub identity: String,
    /// The name that others see on its messages, when a token says it; else the viewer may choose one.
    pub sender: Option<String>,
    /// Does not count as a viewer.
    pub hidden: bool,
    /// Whether it may chat: the application's feature, and the token's grant where there is one.
    pub chat: bool,
    /// Whether it may send reactions.
    pub reactions: bool,
    /// Whether it is told how many look on.
    pub counter: bool,
}

/// Why somebody may not look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("there is no such application")]
    UnknownApp,
    /// No token where one is needed, or one that is not good.
    #[error("play token required")]
    Unauthorized,
    /// A good token that is for another room, or does not let its bearer look.
    #[error("the token does not open this room")]
    Forbidden,
}

/// Knows who may look.
pub trait ViewerAccess: Send + Sync + 'static {
    /// Lets a viewer in. `room` may be short or full.
    ///
    /// # Errors
    /// See [`Refused`].
    fn enter<'a>(
        &'a self,
        app: &'a str,
        room: &'a str,
        token: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Viewing, Refused>>;

    /// A JPEG of what is live in a room whose streams are not JPEG; `None` when there is nothing to show.
    fn snapshot<'a>(&'a self, _app: &'a str, _room: &'a str) -> BoxFuture<'a, Option<Bytes>> {
        Box::pin(async { None })
    }
}

/// What there is for an MJPEG viewer in a room.
pub enum Sight {
    /// A stream that carries JPEG now, or that whoever comes will publish on.
    Live(Arc<Live>),
    /// Only streams that are no JPEG.
    Other,
}

/// Which stream an MJPEG viewer of a room is shown: a room of cameras shows whoever publishes, now and later; where
/// other streams are too, the camera that came first stays shown.
pub fn sight(rooms: &Rooms, app: &str, room: &str) -> Sight {
    let streams: Vec<_> = rooms.streams(app).into_iter().filter(|stream| stream.room == room).collect();
    // The newest comes first in the list.
    let camera = streams.iter().rev().find(|stream| stream.via == Via::WsMjpeg);
    match camera {
        None if !streams.is_empty() => Sight::Other,
        Some(camera) if streams.iter().any(|stream| stream.via != Via::WsMjpeg) => Sight::Live(camera.live.clone()),
        _ => Sight::Live(rooms.live(app, room, &StreamSelector::Auto)),
    }
}

/// The camera that came first, of those that are live in a room.
pub fn camera(rooms: &Rooms, app: &str, room: &str) -> Option<Arc<Live>> {
    let streams = rooms.streams(app);
    streams.into_iter().rev().find(|stream| stream.room == room && stream.via == Via::WsMjpeg).map(|stream| stream.live)
}
