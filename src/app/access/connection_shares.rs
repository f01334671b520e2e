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
//! One client of an address must not lock out the others behind the same NAT. So an authenticated address has some
//! slots beyond its share, and where these are taken too, its oldest silent connection makes room for the new one: a
//! half-open connection is worth less than one that may show a credential in a moment.
//!
//! Exact, and nothing but counting. Refuses to know: sockets, clocks, which addresses are authenticated.

use super::client_address::ClientAddress;
use std::collections::{BTreeSet, HashMap, HashSet};

/// Unauthenticated connections that an address may have and still have few: what a browser opens to one server, and a
/// spare.
const FEW: usize = 8;
/// The fewest connections that an authenticated address may have beyond its share.
const EXTRA: usize = 4;
/// Evicted connections that are not closed yet, at a time: they hold files beyond the total.
const LEAVING: usize = 64;

/// What an endpoint allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Connections at a time.
    pub total: usize,
    /// Unauthenticated connections of one address at a time.
    pub per_address: usize,
    /// Unauthenticated connections that an authenticated address may have beyond that.
    pub extra: usize,
    /// Slots at the end that not every address gets; half of them only authenticated ones get.
    pub reserve: usize,
}

impl Limits {
    /// `total` connections: a quarter of them for the unauthenticated ones of one address, an eighth of them in
    /// reserve, and an eighth (at least 4) beyond the share of an authenticated address.
    pub fn of(total: usize) -> Self {
        let per_address = (total / 4).max(FEW).min(total);
        Self { total, per_address, extra: (total / 8).max(EXTRA), reserve: total / 8 }
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

/// The number of a connection; later ones have larger numbers.
pub type ConnectionId = u64;

/// An admitted connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Admitted {
    /// Its number.
    pub id: ConnectionId,
    /// The connection that must make room for it: the caller closes it.
    pub evicted: Option<ConnectionId>,
}

/// The connections of one endpoint, see the module's text.
#[derive(Debug)]
pub struct Shares {
    limits: Limits,
    /// Connections, without the evicted ones.
    open: usize,
    next: ConnectionId,
    /// By [`ClientAddress::network`]; no entry is empty.
    unauthenticated: HashMap<ClientAddress, Connections>,
    /// Evicted connections that have not ended yet.
    leaving: HashSet<ConnectionId>,
}

/// The unauthenticated connections of one address: those that have said nothing complete first, and the older ones
/// before the younger ones.
type Connections = BTreeSet<(Heard, ConnectionId)>;

/// Whether a connection has said anything complete, e.g. a request's head or a handshake.
type Heard = bool;

impl Shares {
    /// No connections.
    pub fn new(limits: Limits) -> Self {
        Self { limits, open: 0, next: 0, unauthenticated: HashMap::new(), leaving: HashSet::new() }
    }

    /// Admits a connection, as unauthenticated. `evicts`: another connection of an authenticated address may be evicted
    /// for it.
    ///
    /// # Errors
    /// See [`Refused`]; then nothing is counted.
    pub fn enter(&mut self, address: ClientAddress, status: AddressStatus, evicts: bool) -> Result<Admitted, Refused> {
        let address = address.network();
        let evicted = match self.judge(address, status) {
            Ok(()) => None,
            Err(refused) if !(evicts && status.authenticated) || status.shared => return Err(refused),
            Err(refused) => Some(self.evict(address).ok_or(refused)?),
        };
        let id = self.next;
        self.next += 1;
        self.open += 1;
        self.unauthenticated.entry(address).or_default().insert((false, id));
        Ok(Admitted { id, evicted })
    }

    fn judge(&self, address: ClientAddress, status: AddressStatus) -> Result<(), Refused> {
        let Limits { total, per_address, extra, reserve } = self.limits;
        let own = self.unauthenticated.get(&address).map_or(0, BTreeSet::len);
        if self.open >= total {
            return Err(Refused::Full);
        }
        let left = total - self.open;
        if own >= per_address && !status.shared {
            // Connections beyond a share leave the reserve to addresses with few connections.
            let within_extra = own < per_address + extra && left > reserve;
            if !(status.authenticated && within_extra) {
                return Err(Refused::Share);
            }
        }
        let spoken_for = left <= reserve / 2 || (left <= reserve && own >= FEW);
        if spoken_for && !status.authenticated { Err(Refused::Reserved) } else { Ok(()) }
    }

    /// Has one unauthenticated connection of an address leave: the oldest silent one; where none is silent, the oldest
    /// beyond the share, so that viewers within the share are not disturbed.
    fn evict(&mut self, address: ClientAddress) -> Option<ConnectionId> {
        if self.leaving.len() >= LEAVING {
            return None;
        }
        let own = self.unauthenticated.get(&address)?;
        let silent = own.first().filter(|(heard, _)| !heard);
        let &(heard, id) = silent.or_else(|| own.iter().nth(self.limits.per_address))?;
        self.remove(address, (heard, id));
        self.open = self.open.saturating_sub(1);
        self.leaving.insert(id);
        Some(id)
    }

