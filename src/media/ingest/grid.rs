//! The grid: which decoded frame is shown in which slot. Sans-IO.
//!
//! A frame comes with the show time of its arrival at the server (its anchored stamp) and is put a latency behind it,
//! so that ordinary jitter never empties a slot. The first frame is put exactly on a slot and takes the source's sound
//! with it (see [`Grid::offset`]). A source of the project's own rate is *locked*: its frames take one slot each, one
//! after the other, however its stamps are rounded, until it has really gained or lost most of a slot.

mod sound_lag;

use crate::domain::time::{Rate, ShowTime, Slot};
use sound_lag::SoundLag;
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
/// After a stall the source is put back to its latency by what its frames leave over, judged over this many frames, until
/// they have left nothing over for so long, in nanoseconds: what was held up is decoded by then.
const RETURN_WINDOW: u32 = 15;
const RETURN: i64 = 1_000_000_000;
/// A source that must be put later again so soon comes in bursts, and stays there, in nanoseconds.
const AGAIN: i64 = 10_000_000_000;
/// A source is put at most so much later for its sound, in nanoseconds.
const FOR_SOUND: i64 = 500_000_000;
/// Time that is left to sound that is waited for, in nanoseconds.
const SPARE: i64 = 10_000_000;
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
    /// The part of the latency that sound is waited for, and how late sound comes.
    for_sound: i64,
    sound_lag: SoundLag,
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
    /// Until when a source that was put later is put back by what its frames leave over, and when it last was.
    returning: Option<i64>,
    put_back: Option<i64>,
    /// How often the source was put on the grid anew or moved by a slot.
    pub moved: u64,
}

impl Grid {
    /// A grid of a project; `latency` is how far behind arrival a frame is shown.
    pub fn new(rate: Rate, latency: Duration) -> Self {
        let latency = latency.as_nanos() as i64;
        let (offset, last, alone, astray, came, returning, put_back) = (None, None, 0, None, None, None, None);
        let (late, late_first, early, seen, least_margin, windows, settled, moved) = (0, 0, 0, 0, i64::MAX, 0, 0, 0);
        Self {
            rate,
            latency,
            for_sound: 0,
            sound_lag: SoundLag::default(),
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
            returning,
            put_back,
            moved,
        }
    }

    /// How far behind arrival a frame is shown, with what is added for sound that comes later than its picture.
    pub fn latency(&self) -> Duration {
        Duration::from_nanos(self.latency.unsigned_abs())
    }

    /// The latency that was set.
    pub fn configured_latency(&self) -> Duration {
        Duration::from_nanos((self.latency - self.for_sound).unsigned_abs())
    }

    /// Frames that come from now on are shown so far behind arrival, as nearly as whole slots can do it.
    pub fn set_latency(&mut self, latency: Duration) {
        let latency = latency.as_nanos() as i64 + self.for_sound;
        let (by, length) = (latency - self.latency, self.rate.slot_ns() as i64);
        let slots = (by + by.signum() * length / 2) / length;
        self.latency = latency;
        self.shift(slots * length);
    }

    /// Puts the source later by whole slots, earlier if negative.
    fn shift(&mut self, by: i64) {
        self.offset = self.offset.map(|offset| offset + by);
        (self.late, self.early, self.seen, self.least_margin) = (0, 0, 0, i64::MAX);
        (self.windows, self.settled) = (0, 0);
    }

    /// Another publisher begins: its first frame is put on the grid anew.
    pub fn restart(&mut self) {
        self.latency -= std::mem::take(&mut self.for_sound);
        self.sound_lag = SoundLag::default();
        (self.offset, self.last, self.late, self.early) = (None, None, 0, 0);
        (self.alone, self.astray, self.returning) = (0, None, None);
    }

    /// Whether the publisher's first frame was put on the grid.
    pub fn has_begun(&self) -> bool {
        self.offset.is_some()
    }

    /// How much later than its anchored stamp something of this source is shown or heard, in nanoseconds.
    pub fn offset(&self) -> i64 {
        self.offset.unwrap_or(self.latency + self.alone)
    }

    /// How much later than its anchored stamp this sound is heard, in nanoseconds. It goes with the picture, which is put
    /// later for sound that comes too late again and again; without a picture it finds its own place, and another one when
    /// it has come too late, or much too early, for a while.
    pub fn hear(&mut self, stamp: ShowTime, now: ShowTime) -> i64 {
        let margin = stamp.0 as i64 + self.offset() - now.0 as i64;
        if self.offset.is_some() {
            self.wait_for_sound(margin, now.0 as i64);
        } else {
            if (0..=self.latency + GAP).contains(&margin) {
                self.astray = None;
            } else if now.since(*self.astray.get_or_insert(now)) >= UNHEARD {
                (self.alone, self.astray) = (now.0 as i64 - stamp.0 as i64 - self.latency / 2, None);
                self.moved += 1;
            }
        }
        self.offset()
    }

    /// Sound that is further behind than can be waited for is a stall, for which the picture's own rules are there.
    fn wait_for_sound(&mut self, margin: i64, now: i64) {
        if margin < -FOR_SOUND {
            return;
        }
        let Some(late) = self.sound_lag.judge(margin, now) else { return };
        let length = self.rate.slot_ns() as i64;
        let slots = (late + SPARE) / length + i64::from(late > 0);
        let most = FOR_SOUND / length * length;
        let by = (self.for_sound + slots * length).clamp(0, most) - self.for_sound;
        if by != 0 {
            self.for_sound += by;
            self.latency += by;
            self.shift(by);
            self.moved += 1;
        }
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
            self.put(stamp, stamp.max(now - self.latency / 2) + self.latency, now);
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

    fn put(&mut self, stamp: i64, shown: i64, now: i64) {
        let in_bursts = self.put_back.is_some_and(|before| now - before < AGAIN);
        self.returning = (self.offset.is_some() && !in_bursts).then_some(now + RETURN);
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
            self.put(stamp, now + self.latency / 2, now);
            return;
        }
        // The one it was put by came much too late, e.g. out of a burst of which more was to come.
        self.early = if margin > self.latency + EARLY_SLOTS * length { self.early + 1 } else { 0 };
        if self.early >= EARLY_IN_A_ROW {
            self.put(stamp, now + self.latency, now);
            self.returning = Some(now + RETURN); // more may be to come
            self.last = None; // what is further ahead makes way
            return;
        }
        self.seen += 1;
        self.least_margin = self.least_margin.min(margin);
        if self.returning.is_some() {
            self.put_back(now);
            return;
        }
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

    /// After a stall frames are lost in any case: it is the time to pass over those that keep the source later than it is
    /// meant to be. What was still to be decoded when it was put later is the reason that there are any.
    fn put_back(&mut self, now: i64) {
        if self.seen < RETURN_WINDOW {
            return;
        }
        let length = self.rate.slot_ns() as i64;
        let spare = self.least_margin - self.latency;
        let by = spare / length * length;
        // A slot more is not worth a frame.
        if spare * 2 >= length * 3 {
            self.offset = self.offset.map(|offset| offset - by);
            (self.put_back, self.returning) = (Some(now), Some(now + RETURN));
            self.moved += 1;
        }
        self.returning = self.returning.filter(|until| now < *until);
        (self.seen, self.least_margin) = (0, i64::MAX);
    }
}

#[cfg(test)]
mod tests;
