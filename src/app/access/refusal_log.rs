//! Log lines about refusals: the first at once, then one at the end of each minute with the number of all since.
//!
//! Refuses to know: clocks (the time is an argument), and the connections that are refused.

use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

/// A line to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    /// Refusals since the line before.
    pub count: u64,
    /// Connections that were open at the last of them.
    pub open: usize,
}

/// See the module's text. Times are durations since any fixed moment and never run backwards.
#[derive(Debug, Default)]
pub struct RefusalLog {
    written: Option<Duration>,
    since: Option<Line>,
    /// Whether a timer for the end of the minute runs.
    awaited: bool,
}

impl RefusalLog {
    /// Counts a refusal while so many connections are open.
    pub fn count(&mut self, open: usize) {
        let count = self.since.map_or(0, |line| line.count) + 1;
        self.since = Some(Line { count, open });
    }

    /// The line that is due now; none while the last line is younger than a minute, or nothing was refused.
    pub fn due(&mut self, now: Duration) -> Option<Line> {
        if self.written.is_some_and(|written| now < written + MINUTE) {
            return None;
        }
        let line = self.since.take()?;
        (self.written, self.awaited) = (Some(now), false);
        Some(line)
    }

    /// How long until a line is due, for a caller that then asks for it: given once for each line, none without one.
    pub fn wait(&mut self, now: Duration) -> Option<Duration> {
        if self.awaited || self.since.is_none() {
            return None;
        }
        self.awaited = true;
        Some((self.written? + MINUTE).saturating_sub(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_is_told_at_once_and_the_others_together_after_a_minute() {
        let mut log = RefusalLog::default();
        assert_eq!(log.due(Duration::ZERO), None);
        log.count(16);
        assert_eq!(log.due(Duration::from_secs(1)), Some(Line { count: 1, open: 16 }));
        assert_eq!(log.wait(Duration::from_secs(1)), None, "there is nothing to tell");
        for second in 2..50 {
            log.count(10 + second);
            assert_eq!(log.due(Duration::from_secs(second as u64)), None);
        }
        let due = Some(Line { count: 48, open: 59 });
        assert_eq!(log.due(Duration::from_secs(61)), due, "with what was open at the last refusal");
        assert_eq!(log.due(Duration::from_secs(500)), None);
    }

    #[test]
    fn one_caller_waits_for_the_end_of_each_minute() {
        let mut log = RefusalLog::default();
        log.count(1);
        assert!(log.due(Duration::ZERO).is_some());
        for round in 0..3 {
            let begin = Duration::from_secs(60 * round);
            log.count(2);
            assert_eq!(log.wait(begin + Duration::from_secs(20)), Some(Duration::from_secs(40)));
            log.count(3);
            assert_eq!(log.wait(begin + Duration::from_secs(30)), None, "one waits already");
            assert_eq!(log.due(begin + MINUTE), Some(Line { count: 2, open: 3 }));
        }
    }
}
