//! Cameras with a key.

use super::MediaAccess;
use crate::{
    app::{
        access::admission::BoxFuture,
        rooms::cameras::{CameraEnd, CameraRefusal},
    },
    server::camera::{CameraAccess, CameraRequest, Ending, Grant, Refusal},
    tasks,
};
use serde_json::Value;

impl CameraAccess for MediaAccess {
    fn verify(&self, request: CameraRequest) -> BoxFuture<'_, Result<Grant, Refusal>> {
        Box::pin(async move {
            let (cameras, rooms) = (&self.parts.cameras, &self.parts.rooms);
            let place = (request.app.as_str(), request.room.as_str());
            let entered = cameras.enter(rooms, place, &request.key, request.identity.as_deref()).await;
            let (camera, lease) = entered.map_err(|refusal| match refusal {
                CameraRefusal::UnknownApp => Refusal::UnknownApp,
                CameraRefusal::InvalidKey => Refusal::InvalidKey,
                CameraRefusal::RoomMismatch => Refusal::RoomMismatch,
                CameraRefusal::Disabled => Refusal::Disabled,
                CameraRefusal::MaxCameras => Refusal::MaxCameras,
                CameraRefusal::InUse => Refusal::Handshake,
                CameraRefusal::Store(error) => {
                    tracing::error!("a camera's key was not looked up: {error}");
                    Refusal::Handshake
                }
            })?;
            Ok(Grant {
                app: camera.app.clone(),
                room: camera.room.clone(),
                identity: camera.identity.clone(),
                max_fps: camera.max_fps,
                max_frame_bytes: camera.max_frame_bytes,
                lease,
                ended: Box::pin(async move {
                    match camera.ended().await {
                        CameraEnd::Revoked => Ending::Revoked,
                        CameraEnd::Replaced => Ending::Replaced,
                    }
                }),
            })
        })
    }

    fn viewers(&self, room: &str) -> usize {
        self.parts.rooms.viewers(room)
    }

    fn stats(&self, app: &str, room: &str, identity: &str, stats: Value) {
        let (log, app, id) = (self.parts.log.clone(), app.to_owned(), format!("{room}/{identity}"));
        tasks::once("camera-figures", async move {
            if let Err(error) = log.note(&app, &id, &stats).await {
                tracing::warn!(stream = id, "a camera's figures were not noted: {error}");
            }
        });
    }
}
