//! A token bucket: `rate` per second on the average, as many at once after a rest.
//!
//! Refuses to know: clocks (the time is an argument) and what is paced.

use std::time::Duration;

const SECOND: u64 = 1_000_000_000;

/// See the module's text. Times are durations since any fixed moment and never run backwards.
#[derive(Debug, Clone)]
pub struct Pace {
    rate: u64,
    /// Billionths of a token.
    level: u64,
    filled: u64,
}

impl Pace {
    /// A full bucket of `rate` tokens, of which `rate` come back in a second. 0 counts as 1.
    pub fn new(rate: u32, now: Duration) -> Self {
        let rate = u64::from(rate.max(1));
        Self { rate, level: rate * SECOND, filled: nanos(now) }
    }

    /// Takes a token; false when there is none. A refusal costs nothing.
    pub fn take(&mut self, now: Duration) -> bool {
        let now = nanos(now);
        let back = now.saturating_sub(self.filled).saturating_mul(self.rate);
        self.level = self.level.saturating_add(back).min(self.rate * SECOND);
        self.filled = now.max(self.filled);
        let free = self.level >= SECOND;
        if free {
            self.level -= SECOND;
        }
        free
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn after_a_burst_of_the_rate_one_passes_each_period() {
        let mut pace = Pace::new(5, ms(1_000));
        let passed = (0..20).filter(|_| pace.take(ms(1_000))).count();
        assert_eq!(passed, 5);
        assert!(!pace.take(ms(1_199)));
        assert!(pace.take(ms(1_200)));
        assert!(!pace.take(ms(1_200)));
        assert_eq!((0..20).filter(|_| pace.take(ms(60_000))).count(), 5);
    }

    #[test]
    fn a_stream_exactly_at_the_rate_loses_nothing() {
        let mut pace = Pace::new(15, Duration::ZERO);
        for frame in 0..10_000u32 {
            assert!(pace.take(Duration::from_secs(1) * frame / 15), "frame {frame}");
        }
    }

    proptest! {
        #[test]
        fn no_more_than_the_rate_and_one_burst_pass(rate in 1u32..60, steps in proptest::collection::vec(0u64..200, 1..300)) {
            let (mut pace, mut now, mut passed) = (Pace::new(rate, Duration::ZERO), 0, 0u64);
            for step in steps {
                now += step;
                passed += u64::from(pace.take(ms(now)));
            }
            prop_assert!(passed <= u64::from(rate) + now * u64::from(rate) / 1_000);
        }
    }
}
