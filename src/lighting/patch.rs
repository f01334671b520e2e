//! The patch: which LEDs of the strip are sent by which protocol, to which destination, in which channels.
//!
//! ```text
//! strip  ├────── output 0 ──────┤├─ output 1 ─┤
//! wire   universe 1 │ universe 2 │ universe 2 from channel 121 on
//! ```
//!
//! A universe takes 170 LEDs of three channels or 128 of four; an output goes on in the next ones at channel 1. Refuses
//! to know: names of hosts, sockets, packets, and what the LEDs show.

pub use super::order::ColourOrder;
use std::{
    collections::BTreeMap,
    fmt,
    net::{Ipv4Addr, SocketAddr},
};

/// Channels of a universe.
pub const CHANNELS: u16 = 512;
/// LEDs of three channels in a universe.
pub const PIXELS: u16 = 170;
/// Universes that all outputs may have together. A DDP display counts for as many as its LEDs would fill.
pub const UNIVERSES: usize = 64;
/// Frames per second at most: as many as are drawn.
pub const FPS: u8 = 60;
/// Frames per second of sACN: the refresh rate of a DMX512 line with 512 slots (E1.31-2018 6.6.1).
pub const SACN_FPS: u8 = 44;

/// The protocol of an output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    Sacn,
    Artnet,
    Ddp,
}

impl Protocol {
    /// Its name in settings and requests.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sacn => "sacn",
            Self::Artnet => "artnet",
            Self::Ddp => "ddp",
        }
    }

    /// Its port where none is given.
    pub fn port(self) -> u16 {
        match self {
            Self::Sacn => crate::protocol::lighting::sacn::PORT,
            Self::Artnet => crate::protocol::lighting::artnet::PORT,
            Self::Ddp => crate::protocol::lighting::ddp::PORT,
        }
    }

    /// Frames per second where none are given.
    pub fn fps(self) -> u8 {
        if self == Self::Sacn { SACN_FPS } else { FPS }
    }

    /// The lowest and the highest universe. DDP has none.
    fn universes(self) -> (u16, u16) {
        match self {
            Self::Sacn => (1, crate::protocol::lighting::sacn::UNIVERSES),
            Self::Artnet => (0, crate::protocol::lighting::artnet::ADDRESSES),
            Self::Ddp => (0, u16::MAX),
        }
    }
}

/// The destination of an output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Destination {
    Unicast(SocketAddr),
    /// sACN only: each universe to its own group, port 5568.
    Multicast,
}

/// One output: a range of the strip on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputSpec {
    pub protocol: Protocol,
    /// sACN: 1 to 63999. Art-Net: the port address, 0 to 32767. DDP: not used; its outputs to one destination lie one
    /// behind another in its display, in the order of the list.
    pub universe: u16,
    /// The first channel in the first universe, 1 to 510 (509 with white). DDP: 1.
    pub channel: u16,
    /// Its first LED.
    pub start: u16,
    /// How many LEDs; at least 1.
    pub length: u16,
    pub order: ColourOrder,
    pub to: Destination,
    /// sACN only: 0 to 200.
    pub priority: u8,
    /// sACN: the universe of the synchronisation packets, 1 to 63999. Art-Net: any number for ArtSync. DDP: none, its
    /// last packet marks the frame as complete.
    pub sync: Option<u16>,
    /// The address of the interface that multicast leaves by; the system's choice without one.
    pub interface: Option<Ipv4Addr>,
    /// Frames per second at most, 1 to 60.
    pub fps: u8,
    /// Of this output alone, 0 to 255, on top of the strip's.
    pub brightness: u8,
    /// Milliamperes that its LEDs may draw, by the estimate of [`super::output`]; none: no limit.
    pub current_ma: Option<u32>,
}

/// A part of an output that lies in one universe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece {
    /// Beyond the protocol's range where an output was not validated.
    pub universe: u32,
    /// 1 to 512.
    pub channel: u16,
    /// Its first LED.
    pub start: u16,
    /// LEDs, 1 to 170.
    pub length: u16,
    /// Channels of each LED, 3 or 4.
    pub led_channels: u16,
}

impl Piece {
    /// Its last channel.
    pub fn last_channel(&self) -> u16 {
        self.channel + self.led_channels * self.length - 1
    }
}

impl OutputSpec {
    /// The output cut into universes, ascending. Not for DDP.
    pub fn pieces(&self) -> impl Iterator<Item = Piece> + use<> {
        let led_channels = self.order.channels();
        let (mut universe, mut channel) =
            (u32::from(self.universe), self.channel.clamp(1, CHANNELS + 1 - led_channels));
        let (mut start, mut left) = (self.start, self.length);
        std::iter::from_fn(move || {
            if left == 0 {
                return None;
            }
            let length = left.min((CHANNELS - (channel - 1)) / led_channels);
            let piece = Piece { universe, channel, start, length, led_channels };
            (universe, channel) = (universe + 1, 1);
            (start, left) = (start.saturating_add(length), left - length);
            Some(piece)
        })
    }

