//! Cameras that send JPEG pictures: their keys, and which of them is connected.
//!
//! ```text
//! plane ── mint, list, revoke ──► Cameras ──► rows
//! endpoint ── key ──► Camera (a slot; ends when the key is revoked or used by another connection)
//! ```
//!
//! Refuses to know: sockets and pictures. Raw keys leave [`Cameras::mint`] and are neither stored nor logged.

use crate::app::{
    access::{admission::PublishLease, contract::Refusal},
    rooms::{Duplicate, PublishRequest, Rooms, Via, apps::Apps},
    wall_clock::now_ms,
};
use crate::store::{CameraRow, CameraRows, Store, StoreError};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio_util::sync::CancellationToken;

/// What camera keys begin with.
pub const KEY_PREFIX: &str = "wsk_";
/// How much of a key's random part is shown in lists.
const SHOWN_OF_BODY: usize = 5;

/// A connected camera. Dropping it frees its slot.
#[derive(Debug)]
pub struct Camera {
    /// The key's id.
    pub id: String,
    /// Its app.
    pub app: String,
    /// Its room, namespaced.
    pub room: String,
    /// The participant's identity, unless the camera names itself.
    pub identity: String,
    /// Pictures per second it may send; more are dropped.
    pub max_fps: u32,
    /// Largest picture in bytes.
    pub max_frame_bytes: usize,
    revoked: CancellationToken,
    replaced: CancellationToken,
    slot: u64,
    /// The stream of the connection that this one replaced.
    before: Option<String>,
    connected: Arc<Mutex<Connected>>,
}

/// Why a connected camera has to leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CameraEnd {
    /// Its key was revoked, or its app takes no cameras any more.
    Revoked,
    /// Its key was used for a newer connection.
    Replaced,
}

impl Camera {
    /// Resolves when the camera has to leave, and gives the reason.
    pub async fn ended(&self) -> CameraEnd {
        tokio::select! {
            () = self.revoked.cancelled() => CameraEnd::Revoked,
            () = self.replaced.cancelled() => CameraEnd::Replaced,
        }
    }
}

impl Drop for Camera {
    fn drop(&mut self) {
        let mut connected = lock(&self.connected);
        if connected.slots.get(&self.id).is_some_and(|slot| slot.number == self.slot) {
            connected.slots.remove(&self.id);
        }
    }
}

#[derive(Debug, Default)]
struct Connected {
    /// By the key's id.
    slots: HashMap<String, CameraSlot>,
    next: u64,
}

#[derive(Debug)]
struct CameraSlot {
    number: u64,
    app: String,
    /// Its stream, once it has one.
    stream: Option<String>,
    revoked: CancellationToken,
    replaced: CancellationToken,
}

impl Connected {
    /// Takes the slot of a key; the earlier connection has to leave, and its stream is returned.
    fn take(&mut self, row: &CameraRow, most: u32) -> Result<Taken, Refusal> {
        let others = self.slots.iter().filter(|(id, slot)| slot.app == row.app && **id != row.id).count();
        if most > 0 && u32::try_from(others).unwrap_or(u32::MAX) >= most {
            return Err(Refusal::TooMany);
        }
        self.next += 1;
        let (revoked, replaced) = (CancellationToken::new(), CancellationToken::new());
        let slot = CameraSlot {
            number: self.next,
            app: row.app.clone(),
            stream: None,
            revoked: revoked.clone(),
            replaced: replaced.clone(),
        };
        let before = self.slots.insert(row.id.clone(), slot).and_then(|before| {
            before.replaced.cancel();
            before.stream
        });
        Ok(Taken { number: self.next, before, revoked, replaced })
    }

    fn revoke(&mut self, id: &str) {
        if let Some(slot) = self.slots.remove(id) {
            slot.revoked.cancel();
        }
    }
}

/// A slot that was taken.
struct Taken {
    number: u64,
    /// The stream of the connection before.
    before: Option<String>,
    revoked: CancellationToken,
    replaced: CancellationToken,
}

/// The service; clones share it.
#[derive(Debug, Clone)]
pub struct Cameras {
    rows: CameraRows,
    apps: Apps,
    connected: Arc<Mutex<Connected>>,
}

impl Cameras {
    /// Works on the rows of a store.
    pub fn new(store: &Store, apps: Apps) -> Self {
        Self { rows: store.cameras(), apps, connected: Arc::default() }
    }

    /// Makes a key for a room, given by its full name. The raw key is in the answer and nowhere else.
    pub async fn mint(&self, app: &str, room: &str, identity: &str) -> Result<(String, CameraRow), StoreError> {
        let raw = format!("{KEY_PREFIX}{}", URL_SAFE_NO_PAD.encode(rand::random::<[u8; 24]>()));
        let row = CameraRow {
            id: format!("wsi_{:012x}", rand::random::<u64>() >> 16),
            app: app.to_owned(),
            room: room.to_owned(),
            identity: identity.to_owned(),
            shown: raw.chars().take(KEY_PREFIX.len() + SHOWN_OF_BODY).collect(),
            created_at: now_ms(),
        };
        self.rows.insert(&row, &hash(&raw)).await?;
        Ok((raw, row))
    }

