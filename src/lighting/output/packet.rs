//! A reusable packet: its head stays, LEDs are written into its slots.
//!
//! ```text
//! pixels ─► Run (first LED, count, order) ─► bytes of the packet
//! ```
//!
//! Refuses to know: protocols, and when it is sent.

use super::levels::OutputLevels;
use crate::{
    domain::lights::Rgb,
    lighting::order::{ColourOrder, with_white},
};
use rustix::net::SocketAddrAny;
use std::net::SocketAddr;

/// LEDs that lie next to one another in a packet.
#[derive(Debug, Clone, Copy)]
pub struct Run {
    /// Where the first one lies in the packet.
    pub at: usize,
    /// The first LED.
    pub start: usize,
    pub length: usize,
    pub order: ColourOrder,
    /// The index of the levels of its output, where they are not those of the strip.
    pub levels: Option<usize>,
}

/// See the module's text.
pub struct Packet {
    pub bytes: Vec<u8>,
    pub runs: Vec<Run>,
    /// The index of its socket.
    pub wire: usize,
    pub to: SocketAddr,
    pub address: SocketAddrAny,
    /// The index of its peer.
    pub peer: usize,
}

impl Packet {
    /// A packet without LEDs; its peer is set later.
    pub fn new(bytes: Vec<u8>, to: SocketAddr, wire: usize) -> Self {
        Self { bytes, runs: Vec::new(), wire, to, address: to.into(), peer: 0 }
    }

    /// Writes the LEDs in; those beyond the end of `pixels` stay as they were. Returns whether anything changed.
    pub fn fill(&mut self, pixels: &[Rgb], levels: &[OutputLevels]) -> bool {
        let mut changed = false;
        for run in &self.runs {
            let (pixels, start) = match run.levels.and_then(|place| levels.get(place)) {
                Some(own) => (own.leds(), run.start - own.start()),
                None => (pixels, run.start),
            };
            let end = pixels.len().min(start + run.length);
            let (Some(leds), Some(slots)) = (pixels.get(start..end), self.bytes.get_mut(run.at..)) else {
                continue;
            };
            if run.order == ColourOrder::Rgb {
                let leds = leds.as_flattened();
                if let Some(slots) = slots.get_mut(..leds.len())
                    && *slots != *leds
                {
                    slots.copy_from_slice(leds);
                    changed = true;
                }
                continue;
            }
            let [first, second, third] = run.order.places();
            let mut write = |slot: &mut [u8], levels: &[u8]| {
                changed |= *slot != *levels;
                slot.copy_from_slice(levels);
            };
            if run.order.has_white() {
                for (slot, led) in slots.chunks_exact_mut(4).zip(leds) {
                    let (led, white) = with_white(*led);
                    write(slot, &[led[first], led[second], led[third], white]);
                }
            } else {
                for (slot, led) in slots.chunks_exact_mut(3).zip(leds) {
                    write(slot, &[led[first], led[second], led[third]]);
                }
            }
        }
        changed
    }
}
