//! The anchor: a publisher's own time to show time. Sans-IO.
//!
//! The first packet is anchored at its arrival; picture and sound share the anchor, so their distance is kept. A track
//! goes on evenly however late its packets come: a burst after a stall keeps its place.
//!
//! A clock that is set in mid-stream shows in one track first: its stamps go back, or they leap ahead of their arrival.
//! That track goes on where it was, and the other one joins it as soon as its own stamps have made the same step; until
//! then it keeps the time that it has. A pause is no step: the stamps after it come at their time.
//!
//! Refuses to know: what the packets are, and which protocol carried them.

use crate::domain::time::ShowTime;
use std::time::Duration;

const MS: i64 = 1_000_000;
/// Stamps of one track that go back by less are unsteady, not set, in nanoseconds.
const UNSTEADY: i64 = 40 * MS;
/// Stamps that leap by more, and come so much earlier before their time than any before, were set, in nanoseconds.
const LEAP: i64 = 200 * MS;
/// After a step a track goes on where it was unless that lies further before its arrival, in nanoseconds.
const PAUSE: i64 = 1_000 * MS;
/// A track that begins later than the other shares its anchor if that puts it so near to its arrival, in nanoseconds:
/// at most so much ahead, and at most so much behind (a burst that a stall held up).
const AHEAD: i64 = 5_000 * MS;
const BEHIND: i64 = 60_000 * MS;
/// The longest distance between two stamps of a track that goes on, for the one after a step, in nanoseconds.
const LONGEST: i64 = 2_000 * MS;

/// Which track a stamp belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Track {
    Picture,
    Sound,
}

/// See the module's text.
#[derive(Debug, Default)]
pub struct Anchor {
    /// What was last added to a stamp of either track after it stepped.
    newest: Option<i64>,
    tracks: [Option<Place>; 2],
    /// How often it was set.
    pub count: u64,
}

/// How far a track is.
#[derive(Debug, Clone, Copy)]
struct Place {
    /// What is added to its stamps.
    offset: i64,
    /// The time of the last one.
    at: i64,
    /// Distance of the last two.
    interval: i64,
    /// The furthest that one came before its time.
    lead: i64,
    /// What was added before its last step: stamps that were set for a moment come back to it.
    former: Option<i64>,
}

impl Anchor {
    /// Another publisher begins: the next packet is anchored anew.
    pub fn restart(&mut self) {
        (self.newest, self.tracks) = (None, [None; 2]);
    }

    /// The show time of a stamp (the decoding time of pictures) that arrives now. It never goes back within a track.
    pub fn place(&mut self, track: Track, stamp: Duration, now: ShowTime) -> ShowTime {
        let (stamp, now) = (nanoseconds(stamp), now.0 as i64);
        let others_lead = self.tracks[1 - track as usize].map_or(0, |other| other.lead);
        let place = match self.tracks[track as usize] {
            Some(before) => self.next(before, stamp, now, others_lead),
            None => self.first(stamp, now),
        };
        self.tracks[track as usize] = Some(place);
        ShowTime(place.at.max(0).cast_unsigned())
    }

    fn first(&mut self, stamp: i64, now: i64) -> Place {
        let shared = self.newest.filter(|offset| (-BEHIND..AHEAD).contains(&(stamp + offset - now)));
        let offset = shared.unwrap_or_else(|| self.set(now - stamp));
        let at = stamp + offset;
        Place { offset, at, interval: 0, lead: at - now, former: None }
    }