    /// An app's keys, newest first, each with whether its camera is connected.
    pub async fn list(&self, app: &str) -> Result<Vec<(CameraRow, bool)>, StoreError> {
        let rows = self.rows.list(app).await?;
        let connected = lock(&self.connected);
        Ok(rows
            .into_iter()
            .map(|row| {
                let active = connected.slots.contains_key(&row.id);
                (row, active)
            })
            .collect())
    }

    /// Revokes a key of an app; its camera has to leave at once. Gives whether it was there.
    pub async fn revoke(&self, app: &str, id: &str) -> Result<bool, StoreError> {
        let known = self.rows.delete(app, id).await?;
        if known {
            lock(&self.connected).revoke(id);
        }
        Ok(known)
    }

    /// Admits a camera with a key of the room, which is given by its short or full name. The newest connection with a
    /// key replaces earlier ones.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`] when rows cannot be read.
    pub async fn verify(&self, app: &str, room: &str, key: &str) -> Result<Camera, Refusal> {
        if !key.starts_with(KEY_PREFIX) {
            return Err(Refusal::UnknownKey);
        }
        let found = self.apps.find(app).ok_or(Refusal::UnknownRoom)?;
        let hash = hash(key);
        let row = self.rows.find_by_hash(&hash).await.map_err(unavailable)?.filter(|row| row.app == app);
        let row = row.ok_or(Refusal::UnknownKey)?;
        let rules = &found.config.features.ws_ingest;
        if !rules.enabled {
            return Err(Refusal::Disabled);
        }
        // The key names the room; but the room must still be the app's.
        let owned = self.apps.owner_of_room(&row.room).is_some_and(|owner| owner.name == app);
        let meant = room == row.room || self.apps.namespaced(app, room).is_ok_and(|full| full == row.room);
        if !owned || !meant {
            return Err(Refusal::Forbidden);
        }
        let taken = lock(&self.connected).take(&row, rules.max_cameras)?;
        let camera = Camera {
            id: row.id,
            app: row.app,
            room: row.room,
            identity: row.identity,
            max_fps: rules.max_fps,
            max_frame_bytes: rules.max_frame_kb as usize * 1024,
            revoked: taken.revoked,
            replaced: taken.replaced,
            slot: taken.number,
            before: taken.before,
            connected: self.connected.clone(),
        };
        // A revocation after the first look-up did not see this slot; so look once more.
        match self.rows.find_by_hash(&hash).await.map_err(unavailable)? {
            Some(_) => Ok(camera),
            None => Err(Refusal::UnknownKey),
        }
    }

    /// Admits a camera as [`Self::verify`] does, and gives it its lease in the room, under its key's identity or, if it
    /// names itself, under that one. It takes over the stream of the connection that it replaces; another publisher of
    /// its name must be silent.
    ///
    /// # Errors
    /// As [`Self::verify`]; [`Refusal::InUse`] when another publisher has the identity.
    pub async fn enter(
        &self,
        rooms: &Rooms,
        (app, room): (&str, &str),
        key: &str,
        identity: Option<&str>,
    ) -> Result<(Camera, PublishLease), Refusal> {
        let mut camera = self.verify(app, room, key).await?;
        if let Some(identity) = identity {
            camera.identity = identity.to_owned();
        }
        let stream = format!("{}/{}", camera.room, camera.identity);
        let own = camera.before.as_ref() == Some(&stream);
        if let Some(before) = camera.before.take().filter(|_| !own) {
            rooms.stop(&before, None);
        }
        let of_camera = rooms.stream(&stream).is_none_or(|stream| stream.via == Via::WsMjpeg);
        let publish_request = PublishRequest {
            app: camera.app.clone(),
            room: camera.room.clone(),
            identity: camera.identity.clone(),
            name: None,
            via: Via::WsMjpeg,
            ingress: None,
            duplicate: if own || of_camera { Duplicate::Replace } else { Duplicate::Challenge },
        };
        let lease = rooms.enter(publish_request).await?;
        if let Some(slot) = lock(&self.connected).slots.get_mut(&camera.id).filter(|p| p.number == camera.slot) {
            slot.stream = Some(stream);
        }
        Ok((camera, lease))
    }

    /// Disconnects cameras of apps that are gone or no longer take cameras.
    pub fn clear(&self) {
        let takes = |app: &str| self.apps.find(app).is_some_and(|app| app.config.features.ws_ingest.enabled);
        let mut connected = lock(&self.connected);
        let unwanted: Vec<_> =
            connected.slots.iter().filter(|(_, slot)| !takes(&slot.app)).map(|(id, _)| id.clone()).collect();
        for id in unwanted {
            connected.revoke(&id);
        }
    }
}

fn unavailable(error: StoreError) -> Refusal {
    tracing::error!("a camera's key was not looked up: {error}");
    Refusal::Unavailable
}

fn hash(raw: &str) -> [u8; 32] {
    Sha256::digest(raw.as_bytes()).into()
}

/// A panic elsewhere leaves the register whole: every change is one insertion or one removal.
fn lock(connected: &Mutex<Connected>) -> MutexGuard<'_, Connected> {
    connected.lock().unwrap_or_else(PoisonError::into_inner)
}
