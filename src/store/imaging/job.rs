//! A job as it is kept, and what is asked and answered about it.
//!
//! Refuses to know: how it is asked, and what is made of it.

use crate::domain::imaging::JobStatus;
use serde::{Deserialize, Serialize};

/// A job as it is kept. As JSON, which is what the outbox holds, it is without what concerns workers only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, sqlx::FromRow)]
pub struct JobRow {
    /// A UUID.
    pub id: String,
    /// The account it is for.
    pub account: String,
    /// Grows within the account, with gaps: the order of lists.
    pub seq: i64,
    /// A service's id.
    pub service: String,
    /// A preset's id.
    pub config: String,
    /// `2K` or `4K`.
    pub resolution: String,
    /// In the asker's own words.
    pub prompt: Option<String>,
    /// A JSON object, as it came.
    pub options: Option<String>,
    /// A JSON object, as it came.
    pub location: Option<String>,
    /// The object it starts from.
    pub input_path: String,
    /// The object that confines it.
    pub mask_path: Option<String>,
    /// The object it follows.
    pub reference_path: Option<String>,
    /// What its owner calls it.
    pub reference_id: Option<String>,
    /// By which a repeated order is known; unique within the account.
    pub idempotency_key: Option<String>,
    /// See [`JobRow::state`].
    pub status: String,
    /// Who made the result.
    pub engine: Option<String>,
    /// The object that is the result.
    pub output_key: Option<String>,
    /// Why there is none.
    pub error_message: Option<String>,
    /// What it cost so far: charges of all runs without what was given back.
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
    /// How long the right lasts; milliseconds since 1970 UTC.
    #[serde(skip)]
    pub lease_until: Option<i64>,
    /// Since when it waits in this run; milliseconds since 1970 UTC.
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
    /// Where it is in its life; none would be a status that this version does not know.
    pub fn state(&self) -> Option<JobStatus> {
        JobStatus::from_id(&self.status)
    }
}

/// The columns of a [`JobRow`].
pub(super) const COLUMNS: &str = "id, account, seq, service, config, resolution, prompt, options, location, input_path,
    mask_path, reference_path, reference_id, idempotency_key, status, engine, output_key, error_message, credits_used,
    run, attempts, worker, lease, lease_until, queued_at, created_at, started_at, completed_at, updated_at";

/// A job to be kept. PostgreSQL has no text with a NUL character in it.
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

/// What a run costs and how it is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// Credits, not below zero.
    pub cost: i64,
    /// Credits a month; none: as many as the account has.
    pub monthly_limit: Option<i64>,
    /// Since when it counts; milliseconds since 1970 UTC.
    pub month_began: i64,
}

/// What became of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Created {
    /// It is paid and waits.
    New(JobRow),
    /// It was ordered before, with the same idempotency key: that job. Nothing was charged.
    Same(JobRow),
    /// The account has too little.
    Short {
        /// What it has.
        remaining: i64,
    },
    /// It would be more than the account may use in a month.
    OverMonth {
        /// What it used.
        used: i64,
        /// What it may.
        limit: i64,
    },
}

/// What became of a change that an owner asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The job as it is now.
    Done(JobRow),
    /// Its status does not allow it; the job as it is.
    Not(JobRow),
    /// The account has no such job.
    Unknown,
    /// See [`Created::Short`].
    Short {
        /// What it has.
        remaining: i64,
    },
    /// See [`Created::OverMonth`].
    OverMonth {
        /// What it used.
        used: i64,
        /// What it may.
        limit: i64,
    },
}

/// Which of an account's jobs are looked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JobQuery {
    /// Exactly this status.
    pub status: Option<String>,
    /// Exactly this service.
    pub service: Option<String>,
    /// At most so many.
    pub limit: u32,
    /// Without so many first ones.
    pub offset: u64,
}
