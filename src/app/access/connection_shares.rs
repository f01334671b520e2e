//! How the connections of one endpoint are shared out, so that one address cannot take all of them.
//!
//! ```text
//! 0 ─────────────── total - reserve ──────────── total - reserve/2 ──────────── total
//!   every address,    addresses with few            authenticated addresses alone
//!   up to its share   connections, authenticated ones
//! ```
//!
//! A connection is *unauthenticated* until it has shown a credential (a key, a token, a login): such ones count
//! against the share of their address, the others only against the total. An address is *authenticated* where one of
//! its connections has shown a credential lately: so the last slots are kept for panels and for publishers that come
//! back.
//!
//! Exact, and nothing but counting. Refuses to know: sockets, clocks, which addresses are authenticated.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
};

/// Unauthenticated connections that an address may have and still have few: what a browser opens to one server, and a
/// spare.
const FEW: usize = 8;

/// What an endpoint allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Connections at a time.
    pub total: usize,
    /// Unauthenticated connections of one address at a time.
    pub per_address: usize,
    /// Slots at the end that not every address gets; half of them only authenticated ones get.
    pub reserve: usize,
}

impl Limits {
    /// `total` connections: a quarter of them for the unauthenticated ones of one address, an eighth of them in
    /// reserve.
    pub fn of(total: usize) -> Self {
        Self { total, per_address: (total / 4).max(FEW).min(total), reserve: total / 8 }
    }
}

/// What is known of an address that connects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AddressStatus {
    /// One of its connections has shown a credential lately.
    pub authenticated: bool,
    /// A shared address of many clients, e.g. a trusted proxy: it has no share, only the total bounds it.
    pub shared: bool,
}

/// Why a connection is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// All slots are taken.
    #[error("all connections are taken")]
    Full,
    /// The address has its share already.
    #[error("the address has its share of connections already")]
    Share,
    /// The slots that are left are kept for others.
    #[error("the connections that are left are kept for others")]
    Reserved,
}

impl Refused {
    /// The label under which it is counted.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Share => "share",
            Self::Reserved => "reserved",
        }
    }
}

/// The connections of one endpoint, see the module's text.
#[derive(Debug)]
pub struct Shares {
    limits: Limits,
    open: usize,
    /// By [`network`]; no entry is 0.
    unauthenticated: HashMap<IpAddr, usize>,
}

impl Shares {
    /// No connections.
    pub fn new(limits: Limits) -> Self {
        Self { limits, open: 0, unauthenticated: HashMap::new() }
    }

    /// Admits a connection, as unauthenticated.
    ///
    /// # Errors
    /// See [`Refused`]; then nothing is counted.
    pub fn enter(&mut self, address: IpAddr, status: AddressStatus) -> Result<(), Refused> {
        let Limits { total, per_address, reserve } = self.limits;
        let address = network(address);
        let own = self.unauthenticated.get(&address).copied().unwrap_or(0);
        if self.open >= total {
            return Err(Refused::Full);
        }
        if own >= per_address && !status.shared {
            return Err(Refused::Share);
        }
        let left = total - self.open;
        let spoken_for = left <= reserve / 2 || (left <= reserve && own >= FEW);
        if spoken_for && !status.authenticated {
            return Err(Refused::Reserved);
        }
        self.open += 1;
        *self.unauthenticated.entry(address).or_default() += 1;
        Ok(())
    }

    /// One unauthenticated connection of this address has shown a credential.
    pub fn mark_authenticated(&mut self, address: IpAddr) {
        let address = network(address);
        if let Some(count) = self.unauthenticated.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                self.unauthenticated.remove(&address);
            }
        }
    }

    /// A connection has ended; `authenticated`: [`Shares::mark_authenticated`] was called for it.
    pub fn leave(&mut self, address: IpAddr, authenticated: bool) {
        if !authenticated {
            self.mark_authenticated(address);
        }
        self.open = self.open.saturating_sub(1);
    }

    /// Connections there are.
    pub fn open(&self) -> usize {
        self.open
    }
}

