//! Streaming ACN: ANSI E1.31-2018, "Lightweight streaming protocol for transport of DMX512 using ACN".
//!
//! ```text
//! root layer 0..38           framing layer 38..115              DMP layer 115..
//! preamble, "ASC-E1.17",     source, priority, sync address,    start code, slots
//! vector, CID                sequence, options, universe
//! ```
//!
//! Refuses to know: priorities between sources, and when a source is gone.

use super::{Broken, SLOTS, long, word};
use std::net::Ipv4Addr;

/// The port of E1.31 (ACN_SDT_MULTICAST_PORT).
pub const PORT: u16 = 5568;
/// The highest universe with data; 64000 and above have other purposes (6.2.7).
pub const UNIVERSES: u16 = 63_999;
/// The universe by which sources announce their universes (table A-1, E131_DISCOVERY_UNIVERSE).
pub const DISCOVERY: u16 = 64_214;
/// The highest priority (6.2.3).
pub const PRIORITIES: u8 = 200;
/// Universes that one page of a discovery packet holds.
pub const PAGE: usize = 512;

/// The offset of the sequence number in a data packet (6.2.5).
pub const SEQUENCE: usize = 111;
/// The offset of the options in a data packet (6.2.6).
pub const OPTIONS: usize = 112;
/// The offset of the first slot in a data packet.
pub const FIRST_SLOT: usize = 126;
/// The offset of the sequence number in a synchronisation packet (6.3.2).
pub const SYNC_SEQUENCE: usize = 44;
/// Option bits: not for live output; end of the stream; hold on to synchronisation no longer than it is there.
pub const PREVIEW: u8 = 0x80;
pub const TERMINATED: u8 = 0x40;
pub const FORCE_SYNC: u8 = 0x20;

const IDENTIFIER: &[u8; 16] = b"\x00\x10\x00\x00ASC-E1.17\x00\x00\x00";
const ROOT_DATA: u32 = 4;
const ROOT_EXTENDED: u32 = 8;
const FRAME_DATA: u32 = 2;
const EXTENDED_SYNC: u32 = 1;
const EXTENDED_DISCOVERY: u32 = 2;
const UNIVERSE_LIST: u32 = 1;
const SYNC_LENGTH: usize = 49;
const LIST: usize = 120;

/// The multicast group of a universe (9.3.1).
pub fn group(universe: u16) -> Ipv4Addr {
    let [high, low] = universe.to_be_bytes();
    Ipv4Addr::new(239, 255, high, low)
}

/// The constant part of all data packets of a universe.
#[derive(Debug, Clone, Copy)]
pub struct Header<'a> {
    /// The sender's permanent id.
    pub cid: [u8; 16],
    /// Its name for people; at most 63 bytes are sent.
    pub source: &'a str,
    /// 0 to 200; 100 is usual.
    pub priority: u8,
    /// The universe of the synchronisation packets to wait for; 0 for none.
    pub sync: u16,
    /// 1 to 63999.
    pub universe: u16,
}

/// A data packet with start code 0, `slots` dark slots (at most 512), sequence 0 and no options.
pub fn data(header: &Header<'_>, slots: usize) -> Vec<u8> {
    let slots = slots.min(SLOTS);
    let length = FIRST_SLOT + slots;
    let mut bytes = frame(length, ROOT_DATA, &header.cid, FRAME_DATA);
    bytes.extend(name(header.source));
    bytes.push(header.priority);
    bytes.extend(header.sync.to_be_bytes());
    bytes.extend([0, 0]);
    bytes.extend(header.universe.to_be_bytes());
    bytes.extend(flags_and_length(length - bytes.len()));
    // Set property; addresses are relative and two bytes wide; first address 0, one apart.
    bytes.extend([0x02, 0xa1, 0, 0, 0, 1]);
    bytes.extend((slots as u16 + 1).to_be_bytes());
    bytes.resize(length, 0);
    bytes
}

/// A synchronisation packet for a universe, with sequence 0.
pub fn synchronisation(cid: &[u8; 16], universe: u16) -> Vec<u8> {
    let mut bytes = frame(SYNC_LENGTH, ROOT_EXTENDED, cid, EXTENDED_SYNC);
    bytes.push(0);
    bytes.extend(universe.to_be_bytes());
    bytes.extend([0, 0]);
    bytes
}

/// A discovery packet: the universes of a source, ascending, at most 512; page 0 of one.
pub fn discovery(cid: &[u8; 16], source: &str, universes: &[u16]) -> Vec<u8> {
    let universes = &universes[..universes.len().min(PAGE)];
    let length = LIST + 2 * universes.len();
    let mut bytes = frame(length, ROOT_EXTENDED, cid, EXTENDED_DISCOVERY);
    bytes.extend(name(source));
    bytes.extend([0; 4]);
    bytes.extend(flags_and_length(length - bytes.len()));
    bytes.extend(UNIVERSE_LIST.to_be_bytes());
    bytes.extend([0, 0]);
    bytes.extend(universes.iter().flat_map(|universe| universe.to_be_bytes()));
    bytes
}

/// The root layer and the head of the framing layer.
fn frame(length: usize, root: u32, cid: &[u8; 16], framing: u32) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(length);
    bytes.extend(IDENTIFIER);
    bytes.extend(flags_and_length(length - bytes.len()));
    bytes.extend(root.to_be_bytes());
    bytes.extend(cid);
    bytes.extend(flags_and_length(length - bytes.len()));
    bytes.extend(framing.to_be_bytes());
    bytes
}

