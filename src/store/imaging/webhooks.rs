//! Webhooks of accounts, and the messages about the end of a job.
//!
//! ```text
//! job ended ─► active webhooks of its account with its event ─► outbox, in the transaction that ended it
//! deliveries ─► failures in a row ─► off at the limit
//! ```
//!
//! Refuses to know: how messages are signed and sent.

use super::{Inserted, JobRow, PLANE, Updated, accounts::ledger};
use crate::store::{
    StoreError,
    database::{Database, Flag},
    outbox::{self, NewMessage},
};
use sqlx::{AnyConnection, AssertSqlSafe};
use uuid::Uuid;

/// A webhook as stored.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct WebhookRow {
    /// A UUID.
    pub id: String,
    /// Its account.
    pub account: String,
    /// The URL.
    pub url: String,
    /// A JSON array: `job.completed`, `job.failed`, `job.cancelled`.
    pub events: String,
    /// The secret that signs its messages.
    pub secret: String,
    /// Whether messages are sent to it.
    #[sqlx(try_from = "Flag")]
    pub is_active: bool,
    /// Messages in a row that it did not accept.
    pub failure_count: i64,
    /// Milliseconds since 1970 UTC.
    pub created_at: i64,
}

/// A webhook to be stored, which is active.
#[derive(Debug, Clone, Copy)]
pub struct NewWebhook<'a> {
    /// See [`WebhookRow::id`].
    pub id: &'a str,
    /// See [`WebhookRow::account`].
    pub account: &'a str,
    /// See [`WebhookRow::url`].
    pub url: &'a str,
    /// See [`WebhookRow::events`].
    pub events: &'a str,
    /// See [`WebhookRow::secret`].
    pub secret: &'a str,
    /// See [`WebhookRow::created_at`].
    pub created_at: i64,
}

/// Changes to a webhook; none: unchanged.
#[derive(Debug, Clone, Copy, Default)]
pub struct WebhookChange<'a> {
    /// See [`WebhookRow::url`].
    pub url: Option<&'a str>,
    /// See [`WebhookRow::events`].
    pub events: Option<&'a str>,
    /// See [`WebhookRow::is_active`]; true also sets the failures back to 0.
    pub is_active: Option<bool>,
}

/// The columns of a [`WebhookRow`].
const COLUMNS: &str = "id, account, url, events, secret, is_active, failure_count, created_at";

/// The table of accounts' webhooks.
#[derive(Debug, Clone)]
pub struct ImageWebhooks {
    database: Database,
}

impl ImageWebhooks {
    pub(in crate::store) fn new(database: Database) -> Self {
        Self { database }
    }

    /// Stores a webhook, unless the account has `max_active` active ones.
    ///
    /// # Errors
    /// When there is no such account, or the id exists already.
    pub async fn insert(&self, hook: &NewWebhook<'_>, max_active: u32) -> Result<Inserted<WebhookRow>, StoreError> {
        let mut tx = self.database.write().await?;
        let seq = ledger::turn(&mut tx, hook.account).await?.ok_or(sqlx::Error::RowNotFound)?;
        if active(&mut tx, hook.account).await?.len() >= max_active as usize {
            return Ok(Inserted::TooMany);
        }
        let text = format!(
            "INSERT INTO image_webhooks (id, account, seq, url, events, secret, is_active, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, 1, $7) RETURNING {COLUMNS}"
        );
        let insert = sqlx::query_as(AssertSqlSafe(text)).bind(hook.id).bind(hook.account).bind(seq).bind(hook.url);
        let insert = insert.bind(hook.events).bind(hook.secret).bind(hook.created_at);
        let row = insert.fetch_one(&mut *tx).await?;
        tx.commit().await?;
        Ok(Inserted::New(row))
    }

    /// An account's webhooks, oldest first, inactive ones too.
    pub async fn list(&self, account: &str) -> Result<Vec<WebhookRow>, StoreError> {
        let text = format!("SELECT {COLUMNS} FROM image_webhooks WHERE account = $1 ORDER BY seq");
        Ok(sqlx::query_as(AssertSqlSafe(text)).bind(account).fetch_all(self.database.pool()).await?)
    }

