//! Rows of camera keys. A revoked key has no row.
//!
//! Refuses to know: raw keys, and which camera is connected.

use super::{
    StoreError,
    database::{Database, is_text},
};

/// A camera's key as stored.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct CameraRow {
    /// `wsi_` and 12 hexadecimal digits.
    pub id: String,
    /// The app it belongs to.
    pub app: String,
    /// The room it opens, namespaced.
    pub room: String,
    /// The participant's identity, unless the camera names itself.
    pub identity: String,
    /// The beginning of the key, which identifies it in lists.
    pub shown: String,
    /// Milliseconds since 1970 UTC.
    pub created_at: i64,
}

/// The table of camera keys.
#[derive(Debug, Clone)]
pub struct CameraRows {
    database: Database,
}

impl CameraRows {
    pub(super) fn new(database: Database) -> Self {
        Self { database }
    }

    /// Stores a key with this SHA-256. Fails when id or hash exists already.
    pub async fn insert(&self, row: &CameraRow, hash: &[u8; 32]) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO camera_keys (id, app, room, identity, hash, shown, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(&row.id)
        .bind(&row.app)
        .bind(&row.room)
        .bind(&row.identity)
        .bind(hash.as_slice())
        .bind(&row.shown)
        .bind(row.created_at)
        .execute(self.database.pool())
        .await?;
        Ok(())
    }

    /// An app's keys, newest first.
    pub async fn list(&self, app: &str) -> Result<Vec<CameraRow>, StoreError> {
        let query = sqlx::query_as(
            "SELECT id, app, room, identity, shown, created_at FROM camera_keys WHERE app = $1 ORDER BY seq DESC",
        );
        Ok(query.bind(app).fetch_all(self.database.pool()).await?)
    }

    /// The key with this SHA-256, of any app.
    pub async fn find_by_hash(&self, hash: &[u8; 32]) -> Result<Option<CameraRow>, StoreError> {
        let query =
            sqlx::query_as("SELECT id, app, room, identity, shown, created_at FROM camera_keys WHERE hash = $1");
        Ok(query.bind(hash.as_slice()).fetch_optional(self.database.pool()).await?)
    }

    /// Deletes a key of an app; whether it was there.
    pub async fn delete(&self, app: &str, id: &str) -> Result<bool, StoreError> {
        if !is_text(id) {
            return Ok(false);
        }
        let delete = sqlx::query("DELETE FROM camera_keys WHERE app = $1 AND id = $2");
        Ok(delete.bind(app).bind(id).execute(self.database.pool()).await?.rows_affected() > 0)
    }
}
