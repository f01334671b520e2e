//! Lighting data on the wire: bytes to values and back.
//!
//! ```text
//! sACN     ANSI E1.31-2018   UDP 5568   universes of 512 slots, multicast or unicast
//! Art-Net  4                 UDP 6454   universes of 512 slots, unicast
//! DDP      3waylabs          UDP 4048   one display of bytes, unicast
//! ```
//!
//! The functions that make packets return a whole packet; the places of slots, sequence and options in it are public,
//! so that a sender keeps it and rewrites only those. Refuses to know: sockets, time, priorities between sources, LEDs.

pub mod artnet;
pub mod ddp;
pub mod sacn;

/// Slots of a universe, without its start code.
pub const SLOTS: usize = 512;

/// Why bytes are no packet of a protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    #[error("it ends too early")]
    Short,
    #[error("it is of another protocol")]
    Foreign,
    #[error("its {0} is none that can be used")]
    Value(&'static str),
}

/// Two bytes, the high one first. The caller has checked the length.
fn word(bytes: &[u8], at: usize) -> u16 {
    u16::from_be_bytes([bytes[at], bytes[at + 1]])
}

/// Four bytes, the high one first. The caller has checked the length.
fn long(bytes: &[u8], at: usize) -> u32 {
    u32::from(word(bytes, at)) << 16 | u32::from(word(bytes, at + 2))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Bytes that begin like a packet, so that parsing goes beyond the first check.
    fn packets() -> impl Strategy<Value = Vec<u8>> {
        let header = sacn::Header { cid: [7; 16], source: "x", priority: 100, sync: 0, universe: 1 };
        let starts = prop_oneof![
            Just(Vec::new()),
            Just(sacn::data(&header, 512)),
            Just(sacn::synchronisation(&[7; 16], 1)),
            Just(sacn::discovery(&[7; 16], "x", &[1, 2, 3])),
            Just(artnet::dmx(1, 512)),
            Just(artnet::sync()),
            Just(ddp::data(0, 30, true, ddp::RGB8)),
        ];
        let changes = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6);
        (starts, changes, any::<prop::sample::Index>(), prop::collection::vec(any::<u8>(), 0..200)).prop_map(
            |(mut bytes, changes, cut, more)| {
                for (place, value) in changes {
                    if !bytes.is_empty() {
                        let place = place.index(bytes.len());
                        bytes[place] = value;
                    }
                }
                bytes.truncate(cut.index(bytes.len() + 1));
                bytes.extend(more);
                bytes
            },
        )
    }

    proptest! {
        #[test]
        fn no_bytes_bring_a_parser_down(bytes in packets()) {
            if let Ok(sacn::Packet::Data(data)) = sacn::parse(&bytes) {
                prop_assert!(data.slots.len() <= SLOTS && data.priority <= 200);
            }
            if let Ok(artnet::Packet::Dmx(dmx)) = artnet::parse(&bytes) {
                prop_assert!(dmx.slots.len() <= SLOTS && dmx.address < 0x8000);
            }
            if let Ok(data) = ddp::parse(&bytes) {
                prop_assert!(data.bytes.len() <= bytes.len());
            }
        }
    }
}
