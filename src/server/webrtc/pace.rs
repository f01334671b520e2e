//! How fast packets leave for one viewer. A receiver has the system's default socket buffer (212,992 bytes on Linux,
//! of which a packet takes about twice its length), and may not read for some milliseconds.
//!
//! Refuses to know: what is sent.

use std::time::Instant;

/// Bytes that may leave at once.
const BURST: f64 = 32_000.0;

/// A token bucket.
#[derive(Debug, Clone)]
pub struct Pace {
    /// What may still leave; below zero after a packet that was longer.
    bytes: f64,
    filled: Option<Instant>,
}

impl Default for Pace {
    fn default() -> Self {
        Self { bytes: BURST, filled: None }
    }
}

impl Pace {
    /// Adds what `rate`, in bytes per second, gives since the last call.
    pub fn refill(&mut self, rate: f64, now: Instant) {
        let since = self.filled.map_or(0.0, |filled| now.saturating_duration_since(filled).as_secs_f64());
        self.bytes = (self.bytes + rate * since).min(BURST);
        self.filled = Some(now);
    }

    /// Takes a packet's bytes; gives whether it may leave.
    pub fn take(&mut self, bytes: usize) -> bool {
        if self.bytes <= 0.0 {
            return false;
        }
        self.bytes -= bytes as f64;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn no_more_than_a_burst_leaves_at_once_however_long_nothing_was_sent() {
        let (mut pace, begin) = (Pace::default(), Instant::now());
        let mut leave = |ms| {
            pace.refill(8e6, begin + Duration::from_millis(ms));
            (0..).take_while(|_| pace.take(1000)).count()
        };
        assert_eq!((leave(0), leave(1), leave(2)), (32, 8, 8));
        assert_eq!(leave(9_000), 32);
    }
}
