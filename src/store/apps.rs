//! Rows of apps. Every write increments the registry's revision and returns the whole table as of that revision, in one
//! transaction: a caller that keeps the newest revision is never wrong, in whatever order answers arrive.
//!
//! Refuses to know: the meaning of settings, valid names, and permissions.

use super::{StoreError, database::Database};
use sqlx::{Any, AnyConnection, Transaction, any::AnyQueryResult};

/// An app as stored.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct AppRow {
    /// Counts up and is never reused.
    pub id: i64,
    /// The slug in paths, unique.
    pub name: String,
    /// Its display name.
    pub display_name: String,
    /// The prefix of its rooms' names, unique.
    pub room_prefix: String,
    /// A JSON object.
    pub settings: String,
    /// Its tenant; `None`: the platform.
    pub tenant: Option<String>,
    /// Milliseconds since 1970 UTC.
    pub created_at: i64,
    /// Milliseconds since 1970 UTC.
    pub updated_at: i64,
    /// The table's revision when the row was last written.
    pub revision: i64,
}

/// The whole table at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppTable {
    /// Counts up with each change.
    pub revision: i64,
    /// By name.
    pub rows: Vec<AppRow>,
}

/// An app to be stored.
#[derive(Debug, Clone, Copy)]
pub struct NewApp<'a> {
    /// See [`AppRow::name`].
    pub name: &'a str,
    /// See [`AppRow::display_name`].
    pub display_name: &'a str,
    /// See [`AppRow::room_prefix`].
    pub room_prefix: &'a str,
    /// See [`AppRow::tenant`].
    pub tenant: Option<&'a str>,
    /// See [`AppRow::created_at`].
    pub created_at: i64,
}

/// The new values of an app.
#[derive(Debug, Clone, Copy)]
pub struct AppChange<'a> {
    /// The app's slug.
    pub name: &'a str,
    /// The revision of the row that the change is based on.
    pub based_on: i64,
    /// See [`AppRow::display_name`].
    pub display_name: &'a str,
    /// See [`AppRow::room_prefix`].
    pub room_prefix: &'a str,
    /// See [`AppRow::settings`].
    pub settings: &'a str,
    /// See [`AppRow::updated_at`].
    pub updated_at: i64,
}

/// The result of a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AppWrite {
    /// It is written.
    Done(AppTable),
    /// The name or the room prefix is taken.
    Taken,
    /// There is no such row, or it has changed since `based_on`.
    Stale,
}

/// The table of apps.
#[derive(Debug, Clone)]
pub struct Apps {
    database: Database,
}

impl Apps {
    pub(super) fn new(database: Database) -> Self {
        Self { database }
    }

    /// All apps.
    pub async fn all(&self) -> Result<AppTable, StoreError> {
        let mut transaction = self.database.read().await?;
        Ok(table(&mut transaction).await?)
    }

    /// Stores a new app with default settings.
    pub async fn insert(&self, app: NewApp<'_>) -> Result<AppWrite, StoreError> {
        let mut transaction = self.database.write().await?;
        let revision = next_revision(&mut transaction).await?;
        let done = sqlx::query(
            "INSERT INTO apps (name, display_name, room_prefix, tenant, created_at, updated_at, revision)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(app.name)
        .bind(app.display_name)
        .bind(app.room_prefix)
        .bind(app.tenant)
        .bind(app.created_at)
        .bind(app.created_at)
        .bind(revision)
        .execute(&mut *transaction)
        .await;
        finish(transaction, done).await
    }

    /// Writes a changed app unless it was changed concurrently.
    pub async fn update(&self, change: AppChange<'_>) -> Result<AppWrite, StoreError> {
        let mut transaction = self.database.write().await?;
        let revision = next_revision(&mut transaction).await?;
        let done = sqlx::query(
            "UPDATE apps SET display_name = $1, room_prefix = $2, settings = $3, updated_at = $4, revision = $5
             WHERE name = $6 AND revision = $7",
        )
        .bind(change.display_name)
        .bind(change.room_prefix)
        .bind(change.settings)
        .bind(change.updated_at)
        .bind(revision)
        .bind(change.name)
        .bind(change.based_on)
        .execute(&mut *transaction)
        .await;
        finish(transaction, done).await
    }

    /// Deletes an app, and revokes its keys: a later app of the same name is another one.
    pub async fn delete(&self, name: &str, now: i64) -> Result<AppWrite, StoreError> {
        let mut transaction = self.database.write().await?;
        next_revision(&mut transaction).await?;
        sqlx::query(
            "UPDATE api_keys SET revoked_at = $1 WHERE plane = 'streamhub' AND app = $2 AND revoked_at IS NULL",
        )
        .bind(now)
        .bind(name)
        .execute(&mut *transaction)
        .await?;
        let done = sqlx::query("DELETE FROM apps WHERE name = $1").bind(name).execute(&mut *transaction).await;
        finish(transaction, done).await
    }

    /// Bytes of the database that all apps share.
    pub async fn database_bytes(&self) -> Result<i64, StoreError> {
        self.database.bytes().await
    }
}

async fn next_revision(connection: &mut AnyConnection) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("UPDATE apps_revision SET revision = revision + 1 RETURNING revision")
        .fetch_one(connection)
        .await
}

async fn table(connection: &mut AnyConnection) -> Result<AppTable, sqlx::Error> {
    let revision = sqlx::query_scalar("SELECT revision FROM apps_revision").fetch_one(&mut *connection).await?;
    let rows = sqlx::query_as(
        "SELECT id, name, display_name, room_prefix, settings, tenant, created_at, updated_at, revision
         FROM apps ORDER BY name",
    )
    .fetch_all(connection)
    .await?;
    Ok(AppTable { revision, rows })
}

/// Commits what changed exactly one row and drops everything else.
async fn finish(
    mut transaction: Transaction<'static, Any>,
    done: Result<AnyQueryResult, sqlx::Error>,
) -> Result<AppWrite, StoreError> {
    match done {
        Ok(result) if result.rows_affected() == 1 => {
            let table = table(&mut transaction).await?;
            transaction.commit().await?;
            Ok(AppWrite::Done(table))
        }
        Ok(_) => {
            // Without the incremented revision: its number will be given to another write.
            transaction.rollback().await?;
            Ok(AppWrite::Stale)
        }
        Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Ok(AppWrite::Taken),
        Err(error) => Err(error.into()),
    }
}
