//! Viewers of MJPEG and of the room's messages.

use super::MediaAccess;
use crate::{
    app::access::contract::{AccessRequest, Refusal, ViewGrant},
    server::mjpeg::ViewerAccess,
};
use bytes::Bytes;
use futures::future::BoxFuture;

impl ViewerAccess for MediaAccess {
    fn view(&self, request: &AccessRequest) -> Result<ViewGrant, Refusal> {
        self.parts.room_access.play(&request.app, &request.room, request.credential.as_deref())
    }

    fn snapshot<'a>(&'a self, app: &'a str, room: &'a str) -> BoxFuture<'a, Option<Bytes>> {
        Box::pin(async move { self.parts.snapshots.take(app, room, None).await.ok().map(Bytes::from) })
    }
}
