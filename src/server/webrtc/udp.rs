//! The one UDP socket: made, and read in batches.
//!
//! Refuses to know: what the datagrams are.

use super::{datagram_batch::Sockets, demux::Demux};
use quinn_udp::{BATCH_SIZE, RecvMeta};
use socket2::{Domain, Protocol, Socket, Type};
use std::{
    io::{self, IoSliceMut},
    net::{SocketAddr, UdpSocket},
    sync::Arc,
};
use tokio::io::Interest;
use tokio_util::sync::CancellationToken;

/// Wished for; the kernel may give less (`net.core.rmem_max`).
const BUFFER: usize = 4 << 20;
/// Room for one batch entry: what the kernel may have joined (GRO).
const ROOM: usize = 65_536;

/// Opens the socket.
///
/// # Errors
/// The system's error: the address is taken or not ours.
pub fn open(bind: SocketAddr) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::for_address(bind), Type::DGRAM, Some(Protocol::UDP))?;
    if bind.is_ipv6() {
        socket.set_only_v6(false)?;
    }
    let _ = socket.set_recv_buffer_size(BUFFER);
    let _ = socket.set_send_buffer_size(BUFFER);
    socket.set_nonblocking(true)?;
    socket.bind(&bind.into())?;
    Ok(socket.into())
}

/// Reads until stopped.
pub async fn read(sockets: Arc<Sockets>, demux: Arc<Demux>, stop: CancellationToken) {
    let opened = sockets.udp.try_clone().and_then(tokio::net::UdpSocket::from_std);
    let socket = match opened {
        Ok(socket) => socket,
        Err(error) => return tracing::error!("the WebRTC socket cannot be read: {error}"),
    };
    let port = sockets.udp.local_addr().map_or(0, |address| address.port());
    let mut room = vec![0; ROOM * BATCH_SIZE];
    let mut metas = [RecvMeta::default(); BATCH_SIZE];
    loop {
        let mut slices: Vec<IoSliceMut> = room.chunks_mut(ROOM).map(IoSliceMut::new).collect();
        let receive = || sockets.state.recv((&socket).into(), &mut slices, &mut metas);
        let received = tokio::select! {
            received = socket.async_io(Interest::READABLE, receive) => received,
            () = stop.cancelled() => return,
        };
        let count = match received {
            Ok(count) => count,
            Err(error) => {
                // The error of an earlier datagram, such as a closed port.
                tracing::debug!("WebRTC socket: {error}");
                continue;
            }
        };
        for (meta, bytes) in metas.iter().zip(room.chunks(ROOM)).take(count) {
            let Some(local_addr) = sockets.local_addresses.entered(meta.dst_ip) else { continue };
            let source = SocketAddr::new(meta.addr.ip().to_canonical(), meta.addr.port());
            for datagram in bytes[..meta.len.min(ROOM)].chunks(meta.stride.max(1)) {
                demux.pass(str0m::net::Protocol::Udp, source, SocketAddr::new(local_addr, port), datagram);
            }
        }
    }
}
