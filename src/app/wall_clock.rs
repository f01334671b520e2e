//! The wall clock, for what is written down and what expires. Whatever must be tested takes its time as an argument.

use std::time::{SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970 UTC.
pub fn now_ms() -> i64 {
    unix_ms(SystemTime::now())
}

/// Seconds since 1970 UTC.
pub fn now_secs() -> i64 {
    now_ms().div_euclid(1000)
}

/// A time in milliseconds since 1970 UTC; 0 before that.
pub fn unix_ms(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
