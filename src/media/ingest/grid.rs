//! The grid: which decoded frame is shown in which slot. Sans-IO.
//!
//! A frame comes with the show time of its arrival at the server (its anchored stamp) and is put a latency behind it,
//! so that ordinary jitter never empties a slot. The first frame is put exactly on a slot and takes the source's sound
//! with it (see [`Grid::offset`]). A source of the project's own rate is *locked*: its frames take one slot each, one
//! after the other, however its stamps are rounded, until it has really gained or lost most of a slot.

use crate::domain::time::{Rate, ShowTime, Slot};
use std::time::Duration;

/// Margins are judged over this many frames.
const WINDOW: u32 = 60;
/// Frames that come too late in a row before the whole source is put later.
const LATE_IN_A_ROW: u32 = 5;
/// How much more than its latency a source may stay behind because its first frame took long, in nanoseconds.
const SLOW_START: i64 = 250_000_000;
/// Stamps that are further apart than this do not go on, in nanoseconds.
const GAP: i64 = 1_500_000_000;
/// A frame that comes so soon after another one belongs to what comes with that, e.g. to a burst, in nanoseconds.
const TOGETHER: i64 = 200_000_000;
/// So many of them may come too late before the whole source is put later, and so many if each comes less late than the
/// one before by a quarter of a slot: then those in time are on their way.
const LATE_IN_A_BURST: u32 = 15;
const LATE_AND_CATCHING_UP: u32 = 90;
/// Frames that come too early in a row before the whole source is put earlier, and by how many slots more than its
/// latency they come too early. Fewer than the frame queue holds.
const EARLY_IN_A_ROW: u32 = 3;
const EARLY_SLOTS: i64 = 20;
/// Sound without a picture that comes too late to be heard for so long is put later, in nanoseconds.
const UNHEARD: u64 = 1_000_000_000;

/// What became of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placed {
    /// It is shown from this slot on. `repeated` slots before it had to show the frame before once more.
    At { slot: Slot, repeated: u64 },
    /// Another frame has its slot.
    Dropped,
}

/// See the module's text.
#[derive(Debug)]
pub struct Grid {
    rate: Rate,
    latency: i64,
    offset: Option<i64>,
    last: Option<(Slot, i64)>,
    /// How much later than its latency sound is heard that has no picture, and since when it comes at another time.
    alone: i64,
    astray: Option<ShowTime>,
    late: u32,
    /// How late the first of those was, in nanoseconds.
    late_first: i64,
    early: u32,
    /// When the last frame came, whatever became of it.
    came: Option<i64>,
    seen: u32,
    least_margin: i64,
    /// Windows judged since the source was put here, and the least margin of the second: the first one still holds the
    /// catching up after the first frame. It is what a clock that runs off adds to.
    windows: u32,
    settled: i64,
    /// How often the source was put on the grid anew or moved by a slot.
    pub moved: u64,
}

impl Grid {
    /// A grid of a project; `latency` is how far behind arrival a frame is shown.
    pub fn new(rate: Rate, latency: Duration) -> Self {
        let latency = latency.as_nanos() as i64;
        let (offset, last, alone, astray, came) = (None, None, 0, None, None);
        let (late, late_first, early, seen, least_margin, windows, settled, moved) = (0, 0, 0, 0, i64::MAX, 0, 0, 0);
        Self {
            rate,
            latency,
            offset,
            last,
            alone,
            astray,
            late,
            late_first,
            early,
            came,
            seen,
            least_margin,
            windows,
            settled,
            moved,
        }
    }

    /// How far behind arrival a frame is shown.
    pub fn latency(&self) -> Duration {
        Duration::from_nanos(self.latency.unsigned_abs())
    }

    /// Frames that come from now on are shown so far behind arrival, as nearly as whole slots can do it.
    pub fn set_latency(&mut self, latency: Duration) {
        let latency = latency.as_nanos() as i64;
        let (by, length) = (latency - self.latency, self.rate.slot_ns() as i64);
        let slots = (by + by.signum() * length / 2) / length;
        self.latency = latency;
        self.offset = self.offset.map(|offset| offset + slots * length);
        (self.late, self.early, self.seen, self.least_margin) = (0, 0, 0, i64::MAX);
        (self.windows, self.settled) = (0, 0);
    }

