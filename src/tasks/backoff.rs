//! When a failed run is repeated: a pipeline, a connection, a task. Sans-IO; time is an argument.
//!
//! Each try is a run with its own number, so that late messages of an old run can be told from present ones.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(10);
/// A run that lasted this long was a good one: the next failure starts over with short waits.
const GOOD: Duration = Duration::from_secs(10);

/// Endless back-off: 250 ms, doubling to 10 s, and from the start again after a good run.
#[derive(Debug, Clone, Default)]
pub struct Backoff {
    run: u64,
    failures: u32,
}

impl Backoff {
    /// Begins the next run and gives its number.
    pub fn begin(&mut self) -> u64 {
        self.run += 1;
        self.run
    }

    /// Whether a number is that of the present run.
    pub fn is_present(&self, run: u64) -> bool {
        self.run == run
    }

    /// The present run failed after having been live for `lived`; returns how long to wait before the next.
    pub fn failed(&mut self, lived: Duration) -> Duration {
        if lived >= GOOD {
            self.failures = 0;
        }
        let wait = FIRST.saturating_mul(1 << self.failures.min(16)).min(LONGEST);
        self.failures += 1;
        wait
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_start_over_after_a_good_run() {
        let mut backoff = Backoff::default();
        let waits: Vec<_> = (0..8).map(|_| backoff.failed(Duration::ZERO).as_millis()).collect();
        assert_eq!(waits, [250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
        assert_eq!(backoff.failed(Duration::from_secs(11)), FIRST);
        assert_eq!(backoff.failed(Duration::from_secs(1)).as_millis(), 500);
    }

    #[test]
    fn only_the_newest_run_is_present() {
        let mut backoff = Backoff::default();
        let first = backoff.begin();
        let second = backoff.begin();
        assert!(!backoff.is_present(first));
        assert!(backoff.is_present(second));
    }
}
