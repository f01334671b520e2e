//! RTMP timestamps, 32 bits of milliseconds, to times that do not wrap.
//!
//! Refuses to know: any clock of ours, and what a publisher that sets its clock means by it. Zero stays the publisher's
//! zero.

use std::time::Duration;

/// Unwraps the timestamps of one connection. Picture and sound share it, so that they stay together over a wrap
/// (every 49.7 days).
#[derive(Debug, Default)]
pub struct Timeline {
    last: Option<(u32, i64)>,
}

impl Timeline {
    /// The unwrapped time of a timestamp, in milliseconds. Negative only when a timestamp lies before the first one
    /// and that was near zero.
    pub fn unwrap(&mut self, timestamp: u32) -> i64 {
        let time = match self.last {
            None => i64::from(timestamp),
            Some((previous, time)) => {
                // Serial number arithmetic: neighbours are less than 2^31 ms apart.
                time.saturating_add(i64::from(timestamp.wrapping_sub(previous).cast_signed()))
            }
        };
        self.last = Some((timestamp, time));
        time
    }
}

/// Milliseconds as a duration; what lies before zero is zero.
pub fn millis(time: i64) -> Duration {
    Duration::from_millis(u64::try_from(time).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn time_goes_on_over_the_wrap_after_49_days() {
        let mut timeline = Timeline::default();
        assert_eq!(timeline.unwrap(u32::MAX - 19), 4_294_967_276);
        assert_eq!(timeline.unwrap(13), 4_294_967_309);
        assert_eq!(timeline.unwrap(u32::MAX), 4_294_967_295);
        assert_eq!(timeline.unwrap(46), 4_294_967_342);
    }

    #[test]
    fn a_publisher_that_restarts_its_clock_is_believed() {
        let mut timeline = Timeline::default();
        assert_eq!([3_600_000, 0, 40].map(|t| timeline.unwrap(t)), [3_600_000, 0, 40]);
    }

    #[test]
    fn sound_a_little_behind_the_picture_keeps_its_time() {
        let mut timeline = Timeline::default();
        assert_eq!([1000, 950, 1040].map(|t| timeline.unwrap(t)), [1000, 950, 1040]);
    }

    #[test]
    fn a_time_before_zero_is_zero() {
        let mut timeline = Timeline::default();
        timeline.unwrap(10);
        assert_eq!(millis(timeline.unwrap(u32::MAX)), Duration::ZERO);
    }

    proptest! {
        #[test]
        fn steps_are_kept_from_any_start(start in any::<u32>(), steps in prop::collection::vec(0u32..100_000, 1..60)) {
            let mut timeline = Timeline::default();
            let (mut wire, mut time) = (start, timeline.unwrap(start));
            for step in steps {
                wire = wire.wrapping_add(step);
                time += i64::from(step);
                prop_assert_eq!(timeline.unwrap(wire), time);
            }
        }
    }
}
