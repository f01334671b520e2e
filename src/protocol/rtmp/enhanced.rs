//! The headers of Enhanced RTMP (v1 and v2): packet types, modifiers, tracks, FourCCs.
//!
//! Of a message with several tracks one is read. The tracks are numbered, and the lowest number is the one that a
//! receiver of a single track takes ("Enhanced RTMP v2", Multitrack): usually 0.
//!
//! Refuses to know: what the bodies are.

use bytes::{Buf, Bytes};

/// Packet types that both kinds of messages have in common.
pub(super) const SEQUENCE_START: u8 = 0;
pub(super) const CODED_FRAMES: u8 = 1;
const MODIFIER: u8 = 7;

/// How the tracks of a message stand (`AvMultitrackType`).
const ONE_TRACK: u8 = 0;
const MANY_TRACKS_MANY_CODECS: u8 = 2;

/// The track of a publish that is read: the one with the lowest number of all that came.
#[derive(Debug, Clone, Copy, Default)]
pub struct TrackChoice(Option<u8>);

impl TrackChoice {
    /// Whether this track is read.
    pub(super) fn takes(&mut self, track: u8) -> bool {
        let takes = self.0.is_none_or(|chosen| track <= chosen);
        if takes {
            self.0 = Some(track);
        }
        takes
    }
}

/// One track of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Extended {
    pub packet_type: u8,
    pub fourcc: [u8; 4],
    pub track: u8,
    pub body: Bytes,
}

/// Reads what stands behind the first byte of a message. `packet_type` is the one in that byte and `multitrack` is the
/// one that means several tracks. `None` when the message is cut short.
pub(super) fn header(packet_type: u8, multitrack: u8, mut body: Bytes) -> Option<Extended> {
    let packet_type = plain_type(packet_type, &mut body)?;
    if packet_type != multitrack {
        let fourcc = four(&mut body)?;
        return Some(Extended { packet_type, fourcc, track: 0, body });
    }
    let kinds = byte(&mut body)?;
    let (arrangement, packet_type) = (kinds >> 4, kinds & 0x0f);
    let common = if arrangement == MANY_TRACKS_MANY_CODECS { None } else { Some(four(&mut body)?) };
    let mut lowest: Option<Extended> = None;
    while !body.is_empty() {
        let fourcc = match common {
            Some(fourcc) => fourcc,
            None => four(&mut body)?,
        };
        let track = byte(&mut body)?;
        let size = if arrangement == ONE_TRACK { body.len() } else { unsigned24(&mut body)? };
        if size > body.len() {
            return None;
        }
        let content = body.split_to(size);
        if lowest.as_ref().is_none_or(|known| track < known.track) {
            lowest = Some(Extended { packet_type, fourcc, track, body: content });
        }
    }
    lowest
}

/// The packet type behind any modifiers (`ModEx`), which are not needed.
pub(super) fn plain_type(mut packet_type: u8, body: &mut Bytes) -> Option<u8> {
    while packet_type == MODIFIER {
        let mut size = usize::from(byte(body)?) + 1;
        if size == 256 {
            size = usize::from(body.try_get_u16().ok()?) + 1;
        }
        if size > body.len() {
            return None;
        }
        body.advance(size);
        packet_type = byte(body)? & 0x0f;
    }
    Some(packet_type)
}

pub(super) fn byte(body: &mut Bytes) -> Option<u8> {
    body.try_get_u8().ok()
}

fn four(body: &mut Bytes) -> Option<[u8; 4]> {
    body.try_get_u32().ok().map(u32::to_be_bytes)
}

fn unsigned24(body: &mut Bytes) -> Option<usize> {
    usize::try_from(body.try_get_uint(3).ok()?).ok()
}
