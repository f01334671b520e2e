//! Addresses from which a credential came lately: operators, panels, publishers. The last connections of an endpoint
//! are theirs.
//!
//! Refuses to know: clocks (the time is an argument), endpoints.

use super::client_address::network;
use std::{collections::HashMap, net::IpAddr, time::Duration};

/// How long an address stays authenticated after its last credential.
const KEPT: Duration = Duration::from_secs(24 * 60 * 60);
/// Addresses that are kept at most; the one that was heard of longest ago makes room.
const MOST: usize = 4096;

/// See the module's text. Times are durations since any fixed moment and never run backwards.
#[derive(Debug, Default)]
pub struct AuthenticatedAddresses(HashMap<IpAddr, Duration>);

impl AuthenticatedAddresses {
    /// A credential came from this address.
    pub fn add(&mut self, address: IpAddr, now: Duration) {
        let address = network(address);
        if self.0.len() >= MOST && !self.0.contains_key(&address) {
            self.0.retain(|_, seen| *seen + KEPT > now);
            let oldest = self.0.iter().min_by_key(|(_, seen)| **seen).map(|(address, _)| *address);
            if let Some(oldest) = oldest.filter(|_| self.0.len() >= MOST) {
                self.0.remove(&oldest);
            }
        }
        self.0.insert(address, now);
    }

    /// Whether one did within the last 24 hours.
    pub fn has(&self, address: IpAddr, now: Duration) -> bool {
        self.0.get(&network(address)).is_some_and(|seen| *seen + KEPT > now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_authenticated_for_a_day_and_the_oldest_makes_room() {
        let ip = |n: u32| IpAddr::V4(n.into());
        let mut authenticated = AuthenticatedAddresses::default();
        authenticated.add(ip(1), Duration::ZERO);
        assert!(authenticated.has(ip(1), KEPT - Duration::from_secs(1)));
        assert!(!authenticated.has(ip(1), KEPT));
        assert!(!authenticated.has(ip(2), Duration::ZERO));
        for n in 0..MOST as u32 {
            authenticated.add(ip(10 + n), Duration::from_secs(u64::from(n) + 1));
        }
        assert!(!authenticated.has(ip(1), Duration::from_secs(5000)), "it was the oldest");
        assert!(authenticated.has(ip(10), Duration::from_secs(5000)));
        assert_eq!(authenticated.0.len(), MOST);
    }
}
