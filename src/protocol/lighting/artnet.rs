//! Art-Net 4: ArtDmx and ArtSync.
//!
//! ```text
//! "Art-Net\0"  opcode (low byte first)  version 14  sequence  physical  port address (low byte first)  length  slots
//! ```
//!
//! Art-Net™ was designed by and is copyright Artistic Licence. Refuses to know: polling, and which node wants what.

use super::{Broken, SLOTS, word};

/// The port of Art-Net.
pub const PORT: u16 = 6454;
/// The highest port address: 7 bits of net, 4 of sub-net, 4 of universe.
pub const ADDRESSES: u16 = 0x7fff;
/// Where an ArtDmx has its sequence: 1 to 255, or 0 for none.
pub const SEQUENCE: usize = 12;
/// Where an ArtDmx has its first slot.
pub const FIRST_SLOT: usize = 18;

const IDENTIFIER: &[u8; 8] = b"Art-Net\0";
const VERSION: u16 = 14;
const OP_POLL: u16 = 0x2000;
const OP_DMX: u16 = 0x5000;
const OP_SYNC: u16 = 0x5200;

/// An ArtDmx with `slots` dark slots (an even number of 2 to 512; others are rounded up or cut) and no sequence.
pub fn dmx(address: u16, slots: usize) -> Vec<u8> {
    let slots = slots.next_multiple_of(2).clamp(2, SLOTS);
    let mut bytes = head(OP_DMX);
    bytes.extend([0, 0]);
    bytes.extend((address & ADDRESSES).to_le_bytes());
    bytes.extend((slots as u16).to_be_bytes());
    bytes.resize(FIRST_SLOT + slots, 0);
    bytes
}

/// An ArtSync: nodes show what the ArtDmx before it held.
pub fn sync() -> Vec<u8> {
    let mut bytes = head(OP_SYNC);
    bytes.extend([0, 0]);
    bytes
}

fn head(code: u16) -> Vec<u8> {
    let mut bytes = IDENTIFIER.to_vec();
    bytes.extend(code.to_le_bytes());
    bytes.extend(VERSION.to_be_bytes());
    bytes
}

/// What can come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packet<'a> {
    Dmx(Dmx<'a>),
    Sync,
    Poll,
    /// Of another kind; its opcode.
    Other(u16),
}

/// Levels of a universe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dmx<'a> {
    /// 0: it is not counted.
    pub sequence: u8,
    pub physical: u8,
    /// 0 to 32767.
    pub address: u16,
    /// At most 512.
    pub slots: &'a [u8],
}

/// Reads a packet.
///
/// # Errors
/// `Foreign` for what is not Art-Net, `Short` where bytes are missing, `Value` for an older version or a length above 512.
pub fn parse(bytes: &[u8]) -> Result<Packet<'_>, Broken> {
    if !bytes.starts_with(IDENTIFIER) {
        return Err(Broken::Foreign);
    }
    if bytes.len() < 12 {
        return Err(Broken::Short);
    }
    if word(bytes, 10) < VERSION {
        return Err(Broken::Value("version"));
    }
    match u16::from_le_bytes([bytes[8], bytes[9]]) {
        OP_DMX => parse_dmx(bytes).map(Packet::Dmx),
        OP_SYNC => Ok(Packet::Sync),
        OP_POLL => Ok(Packet::Poll),
        other => Ok(Packet::Other(other)),
    }
}

fn parse_dmx(bytes: &[u8]) -> Result<Dmx<'_>, Broken> {
    if bytes.len() < FIRST_SLOT {
        return Err(Broken::Short);
    }
    let slots = usize::from(word(bytes, 16));
    if slots > SLOTS {
        return Err(Broken::Value("length"));
    }
    Ok(Dmx {
        sequence: bytes[SEQUENCE],
        physical: bytes[13],
        address: u16::from_le_bytes([bytes[14], bytes[15]]) & ADDRESSES,
        slots: bytes[FIRST_SLOT..].get(..slots).ok_or(Broken::Short)?,
    })
}
