//! The durable side of image jobs: accounts, ledger, jobs, webhooks.
//!
//! ```text
//! create, retry ─► account's turn ─► charge ─► job pending ─► claim ─► advance ─► complete ─┐
//! cancel, fail, sweep ─► account's turn ─► refund ─► job ended ─────────────────────────────┴─► outbox
//! ```
//!
//! Every arrow line is one transaction. Those that move money first take the account's next turn, a row that is
//! written: both databases let others wait there, so what is read afterwards holds until the end.
//!
//! Refuses to know: pixels, prices, which engine there is, how messages are sent, and the clock.

mod accounts;
mod job;
mod keys;
mod orders;
mod queue;
mod webhooks;

pub use accounts::ledger::{Balance, Entry, EntryKind, LedgerRow};
pub use accounts::{AccountChange, AccountRow, Accounts, NewAccount};
pub use job::{Change, Created, JobQuery, JobRow, NewJob, Terms};
pub use keys::{ImageKeyRow, ImageKeys, NewImageKey};
pub use orders::ImageJobs;
pub use queue::MAX_ATTEMPTS;
pub use webhooks::{ImageWebhooks, NewWebhook, WebhookChange, WebhookRow};

/// The plane's name in the outbox.
pub const PLANE: &str = "lumely";

/// What became of something new of which an account may only have so many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inserted<T> {
    /// It is kept.
    New(T),
    /// The account has as many active ones as it may.
    TooMany,
}

/// What became of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Updated<T> {
    /// It is as it is here.
    Done(T),
    /// The account has as many active ones as it may.
    TooMany,
    /// The account has none of this id.
    Unknown,
}
