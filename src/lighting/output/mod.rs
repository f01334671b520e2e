//! The strip on the wire: each frame into the packets of its patch, and out in one batch.
//!
//! ```text
//! pixels ─► Packet (slots rewritten) ─► Pace: is it due? ─► sequence ─► one sendmmsg for each socket
//!                                                                     └► synchronisation packets
//! ```
//!
//! Nothing is allocated once it is open. Refuses to know: effects, clocks (time is an argument), and receivers.

mod levels;
mod pace;
mod packet;
mod peer;
mod plan;
mod wire;

use super::patch::{self, OutputSpec, Protocol};
use crate::{
    domain::lights::Rgb,
    protocol::lighting::{artnet, ddp, sacn},
};
use packet::Packet;
use plan::{Plan, Stream};
use socket2::Domain;
use std::{
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket},
    time::Duration,
};
use wire::Wire;

/// Between two discovery packets (E1.31-2018 table A-1, E131_UNIVERSE_DISCOVERY_INTERVAL).
const NOTICE: Duration = Duration::from_secs(10);
/// Packets that signal the end of a universe (E1.31-2018 6.2.6).
const FAREWELLS: usize = 3;

/// Counters since the outputs were opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OutputStats {
    /// Packets that the system accepted, of every kind.
    pub packets: u64,
    /// Packets that it did not accept.
    pub errors: u64,
    /// Universes and DDP displays.
    pub universes: usize,
    /// Destinations to which the last packet could not be sent.
    pub failing: usize,
}

/// See the module's text.
pub struct Outputs {
    plan: Plan,
    wires: Vec<Wire>,
    /// The packets of this batch; room for all of them.
    batch: Vec<usize>,
    noticed: Option<Duration>,
    stats: OutputStats,
}

impl Outputs {
    /// Opens the sockets and lays out the packets. `cid` is the sender's permanent id; `source_name` is for people.
    ///
    /// # Errors
    /// `InvalidInput` for a patch that [`patch::check`] refuses on the longest strip; else the system's error.
    pub fn open(specs: Vec<OutputSpec>, cid: [u8; 16], source_name: &str) -> io::Result<Self> {
        patch::check(&specs, u16::MAX).map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        let plan = Plan::of(&specs, &cid, source_name, local_address);
        let wires = plan.wires.iter().map(|(domain, interface)| Wire::open(*domain, *interface));
        let wires = wires.collect::<io::Result<_>>()?;
        let batch = Vec::with_capacity(plan.packets.len());
        let stats = OutputStats { universes: plan.streams.len(), ..OutputStats::default() };
        Ok(Self { plan, wires, batch, noticed: None, stats })
    }

    /// Whether the socket of an output can be had now: its interface may be missing.
    ///
    /// # Errors
    /// The system's error.
    pub fn try_open(spec: &OutputSpec) -> io::Result<()> {
        let domain = match spec.to {
            patch::Destination::Unicast(to) => Domain::for_address(to),
            patch::Destination::Multicast => Domain::IPV4,
        };
        Wire::open(domain, spec.interface).map(drop)
    }

    /// Goes on where others end: universes of both keep their sequence, those of `old` alone are ended.
    pub fn replacing(mut self, old: &mut Self) -> Self {
        for stream in &mut self.plan.streams {
            let to = self.plan.packets[stream.packets.start].to;
            let place = old.plan.streams.iter().position(|before| {
                (before.protocol, before.universe) == (stream.protocol, stream.universe)
                    && old.plan.packets[before.packets.start].to == to
            });
            if let Some(place) = place {
                stream.sequence = old.plan.streams.swap_remove(place).sequence;
            }
        }
        for marker in &mut self.plan.markers {
            let to = self.plan.packets[marker.packet].to;
            let before = old
                .plan
                .markers
                .iter()
                .find(|before| before.protocol == marker.protocol && old.plan.packets[before.packet].to == to);
            marker.sequence = before.map_or(marker.sequence, |before| before.sequence);
        }
        for peer in &mut self.plan.peers {
            peer.take_over(&old.plan.peers);
        }
        old.terminate();
        self.stats.packets += old.stats.packets;
        self.stats.errors += old.stats.errors;
        self
    }

