//! An endpoint's limit on its connections, shared by all code that uses it: admission, counters, and the log of
//! refusals.
//!
//! ```text
//! accept ─ address ─► ConnectionLimiter ─► Shares (exact) ─┬─ ConnectionSlot: held as long as the connection
//!                       │                        ├─ Refused: counted, logged at the end of a minute
//!                       │                        └─ another slot of the address is evicted: its connection closes
//!                       └─ AddressRegistry: authenticated addresses and trusted proxies, shared by all limiters
//! ```
//!
//! Refuses to know: protocols, and how a refusal is worded.

use super::{
    authenticated_addresses::AuthenticatedAddresses,
    client_address::ClientAddress,
    connection_shares::{AddressStatus, Admitted, ConnectionId, Limits, Refused, Shares},
    refusal_log::{Line, RefusalLog},
    trusted_proxies::TrustedProxies,
};
use crate::tasks;
use metrics::{counter, gauge};
use std::{
    collections::HashMap,
    io::Write,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

/// Closes a refused connection with a short response. A fresh socket takes it at once, and nothing is waited for; a
/// client that does not get it sees that the connection is closed.
pub fn turn_away(stream: tokio::net::TcpStream, words: &[u8]) {
    // The runtime does not know yet that the socket is writable; the system does.
    let written = stream.into_std().and_then(|mut stream| stream.write(words));
    if let Err(error) = written {
        tracing::debug!(%error, "a connection was closed without a word");
    }
}

/// What all limiters of a server know about addresses. Clones share it.
#[derive(Debug, Clone)]
pub struct AddressRegistry(Arc<Registry>);

#[derive(Debug)]
struct Registry {
    began: Instant,
    addresses: Mutex<AuthenticatedAddresses>,
    proxies: TrustedProxies,
}

impl AddressRegistry {
    /// Knows only the proxies.
    pub fn new(proxies: TrustedProxies) -> Self {
        Self(Arc::new(Registry { began: Instant::now(), addresses: Mutex::default(), proxies }))
    }

    /// A credential came from there. One unknown client says nothing of the others that count as one with it.
    fn add(&self, address: ClientAddress) {
        if let Some(address) = address.known() {
            lock(&self.0.addresses).add(address, self.0.began.elapsed());
        }
    }

    fn status(&self, address: ClientAddress) -> AddressStatus {
        let Some(address) = address.known() else { return AddressStatus::default() };
        let authenticated = lock(&self.0.addresses).has(address, self.0.began.elapsed());
        AddressStatus { authenticated, shared: self.0.proxies.trusts(address) }
    }
}

/// See the module's text. Clones share it.
#[derive(Debug, Clone)]
pub struct ConnectionLimiter(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    name: &'static str,
    limits: Limits,
    addresses: AddressRegistry,
    began: Instant,
    counts: Mutex<Counts>,
}

#[derive(Debug)]
struct Counts {
    shares: Shares,
    /// Of the connections that can be evicted.
    evictions: HashMap<ConnectionId, CancellationToken>,
    log: RefusalLog,
}

impl ConnectionLimiter {
    /// The limiter of one kind of connection, with its name in figures and log.
    pub fn new(name: &'static str, limits: Limits, addresses: AddressRegistry) -> Self {
        let counts = Counts { shares: Shares::new(limits), evictions: HashMap::new(), log: RefusalLog::default() };
        let counts = Mutex::new(counts);
        Self(Arc::new(Inner { name, limits, addresses, began: Instant::now(), counts }))
    }

    /// The limiter of a server without others, with a limit on simultaneous connections.
    pub fn alone(name: &'static str, total: usize) -> Self {
        Self::new(name, Limits::of(total), AddressRegistry::new(TrustedProxies::default()))
    }

    /// Another limiter with limits of its own and the same registry, for resources that these connections may open.
    pub fn sibling(&self, name: &'static str, total: usize) -> Self {
        Self::new(name, Limits::of(total), self.0.addresses.clone())
    }

    /// Admits a connection from this address.
    ///
    /// # Errors
    /// See [`Refused`]; the caller words it.
    pub fn enter(&self, address: impl Into<ClientAddress>) -> Result<ConnectionSlot, Refused> {
        self.admit(address.into(), false)
    }

    /// The same, for an endpoint that closes a connection when [`ConnectionSlot::evicted`] completes: a new connection
    /// of an authenticated address may take the place of an older one that has shown nothing.
    ///
    /// # Errors
    /// See [`Refused`]; the caller words it.
    pub fn enter_evictable(&self, address: impl Into<ClientAddress>) -> Result<ConnectionSlot, Refused> {
        self.admit(address.into(), true)
    }

    fn admit(&self, address: ClientAddress, evictable: bool) -> Result<ConnectionSlot, Refused> {
        let Inner { name, addresses, .. } = &*self.0;
        let status = addresses.status(address);
        let evicted = CancellationToken::new();
        let entered = {
            let mut counts = self.0.counts();
            let entered = counts.shares.enter(address, status, evictable);
            entered.map(|Admitted { id, evicted: older }| {
                if evictable {
                    counts.evictions.insert(id, evicted.clone());
                }
                (id, older.and_then(|older| counts.evictions.remove(&older)))
            })
        };
        if let Err(refused) = entered {
            counter!("lumencast_connections_refused_total", "door" => *name, "reason" => refused.reason()).increment(1);
            let mut counts = self.0.counts();
            let open = counts.shares.open();
            counts.log.count(open);
            drop(counts);
            tracing::debug!(door = name, %address, "{refused}");
        }
        self.0.log_refusals();
        self.0.log_at_the_end_of_the_minute();
        let (id, older) = entered?;
        if let Some(older) = older {
            counter!("lumencast_connections_evicted_total", "door" => *name).increment(1);
            tracing::debug!(door = name, %address, "the oldest unauthenticated connection makes room for a new one");
            older.cancel();
        }
        gauge!("lumencast_connections", "door" => *name).increment(1.0);
        let (heard, authenticated) = (AtomicBool::new(false), AtomicBool::new(false));
        Ok(ConnectionSlot { limiter: self.0.clone(), address, id, evicted, heard, authenticated })
    }

    /// Connections that are open.
    pub fn open(&self) -> usize {
        self.0.counts().shares.open()
    }

    /// The limits.
    pub fn limits(&self) -> Limits {
        self.0.limits
    }
}

impl Inner {
    fn counts(&self) -> MutexGuard<'_, Counts> {
        lock(&self.counts)
    }

    /// Writes the log line that is due.
    fn log_refusals(&self) {
        let due = self.counts().log.due(self.began.elapsed());
        if let Some(Line { count, open }) = due {
            let Limits { total, per_address, .. } = self.limits;
            tracing::warn!(door = self.name, count, open, total, per_address, "connections were refused");
        }
    }

    /// Starts a timer that logs the refusals of this minute at its end, also when no client connects then. Threads outside
    /// a runtime leave it to the next event.
    fn log_at_the_end_of_the_minute(self: &Arc<Self>) {
        if tokio::runtime::Handle::try_current().is_err() {
            return;
        }
        let Some(wait) = self.counts().log.wait(self.began.elapsed()) else { return };
        let limiter = Arc::downgrade(self);
        tasks::once("refusal-log", async move {
            tokio::time::sleep(wait).await;
            if let Some(limiter) = limiter.upgrade() {
                limiter.log_refusals();
            }
        });
    }
}

