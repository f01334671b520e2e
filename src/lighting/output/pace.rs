//! When a universe is sent: whenever it changed, three times more, and then at intervals so that receivers do not treat
//! it as lost; never more often than its frame rate.
//!
//! E1.31-2018 6.6.1: no faster than DMX512 at the same number of slots, which is 44 times a second for 512.
//! E1.31-2018 6.6.1: a constant level is sent three times, then once each 800 to 1000 ms. Art-Net asks for a repeat at
//! least each 4 s and recommends the same 800 to 1000 ms; DDP leaves it to the sender. Refuses to know: the data.

use crate::lighting::patch::FPS;
use std::time::Duration;

/// Packets after a change that are sent without further changes.
const REPEATS: u8 = 3;

/// See the module's text.
#[derive(Debug)]
pub struct Pace {
    keep_alive: Duration,
    /// Between two packets, on average; zero: with every frame.
    period: Duration,
    /// The earliest time of the next packet.
    next: Duration,
    /// A change that was not sent yet.
    pending: bool,
    repeats: u8,
    sent: Option<Duration>,
}

impl Pace {
    /// `keep_alive`: the longest time between two packets without changes; `fps`: packets per second at most, of the 60
    /// frames that are drawn.
    pub fn new(keep_alive: Duration, fps: u8) -> Self {
        let period = if fps >= FPS { Duration::ZERO } else { Duration::from_secs(1) / u32::from(fps.max(1)) };
        Self { keep_alive, period, next: Duration::ZERO, pending: false, repeats: 0, sent: None }
    }

    /// As if nothing had been sent yet.
    pub fn forget(&mut self) {
        self.sent = None;
    }

    /// Whether to send now; `true` counts as sent.
    pub fn is_due(&mut self, changed: bool, now: Duration) -> bool {
        self.pending |= changed;
        if self.sent.is_some() && now < self.next {
            return false;
        }
        match self.sent {
            None => self.repeats = REPEATS,
            Some(_) if self.pending => self.repeats = REPEATS,
            Some(_) if self.repeats > 0 => self.repeats -= 1,
            Some(sent) if now.saturating_sub(sent) < self.keep_alive => return false,
            Some(_) => {}
        }
        self.pending = false;
        // From the planned time on, so that the mean rate is exact although frames come in steps of their own.
        let planned = if now < self.next + self.period { self.next } else { now };
        self.next = planned + self.period;
        self.sent = Some(now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moving_universe_has_its_frame_rate_and_no_change_is_lost() {
        for (fps, expected) in [(44, 440), (60, 600), (25, 250), (1, 10)] {
            let mut pace = Pace::new(Duration::from_millis(900), fps);
            let frames = (0..600).map(|frame| Duration::from_nanos(frame * 1_000_000_000 / 60));
            let sent = frames.filter(|now| pace.is_due(true, *now)).count();
            assert!(sent.abs_diff(expected) <= 1, "{sent} packets in 10 s at {fps}");
        }
        let mut pace = Pace::new(Duration::from_millis(900), 44);
        let ms = Duration::from_millis;
        assert!(pace.is_due(false, ms(0)));
        assert!(!pace.is_due(true, ms(17)), "too early");
        assert!(pace.is_due(false, ms(34)), "the change of the frame before");
    }
}
