//! Rows and objects: the only folder that uses `sqlx` and `object_store`. All rows are in one database, which server,
//! workers and command line share: a SQLite file in the data folder, or PostgreSQL. Objects are in a folder or in S3.
//!
//! ```text
//! lumencast.db or postgres:// ─► Database ─► one repository for each kind of row
//! a folder, or s3 ─► Objects
//! ```
//!
//! Refuses to know: what rows are for, and the clock; times are arguments.

mod apps;
mod cameras;
mod carry_over;
mod database;
mod error;
mod folder_lock;
mod imaging;
mod ingress;
mod keys;
mod lights;
mod objects;
mod outbox;
mod streams;
mod users;

pub use apps::{AppChange, AppRow, AppTable, AppWrite, Apps, NewApp};
pub use cameras::{CameraRow, CameraRows};
pub use database::ServerLock;
pub use error::{StoreError, StoreErrorKind};
pub use folder_lock::{FolderLock, FolderLockError};
pub use imaging::{
    AccountChange, AccountRow, Accounts, Balance, Change, Created, Entry, EntryKind, ImageJobs, ImageKeyRow, ImageKeys,
    ImageWebhooks, Inserted, JobQuery, JobRow, LedgerRow, MAX_ATTEMPTS, NewAccount, NewImageKey, NewJob, NewWebhook,
    PLANE, Terms, Updated, WebhookChange, WebhookRow,
};
pub use ingress::{IngressQuery, IngressRow, IngressRows};
pub use keys::{KeyRow, Keys, NewKey, Revocation};
pub use lights::LightMemory;
pub use objects::{ObjectError, ObjectStream, Objects, S3};
pub use outbox::{NewMessage, Outbox, OutboxRow};
pub use streams::{IngressCount, NewStream, StreamChange, StreamRow, StreamRows};
pub use users::{NewUser, SessionRow, UserRow, Users};

use database::Database;
use std::{
    fs::{DirBuilder, File, OpenOptions},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::Path,
};

/// The open database. Clones share it.
#[derive(Debug, Clone)]
pub struct Store {
    database: Database,
}

impl Store {
    /// Opens `<data_dir>/lumencast.db`, and creates folder (0700), file (0600) and tables when they are missing.
    ///
    /// # Errors
    /// When the folder cannot be written, or the file is not a database of this version or an older one.
    pub async fn open(data_dir: &Path) -> Result<Self, StoreError> {
        Self::open_with(data_dir, None).await
    }

    /// The same, or a PostgreSQL database, addressed as `postgres://user:password@host:port/database`. The tables are
    /// created when they are missing; rows in the file of the data folder are carried over, and the file is renamed to
    /// `lumencast.db.carried-over`.
    ///
    /// # Errors
    /// As with [`Store::open`], when PostgreSQL cannot be reached, and when both have rows. None of them shows the
    /// password.
    pub async fn open_with(data_dir: &Path, database_url: Option<&str>) -> Result<Self, StoreError> {
        let database = match database_url {
            Some(url) => {
                let database = Database::postgres(url).await?;
                carry_over(data_dir, &database).await?;
                database
            }
            None => sqlite(data_dir).await?,
        };
        Ok(Self { database })
    }

