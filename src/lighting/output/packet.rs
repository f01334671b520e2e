//! A reusable packet: its head stays, LEDs are written into its slots.
//!
//! ```text
//! pixels ─► Run (first LED, count, order) ─► bytes of the packet
//! ```
//!
//! Refuses to know: protocols, and when it is sent.

use crate::{domain::lights::Rgb, lighting::patch::ColourOrder};
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
    pub fn fill(&mut self, pixels: &[Rgb]) -> bool {
        let mut changed = false;
        for run in &self.runs {
            let end = pixels.len().min(run.start + run.length);
            let (Some(leds), Some(slots)) = (pixels.get(run.start..end), self.bytes.get_mut(run.at..)) else {
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
            for (slot, led) in slots.chunks_exact_mut(3).zip(leds) {
                let levels = [led[first], led[second], led[third]];
                changed |= *slot != levels;
                slot.copy_from_slice(&levels);
            }
        }
        changed
    }
}
