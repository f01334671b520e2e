//! The registry of apps: read from memory, written through to the rows.
//!
//! ```text
//! create, patch, delete ─► rows (a transaction each, which answers the whole table and its revision)
//!                              │ only a newer revision replaces
//!                              ▼
//! find, list, owner_of_room ◄─ the snapshot ─► changed(): subscribers read the apps again
//! ```
//!
//! Refuses to know: permissions, answers of planes, streams.

pub mod config;
mod lookup;
pub mod names;

pub use config::AppConfig;

use crate::app::wall_clock::now_ms;
use crate::store::{self, AppChange, AppRow, AppTable, AppWrite, NewApp, Store, StoreError};
use std::sync::Arc;
use tokio::sync::watch;

/// An app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct App {
    /// Counts up and is never reused.
    pub id: i64,
    /// The slug in paths.
    pub name: String,
    /// Its display name.
    pub display_name: String,
    /// The prefix of its rooms' names.
    pub room_prefix: String,
    /// Its tenant; `None`: the platform.
    pub tenant: Option<String>,
    /// Milliseconds since 1970 UTC.
    pub created_at: i64,
    /// Milliseconds since 1970 UTC.
    pub updated_at: i64,
    /// Its settings.
    pub config: AppConfig,
    /// Counts changes.
    revision: i64,
}

/// The values of an app that can be changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// See [`App::display_name`].
    pub display_name: String,
    /// See [`App::room_prefix`].
    pub room_prefix: String,
    /// See [`App::config`].
    pub config: AppConfig,
}

/// Why the registry refused a request.
#[derive(Debug, thiserror::Error)]
pub enum AppFault {
    /// There is no such app.
    #[error("App not found")]
    Unknown,
    /// Another app has the name or the room prefix, or rooms below it.
    #[error("{0}")]
    Taken(&'static str),
    /// The app is built in.
    #[error("The app {} is built in: it cannot be made, deleted or given other rooms", names::PROGRAM)]
    BuiltIn,
    /// The rows cannot be read or written: the server's fault.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why an app has no such room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoRoom {
    /// There is no such app.
    #[error("App not found")]
    UnknownApp,
    /// The name of the room is invalid.
    #[error("Not a name of a room")]
    Name,
    /// The room belongs to another app.
    #[error("The room belongs to another app")]
    Foreign,
}

#[derive(Debug, Default)]
struct RegistrySnapshot {
    revision: i64,
    /// By name.
    apps: Vec<Arc<App>>,
}

impl RegistrySnapshot {
    fn find(&self, name: &str) -> Option<&Arc<App>> {
        self.apps.iter().find(|app| app.name == name)
    }

    fn owner(&self, room: &str) -> Option<&Arc<App>> {
        names::longest(room, self.apps.iter().map(|app| (app.room_prefix.as_str(), app)))
    }

    /// Whether the rooms of a prefix are free for an app of this name and tenant.
    fn free(&self, name: &str, tenant: Option<&str>, prefix: &str) -> Result<(), AppFault> {
        for other in self.apps.iter().filter(|other| other.name != name) {
            if other.room_prefix == prefix {
                return Err(AppFault::Taken("roomPrefix already in use"));
            }
            // Rooms go to the longest prefix: one below another tenant's, or below the mixer's, would take rooms away
            // from it.
            let foreign = other.tenant.as_deref() != tenant || other.name == names::PROGRAM;
            if foreign && names::falls_under(prefix, &other.room_prefix) {
                return Err(AppFault::Taken("roomPrefix already in use"));
            }
        }
        Ok(())
    }
}

/// The registry. Clones share it.
#[derive(Debug, Clone)]
pub struct Apps {
    rows: store::Apps,
    snapshot: Arc<watch::Sender<RegistrySnapshot>>,
}

impl Apps {
    /// Reads the apps. At the first start of a data folder these are `live` and the built-in `program`.
    ///
    /// # Errors
    /// When rows cannot be read.
    pub async fn open(store: &Store) -> Result<Self, StoreError> {
        let apps = Self { rows: store.apps(), snapshot: Arc::new(watch::Sender::new(RegistrySnapshot::default())) };
        let table = apps.rows.all().await?;
        apps.keep(table);
        Ok(apps)
    }

    /// All apps, by name.
    pub fn list(&self) -> Vec<Arc<App>> {
        self.snapshot.borrow().apps.clone()
    }

    /// An app by its name.
    pub fn find(&self, name: &str) -> Option<Arc<App>> {
        self.snapshot.borrow().find(name).cloned()
    }

    /// The app that owns a room, by the room's full name.
    pub fn owner_of_room(&self, room: &str) -> Option<Arc<App>> {
        self.snapshot.borrow().owner(room).cloned()
    }

    /// The full name of a room that an app calls `room`; nothing: the app's first room. The room is certainly the app's
    /// own: a name that leads into another app's rooms is refused.
    ///
    /// # Errors
    /// Why there is no such room.
    pub fn namespaced(&self, app: &str, room: &str) -> Result<String, NoRoom> {
        let snapshot = self.snapshot.borrow();
        let app = snapshot.find(app).ok_or(NoRoom::UnknownApp)?;
        if !room.is_empty() && !names::is_room(room) {
            return Err(NoRoom::Name);
        }
        let full = names::with_prefix(&app.room_prefix, room);
        let owned = snapshot.owner(&full).is_some_and(|owner| owner.name == app.name);
        if owned { Ok(full) } else { Err(NoRoom::Foreign) }
    }