    /// The webhook of an id, of any account: the outbox knows ids only.
    pub async fn get(&self, id: &str) -> Result<Option<WebhookRow>, StoreError> {
        let text = format!("SELECT {COLUMNS} FROM image_webhooks WHERE id = $1");
        Ok(sqlx::query_as(AssertSqlSafe(text)).bind(id).fetch_optional(self.database.pool()).await?)
    }

    /// Changes a webhook; it is switched on only while the account has fewer than `max_active` active others.
    pub async fn update(
        &self,
        account: &str,
        id: &str,
        change: WebhookChange<'_>,
        max_active: u32,
    ) -> Result<Updated<WebhookRow>, StoreError> {
        let mut tx = self.database.write().await?;
        if ledger::turn(&mut tx, account).await?.is_none() {
            return Ok(Updated::Unknown);
        }
        let text = format!(
            "UPDATE image_webhooks SET url = COALESCE($3, url), events = COALESCE($4, events),
                 is_active = COALESCE($5, is_active), failure_count = CASE WHEN $5 = 1 THEN 0 ELSE failure_count END
             WHERE id = $1 AND account = $2 RETURNING {COLUMNS}"
        );
        let update = sqlx::query_as(AssertSqlSafe(text)).bind(id).bind(account).bind(change.url).bind(change.events);
        let row: Option<WebhookRow> = update.bind(change.is_active.map(i64::from)).fetch_optional(&mut *tx).await?;
        let Some(row) = row else { return Ok(Updated::Unknown) };
        if change.is_active == Some(true) && active(&mut tx, account).await?.len() > max_active as usize {
            return Ok(Updated::TooMany); // the transaction is dropped
        }
        tx.commit().await?;
        Ok(Updated::Done(row))
    }

    /// Deletes a webhook, with its pending messages; whether it was there.
    pub async fn delete(&self, account: &str, id: &str) -> Result<bool, StoreError> {
        let mut tx = self.database.write().await?;
        // Jobs of the account end in turn too, so none writes to the outbox for it in between.
        if ledger::turn(&mut tx, account).await?.is_none() {
            return Ok(false);
        }
        let delete = sqlx::query("DELETE FROM image_webhooks WHERE id = $1 AND account = $2").bind(id).bind(account);
        if delete.execute(&mut *tx).await?.rows_affected() == 0 {
            return Ok(false);
        }
        outbox::forget(&mut tx, PLANE, id).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Notes whether a webhook accepted a message; it is switched off after `off_after` failures in a row. Its row
    /// afterwards, none when it is gone.
    pub async fn note_delivery(&self, id: &str, ok: bool, off_after: u32) -> Result<Option<WebhookRow>, StoreError> {
        let text = format!(
            "UPDATE image_webhooks SET
                 is_active = CASE WHEN $2 = 0 AND failure_count + 1 >= $3 THEN 0 ELSE is_active END,
                 failure_count = CASE WHEN $2 = 0 THEN failure_count + 1 ELSE 0 END
             WHERE id = $1 RETURNING {COLUMNS}"
        );
        let update = sqlx::query_as(AssertSqlSafe(text)).bind(id).bind(i64::from(ok)).bind(i64::from(off_after));
        Ok(update.fetch_all(self.database.pool()).await?.pop())
    }
}

/// Ids and events of an account's active webhooks.
async fn active(connection: &mut AnyConnection, account: &str) -> Result<Vec<(String, String)>, StoreError> {
    let text = "SELECT id, events FROM image_webhooks WHERE account = $1 AND is_active = 1 ORDER BY seq";
    Ok(sqlx::query_as(text).bind(account).fetch_all(connection).await?)
}

/// Writes a message for each webhook with this event that a job ended, with the job as it is now.
pub(super) async fn announce(connection: &mut AnyConnection, job: &JobRow, now: i64) -> Result<(), StoreError> {
    let event = format!("job.{}", job.status);
    let body = serde_json::to_string(job).map_err(|error| sqlx::Error::Encode(error.into()))?;
    for (id, events) in active(connection, &job.account).await? {
        // Only the API writes events; a value that is not a list of names subscribes to none.
        let wanted: Vec<String> = serde_json::from_str(&events).unwrap_or_default();
        if wanted.contains(&event) {
            let (message, endpoint) = (Uuid::new_v4().to_string(), id.as_str());
            let told = NewMessage { id: &message, plane: PLANE, endpoint, event: &event, body_json: &body, at: now };
            outbox::add(connection, &told).await?;
        }
    }
    Ok(())
}
