//! Rows that several machines may share: in PostgreSQL where an address of one is given, else in the SQLite file.
//!
//! ```text
//! database URL ─► postgres, own migrations ─┐
//! none ─► lumencast.db, a second pool on it ─┴─► Shared ─► one SQL text for both
//! ```
//!
//! Refuses to know: what the rows are for. What both understand: `$1`, RETURNING, TEXT, 64-bit whole numbers.

use super::StoreError;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sqlx::{
    Any, AnyConnection, AnyPool, Connection, Executor, Transaction,
    any::{AnyConnectOptions, AnyPoolOptions},
};
use std::{io, path::Path, str::FromStr, time::Duration};
use url::Url;

/// Readers of SQLite do not wait for one another; writers do anyway.
const SQLITE_CONNECTIONS: u32 = 4;
const POSTGRES_CONNECTIONS: u32 = 8;
/// How long a call waits for a connection before it fails.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(20);
/// SQLite: how long a statement waits for others that write, and how much survives a loss of power (as elsewhere).
const SQLITE_SETTINGS: &str = "PRAGMA busy_timeout = 15000; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON";
/// PostgreSQL: the same wait, and how long it keeps what a machine holds that is gone.
const POSTGRES_SETTINGS: &str = "SET lock_timeout = '15s'; SET idle_in_transaction_session_timeout = '30s'";
/// All that a path in a URL need not escape.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.');

/// Which database it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Sqlite,
    Postgres,
}

/// The shared rows' database. Clones share it.
#[derive(Debug, Clone)]
pub(super) struct Shared {
    pool: AnyPool,
    kind: Kind,
}

/// A truth as it is kept: 0 or 1, which both databases give back the same.
#[derive(Debug, Clone, Copy, sqlx::Type)]
#[sqlx(transparent)]
pub(super) struct Flag(i64);

impl From<Flag> for bool {
    fn from(flag: Flag) -> Self {
        flag.0 != 0
    }
}

impl Shared {
    /// A second way to the SQLite file, whose tables are there already.
    pub(super) async fn sqlite(file: &Path) -> Result<Self, StoreError> {
        let path = file.display().to_string();
        let io_error = |source| StoreError::Io { path: path.clone(), source };
        let whole = std::path::absolute(file).map_err(io_error)?;
        let name = whole.to_str().ok_or_else(|| io_error(io::Error::other("the path is not UTF-8")))?;
        let url = format!("sqlite://{}", utf8_percent_encode(name, PATH));
        let pool = connect(&url, SQLITE_CONNECTIONS, Kind::Sqlite).await;
        Ok(Self { pool: pool.map_err(|source| StoreError::Open { path, source })?, kind: Kind::Sqlite })
    }

    /// PostgreSQL at `postgres://user:password@host:port/database?sslmode=…`; makes the tables when they are missing.
    pub(super) async fn postgres(url: &str) -> Result<Self, StoreError> {
        let path = place(url).ok_or(StoreError::Url)?;
        let pool = connect(url, POSTGRES_CONNECTIONS, Kind::Postgres).await;
        let pool = pool.map_err(|source| StoreError::Open { path: path.clone(), source })?;
        // An advisory lock keeps two processes from migrating at once.
        let migrated = sqlx::migrate!("migrations/postgres").run(&pool).await;
        migrated.map_err(|source| StoreError::Migrate { path, source })?;
        Ok(Self { pool, kind: Kind::Postgres })
    }

    /// For single statements.
    pub(super) fn pool(&self) -> &AnyPool {
        &self.pool
    }

    /// For several. On SQLite, one that writes must write first: a read lock cannot always become a write lock.
    pub(super) async fn begin(&self) -> Result<Transaction<'static, Any>, StoreError> {
        Ok(self.pool.begin().await?)
    }

    /// What ends a SELECT of rows to be taken: others pass over them. SQLite has one writer at a time anyway.
    pub(super) fn skip_taken(&self) -> &'static str {
        match self.kind {
            Kind::Sqlite => "",
            Kind::Postgres => "FOR UPDATE SKIP LOCKED",
        }
    }

    pub(super) async fn close(&self) {
        self.pool.close().await;
    }
}

async fn connect(url: &str, connections: u32, kind: Kind) -> Result<AnyPool, sqlx::Error> {
    sqlx::any::install_default_drivers();
    let options = AnyConnectOptions::from_str(url)?;
    let pool = AnyPoolOptions::new().max_connections(connections).acquire_timeout(ACQUIRE_TIMEOUT);
    let pool = pool.after_connect(move |connection, _| {
        Box::pin(async move {
            let settings = match kind {
                Kind::Sqlite => SQLITE_SETTINGS,
                Kind::Postgres => POSTGRES_SETTINGS,
            };
            connection.execute(settings).await?;
            Ok(())
        })
    });
    // Asked once by itself: the pool would try again for as long as it may and then not tell why.
    let asked = tokio::time::timeout(ACQUIRE_TIMEOUT, AnyConnection::connect_with(&options)).await;
    asked.map_err(|_| sqlx::Error::Io(io::ErrorKind::TimedOut.into()))??.close().await?;
    Ok(pool.connect_lazy_with(options))
}

/// The address without password and parameters, for people; none when it is not one of PostgreSQL.
fn place(url: &str) -> Option<String> {
    let mut url = Url::parse(url).ok()?;
    if !matches!(url.scheme(), "postgres" | "postgresql") {
        return None;
    }
    url.set_password(None).ok()?;
    url.set_query(None);
    url.set_fragment(None);
    Some(url.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_its_secrets() {
        let shown = place("postgres://lumencast:s3cret@db.example:5433/images?sslmode=require&password=other");
        assert_eq!(shown.as_deref(), Some("postgres://lumencast@db.example:5433/images"));
        assert_eq!(place("postgresql://db/images").as_deref(), Some("postgresql://db/images"));
    }

    #[test]
    fn only_addresses_of_postgresql_are_taken() {
        for wrong in ["mysql://root:s3cret@db/x", "lumencast.db", "sqlite:x.db", "", "postgres:s3cret"] {
            assert_eq!(place(wrong), None, "{wrong}");
        }
    }
}
