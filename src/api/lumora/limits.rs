//! The documented limits of a workspace: a burst ceiling for each 60 s and a daily one for each rolling 24 h.
//!
//! A request passes only where both have room. The headers describe the one with less left, in the terms of the IETF
//! draft on rate limit headers: `RateLimit-Reset` counts seconds from now.

use crate::api::limits::{Bucket, Level};
use std::time::Duration;

/// The plans with API access and fixed limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plan {
    /// 100 a minute, 10,000 a day.
    Standard,
    /// 300 a minute, 30,000 a day.
    Professional,
}

/// What one workspace may still ask. Kept in memory: a restart begins a new day.
#[derive(Debug)]
pub struct Limits {
    burst: Bucket,
    daily: Bucket,
}

impl Limits {
    /// Untouched limits of a plan.
    pub fn new(plan: Plan) -> Self {
        let (burst, daily) = match plan {
            Plan::Standard => (100, 10_000),
            Plan::Professional => (300, 30_000),
        };
        let day = Duration::from_secs(24 * 60 * 60);
        Self { burst: Bucket::new(burst, Duration::from_secs(60)), daily: Bucket::new(daily, day) }
    }

    /// Counts a request; `Err` when it must be refused, which costs nothing. Either way the level for the headers.
    pub fn take(&mut self, now: Duration) -> Result<Level, Level> {
        let room = |level: Level| level.remaining > 0;
        if room(self.burst.level(now)) && room(self.daily.level(now)) {
            self.burst.take(now);
            self.daily.take(now);
            return Ok(self.level(now));
        }
        Err(self.level(now))
    }

    /// The window with less left; where both are spent, the one that takes longer to give.
    pub fn level(&mut self, now: Duration) -> Level {
        let (burst, daily) = (self.burst.level(now), self.daily.level(now));
        let first =
            (burst.remaining, std::cmp::Reverse(burst.reset)) <= (daily.remaining, std::cmp::Reverse(daily.reset));
        if first { burst } else { daily }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn the_burst_ceiling_holds_and_comes_back_after_a_minute() {
        let mut limits = Limits::new(Plan::Standard);
        for left in (0..100).rev() {
            assert_eq!(limits.take(Duration::ZERO).map(|l| (l.limit, l.remaining)), Ok((100, left)));
        }
        let second = Duration::from_secs(1);
        assert_eq!(limits.take(second).map_err(|l| (l.limit, l.remaining, l.reset_seconds())), Err((100, 0, 59)));
        assert!(limits.take(MINUTE).is_ok());
    }

    #[test]
    fn the_daily_ceiling_rolls_and_is_told_when_it_has_less_left() {
        let mut limits = Limits::new(Plan::Professional);
        for minute in 0..100 {
            for _ in 0..300 {
                assert!(limits.take(MINUTE * minute).is_ok());
            }
        }
        let later = MINUTE * 100;
        let refused = limits.take(later).map_err(|l| (l.limit, l.remaining, l.reset_seconds()));
        assert_eq!(refused, Err((30_000, 0, (24 * 60 - 100) * 60)));
        // The first minute's requests are a day old and no more than they come back.
        let next_day = MINUTE * 24 * 60;
        for left in (0..300).rev() {
            assert_eq!(limits.take(next_day).map(|l| l.remaining), Ok(left));
        }
        assert!(limits.take(next_day).is_err());
    }
}
