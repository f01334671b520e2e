//! One time for a publisher's picture and sound. RTP times of both begin anywhere; they are aligned by the arrival of
//! the first packets, and as soon as both have a sender report (RFC 3550, section 6.4.1) the sound is moved to its
//! place by the publisher's clock.
//!
//! Refuses to know: the content of packets.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use str0m::{
    media::{MediaTime, Rid},
    rtp::rtcp::SenderInfo,
};

/// Reports differ a little each time; sound is moved only when it is further off, in seconds.
const TOLERANCE: f64 = 0.02;
/// A report further off than this is wrong.
const ABSURD: f64 = 10.0;

/// See the module's text.
#[derive(Debug, Default)]
pub struct Sync {
    zero: Option<Instant>,
    /// The picture's layers by name, the first one first: the others are placed by it.
    pictures: Vec<(Option<Rid>, Track)>,
    sound: Track,
    /// What is added to the sound's time, in seconds.
    moved: f64,
    last_sound: Option<Duration>,
    last_picture: Option<Duration>,
}

#[derive(Debug, Default)]
struct Track {
    /// The first RTP time, and when it came, in seconds after zero.
    first: Option<(u64, f64)>,
    /// The publisher's wall clock less our time, in seconds, as of the last report.
    offset: Option<f64>,
}

impl Sync {
    /// The place of a frame of a layer, in seconds. To be called for all layers, on air or not.
    pub fn layer(&mut self, rid: Option<Rid>, time: MediaTime, came: Instant, report: Option<&SenderInfo>) -> f64 {
        let zero = *self.zero.get_or_insert(came);
        let n = self.pictures.iter().position(|(known, _)| *known == rid).unwrap_or_else(|| {
            self.pictures.push((rid, Track::default()));
            self.pictures.len() - 1
        });
        let first = self.pictures.first().and_then(|(_, track)| track.offset);
        let Some((_, track)) = self.pictures.get_mut(n) else { return 0.0 };
        let at = track.place(time, came, zero, report.map(Report::of));
        match (first, track.offset) {
            (Some(first), Some(own)) if n > 0 && (own - first).abs() < ABSURD => at + own - first,
            _ => at,
        }
    }

    /// The time of a picture at its place; `None` for one that is not later than the one before.
    pub fn picture(&mut self, at: f64) -> Option<Duration> {
        later(&mut self.last_picture, at)
    }

    /// The time of a packet of sound; `None` for one that is not later than the one before.
    pub fn sound(&mut self, time: MediaTime, came: Instant, report: Option<&SenderInfo>) -> Option<Duration> {
        let zero = *self.zero.get_or_insert(came);
        let at = self.sound.place(time, came, zero, report.map(Report::of));
        let picture = self.pictures.first().and_then(|(_, track)| track.offset);
        if let (Some(sound), Some(picture)) = (self.sound.offset, picture) {
            let wanted = sound - picture;
            if (wanted - self.moved).abs() > TOLERANCE && wanted.abs() < ABSURD {
                self.moved = wanted;
            }
        }
        later(&mut self.last_sound, at + self.moved)
    }
}

fn later(last: &mut Option<Duration>, at: f64) -> Option<Duration> {
    // In whole nanoseconds of the nearest microsecond, so that equal distances stay equal.
    let at = Duration::from_nanos((at.max(0.0) * 1e9).round() as u64);
    let new = last.is_none_or(|last| at > last);
    new.then(|| *last.insert(at))
}

/// What a report says: at this wall clock, in seconds, this RTP time.
#[derive(Debug, Clone, Copy)]
struct Report(f64, u32);

impl Report {
    fn of(info: &SenderInfo) -> Self {
        let clock = match info.ntp_time.duration_since(UNIX_EPOCH) {
            Ok(after) => after.as_secs_f64(),
            Err(_) => {
                -UNIX_EPOCH.duration_since(info.ntp_time.min(SystemTime::now())).unwrap_or_default().as_secs_f64()
            }
        };
        Self(clock, info.rtp_time.numer() as u32)
    }
}

impl Track {
    fn place(&mut self, time: MediaTime, came: Instant, zero: Instant, report: Option<Report>) -> f64 {
        let rate = f64::from(time.denom().max(1));
        let came = came.saturating_duration_since(zero).as_secs_f64();
        let (first, began) = *self.first.get_or_insert((time.numer(), came));
        let at = began + (time.numer() as i64).wrapping_sub(first as i64) as f64 / rate;
        if let Some(Report(clock, reported)) = report {
            let since = f64::from((time.numer() as u32).wrapping_sub(reported) as i32) / rate;
            self.offset = Some(clock + since - at);
        }
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(track: &mut Track, rtp: u64, ms: u64, zero: Instant, report: Option<Report>) -> f64 {
        track.place(MediaTime::from_90khz(rtp), zero + Duration::from_millis(ms), zero, report)
    }

    #[test]
    fn sound_that_came_late_is_moved_to_where_the_reports_say() {
        let zero = Instant::now();
        let mut sync = Sync { zero: Some(zero), ..Sync::default() };
        // The picture of wall clock 100.0 came at once, the sound of 100.0 came 80 ms later.
        let mut picture = Track::default();
        place(&mut picture, 9000, 0, zero, Some(Report(100.0, 9000)));
        sync.pictures.push((None, picture));
        place(&mut sync.sound, 500, 80, zero, Some(Report(100.0, 500)));
        let at = sync.sound(MediaTime::from_90khz(500 + 9000), zero + Duration::from_millis(180), None).unwrap();
        assert!((at.as_secs_f64() - 0.1).abs() < 1e-6, "{at:?}");
    }

    #[test]
    fn without_reports_tracks_lie_as_they_came_and_keep_their_distances() {
        let zero = Instant::now();
        let mut sync = Sync::default();
        let picture = |sync: &mut Sync, n: u64, ms| {
            let time = MediaTime::from_90khz(70_000 + n * 3000);
            let at = sync.layer(None, time, zero + Duration::from_millis(ms), None);
            sync.picture(at)
        };
        assert_eq!(picture(&mut sync, 0, 0), Some(Duration::ZERO));
        let second = picture(&mut sync, 3, 170).unwrap();
        assert_eq!(second, Duration::from_millis(100), "not when it came, but when it was taken");
        assert_eq!(picture(&mut sync, 3, 180), None, "the same time twice");
        let sound = sync.sound(MediaTime::from_90khz(1), zero + Duration::from_millis(40), None);
        assert_eq!(sound, Some(Duration::from_millis(40)));
    }

    #[test]
    fn layers_with_times_of_their_own_lie_at_the_same_place() {
        let (zero, mut sync) = (Instant::now(), Sync::default());
        let mut first = Track::default();
        place(&mut first, 9000, 0, zero, Some(Report(100.0, 9000)));
        let mut other = Track::default();
        // The same moment, but it came 40 ms later.
        place(&mut other, 777, 40, zero, Some(Report(100.0, 777)));
        (sync.zero, sync.pictures) = (Some(zero), vec![(Some("q".into()), first), (Some("f".into()), other)]);
        let at = sync.layer(Some("f".into()), MediaTime::from_90khz(777 + 9000), zero, None);
        assert!((at - 0.1).abs() < 1e-6, "{at}");
    }
}
