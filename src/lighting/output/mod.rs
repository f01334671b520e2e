//! The strip on the wire: each frame into the packets of its patch, and out in one batch.
//!
//! ```text
//! pixels ─► Packet (slots rewritten) ─► Pace: is it due? ─► sequence ─► one sendmmsg for each socket
//!                                                                     └► synchronisation packets
//! ```
//!
//! Nothing is allocated once it is open. Refuses to know: effects, clocks (time is an argument), and receivers.

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
use std::{io, time::Duration};
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
        let plan = Plan::of(&specs, &cid, source_name);
        let wires = plan.wires.iter().map(|(domain, interface)| Wire::open(*domain, *interface));
        let wires = wires.collect::<io::Result<_>>()?;
        let batch = Vec::with_capacity(plan.packets.len());
        let stats = OutputStats { universes: plan.streams.len(), ..OutputStats::default() };
        Ok(Self { plan, wires, batch, noticed: None, stats })
    }

    /// Sends a frame of the strip. Called at a steady rate; `now` only grows. LEDs beyond the end of `pixels` stay as
    /// they were. Unchanged packets are sent three times more, then once each 900 ms (DDP: each second).
    pub fn send(&mut self, pixels: &[Rgb], now: Duration) {
        self.batch.clear();
        for stream in &mut self.plan.streams {
            let packets = &mut self.plan.packets[stream.packets.clone()];
            let changed = packets.iter_mut().fold(false, |changed, packet| packet.fill(pixels) | changed);
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
                match outcome {
                    Ok(()) => stats.packets += 1,
                    Err(_) => stats.errors += 1,
                }
                peers[packets[place].peer].note(outcome);
            });
        }
        batch.clear();
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
