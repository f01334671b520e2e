//! Points in time as this plane writes them.

use std::time::SystemTime;
use time::{OffsetDateTime, format_description::BorrowedFormatItem, macros::format_description};

const ISO: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");

/// Milliseconds since 1970 UTC as ISO 8601 with milliseconds, `2026-06-30T12:00:00.000Z`.
pub fn iso(ms: i64) -> String {
    let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(ms) * 1_000_000);
    at.ok().and_then(|at| at.format(ISO).ok()).unwrap_or_default()
}

/// A moment as ISO 8601 with milliseconds.
pub fn iso_of(moment: SystemTime) -> String {
    let since = moment.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    iso(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// Now, as ISO 8601 with milliseconds.
pub fn now_iso() -> String {
    iso_of(SystemTime::now())
}

/// Now, in seconds since 1970 UTC.
pub fn now() -> i64 {
    OffsetDateTime::now_utc().unix_timestamp()
}

#[cfg(test)]
mod tests {
    #[test]
    fn times_are_iso_with_milliseconds_and_z() {
        assert_eq!(super::iso(1_782_820_800_000), "2026-06-30T12:00:00.000Z");
        assert_eq!(super::iso(7), "1970-01-01T00:00:00.007Z");
    }
}
