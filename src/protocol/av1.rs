//! AV1 around the coded picture: the size that its sequence header tells (AV1 bitstream specification, 5.3 to 5.5;
//! "AV1 Codec ISO Media File Format Binding", 2.3).
//!
//! Refuses to know: the pictures themselves.

use h264_reader::rbsp::{BitRead, BitReader};

/// The type of the OBU that holds a sequence header.
const SEQUENCE_HEADER: u8 = 1;
/// Bytes before the OBUs in an `AV1CodecConfigurationRecord`.
const RECORD_HEAD: usize = 4;

/// Width and height in pixels of the pictures that a configuration record describes.
pub fn size_of_record(record: &[u8]) -> Option<(u32, u32)> {
    size(record.get(RECORD_HEAD..)?)
}

/// Width and height in pixels, if there is a sequence header among these OBUs.
pub fn size(obus: &[u8]) -> Option<(u32, u32)> {
    let header = payloads(obus).find(|(kind, _)| *kind == SEQUENCE_HEADER)?;
    sequence_size(header.1)
}

/// The types and contents of OBUs. Ends at the first one that is cut short.
fn payloads(mut obus: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    std::iter::from_fn(move || {
        let (head, rest) = obus.split_first()?;
        let has_extension = head & 4 != 0;
        let rest = rest.get(usize::from(has_extension)..)?;
        let (size, rest) = if head & 2 == 0 { (rest.len(), rest) } else { leb128(rest)? };
        let (payload, rest) = rest.split_at_checked(size)?;
        obus = rest;
        Some((head >> 3 & 15, payload))
    })
}

/// A number in groups of 7 bits, the lowest first (4.10.5), and what stands behind it.
fn leb128(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let last = bytes.iter().take(4).position(|byte| byte & 0x80 == 0)?;
    let (number, rest) = bytes.split_at_checked(last + 1)?;
    let value = number.iter().rev().fold(0, |value, byte| value << 7 | usize::from(byte & 0x7f));
    Some((value, rest))
}

/// The fields of a sequence header up to the size (5.5.1).
fn sequence_size(header: &[u8]) -> Option<(u32, u32)> {
    let mut bits = BitReader::new(header);
    bits.skip(3 + 1, "profile, still picture").ok()?;
    if bits.read_bool("reduced header").ok()? {
        bits.skip(5, "level").ok()?;
    } else {
        let delay_length = if bits.read_bool("timing info").ok()? { timing(&mut bits)? } else { None };
        let has_display_delay = bits.read_bool("display delay").ok()?;
        let points = bits.read::<u8>(5, "operating points").ok()? + 1;
        for _ in 0..points {
            bits.skip(12, "layers").ok()?;
            if bits.read::<u8>(5, "level").ok()? > 7 {
                bits.skip(1, "tier").ok()?;
            }
            if let Some(length) = delay_length
                && bits.read_bool("model of this point").ok()?
            {
                bits.skip(2 * length + 1, "delays, low delay mode").ok()?;
            }
            if has_display_delay && bits.read_bool("delay of this point").ok()? {
                bits.skip(4, "delay").ok()?;
            }
        }
    }
    let width_bits = bits.read::<u32>(4, "width bits").ok()? + 1;
    let height_bits = bits.read::<u32>(4, "height bits").ok()? + 1;
    let width = bits.read::<u32>(width_bits, "width").ok()?;
    Some((width + 1, bits.read::<u32>(height_bits, "height").ok()? + 1))
}

/// Timing and decoder model (5.5.3, 5.5.4): how many bits a delay of the decoder's buffer has, where there is a model.
fn timing<R: BitRead>(bits: &mut R) -> Option<Option<u32>> {
    bits.skip(64, "ticks").ok()?;
    if bits.read_bool("even intervals").ok()? {
        bits.read_ue("interval").ok()?;
    }
    if !bits.read_bool("decoder model").ok()? {
        return Some(None);
    }
    let length = bits.read::<u32>(5, "delay length").ok()? + 1;
    bits.skip(32 + 5 + 5, "ticks, lengths").ok()?;
    Some(Some(length))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Temporal delimiter and sequence header as libaom writes them for 640x360.
    const OBUS: [u8; 16] =
        [0x12, 0x00, 0x0a, 0x0c, 0x00, 0x00, 0x00, 0x0c, 0xc4, 0xff, 0x67, 0xe0, 0xff, 0xfc, 0xc0, 0x20];

    #[test]
    fn the_size_is_read_from_a_sequence_header_and_from_a_record() {
        assert_eq!(size(&OBUS), Some((640, 360)));
        assert_eq!(size_of_record(&[&[0x81, 0, 0x0c, 0][..], &OBUS[2..]].concat()), Some((640, 360)));
        assert_eq!(size_of_record(&[0x81, 0, 0x0c, 0]), None);
        // A frame without a sequence header, and one that is cut short.
        assert_eq!((size(&[0x12, 0x00, 0x32, 0x01, 0x10]), size(&OBUS[..9])), (None, None));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            size(&bytes);
            size_of_record(&[&[0x0a, 60][..], &bytes].concat());
        }
    }
}
