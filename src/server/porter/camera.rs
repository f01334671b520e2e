//! Cameras with a key.

use super::Porter;
use crate::{
    app::{
        admission::BoxFuture,
        cameras::{CameraEnd, CameraRefusal},
        rooms::{Duplicate, Entry, Via},
    },
    server::camera::{CameraKeeper, Ending, Grant, Knock, Refusal},
};
use serde_json::Value;

impl CameraKeeper for Porter {
    fn verify(&self, knock: Knock) -> BoxFuture<'_, Result<Grant, Refusal>> {
        Box::pin(async move {
            let camera = self.parts.cameras.verify(&knock.app, &knock.room, &knock.key).await;
            let camera = camera.map_err(|refusal| match refusal {
                CameraRefusal::UnknownApp => Refusal::UnknownApp,
                CameraRefusal::InvalidKey => Refusal::InvalidKey,
                CameraRefusal::RoomMismatch => Refusal::RoomMismatch,
                CameraRefusal::Disabled => Refusal::Disabled,
                CameraRefusal::MaxCameras => Refusal::MaxCameras,
                CameraRefusal::Store(error) => {
                    tracing::error!("a camera's key was not looked up: {error}");
                    Refusal::Handshake
                }
            })?;
            let entry = Entry {
                app: camera.app.clone(),
                room: camera.room.clone(),
                identity: knock.identity.unwrap_or_else(|| camera.identity.clone()),
                name: None,
                via: Via::WsMjpeg,
                ingress: None,
                duplicate: Duplicate::Replace,
            };
            let seat = self.parts.rooms.enter(entry.clone()).await.map_err(|_| Refusal::Handshake)?;
            let (max_fps, max_frame_bytes) = (camera.max_fps, camera.max_frame_bytes);
            let ended = Box::pin(async move {
                match camera.ended().await {
                    CameraEnd::Revoked => Ending::Revoked,
                    CameraEnd::Replaced => Ending::Replaced,
                }
            });
            let Entry { app, room, identity, .. } = entry;
            Ok(Grant { app, room, identity, max_fps, max_frame_bytes, seat, ended })
        })
    }

    fn viewers(&self, room: &str) -> usize {
        self.parts.rooms.viewers(room)
    }

    fn stats(&self, app: &str, room: &str, identity: &str, stats: Value) {
        let (log, app, id) = (self.parts.log.clone(), app.to_owned(), format!("{room}/{identity}"));
        tokio::spawn(async move {
            if let Err(error) = log.note(&app, &id, &stats).await {
                tracing::warn!(stream = id, "a camera's figures were not noted: {error}");
            }
        });
    }
}
