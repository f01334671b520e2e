//! Exact rate limits, alone and by address: a bucket in which each token comes back one window after it was spent.
//!
//! So never more than `capacity` requests pass within any period of `window`, which a bucket that refills evenly cannot
//! promise (it lets almost twice as many through after a rest). It costs eight bytes for each token spent.
//!
//! Refuses to know: clocks (the time is an argument), the limited client, how a refusal is worded.

use crate::app::access::client_address::ClientAddress;
use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// Addresses with a bucket of their own; those beyond share one.
const ADDRESSES: usize = 10_000;

/// See the module's text. Times are durations since any fixed moment and never run backwards.
#[derive(Debug, Clone)]
pub struct Bucket {
    capacity: usize,
    window: Duration,
    /// When each missing token was spent, oldest first.
    spent: VecDeque<u64>,
}

/// The state of a bucket at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Level {
    /// Tokens when nothing was spent.
    pub limit: usize,
    /// Tokens left.
    pub remaining: usize,
    /// Until the next token comes back; zero when none is missing.
    pub reset: Duration,
}

impl Level {
    /// [`Level::reset`] in whole seconds, rounded up: after that time a token is certainly back.
    pub fn reset_seconds(&self) -> u64 {
        self.reset.as_secs() + u64::from(self.reset.subsec_nanos() > 0)
    }
}

impl Bucket {
    /// A full bucket of `capacity` tokens, each back after `window`.
    pub fn new(capacity: usize, window: Duration) -> Self {
        Self { capacity, window, spent: VecDeque::new() }
    }

    /// Sets the capacity. Spent tokens stay spent.
    pub fn resize(&mut self, capacity: usize) {
        self.capacity = capacity;
    }

    /// The present state.
    pub fn level(&mut self, now: Duration) -> Level {
        let (now, window) = (nanos(now), nanos(self.window));
        while self.spent.front().is_some_and(|&at| at.saturating_add(window) <= now) {
            self.spent.pop_front();
        }
        let back = self.spent.front().map_or(0, |&at| at.saturating_add(window).saturating_sub(now));
        Level {
            limit: self.capacity,
            remaining: self.capacity.saturating_sub(self.spent.len()),
            reset: Duration::from_nanos(back),
        }
    }

    /// Takes a token; false when there is none. A refusal costs nothing.
    pub fn take(&mut self, now: Duration) -> bool {
        let free = self.level(now).remaining > 0;
        if free {
            self.spent.push_back(nanos(now));
        }
        free
    }
}

/// A bucket for each address, or network of IPv6 addresses; requests without a known address share one.
#[derive(Debug)]
pub struct AddressLimits {
    capacity: usize,
    window: Duration,
    buckets: Mutex<HashMap<ClientAddress, Bucket>>,
}

impl AddressLimits {
    /// `capacity` tokens for each address, each back after `window`.
    pub fn new(capacity: usize, window: Duration) -> Self {
        Self { capacity, window, buckets: Mutex::default() }
    }

    /// Takes a token of an address.
    ///
    /// # Errors
    /// There is no token left.
    pub fn take(&self, from: Option<ClientAddress>, now: Duration) -> Result<Level, Level> {
        self.with(from, now, |bucket| {
            let passed = bucket.take(now);
            let level = bucket.level(now);
            if passed { Ok(level) } else { Err(level) }
        })
    }

    /// The state of an address's bucket.
    pub fn level(&self, from: Option<ClientAddress>, now: Duration) -> Level {
        self.with(from, now, |bucket| bucket.level(now))
    }

