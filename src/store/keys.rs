//! Rows of API keys. Nothing is cached: a revocation by one process takes effect for others with their next query.
//!
//! Refuses to know: raw keys, planes, and permissions.

use super::{
    StoreError,
    database::{Database, is_text},
};

/// A key as stored.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct KeyRow {
    /// Public id, `key_` and 12 characters.
    pub id: String,
    /// The plane's name.
    pub plane: String,
    /// Its label, given by its owner.
    pub label: String,
    /// The beginning of the key, which identifies it in lists.
    pub shown: String,
    /// Milliseconds since 1970 UTC.
    pub created_at: i64,
    /// Milliseconds since 1970 UTC, exact to a minute.
    pub last_used_at: Option<i64>,
    /// Milliseconds since 1970 UTC; a revoked key stays listed.
    pub revoked_at: Option<i64>,
    /// The app of the StreamHub plane that it is restricted to.
    pub app: Option<String>,
    /// Addresses it may be used from, a JSON array of texts; `None`: all.
    pub allowed_ips: Option<String>,
}

/// A key to be stored.
#[derive(Debug, Clone, Copy)]
pub struct NewKey<'a> {
    /// See [`KeyRow::id`].
    pub id: &'a str,
    /// See [`KeyRow::plane`].
    pub plane: &'a str,
    /// See [`KeyRow::label`].
    pub label: &'a str,
    /// SHA-256 of the full key.
    pub hash: &'a [u8; 32],
    /// See [`KeyRow::shown`].
    pub shown: &'a str,
    /// See [`KeyRow::created_at`].
    pub created_at: i64,
    /// See [`KeyRow::app`].
    pub app: Option<&'a str>,
    /// See [`KeyRow::allowed_ips`].
    pub allowed_ips: Option<&'a str>,
}

/// The result of a revocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revocation {
    /// The key is revoked from now on.
    Done,
    /// It was revoked before; the first time is kept.
    Already,
    /// There is no such key.
    Unknown,
}

/// The table of API keys.
#[derive(Debug, Clone)]
pub struct Keys {
    database: Database,
}

impl Keys {
    pub(super) fn new(database: Database) -> Self {
        Self { database }
    }

    /// Stores a key. Fails when id or hash exists already.
    pub async fn insert(&self, key: NewKey<'_>) -> Result<KeyRow, StoreError> {
        let insert = sqlx::query_as(
            "INSERT INTO api_keys (id, plane, label, hash, shown, created_at, app, allowed_ips)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
             RETURNING id, plane, label, shown, created_at, last_used_at, revoked_at, app, allowed_ips",
        )
        .bind(key.id)
        .bind(key.plane)
        .bind(key.label)
        .bind(key.hash.as_slice())
        .bind(key.shown)
        .bind(key.created_at)
        .bind(key.app)
        .bind(key.allowed_ips);
        self.database.written(insert).await?.ok_or_else(|| sqlx::Error::RowNotFound.into())
    }

    /// All keys, oldest first, revoked ones too.
    pub async fn list(&self) -> Result<Vec<KeyRow>, StoreError> {
        let rows = sqlx::query_as(
            "SELECT id, plane, label, shown, created_at, last_used_at, revoked_at, app, allowed_ips
             FROM api_keys ORDER BY seq",
        )
        .fetch_all(self.database.pool())
        .await?;
        Ok(rows)
    }

    /// The key with this SHA-256, revoked or not.
    pub async fn find_by_hash(&self, hash: &[u8; 32]) -> Result<Option<KeyRow>, StoreError> {
        let row = sqlx::query_as(
            "SELECT id, plane, label, shown, created_at, last_used_at, revoked_at, app, allowed_ips
             FROM api_keys WHERE hash = $1",
        )
        .bind(hash.as_slice())
        .fetch_optional(self.database.pool())
        .await?;
        Ok(row)
    }

    /// The key with this public id, revoked or not.
    pub async fn find(&self, id: &str) -> Result<Option<KeyRow>, StoreError> {
        if !is_text(id) {
            return Ok(None);
        }
        let row = sqlx::query_as(
            "SELECT id, plane, label, shown, created_at, last_used_at, revoked_at, app, allowed_ips
             FROM api_keys WHERE id = $1",
        )
        .bind(id)
        .fetch_optional(self.database.pool())
        .await?;
        Ok(row)
    }

    /// Revokes a key for good.
    pub async fn revoke(&self, id: &str, now: i64) -> Result<Revocation, StoreError> {
        if !is_text(id) {
            return Ok(Revocation::Unknown);
        }
        let changed = sqlx::query("UPDATE api_keys SET revoked_at = $1 WHERE id = $2 AND revoked_at IS NULL")
            .bind(now)
            .bind(id)
            .execute(self.database.pool())
            .await?
            .rows_affected();
        if changed > 0 {
            return Ok(Revocation::Done);
        }
        let known = sqlx::query("SELECT 1 FROM api_keys WHERE id = $1").bind(id);
        let known = known.fetch_optional(self.database.pool()).await?;
        Ok(match known {
            Some(_) => Revocation::Already,
            None => Revocation::Unknown,
        })
    }

    /// Notes that a key was used.
    pub async fn used(&self, id: &str, now: i64) -> Result<(), StoreError> {
        let used = sqlx::query("UPDATE api_keys SET last_used_at = $1 WHERE id = $2").bind(now).bind(id);
        used.execute(self.database.pool()).await?;
        Ok(())
    }
}
