//! Outgoing datagrams: those of equal length to the same address leave in one call (UDP GSO), those of a TCP peer go
//! into its connection's queue.
//!
//! Refuses to know: the content of datagrams. Nothing waits here: a datagram that the kernel does not take is lost, as
//! on any network.

use super::{
    local_addresses::{LocalAddresses, for_socket},
    tcp_connections::TcpConnections,
};
use metrics::{Counter, counter};
use quinn_udp::{Transmit as Sending, UdpSocketState};
use std::{
    io,
    net::{IpAddr, SocketAddr, UdpSocket},
    sync::Arc,
};
use str0m::net::{Protocol, Transmit};

/// The limits of one call: less than 64 KB in all, and no more segments than the kernel takes.
const MOST_BYTES: usize = 60_000;
const MOST_SEGMENTS: usize = 44;

/// The sockets that all workers share.
pub struct Sockets {
    pub udp: UdpSocket,
    pub state: UdpSocketState,
    pub bound: IpAddr,
    pub local_addresses: LocalAddresses,
    pub tcp: TcpConnections,
}

/// See the module's text. One for each worker.
pub struct DatagramBatch {
    sockets: Arc<Sockets>,
    buffer: Vec<u8>,
    segment: usize,
    segments: usize,
    destination: Option<SocketAddr>,
    source: Option<IpAddr>,
    sent: Counter,
    lost: Counter,
}

impl DatagramBatch {
    pub fn new(sockets: Arc<Sockets>) -> Self {
        Self {
            sockets,
            buffer: Vec::with_capacity(MOST_BYTES + 2000),
            segment: 0,
            segments: 0,
            destination: None,
            source: None,
            sent: counter!("webrtc_sent_bytes_total"),
            lost: counter!("webrtc_unsent_bytes_total"),
        }
    }

    /// The sockets that it sends on.
    pub fn sockets(&self) -> &Sockets {
        &self.sockets
    }

    /// Queues a datagram; it may leave at once, or with the next ones.
    pub fn put(&mut self, transmit: &Transmit) {
        let contents: &[u8] = &transmit.contents;
        if transmit.proto != Protocol::Udp {
            self.sent.increment(contents.len() as u64);
            self.sockets.tcp.send(transmit.destination, contents);
            return;
        }
        let fits = self.destination == Some(transmit.destination)
            && contents.len() <= self.segment
            && self.buffer.len() == self.segment * self.segments
            && self.segments < MOST_SEGMENTS.min(self.sockets.state.max_gso_segments())
            && self.buffer.len() + contents.len() <= MOST_BYTES;
        if !fits {
            self.flush();
            self.destination = Some(transmit.destination);
            self.source = self.sockets.local_addresses.leaving(transmit.source.ip());
            self.segment = contents.len();
        }
        self.buffer.extend_from_slice(contents);
        self.segments += 1;
    }

    /// Sends the queued datagrams.
    pub fn flush(&mut self) {
        let Some(destination) = self.destination.take() else { return };
        let bytes = self.buffer.len() as u64;
        match self.send(destination, &self.buffer) {
            Ok(()) => self.sent.increment(bytes),
            // A device that cannot split them: the state has learnt that, so one by one.
            Err(error) if error.kind() != io::ErrorKind::WouldBlock && self.segments > 1 => {
                for datagram in self.buffer.chunks(self.segment) {
                    match self.send(destination, datagram) {
                        Ok(()) => self.sent.increment(datagram.len() as u64),
                        Err(_) => self.lost.increment(datagram.len() as u64),
                    }
                }
            }
            Err(_) => self.lost.increment(bytes),
        }
        self.buffer.clear();
        self.segments = 0;
    }

    fn send(&self, destination: SocketAddr, contents: &[u8]) -> io::Result<()> {
        let sending = Sending {
            destination: for_socket(self.sockets.bound, destination),
            ecn: None,
            contents,
            segment_size: (contents.len() > self.segment).then_some(self.segment),
            src_ip: self.source.filter(|ip| ip.is_ipv4() == self.sockets.bound.is_ipv4()),
        };
        self.sockets.state.try_send((&self.sockets.udp).into(), &sending)
    }
}
