//! The anchor: a publisher's own time to show time. Sans-IO.
//!
//! The first packet is anchored at its arrival; picture and sound share the anchor, so their distance is kept. When a
//! publisher's time jumps (it restarted its clock, or skipped), it is anchored at arrival again. A burst after a stall
//! is no jump: its own stamps go on evenly.

use crate::domain::time::ShowTime;
use std::time::Duration;

/// A track's stamps may move this far between two packets and still count as going on.
const STEP: i64 = 1_500_000_000;
/// A jump that lands this near to now needs no new anchor: the other track made one already.
const NEAR: i64 = 1_500_000_000;

/// Which track a stamp belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Track {
    Picture,
    Sound,
}

/// See the module's text.
#[derive(Debug, Default)]
pub struct Anchor {
    offset: Option<i64>,
    last: [Option<i64>; 2],
    /// How often it was set.
    pub count: u64,
}

impl Anchor {
    /// Another publisher begins: the next packet is anchored anew.
    pub fn restart(&mut self) {
        (self.offset, self.last) = (None, [None; 2]);
    }

    /// The show time of a stamp (the decoding time of pictures) that arrives now.
    pub fn place(&mut self, track: Track, stamp: Duration, now: ShowTime) -> ShowTime {
        let (stamp, now) = (nanoseconds(stamp), now.0 as i64);
        let last = &mut self.last[track as usize];
        let jumped = last.is_some_and(|last| (stamp - last).abs() > STEP);
        *last = Some(stamp);
        let offset = match self.offset {
            Some(offset) if !jumped || (stamp + offset - now).abs() < NEAR => offset,
            _ => {
                self.count += 1;
                now - stamp
            }
        };
        self.offset = Some(offset);
        ShowTime((stamp + offset).max(0) as u64)
    }

    /// Show time of another stamp under the present anchor, e.g. of the presentation.
    pub fn shift(&self, stamp: Duration) -> ShowTime {
        ShowTime((nanoseconds(stamp) + self.offset.unwrap_or(0)).max(0) as u64)
    }
}

fn nanoseconds(stamp: Duration) -> i64 {
    i64::try_from(stamp.as_nanos()).unwrap_or(i64::MAX / 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(n: u64) -> ShowTime {
        ShowTime(n * 1_000_000)
    }

    #[test]
    fn the_first_packet_is_anchored_at_its_arrival_and_both_tracks_share_it() {
        let mut anchor = Anchor::default();
        assert_eq!(anchor.place(Track::Sound, Duration::from_millis(700), ms(5000)), ms(5000));
        assert_eq!(anchor.place(Track::Picture, Duration::from_millis(733), ms(5060)), ms(5033));
        assert_eq!(anchor.count, 1);
    }

    #[test]
    fn a_burst_after_a_stall_keeps_the_anchor() {
        let mut anchor = Anchor::default();
        for n in 0..30 {
            anchor.place(Track::Picture, Duration::from_millis(n * 33), ms(1000 + n * 33));
        }
        for n in 30..300 {
            let at = anchor.place(Track::Picture, Duration::from_millis(n * 33), ms(10_900));
            assert_eq!(at, ms(1000 + n * 33));
        }
        assert_eq!(anchor.count, 1);
    }

    #[test]
    fn a_restarted_clock_is_anchored_again_once_for_both_tracks() {
        let mut anchor = Anchor::default();
        anchor.place(Track::Picture, Duration::from_secs(100), ms(1000));
        anchor.place(Track::Sound, Duration::from_secs(100), ms(1000));
        assert_eq!(anchor.place(Track::Picture, Duration::ZERO, ms(1033)), ms(1033));
        assert_eq!(anchor.place(Track::Sound, Duration::from_millis(10), ms(1050)), ms(1043));
        assert_eq!(anchor.count, 2);
    }
}
