//! Viewers of MJPEG and of the room's messages.

use super::Porter;
use crate::{
    app::{admission::BoxFuture, gate},
    server::mjpeg::{Refused, Usher, Viewing},
};
use bytes::Bytes;

impl Usher for Porter {
    fn enter<'a>(
        &'a self,
        app: &'a str,
        room: &'a str,
        token: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Viewing, Refused>> {
        Box::pin(async move {
            let viewing = self.parts.gate.play(app, room, token).map_err(|refused| match refused {
                gate::Refused::Unknown => Refused::UnknownApp,
                gate::Refused::Unauthorized => Refused::Unauthorized,
                gate::Refused::Forbidden => Refused::Forbidden,
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