    /// Whether a data folder has a database, in use or set aside.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn is_in(data_dir: &Path) -> Result<bool, StoreError> {
        [FILE, carry_over::SET_ASIDE].iter().try_fold(false, |found, file| {
            let path = data_dir.join(file);
            let there = path.try_exists();
            Ok(found || there.map_err(|source| StoreError::Io { path: path.display().to_string(), source })?)
        })
    }

    /// The API keys.
    pub fn keys(&self) -> Keys {
        Keys::new(self.database.clone())
    }

    /// Ingresses, pushed with a key or pulled.
    pub fn ingress(&self) -> IngressRows {
        IngressRows::new(self.database.clone())
    }

    /// The keys of cameras.
    pub fn cameras(&self) -> CameraRows {
        CameraRows::new(self.database.clone())
    }

    /// The streams that are or were live.
    pub fn streams(&self) -> StreamRows {
        StreamRows::new(self.database.clone())
    }

    /// The apps of the StreamHub plane.
    pub fn apps(&self) -> Apps {
        Apps::new(self.database.clone())
    }

    /// Tenants, users and their sessions.
    pub fn users(&self) -> Users {
        Users::new(self.database.clone())
    }

    /// The stored state of the lights.
    pub fn lights(&self) -> LightMemory {
        LightMemory::new(self.database.clone())
    }

    /// The accounts of image jobs, and their credits.
    pub fn accounts(&self) -> Accounts {
        Accounts::new(self.database.clone())
    }

    /// Image jobs, for owners and for workers.
    pub fn image_jobs(&self) -> ImageJobs {
        ImageJobs::new(self.database.clone())
    }

    /// The keys of accounts.
    pub fn image_keys(&self) -> ImageKeys {
        ImageKeys::new(self.database.clone())
    }

    /// The webhooks of accounts.
    pub fn image_webhooks(&self) -> ImageWebhooks {
        ImageWebhooks::new(self.database.clone())
    }

    /// Messages to webhooks, of every plane.
    pub fn outbox(&self) -> Outbox {
        Outbox::new(self.database.clone())
    }

    /// Makes this process the one server on the database. Workers and the command line do not count as servers.
    ///
    /// # Errors
    /// [`StoreError::OtherServer`] when there is one already.
    pub async fn one_server(&self) -> Result<ServerLock, StoreError> {
        self.database.one_server().await?.ok_or(StoreError::OtherServer)
    }

    /// Flushes pending writes and closes the database; later calls fail.
    pub async fn close(&self) {
        self.database.close().await;
    }
}

/// Makes the data folder, readable by its owner alone.
fn make_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// The name of the SQLite file in the data folder.
const FILE: &str = "lumencast.db";

/// The database of the data folder itself.
async fn sqlite(data_dir: &Path) -> Result<Database, StoreError> {
    let (file, folder) = (data_dir.join(FILE), data_dir.to_owned());
    // Held while the tables are made: sqlx does not keep two processes from migrating a SQLite file at once.
    let made = tokio::task::spawn_blocking(move || prepare(&folder)).await;
    let migrating = made
        .unwrap_or_else(|panic| Err(io::Error::other(panic)))
        .map_err(|source| StoreError::Io { path: file.display().to_string(), source })?;
    let database = Database::sqlite(&file).await?;
    drop(migrating);
    Ok(database)
}

/// See [`carry_over::carry_over`]; without a file there is nothing to do.
async fn carry_over(data_dir: &Path, postgres: &Database) -> Result<(), StoreError> {
    let (file, folder) = (data_dir.join(FILE), data_dir.to_owned());
    let here = file.clone();
    let locked = tokio::task::spawn_blocking(move || {
        if !here.try_exists()? {
            return Ok(None);
        }
        let lock = File::open(&folder)?;
        lock.lock()?;
        Ok(here.try_exists()?.then_some(lock)) // another process may have been faster
    });
    let locked = locked.await.unwrap_or_else(|panic| Err(io::Error::other(panic)));
    let locked = locked.map_err(|source| StoreError::Io { path: file.display().to_string(), source })?;
    match locked {
        Some(_lock) => carry_over::carry_over(&file, postgres).await,
        None => Ok(()),
    }
}

/// Makes folder and file readable by their owner alone, unless the rows are in PostgreSQL since they were carried over,
/// and locks the folder until the returned file is dropped.
fn prepare(folder: &Path) -> io::Result<File> {
    make_folder(folder)?;
    let lock = File::open(folder)?;
    lock.lock()?;
    if folder.join(carry_over::SET_ASIDE).try_exists()? && !folder.join(FILE).try_exists()? {
        return Err(io::Error::other(format!(
            "its rows were carried over to the database that database.url named, which is not set now; \
             to go back to the rows of then, rename {} to {FILE}",
            carry_over::SET_ASIDE
        )));
    }
    // Only ever created, never opened here: closing any descriptor of the file would drop SQLite's own locks.
    let created = OpenOptions::new().write(true).create_new(true).mode(0o600).open(folder.join(FILE));
    match created {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(lock),
    }
}
