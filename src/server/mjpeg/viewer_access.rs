//! Access of viewers, and which stream of a room they are shown.
//!
//! Refuses to know: tokens, applications' settings, wording.

use crate::app::{
    access::contract::{AccessRequest, Refusal, ViewGrant},
    rooms::{Rooms, StreamSelector, Via, live::Live},
};
use bytes::Bytes;
use futures::future::BoxFuture;
use std::sync::Arc;

/// Grants viewers access to a room, and takes snapshots of it.
pub trait ViewerAccess: Send + Sync + 'static {
    /// Asks for leave to watch a room.
    ///
    /// # Errors
    /// See [`Refusal`].
    fn view(&self, request: &AccessRequest) -> Result<ViewGrant, Refusal>;

    /// A JPEG of what is live in a room whose streams are not JPEG; `None` when there is nothing to show.
    fn snapshot<'a>(&'a self, _app: &'a str, _room: &'a str) -> BoxFuture<'a, Option<Bytes>> {
        Box::pin(async { None })
    }
}

/// What there is for an MJPEG viewer in a room.
pub enum Sight {
    /// A stream that carries JPEG now, or waits for a publisher.
    Live(Arc<Live>),
    /// Only streams that are no JPEG.
    Other,
}

/// Which stream an MJPEG viewer of a room is shown: a room of cameras shows the current publisher; where
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