/// Flags 7 in the upper four bits, a layer's length with this field in the lower twelve.
fn flags_and_length(length: usize) -> [u8; 2] {
    (0x7000 | (length as u16 & 0x0fff)).to_be_bytes()
}

/// UTF-8 with at least one zero at its end, cut between characters.
fn name(source: &str) -> [u8; 64] {
    let mut field = [0; 64];
    let end = (0..=source.len().min(63)).rfind(|end| source.is_char_boundary(*end)).unwrap_or(0);
    field[..end].copy_from_slice(&source.as_bytes()[..end]);
    field
}

/// The kinds of packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packet<'a> {
    Data(Data<'a>),
    Synchronisation { cid: [u8; 16], sequence: u8, universe: u16 },
    Discovery(Discovery<'a>),
}

/// A data packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Data<'a> {
    pub cid: [u8; 16],
    /// As sent: UTF-8, filled up with zeros.
    pub source: &'a [u8],
    /// 0 to 200.
    pub priority: u8,
    /// 0: at once.
    pub sync: u16,
    pub sequence: u8,
    pub options: u8,
    pub universe: u16,
    /// 0 for dimmer levels.
    pub start_code: u8,
    /// Behind the start code; at most 512.
    pub slots: &'a [u8],
}

impl Data<'_> {
    /// The source's name, without invalid UTF-8.
    pub fn source_name(&self) -> String {
        text(self.source)
    }

    /// Whether it is not for live output.
    pub fn is_preview(&self) -> bool {
        self.options & PREVIEW != 0
    }

    /// Whether its source signals the end of the stream.
    pub fn is_terminated(&self) -> bool {
        self.options & TERMINATED != 0
    }
}

/// A discovery packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Discovery<'a> {
    pub cid: [u8; 16],
    pub source: &'a [u8],
    pub page: u8,
    pub last_page: u8,
    list: &'a [u8],
}

impl Discovery<'_> {
    /// The source's name, without invalid UTF-8.
    pub fn source_name(&self) -> String {
        text(self.source)
    }

    /// The universes of this page.
    pub fn universes(&self) -> impl Iterator<Item = u16> {
        self.list.chunks_exact(2).map(|pair| word(pair, 0))
    }
}

fn text(field: &[u8]) -> String {
    let end = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
    String::from_utf8_lossy(&field[..end]).into_owned()
}

/// Parses a packet. Layers may be followed by more bytes; their lengths are ignored, only the declared number of slots
/// counts.
///
/// # Errors
/// `Foreign` for bytes that are not E1.31, `Short` where bytes are missing, `Value` for a vector, priority or count
/// that the standard does not have.
pub fn parse(bytes: &[u8]) -> Result<Packet<'_>, Broken> {
    if !bytes.starts_with(IDENTIFIER) {
        return Err(Broken::Foreign);
    }
    if bytes.len() < SYNC_LENGTH {
        return Err(Broken::Short);
    }
    let mut cid = [0; 16];
    cid.copy_from_slice(&bytes[22..38]);
    match (long(bytes, 18), long(bytes, 40)) {
        (ROOT_DATA, FRAME_DATA) => parse_data(cid, bytes).map(Packet::Data),
        (ROOT_EXTENDED, EXTENDED_SYNC) => {
            Ok(Packet::Synchronisation { cid, sequence: bytes[SYNC_SEQUENCE], universe: word(bytes, 45) })
        }
        (ROOT_EXTENDED, EXTENDED_DISCOVERY) => parse_discovery(cid, bytes).map(Packet::Discovery),
        _ => Err(Broken::Value("vector")),
    }
}

fn parse_data(cid: [u8; 16], bytes: &[u8]) -> Result<Data<'_>, Broken> {
    if bytes.len() < FIRST_SLOT {
        return Err(Broken::Short);
    }
    // Vector 2, type 0xa1, first address 0, increment 1.
    if bytes[117..123] != [0x02, 0xa1, 0, 0, 0, 1] {
        return Err(Broken::Value("DMP layer"));
    }
    let slots = match usize::from(word(bytes, 123)) {
        count @ 1..=513 => count - 1,
        _ => return Err(Broken::Value("property count")),
    };
    if bytes[108] > PRIORITIES {
        return Err(Broken::Value("priority"));
    }
    Ok(Data {
        cid,
        source: &bytes[44..108],
        priority: bytes[108],
        sync: word(bytes, 109),
        sequence: bytes[SEQUENCE],
        options: bytes[OPTIONS],
        universe: word(bytes, 113),
        start_code: bytes[125],
        slots: bytes[FIRST_SLOT..].get(..slots).ok_or(Broken::Short)?,
    })
}

fn parse_discovery(cid: [u8; 16], bytes: &[u8]) -> Result<Discovery<'_>, Broken> {
    if bytes.len() < LIST {
        return Err(Broken::Short);
    }
    if long(bytes, 114) != UNIVERSE_LIST {
        return Err(Broken::Value("vector"));
    }
    let listed = usize::from(word(bytes, 112) & 0x0fff).saturating_sub(LIST - 112).min(2 * PAGE);
    let list = bytes[LIST..].get(..listed).ok_or(Broken::Short)?;
    Ok(Discovery { cid, source: &bytes[44..108], page: bytes[118], last_page: bytes[119], list })
}
