//! The workers' side of jobs: a job is taken with a lease that must be renewed, and only the holder of the lease
//! reports on it.
//!
//! ```text
//! claim ─► compressing ─ advance ─► processing ─ complete, fail ─► ended ─► outbox
//!   ▲            └───────── beat ────────┘
//!   └─ lease ran out, fewer than MAX_ATTEMPTS; else sweep ─► failed, refunded
//! ```
//!
//! Claims and beats touch the job's row alone. The end of a job takes the account's turn, as owners do.
//!
//! Refuses to know: the content of jobs, and the workers.

use super::{
    ImageJobs,
    accounts::ledger,
    job::{COLUMNS, JobRow},
    webhooks::announce,
};
use crate::store::StoreError;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

/// How often a job is taken in one run. If the last worker is lost too, the job itself may be the cause.
pub const MAX_ATTEMPTS: i64 = 3;

/// The message for its owner then.
const GIVEN_UP: &str = "Processing stopped unexpectedly several times. The credits were given back; you can retry.";

/// The final state of a job.
enum End<'a> {
    Completed { output_key: &'a str, engine: &'a str },
    Failed { message: &'a str },
}

impl ImageJobs {
    /// Takes the job that has waited longest, or one of a lost worker, for `lease_ms`. No other claim gets it until
    /// then.
    pub async fn claim(&self, worker: &str, now: i64, lease_ms: i64) -> Result<Option<JobRow>, StoreError> {
        let text = format!(
            "UPDATE image_jobs SET status = 'compressing', worker = $1, lease = $2, lease_until = $3,
                 attempts = attempts + 1, started_at = COALESCE(started_at, $4), updated_at = $4
             WHERE id = (SELECT id FROM image_jobs
                         WHERE status IN ('pending', 'compressing', 'processing')
                             AND (status = 'pending' OR (lease_until < $4 AND attempts < {MAX_ATTEMPTS}))
                         ORDER BY queued_at, seq, id LIMIT 1 {})
             RETURNING {COLUMNS}",
            self.database().skip_taken()
        );
        let claim = sqlx::query_as(AssertSqlSafe(text)).bind(worker).bind(Uuid::new_v4().to_string());
        let claim = claim.bind(now.saturating_add(lease_ms)).bind(now);
        // All rows, though there is at most one: the answer is complete only when the change is committed.
        Ok(claim.fetch_all(self.database().pool()).await?.pop())
    }

    /// Renews a lease. False: the job was cancelled, or another worker has it; its result will be refused.
    pub async fn beat(&self, id: &str, lease: &str, now: i64, lease_ms: i64) -> Result<bool, StoreError> {
        let update = "UPDATE image_jobs SET lease_until = $3 WHERE id = $1 AND lease = $2";
        let update = sqlx::query(update).bind(id).bind(lease).bind(now.saturating_add(lease_ms));
        Ok(update.execute(self.database().pool()).await?.rows_affected() > 0)
    }

    /// An engine begins: from `compressing` to `processing`. False as with [`Self::beat`].
    pub async fn advance(&self, id: &str, lease: &str, now: i64) -> Result<bool, StoreError> {
        let update = "UPDATE image_jobs SET status = 'processing', updated_at = $3
                      WHERE id = $1 AND lease = $2 AND status = 'compressing'";
        let update = sqlx::query(update).bind(id).bind(lease).bind(now);
        Ok(update.execute(self.database().pool()).await?.rows_affected() > 0)
    }

    /// There is a result. False as with [`Self::beat`]: the result is refused.
    pub async fn complete(
        &self,
        id: &str,
        lease: &str,
        output_key: &str,
        engine: &str,
        now: i64,
    ) -> Result<bool, StoreError> {
        Ok(self.end(id, Some(lease), End::Completed { output_key, engine }, now).await?.is_some())
    }

    /// The job failed; its charge is refunded. False as with [`Self::beat`].
    pub async fn fail(&self, id: &str, lease: &str, message: &str, now: i64) -> Result<bool, StoreError> {
        Ok(self.end(id, Some(lease), End::Failed { message }, now).await?.is_some())
    }