    /// Another publisher begins: its first frame is put on the grid anew.
    pub fn restart(&mut self) {
        (self.offset, self.last, self.late, self.early) = (None, None, 0, 0);
        (self.alone, self.astray) = (0, None);
    }

    /// Whether the publisher's first frame was put on the grid.
    pub fn has_begun(&self) -> bool {
        self.offset.is_some()
    }

    /// How much later than its anchored stamp something of this source is shown or heard, in nanoseconds.
    pub fn offset(&self) -> i64 {
        self.offset.unwrap_or(self.latency + self.alone)
    }

    /// How much later than its anchored stamp this sound is heard, in nanoseconds. It goes with the picture; without
    /// one it finds its own place, and another one when it has come too late, or much too early, for a while.
    pub fn hear(&mut self, stamp: ShowTime, now: ShowTime) -> i64 {
        let shift = self.offset();
        if self.offset.is_none() {
            let margin = stamp.0 as i64 + shift - now.0 as i64;
            if (0..=self.latency + GAP).contains(&margin) {
                self.astray = None;
            } else if now.since(*self.astray.get_or_insert(now)) >= UNHEARD {
                (self.alone, self.astray) = (now.0 as i64 - stamp.0 as i64 - self.latency / 2, None);
                self.moved += 1;
            }
        }
        self.offset()
    }

    /// Places a frame of this anchored stamp that left the decoder now.
    pub fn place(&mut self, stamp: ShowTime, now: ShowTime) -> Placed {
        let stamp = stamp.0 as i64;
        let now = now.0 as i64;
        let goes_on = self.last.is_some_and(|(_, before)| (stamp - before).abs() < GAP);
        let burst = self.came.replace(now).is_some_and(|came| now - came < TOGETHER);
        // After a stall the source stands where it stood, if what comes now comes in time. The last ones of what was held
        // up come a little too late for that; those in time are right behind them.
        if !goes_on && !self.is_in_time(stamp, now) {
            let late_by = self.offset.map_or(0, |offset| now - stamp - offset);
            if late_by > 0 && self.may_be_late(late_by) {
                self.late += 1;
                // The first one is better than none; it is shown at once, and the source stands where it stood.
                let next = Slot(self.rate.slot_at(ShowTime(now.max(0) as u64)).0 + 1);
                return if burst { Placed::Dropped } else { Placed::At { slot: next, repeated: 0 } };
            }
            self.put(stamp, stamp.max(now - self.latency / 2) + self.latency);
        }
        let slot = self.slot_of(stamp);
        let repeated = match self.last {
            Some((last, _)) if goes_on && slot <= last => return Placed::Dropped,
            Some((last, _)) if goes_on => slot.0 - last.0 - 1,
            _ => 0,
        };
        self.last = Some((slot, stamp));
        self.judge(slot, stamp, now);
        Placed::At { slot, repeated }
    }

    /// A frame came that is shown at once or not at all, because newer ones are on their way.
    pub fn pass(&mut self, now: ShowTime) {
        self.came = Some(now.0 as i64);
    }

    /// Whether the source stays where it is although a frame comes so much too late, in nanoseconds.
    fn may_be_late(&mut self, late_by: i64) -> bool {
        if self.late == 0 {
            self.late_first = late_by;
        }
        let caught_up = (self.late_first - late_by) * 4 >= i64::from(self.late) * self.rate.slot_ns() as i64;
        self.late + 1 < if caught_up { LATE_AND_CATCHING_UP } else { LATE_IN_A_BURST }
    }

    fn is_in_time(&self, stamp: i64, now: i64) -> bool {
        let most = self.latency + SLOW_START + 2 * self.rate.slot_ns() as i64;
        self.offset.is_some_and(|offset| (0..=most).contains(&(stamp + offset - now)))
    }

    fn put(&mut self, stamp: i64, shown: i64) {
        let slot = Slot(self.rate.slot_at(ShowTime(shown.max(0) as u64)).0 + 1);
        self.offset = Some(self.rate.time_of(slot).0 as i64 - stamp);
        self.moved += 1;
        (self.late, self.early, self.seen, self.least_margin) = (0, 0, 0, i64::MAX);
        (self.windows, self.settled) = (0, 0);
    }

