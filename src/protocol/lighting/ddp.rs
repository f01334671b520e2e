//! The Distributed Display Protocol of 3waylabs (http://www.3waylabs.com/ddp/).
//!
//! ```text
//! flags  sequence  data type  destination  offset (4, in bytes)  length (2)  [time code (4)]  data
//! ```
//!
//! Refuses to know: queries, replies and what a display can do.

use super::{Broken, long, word};

/// The port of DDP.
pub const PORT: u16 = 4048;
/// Data that a packet carries at most; 480 LEDs.
pub const MOST: usize = 1440;
/// Where a packet has its sequence: 1 to 15, or 0 for none.
pub const SEQUENCE: usize = 1;
/// Where a packet of ours has its data.
pub const FIRST_BYTE: usize = 10;
/// The display to which data goes by default.
pub const DEFAULT_DISPLAY: u8 = 1;
/// Data type: red, green and blue of 8 bits each.
pub const RGB8: u8 = 0x0b;
/// Data type: red, green, blue and white of 8 bits each.
pub const RGBW8: u8 = 0x1b;

const VERSION: u8 = 0x40;
const VERSION_MASK: u8 = 0xc0;
const TIME_CODE: u8 = 0x10;
const STORED_OR_ASKED: u8 = 0x08 | 0x04 | 0x02;
const PUSH: u8 = 0x01;

/// A packet of `length` dark bytes (at most 1440) from `offset` on. `push`: the display shows what it has got.
pub fn data(offset: u32, length: usize, push: bool, data_type: u8) -> Vec<u8> {
    let length = length.min(MOST);
    let mut bytes = vec![VERSION | if push { PUSH } else { 0 }, 0, data_type, DEFAULT_DISPLAY];
    bytes.extend(offset.to_be_bytes());
    bytes.extend((length as u16).to_be_bytes());
    bytes.resize(FIRST_BYTE + length, 0);
    bytes
}

/// Data for a display.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Data<'a> {
    /// Show it now.
    pub push: bool,
    /// 0: it is not counted.
    pub sequence: u8,
    pub data_type: u8,
    pub display: u8,
    /// Where in the display, in bytes.
    pub offset: u32,
    pub bytes: &'a [u8],
}

/// Reads a data packet.
///
/// # Errors
/// `Foreign` for another version, `Short` where bytes are missing, `Value` for a query, a reply or stored data.
pub fn parse(bytes: &[u8]) -> Result<Data<'_>, Broken> {
    if bytes.len() < FIRST_BYTE {
        return Err(Broken::Short);
    }
    let flags = bytes[0];
    if flags & VERSION_MASK != VERSION {
        return Err(Broken::Foreign);
    }
    if flags & STORED_OR_ASKED != 0 {
        return Err(Broken::Value("kind"));
    }
    let first = if flags & TIME_CODE != 0 { FIRST_BYTE + 4 } else { FIRST_BYTE };
    let length = usize::from(word(bytes, 8));
    Ok(Data {
        push: flags & PUSH != 0,
        sequence: bytes[SEQUENCE] & 0x0f,
        data_type: bytes[2],
        display: bytes[3],
        offset: long(bytes, 4),
        bytes: bytes.get(first..first + length).ok_or(Broken::Short)?,
    })
}
