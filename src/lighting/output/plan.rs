//! The plan: which packets a patch needs, and which of them go together.
//!
//! ```text
//! outputs ─► universes (several outputs may share one) ─► Stream: one packet each, a DDP display several
//!                                                      └► Marker: the synchronisation packets behind them
//! ```
//!
//! Refuses to know: what the LEDs show, and when anything is sent.

use super::{
    levels::OutputLevels,
    pace::Pace,
    packet::{Packet, Run},
    peer::{Name, Peer},
};
use crate::{
    lighting::patch::{Destination, OutputSpec, Protocol},
    protocol::lighting::{artnet, ddp, sacn},
};
use socket2::Domain;
use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
    ops::Range,
    time::Duration,
};

/// Between two packets of an unchanged universe: 800 to 1000 ms, with room for a frame.
const KEEP_ALIVE: Duration = Duration::from_millis(900);
const DDP_KEEP_ALIVE: Duration = Duration::from_secs(1);

/// Packets that are sent together: a universe, or a DDP display.
pub struct Stream {
    pub protocol: Protocol,
    /// Of DDP: 0.
    pub universe: u16,
    /// The packets it consists of.
    pub packets: Range<usize>,
    /// The sequence number that was sent last.
    pub sequence: u8,
    pub pace: Pace,
    /// The marker that follows it.
    pub marker: Option<usize>,
}

/// A packet that follows those of streams: the synchronisation packet.
pub struct Marker {
    pub protocol: Protocol,
    pub packet: usize,
    pub sequence: u8,
    /// One of its streams was sent in this frame.
    pub due: bool,
}

/// See the module's text. Packets of one wire lie next to one another among the streams'.
#[derive(Default)]
pub struct Plan {
    pub packets: Vec<Packet>,
    pub streams: Vec<Stream>,
    pub markers: Vec<Marker>,
    /// sACN discovery packets, one for each interface by which sACN leaves.
    pub notices: Vec<usize>,
    /// Of the outputs whose levels are not those of the strip.
    pub levels: Vec<OutputLevels>,
    /// The sockets: what kind, and the interface of multicast.
    pub wires: Vec<(Domain, Option<Ipv4Addr>)>,
    pub peers: Vec<Peer>,
}

/// A universe at its destination; the wire comes first, so that what is sorted by it lies together.
type UniverseAddress = (usize, Protocol, SocketAddr, u16);

/// The content of one universe.
struct Shared<'a> {
    first: &'a OutputSpec,
    slots: usize,
    runs: Vec<Run>,
}

