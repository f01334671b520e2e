//! The one connection kind: all rows are in PostgreSQL where its address is given, else in the SQLite file of the data
//! folder.
//!
//! ```text
//! database.url ─► PostgreSQL, migrations/postgres ─┐
//! none ─► lumencast.db, migrations/sqlite ─────────┴─► Database ─► one SQL text for both
//! ```
//!
//! Refuses to know: what the rows are for. The SQL common to both: `$1`, RETURNING, TEXT, bytes, 64-bit integers; where
//! they differ, [`Database`] has a method for it.

use super::StoreError;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sqlx::{
    Any, AnyConnection, AnyPool, Connection, Executor, FromRow, Transaction,
    any::{AnyArguments, AnyConnectOptions, AnyPoolOptions, AnyRow},
    query::QueryAs,
};
use std::{io, path::Path, str::FromStr, time::Duration};
use url::Url;

/// Readers of SQLite do not wait for one another; writers do in any case.
const SQLITE_CONNECTIONS: u32 = 6;
const POSTGRES_CONNECTIONS: u32 = 12;
/// How long a call waits for a connection before it fails.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(20);
/// SQLite: how long a statement waits for other writers, and durability: a loss of power costs at most the last
/// transactions before it.
const SQLITE_SETTINGS: &str = "PRAGMA busy_timeout = 15000; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
                               PRAGMA foreign_keys = ON";
/// PostgreSQL: the same wait, and how long it keeps the locks of a machine that is gone.
const POSTGRES_SETTINGS: &str = "SET lock_timeout = '15s'; SET idle_in_transaction_session_timeout = '30s'";
/// Lets PostgreSQL notice within half a minute that the machine of a server is gone.
const KEEPALIVE: &str = "SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3";
/// "lumencas", in ASCII: the advisory lock of the one server on a database.
const SERVER_LOCK: i64 = 0x6c75_6d65_6e63_6173;
/// All that a path in a URL need not escape.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.');

/// The kind of database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Sqlite,
    Postgres,
}

/// The open database. Clones share it.
#[derive(Debug, Clone)]
pub(super) struct Database {
    pool: AnyPool,
    kind: Kind,
}

