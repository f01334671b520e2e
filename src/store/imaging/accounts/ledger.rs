//! Credits: rows that are added and never changed. What an account has is their sum and is written nowhere else.
//!
//! ```text
//! turn ─► balance, used ─► enough? ─► charge (job, run)
//!   └───────────────────────────────► refund of what (job, run) was charged
//! ```
//!
//! Refuses to know: what a job is, and what it costs.

use super::Accounts;
use crate::store::StoreError;
use sqlx::{Any, AnyConnection, Transaction};

/// Why credits came or went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// Given.
    Grant,
    /// Bought.
    Topup,
    /// Charged for a job.
    Charge,
    /// Refunded.
    Refund,
    /// Corrected by hand, up or down.
    Adjust,
}

impl EntryKind {
    /// Its name.
    pub fn id(self) -> &'static str {
        match self {
            Self::Grant => "grant",
            Self::Topup => "topup",
            Self::Charge => "charge",
            Self::Refund => "refund",
            Self::Adjust => "adjust",
        }
    }
}

/// A movement to be noted.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// Why.
    pub kind: EntryKind,
    /// Credits: below zero only with `Charge` (always, or zero) and `Adjust`.
    pub amount: i64,
    /// In words.
    pub note: Option<&'a str>,
    /// The job and its run; at most one row of a kind for each.
    pub job: Option<(&'a str, i64)>,
    /// Milliseconds since 1970 UTC.
    pub at: i64,
}

/// A movement as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct LedgerRow {
    /// The account.
    pub account: String,
    /// Grows within the account, with gaps.
    pub seq: i64,
    /// See [`EntryKind::id`].
    pub kind: String,
    /// Credits; what is taken is below zero.
    pub amount: i64,
    /// In words.
    pub note: Option<String>,
    /// The job it is about.
    pub job: Option<String>,
    /// The job's run.
    pub run: Option<i64>,
    /// Milliseconds since 1970 UTC.
    pub at: i64,
}

/// What an account has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Balance {
    /// The sum of all rows; below zero only by hand.
    pub remaining: i64,
    /// What ever came in: grants, top-ups and corrections.
    pub total: i64,
    /// Charges since the month began, without those given back.
    pub used_this_month: i64,
}

impl Accounts {
    /// Notes a movement; none when there is no such account. The balance may go below zero.
    ///
    /// # Errors
    /// When the amount's sign does not go with its kind, or the job's run has a row of the kind already.
    pub async fn post(&self, account: &str, entry: &Entry<'_>) -> Result<Option<LedgerRow>, StoreError> {
        let mut tx = self.database().write().await?;
        let Some(seq) = turn(&mut tx, account).await? else { return Ok(None) };
        let row = put(&mut tx, account, seq, entry).await?;
        tx.commit().await?;
        Ok(Some(row))
    }

    /// A page of the ledger, newest first.
    pub async fn ledger(&self, account: &str, limit: u32, offset: u64) -> Result<Vec<LedgerRow>, StoreError> {
        let page = "SELECT account, seq, kind, amount, note, job, run, at FROM image_ledger
                    WHERE account = $1 ORDER BY seq DESC LIMIT $2 OFFSET $3";
        let page = sqlx::query_as(page).bind(account).bind(i64::from(limit));
        Ok(page.bind(i64::try_from(offset).unwrap_or(i64::MAX)).fetch_all(self.database().pool()).await?)
    }

    /// What an account has, and what it used since `month_began` (milliseconds since 1970 UTC). An unknown account has
    /// nothing.
    pub async fn balance(&self, account: &str, month_began: i64) -> Result<Balance, StoreError> {
        balance(&mut *self.database().pool().acquire().await?, account, month_began).await
    }
}

/// Takes the account's next turn, and keeps all others from it until the transaction ends. None: no such account.
pub(in crate::store::imaging) async fn turn(
    tx: &mut Transaction<'static, Any>,
    account: &str,
) -> Result<Option<i64>, StoreError> {
    let next = sqlx::query_scalar("UPDATE image_accounts SET turn = turn + 1 WHERE id = $1 RETURNING turn");
    Ok(next.bind(account).fetch_optional(&mut **tx).await?)
}

/// The same, for the account of a job; its id too.
pub(in crate::store::imaging) async fn turn_of_job(
    tx: &mut Transaction<'static, Any>,
    job: &str,
) -> Result<Option<(String, i64)>, StoreError> {
    let next = "UPDATE image_accounts SET turn = turn + 1
                WHERE id = (SELECT account FROM image_jobs WHERE id = $1) RETURNING id, turn";
    Ok(sqlx::query_as(next).bind(job).fetch_optional(&mut **tx).await?)
}

/// Adds a row.
pub(in crate::store::imaging) async fn put(
    connection: &mut AnyConnection,
    account: &str,
    seq: i64,
    entry: &Entry<'_>,
) -> Result<LedgerRow, StoreError> {
    let insert = "INSERT INTO image_ledger (account, seq, kind, amount, note, job, run, at)
                  VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
                  RETURNING account, seq, kind, amount, note, job, run, at";
    let insert = sqlx::query_as(insert).bind(account).bind(seq).bind(entry.kind.id()).bind(entry.amount);
    let insert = insert.bind(entry.note).bind(entry.job.map(|(job, _)| job)).bind(entry.job.map(|(_, run)| run));
    Ok(insert.bind(entry.at).fetch_one(connection).await?)
}

/// Gives back what a run of a job was charged: how much, 0 if it was given back before or never taken.
pub(in crate::store::imaging) async fn refund(
    connection: &mut AnyConnection,
    seq: i64,
    (job, run): (&str, i64),
    at: i64,
) -> Result<i64, StoreError> {
    let insert = "INSERT INTO image_ledger (account, seq, kind, amount, job, run, at)
                  SELECT account, $1, 'refund', -amount, job, run, $2 FROM image_ledger
                  WHERE job = $3 AND run = $4 AND kind = 'charge'
                  ON CONFLICT (job, run, kind) DO NOTHING RETURNING amount";
    let insert = sqlx::query_scalar(insert).bind(seq).bind(at).bind(job).bind(run);
    Ok(insert.fetch_optional(connection).await?.unwrap_or(0))
}

/// See [`Accounts::balance`].
pub(in crate::store::imaging) async fn balance(
    connection: &mut AnyConnection,
    account: &str,
    month_began: i64,
) -> Result<Balance, StoreError> {
    // A refund counts for the month of its charge. PostgreSQL's sums are of no type that both have, hence the casts.
    let sums = "SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) AS remaining,
                       CAST(COALESCE(SUM(CASE WHEN kind IN ('grant', 'topup', 'adjust') THEN amount END), 0) AS BIGINT)
                           AS total,
                       (SELECT CAST(COALESCE(SUM(-charge.amount - COALESCE(refund.amount, 0)), 0) AS BIGINT)
                        FROM image_ledger charge LEFT JOIN image_ledger refund
                            ON refund.job = charge.job AND refund.run = charge.run AND refund.kind = 'refund'
                        WHERE charge.account = $1 AND charge.kind = 'charge' AND charge.at >= $2) AS used_this_month
                FROM image_ledger WHERE account = $1";
    Ok(sqlx::query_as(sums).bind(account).bind(month_began).fetch_one(connection).await?)
}
