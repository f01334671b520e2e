//! Whether the other side of a connection makes progress: in each period of waiting for it, some bytes must pass.
//!
//! Only waiting counts: a peer that has nothing to do for hours is not slow, and one that trickles is.
//! Refuses to know: clocks (times are arguments), which way the bytes go.

use std::time::Duration;

/// Bytes that must pass in each period of waiting: 0.8 kB/s for a reader or writer with periods of 20 s.
const QUOTA: usize = 16 * 1024;

/// See the module's text. Times are durations since any fixed moment and never run backwards.
#[derive(Debug)]
pub struct Progress {
    timeout: Duration,
    /// Time waited since the quota was last filled.
    waited: Duration,
    passed: usize,
    waiting_since: Option<Duration>,
}

impl Progress {
    /// `timeout`: the length of a period of waiting.
    pub fn new(timeout: Duration) -> Self {
        Self { timeout, waited: Duration::ZERO, passed: 0, waiting_since: None }
    }

    /// Waiting begins now, unless it began before. Returns how much longer to wait: zero when the peer is to be given
    /// up.
    pub fn wait(&mut self, now: Duration) -> Duration {
        let since = *self.waiting_since.get_or_insert(now);
        self.timeout.saturating_sub(self.waited + now.saturating_sub(since))
    }

    /// So many bytes passed.
    pub fn pass(&mut self, bytes: usize, now: Duration) {
        if let Some(since) = self.waiting_since.take() {
            self.waited += now.saturating_sub(since);
        }
        self.passed = self.passed.saturating_add(bytes);
        if self.passed >= QUOTA {
            (self.passed, self.waited) = (0, Duration::ZERO);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMEOUT: Duration = Duration::from_secs(20);

    fn seconds(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    #[test]
    fn a_peer_that_stops_is_given_up_after_the_timeout() {
        let mut progress = Progress::new(TIMEOUT);
        progress.pass(1_000_000, seconds(5));
        assert_eq!(progress.wait(seconds(10)), seconds(20));
        assert_eq!(progress.wait(seconds(29)), seconds(1));
        assert_eq!(progress.wait(seconds(30)), Duration::ZERO);
    }

    #[test]
    fn a_peer_that_trickles_is_given_up_and_a_slow_one_is_not() {
        let last = |bytes: usize| {
            let mut progress = Progress::new(TIMEOUT);
            (0..600).find(|&second| {
                let late = progress.wait(seconds(second)).is_zero() || progress.wait(seconds(second + 1)).is_zero();
                progress.pass(bytes, seconds(second + 1));
                late
            })
        };
        assert_eq!(last(1), Some(19));
        assert_eq!(last(800), Some(19));
        assert_eq!(last(1000), None, "ten minutes at 1 kB/s");
    }

    #[test]
    fn time_in_which_nothing_is_waited_for_does_not_count() {
        let mut progress = Progress::new(TIMEOUT);
        for hour in 0..100 {
            assert!(progress.wait(seconds(hour * 3600)) > Duration::ZERO, "hour {hour}");
            progress.pass(1000, seconds(hour * 3600));
        }
    }
}
