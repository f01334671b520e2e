//! Time of packets: from a run's own time to a time that goes on over all runs, and real time for what is only a file.
//!
//! Refuses to know: what the packets are.

use std::{
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// Whether packets come at their time by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// They are made as they are sent.
    Live,
    /// They can be had at once (a file, a segment) and are let out at their time.
    Clock,
}

/// A packet that is this late is no jitter: the clock is set again, so that the packets after it do not come in a
/// burst.
const LATE: Duration = Duration::from_secs(1);
/// How far before the first packet's time another one may lie (sound before picture, decoding before showing).
const MARGIN: Duration = Duration::from_secs(2);

/// See the module's text.
pub struct Timeline {
    pace: Pace,
    begin: Duration,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Own time of the first packet, in nanoseconds.
    zero: Option<i64>,
    /// When the time `begin` was, by the machine's clock.
    since: Option<Instant>,
    newest: Option<Duration>,
    closed: bool,
}

impl Timeline {
    /// A timeline whose first packet gets the time `begin`, somewhat later than asked so that none lies before zero.
    pub fn new(begin: Duration, pace: Pace) -> Self {
        Self { pace, begin: begin.max(MARGIN), state: Mutex::default(), changed: Condvar::new() }
    }

    /// Whether packets come at their time by themselves.
    pub fn pace(&self) -> Pace {
        self.pace
    }

    /// The times of a packet, given its own in nanoseconds. The first argument counts for the order (decoding).
    pub fn place(&self, dts: i64, pts: i64) -> (Duration, Duration) {
        let mut state = self.lock();
        let zero = *state.zero.get_or_insert(dts);
        let at = |own: i64| {
            let moved = own.saturating_sub(zero);
            let size = Duration::from_nanos(moved.unsigned_abs());
            if moved < 0 { self.begin.saturating_sub(size) } else { self.begin.saturating_add(size) }
        };
        let (dts, pts) = (at(dts), at(pts));
        state.newest = state.newest.max(Some(dts));
        (dts, pts)
    }

    /// Blocks until a time that [`place`](Self::place) gave; at once for what is live. Gives whether to go on.
    pub fn wait(&self, time: Duration) -> bool {
        let mut state = self.lock();
        if self.pace == Pace::Live {
            return !state.closed;
        }
        loop {
            if state.closed {
                return false;
            }
            let now = Instant::now();
            let since = *state.since.get_or_insert(now);
            let due = since + time.saturating_sub(self.begin);
            let Some(left) = due.checked_duration_since(now).filter(|left| !left.is_zero()) else {
                let late = now.saturating_duration_since(due);
                if late > LATE {
                    state.since = since.checked_add(late);
                }
                return true;
            };
            (state, _) = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Wakes all threads in [`wait`](Self::wait).
    pub fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    /// The latest decoding time that was given.
    pub fn newest(&self) -> Option<Duration> {
        self.lock().newest
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: i64 = 1_000_000;

    #[test]
    fn the_first_packet_gets_the_time_of_the_beginning_and_the_others_keep_their_distance() {
        let timeline = Timeline::new(Duration::from_secs(5), Pace::Live);
        assert_eq!(timeline.place(900 * MS, 940 * MS), (Duration::from_secs(5), Duration::from_millis(5040)));
        assert_eq!(timeline.place(400 * MS, 400 * MS).0, Duration::from_millis(4500));
        assert_eq!(timeline.place(-MS, -MS).0, Duration::from_millis(4099));
        assert_eq!(timeline.newest(), Some(Duration::from_secs(5)));
        assert!(timeline.wait(Duration::from_secs(900)));
    }

    #[test]
    fn a_file_is_let_out_at_its_time_and_a_closed_timeline_wakes_who_waits() {
        let timeline = Timeline::new(Duration::from_secs(5), Pace::Clock);
        let begun = Instant::now();
        assert!(timeline.wait(Duration::from_secs(5)));
        assert!(timeline.wait(Duration::from_millis(5050)));
        assert!(begun.elapsed() >= Duration::from_millis(50));
        std::thread::scope(|scope| {
            let waits = scope.spawn(|| timeline.wait(Duration::from_secs(500)));
            timeline.close();
            assert!(!waits.join().unwrap());
        });
    }
}
