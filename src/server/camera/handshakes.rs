//! How often an address may try to connect: an exact limit over a sliding window.
//!
//! Refuses to know: clocks (the time is an argument), and the response to an address over the limit.

use crate::app::access::client_address::ClientAddress;
use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

/// Number of remembered addresses above which those with an expired window are removed.
const SWEEP: usize = 1024;

/// See the module's text. Times are durations since any fixed moment and never run backwards.
#[derive(Debug)]
pub struct Handshakes {
    limit: usize,
    window: Duration,
    recent: HashMap<ClientAddress, VecDeque<Duration>>,
    sweep_at: usize,
}

impl Handshakes {
    /// At most `limit` handshakes per address within any period of `window`.
    pub fn new(limit: usize, window: Duration) -> Self {
        Self { limit, window, recent: HashMap::new(), sweep_at: SWEEP }
    }

    /// Whether this handshake is allowed. A refused one does not count.
    pub fn request(&mut self, address: impl Into<ClientAddress>, now: Duration) -> bool {
        if self.recent.len() >= self.sweep_at {
            let window = self.window;
            self.recent.retain(|_, times| times.back().is_some_and(|&last| last + window > now));
            self.sweep_at = SWEEP.max(2 * self.recent.len());
        }
        let times = self.recent.entry(address.into().network()).or_default();
        while times.front().is_some_and(|&first| first + self.window <= now) {
            times.pop_front();
        }
        let free = times.len() < self.limit;
        if free {
            times.push_back(now);
        }
        free
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::IpAddr;

    const MINUTE: Duration = Duration::from_secs(60);

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("address")
    }

    #[test]
    fn the_sixty_first_knock_within_a_minute_is_refused() {
        let mut endpoint = Handshakes::new(60, MINUTE);
        for second in 0..60 {
            assert!(endpoint.request(ip("192.0.2.1"), Duration::from_millis(second * 900)));
        }
        assert!(!endpoint.request(ip("192.0.2.1"), Duration::from_millis(59_999)));
        assert!(endpoint.request(ip("192.0.2.2"), Duration::from_millis(59_999)), "another address has its own limit");
        assert!(endpoint.request(ip("192.0.2.1"), MINUTE), "the first one is a minute ago");
        assert!(!endpoint.request(ip("192.0.2.1"), MINUTE), "the second is not");
    }

    #[test]
    fn a_network_of_ipv6_addresses_is_one_person() {
        let mut endpoint = Handshakes::new(1, MINUTE);
        assert!(endpoint.request(ip("2001:db8::1"), Duration::ZERO));
        assert!(!endpoint.request(ip("2001:db8::2"), Duration::ZERO));
        assert!(endpoint.request(ip("2001:db8:0:1::1"), Duration::ZERO));
        assert!(endpoint.request(ip("192.0.2.1"), Duration::ZERO));
        assert!(!endpoint.request(ip("::ffff:192.0.2.1"), Duration::ZERO));
    }

    #[test]
    fn addresses_of_before_the_window_are_forgotten() {
        let mut endpoint = Handshakes::new(1, MINUTE);
        for n in 0..10_000u32 {
            assert!(endpoint.request(IpAddr::V4(n.into()), Duration::from_secs(n.into())));
        }
        assert!(endpoint.recent.len() <= SWEEP + 60, "{} addresses are kept", endpoint.recent.len());
    }
}
