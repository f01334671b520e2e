//! Cameras with a key.

use super::Porter;
use crate::{
    app::{
        admission::BoxFuture,
        cameras::{CameraEnd, CameraRefusal},
        rooms::{Duplicate, Entry, Via},
    },
    server::camera::{CameraKeeper, Grant, Knock, Refusal},
};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

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
            let (revoked, replaced, left) = (CancellationToken::new(), seat.evicted.clone(), CancellationToken::new());
            let (max_fps, max_frame_bytes) = (camera.max_fps, camera.max_frame_bytes);
            let guard = left.clone().drop_guard();
            let revoke = revoked.clone();
            tokio::spawn(async move {
                tokio::select! {
                    end = camera.ended() => match end {
                        CameraEnd::Revoked => revoke.cancel(),
                        CameraEnd::Replaced => replaced.cancel(),
                    },
                    () = left.cancelled() => {}
                }
                drop(camera); // its place is free only now
            });
            Ok(Grant {
                app: entry.app,
                room: entry.room,
                identity: entry.identity,
                max_fps,
                max_frame_bytes,
                revoked,
                seat,
                guard: Box::new(guard),
            })
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
