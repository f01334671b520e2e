//! When a universe leaves: whenever it changed, three times more, and then once in a while so that nobody takes it for
//! lost.
//!
//! E1.31-2018 6.6.1: a level that stays is sent three times, then once each 800 to 1000 ms. Art-Net asks for a repeat at
//! least each 4 s and recommends the same 800 to 1000 ms; DDP leaves it to the sender. Refuses to know: what is sent.

use std::time::Duration;

/// Packets after a change that are sent though nothing changed.
const REPEATS: u8 = 3;

/// See the module's text.
#[derive(Debug)]
pub struct Pace {
    keep_alive: Duration,
    repeats: u8,
    sent: Option<Duration>,
}

impl Pace {
    /// `keep_alive`: what may pass between two packets when nothing changes.
    pub fn new(keep_alive: Duration) -> Self {
        Self { keep_alive, repeats: 0, sent: None }
    }

    /// As if nothing had been sent yet.
    pub fn forget(&mut self) {
        self.sent = None;
    }

    /// Whether to send now. It is taken that this is done then.
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