/// An admitted connection; dropping it frees its slot.
#[derive(Debug)]
pub struct ConnectionSlot {
    limiter: Arc<Inner>,
    address: ClientAddress,
    id: ConnectionId,
    evicted: CancellationToken,
    heard: AtomicBool,
    authenticated: AtomicBool,
}

impl ConnectionSlot {
    /// The connection has shown a credential: it no longer counts against its address's share, and its address is
    /// authenticated.
    pub fn mark_authenticated(&self) {
        self.limiter.addresses.add(self.address);
        if !self.authenticated.swap(true, Ordering::Relaxed) {
            let mut counts = self.limiter.counts();
            counts.shares.mark_authenticated(self.address, self.id);
            counts.evictions.remove(&self.id);
        }
    }

    /// The connection has said something complete, e.g. a request's head or a handshake: silent ones are evicted before
    /// it.
    pub fn mark_heard(&self) {
        if !self.heard.swap(true, Ordering::Relaxed) {
            self.limiter.counts().shares.mark_heard(self.address, self.id);
        }
    }

    /// Completes when the connection must end in favour of a new one of its address, which happens only to one that
    /// has shown no credential, and only where slots are taken by [`ConnectionLimiter::enter_evictable`].
    pub fn evicted(&self) -> WaitForCancellationFutureOwned {
        self.evicted.clone().cancelled_owned()
    }
}

