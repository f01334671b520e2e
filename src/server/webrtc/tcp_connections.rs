//! The open TCP connections of WebRTC peers, and what is queued for each.
//!
//! Refuses to know: sockets, and the content of datagrams.

use bytes::Bytes;
use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::sync::mpsc;

/// Bytes queued for one connection: from the first on a viewer gets no new frames, beyond the second all is dropped.
const FULL: usize = 256 << 10;
const OVERFULL: usize = 2 << 20;

/// The open connections.
#[derive(Default)]
pub struct TcpConnections(Mutex<HashMap<SocketAddr, TcpConnection>>);

struct TcpConnection {
    queue: mpsc::UnboundedSender<Bytes>,
    queued: Arc<AtomicUsize>,
}

/// The frames for one connection, for the task that writes them.
pub struct Outgoing {
    frames: mpsc::UnboundedReceiver<Bytes>,
    queued: Arc<AtomicUsize>,
}

impl Outgoing {
    /// The next frame; waits for it.
    pub async fn next(&mut self) -> Option<Bytes> {
        self.frames.recv().await
    }

    /// So many bytes have left.
    pub fn left(&self, bytes: usize) {
        self.queued.fetch_sub(bytes, Ordering::Relaxed);
    }
}

impl TcpConnections {
    /// A connection with a peer is open from now on.
    pub fn open(&self, peer: SocketAddr) -> Outgoing {
        // Bounded by the bytes in it.
        let (queue, frames) = mpsc::unbounded_channel();
        let queued = Arc::new(AtomicUsize::new(0));
        self.lock().insert(peer, TcpConnection { queue, queued: queued.clone() });
        Outgoing { frames, queued }
    }

    /// It is closed.
    pub fn close(&self, peer: SocketAddr) {
        self.lock().remove(&peer);
    }

    /// Queues a datagram for a connection; lost when there is none, or when it lags far behind.
    pub fn send(&self, to: SocketAddr, datagram: &[u8]) {
        let connections = self.lock();
        let (Some(connection), Ok(length)) = (connections.get(&to), u16::try_from(datagram.len())) else { return };
        if connection.queued.load(Ordering::Relaxed) > OVERFULL {
            return;
        }
        connection.queued.fetch_add(datagram.len() + 2, Ordering::Relaxed);
        let _ = connection.queue.send([&length.to_be_bytes(), datagram].concat().into());
    }

    /// Whether the queue of a connection is full for now.
    pub fn is_full(&self, to: SocketAddr) -> bool {
        self.lock().get(&to).is_some_and(|connection| connection.queued.load(Ordering::Relaxed) > FULL)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<SocketAddr, TcpConnection>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
