//! Viewers of MJPEG and of the room's messages.

use super::MediaAccess;
use crate::{
    app::{
        access::contract::{AccessRequest, Refusal, ViewGrant},
        rooms::about::{About, about},
    },
    server::mjpeg::ViewerAccess,
};
use bytes::Bytes;
use futures::future::BoxFuture;

impl ViewerAccess for MediaAccess {
    fn view(&self, request: &AccessRequest) -> Result<ViewGrant, Refusal> {
        self.parts.room_access.play(&request.app, &request.room, request.credential.as_deref())
    }

    fn about<'a>(&'a self, grant: &'a ViewGrant) -> BoxFuture<'a, About> {
        let super::Parts { apps, rooms, ingresses, cameras, .. } = &self.parts;
        Box::pin(async move {
            about((apps, rooms, ingresses, cameras), &grant.app, &grant.room).await.unwrap_or_else(|error| {
                // The picture matters more than its title.
                tracing::warn!(%error, room = %grant.room, "a room cannot be looked up");
                About { app: grant.app.clone(), room: grant.room.clone(), known: true }
            })
        })
    }

    fn snapshot<'a>(&'a self, app: &'a str, room: &'a str) -> BoxFuture<'a, Option<Bytes>> {
        Box::pin(async move { self.parts.snapshots.take(app, room, None).await.ok().map(Bytes::from) })
    }
}
