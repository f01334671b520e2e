//! Image jobs: accounts and their credits, uploads, jobs, keys, webhooks, and the worker that makes the pictures.
//!
//! ```text
//! plane ─► callers (accounts) ─► uploads, jobs ─► rows, objects ◄─ worker ─► engines
//!                                   └─ nudge ─────────────────────────┘
//! ```
//!
//! Refuses to know: HTTP, JSON of the plane, pixels, SQL.

pub mod accounts;
pub mod callers;
pub mod hooks;
pub mod jobs;
pub mod keys;
pub mod refusal;
pub mod results;
pub mod sweep;
pub mod tokens;
pub mod uploads;
pub mod worker;

use time::{Date, OffsetDateTime, Time};

/// When the month of a moment began, in UTC; both in milliseconds since 1970.
fn month_began(now: i64) -> i64 {
    let at = OffsetDateTime::from_unix_timestamp(now / 1000).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let first = Date::from_calendar_date(at.year(), at.month(), 1).unwrap_or(Date::MIN);
    OffsetDateTime::new_utc(first, Time::MIDNIGHT).unix_timestamp().saturating_mul(1000)
}

/// This many random bytes as lower-case hex digits.
fn random_hex<const N: usize>() -> String {
    rand::random::<[u8; N]>().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_begins_on_its_first_day_at_midnight() {
        // 2026-11-22T22:00:00Z and 2026-11-01T00:00:00Z.
        assert_eq!(month_began(1_795_384_800_000), 1_793_491_200_000);
        assert_eq!(month_began(1_793_491_200_000), 1_793_491_200_000);
    }
}
