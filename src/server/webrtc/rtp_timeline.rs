//! RTP times of one viewer's track: one timeline that never goes back, whatever publisher sends and however often the
//! viewer begins again.
//!
//! Refuses to know: what is sent.

use crate::domain::time::ShowTime;
use std::time::Duration;

/// One picture of the past gets this much time, so that a new viewer runs through the past and is at the live edge.
const STEP: Duration = Duration::from_millis(1);
/// What lies between the last time and one that would not come after it.
const LEAP: Duration = Duration::from_millis(10);

/// See the module's text.
#[derive(Debug, Clone)]
pub struct RtpTimeline {
    rate: u64,
    /// The RTP time of show time zero, extended.
    base: i64,
    last: Option<i64>,
}

impl RtpTimeline {
    /// A timeline at so many ticks per second that begins anywhere.
    pub fn new(rate: u32, begin: u32) -> Self {
        Self { rate: rate.into(), base: begin.into(), last: None }
    }

    /// The RTP time of a live frame.
    pub fn live(&mut self, pts: ShowTime) -> u32 {
        self.place(pts, 0)
    }

    /// The RTP time of a frame of the past that has `before` frames between it and the live edge, which is at `edge`.
    pub fn past(&mut self, edge: ShowTime, before: u64) -> u32 {
        self.place(edge, before as i64 * self.ticks(STEP))
    }

    /// Makes room for so many frames of the past before `edge`.
    pub fn begin(&mut self, edge: ShowTime, frames: u64) {
        let first = self.base + self.at(edge) - frames as i64 * self.ticks(STEP);
        if let Some(last) = self.last
            && first <= last
        {
            self.base += last - first + self.ticks(LEAP);
        }
    }

    fn place(&mut self, pts: ShowTime, back: i64) -> u32 {
        let mut time = self.base + self.at(pts) - back;
        if let Some(last) = self.last
            && time <= last
        {
            self.base += last - time + self.ticks(LEAP);
            time = last + self.ticks(LEAP);
        }
        self.last = Some(time);
        time as u32 // RTP times wrap
    }

    fn at(&self, pts: ShowTime) -> i64 {
        ((u128::from(pts.0) * u128::from(self.rate) + 500_000_000) / 1_000_000_000) as i64
    }

    fn ticks(&self, time: Duration) -> i64 {
        (time.as_micros() as u64 * self.rate / 1_000_000) as i64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> ShowTime {
        ShowTime(ms * 1_000_000)
    }

    #[test]
    fn the_past_is_run_through_in_steps_that_end_at_the_live_edge() {
        let mut timeline = RtpTimeline::new(90_000, 5);
        timeline.begin(ms(2000), 3);
        let times: Vec<u32> = (0..3).rev().map(|before| timeline.past(ms(2000), before)).collect();
        assert_eq!(times, [180_005 - 180, 180_005 - 90, 180_005]);
        assert_eq!(timeline.live(ms(2033)), 180_005 + 33 * 90, "then real distances");
    }

    #[test]
    fn beginning_again_never_goes_back() {
        let mut timeline = RtpTimeline::new(90_000, u32::MAX - 100);
        let mut last = timeline.live(ms(1000));
        timeline.begin(ms(1000), 60);
        for before in (0..60).rev() {
            let time = timeline.past(ms(1000), before);
            assert!((1..=1000).contains(&time.wrapping_sub(last)), "{before}");
            last = time;
        }
        assert_eq!(timeline.live(ms(1033)).wrapping_sub(last), 33 * 90);
        let back = timeline.live(ms(900));
        assert!(back.wrapping_sub(last) < 10_000, "another publisher whose stamps lie before");
    }
}
