//! The outbox: messages to webhooks of every plane, kept from the change that they report until they are delivered.
//!
//! ```text
//! a change ─► pending ─ take (leased) ─► delivered
//!                ▲            ├─ again ─► pending, later
//!                └─ lease ran out         └─ dead ─► purge
//! ```
//!
//! A message is written exactly once and delivered at least once: a sender may be lost between sending and noting it.
//!
//! Refuses to know: addresses, secrets, and the schedule of retries.

use super::{StoreError, database::Database};
use sqlx::{AnyConnection, AssertSqlSafe};

/// A message as stored.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct OutboxRow {
    /// A UUID.
    pub id: String,
    /// The plane of its webhook.
    pub plane: String,
    /// The webhook's id.
    pub endpoint: String,
    /// The event's type.
    pub event: String,
    /// The object of the event, as it was then, as JSON.
    #[sqlx(rename = "body")]
    pub body_json: String,
    /// `pending`, `delivered` or `dead`.
    pub state: String,
    /// How often it was taken.
    pub attempts: i64,
    /// When it is due; milliseconds since 1970 UTC.
    pub next_at: i64,
    /// End of the sender's lease; milliseconds since 1970 UTC.
    pub lease_until: Option<i64>,
    /// Milliseconds since 1970 UTC.
    pub created_at: i64,
}

/// A message to be stored, due at once.
#[derive(Debug, Clone, Copy)]
pub struct NewMessage<'a> {
    /// See [`OutboxRow::id`].
    pub id: &'a str,
    /// See [`OutboxRow::plane`].
    pub plane: &'a str,
    /// See [`OutboxRow::endpoint`].
    pub endpoint: &'a str,
    /// See [`OutboxRow::event`].
    pub event: &'a str,
    /// See [`OutboxRow::body_json`].
    pub body_json: &'a str,
    /// When it happened; milliseconds since 1970 UTC.
    pub at: i64,
}

const COLUMNS: &str = "id, plane, endpoint, event, body, state, attempts, next_at, lease_until, created_at";

/// The table of messages.
#[derive(Debug, Clone)]
pub struct Outbox {
    database: Database,
}

impl Outbox {
    pub(super) fn new(database: Database) -> Self {
        Self { database }
    }

    /// Takes up to `limit` messages that are due for `lease_ms`, those due longest first. No other take gets them until
    /// then. This attempt is counted.
    pub async fn take(&self, now: i64, limit: u32, lease_ms: i64) -> Result<Vec<OutboxRow>, StoreError> {
        let text = format!(
            "WITH due AS MATERIALIZED (
                 SELECT id FROM outbox
                 WHERE state = 'pending' AND next_at <= $1 AND (lease_until IS NULL OR lease_until < $1)
                 ORDER BY next_at, created_at, id LIMIT $2 {})
             UPDATE outbox SET attempts = attempts + 1, lease_until = $3
             WHERE id IN (SELECT id FROM due) RETURNING {COLUMNS}",
            self.database.skip_taken()
        );
        let take = sqlx::query_as(AssertSqlSafe(text)).bind(now).bind(i64::from(limit));
        let mut rows: Vec<OutboxRow> = take.bind(now.saturating_add(lease_ms)).fetch_all(self.database.pool()).await?;
        rows.sort_by(|a, b| (a.next_at, a.created_at, &a.id).cmp(&(b.next_at, b.created_at, &b.id)));
        Ok(rows)
    }

    /// It was delivered. False: it is gone, or ended before.
    pub async fn delivered(&self, id: &str, now: i64) -> Result<bool, StoreError> {
        self.end(id, "delivered", now).await
    }

    /// It is given up. False as with [`Self::delivered`].
    pub async fn dead(&self, id: &str, now: i64) -> Result<bool, StoreError> {
        self.end(id, "dead", now).await
    }

    /// It is tried again at `next_at`. False as with [`Self::delivered`].
    pub async fn again(&self, id: &str, next_at: i64) -> Result<bool, StoreError> {
        let update = "UPDATE outbox SET next_at = $2, lease_until = NULL WHERE id = $1 AND state = 'pending'";
        let update = sqlx::query(update).bind(id).bind(next_at);
        Ok(update.execute(self.database.pool()).await?.rows_affected() > 0)
    }

    /// Deletes messages that ended before a time; how many.
    pub async fn purge(&self, before: i64) -> Result<u64, StoreError> {
        let delete = sqlx::query("DELETE FROM outbox WHERE state <> 'pending' AND ended_at < $1").bind(before);
        Ok(delete.execute(self.database.pool()).await?.rows_affected())
    }

    /// How many wait to be delivered.
    pub async fn depth(&self) -> Result<u64, StoreError> {
        let count = sqlx::query_scalar("SELECT count(*) FROM outbox WHERE state = 'pending'");
        let count: i64 = count.fetch_one(self.database.pool()).await?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    async fn end(&self, id: &str, state: &str, now: i64) -> Result<bool, StoreError> {
        let update = "UPDATE outbox SET state = $2, ended_at = $3, lease_until = NULL
                      WHERE id = $1 AND state = 'pending'";
        let update = sqlx::query(update).bind(id).bind(state).bind(now);
        Ok(update.execute(self.database.pool()).await?.rows_affected() > 0)
    }
}

/// Writes a message, in the transaction of the change that it reports. A message with an existing id is ignored.
pub(super) async fn add(connection: &mut AnyConnection, message: &NewMessage<'_>) -> Result<(), StoreError> {
    let insert = "INSERT INTO outbox (id, plane, endpoint, event, body, state, next_at, created_at)
                  VALUES ($1, $2, $3, $4, $5, 'pending', $6, $6) ON CONFLICT (id) DO NOTHING";
    let insert = sqlx::query(insert).bind(message.id).bind(message.plane).bind(message.endpoint).bind(message.event);
    insert.bind(message.body_json).bind(message.at).execute(connection).await?;
    Ok(())
}

/// Deletes the pending messages of a webhook.
pub(super) async fn forget(connection: &mut AnyConnection, plane: &str, endpoint: &str) -> Result<(), StoreError> {
    let delete = "DELETE FROM outbox WHERE plane = $1 AND endpoint = $2 AND state = 'pending'";
    sqlx::query(delete).bind(plane).bind(endpoint).execute(connection).await?;
    Ok(())
}