    /// An unauthenticated connection has said something complete.
    pub fn mark_heard(&mut self, address: ClientAddress, id: ConnectionId) {
        let own = self.unauthenticated.get_mut(&address.network());
        if let Some(own) = own.filter(|own| own.contains(&(false, id))) {
            own.remove(&(false, id));
            own.insert((true, id));
        }
    }

    /// An unauthenticated connection of this address has shown a credential.
    pub fn mark_authenticated(&mut self, address: ClientAddress, id: ConnectionId) {
        let address = address.network();
        self.remove(address, (false, id));
        self.remove(address, (true, id));
    }

    /// A connection has ended.
    pub fn leave(&mut self, address: ClientAddress, id: ConnectionId) {
        self.mark_authenticated(address, id);
        if !self.leaving.remove(&id) {
            self.open = self.open.saturating_sub(1);
        }
    }

    fn remove(&mut self, address: ClientAddress, connection: (Heard, ConnectionId)) {
        if let Some(own) = self.unauthenticated.get_mut(&address) {
            own.remove(&connection);
            if own.is_empty() {
                self.unauthenticated.remove(&address);
            }
        }
    }

    /// Connections there are, without the evicted ones.
    pub fn open(&self) -> usize {
        self.open
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::net::IpAddr;

    const UNAUTHENTICATED: AddressStatus = AddressStatus { authenticated: false, shared: false };
    const AUTHENTICATED: AddressStatus = AddressStatus { authenticated: true, shared: false };

    fn ip(n: u32) -> ClientAddress {
        IpAddr::V4(n.into()).into()
    }

    fn take(shares: &mut Shares, address: ClientAddress, status: AddressStatus) -> usize {
        (0..10_000).take_while(|_| shares.enter(address, status, false).is_ok()).count()
    }

    /// Enters and may evict for it.
    fn come(shares: &mut Shares, address: ClientAddress, status: AddressStatus) -> Result<Admitted, Refused> {
        shares.enter(address, status, true)
    }

    #[test]
    fn one_address_gets_its_share_and_no_more() {
        let mut shares = Shares::new(Limits::of(64));
        assert_eq!(take(&mut shares, ip(1), UNAUTHENTICATED), 16);
        assert_eq!(come(&mut shares, ip(1), UNAUTHENTICATED), Err(Refused::Share));
        assert!(come(&mut shares, ip(2), UNAUTHENTICATED).is_ok());
        shares.leave(ip(1), 0);
        assert!(come(&mut shares, ip(1), UNAUTHENTICATED).is_ok());
    }

    #[test]
    fn an_authenticated_address_has_places_beyond_its_share_and_no_more() {
        let mut shares = Shares::new(Limits::of(64));
        assert_eq!(take(&mut shares, ip(1), UNAUTHENTICATED), 16);
        assert_eq!(take(&mut shares, ip(1), AUTHENTICATED), 8);
        assert_eq!(shares.enter(ip(1), AUTHENTICATED, false), Err(Refused::Share), "where nothing can be evicted");
        assert_eq!(shares.open(), 24);
        let mut small = Shares::new(Limits::of(16));
        assert_eq!(take(&mut small, ip(1), AUTHENTICATED), 12, "at least 4");
    }

    #[test]
    fn the_oldest_silent_connection_of_an_authenticated_address_makes_room() {
        let mut shares = Shares::new(Limits::of(64));
        assert_eq!(take(&mut shares, ip(1), AUTHENTICATED), 24);
        assert_eq!(take(&mut shares, ip(2), UNAUTHENTICATED), 16);
        shares.mark_heard(ip(1), 0);
        shares.mark_authenticated(ip(1), 1);
        assert_eq!(come(&mut shares, ip(1), AUTHENTICATED), Ok(Admitted { id: 40, evicted: None }));
        assert_eq!(come(&mut shares, ip(1), AUTHENTICATED), Ok(Admitted { id: 41, evicted: Some(2) }));
        assert_eq!(come(&mut shares, ip(1), AUTHENTICATED), Ok(Admitted { id: 42, evicted: Some(3) }));
        assert_eq!(shares.open(), 41);
        assert_eq!(come(&mut shares, ip(2), UNAUTHENTICATED), Err(Refused::Share), "it has shown nothing");
        for id in [2, 3] {
            shares.leave(ip(1), id);
        }
        assert_eq!(shares.open(), 41, "evicted ones count no longer");
        assert!(shares.leaving.is_empty());
    }

    #[test]
    fn viewers_within_the_share_are_never_evicted_and_those_beyond_it_make_room() {
        let mut shares = Shares::new(Limits::of(64));
        assert_eq!(take(&mut shares, ip(1), AUTHENTICATED), 24);
        for id in 0..24 {
            shares.mark_heard(ip(1), id);
        }
        assert_eq!(come(&mut shares, ip(1), AUTHENTICATED), Ok(Admitted { id: 24, evicted: Some(16) }));
        assert_eq!(come(&mut shares, ip(1), AUTHENTICATED), Ok(Admitted { id: 25, evicted: Some(24) }), "it is silent");
    }

    #[test]
    fn a_full_endpoint_admits_an_authenticated_address_that_filled_it() {
        let mut shares = Shares::new(Limits::of(4));
        assert_eq!(take(&mut shares, ip(1), AUTHENTICATED), 4);
        assert_eq!(come(&mut shares, ip(1), AUTHENTICATED), Ok(Admitted { id: 4, evicted: Some(0) }));
        assert_eq!(come(&mut shares, ip(2), AUTHENTICATED), Err(Refused::Full), "it has none to give up");
    }

    #[test]
    fn evicted_connections_that_do_not_end_are_bounded() {
        let mut shares = Shares::new(Limits::of(64));
        assert_eq!(take(&mut shares, ip(1), AUTHENTICATED), 24);
        let admitted = (0..1000).take_while(|_| come(&mut shares, ip(1), AUTHENTICATED).is_ok()).count();
        assert_eq!((admitted, shares.open()), (LEAVING, 24));
        shares.leave(ip(1), 0);
        assert!(come(&mut shares, ip(1), AUTHENTICATED).is_ok());
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
        assert_eq!(come(&mut shares, ip(6), UNAUTHENTICATED), Err(Refused::Reserved));
        assert_eq!(take(&mut shares, ip(7), AUTHENTICATED), 4);
        assert_eq!(shares.enter(ip(7), AUTHENTICATED, false), Err(Refused::Full));
    }

    #[test]
    fn connections_with_a_credential_count_against_no_share() {
        let mut shares = Shares::new(Limits::of(64));
        for id in 0..40 {
            assert_eq!(come(&mut shares, ip(1), AUTHENTICATED), Ok(Admitted { id, evicted: None }));
            shares.mark_authenticated(ip(1), id);
        }
        assert_eq!(take(&mut shares, ip(1), AUTHENTICATED), 16, "the places beyond the share are not in the reserve");
        for id in 0..40 {
            shares.leave(ip(1), id);
        }
        assert_eq!(shares.open(), 16);
        assert_eq!(take(&mut shares, ip(1), AUTHENTICATED), 8);
    }

    #[test]
    fn a_trusted_proxy_has_no_share_and_leaves_the_reserve() {
        let mut shares = Shares::new(Limits::of(64));
        assert_eq!(take(&mut shares, ip(1), AddressStatus { authenticated: false, shared: true }), 56);
        assert!(come(&mut shares, ip(2), UNAUTHENTICATED).is_ok());
    }

    #[test]
    fn a_small_limit_admits_the_only_client() {
        for total in 1..8 {
            assert_eq!(take(&mut Shares::new(Limits::of(total)), ip(1), UNAUTHENTICATED), total);
        }
    }

    proptest! {
        #[test]
        fn the_counts_are_those_of_the_connections_that_are_open(
            steps in proptest::collection::vec((0u32..6, 0u8..6), 1..400),
        ) {
            let limits = Limits { total: 20, per_address: 9, extra: 4, reserve: 6 };
            let mut shares = Shares::new(limits);
            let mut open: Vec<(ClientAddress, ConnectionId, bool)> = Vec::new();
            let mut evicted: Vec<(ClientAddress, ConnectionId)> = Vec::new();
            for (n, what) in steps {
                match what {
                    0 | 1 => {
                        let status = AddressStatus { authenticated: what == 1, shared: false };
                        if let Ok(admitted) = shares.enter(ip(n), status, true) {
                            if let Some(id) = admitted.evicted {
                                let position = open.iter().position(|connection| connection.1 == id);
                                let (address, id, authenticated) = open.remove(position.expect("it was open"));
                                prop_assert!(address == ip(n) && !authenticated);
                                evicted.push((address, id));
                            }
                            open.push((ip(n), admitted.id, false));
                        }
                    }
                    2 => if let Some(connection) = open.iter_mut().find(|(_, _, authenticated)| !authenticated) {
                        connection.2 = true;
                        shares.mark_authenticated(connection.0, connection.1);
                    }
                    3 => if !open.is_empty() {
                        let (address, id, _) = open.remove(n as usize % open.len());
                        shares.leave(address, id);
                    }
                    4 => if let Some((address, id)) = evicted.pop() {
                        shares.leave(address, id);
                    }
                    _ => if let Some((address, id, _)) = open.get(n as usize) {
                        shares.mark_heard(*address, *id);
                    }
                }
                prop_assert_eq!(shares.open(), open.len());
                prop_assert_eq!(shares.leaving.len(), evicted.len());
                prop_assert!(open.len() <= limits.total && evicted.len() <= LEAVING);
                for n in 0..6 {
                    let own = open.iter().filter(|(address, _, authenticated)| *address == ip(n) && !authenticated);
                    let own = own.count();
                    prop_assert!(own <= limits.per_address + limits.extra);
                    prop_assert_eq!(shares.unauthenticated.get(&ip(n)).map_or(0, BTreeSet::len), own);
                }
            }
            for (address, id) in open.into_iter().map(|(address, id, _)| (address, id)).chain(evicted) {
                shares.leave(address, id);
            }
            prop_assert!(shares.unauthenticated.is_empty() && shares.leaving.is_empty() && shares.open() == 0);
        }
    }
}
