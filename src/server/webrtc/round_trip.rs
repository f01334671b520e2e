//! The round trip to a peer, from its answers to connectivity checks (RFC 8445, section 7.2.5), and what hangs on it: how
//! often lost packets are sent again. Some receivers repeat their request (a generic NACK, RFC 4585, section 6.2.1) before
//! an answer can have come, with all that they still lack.
//!
//! Refuses to know: keys. Of encrypted RTCP only the head of the first packet is read.

use std::time::{Duration, Instant};

/// Requests are taken this far apart even where the round trip is shorter.
const LEAST: Duration = Duration::from_millis(10);
/// A longer round trip is not waited for.
const LONGEST: Duration = Duration::from_millis(500);
/// Binding request and success response (RFC 8489, section 5).
const REQUEST: [u8; 2] = [0x00, 0x01];
const SUCCESS: [u8; 2] = [0x01, 0x01];

/// See the module's text. `D` is a datagram with its addresses.
#[derive(Debug)]
pub struct RoundTrip<D> {
    /// The last check, by its transaction.
    check: Option<(Vec<u8>, Instant)>,
    time: Duration,
    /// When a request was last taken.
    taken: Option<Instant>,
    /// The latest request since then.
    held: Option<D>,
}

impl<D> Default for RoundTrip<D> {
    fn default() -> Self {
        Self { check: None, time: LEAST, taken: None, held: None }
    }
}

impl<D> RoundTrip<D> {
    /// Notes a datagram that leaves.
    pub fn leaves(&mut self, data: &[u8], now: Instant) {
        if data.starts_with(&REQUEST)
            && let Some(transaction) = data.get(8..20)
        {
            self.check = Some((transaction.to_vec(), now));
        }
    }

    /// Notes a datagram that came. Gives whether it is to be taken now; if not, [`Self::due`] gives it later, unless a
    /// later request has taken its place.
    pub fn comes(&mut self, data: &[u8], now: Instant, kept: impl FnOnce() -> D) -> bool {
        if data.starts_with(&SUCCESS)
            && let Some((_, sent)) =
                self.check.take_if(|(transaction, _)| data.get(8..20) == Some(transaction.as_slice()))
        {
            self.time = now.saturating_duration_since(sent).clamp(LEAST, LONGEST);
        }
        if !asks_again(data) {
            return true;
        }
        if self.taken.is_some_and(|taken| now.saturating_duration_since(taken) < self.time) {
            self.held = Some(kept());
            return false;
        }
        (self.taken, self.held) = (Some(now), None);
        true
    }

    /// When a held request is due.
    pub fn deadline(&self) -> Option<Instant> {
        self.held.as_ref().and(self.taken).map(|taken| taken + self.time)
    }

    /// The held request, when it is due.
    pub fn due(&mut self, now: Instant) -> Option<D> {
        if self.deadline()? > now {
            return None;
        }
        self.taken = Some(now);
        self.held.take()
    }
}

/// Whether a datagram is a request to send packets again.
fn asks_again(data: &[u8]) -> bool {
    matches!(data, [0x81 | 0xa1, 205, ..])
}

#[cfg(test)]
mod tests {
    use super::*;

    const NACK: &[u8] = &[0x81, 205, 0, 3];

    fn check(kind: [u8; 2]) -> Vec<u8> {
        [&kind[..], &[0, 0, 0x21, 0x12, 0xa4, 0x42], &[7; 12]].concat()
    }

    #[test]
    fn the_same_request_counts_once_a_round_trip() {
        let (mut round_trip, begin) = (RoundTrip::<u8>::default(), Instant::now());
        let at = |ms| begin + Duration::from_millis(ms);
        round_trip.leaves(&check(REQUEST), at(0));
        assert!(round_trip.comes(&check(SUCCESS), at(158), || 0));
        assert!(round_trip.comes(NACK, at(200), || 1));
        assert!(!round_trip.comes(NACK, at(300), || 2) && !round_trip.comes(NACK, at(350), || 3));
        assert!(round_trip.comes(&[0x80, 201, 0, 1], at(351), || 4), "reports are not held");
        assert_eq!((round_trip.deadline(), round_trip.due(at(357))), (Some(at(358)), None));
        assert_eq!((round_trip.due(at(358)), round_trip.due(at(999))), (Some(3), None), "the latest, once");
        assert!(!round_trip.comes(NACK, at(515), || 5) && round_trip.comes(NACK, at(516), || 6));
        assert_eq!(round_trip.deadline(), None, "one that was held is out of date");
    }
}
