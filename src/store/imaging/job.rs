//! A job as stored, and the types of its queries and answers.
//!
//! Refuses to know: the origin of a query, and the use of its answer.

use crate::domain::imaging::JobStatus;
use serde::{Deserialize, Serialize};

/// A job as stored. Its JSON, which the outbox stores, leaves out the fields that concern workers only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, sqlx::FromRow)]
pub struct JobRow {
    /// A UUID.
    pub id: String,
    /// The account that ordered it.
    pub account: String,
    /// Grows within the account, with gaps: the order of lists.
    pub seq: i64,
    /// A service's id.
    pub service: String,
    /// A preset's id.
    pub config: String,
    /// `2K` or `4K`.
    pub resolution: String,
    /// The prompt, as the caller wrote it.
    pub prompt: Option<String>,
    /// A JSON object, as received.
    pub options: Option<String>,
    /// A JSON object, as received.
    pub location: Option<String>,
    /// The object it starts from.
    pub input_path: String,
    /// The object with its mask.
    pub mask_path: Option<String>,
    /// The object with a picture to follow.
    pub reference_path: Option<String>,
    /// The owner's id for it.
    pub reference_id: Option<String>,
    /// Identifies a repeated order; unique within the account.
    pub idempotency_key: Option<String>,
    /// See [`JobRow::state`].
    pub status: String,
    /// The engine that made the result.
    pub engine: Option<String>,
    /// The object with the result.
    pub output_key: Option<String>,
    /// Why there is no result.
    pub error_message: Option<String>,
    /// Its price so far: charges of all runs without refunds.
    pub credits_used: i64,
    /// How often it was charged: 1, and 1 more for each retry.
    pub run: i64,
    /// How often a worker took it in this run.
    pub attempts: i64,
    /// The worker that has or had it.
    #[serde(skip)]
    pub worker: Option<String>,
    /// The right to report on it, a UUID; only while a worker has it.
    #[serde(skip)]
    pub lease: Option<String>,
    /// End of the lease; milliseconds since 1970 UTC.
    #[serde(skip)]
    pub lease_until: Option<i64>,
    /// Start of the wait in this run; milliseconds since 1970 UTC.
    pub queued_at: i64,
    /// Milliseconds since 1970 UTC.
    pub created_at: i64,
    /// When a worker took it first in this run; milliseconds since 1970 UTC.
    pub started_at: Option<i64>,
    /// When it ended, whether completed, failed or cancelled; milliseconds since 1970 UTC.
    pub completed_at: Option<i64>,
    /// Milliseconds since 1970 UTC.
    pub updated_at: i64,
}

impl JobRow {
    /// Its state; none for a status that this version does not know.
    pub fn state(&self) -> Option<JobStatus> {
        JobStatus::from_id(&self.status)
    }
}

/// The columns of a [`JobRow`].
pub(super) const COLUMNS: &str = "id, account, seq, service, config, resolution, prompt, options, location, input_path,
    mask_path, reference_path, reference_id, idempotency_key, status, engine, output_key, error_message, credits_used,
    run, attempts, worker, lease, lease_until, queued_at, created_at, started_at, completed_at, updated_at";

/// A job to be stored. PostgreSQL has no text with a NUL character in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewJob {
    /// See [`JobRow::id`].
    pub id: String,
    /// See [`JobRow::account`].
    pub account: String,
    /// See [`JobRow::service`].
    pub service: String,
    /// See [`JobRow::config`].
    pub config: String,
    /// See [`JobRow::resolution`].
    pub resolution: String,
    /// See [`JobRow::prompt`].
    pub prompt: Option<String>,
    /// See [`JobRow::options`].
    pub options: Option<String>,
    /// See [`JobRow::location`].
    pub location: Option<String>,
    /// See [`JobRow::input_path`].
    pub input_path: String,
    /// See [`JobRow::mask_path`].
    pub mask_path: Option<String>,
    /// See [`JobRow::reference_path`].
    pub reference_path: Option<String>,
    /// See [`JobRow::reference_id`].
    pub reference_id: Option<String>,
    /// See [`JobRow::idempotency_key`].
    pub idempotency_key: Option<String>,
    /// See [`JobRow::created_at`].
    pub created_at: i64,
}

/// The price of a run and the limits of its payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// Credits, not below zero.
    pub cost: i64,
    /// Credits a month; none: no limit.
    pub monthly_limit: Option<i64>,
    /// Start of the month; milliseconds since 1970 UTC.
    pub month_began: i64,
}

/// The outcome of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Created {
    /// It is paid and waits.
    New(JobRow),
    /// It was ordered before, with the same idempotency key: that job. Nothing was charged.
    Same(JobRow),
    /// The account has too few credits.
    Short {
        /// The credits left.
        remaining: i64,
    },
    /// It would exceed the account's monthly limit.
    OverMonth {
        /// Credits used this month.
        used: i64,
        /// Credits that may be used in a month.
        limit: i64,
    },
}

/// The outcome of an owner's change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The job as it is now.
    Done(JobRow),
    /// Its status does not allow the change; the job as it is.
    Not(JobRow),
    /// The account has no such job.
    Unknown,
    /// See [`Created::Short`].
    Short {
        /// The credits left.
        remaining: i64,
    },
    /// See [`Created::OverMonth`].
    OverMonth {
        /// Credits used this month.
        used: i64,
        /// Credits that may be used in a month.
        limit: i64,
    },
}

/// A query for jobs of an account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JobQuery {
    /// Exactly this status.
    pub status: Option<String>,
    /// Exactly this service.
    pub service: Option<String>,
    /// At most this many.
    pub limit: u32,
    /// Without this many first ones.
    pub offset: u64,
}
