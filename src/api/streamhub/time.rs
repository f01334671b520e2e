//! Points in time as this plane writes them.

pub use crate::api::iso::iso;

use std::time::SystemTime;
use time::OffsetDateTime;

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