    /// Wakes after every change of any app.
    pub fn changed(&self) -> AppsChanged {
        AppsChanged(self.snapshot.subscribe())
    }

    /// Makes an app with default settings; `prefix` is its name where none is given. Names were checked by the caller
    /// ([`names::is_slug`], [`names::is_prefix`]).
    ///
    /// # Errors
    /// [`AppFault::Taken`], [`AppFault::Store`].
    pub async fn create(
        &self,
        name: &str,
        display_name: Option<&str>,
        prefix: Option<&str>,
        tenant: Option<&str>,
    ) -> Result<Arc<App>, AppFault> {
        let room_prefix = prefix.unwrap_or(name);
        {
            let snapshot = self.snapshot.borrow();
            if snapshot.find(name).is_some() {
                return Err(AppFault::Taken("App already exists"));
            }
            snapshot.free(name, tenant, room_prefix)?;
        }
        let new =
            NewApp { name, display_name: display_name.unwrap_or(name), room_prefix, tenant, created_at: now_ms() };
        match self.rows.insert(new).await? {
            AppWrite::Done(table) => self.keep(table),
            AppWrite::Taken | AppWrite::Stale => return Err(AppFault::Taken("App already exists")),
        }
        self.find(name).ok_or(AppFault::Unknown)
    }

    /// Changes an app with `change`, which may be called again when a concurrent change was faster.
    ///
    /// # Errors
    /// [`AppFault::Unknown`], [`AppFault::Taken`], [`AppFault::BuiltIn`], [`AppFault::Store`].
    pub async fn patch(&self, name: &str, mut change: impl FnMut(&mut Draft)) -> Result<Arc<App>, AppFault> {
        loop {
            let app = self.find(name).ok_or(AppFault::Unknown)?;
            let mut draft = Draft {
                display_name: app.display_name.clone(),
                room_prefix: app.room_prefix.clone(),
                config: app.config.clone(),
            };
            change(&mut draft);
            if draft.room_prefix != app.room_prefix {
                if name == names::PROGRAM {
                    return Err(AppFault::BuiltIn);
                }
                self.snapshot.borrow().free(name, app.tenant.as_deref(), &draft.room_prefix)?;
            }
            let settings = draft.config.write();
            let written = self.rows.update(AppChange {
                name,
                based_on: app.revision,
                display_name: &draft.display_name,
                room_prefix: &draft.room_prefix,
                settings: &settings,
                updated_at: now_ms(),
            });
            match written.await? {
                AppWrite::Done(table) => {
                    self.keep(table);
                    return self.find(name).ok_or(AppFault::Unknown);
                }
                AppWrite::Taken => return Err(AppFault::Taken("roomPrefix already in use")),
                // Changed meanwhile, perhaps by another process: once more with the present row.
                AppWrite::Stale => self.keep(self.rows.all().await?),
            }
        }
    }

    /// Deletes an app, its keys and all its rows.
    ///
    /// # Errors
    /// [`AppFault::Unknown`], [`AppFault::BuiltIn`], [`AppFault::Store`].
    pub async fn delete(&self, name: &str) -> Result<(), AppFault> {
        if name == names::PROGRAM {
            return Err(AppFault::BuiltIn);
        }
        match self.rows.delete(name, now_ms()).await? {
            AppWrite::Done(table) => {
                self.keep(table);
                Ok(())
            }
            AppWrite::Taken | AppWrite::Stale => Err(AppFault::Unknown),
        }
    }

    /// Bytes of the database that all apps share.
    ///
    /// # Errors
    /// When the database cannot be queried.
    pub async fn database_bytes(&self) -> Result<i64, StoreError> {
        self.rows.database_bytes().await
    }

    /// Adopts a table if it is newer than the present one.
    fn keep(&self, table: AppTable) {
        let snapshot = RegistrySnapshot {
            revision: table.revision,
            apps: table.rows.into_iter().map(|row| Arc::new(app(row))).collect(),
        };
        self.snapshot.send_if_modified(|kept| {
            let newer = snapshot.revision > kept.revision;
            if newer {
                *kept = snapshot;
            }
            newer
        });
    }
}

/// See [`Apps::changed`].
#[derive(Debug)]
pub struct AppsChanged(watch::Receiver<RegistrySnapshot>);

impl AppsChanged {
    /// Waits for the next change; false when the registry is gone. Changes in quick succession may come as one.
    pub async fn next(&mut self) -> bool {
        self.0.changed().await.is_ok()
    }
}

fn app(row: AppRow) -> App {
    let config = AppConfig::read(&row.settings).unwrap_or_else(|error| {
        tracing::error!(app = row.name, %error, "settings cannot be read; the defaults hold, and only tokens play");
        let mut closed = AppConfig::default();
        closed.features.public_playback = false;
        closed
    });
    App {
        id: row.id,
        name: row.name,
        display_name: row.display_name,
        room_prefix: row.room_prefix,
        tenant: row.tenant,
        created_at: row.created_at,
        updated_at: row.updated_at,
        config,
        revision: row.revision,
    }
}