    fn next(&mut self, before: Place, stamp: i64, now: i64, others_lead: i64) -> Place {
        let expected = before.at + before.interval;
        let mut offset = before.offset;
        if let Some(newest) = self.newest
            && (stamp + newest - expected).abs() < (stamp + offset - expected).abs()
            && (-BEHIND..AHEAD).contains(&(stamp + newest - now))
        {
            offset = newest; // the other track stepped, and this one has now
        }
        let lead = stamp + offset - now;
        let back = stamp + offset < before.at - UNSTEADY;
        // What comes in a burst is ahead of its time in both tracks, and a picture a second makes long steps.
        let leapt = before.interval > 0
            && stamp + offset - expected > LEAP
            && lead > before.lead.max(others_lead).max(0) + LEAP;
        if back || leapt {
            let goes_on = (-PAUSE..=before.lead.max(LEAP)).contains(&(expected - now));
            let returned = before.former.filter(|former| (stamp + former - expected).abs() < UNSTEADY);
            let place = || if goes_on { expected - stamp } else { now - stamp };
            offset = self.set(returned.unwrap_or_else(place));
        }
        let moved = stamp + offset - before.at;
        let at = before.at.max(stamp + offset);
        let stepped = offset != before.offset;
        let interval = if stepped { before.interval } else { moved.clamp(0, LONGEST) };
        let lead = if stepped { at - now } else { before.lead.max(at - now) };
        let former = if stepped { Some(before.offset) } else { before.former };
        Place { offset, at, interval, lead, former }
    }

    fn set(&mut self, offset: i64) -> i64 {
        self.count += 1;
        self.newest = Some(offset);
        offset
    }
}