/// The address that counts. A subscriber has 2^64 addresses of IPv6, so the network counts (RFC 4291, 2.5.4); an IPv4
/// address that came in IPv6 form is that IPv4 address.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64))),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const UNAUTHENTICATED: AddressStatus = AddressStatus { authenticated: false, shared: false };
    const AUTHENTICATED: AddressStatus = AddressStatus { authenticated: true, shared: false };

    fn ip(n: u32) -> IpAddr {
        IpAddr::V4(n.into())
    }

    fn take(shares: &mut Shares, address: IpAddr, status: AddressStatus) -> usize {
        (0..10_000).take_while(|_| shares.enter(address, status).is_ok()).count()
    }

    #[test]
    fn one_address_gets_its_share_and_no_more() {
        let mut shares = Shares::new(Limits::of(64));
        assert_eq!(take(&mut shares, ip(1), UNAUTHENTICATED), 16);
        assert_eq!(shares.enter(ip(1), UNAUTHENTICATED), Err(Refused::Share));
        assert_eq!(shares.enter(ip(2), UNAUTHENTICATED), Ok(()));
        shares.leave(ip(1), false);
        assert_eq!(shares.enter(ip(1), UNAUTHENTICATED), Ok(()));
    }

    #[test]
    fn the_last_slots_are_kept_for_addresses_with_few_and_the_very_last_for_authenticated_ones() {
        let mut shares = Shares::new(Limits::of(64));
        let taken: Vec<_> = (1..=5).map(|n| take(&mut shares, ip(n), UNAUTHENTICATED)).collect();
        assert_eq!(
            taken,
            [16, 16, 16, 8, 4],
            "8 of 64 are left to addresses with few, of those 4 to authenticated ones"
        );
        assert_eq!(shares.enter(ip(6), UNAUTHENTICATED), Err(Refused::Reserved));
        assert_eq!(take(&mut shares, ip(7), AUTHENTICATED), 4);
        assert_eq!(shares.enter(ip(7), AUTHENTICATED), Err(Refused::Full));
    }

    #[test]
    fn connections_with_a_credential_count_against_no_share() {
        let mut shares = Shares::new(Limits::of(64));
        for _ in 0..40 {
            shares.enter(ip(1), AUTHENTICATED).expect("a place");
            shares.mark_authenticated(ip(1));
        }
        assert_eq!(take(&mut shares, ip(1), AUTHENTICATED), 16);
        for _ in 0..40 {
            shares.leave(ip(1), true);
        }
        assert_eq!(shares.open(), 16);
        assert_eq!(shares.enter(ip(1), AUTHENTICATED), Err(Refused::Share));
    }

    #[test]
    fn a_trusted_proxy_has_no_share_and_leaves_the_reserve() {
        let mut shares = Shares::new(Limits::of(64));
        assert_eq!(take(&mut shares, ip(1), AddressStatus { authenticated: false, shared: true }), 56);
        assert_eq!(shares.enter(ip(2), UNAUTHENTICATED), Ok(()));
    }

    #[test]
    fn a_small_limit_admits_the_only_client() {
        for total in 1..8 {
            assert_eq!(take(&mut Shares::new(Limits::of(total)), ip(1), UNAUTHENTICATED), total);
        }
    }

    #[test]
    fn addresses_of_a_network_of_ipv6_are_one() {
        let address = |text: &str| network(text.parse().expect("an address"));
        assert_eq!(address("2001:db8::1"), address("2001:db8::ffff:1"));
        assert_ne!(address("2001:db8::1"), address("2001:db8:0:1::1"));
        assert_eq!(address("::ffff:192.0.2.1"), address("192.0.2.1"));
    }

    proptest! {
        #[test]
        fn the_counts_are_those_of_the_connections_that_are_open(
            steps in proptest::collection::vec((0u32..6, 0u8..4), 1..400),
        ) {
            let limits = Limits { total: 20, per_address: 9, reserve: 6 };
            let mut shares = Shares::new(limits);
            let mut open: Vec<(IpAddr, bool)> = Vec::new();
            for (n, what) in steps {
                match what {
                    0 | 1 => {
                        let status = AddressStatus { authenticated: what == 1, shared: false };
                        if shares.enter(ip(n), status).is_ok() {
                            open.push((ip(n), false));
                        }
                    }
                    2 => if let Some(connection) = open.iter_mut().find(|(_, authenticated)| !authenticated) {
                        connection.1 = true;
                        shares.mark_authenticated(connection.0);
                    }
                    _ => if !open.is_empty() {
                        let (address, authenticated) = open.remove(n as usize % open.len());
                        shares.leave(address, authenticated);
                    }
                }
                prop_assert_eq!(shares.open(), open.len());
                prop_assert!(open.len() <= limits.total);
                for n in 0..6 {
                    let own = open.iter().filter(|(address, shown)| *address == ip(n) && !shown).count();
                    prop_assert!(own <= limits.per_address);
                    prop_assert_eq!(shares.unauthenticated.get(&ip(n)).copied().unwrap_or(0), own);
                }
            }
            for (address, authenticated) in open {
                shares.leave(address, authenticated);
            }
            prop_assert!(shares.unauthenticated.is_empty() && shares.open() == 0);
        }
    }
}