    /// The worker cannot reach the database or objects that the job needs: it waits behind the others, and this attempt
    /// does not count. False as with [`Self::beat`].
    pub async fn postpone(&self, id: &str, lease: &str, now: i64) -> Result<bool, StoreError> {
        let update = "UPDATE image_jobs SET status = 'pending', worker = NULL, lease = NULL, lease_until = NULL,
                          attempts = attempts - 1, queued_at = $3, started_at = NULL, updated_at = $3
                      WHERE id = $1 AND lease = $2";
        let update = sqlx::query(update).bind(id).bind(lease).bind(now);
        Ok(update.execute(self.database().pool()).await?.rows_affected() > 0)
    }

    /// The worker stops: the job returns to its place in the queue, and this attempt does not count. False as with
    /// [`Self::beat`].
    pub async fn release(&self, id: &str, lease: &str, now: i64) -> Result<bool, StoreError> {
        let update = "UPDATE image_jobs SET status = 'pending', worker = NULL, lease = NULL, lease_until = NULL,
                          attempts = attempts - 1, started_at = NULL, updated_at = $3
                      WHERE id = $1 AND lease = $2";
        let update = sqlx::query(update).bind(id).bind(lease).bind(now);
        Ok(update.execute(self.database().pool()).await?.rows_affected() > 0)
    }

    /// Fails jobs that lost [`MAX_ATTEMPTS`] workers; returns their rows.
    pub async fn sweep(&self, now: i64) -> Result<Vec<JobRow>, StoreError> {
        let lost = format!(
            "SELECT id FROM image_jobs WHERE status IN ('pending', 'compressing', 'processing')
                 AND lease_until < $1 AND attempts >= {MAX_ATTEMPTS}"
        );
        let lost: Vec<String> =
            sqlx::query_scalar(AssertSqlSafe(lost)).bind(now).fetch_all(self.database().pool()).await?;
        let mut failed = Vec::new();
        for id in lost {
            failed.extend(self.end(&id, None, End::Failed { message: GIVEN_UP }, now).await?);
        }
        Ok(failed)
    }

    /// The number of jobs that wait.
    pub async fn depth(&self) -> Result<u64, StoreError> {
        let count = "SELECT count(*) FROM image_jobs
                     WHERE status IN ('pending', 'compressing', 'processing') AND status = 'pending'";
        let count: i64 = sqlx::query_scalar(count).fetch_one(self.database().pool()).await?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// Ends the job that has this lease; without one, if it lost its last worker.
    async fn end(&self, id: &str, lease: Option<&str>, end: End<'_>, now: i64) -> Result<Option<JobRow>, StoreError> {
        let mut tx = self.database().write().await?;
        let Some((_, seq)) = ledger::turn_of_job(&mut tx, id).await? else { return Ok(None) };
        // Written first, so that no worker takes the job over while the credits are moved.
        let (status, output_key, engine, message) = match end {
            End::Completed { output_key, engine } => ("completed", Some(output_key), Some(engine), None),
            End::Failed { message } => ("failed", None, None, Some(message)),
        };
        let text = format!(
            "UPDATE image_jobs SET status = $1, output_key = $2, engine = $3, error_message = $4, lease = NULL,
                 lease_until = NULL, completed_at = $5, updated_at = $5
             WHERE id = $6 AND status IN ('compressing', 'processing')
                 AND (lease = $7 OR ($7 IS NULL AND lease_until < $5 AND attempts >= {MAX_ATTEMPTS}))
             RETURNING {COLUMNS}"
        );
        let update = sqlx::query_as(AssertSqlSafe(text)).bind(status).bind(output_key).bind(engine).bind(message);
        let ended: Option<JobRow> = update.bind(now).bind(id).bind(lease).fetch_optional(&mut *tx).await?;
        let Some(mut row) = ended else { return Ok(None) };
        if matches!(end, End::Failed { .. }) {
            let back = ledger::refund(&mut tx, seq, (id, row.run), now).await?;
            row.credits_used -= back;
            let used = sqlx::query("UPDATE image_jobs SET credits_used = $1 WHERE id = $2");
            used.bind(row.credits_used).bind(id).execute(&mut *tx).await?;
        }
        announce(&mut tx, &row, now).await?;
        tx.commit().await?;
        Ok(Some(row))
    }
}