fn nanoseconds(stamp: Duration) -> i64 {
    i64::try_from(stamp.as_nanos()).unwrap_or(i64::MAX / 4).min(i64::MAX / 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(n: u64) -> ShowTime {
        ShowTime(n * 1_000_000)
    }

    /// A publisher of 30 pictures and 50 packets of sound a second, over 10 s, whose clock is set by `step`
    /// milliseconds after 4 s, between a picture and a packet of sound. Arrival, track, and the time that it gets; in
    /// milliseconds.
    fn set_by(step: i64, held: impl Fn(i64) -> i64) -> (Anchor, Vec<(i64, Track, f64)>) {
        let mut sent: Vec<(i64, Track)> = (0..300).map(|n| (n * 1000 / 30, Track::Picture)).collect();
        sent.extend((0..500).map(|n| (n * 20 + 3, Track::Sound)));
        sent.sort_by_key(|(at, _)| *at);
        let mut anchor = Anchor::default();
        let placed = sent.into_iter().map(|(at, track)| {
            let stamp = 20_000 + at + if at >= 4_000 { step } else { 0 };
            let arrival = ms((30_000 + at + held(at)).cast_unsigned());
            let place = anchor.place(track, Duration::from_millis(stamp.cast_unsigned()), arrival);
            (at, track, place.0 as f64 / 1e6 - 30_000.0)
        });
        let placed = placed.collect();
        (anchor, placed)
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
        let (anchor, placed) = set_by(0, |at| if at < 4_000 { 0 } else { (9_000 - at).max(0) });
        assert_eq!(anchor.count, 1);
        assert!(placed.iter().all(|(at, _, place)| *at as f64 == *place));
    }

    #[test]
    fn a_clock_that_is_set_costs_nothing_and_tracks_stay_together() {
        for step in [-19_000, -10_000, -5_000, -2_000, -1_000, -500, -150, -100, 500, 1_000, 2_000, 10_000, 500_000] {
            let (anchor, placed) = set_by(step, |at| at * 7 % 30);
            assert_eq!(anchor.count, 2, "{step}");
            for (at, track, place) in placed {
                assert!((place - at as f64).abs() <= 15.0, "{step}: {track:?} of {at} stands at {place}");
            }
        }
    }

    #[test]
    fn stamps_that_are_a_little_unsteady_wait_for_those_that_go_on() {
        let (anchor, placed) = set_by(-50, |_| 0);
        assert_eq!(anchor.count, 1);
        for tracks in [Track::Picture, Track::Sound] {
            let times: Vec<f64> = placed.iter().filter(|(_, track, _)| *track == tracks).map(|at| at.2).collect();
            assert!(times.is_sorted());
        }
        assert!(placed.iter().all(|(at, _, place)| (place - *at as f64).abs() <= 50.0));
    }

    #[test]
    fn pictures_that_come_seldom_and_at_once_in_the_beginning_stay_with_their_sound() {
        for (fps, ahead) in [(4, 600), (4, 3_000), (1, 700), (1, 3_000), (2, 2_000)] {
            let mut sent: Vec<(i64, Track)> = (0..fps * 20).map(|n| (n * 1000 / fps, Track::Picture)).collect();
            sent.extend((0..1000).map(|n| (n * 20 + 3, Track::Sound)));
            sent.sort_by_key(|(at, _)| *at);
            let mut anchor = Anchor::default();
            for (at, track) in sent {
                let arrival = ms((30_000 + (at - ahead).max(0)).cast_unsigned());
                let place = anchor.place(track, Duration::from_millis(at.cast_unsigned()), arrival);
                assert_eq!(place, ms((30_000 + at).cast_unsigned()), "{fps} a second, {ahead} ms: {track:?} {at}");
            }
        }
    }

    #[test]
    fn a_stamp_that_is_far_off_for_a_moment_leaves_no_trace() {
        let mut anchor = Anchor::default();
        for n in 0..900_i64 {
            let stray = if n % 15 == 14 { 9_800_000 } else { 0 };
            let (at, sound) = (n * 1000 / 30, n * 100 / 3 + 5);
            let picture = Duration::from_millis((50_000 + at + stray).cast_unsigned());
            let place = anchor.place(Track::Picture, picture, ms((60_000 + at).cast_unsigned()));
            assert!(place.0.abs_diff(ms((60_000 + at).cast_unsigned()).0) <= 1_000_000, "{n}");
            let place = anchor.place(
                Track::Sound,
                Duration::from_millis((50_000 + sound).cast_unsigned()),
                ms((60_000 + sound).cast_unsigned()),
            );
            assert_eq!(place, ms((60_000 + sound).cast_unsigned()), "{n}");
        }
    }

    #[test]
    fn a_pause_is_kept_and_so_is_a_picture_every_other_second() {
        let mut anchor = Anchor::default();
        for (stamp, arrival) in [(0, 1000), (33, 1033), (10_033, 11_033), (10_066, 11_066), (25_066, 26_070)] {
            assert_eq!(anchor.place(Track::Picture, Duration::from_millis(stamp), ms(arrival)), ms(1000 + stamp));
        }
        for n in 0..10 {
            let stamp = Duration::from_millis(30_000 + n * 2_000);
            assert_eq!(anchor.place(Track::Picture, stamp, ms(31_000 + n * 2_010)), ms(31_000 + n * 2_000));
        }
        assert_eq!(anchor.count, 1);
    }

    #[test]
    fn a_publisher_that_pauses_and_then_begins_at_zero_stands_at_its_arrival() {
        let mut anchor = Anchor::default();
        anchor.place(Track::Picture, Duration::from_secs(100), ms(1_000));
        anchor.place(Track::Sound, Duration::from_secs(100), ms(1_000));
        assert_eq!(anchor.place(Track::Picture, Duration::ZERO, ms(9_000)), ms(9_000));
        assert_eq!(anchor.place(Track::Sound, Duration::from_millis(10), ms(9_020)), ms(9_010));
        assert_eq!(anchor.count, 2);
    }

    #[test]
    fn a_track_with_a_clock_of_its_own_stands_at_its_arrival() {
        let mut anchor = Anchor::default();
        anchor.place(Track::Picture, Duration::from_secs(900), ms(1_000));
        assert_eq!(anchor.place(Track::Sound, Duration::ZERO, ms(3_000)), ms(3_000));
        assert_eq!(anchor.place(Track::Picture, Duration::from_millis(902_033), ms(3_033)), ms(3_033));
        assert_eq!(anchor.place(Track::Sound, Duration::from_millis(20), ms(3_024)), ms(3_020));
    }
}
