//! The keys of accounts. Only their SHA-256 is stored.
//!
//! Refuses to know: raw keys, and permissions.

use super::{AccountRow, Accounts, Inserted, Updated, accounts::ledger};
use crate::store::{
    StoreError,
    database::{Database, Flag},
};
use sqlx::{AnyConnection, AssertSqlSafe};

/// A key as stored.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct ImageKeyRow {
    /// A UUID.
    pub id: String,
    /// Its account.
    pub account: String,
    /// Its name, given by its owner.
    pub name: String,
    /// The beginning of the key, which identifies it in lists.
    pub shown: String,
    /// Whether it is accepted.
    #[sqlx(try_from = "Flag")]
    pub is_active: bool,
    /// Milliseconds since 1970 UTC.
    pub created_at: i64,
    /// Milliseconds since 1970 UTC.
    pub last_used_at: Option<i64>,
}

/// A key to be stored, which is active.
#[derive(Debug, Clone, Copy)]
pub struct NewImageKey<'a> {
    /// See [`ImageKeyRow::id`].
    pub id: &'a str,
    /// See [`ImageKeyRow::account`].
    pub account: &'a str,
    /// See [`ImageKeyRow::name`].
    pub name: &'a str,
    /// SHA-256 of the full key.
    pub hash: &'a [u8; 32],
    /// See [`ImageKeyRow::shown`].
    pub shown: &'a str,
    /// See [`ImageKeyRow::created_at`].
    pub created_at: i64,
}

/// The columns of an [`ImageKeyRow`].
const COLUMNS: &str = "id, account, name, shown, is_active, created_at, last_used_at";

/// The table of accounts' keys.
#[derive(Debug, Clone)]
pub struct ImageKeys {
    database: Database,
}

impl ImageKeys {
    pub(in crate::store) fn new(database: Database) -> Self {
        Self { database }
    }

    /// Stores a key, unless the account has `max_active` active ones.
    ///
    /// # Errors
    /// When there is no such account, or id or hash exists already.
    pub async fn insert(&self, key: &NewImageKey<'_>, max_active: u32) -> Result<Inserted<ImageKeyRow>, StoreError> {
        let mut tx = self.database.write().await?;
        let seq = ledger::turn(&mut tx, key.account).await?.ok_or(sqlx::Error::RowNotFound)?;
        if active(&mut tx, key.account).await? >= i64::from(max_active) {
            return Ok(Inserted::TooMany);
        }
        let text = format!(
            "INSERT INTO image_keys (id, account, seq, name, hash, shown, is_active, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, 1, $7) RETURNING {COLUMNS}"
        );
        let insert = sqlx::query_as(AssertSqlSafe(text)).bind(key.id).bind(key.account).bind(seq).bind(key.name);
        let insert = insert.bind(key.hash.as_slice()).bind(key.shown).bind(key.created_at);
        let row = insert.fetch_one(&mut *tx).await?;
        tx.commit().await?;
        Ok(Inserted::New(row))
    }

    /// An account's keys, oldest first, inactive ones too.
    pub async fn list(&self, account: &str) -> Result<Vec<ImageKeyRow>, StoreError> {
        let text = format!("SELECT {COLUMNS} FROM image_keys WHERE account = $1 ORDER BY seq");
        Ok(sqlx::query_as(AssertSqlSafe(text)).bind(account).fetch_all(self.database.pool()).await?)
    }

    /// The key with this SHA-256, active or not, and its account.
    pub async fn find_by_hash(&self, hash: &[u8; 32]) -> Result<Option<(ImageKeyRow, AccountRow)>, StoreError> {
        let text = format!("SELECT {COLUMNS} FROM image_keys WHERE hash = $1");
        let key = sqlx::query_as(AssertSqlSafe(text)).bind(hash.as_slice()).fetch_optional(self.database.pool());
        let Some(key): Option<ImageKeyRow> = key.await? else { return Ok(None) };
        let account = Accounts::new(self.database.clone()).get(&key.account).await?;
        Ok(account.map(|account| (key, account)))
    }

    /// Renames a key, or switches it off or on; on only while the account has fewer than `max_active` active others.
    pub async fn update(
        &self,
        account: &str,
        id: &str,
        name: Option<&str>,
        is_active: Option<bool>,
        max_active: u32,
    ) -> Result<Updated<ImageKeyRow>, StoreError> {
        let mut tx = self.database.write().await?;
        if ledger::turn(&mut tx, account).await?.is_none() {
            return Ok(Updated::Unknown);
        }
        let text = format!(
            "UPDATE image_keys SET name = COALESCE($3, name), is_active = COALESCE($4, is_active)
             WHERE id = $1 AND account = $2 RETURNING {COLUMNS}"
        );
        let update = sqlx::query_as(AssertSqlSafe(text)).bind(id).bind(account).bind(name);
        let row: Option<ImageKeyRow> = update.bind(is_active.map(i64::from)).fetch_optional(&mut *tx).await?;
        let Some(row) = row else { return Ok(Updated::Unknown) };
        if is_active == Some(true) && active(&mut tx, account).await? > i64::from(max_active) {
            return Ok(Updated::TooMany); // the transaction is dropped
        }
        tx.commit().await?;
        Ok(Updated::Done(row))
    }

    /// Deletes a key; whether it was there.
    pub async fn delete(&self, account: &str, id: &str) -> Result<bool, StoreError> {
        let delete = sqlx::query("DELETE FROM image_keys WHERE id = $1 AND account = $2").bind(id).bind(account);
        Ok(delete.execute(self.database.pool()).await?.rows_affected() > 0)
    }

    /// Notes that a key was used.
    pub async fn used(&self, id: &str, now: i64) -> Result<(), StoreError> {
        let update = sqlx::query("UPDATE image_keys SET last_used_at = $2 WHERE id = $1").bind(id).bind(now);
        update.execute(self.database.pool()).await?;
        Ok(())
    }
}

async fn active(connection: &mut AnyConnection, account: &str) -> Result<i64, StoreError> {
    let count = sqlx::query_scalar("SELECT count(*) FROM image_keys WHERE account = $1 AND is_active = 1");
    Ok(count.bind(account).fetch_one(connection).await?)
}
