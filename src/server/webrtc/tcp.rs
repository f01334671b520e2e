//! ICE over TCP for peers that UDP does not reach: passive candidates (RFC 6544), each datagram behind its length (RFC
//! 4571).
//!
//! Refuses to know: the content of datagrams, and the peers they belong to.

use super::{datagram_batch::Sockets, demux::Demux};
use crate::app::access::connection_limiter::{ConnectionLimiter, ConnectionSlot};
use crate::tasks;
use bytes::Bytes;
use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use str0m::net::Protocol;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    time::timeout,
};
use tokio_util::sync::CancellationToken;

/// How long a connection may stay without a matching peer, and how long it may be silent, before it is closed.
const UNMATCHED_TIMEOUT: Duration = Duration::from_secs(5);
const SILENCE_TIMEOUT: Duration = Duration::from_secs(40);
/// A peer that leaves a frame unread for this long is disconnected.
const UNREAD: Duration = Duration::from_secs(20);
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

impl TcpConnections {
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

/// Accepts connections until shutdown.
pub async fn serve(
    listener: TcpListener,
    limiter: ConnectionLimiter,
    (sockets, demux): (Arc<Sockets>, Arc<Demux>),
    stop: CancellationToken,
) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => return,
        };
        match accepted {
            Ok((stream, peer)) => {
                // The limiter counts and logs the refusal.
                let Ok(slot) = limiter.enter(peer.ip()) else { continue };
                let (sockets, demux, stop) = (sockets.clone(), demux.clone(), stop.clone());
                tasks::once("webrtc-connection", async move {
                    tokio::select! {
                        () = chat(stream, (peer, slot), sockets, demux) => {}
                        () = stop.cancelled() => {}
                    }
                });
            }
            Err(error) => {
                tracing::warn!("WebRTC over TCP: {error}");
                tokio::time::sleep(Duration::from_millis(100)).await; // out of descriptors, most likely
            }
        }
    }
}

async fn chat(stream: TcpStream, (peer, slot): (SocketAddr, ConnectionSlot), sockets: Arc<Sockets>, demux: Arc<Demux>) {
    let Ok(local) = stream.local_addr() else { return };
    let peer = SocketAddr::new(peer.ip().to_canonical(), peer.port());
    let Some(local_addr) = sockets.local_addresses.entered(Some(local.ip())) else { return };
    let destination = SocketAddr::new(local_addr, local.port());
    let _ = stream.set_nodelay(true);
    let (reader, mut writer) = stream.into_split();
    let (queue, mut queued_frames) = mpsc::unbounded_channel::<Bytes>();
    let queued = Arc::new(AtomicUsize::new(0));
    sockets.tcp.lock().insert(peer, TcpConnection { queue, queued: queued.clone() });
    let write = async {
        while let Some(frame) = queued_frames.recv().await {
            let written = timeout(UNREAD, writer.write_all(&frame)).await;
            queued.fetch_sub(frame.len(), Ordering::Relaxed);
            if !matches!(written, Ok(Ok(()))) {
                return;
            }
        }
    };
    let read = async {
        let mut reader = BufReader::new(reader);
        let (mut max_wait, mut room) = (UNMATCHED_TIMEOUT, vec![0; usize::from(u16::MAX)]);
        loop {
            let length = match timeout(max_wait, reader.read_u16()).await {
                Ok(Ok(length)) => usize::from(length),
                _ => return,
            };
            let Some(frame) = room.get_mut(..length) else { return };
            if !matches!(timeout(max_wait, reader.read_exact(frame)).await, Ok(Ok(_))) {
                return;
            }
            match demux.pass(Protocol::Tcp, peer, destination, frame) {
                Some(_) => {
                    slot.mark_authenticated(); // it belongs to an admitted session
                    max_wait = SILENCE_TIMEOUT;
                }
                None if max_wait == UNMATCHED_TIMEOUT => return,
                None => {}
            }
        }
    };
    tokio::select! {
        () = write => {}
        () = read => {}
    }
    sockets.tcp.lock().remove(&peer);
}