impl Plan {
    /// A plan for a patch that was validated. `local` gives this machine's address towards another, or none.
    pub fn of(
        specs: &[OutputSpec],
        cid: &[u8; 16],
        source: &str,
        local: impl Fn(SocketAddr) -> Option<Ipv4Addr>,
    ) -> Self {
        let mut plan = Self::default();
        let (mut universes, mut displays) =
            (BTreeMap::<UniverseAddress, Shared<'_>>::new(), BTreeMap::<_, Vec<_>>::new());
        for spec in specs {
            let levels = OutputLevels::of(spec).map(|levels| {
                plan.levels.push(levels);
                plan.levels.len() - 1
            });
            if let (Protocol::Ddp, Destination::Unicast(to)) = (spec.protocol, spec.to) {
                displays.entry((plan.wire(to, None), to)).or_default().push((spec, levels));
                continue;
            }
            for piece in spec.pieces() {
                let universe = piece.universe as u16;
                let to = destination(spec, universe);
                let place = (plan.wire(to, spec.interface), spec.protocol, to, universe);
                let shared =
                    universes.entry(place).or_insert_with(|| Shared { first: spec, slots: 0, runs: Vec::new() });
                shared.slots = shared.slots.max(piece.last_channel().into());
                let first = if spec.protocol == Protocol::Sacn { sacn::FIRST_SLOT } else { artnet::FIRST_SLOT };
                shared.runs.push(Run {
                    at: first + usize::from(piece.channel) - 1,
                    start: piece.start.into(),
                    length: piece.length.into(),
                    order: spec.order,
                    levels,
                });
            }
        }
        let mut markers = BTreeMap::new();
        for (place, shared) in universes {
            plan.universe(place, shared, cid, source, &mut markers);
        }
        for ((wire, to), specs) in displays {
            plan.display(wire, to, &specs);
        }
        plan.streams.sort_by_key(|stream| plan.packets[stream.packets.start].wire);
        plan.announce(cid, source, local);
        plan.name_peers();
        plan
    }

    /// The place of the socket for a destination.
    fn wire(&mut self, to: SocketAddr, interface: Option<Ipv4Addr>) -> usize {
        let wanted = (Domain::for_address(to), interface);
        self.wires.iter().position(|wire| *wire == wanted).unwrap_or_else(|| {
            self.wires.push(wanted);
            self.wires.len() - 1
        })
    }

    fn universe(
        &mut self,
        (wire, protocol, to, universe): UniverseAddress,
        shared: Shared<'_>,
        cid: &[u8; 16],
        source: &str,
        markers: &mut BTreeMap<UniverseAddress, usize>,
    ) {
        let OutputSpec { priority, sync, fps, .. } = *shared.first;
        let header = sacn::Header { cid: *cid, source, priority, sync: sync.unwrap_or(0), universe };
        let bytes = match protocol {
            Protocol::Sacn => sacn::data(&header, shared.slots),
            Protocol::Artnet | Protocol::Ddp => artnet::dmx(universe, shared.slots),
        };
        let marker = sync.map(|sync| {
            let (sync, to, bytes) = match protocol {
                Protocol::Sacn => (sync, destination(shared.first, sync), sacn::synchronisation(cid, sync)),
                Protocol::Artnet | Protocol::Ddp => (0, to, artnet::sync()),
            };
            *markers.entry((wire, protocol, to, sync)).or_insert_with(|| {
                self.packets.push(Packet::new(bytes, to, wire));
                let packet = self.packets.len() - 1;
                self.markers.push(Marker { protocol, packet, sequence: u8::MAX, due: false });
                self.markers.len() - 1
            })
        });
        let first = self.packets.len();
        self.packets.push(Packet { runs: shared.runs, ..Packet::new(bytes, to, wire) });
        // Incremented before it is sent: sACN begins with 0, Art-Net with 1.
        let sequence = if protocol == Protocol::Sacn { u8::MAX } else { 0 };
        let pace = Pace::new(KEEP_ALIVE, fps);
        self.streams.push(Stream { protocol, universe, packets: first..first + 1, sequence, pace, marker });
    }

    /// A display's LEDs one behind another, in as few packets as hold them. All have as many channels.
    fn display(&mut self, wire: usize, to: SocketAddr, specs: &[(&OutputSpec, Option<usize>)]) {
        let Some((OutputSpec { order, fps, .. }, _)) = specs.first().copied() else { return };
        let channels = order.channels();
        let most = ddp::MOST as u16 / channels;
        let data_type = if order.has_white() { ddp::RGBW8 } else { ddp::RGB8 };
        let first = self.packets.len();
        let mut left: u32 = specs.iter().map(|(spec, _)| u32::from(spec.length)).sum();
        let (mut offset, mut filled) = (0, most);
        for (spec, levels) in specs {
            let (mut start, mut rest) = (spec.start, spec.length);
            while rest > 0 {
                if filled == most {
                    let leds = left.min(most.into());
                    let length = leds * u32::from(channels);
                    let bytes = ddp::data(offset, length as usize, leds == left, data_type);
                    self.packets.push(Packet::new(bytes, to, wire));
                    (offset, left, filled) = (offset + length, left - leds, 0);
                }
                let length = rest.min(most - filled);
                let at = ddp::FIRST_BYTE + usize::from(channels * filled);
                let run = Run { at, start: start.into(), length: length.into(), order: spec.order, levels: *levels };
                if let Some(packet) = self.packets.last_mut() {
                    packet.runs.push(run);
                }
                (start, rest, filled) = (start.saturating_add(length), rest - length, filled + length);
            }
        }
        self.streams.push(Stream {
            protocol: Protocol::Ddp,
            universe: 0,
            packets: first..self.packets.len(),
            sequence: 0,
            pace: Pace::new(DDP_KEEP_ALIVE, *fps),
            marker: None,
        });
    }

    /// Discovery packets (E1.31-2018 section 8): all universes that this source sends, multicast or not, on each
    /// interface by which one of them leaves.
    fn announce(&mut self, cid: &[u8; 16], source: &str, local: impl Fn(SocketAddr) -> Option<Ipv4Addr>) {
        let to = SocketAddr::from((sacn::group(sacn::DISCOVERY), sacn::PORT));
        let streams = self.streams.iter().filter(|stream| stream.protocol == Protocol::Sacn);
        let sent: Vec<_> = streams.map(|stream| (stream.universe, &self.packets[stream.packets.start])).collect();
        let mut universes: Vec<u16> = sent.iter().map(|(universe, _)| *universe).collect();
        universes.sort_unstable();
        universes.dedup();
        let mut interfaces: Vec<Option<Ipv4Addr>> = Vec::new();
        for (_, packet) in sent.iter().filter(|(_, packet)| packet.to.ip().is_multicast()) {
            interfaces.push(self.wires[packet.wire].1);
        }
        // The system's choice for multicast is named, so that a unicast universe by the same interface adds none.
        let named = |interface: &Option<Ipv4Addr>| interface.or_else(|| local(to));
        let mut known: Vec<_> = interfaces.iter().map(named).collect();
        for (_, packet) in sent.iter().filter(|(_, packet)| !packet.to.ip().is_multicast()) {
            if let Some(interface) = local(packet.to)
                && !known.contains(&Some(interface))
            {
                interfaces.push(Some(interface));
                known.push(Some(interface));
            }
        }
        interfaces.sort_unstable();
        interfaces.dedup();
        for interface in interfaces {
            let wire = self.wire(to, interface);
            self.packets.push(Packet::new(sacn::discovery(cid, source, &universes), to, wire));
            self.notices.push(self.packets.len() - 1);
        }
    }

    fn name_peers(&mut self) {
        for (place, packet) in self.packets.iter_mut().enumerate() {
            let name = match packet.to.ip().is_multicast() {
                true if self.notices.contains(&place) => Name::Discovery,
                true => Name::Groups { wire: packet.wire },
                false => Name::Unicast(packet.to),
            };
            packet.peer = self.peers.iter().position(|peer| peer.name == name).unwrap_or_else(|| {
                self.peers.push(Peer::new(name));
                self.peers.len() - 1
            });
        }
    }
}

/// The destination of a universe of an output.
fn destination(spec: &OutputSpec, universe: u16) -> SocketAddr {
    match spec.to {
        Destination::Unicast(to) => to,
        Destination::Multicast => (sacn::group(universe), sacn::PORT).into(),
    }
}
