//! Where a datagram goes: to the worker that owns the peer.
//!
//! STUN is always sorted by the user name fragment the endpoint gave the peer, everything else by the address that such
//! a request came from; so nothing has to be tried on every peer.
//!
//! Refuses to know: what is in the datagrams beside that.

use super::{
    mailbox::{Job, Mailbox},
    peer_id::PeerId,
};
use bytes::Bytes;
use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{
        PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};
use str0m::net::Protocol;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Addresses kept for one peer; a browser tries some dozens at most.
const ADDRESSES: usize = 64;

/// See the module's text.
#[derive(Default)]
pub struct Demux {
    last: AtomicU64,
    tables: RwLock<Tables>,
}

#[derive(Default)]
struct Tables {
    peers: HashMap<PeerId, Entry>,
    by_ufrag: HashMap<String, PeerId>,
    by_address: HashMap<(Protocol, SocketAddr), PeerId>,
    by_resource: HashMap<Uuid, PeerId>,
}

struct Entry {
    worker: Mailbox,
    resource: Uuid,
    publishes: bool,
    ufrags: Vec<String>,
    addresses: Vec<(Protocol, SocketAddr)>,
    /// Fires when the peer is removed.
    gone: CancellationToken,
}

impl Demux {
    /// Registers a peer before its answer goes out. Gives its number.
    pub fn add(&self, worker: Mailbox, resource: Uuid, publishes: bool, ufrag: String) -> PeerId {
        let id = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        let mut tables = self.write();
        tables.by_ufrag.insert(ufrag.clone(), id);
        tables.by_resource.insert(resource, id);
        let (ufrags, addresses, gone) = (vec![ufrag], Vec::new(), CancellationToken::new());
        tables.peers.insert(id, Entry { worker, resource, publishes, ufrags, addresses, gone });
        id
    }

    /// The peer has one more user name fragment, after a restart; that before the last one no longer counts.
    pub fn also(&self, id: PeerId, ufrag: String) {
        let mut tables = self.write();
        let Some(entry) = tables.peers.get_mut(&id) else { return };
        entry.ufrags.push(ufrag.clone());
        let old = (entry.ufrags.len() > 2).then(|| entry.ufrags.remove(0));
        tables.by_ufrag.insert(ufrag, id);
        if let Some(old) = old {
            tables.by_ufrag.remove(&old);
        }
    }

    /// Forgets a peer.
    pub fn remove(&self, id: PeerId) {
        let mut tables = self.write();
        let Some(entry) = tables.peers.remove(&id) else { return };
        entry.gone.cancel();
        tables.by_resource.remove(&entry.resource);
        for ufrag in &entry.ufrags {
            tables.by_ufrag.remove(ufrag);
        }
        for address in &entry.addresses {
            if tables.by_address.get(address) == Some(&id) {
                tables.by_address.remove(address);
            }
        }
    }

    /// Waits until a peer is removed.
    pub async fn gone(&self, id: PeerId) {
        let gone = self.read().peers.get(&id).map(|entry| entry.gone.clone());
        if let Some(gone) = gone {
            gone.cancelled().await;
        }
    }

    /// The worker and the number of a resource, when it is of that kind.
    pub fn resource(&self, resource: &Uuid, publishes: bool) -> Option<(Mailbox, PeerId)> {
        let tables = self.read();
        let id = *tables.by_resource.get(resource)?;
        let entry = tables.peers.get(&id).filter(|entry| entry.publishes == publishes)?;
        Some((entry.worker.clone(), id))
    }

    /// Passes a datagram on; gives its peer. Others are dropped.
    pub fn pass(&self, protocol: Protocol, source: SocketAddr, destination: SocketAddr, data: &[u8]) -> Option<PeerId> {
        let from = (protocol, source);
        let id = match ufrag(data) {
            Some(ufrag) => {
                let (id, known) = {
                    let tables = self.read();
                    let id = *tables.by_ufrag.get(ufrag)?;
                    (id, tables.by_address.get(&from).copied())
                };
                // Only a newer session takes an address over.
                if known.is_none_or(|known| known < id) {
                    self.learn(id, from);
                }
                id
            }
            None => *self.read().by_address.get(&from)?,
        };
        let tables = self.read();
        let worker = &tables.peers.get(&id)?.worker;
        worker.put(Job::Datagram { peer: id, protocol, source, destination, data: Bytes::copy_from_slice(data) });
        Some(id)
    }

    fn learn(&self, id: PeerId, address: (Protocol, SocketAddr)) {
        let mut tables = self.write();
        let Some(entry) = tables.peers.get_mut(&id).filter(|entry| entry.addresses.len() < ADDRESSES) else { return };
        entry.addresses.push(address);
        tables.by_address.insert(address, id);
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Tables> {
        self.tables.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, Tables> {
        self.tables.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The receiver's fragment out of a binding request (RFC 8489, section 14.3; RFC 8445, section 7.2.2).
fn ufrag(data: &[u8]) -> Option<&str> {
    const USERNAME: u16 = 0x0006;
    let head = data.first_chunk::<20>()?;
    if head[0] > 1 || head[4..8] != [0x21, 0x12, 0xa4, 0x42] {
        return None;
    }
    let mut rest = data.get(20..)?;
    while let Some((&[k0, k1, l0, l1], after)) = rest.split_first_chunk::<4>() {
        let length = usize::from(u16::from_be_bytes([l0, l1]));
        if u16::from_be_bytes([k0, k1]) == USERNAME {
            return std::str::from_utf8(after.get(..length)?).ok()?.split(':').next();
        }
        rest = after.get(length.next_multiple_of(4)..)?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_receivers_fragment_is_found_behind_other_attributes() {
        let mut request = vec![0, 1, 0, 24, 0x21, 0x12, 0xa4, 0x42];
        request.extend([9; 12]);
        request.extend([0x80, 0x22, 0, 3, b'a', b'b', b'c', 0]);
        request.extend([0, 6, 0, 9]);
        request.extend(b"abcd:wxyz\0\0\0");
        assert_eq!(ufrag(&request), Some("abcd"));
        for length in 0..request.len() - 3 {
            assert_eq!(ufrag(&request[..length]), None, "{length}");
        }
        assert_eq!(ufrag(&[0x80; 40]), None);
    }
}