    fn with<T>(&self, from: Option<ClientAddress>, now: Duration, work: impl FnOnce(&mut Bucket) -> T) -> T {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= ADDRESSES {
            buckets.retain(|_, bucket| bucket.level(now).remaining < self.capacity);
        }
        let mut address = from.map_or(ClientAddress::UNKNOWN, ClientAddress::network);
        if buckets.len() >= ADDRESSES && !buckets.contains_key(&address) {
            address = ClientAddress::UNKNOWN;
        }
        work(buckets.entry(address).or_insert_with(|| Bucket::new(self.capacity, self.window)))
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn the_token_after_the_last_is_refused_until_the_oldest_is_back() {
        let mut bucket = Bucket::new(3, MINUTE);
        for second in 0..3 {
            assert!(bucket.take(Duration::from_secs(second)));
        }
        let just_before = MINUTE - Duration::from_nanos(1);
        assert!(!bucket.take(just_before));
        assert_eq!(bucket.level(just_before).reset_seconds(), 1);
        assert!(bucket.take(MINUTE));
        assert!(!bucket.take(MINUTE));
        assert_eq!(bucket.level(MINUTE), Level { limit: 3, remaining: 0, reset: Duration::from_secs(1) });
    }

    #[test]
    fn another_size_holds_at_once_and_forgives_nothing() {
        let mut bucket = Bucket::new(2, MINUTE);
        assert!(bucket.take(Duration::ZERO) && bucket.take(Duration::ZERO));
        bucket.resize(3);
        assert!(bucket.take(Duration::ZERO) && !bucket.take(Duration::ZERO));
        bucket.resize(1);
        assert_eq!(bucket.level(Duration::ZERO).remaining, 0);
        assert!(bucket.take(MINUTE) && !bucket.take(MINUTE));
    }

    #[test]
    fn a_full_bucket_has_nothing_to_wait_for() {
        let level = Bucket::new(5, MINUTE).level(Duration::from_secs(1_000));
        assert_eq!(level, Level { limit: 5, remaining: 5, reset: Duration::ZERO });
    }

    #[test]
    fn the_eleventh_attempt_of_an_address_is_refused_and_others_are_not() {
        let (limits, now) = (AddressLimits::new(10, MINUTE), Duration::from_secs(5));
        let from = |text: &str| Some(ClientAddress::Known(text.parse().expect("an address")));
        for left in (0..10).rev() {
            assert_eq!(limits.take(from("2001:db8::1"), now).map(|level| level.remaining), Ok(left));
        }
        assert!(limits.take(from("2001:db8::2"), now).is_err(), "the same network");
        assert!(limits.take(from("2001:db8:0:1::1"), now).is_ok());
        assert!(limits.take(from("192.0.2.1"), now).is_ok());
        assert_eq!(limits.level(from("2001:db8::1"), now).remaining, 0);
        assert!(limits.take(from("2001:db8::1"), now + MINUTE).is_ok());
        let behind = |text: &str| Some(ClientAddress::Unknown { behind: text.parse().ok() });
        for _ in 0..10 {
            assert!(limits.take(behind("127.0.0.1"), now).is_ok());
        }
        assert!(limits.take(behind("127.0.0.1"), now).is_err(), "unknown clients behind a proxy share a bucket");
        assert!(limits.take(behind("127.0.0.2"), now).is_ok(), "that proxy's own");
        assert!(limits.take(from("127.0.0.1"), now).is_ok(), "and not the proxy's");
    }

    proptest! {
        #[test]
        fn no_window_ever_sees_more_than_the_capacity_and_none_is_refused_below_it(
            capacity in 1usize..8,
            steps in proptest::collection::vec(0u64..20, 1..200),
        ) {
            let window = Duration::from_millis(50);
            let mut bucket = Bucket::new(capacity, window);
            let mut passed: Vec<Duration> = Vec::new();
            let mut now = Duration::ZERO;
            for step in steps {
                now += Duration::from_millis(step);
                let recent = passed.iter().filter(|&&at| at + window > now).count();
                let level = bucket.level(now);
                prop_assert_eq!(level.remaining, capacity - recent);
                prop_assert_eq!(bucket.take(now), recent < capacity);
                if recent < capacity {
                    passed.push(now);
                } else {
                    // Waiting exactly as long as announced is enough, waiting any less is not.
                    let mut ahead = bucket.clone();
                    prop_assert!(!ahead.take(now + level.reset - Duration::from_nanos(1)));
                    prop_assert!(ahead.take(now + level.reset));
                }
            }
        }
    }
}
