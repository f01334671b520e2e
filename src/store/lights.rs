//! What the lights keep: a few values by their names.
//!
//! Refuses to know: what a value says.

use super::StoreError;
use sqlx::sqlite::SqlitePool;

/// The values.
#[derive(Debug, Clone)]
pub struct LightMemory {
    pool: SqlitePool,
}

impl LightMemory {
    pub(super) fn new(pool: SqlitePool) -> Self {
        Self { pool }
    }

    /// A value as it was put.
    pub async fn get(&self, name: &str) -> Result<Option<String>, StoreError> {
        let sql = "SELECT value FROM light_memory WHERE name = ?";
        Ok(sqlx::query_scalar(sql).bind(name).fetch_optional(&self.pool).await?)
    }

    /// Puts a value in the place of what was there.
    pub async fn put(&self, name: &str, value: &str) -> Result<(), StoreError> {
        let sql = "INSERT INTO light_memory (name, value) VALUES (?, ?)
            ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        sqlx::query(sql).bind(name).bind(value).execute(&self.pool).await?;
        Ok(())
    }
}
