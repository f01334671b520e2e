//! What goes through an output: totals since its start and the rates of the last second.
//!
//! Refuses to know: what the output is. Time is an argument.

use crate::domain::{
    output::OutputSource,
    stats::{OutputKind, OutputStats},
    time::ShowTime,
};
use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

const SECOND: u64 = 1_000_000_000;
/// Entries of the last second that are kept; 60 pictures and 94 frames of sound are usual.
const RECENT: usize = 1024;

/// Counts for one output, shared by the tries of one destination.
#[derive(Debug, Default)]
pub struct Meter {
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    frames: u64,
    bytes: u64,
    dropped: u64,
    live_since: Option<ShowTime>,
    /// When the newest picture went through.
    newest: Option<ShowTime>,
    recent: VecDeque<Passed>,
}

#[derive(Debug, Clone, Copy)]
struct Passed {
    at: ShowTime,
    bytes: u64,
    picture: bool,
}

impl Meter {
    /// An access unit of picture went through at `now`.
    pub fn picture(&self, bytes: u64, now: ShowTime) {
        let mut counts = self.lock();
        counts.frames += 1;
        counts.newest = Some(now);
        counts.pass(Passed { at: now, bytes, picture: true });
    }

    /// A frame of sound went through at `now`.
    pub fn sound(&self, bytes: u64, now: ShowTime) {
        self.lock().pass(Passed { at: now, bytes, picture: false });
    }

    /// Access units or frames of sound were lost.
    pub fn dropped(&self, count: u64) {
        self.lock().dropped += count;
    }

    /// It goes live or stops being so.
    pub fn live(&self, since: Option<ShowTime>) {
        self.lock().live_since = since;
    }

    /// Access units of picture that went through.
    pub fn frames(&self) -> u64 {
        self.lock().frames
    }

    /// The figures as of `now`. What is not live has no rates.
    pub fn stats(&self, kind: OutputKind, number: u8, stream: OutputSource, now: ShowTime) -> OutputStats {
        let counts = self.lock();
        let last = || {
            let live = counts.live_since.is_some();
            counts.recent.iter().filter(move |passed| live && now.since(passed.at) < SECOND)
        };
        OutputStats {
            kind,
            number,
            stream,
            bitrate_kbps: last().map(|passed| passed.bytes).sum::<u64>() as f64 * 8.0 / 1000.0,
            fps: last().filter(|passed| passed.picture).count() as f64,
            bytes: counts.bytes,
            dropped: counts.dropped,
            uptime_s: counts.live_since.map_or(0.0, |since| now.since(since) as f64 / SECOND as f64),
            last_frame_ms: counts.newest.map(|at| now.since(at) / 1_000_000),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counts {
    fn pass(&mut self, passed: Passed) {
        self.bytes += passed.bytes;
        while self.recent.len() >= RECENT || self.recent.front().is_some_and(|old| passed.at.since(old.at) >= SECOND) {
            self.recent.pop_front();
        }
        self.recent.push_back(passed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_of_the_last_second_and_totals_of_all_time() {
        let meter = Meter::default();
        meter.live(Some(ShowTime(0)));
        for n in 0..90 {
            let at = ShowTime(n * SECOND / 30);
            meter.picture(1000, at);
            meter.sound(100, at);
        }
        let now = ShowTime(3 * SECOND - 1);
        let stats = meter.stats(OutputKind::Record, 1, OutputSource::Program, now);
        assert_eq!((stats.fps, stats.bitrate_kbps, stats.bytes), (30.0, 264.0, 99_000));
        assert_eq!(stats.last_frame_ms, Some(33));
        let later = meter.stats(OutputKind::Record, 1, OutputSource::Program, ShowTime(10 * SECOND));
        assert_eq!((later.fps, later.bitrate_kbps, later.bytes, later.uptime_s), (0.0, 0.0, 99_000, 10.0));
    }
}
