//! How many requests each account may still send: an exact minute for each.
//!
//! Refuses to know: accounts beyond their id and limit, headers.

use crate::api::limits::{Bucket, Level};
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// What limits are counted over.
pub const WINDOW: Duration = Duration::from_secs(60);

/// The limits of all accounts. Kept in memory: a restart forgives.
#[derive(Debug, Default)]
pub struct Limits(Mutex<Table>);

#[derive(Debug, Default)]
struct Table {
    buckets: HashMap<String, Bucket>,
    /// When accounts that had sent nothing for a window were last forgotten.
    swept: Duration,
}

impl Limits {
    /// Counts a request of an account that may send `rpm` in a minute; `Err` when it must be refused, which costs
    /// nothing. Either way the level for the headers. `now` is since any fixed moment.
    pub fn take(&self, account: &str, rpm: u32, now: Duration) -> Result<Level, Level> {
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if now.saturating_sub(table.swept) >= WINDOW {
            table.swept = now;
            table.buckets.retain(|_, bucket| {
                let level = bucket.level(now);
                level.remaining < level.limit
            });
        }
        let capacity = usize::try_from(rpm).unwrap_or(usize::MAX);
        if !table.buckets.contains_key(account) {
            table.buckets.insert(account.to_owned(), Bucket::new(capacity, WINDOW));
        }
        let Some(bucket) = table.buckets.get_mut(account) else { return Err(unauthenticated(capacity)) };
        bucket.resize(capacity);
        if bucket.take(now) { Ok(bucket.level(now)) } else { Err(bucket.level(now)) }
    }
}

/// The level of a request that is not counted: the whole limit, in a minute that begins now.
pub fn unauthenticated(limit: usize) -> Level {
    Level { limit, remaining: limit, reset: WINDOW }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn each_account_has_its_own_minute() {
        let limits = Limits::default();
        for left in [2, 1, 0] {
            assert_eq!(limits.take("a", 3, Duration::ZERO).map(|level| level.remaining), Ok(left));
        }
        let full = Level { limit: 3, remaining: 0, reset: 59 * SECOND };
        assert_eq!(limits.take("a", 3, SECOND), Err(full));
        assert_eq!(limits.take("b", 120, SECOND).map(|level| (level.limit, level.remaining)), Ok((120, 119)));
        assert!(limits.take("a", 3, WINDOW).is_ok());
    }

    #[test]
    fn a_changed_limit_holds_from_the_next_request_on() {
        let limits = Limits::default();
        assert!(limits.take("a", 1, Duration::ZERO).is_ok());
        assert!(limits.take("a", 1, Duration::ZERO).is_err());
        assert_eq!(limits.take("a", 3, SECOND).map(|level| level.remaining), Ok(1));
    }

    #[test]
    fn accounts_that_are_quiet_are_forgotten() {
        let limits = Limits::default();
        for n in 0..100 {
            assert!(limits.take(&format!("account {n}"), 30, Duration::ZERO).is_ok());
        }
        assert!(limits.take("late", 30, WINDOW - SECOND).is_ok());
        assert!(limits.take("other", 30, WINDOW).is_ok());
        let table = limits.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut left: Vec<_> = table.buckets.keys().cloned().collect();
        left.sort();
        assert_eq!(left, ["late", "other"]);
    }
}
