//! The owner's side of jobs: ordered and paid, read, cancelled, ordered again.
//!
//! ```text
//! turn ─► ordered before? ─► enough credits? ─► charge ─► row
//! turn ─► the row, held ─► may it? ─► refund, or charge again ─► row ─► outbox
//! ```
//!
//! Refuses to know: workers, prices, and earlier validation.

use super::{
    accounts::ledger::{self, Entry, EntryKind},
    job::{COLUMNS, Change, Created, JobQuery, JobRow, NewJob, Terms},
    webhooks::announce,
};
use crate::{
    domain::imaging::JobStatus,
    store::{StoreError, database::Database},
};
use sqlx::{Any, AnyConnection, AssertSqlSafe, Transaction};

/// The table of jobs.
#[derive(Debug, Clone)]
pub struct ImageJobs {
    database: Database,
}

/// Why a run cannot be paid.
enum Unpaid {
    Short { remaining: i64 },
    OverMonth { used: i64, limit: i64 },
}

impl ImageJobs {
    pub(in crate::store) fn new(database: Database) -> Self {
        Self { database }
    }

    pub(super) fn database(&self) -> &Database {
        &self.database
    }

    /// Orders a job: it is charged and waits, or nothing happens.
    ///
    /// # Errors
    /// When there is no such account.
    pub async fn create(&self, job: &NewJob, terms: &Terms) -> Result<Created, StoreError> {
        let mut tx = self.database.write().await?;
        let seq = ledger::turn(&mut tx, &job.account).await?.ok_or(sqlx::Error::RowNotFound)?;
        if let Some(key) = &job.idempotency_key {
            let text = format!("SELECT {COLUMNS} FROM image_jobs WHERE account = $1 AND idempotency_key = $2");
            let same = sqlx::query_as(AssertSqlSafe(text)).bind(&job.account).bind(key).fetch_optional(&mut *tx);
            if let Some(same) = same.await? {
                return Ok(Created::Same(same));
            }
        }
        match pay(&mut tx, &job.account, seq, (&job.id, 1), terms, job.created_at).await? {
            Err(Unpaid::Short { remaining }) => return Ok(Created::Short { remaining }),
            Err(Unpaid::OverMonth { used, limit }) => return Ok(Created::OverMonth { used, limit }),
            Ok(()) => {}
        }
        let row = insert(&mut tx, job, seq, terms.cost).await?;
        tx.commit().await?;
        Ok(Created::New(row))
    }

    /// A job of an account.
    pub async fn get(&self, account: &str, id: &str) -> Result<Option<JobRow>, StoreError> {
        let text = format!("SELECT {COLUMNS} FROM image_jobs WHERE id = $1 AND account = $2");
        let one = sqlx::query_as(AssertSqlSafe(text)).bind(id).bind(account);
        Ok(one.fetch_optional(self.database.pool()).await?)
    }

    /// The job of an account that was ordered with this key.
    pub async fn by_idempotency_key(&self, account: &str, key: &str) -> Result<Option<JobRow>, StoreError> {
        let text = format!("SELECT {COLUMNS} FROM image_jobs WHERE account = $1 AND idempotency_key = $2");
        let one = sqlx::query_as(AssertSqlSafe(text)).bind(account).bind(key);
        Ok(one.fetch_optional(self.database.pool()).await?)
    }

    /// A page of an account's jobs, newest first, and how many there are on all pages.
    pub async fn page(&self, account: &str, query: &JobQuery) -> Result<(Vec<JobRow>, u64), StoreError> {
        const CHOSEN: &str = "FROM image_jobs WHERE account = $1 AND ($2 IS NULL OR status = $2)
                              AND ($3 IS NULL OR service = $3)";
        let mut reading = self.database.read().await?;
        let total: i64 = sqlx::query_scalar(AssertSqlSafe(format!("SELECT count(*) {CHOSEN}")))
            .bind(account)
            .bind(&query.status)
            .bind(&query.service)
            .fetch_one(&mut *reading)
            .await?;
        let page = format!("SELECT {COLUMNS} {CHOSEN} ORDER BY seq DESC LIMIT $4 OFFSET $5");
        let rows = sqlx::query_as(AssertSqlSafe(page))
            .bind(account)
            .bind(&query.status)
            .bind(&query.service)
            .bind(i64::from(query.limit))
            .bind(i64::try_from(query.offset).unwrap_or(i64::MAX))
            .fetch_all(&mut *reading)
            .await?;
        Ok((rows, u64::try_from(total).unwrap_or(0)))
    }

