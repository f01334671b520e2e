//! Access of viewers, and the choice of a room's stream for them.
//!
//! Refuses to know: tokens, applications' settings, wording.

use crate::app::{
    access::contract::{AccessRequest, Refusal, ViewGrant},
    rooms::{Rooms, StreamSelector, Via, about::About, live::Live},
};
use bytes::Bytes;
use futures::future::BoxFuture;
use std::sync::Arc;

/// Grants viewers access to a room, and takes snapshots of it.
pub trait ViewerAccess: Send + Sync + 'static {
    /// Asks for permission to watch a room.
    ///
    /// # Errors
    /// See [`Refusal`].
    fn view(&self, request: &AccessRequest) -> Result<ViewGrant, Refusal>;

    /// What the pages say of a room: display names, and whether it is known.
    fn about<'a>(&'a self, grant: &'a ViewGrant) -> BoxFuture<'a, About> {
        let (app, room) = (grant.app.clone(), grant.room.clone());
        Box::pin(async { About { app, room, known: true } })
    }

    /// A JPEG of the live stream of a room with streams other than JPEG; `None` when there is no picture.
    fn snapshot<'a>(&'a self, _app: &'a str, _room: &'a str) -> BoxFuture<'a, Option<Bytes>> {
        Box::pin(async { None })
    }
}

/// What a room offers to an MJPEG viewer.
pub enum Sight {
    /// A stream that carries JPEG now, or waits for a publisher.
    Live(Arc<Live>),
    /// Only streams other than JPEG.
    Other,
}

/// Chooses the stream for an MJPEG viewer of a room: in a room of cameras the current publisher; where there are other
/// streams too, the camera that came first stays selected.
pub fn sight(rooms: &Rooms, app: &str, room: &str) -> Sight {
    let streams: Vec<_> = rooms.streams(app).into_iter().filter(|stream| stream.room == room).collect();
    // The list begins with the newest.
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