impl Drop for ConnectionSlot {
    fn drop(&mut self) {
        {
            let mut counts = self.limiter.counts();
            counts.shares.leave(self.address, self.id);
            counts.evictions.remove(&self.id);
        }
        gauge!("lumencast_connections", "door" => self.limiter.name).decrement(1.0);
        self.limiter.log_refusals();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::IpAddr;

    #[test]
    fn an_address_that_showed_a_credential_at_one_door_gets_the_last_places_of_another() {
        let ip = |n: u32| IpAddr::V4(n.into());
        let panels = ConnectionLimiter::alone("panels", 8);
        let pages = panels.sibling("pages", 64);
        let unauthenticated: Vec<_> = (1..).map_while(|n| pages.enter(ip(n)).ok()).collect();
        assert_eq!(unauthenticated.len(), 60);
        let panel = panels.enter(ip(1000)).expect("a slot");
        assert_eq!(pages.enter(ip(1000)).expect_err("it is unauthenticated"), Refused::Reserved);
        panel.mark_authenticated();
        panel.mark_authenticated();
        let slot = pages.enter(ip(1000)).expect("it is authenticated");
        drop((slot, panel, unauthenticated));
        assert_eq!((pages.open(), panels.open()), (0, 0));
    }

    #[test]
    fn a_silent_connection_of_an_authenticated_address_is_evicted_for_a_new_one() {
        let address = IpAddr::V4(1.into());
        let limiter = ConnectionLimiter::alone("pages", 16);
        limiter.enter_evictable(address).expect("a slot").mark_authenticated();
        let slots: Vec<_> = (0..12).map(|_| limiter.enter_evictable(address).expect("a slot")).collect();
        assert!(slots.iter().all(|slot| !slot.evicted.is_cancelled()), "4 beyond the share of 8");
        slots[0].mark_heard();
        slots[1].mark_authenticated();
        let newer: Vec<_> = (0..2).map(|_| limiter.enter_evictable(address).expect("a slot")).collect();
        let evicted: Vec<_> = slots.iter().map(|slot| slot.evicted.is_cancelled()).collect();
        assert_eq!(evicted, [vec![false, false, true], vec![false; 9]].concat());
        assert_eq!(limiter.open(), 13);
        assert_eq!(limiter.enter(address).expect_err("it evicts none"), Refused::Share);
        drop((slots, newer));
        assert_eq!((limiter.open(), limiter.0.counts().evictions.len()), (0, 0));
    }

    #[test]
    fn unknown_clients_behind_a_proxy_share_one_share_and_a_credential_of_one_is_not_of_all() {
        let proxy = IpAddr::V4(1.into());
        let trusted = TrustedProxies::new([proxy.into()]);
        let limiter = ConnectionLimiter::new("sessions", Limits::of(64), AddressRegistry::new(trusted));
        let unknown = ClientAddress::Unknown { behind: Some(proxy) };
        let mut slots: Vec<_> = (0..16).map(|_| limiter.enter(unknown).expect("a slot")).collect();
        slots[0].mark_authenticated();
        slots.push(limiter.enter(unknown).expect("the slot of the authenticated one"));
        assert_eq!(limiter.enter(unknown).expect_err("it has its share"), Refused::Share);
        slots.push(limiter.enter(proxy).expect("the proxy has no share"));
    }
}
