//! Cameras with a key.

use super::MediaAccess;
use crate::{
    app::access::contract::{AccessRequest, Refusal},
    server::camera::{CameraAccess, Grant},
    tasks,
};
use futures::future::BoxFuture;
use serde_json::Value;

impl CameraAccess for MediaAccess {
    fn verify(&self, request: AccessRequest) -> BoxFuture<'_, Result<Grant, Refusal>> {
        Box::pin(async move {
            let (cameras, rooms) = (&self.parts.cameras, &self.parts.rooms);
            let place = (request.app.as_str(), request.room.as_str());
            let key = request.credential.as_deref().unwrap_or_default();
            let (camera, lease) = cameras.enter(rooms, place, key, request.identity.as_deref()).await?;
            Ok(Grant {
                app: camera.app.clone(),
                room: camera.room.clone(),
                identity: camera.identity.clone(),
                max_fps: camera.max_fps,
                max_frame_bytes: camera.max_frame_bytes,
                lease,
                ended: Box::pin(async move { camera.ended().await }),
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
