//! Art-Net 4: ArtDmx, ArtSync, ArtPoll and ArtPollReply.
//!
//! ```text
//! "Art-Net\0"  opcode (low byte first)  version 14  sequence  physical  port address (low byte first)  length  slots
//! ```
//!
//! Art-Net™ was designed by and is copyright Artistic Licence. Refuses to know: which node wants what, and when it
//! is answered.

use super::{Broken, SLOTS, word};
use std::net::Ipv4Addr;

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
const OP_POLL_REPLY: u16 = 0x2100;
/// ArtPoll, flag 5: only nodes with a port address within the named range answer.
const TARGETED: u8 = 0x20;
/// Port addresses that one ArtPollReply names.
pub const PORTS: usize = 4;
/// Oem code of a manufacturer that has none.
const OEM_UNKNOWN: u16 = 0x00ff;
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

/// A node as an ArtPollReply describes it: one that has DMX512 data put onto the network.
#[derive(Debug, Clone, Copy)]
pub struct Node<'a> {
    pub address: Ipv4Addr,
    /// For people; at most 17 bytes of it are the short name, 63 the long one.
    pub name: &'a str,
    /// Port addresses it sends, at most four, all of one net and sub-net.
    pub ports: &'a [u16],
    /// Counts the replies of one node from 1 on.
    pub bind_index: u8,
}

/// An ArtPollReply.
pub fn poll_reply(node: &Node<'_>) -> Vec<u8> {
    let first = node.ports.first().copied().unwrap_or(0);
    let mut bytes = IDENTIFIER.to_vec();
    bytes.extend(OP_POLL_REPLY.to_le_bytes());
    bytes.extend(node.address.octets());
    bytes.extend(PORT.to_le_bytes());
    bytes.extend([0, 1]); // the version of its firmware
    bytes.extend([(first >> 8) as u8 & 0x7f, (first >> 4) as u8 & 0x0f]);
    bytes.extend(OEM_UNKNOWN.to_be_bytes());
    bytes.extend([0, 0xc0, 0, 0]); // no UBEA; indicators as usual; no ESTA code
    bytes.extend(name::<18>(node.name));
    bytes.extend(name::<64>(node.name));
    bytes.extend(name::<64>("#0001 [0000] Sending"));
    let ports = &node.ports[..node.ports.len().min(PORTS)];
    bytes.extend((ports.len() as u16).to_be_bytes());
    // For each port: it brings DMX512 onto the network, and data comes.
    let each = |value: u8| std::array::from_fn::<u8, PORTS, _>(|port| if port < ports.len() { value } else { 0 });
    bytes.extend(each(0x40));
    bytes.extend(each(0x80));
    bytes.extend([0; PORTS]);
    bytes
        .extend(std::array::from_fn::<u8, PORTS, _>(|port| ports.get(port).map_or(0, |address| *address as u8 & 0x0f)));
    bytes.extend([0; PORTS]);
    bytes.extend([0; 6]); // priority, macros, remotes, spare
    bytes.push(1); // a controller
    bytes.extend([0; 6]); // its MAC address is not given
    bytes.extend(node.address.octets());
    bytes.push(node.bind_index);
    bytes.push(0x08); // port addresses of 15 bits
    bytes.resize(POLL_REPLY, 0);
    bytes
}

/// Bytes of an ArtPollReply.
pub const POLL_REPLY: usize = 239;

/// UTF-8 with at least one zero at its end, cut between characters.
fn name<const SIZE: usize>(text: &str) -> [u8; SIZE] {
    let mut field = [0; SIZE];
    let end = (0..=text.len().min(SIZE - 1)).rfind(|end| text.is_char_boundary(*end)).unwrap_or(0);
    field[..end].copy_from_slice(&text.as_bytes()[..end]);
    field
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
    Poll(Poll),
    /// Of another kind; its opcode.
    Other(u16),
}

/// The question which nodes there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Poll {
    /// Port addresses whose nodes are to answer, from and to; all are, without.
    pub targets: Option<(u16, u16)>,
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
        OP_POLL => Ok(Packet::Poll(parse_poll(bytes))),
        other => Ok(Packet::Other(other)),
    }
}

/// Senders of older versions leave the end out.
fn parse_poll(bytes: &[u8]) -> Poll {
    let targeted = bytes.len() >= FIRST_SLOT && bytes[12] & TARGETED != 0;
    Poll { targets: targeted.then(|| (word(bytes, 16), word(bytes, 14))) }
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
