//! Rows and objects: the only folder that says `sqlx` and `object_store`. One SQLite file in the data folder, shared by
//! server, workers and command line; what several machines share may be in PostgreSQL instead, and objects in S3.
//!
//! ```text
//! lumencast.db ─► Store ─► StreamHub's tables, API keys, what lights keep
//!       └── or postgres:// ─► Shared ─► accounts, image jobs, their keys and webhooks, outbox
//! a folder, or s3 ─► Objects
//! ```
//!
//! Refuses to know: what rows are for, and the clock; times are arguments.

mod apps;
mod cameras;
mod folder_lock;
mod imaging;
mod ingress;
mod keys;
mod lights;
mod objects;
mod outbox;
mod shared;
mod streams;
mod users;

pub use apps::{AppChange, AppRow, AppTable, AppWrite, Apps, NewApp};
pub use cameras::{CameraRow, CameraRows};
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
pub use outbox::{Outbox, OutboxRow};
pub use streams::{IngressCount, NewStream, StreamRow, StreamRows};
pub use users::{NewUser, SessionRow, UserRow, Users};

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use std::{
    fs::{DirBuilder, File, OpenOptions},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::Path,
    time::Duration,
};

/// How long a statement waits for another process that writes.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Readers do not wait for one another; writers do anyway.
const CONNECTIONS: u32 = 4;

/// The open database. Clones share it.
#[derive(Debug, Clone)]
pub struct Store {
    pool: SqlitePool,
    shared: shared::Shared,
}

/// Why rows cannot be had. The server's fault or the machine's, never a client's.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The folder or the file cannot be made or opened.
    #[error("{path}: {source}")]
    Io {
        /// What it is about.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// What is to be a database's address is none of PostgreSQL. It is not shown: there may be a password in it.
    #[error("the database's address is not of the form postgres://user:password@host:port/database")]
    Url,
    /// The file is no database, or the database cannot be reached.
    #[error("{path}: {source}")]
    Open {
        /// The database; no password.
        path: String,
        /// What it or its driver said.
        source: sqlx::Error,
    },
    /// The tables are not ours, or of a newer version.
    #[error("{path}: {source}")]
    Migrate {
        /// The database; no password.
        path: String,
        /// Which step failed.
        source: sqlx::migrate::MigrateError,
    },
    /// A row was written by a newer version of this server.
    #[error("a row is of a newer version")]
    Newer,
    /// Objects failed.
    #[error("objects: {0}")]
    Object(#[from] ObjectError),
    /// The database failed.
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
}

impl Store {
    /// Opens `<data_dir>/lumencast.db`, and makes folder (0700), file (0600) and tables when they are missing.
    ///
    /// # Errors
    /// When the folder cannot be written, or the file is not a database of this version or an older one.
    pub async fn open(data_dir: &Path) -> Result<Self, StoreError> {
        Self::open_with(data_dir, None).await
    }

    /// The same, with the rows that several machines share in PostgreSQL when its address is given, as
    /// `postgres://user:password@host:port/database`. The tables are made when they are missing.
    ///
    /// # Errors
    /// As with [`Store::open`], and when PostgreSQL cannot be reached. None of them shows the password.
    pub async fn open_with(data_dir: &Path, database_url: Option<&str>) -> Result<Self, StoreError> {
        let file = data_dir.join("lumencast.db");
        let folder = data_dir.to_owned();
        let path = file.display().to_string();
        // Held while the tables are made: sqlx does not keep two processes from migrating a SQLite file at once.
        let made = tokio::task::spawn_blocking(move || prepare(&folder)).await;
        let migrating = made
            .unwrap_or_else(|panic| Err(io::Error::other(panic)))
            .map_err(|source| StoreError::Io { path: path.clone(), source })?;

        let options = SqliteConnectOptions::new()
            .filename(&file)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT);
        let pool = SqlitePoolOptions::new()
            .max_connections(CONNECTIONS)
            .connect_with(options)
            .await
            .map_err(|source| StoreError::Open { path: path.clone(), source })?;
        sqlx::migrate!().run(&pool).await.map_err(|source| StoreError::Migrate { path, source })?;
        drop(migrating);
        let shared = match database_url {
            Some(url) => shared::Shared::postgres(url).await?,
            None => shared::Shared::sqlite(&file).await?,
        };
        Ok(Self { pool, shared })
    }

    /// The API keys.
    pub fn keys(&self) -> Keys {
        Keys::new(self.pool.clone())
    }

    /// What may come into rooms, by key or pulled.
    pub fn ingress(&self) -> IngressRows {
        IngressRows::new(self.pool.clone())
    }

    /// The keys of cameras.
    pub fn cameras(&self) -> CameraRows {
        CameraRows::new(self.pool.clone())
    }

    /// The streams that are live or were.
    pub fn streams(&self) -> StreamRows {
        StreamRows::new(self.pool.clone())
    }

    /// The apps of the StreamHub plane.
    pub fn apps(&self) -> Apps {
        Apps::new(self.pool.clone())
    }

    /// Tenants, people and their sessions.
    pub fn users(&self) -> Users {
        Users::new(self.pool.clone())
    }

    /// What the lights of this machine keep.
    pub fn lights(&self) -> LightMemory {
        LightMemory::new(self.pool.clone())
    }

    /// Who has image jobs made, and their credits.
    pub fn accounts(&self) -> Accounts {
        Accounts::new(self.shared.clone())
    }

    /// Image jobs, for owners and for workers.
    pub fn image_jobs(&self) -> ImageJobs {
        ImageJobs::new(self.shared.clone())
    }

    /// The keys of accounts.
    pub fn image_keys(&self) -> ImageKeys {
        ImageKeys::new(self.shared.clone())
    }

    /// Where accounts are told of their jobs.
    pub fn image_webhooks(&self) -> ImageWebhooks {
        ImageWebhooks::new(self.shared.clone())
    }

    /// What is to be told to webhooks, of every plane.
    pub fn outbox(&self) -> Outbox {
        Outbox::new(self.shared.clone())
    }

    /// Writes back what is open and closes the databases; later calls fail.
    pub async fn close(&self) {
        self.shared.close().await;
        self.pool.close().await;
    }
}

/// Makes the data folder, for its owner alone.
fn make_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Makes folder and file with closed modes, and locks the folder until the answer is dropped.
fn prepare(folder: &Path) -> io::Result<File> {
    make_folder(folder)?;
    let lock = File::open(folder)?;
    lock.lock()?;
    // Only ever created, never opened here: closing any descriptor of the file would drop SQLite's own locks.
    let created = OpenOptions::new().write(true).create_new(true).mode(0o600).open(folder.join("lumencast.db"));
    match created {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(lock),
    }
}
