//! A door's limit on its connections, shared by all code that uses the door: admission, counters, and the log of
//! refusals.
//!
//! ```text
//! accept ─ address ─► Doorway ─► Shares (exact) ─┬─ Place: held as long as the connection
//!                       │                        └─ Refused: counted, logged once a minute
//!                       └─ Neighbours: known addresses and trusted proxies, the same at all doors
//! ```
//!
//! Refuses to know: protocols, and how a refusal is worded.

use super::{
    connection_shares::{Limits, Refused, Shares, Standing},
    known_addresses::KnownAddresses,
    refusal_log::RefusalLog,
    trusted_proxies::TrustedProxies,
};
use metrics::{counter, gauge};
use std::{
    io::Write,
    net::IpAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

/// Closes a refused connection with a short response. A fresh socket takes it at once, and nothing is waited for; a
/// client that does not get it sees that the connection is closed.
pub fn turn_away(stream: tokio::net::TcpStream, words: &[u8]) {
    // The runtime does not know yet that the socket is writable; the system does.
    let written = stream.into_std().and_then(|mut stream| stream.write(words));
    if let Err(error) = written {
        tracing::debug!(%error, "a connection was closed without a word");
    }
}

/// What all doors of a server know about addresses. Clones share it.
#[derive(Debug, Clone)]
pub struct Neighbours(Arc<Known>);

#[derive(Debug)]
struct Known {
    began: Instant,
    addresses: Mutex<KnownAddresses>,
    proxies: TrustedProxies,
}

impl Neighbours {
    /// Knows only the proxies.
    pub fn new(proxies: TrustedProxies) -> Self {
        Self(Arc::new(Known { began: Instant::now(), addresses: Mutex::default(), proxies }))
    }

    fn add(&self, address: IpAddr) {
        lock(&self.0.addresses).add(address, self.0.began.elapsed());
    }

    fn standing(&self, address: IpAddr) -> Standing {
        let known = lock(&self.0.addresses).has(address, self.0.began.elapsed());
        Standing { known, shared: self.0.proxies.trusts(address) }
    }
}

/// See the module's text. Clones share it.
#[derive(Debug, Clone)]
pub struct Doorway(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    name: &'static str,
    limits: Limits,
    neighbours: Neighbours,
    began: Instant,
    counts: Mutex<Counts>,
}

#[derive(Debug)]
struct Counts {
    shares: Shares,
    log: RefusalLog,
}

impl Doorway {
    /// The doorway of a door, with its name in figures and log.
    pub fn new(name: &'static str, limits: Limits, neighbours: Neighbours) -> Self {
        let counts = Mutex::new(Counts { shares: Shares::new(limits), log: RefusalLog::default() });
        Self(Arc::new(Inner { name, limits, neighbours, began: Instant::now(), counts }))
    }

    /// The doorway of a server without other doors, with a limit on simultaneous connections.
    pub fn alone(name: &'static str, total: usize) -> Self {
        Self::new(name, Limits::of(total), Neighbours::new(TrustedProxies::default()))
    }

    /// Another doorway with limits of its own beside this one, for resources that connections of this door may open.
    pub fn beside(&self, name: &'static str, total: usize) -> Self {
        Self::new(name, Limits::of(total), self.0.neighbours.clone())
    }

    /// Admits a connection from this address.
    ///
    /// # Errors
    /// See [`Refused`]; the caller words it.
    pub fn enter(&self, address: IpAddr) -> Result<Place, Refused> {
        let Inner { name, neighbours, .. } = &*self.0;
        let standing = neighbours.standing(address);
        let entered = self.0.counts().shares.enter(address, standing);
        if let Err(refused) = entered {
            counter!("lumencast_connections_refused_total", "door" => *name, "reason" => refused.reason()).increment(1);
            self.0.counts().log.count();
            tracing::debug!(door = name, %address, "{refused}");
        }
        self.0.tell();
        entered?;
        gauge!("lumencast_connections", "door" => *name).increment(1.0);
        Ok(Place { door: self.0.clone(), address, proven: AtomicBool::new(false) })
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
    fn tell(&self) {
        let due = {
            let mut counts = self.counts();
            counts.log.due(self.began.elapsed()).map(|count| (count, counts.shares.open()))
        };
        if let Some((count, open)) = due {
            let Limits { total, per_address, .. } = self.limits;
            tracing::warn!(door = self.name, count, open, total, per_address, "connections were refused");
        }
    }
}

/// A connection's place at a door; dropping it frees the place.
#[derive(Debug)]
pub struct Place {
    door: Arc<Inner>,
    address: IpAddr,
    proven: AtomicBool,
}

impl Place {
    /// The connection has shown a credential: it no longer counts against its address's share, and its address is known.
    pub fn prove(&self) {
        self.door.neighbours.add(self.address);
        if !self.proven.swap(true, Ordering::Relaxed) {
            self.door.counts().shares.prove(self.address);
        }
    }

    /// Where the connection comes from.
    pub fn address(&self) -> IpAddr {
        self.address
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.door.counts().shares.leave(self.address, *self.proven.get_mut());
        gauge!("lumencast_connections", "door" => self.door.name).decrement(1.0);
        self.door.tell();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_showed_a_credential_at_one_door_gets_the_last_places_of_another() {
        let ip = |n: u32| IpAddr::V4(n.into());
        let panels = Doorway::alone("panels", 8);
        let pages = panels.beside("pages", 64);
        let strangers: Vec<_> = (1..).map_while(|n| pages.enter(ip(n)).ok()).collect();
        assert_eq!(strangers.len(), 60);
        let panel = panels.enter(ip(1000)).expect("a place");
        assert_eq!(pages.enter(ip(1000)).expect_err("it is a stranger"), Refused::Reserved);
        panel.prove();
        panel.prove();
        let place = pages.enter(ip(1000)).expect("it is known");
        drop((place, panel, strangers));
        assert_eq!((pages.open(), panels.open()), (0, 0));
    }
}
