//! The streams that a transport stream announces and that its demuxer does not hand out, by their names (ISO/IEC
//! 13818-1, 2.4.4: program association and program map; table 2-34 for the types).
//!
//! Only the first map is read, as far as it stands in one packet.
//!
//! Refuses to know: the streams' content, and how those that are handed out are decoded.

use super::packet::MediaKind;

const PACKET: usize = 188;
const SYNC: u8 = 0x47;
/// Bytes that are looked through: a map comes at least every half second.
const ENOUGH: usize = 8_000_000;

/// Looks through the packets of one transport stream.
#[derive(Debug, Default)]
pub struct Announced {
    rest: Vec<u8>,
    seen: usize,
    map: Option<u16>,
    is_over: bool,
}

impl Announced {
    /// Takes bytes as they came, and gives what cannot be read, once.
    pub fn take(&mut self, bytes: &[u8]) -> Vec<(MediaKind, String)> {
        if self.is_over {
            return Vec::new();
        }
        self.seen += bytes.len();
        self.rest.extend_from_slice(bytes);
        let mut found = None;
        let rest = std::mem::take(&mut self.rest);
        let mut left = rest.as_slice();
        while let Some(start) = left.iter().position(|byte| *byte == SYNC)
            && let Some((packet, after)) = left.get(start..).and_then(|from| from.split_at_checked(PACKET))
        {
            left = after;
            found = found.or_else(|| self.packet(packet));
        }
        if found.is_some() || self.seen > ENOUGH {
            self.is_over = true;
        } else {
            self.rest = left.to_vec();
        }
        found.unwrap_or_default()
    }

    /// What a packet says of unreadable streams; `None` when it is no program map.
    fn packet(&mut self, packet: &[u8]) -> Option<Vec<(MediaKind, String)>> {
        let [_, high, low, control, payload @ ..] = packet else { return None };
        let (begins, pid) = (high & 0x40 != 0, u16::from_be_bytes([high & 0x1f, *low]));
        let payload = match control >> 4 & 3 {
            1 => payload,
            3 => payload.get(1 + usize::from(*payload.first()?)..)?,
            _ => return None,
        };
        if !begins || (pid != 0 && Some(pid) != self.map) {
            return None;
        }
        let section = payload.get(1 + usize::from(*payload.first()?)..)?;
        let [table, length_high, length_low, ..] = *section else { return None };
        let length = usize::from(u16::from_be_bytes([length_high & 0x0f, length_low]));
        // Behind the head come 5 bytes that do not matter here, and the checksum is the last.
        let body = section.get(8..(3 + length).saturating_sub(4).min(section.len()))?;
        match table {
            0 => {
                // Program 0 is the network's own table.
                let is_program = |entry: &&[u8]| !entry.starts_with(&[0, 0]);
                let [_, _, high, low] = *body.chunks_exact(4).find(is_program)? else { return None };
                self.map = Some(u16::from_be_bytes([high & 0x1f, low]));
                None
            }
            2 => Some(unreadable(body)),
            _ => None,
        }
    }
}

/// The streams of a program map that no demuxer here hands out.
fn unreadable(body: &[u8]) -> Vec<(MediaKind, String)> {
    let length = |high: u8, low: u8| usize::from(u16::from_be_bytes([high & 0x0f, low]));
    let [_, _, high, low, rest @ ..] = body else { return Vec::new() };
    let Some((program, mut rest)) = rest.split_at_checked(length(*high, *low)) else { return Vec::new() };
    // Discs give the types above 128 other meanings.
    let is_disc = registration(program) == Some(b"HDMV");
    let (mut found, mut has_picture) = (Vec::new(), false);
    while let [kind, _, _, high, low, after @ ..] = rest {
        let (descriptors, next) = after.split_at_checked(length(*high, *low)).unwrap_or((after, &[]));
        rest = next;
        has_picture |= matches!(kind, 0x01 | 0x02 | 0x10 | 0x1b | 0x20 | 0x21 | 0x24 | 0xd1 | 0xea);
        let name = match (kind, registration(descriptors)) {
            (0x33, _) => (MediaKind::Picture, "H.266"),
            (0xd2, _) => (MediaKind::Picture, "AVS2"),
            (0xd4, _) => (MediaKind::Picture, "AVS3"),
            (0x2d | 0x2e, _) => (MediaKind::Sound, "MPEG-H"),
            (0x82, _) if !is_disc => (MediaKind::Sound, "DTS"),
            (0x83, _) if !is_disc => (MediaKind::Sound, "TrueHD"),
            (0x06, Some(b"AV01")) => (MediaKind::Picture, "AV1"),
            (0x06, Some(b"VVC ")) => (MediaKind::Picture, "H.266"),
            (0x06, None) if descriptors.is_empty() && !has_picture => {
                (MediaKind::Picture, "private data without a name")
            }
            _ => continue,
        };
        found.push((name.0, format!("{} (stream type {kind:#04x})", name.1)));
    }
    found
}

/// The four letters of a registration descriptor (2.6.8).
fn registration(mut descriptors: &[u8]) -> Option<&[u8; 4]> {
    while let [tag, length, rest @ ..] = descriptors {
        let (content, next) = rest.split_at_checked(usize::from(*length))?;
        if *tag == 5 {
            return content.first_chunk();
        }
        descriptors = next;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn packet(pid: u16, table: u8, body: &[u8]) -> Vec<u8> {
        let [high, low] = pid.to_be_bytes();
        let length = u8::try_from(5 + body.len() + 4).unwrap();
        let head = [SYNC, 0x40 | high, low, 0x10, 0, table, 0xb0, length, 0, 1, 0xc1, 0, 0];
        let mut packet = [&head[..], body, &[0; 4]].concat();
        packet.resize(PACKET, 0xff);
        packet
    }

    #[test]
    fn unreadable_streams_are_named_once_and_readable_ones_not() {
        let programs = packet(0, 0, &[0, 0, 0xe0, 0x10, 0, 1, 0xf0, 0x00]);
        let streams = [
            &[0xe1, 0, 0xf0, 0][..],
            &[0x1b, 0xe1, 0, 0xf0, 0],
            &[0x82, 0xe1, 1, 0xf0, 0],
            &[0x06, 0xe1, 2, 0xf0, 6, 5, 4, b'A', b'V', b'0', b'1'],
            &[0x06, 0xe1, 3, 0xf0, 6, 5, 4, b'O', b'p', b'u', b's'],
        ];
        let map = packet(0x1000, 2, &streams.concat());
        let all = [&[0x12, 0x34], &map[..], &programs, &map, &map].concat();
        let mut announced = Announced::default();
        let found: Vec<_> = all.chunks(50).flat_map(|bytes| announced.take(bytes)).collect();
        let expected = [(MediaKind::Sound, "DTS (stream type 0x82)"), (MediaKind::Picture, "AV1 (stream type 0x06)")];
        assert_eq!(found, expected.map(|(kind, name)| (kind, name.to_owned())));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(body in prop::collection::vec(any::<u8>(), 0..170), table in 0u8..4) {
            let mut announced = Announced { map: Some(0x1000), ..Announced::default() };
            announced.take(&packet(0x1000, table, &body));
            announced.take(&body);
        }
    }
}