    /// The first invalid value of the output alone.
    fn problem(&self, led_count: u16) -> Option<(&'static str, String)> {
        let ddp = self.protocol == Protocol::Ddp;
        let (lowest, highest) = self.protocol.universes();
        let last = self.pieces().last().map_or(0, |piece| piece.universe);
        let end = u32::from(self.start) + u32::from(self.length);
        if self.length == 0 {
            return Some(("length", "must be at least 1".into()));
        }
        if self.start >= led_count {
            return Some((
                "start",
                format!("the strip has only {led_count} LEDs, 0 to {}", led_count.saturating_sub(1)),
            ));
        }
        if end > u32::from(led_count) {
            return Some(("length", format!("reaches LED {}, but the strip has only {led_count}", end - 1)));
        }
        let last_channel = CHANNELS + 1 - self.order.channels();
        if !(1..=last_channel).contains(&self.channel) {
            return Some(("channel", format!("must be 1 to {last_channel}, so that an LED fits")));
        }
        if !(1..=FPS).contains(&self.fps) {
            return Some(("fps", format!("must be 1 to {FPS}")));
        }
        if ddp && self.channel != 1 {
            return Some(("channel", "DDP has no channels; leave it at 1".into()));
        }
        if !ddp && self.universe < lowest {
            return Some(("universe", format!("must be {lowest} to {highest}")));
        }
        if !ddp && last > u32::from(highest) {
            return Some(("universe", format!("reaches universe {last}; {lowest} to {highest} are there")));
        }
        if self.protocol != Protocol::Sacn && self.to == Destination::Multicast {
            return Some(("unicast", "is needed; only sACN has multicast groups".into()));
        }
        if self.interface.is_some() && self.to != Destination::Multicast {
            return Some((
                "interface",
                "is for multicast only; the system chooses the way to a unicast address".into(),
            ));
        }
        if self.priority > crate::protocol::lighting::sacn::PRIORITIES {
            return Some(("priority", "must be 0 to 200".into()));
        }
        match self.sync {
            Some(sync) if self.protocol == Protocol::Sacn && !(lowest..=highest).contains(&sync) => {
                Some(("sync", format!("must be a universe, {lowest} to {highest}")))
            }
            Some(_) if ddp => Some(("sync", "DDP needs none; its last packet shows the frame".into())),
            _ => None,
        }
    }
}

/// An invalid value in a list of outputs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatchError {
    /// The place of the output in the list, from 0 on.
    pub output: usize,
    /// Its invalid key.
    pub key: &'static str,
    /// A clause for people that follows the key.
    pub problem: String,
}

impl fmt::Display for PatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "output #{}.{}: {}", self.output + 1, self.key, self.problem)
    }
}

impl std::error::Error for PatchError {}

/// A universe at one destination.
type UniverseKey = (Protocol, Destination, Option<Ipv4Addr>, u32);

/// Validates a list of outputs.
///
/// # Errors
/// The first output that is invalid by itself, takes channels of an earlier one, differs from it in a property of the
/// whole universe (`priority`, `sync`, `fps`) or display (white or not, `fps`), or brings the number of universes above 64.
pub fn check(outputs: &[OutputSpec], led_count: u16) -> Result<(), PatchError> {
    let mut taken: BTreeMap<UniverseKey, Vec<(usize, Piece)>> = BTreeMap::new();
    let mut displays: BTreeMap<Destination, (usize, &OutputSpec)> = BTreeMap::new();
    for (output, spec) in outputs.iter().enumerate() {
        let error = |key, problem| Err(PatchError { output, key, problem });
        if let Some((key, problem)) = spec.problem(led_count) {
            return error(key, problem);
        }
        if spec.protocol == Protocol::Ddp {
            let (channels, one) = displays.entry(spec.to).or_insert((0, spec));
            *channels += usize::from(spec.length) * usize::from(spec.order.channels());
            for (key, same) in [("order", one.order.channels() == spec.order.channels()), ("fps", one.fps == spec.fps)]
            {
                if !same {
                    return error(key, "another output to the same display has another".into());
                }
            }
        } else {
            for piece in spec.pieces() {
                let others = taken.entry((spec.protocol, spec.to, spec.interface, piece.universe)).or_default();
                for (other, theirs) in others.iter() {
                    let universe = piece.universe;
                    if piece.channel <= theirs.last_channel() && theirs.channel <= piece.last_channel() {
                        let (from, to) = (theirs.channel, theirs.last_channel());
                        let problem =
                            format!("output #{} has channels {from} to {to} of universe {universe} already", other + 1);
                        return error("channel", problem);
                    }
                    let one = &outputs[*other];
                    for (key, same) in [
                        ("priority", one.priority == spec.priority),
                        ("sync", one.sync == spec.sync),
                        ("fps", one.fps == spec.fps),
                    ] {
                        if !same {
                            return error(
                                key,
                                format!("output #{} shares universe {universe} and has another", other + 1),
                            );
                        }
                    }
                }
                others.push((output, piece));
            }
        }
        let universes = taken.len()
            + displays.values().map(|(channels, _)| channels.div_ceil(3 * usize::from(PIXELS))).sum::<usize>();
        if universes > UNIVERSES {
            return error("length", format!("makes {universes} universes; at most {UNIVERSES} go out"));
        }
    }
    Ok(())
}
