//! Points in time as ISO 8601 with milliseconds in UTC, `2026-06-30T12:00:00.000Z`.
//!
//! Refuses to know: clocks, time zones.

use time::{OffsetDateTime, format_description::BorrowedFormatItem, macros::format_description};

const ISO: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");

/// Milliseconds since 1970 UTC in that form; empty for years that it cannot write.
pub fn iso(ms: i64) -> String {
    let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(ms) * 1_000_000);
    at.ok().and_then(|at| at.format(ISO).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #[test]
    fn times_are_iso_with_milliseconds_and_z() {
        assert_eq!(super::iso(1_782_820_800_000), "2026-06-30T12:00:00.000Z");
        assert_eq!(super::iso(7), "1970-01-01T00:00:00.007Z");
        assert_eq!(super::iso(i64::MAX), "");
    }
}