    /// Sends a frame of the strip. Called at a steady rate; `now` only grows. LEDs beyond the end of `pixels` stay as
    /// they were. Unchanged packets are sent three times more, then once each 900 ms (DDP: each second).
    pub fn send(&mut self, pixels: &[Rgb], now: Duration) {
        self.batch.clear();
        self.plan.levels.iter_mut().for_each(|levels| levels.take(pixels));
        for stream in &mut self.plan.streams {
            let (levels, packets) = (&self.plan.levels, &mut self.plan.packets[stream.packets.clone()]);
            let changed = packets.iter_mut().fold(false, |changed, packet| packet.fill(pixels, levels) | changed);
            if !stream.pace.is_due(changed, now) {
                continue;
            }
            stamp(stream, packets);
            self.batch.extend(stream.packets.clone());
            if let Some(marker) = stream.marker {
                self.plan.markers[marker].due = true;
            }
        }
        self.flush();
        for marker in &mut self.plan.markers {
            if !std::mem::take(&mut marker.due) {
                continue;
            }
            if marker.protocol == Protocol::Sacn {
                marker.sequence = marker.sequence.wrapping_add(1);
                self.plan.packets[marker.packet].bytes[sacn::SYNC_SEQUENCE] = marker.sequence;
            }
            self.batch.push(marker.packet);
        }
        if self.noticed.is_none_or(|noticed| now.saturating_sub(noticed) >= NOTICE) {
            self.noticed = Some(now);
            self.batch.extend(&self.plan.notices);
        }
        self.flush();
        self.plan.peers.iter_mut().for_each(peer::Peer::settle);
        self.stats.failing = self.plan.peers.iter().filter(|peer| peer.is_failing()).count();
    }

    /// Signals the end of the universes. E1.31: three packets with the termination bit for each universe. The other
    /// protocols have no such signal, and a last dark frame is not sent either.
    pub fn terminate(&mut self) {
        for _ in 0..FAREWELLS {
            for stream in self.plan.streams.iter_mut().filter(|stream| stream.protocol == Protocol::Sacn) {
                let packets = &mut self.plan.packets[stream.packets.clone()];
                stamp(stream, packets);
                for packet in packets {
                    packet.bytes[sacn::OPTIONS] |= sacn::TERMINATED;
                }
                self.batch.extend(stream.packets.clone());
            }
            self.flush();
        }
        self.begin_again();
    }

    /// The counters.
    pub fn stats(&self) -> OutputStats {
        self.stats
    }

    /// A frame after the end begins the universes anew.
    fn begin_again(&mut self) {
        for stream in self.plan.streams.iter_mut().filter(|stream| stream.protocol == Protocol::Sacn) {
            stream.pace.forget();
            for packet in &mut self.plan.packets[stream.packets.clone()] {
                packet.bytes[sacn::OPTIONS] &= !sacn::TERMINATED;
            }
        }
    }

    /// Sends the batch and empties it. Packets of one socket lie next to one another in it.
    fn flush(&mut self) {
        let Self { plan: Plan { packets, peers, .. }, wires, batch, stats, .. } = self;
        for part in batch.chunk_by(|one, other| packets[*one].wire == packets[*other].wire) {
            wires[packets[part[0]].wire].send(packets, part, |place, outcome| {
                let peer = &mut peers[packets[place].peer];
                match outcome {
                    Ok(()) => stats.packets += 1,
                    Err(_) => stats.errors += u64::from(peer.counts()),
                }
                peer.note(outcome);
            });
        }
        batch.clear();
    }
}

/// This machine's address on the way to another. A UDP socket asks the routing table without sending.
pub fn local_address(to: SocketAddr) -> Option<Ipv4Addr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect(to).ok()?;
    match socket.local_addr().ok()?.ip() {
        IpAddr::V4(address) => Some(address),
        IpAddr::V6(_) => None,
    }
}

/// Counts a stream's sequence up, for each packet.
fn stamp(stream: &mut Stream, packets: &mut [Packet]) {
    for packet in packets {
        let (at, next) = match stream.protocol {
            Protocol::Sacn => (sacn::SEQUENCE, stream.sequence.wrapping_add(1)),
            Protocol::Artnet => (artnet::SEQUENCE, stream.sequence.checked_add(1).unwrap_or(1)),
            Protocol::Ddp => (ddp::SEQUENCE, stream.sequence % 15 + 1),
        };
        packet.bytes[at] = next;
        stream.sequence = next;
    }
}
