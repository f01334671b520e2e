//! Points in time as this plane writes them.

pub use crate::protocol::iso::iso;

use crate::app::wall_clock::{now_secs, unix_ms};
use std::time::SystemTime;

/// A moment as ISO 8601 with milliseconds.
pub fn iso_of(moment: SystemTime) -> String {
    iso(unix_ms(moment))
}

/// Now, as ISO 8601 with milliseconds.
pub fn now_iso() -> String {
    iso_of(SystemTime::now())
}

/// Now, in seconds since 1970 UTC.
pub fn now() -> i64 {
    now_secs()
}
