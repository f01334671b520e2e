//! ICE over TCP for peers that UDP does not reach: passive candidates (RFC 6544), each datagram behind its length (RFC
//! 4571).
//!
//! Refuses to know: the content of datagrams, and the peers they belong to.

use super::{datagram_batch::Sockets, demux::Demux};
use crate::app::access::connection_limiter::{ConnectionLimiter, ConnectionSlot};
use crate::tasks;
use std::{net::SocketAddr, sync::Arc, time::Duration};
use str0m::net::Protocol;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

/// How long a connection may stay without a matching peer, and how long it may be silent, before it is closed.
const UNMATCHED_TIMEOUT: Duration = Duration::from_secs(5);
const SILENCE_TIMEOUT: Duration = Duration::from_secs(40);
/// A peer that leaves a frame unread for this long is disconnected.
const UNREAD: Duration = Duration::from_secs(20);
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
                let Ok(slot) = limiter.enter_evictable(peer.ip()) else { continue };
                let (sockets, demux, stop) = (sockets.clone(), demux.clone(), stop.clone());
                let evicted = slot.evicted();
                tasks::once("webrtc-connection", async move {
                    tokio::select! {
                        () = chat(stream, (peer, slot), sockets, demux) => {}
                        () = stop.cancelled() => {}
                        () = evicted => tracing::debug!(%peer, "WebRTC over TCP: a newer connection takes the place"),
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
    let mut outgoing = sockets.tcp.open(peer);
    let write = async {
        while let Some(frame) = outgoing.next().await {
            let written = timeout(UNREAD, writer.write_all(&frame)).await;
            outgoing.left(frame.len());
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
    sockets.tcp.close(peer);
}