    fn slot_of(&self, stamp: i64) -> Slot {
        let shown = stamp + self.offset();
        let length = self.rate.slot_ns() as i64;
        if let Some((last, before)) = self.last {
            let next = Slot(last.0 + 1);
            let steady = (stamp - before - length).abs() < length / 4;
            let away = (shown - self.rate.time_of(next).0 as i64).abs();
            if steady && away < length * 3 / 4 {
                return next;
            }
        }
        self.rate.nearest(ShowTime(shown.max(0) as u64))
    }

    /// Watches how much time is left between a frame's coming and its slot, and moves the source when it must.
    fn judge(&mut self, slot: Slot, stamp: i64, now: i64) {
        let length = self.rate.slot_ns() as i64;
        let margin = self.rate.time_of(slot).0 as i64 - now;
        self.late = if margin < 0 { self.late + 1 } else { 0 };
        if self.late >= LATE_IN_A_ROW {
            self.put(stamp, now + self.latency / 2);
            return;
        }
        // The one it was put by came much too late, e.g. out of a burst of which more was to come.
        self.early = if margin > self.latency + EARLY_SLOTS * length { self.early + 1 } else { 0 };
        if self.early >= EARLY_IN_A_ROW {
            self.put(stamp, now + self.latency);
            self.last = None; // what is further ahead makes way
            return;
        }
        self.seen += 1;
        self.least_margin = self.least_margin.min(margin);
        if self.seen < WINDOW {
            return;
        }
        // A first frame that was long in the decoder puts all others further behind than they need be. That is left
        // alone within bounds: to take it back would cost frames.
        self.windows = self.windows.saturating_add(1);
        if self.windows == 2 {
            self.settled = self.least_margin;
        }
        let usual = self.settled.clamp(self.latency, self.latency + SLOW_START);
        // A clock that runs off eats or grows the margin slowly: follow it a slot at a time.
        let step = if self.least_margin < length / 4 {
            length
        } else if self.least_margin > usual + 2 * length + 50_000_000 {
            -length
        } else {
            0
        };
        if step != 0 {
            self.offset = self.offset.map(|offset| offset + step);
            self.moved += 1;
        }
        (self.seen, self.least_margin) = (0, i64::MAX);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;
    const THIRTY: Rate = Rate { num: 30, den: 1 };

    fn grid() -> Grid {
        Grid::new(THIRTY, Duration::from_millis(150))
    }

    /// Stamps rounded to milliseconds, as RTMP carries them.
    fn rtmp_stamp(n: u64, fps: f64) -> u64 {
        (n as f64 * 1000.0 / fps).round() as u64 * MS
    }

    #[test]
    fn a_source_of_the_projects_rate_takes_one_slot_a_frame_whatever_its_phase_and_jitter() {
        for phase in 0..40 {
            let mut grid = grid();
            let mut jitter = 17_u64;
            let mut expected = None;
            for n in 0..2000 {
                jitter = jitter.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                let stamp = 10_000 * MS + phase * MS + rtmp_stamp(n, 30.0);
                let now = stamp + (jitter >> 40) % 60 * MS;
                let Placed::At { slot, repeated } = grid.place(ShowTime(stamp), ShowTime(now)) else {
                    panic!("frame {n} of phase {phase} was dropped");
                };
                assert_eq!(repeated, 0, "frame {n}, phase {phase}");
                assert_eq!(slot, *expected.get_or_insert(slot), "frame {n}, phase {phase}");
                expected = Some(Slot(slot.0 + 1));
            }
            assert_eq!(grid.moved, 1);
        }
    }

    #[test]
    fn the_first_frame_lies_exactly_on_its_slot_a_latency_behind_arrival() {
        let mut grid = grid();
        let Placed::At { slot, .. } = grid.place(ShowTime(1_000 * MS), ShowTime(1_010 * MS)) else { panic!() };
        let shown = THIRTY.time_of(slot).0;
        assert!((1_150 * MS..1_184 * MS).contains(&shown), "{shown}");
        assert_eq!(grid.offset(), shown as i64 - 1_000 * MS as i64);
    }

    #[test]
    fn twenty_five_frames_fill_thirty_slots_and_sixty_frames_thirty() {
        let mut slow = grid();
        let mut repeats = 0;
        for n in 0..250 {
            let stamp = ShowTime(1_000 * MS + rtmp_stamp(n, 25.0));
            if let Placed::At { repeated, .. } = slow.place(stamp, stamp) {
                repeats += repeated;
            }
        }
        assert!((49..=50).contains(&repeats), "250 frames of 25 a second cover 299 slots of 30, not {}", 250 + repeats);
        let mut fast = grid();
        let dropped = (0..600).filter(|n| {
            let stamp = ShowTime(1_000 * MS + rtmp_stamp(*n, 60.0));
            fast.place(stamp, stamp) == Placed::Dropped
        });
        let dropped = dropped.count();
        assert!((299..=301).contains(&dropped), "{dropped}");
    }

    #[test]
    fn another_latency_moves_the_frames_to_come_by_its_slots_and_once() {
        let mut grid = grid();
        let mut placed = Vec::new();
        for n in 0..90_u64 {
            match n {
                30 => grid.set_latency(Duration::from_millis(350)),
                60 => grid.set_latency(Duration::from_millis(50)),
                _ => {}
            }
            let stamp = ShowTime(1_000 * MS + rtmp_stamp(n, 30.0));
            placed.push(grid.place(stamp, stamp));
        }
        let slot = |n: usize| match placed[n] {
            Placed::At { slot, .. } => slot.0,
            Placed::Dropped => panic!("frame {n} was dropped: {placed:?}"),
        };
        assert_eq!(placed[30], Placed::At { slot: Slot(slot(29) + 7), repeated: 6 }, "200 ms are 6 slots");
        assert_eq!(slot(59), slot(29) + 36, "and none after that");
        // 300 ms earlier are 9 slots: so many frames come too late for the slots that are shown already.
        assert!(placed[60..69].iter().all(|placed| *placed == Placed::Dropped), "{:?}", &placed[58..72]);
        assert_eq!((slot(69), slot(89)), (slot(59) + 1, slot(59) + 21));
        assert_eq!(grid.latency(), Duration::from_millis(50));
    }

    #[test]
    fn a_source_that_keeps_coming_late_is_moved_once() {
        let mut grid = grid();
        let mut moved_slots = 0;
        for n in 0..300 {
            let stamp = 1_000 * MS + rtmp_stamp(n, 30.0);
            let delay = if n < 100 { 20 } else { 260 };
            if let Placed::At { repeated, .. } = grid.place(ShowTime(stamp), ShowTime(stamp + delay * MS)) {
                moved_slots += repeated;
            }
        }
        assert_eq!(grid.moved, 2);
        assert!((4..=7).contains(&moved_slots), "{moved_slots}");
    }

    #[test]
    fn a_first_frame_that_was_long_in_the_decoder_costs_no_frame_later() {
        for first in [0, 60, 150, 280, 400] {
            let mut grid = grid();
            for n in 0..600 {
                let stamp = 1_000 * MS + rtmp_stamp(n, 30.0);
                // The decoder catches up with what piled up behind its first frame.
                let delay = first.max(20 + n * 33) - n * 33;
                let placed = grid.place(ShowTime(stamp), ShowTime(stamp + delay * MS));
                assert!(matches!(placed, Placed::At { repeated: 0, .. }), "frame {n} after {first} ms: {placed:?}");
            }
            assert_eq!(grid.moved, 1, "{first} ms");
        }
    }

    #[test]
    fn a_source_stands_where_it_stood_when_what_came_late_was_passed_over() {
        let mut grid = grid();
        for n in 0..60 {
            grid.place(ShowTime(1_000 * MS + rtmp_stamp(n, 30.0)), ShowTime(1_010 * MS + rtmp_stamp(n, 30.0)));
        }
        let offset = grid.offset();
        for n in 150..200 {
            let at = 1_000 * MS + rtmp_stamp(n, 30.0);
            let placed = grid.place(ShowTime(at), ShowTime(at + 30 * MS));
            assert!(matches!(placed, Placed::At { repeated: 0, .. }), "{n}: {placed:?}");
        }
        assert_eq!((grid.offset(), grid.moved), (offset, 1));
    }

    #[test]
    fn the_last_ones_of_what_was_held_up_do_not_put_a_source_later() {
        let mut grid = grid();
        let at = |n: u64| 1_000 * MS + rtmp_stamp(n, 30.0);
        for n in 0..60 {
            grid.place(ShowTime(at(n)), ShowTime(at(n) + 10 * MS));
        }
        let offset = grid.offset();
        // Three seconds come at once; the decoder is through with them soon, and what then comes is in time.
        let burst = at(150);
        grid.pass(ShowTime(burst));
        let placed = |grid: &mut Grid, n: u64| {
            let came = (burst + (n - 135) * 2 * MS).max(at(n) + 10 * MS);
            matches!(grid.place(ShowTime(at(n)), ShowTime(came)), Placed::At { .. })
        };
        let shown: Vec<u64> = (138..240).filter(|n| placed(&mut grid, *n)).collect();
        assert_eq!(shown, (146..240).collect::<Vec<_>>());
        assert_eq!((grid.offset(), grid.moved), (offset, 1));
        // A slower decoder, that is through with them after a second.
        let placed = |grid: &mut Grid, n: u64| {
            let came = (at(390) + (n - 300) * 10 * MS).max(at(n) + 10 * MS);
            matches!(grid.place(ShowTime(at(n)), ShowTime(came)), Placed::At { .. })
        };
        grid.pass(ShowTime(at(390)));
        let shown: Vec<u64> = (340..480).filter(|n| placed(&mut grid, *n)).collect();
        assert_eq!(shown.last(), Some(&479));
        assert!(shown.windows(2).filter(|pair| pair[1] != pair[0] + 1).count() <= 1, "{shown:?}");
        assert_eq!((grid.offset(), grid.moved), (offset, 1), "{shown:?}");
        // Held up for good: after half a second it is put later.
        let at = |n: u64| at(n + 300);
        let late = |n: u64| ShowTime(at(n) + 2_000 * MS);
        grid.pass(late(300));
        let first = (300..400).find(|n| matches!(grid.place(ShowTime(at(*n)), late(*n)), Placed::At { .. }));
        assert_eq!(first, Some(314));
    }

    #[test]
    fn a_source_that_was_anchored_by_what_came_late_is_put_earlier_again() {
        // Two seconds come at once; then each frame in its time.
        let mut grid = grid();
        let stamp = |n: u64| 1_000 * MS + rtmp_stamp(n, 30.0);
        let mut last = Slot(0);
        for n in 0..120 {
            let now = stamp(0) + stamp(n).saturating_sub(stamp(60));
            if let Placed::At { slot, .. } = grid.place(ShowTime(stamp(n)), ShowTime(now)) {
                let ahead = THIRTY.time_of(slot).0 as i64 - now as i64;
                assert!(ahead < 960 * MS as i64, "{n}: {ahead}: more than the frame queue holds");
                last = slot;
            }
        }
        let ahead = THIRTY.time_of(last).0 as i64 - (stamp(0) + stamp(119) - stamp(60)) as i64;
        assert!((100..700).contains(&(ahead / MS as i64)), "{ahead}");
    }

    #[test]
    fn sound_without_a_picture_that_comes_too_late_is_heard_later_and_goes_with_the_picture_once_there_is_one() {
        let mut grid = grid();
        let stamp = |n: u64| ShowTime(1_000 * MS + n * 20 * MS);
        // On time, then two seconds late for good.
        let heard: Vec<bool> = (0..200)
            .map(|n| {
                let now = ShowTime(stamp(n).0 + if n < 50 { 10 * MS } else { 2_000 * MS });
                stamp(n).0 as i64 + grid.hear(stamp(n), now) >= now.0 as i64
            })
            .collect();
        assert!(heard[..50].iter().all(|heard| *heard) && heard[102..].iter().all(|heard| *heard), "{heard:?}");
        assert_eq!(grid.moved, 1);
        grid.place(stamp(200), ShowTime(stamp(200).0 + 2_000 * MS));
        assert_eq!(grid.hear(stamp(200), ShowTime(stamp(200).0 + 2_000 * MS)), grid.offset());
    }

    #[test]
    fn a_publishers_clock_that_runs_off_costs_a_slot_at_a_time() {
        // 1000 ppm fast: in 100 s the publisher makes 3 frames too many.
        let mut grid = grid();
        let mut dropped = 0;
        for n in 0..3000_u64 {
            let stamp = 1_000 * MS + rtmp_stamp(n, 30.0);
            let now = 1_000 * MS + (n as f64 * 999.0 / 30.0 * 1e6) as u64;
            if grid.place(ShowTime(stamp), ShowTime(now)) == Placed::Dropped {
                dropped += 1;
            }
        }
        assert!(dropped <= 3, "{dropped}");
    }
}
