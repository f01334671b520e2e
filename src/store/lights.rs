//! The stored state of the lights: a few values by their names.
//!
//! Refuses to know: the meaning of values.

use super::{StoreError, database::Database};

/// The values.
#[derive(Debug, Clone)]
pub struct LightMemory {
    database: Database,
}

impl LightMemory {
    pub(super) fn new(database: Database) -> Self {
        Self { database }
    }

    /// A value as it was put.
    pub async fn get(&self, name: &str) -> Result<Option<String>, StoreError> {
        let select = sqlx::query_scalar("SELECT value FROM light_memory WHERE name = $1").bind(name);
        Ok(select.fetch_optional(self.database.pool()).await?)
    }

    /// Puts a value in the place of what was there.
    pub async fn put(&self, name: &str, value: &str) -> Result<(), StoreError> {
        let put = "INSERT INTO light_memory (name, value) VALUES ($1, $2)
                   ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        sqlx::query(put).bind(name).bind(value).execute(self.database.pool()).await?;
        Ok(())
    }
}
