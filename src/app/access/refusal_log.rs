//! Log lines about refusals: the first at once, then at most one a minute with the number of all since.
//!
//! Refuses to know: clocks (the time is an argument), and what is refused.

use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

/// See the module's text. Times are durations since any fixed moment and never run backwards.
#[derive(Debug, Default)]
pub struct RefusalLog {
    written: Option<Duration>,
    since: u64,
}

impl RefusalLog {
    /// Counts a refusal.
    pub fn count(&mut self) {
        self.since += 1;
    }

    /// The number of refusals for a line that is due now; none while the last line is younger than a minute, or nothing
    /// was refused.
    pub fn due(&mut self, now: Duration) -> Option<u64> {
        if self.since == 0 || self.written.is_some_and(|written| now < written + MINUTE) {
            return None;
        }
        self.written = Some(now);
        Some(std::mem::take(&mut self.since))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_is_told_at_once_and_the_others_together_after_a_minute() {
        let mut log = RefusalLog::default();
        assert_eq!(log.due(Duration::ZERO), None);
        log.count();
        assert_eq!(log.due(Duration::from_secs(1)), Some(1));
        for second in 2..50 {
            log.count();
            assert_eq!(log.due(Duration::from_secs(second)), None);
        }
        assert_eq!(log.due(Duration::from_secs(61)), Some(48));
        assert_eq!(log.due(Duration::from_secs(500)), None);
    }
}
