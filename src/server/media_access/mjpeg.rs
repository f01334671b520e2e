//! Viewers of MJPEG and of the room's messages.

use super::MediaAccess;
use crate::{
    app::access::{admission::BoxFuture, room_access},
    server::mjpeg::{Refused, ViewerAccess, Viewing},
};
use bytes::Bytes;

impl ViewerAccess for MediaAccess {
    fn enter<'a>(
        &'a self,
        app: &'a str,
        room: &'a str,
        token: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Viewing, Refused>> {
        Box::pin(async move {
            let viewing = self.parts.room_access.play(app, room, token).map_err(|refused| match refused {
                room_access::Refused::Unknown => Refused::UnknownApp,
                room_access::Refused::Unauthorized => Refused::Unauthorized,
                room_access::Refused::Forbidden => Refused::Forbidden,
            })?;
            let found = self.parts.apps.find(app).ok_or(Refused::UnknownApp)?;
            let features = &found.config.features;
            Ok(Viewing {
                sender: token.map(|_| viewing.identity.clone()),
                app: viewing.app,
                room: viewing.room,
                identity: viewing.identity,
                hidden: viewing.hidden,
                chat: viewing.may_send && features.chat,
                reactions: viewing.may_send && features.reactions,
                counter: features.viewer_counter,
            })
        })
    }

    fn snapshot<'a>(&'a self, app: &'a str, room: &'a str) -> BoxFuture<'a, Option<Bytes>> {
        Box::pin(async move { self.parts.snapshots.take(app, room, None).await.ok().map(Bytes::from) })
    }
}
