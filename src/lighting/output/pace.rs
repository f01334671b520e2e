//! When a universe is sent: whenever it changed, three times more, and then at intervals so that receivers do not treat
//! it as lost.
//!
//! E1.31-2018 6.6.1: a constant level is sent three times, then once each 800 to 1000 ms. Art-Net asks for a repeat at
//! least each 4 s and recommends the same 800 to 1000 ms; DDP leaves it to the sender. Refuses to know: the data.

use std::time::Duration;

/// Packets after a change that are sent without further changes.
const REPEATS: u8 = 3;

/// See the module's text.
#[derive(Debug)]
pub struct Pace {
    keep_alive: Duration,
    repeats: u8,
    sent: Option<Duration>,
}

impl Pace {
    /// `keep_alive`: the longest time between two packets without changes.
    pub fn new(keep_alive: Duration) -> Self {
        Self { keep_alive, repeats: 0, sent: None }
    }

    /// As if nothing had been sent yet.
    pub fn forget(&mut self) {
        self.sent = None;
    }

    /// Whether to send now; `true` counts as sent.
    pub fn is_due(&mut self, changed: bool, now: Duration) -> bool {
        match self.sent {
            Some(_) if changed => self.repeats = REPEATS,
            None => self.repeats = REPEATS,
            Some(_) if self.repeats > 0 => self.repeats -= 1,
            Some(sent) if now.saturating_sub(sent) < self.keep_alive => return false,
            Some(_) => {}
        }
        self.sent = Some(now);
        true
    }
}