/// While it is held, no other server works on the database.
#[derive(Debug)]
pub struct ServerLock(#[expect(dead_code, reason = "the lock is the open connection")] Option<AnyConnection>);

/// A stored boolean: 0 or 1, which both databases return the same.
#[derive(Debug, Clone, Copy, sqlx::Type)]
#[sqlx(transparent)]
pub(super) struct Flag(i64);

impl From<Flag> for bool {
    fn from(flag: Flag) -> Self {
        flag.0 != 0
    }
}

impl Database {
    /// The SQLite file, which exists; makes the tables when they are missing. The caller keeps other processes from
    /// doing the same at once, since sqlx does not for SQLite.
    pub(super) async fn sqlite(file: &Path) -> Result<Self, StoreError> {
        let path = file.display().to_string();
        let io_error = |source| StoreError::Io { path: path.clone(), source };
        let whole = std::path::absolute(file).map_err(io_error)?;
        let name = whole.to_str().ok_or_else(|| io_error(io::Error::other("the path is not UTF-8")))?;
        let url = format!("sqlite://{}", utf8_percent_encode(name, PATH));
        let pool = connect(&url, SQLITE_CONNECTIONS, Kind::Sqlite).await;
        let pool = pool.map_err(|source| StoreError::Open { path: path.clone(), source })?;
        let migrated = sqlx::migrate!("migrations/sqlite").run(&pool).await;
        migrated.map_err(|source| StoreError::Migrate { path, source })?;
        Ok(Self { pool, kind: Kind::Sqlite })
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

    /// For several statements that write, or that read what they write. On SQLite it has the write lock from its
    /// beginning: a read lock cannot always become a write lock.
    pub(super) async fn write(&self) -> Result<Transaction<'static, Any>, StoreError> {
        Ok(match self.kind {
            Kind::Sqlite => self.pool.begin_with("BEGIN IMMEDIATE").await?,
            Kind::Postgres => self.pool.begin().await?,
        })
    }

    /// For several statements that read: all of them see the rows of one moment.
    pub(super) async fn read(&self) -> Result<Transaction<'static, Any>, StoreError> {
        Ok(match self.kind {
            Kind::Sqlite => self.pool.begin().await?,
            Kind::Postgres => self.pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?,
        })
    }

    /// The row that a single writing statement with RETURNING returns, if it wrote one. Asks for all rows, though there
    /// is at most one: SQLite's answer is complete only when the change is committed.
    pub(super) async fn written<T>(&self, query: QueryAs<'_, Any, T, AnyArguments>) -> Result<Option<T>, StoreError>
    where
        T: for<'r> FromRow<'r, AnyRow> + Send + Unpin,
    {
        Ok(query.fetch_all(&self.pool).await?.pop())
    }

    /// The end of a SELECT of rows to be taken, which makes others skip them. SQLite has one writer at a time anyway.
    pub(super) fn skip_taken(&self) -> &'static str {
        match self.kind {
            Kind::Sqlite => "",
            Kind::Postgres => "FOR UPDATE SKIP LOCKED",
        }
    }

    /// The SQL function of a text and a part of it that gives the part's position, from 1; 0 when it is not in it.
    pub(super) fn position(&self) -> &'static str {
        match self.kind {
            Kind::Sqlite => "instr",
            Kind::Postgres => "strpos",
        }
    }

    /// How many bytes the whole database takes.
    pub(super) async fn bytes(&self) -> Result<i64, StoreError> {
        let sql = match self.kind {
            Kind::Sqlite => "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
            Kind::Postgres => "SELECT pg_database_size(current_database())",
        };
        Ok(sqlx::query_scalar(sql).fetch_one(&self.pool).await?)
    }

    /// Makes this process the one server on PostgreSQL for as long as the connection is open; None: there is another.
    /// The lock ends with the connection, also when PostgreSQL restarts. SQLite has the lock on its folder.
    pub(super) async fn one_server(&self) -> Result<Option<ServerLock>, StoreError> {
        if self.kind == Kind::Sqlite {
            return Ok(Some(ServerLock(None)));
        }
        let mut connection = self.pool.acquire().await?.detach();
        connection.execute(KEEPALIVE).await?;
        let taken = sqlx::query_scalar("SELECT CASE WHEN pg_try_advisory_lock($1) THEN 1 ELSE 0 END").bind(SERVER_LOCK);
        let taken: i32 = taken.fetch_one(&mut connection).await?;
        Ok((taken == 1).then_some(ServerLock(Some(connection))))
    }

    pub(super) async fn close(&self) {
        self.pool.close().await;
    }
}

/// Whether a text can be among the rows. PostgreSQL has no text with a NUL character, and a text that cannot be stored
/// cannot be found; so it is checked here instead of failing there.
pub(super) fn is_text(text: &str) -> bool {
    !text.contains('\0')
}

async fn connect(url: &str, connections: u32, kind: Kind) -> Result<AnyPool, sqlx::Error> {
    sqlx::any::install_default_drivers();
    let options = AnyConnectOptions::from_str(url)?;
    let pool = AnyPoolOptions::new().max_connections(connections).acquire_timeout(ACQUIRE_TIMEOUT);
    let settings = match kind {
        Kind::Sqlite => SQLITE_SETTINGS,
        Kind::Postgres => POSTGRES_SETTINGS,
    };
    let pool = pool.after_connect(move |connection, _| {
        Box::pin(async move {
            connection.execute(settings).await?;
            Ok(())
        })
    });
    // Tried once on a single connection: the pool would retry until its timeout and then not report the cause.
    let asked = async {
        let mut connection = AnyConnection::connect_with(&options).await?;
        connection.execute(settings).await?;
        connection.close().await
    };
    let asked = tokio::time::timeout(ACQUIRE_TIMEOUT, asked).await;
    asked.map_err(|_| sqlx::Error::Io(io::ErrorKind::TimedOut.into()))??;
    Ok(pool.connect_lazy_with(options))
}

/// The address without password and parameters, for people; none when it is not a PostgreSQL address.
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