    /// Cancels a job. Its charge is refunded unless an engine works on it already.
    pub async fn cancel(&self, account: &str, id: &str, now: i64) -> Result<Change, StoreError> {
        let mut tx = self.database.write().await?;
        let Some((row, seq)) = held(&mut tx, account, id).await? else { return Ok(Change::Unknown) };
        let Some(status) = row.state().filter(|status| status.can_cancel()) else { return Ok(Change::Not(row)) };
        let back = match status {
            JobStatus::Processing => 0,
            _ => ledger::refund(&mut tx, seq, (id, row.run), now).await?,
        };
        let text = format!(
            "UPDATE image_jobs SET status = 'cancelled', lease = NULL, lease_until = NULL,
                 credits_used = credits_used - $2, completed_at = $3, updated_at = $3
             WHERE id = $1 RETURNING {COLUMNS}"
        );
        let row = sqlx::query_as(AssertSqlSafe(text)).bind(id).bind(back).bind(now).fetch_one(&mut *tx).await?;
        announce(&mut tx, &row, now).await?;
        tx.commit().await?;
        Ok(Change::Done(row))
    }

    /// Orders a job that failed or was cancelled again: it is charged anew and waits behind the others.
    pub async fn retry(&self, account: &str, id: &str, now: i64, terms: &Terms) -> Result<Change, StoreError> {
        let mut tx = self.database.write().await?;
        let Some((row, seq)) = held(&mut tx, account, id).await? else { return Ok(Change::Unknown) };
        if !row.state().is_some_and(JobStatus::can_retry) {
            return Ok(Change::Not(row));
        }
        match pay(&mut tx, account, seq, (id, row.run + 1), terms, now).await? {
            Err(Unpaid::Short { remaining }) => return Ok(Change::Short { remaining }),
            Err(Unpaid::OverMonth { used, limit }) => return Ok(Change::OverMonth { used, limit }),
            Ok(()) => {}
        }
        let text = format!(
            "UPDATE image_jobs SET status = 'pending', run = run + 1, attempts = 0, worker = NULL, engine = NULL,
                 output_key = NULL, error_message = NULL, credits_used = credits_used + $2, queued_at = $3,
                 started_at = NULL, completed_at = NULL, updated_at = $3
             WHERE id = $1 RETURNING {COLUMNS}"
        );
        let row = sqlx::query_as(AssertSqlSafe(text)).bind(id).bind(terms.cost).bind(now).fetch_one(&mut *tx).await?;
        tx.commit().await?;
        Ok(Change::Done(row))
    }
}

/// A job of an account, once the account's turn is taken; no other owner's request changes it until the transaction
/// ends. Workers claim and advance without a turn, so the row itself is written too.
async fn held(
    tx: &mut Transaction<'static, Any>,
    account: &str,
    id: &str,
) -> Result<Option<(JobRow, i64)>, StoreError> {
    let Some(seq) = ledger::turn(tx, account).await? else { return Ok(None) };
    let text =
        format!("UPDATE image_jobs SET updated_at = updated_at WHERE id = $1 AND account = $2 RETURNING {COLUMNS}");
    let row = sqlx::query_as(AssertSqlSafe(text)).bind(id).bind(account).fetch_optional(&mut **tx).await?;
    Ok(row.map(|row| (row, seq)))
}

/// Charges a run of a job, if the account has enough credits and stays within its limit.
async fn pay(
    connection: &mut AnyConnection,
    account: &str,
    seq: i64,
    job: (&str, i64),
    terms: &Terms,
    at: i64,
) -> Result<Result<(), Unpaid>, StoreError> {
    let has = ledger::balance(connection, account, terms.month_began).await?;
    if has.remaining < terms.cost {
        return Ok(Err(Unpaid::Short { remaining: has.remaining }));
    }
    let used = has.used_this_month;
    if let Some(limit) = terms.monthly_limit.filter(|limit| used.saturating_add(terms.cost) > *limit) {
        return Ok(Err(Unpaid::OverMonth { used, limit }));
    }
    let charge = Entry { kind: EntryKind::Charge, amount: -terms.cost, note: None, job: Some(job), at };
    ledger::put(connection, account, seq, &charge).await?;
    Ok(Ok(()))
}

async fn insert(connection: &mut AnyConnection, job: &NewJob, seq: i64, cost: i64) -> Result<JobRow, StoreError> {
    let text = format!(
        "INSERT INTO image_jobs (id, account, seq, service, config, resolution, prompt, options, location, input_path,
             mask_path, reference_path, reference_id, idempotency_key, status, credits_used, queued_at, created_at,
             updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 'pending', $15, $16, $16, $16)
         RETURNING {COLUMNS}"
    );
    let insert = sqlx::query_as(AssertSqlSafe(text)).bind(&job.id).bind(&job.account).bind(seq).bind(&job.service);
    let insert = insert.bind(&job.config).bind(&job.resolution).bind(&job.prompt).bind(&job.options);
    let insert = insert.bind(&job.location).bind(&job.input_path).bind(&job.mask_path).bind(&job.reference_path);
    let insert = insert.bind(&job.reference_id).bind(&job.idempotency_key).bind(cost).bind(job.created_at);
    Ok(insert.fetch_one(connection).await?)
}
