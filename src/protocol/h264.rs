//! H.264 around the coded picture: access units in both of their forms, configuration records, and the content of a
//! sequence parameter set (ITU-T H.264, annex B and 7.3.2.1; ISO/IEC 14496-15, 5.3.3).
//!
//! Refuses to know: the pictures themselves.

use bytes::{BufMut, Bytes, BytesMut};
use h264_reader::{
    avcc::AvcDecoderConfigurationRecord,
    nal::sps::{ChromaFormat, SeqParameterSet},
    rbsp::{BitReader, decode_nal},
};

/// NAL unit types that matter here.
const IDR: u8 = 5;
const SPS: u8 = 7;
const PPS: u8 = 8;
const DELIMITER: u8 = 9;

/// The NAL units of an access unit with 4-byte length prefixes. Ends at the first one that is cut short.
pub fn units(mut data: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (length, rest) = data.split_first_chunk::<4>()?;
        let (unit, rest) = rest.split_at_checked(u32::from_be_bytes(*length) as usize)?;
        data = rest;
        Some(unit)
    })
}

/// The NAL units of a byte stream with start codes.
pub fn units_of_stream(data: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut begin = start_code(data, 0).map(|(_, after)| after);
    std::iter::from_fn(move || {
        let from = begin?;
        let next = start_code(data, from);
        begin = next.map(|(_, after)| after);
        let unit = data.get(from..next.map_or(data.len(), |(at, _)| at))?;
        let end = unit.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        unit.get(..end)
    })
    .filter(|unit| !unit.is_empty())
}

/// Where the next start code begins and where its unit begins.
fn start_code(data: &[u8], from: usize) -> Option<(usize, usize)> {
    let at = from + data.get(from..)?.windows(3).position(|three| three == [0, 0, 1])?;
    Some((at, at + 3))
}

/// An access unit as a byte stream, converted into the form of [`Packet`](crate::protocol::packet::Packet).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessUnit {
    /// With 4-byte length prefixes; without parameter sets and delimiters.
    pub data: Bytes,
    /// Whether a decoder can begin with it.
    pub keyframe: bool,
    /// A new configuration record, when the unit carries both parameter sets.
    pub record: Option<Bytes>,
}

/// Converts a byte stream's access unit. `None` when there is no picture in it.
pub fn access_unit(stream: &[u8]) -> Option<AccessUnit> {
    let mut data = BytesMut::with_capacity(stream.len() + 16);
    let (mut keyframe, mut sps, mut pps) = (false, None, Vec::new());
    for unit in units_of_stream(stream) {
        match unit.first()? & 0x1f {
            SPS => sps = Some(unit),
            PPS => pps.push(unit),
            DELIMITER => {}
            kind => {
                keyframe |= kind == IDR;
                data.put_u32(u32::try_from(unit.len()).ok()?);
                data.put_slice(unit);
            }
        }
    }
    let record = sps.filter(|_| !pps.is_empty()).and_then(|sps| record(sps, &pps));
    let found = !data.is_empty() || record.is_some();
    found.then(|| AccessUnit { data: data.freeze(), keyframe, record })
}

/// A configuration record of one sequence parameter set and its picture parameter sets.
pub fn record(sps: &[u8], pps: &[&[u8]]) -> Option<Bytes> {
    let [_, profile, flags, level, ..] = *sps else { return None };
    let mut out = BytesMut::with_capacity(sps.len() + 64);
    out.put_slice(&[1, profile, flags, level, 0xff, 0xe1]);
    out.put_u16(u16::try_from(sps.len()).ok()?);
    out.put_slice(sps);
    out.put_u8(u8::try_from(pps.len()).ok()?);
    for pps in pps {
        out.put_u16(u16::try_from(pps.len()).ok()?);
        out.put_slice(pps);
    }
    if matches!(profile, 100 | 110 | 122 | 144) {
        // A set that cannot be parsed to its end is treated as the usual case: 4:2:0 with 8 bits.
        let (format, luma, chroma) = parse(sps).map_or((1, 0, 0), |set| {
            let chroma = &set.chroma_info;
            let format = match chroma.chroma_format {
                ChromaFormat::Monochrome => 0,
                ChromaFormat::YUV422 => 2,
                ChromaFormat::YUV444 => 3,
                _ => 1,
            };
            (format, chroma.bit_depth_luma_minus8, chroma.bit_depth_chroma_minus8)
        });
        out.put_slice(&[0xfc | format, 0xf8 | (luma & 7), 0xf8 | (chroma & 7), 0]);
    }
    Some(out.freeze())
}

/// The parameter sets of a record, sequence before picture; empty when it is none.
pub fn parameter_sets(record: &[u8]) -> Vec<&[u8]> {
    let Ok(record) = AvcDecoderConfigurationRecord::try_from(record) else { return Vec::new() };
    let (sps, pps) = (record.sequence_parameter_sets(), record.picture_parameter_sets());
    sps.flatten().chain(pps.flatten()).collect()
}

/// The size of the picture in pixels, as it is to be shown.
pub fn size_of_record(record: &[u8]) -> Option<(u32, u32)> {
    sequence(record)?.pixel_dimensions().ok()
}

/// The size of the picture in pixels of an access unit with length prefixes that carries a sequence parameter set.
pub fn size_of_unit(data: &[u8]) -> Option<(u32, u32)> {
    let sps = units(data).find(|unit| unit.first().is_some_and(|head| head & 0x1f == SPS))?;
    parse(sps)?.pixel_dimensions().ok()
}

/// Whether the record signals that frames come in another order than they are shown; `false` where it does not say.
pub fn reorders(record: &[u8]) -> bool {
    let frames = sequence(record)
        .and_then(|set| set.vui_parameters)
        .and_then(|vui| vui.bitstream_restrictions)
        .map(|restrictions| restrictions.max_num_reorder_frames);
    frames.is_some_and(|frames| frames > 0)
}

fn sequence(record: &[u8]) -> Option<SeqParameterSet> {
    parse(parameter_sets(record).first()?)
}

fn parse(sps: &[u8]) -> Option<SeqParameterSet> {
    SeqParameterSet::from_bits(BitReader::new(&*decode_nal(sps).ok()?)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of x264: 1280x720, high profile.
    const SPS_720: [u8; 26] = [
        0x67, 0x64, 0x00, 0x1f, 0xac, 0xd9, 0x40, 0x50, 0x05, 0xbb, 0x01, 0x10, 0x00, 0x00, 0x03, 0x00, 0x10, 0x00,
        0x00, 0x03, 0x03, 0xc0, 0xf1, 0x83, 0x19, 0x60,
    ];
    const PPS_720: [u8; 6] = [0x68, 0xeb, 0xe3, 0xcb, 0x22, 0xc0];

    #[test]
    fn a_byte_stream_becomes_a_record_and_an_access_unit_with_lengths() {
        let mut stream = vec![0, 0, 0, 1, 9, 0xf0, 0, 0, 0, 1];
        stream.extend(SPS_720);
        stream.extend([0, 0, 0, 1]);
        stream.extend(PPS_720);
        stream.extend([0, 0, 1, 0x65, 1, 2, 3, 0, 0, 1, 0x65, 4]);
        let unit = access_unit(&stream).unwrap();
        assert!(unit.keyframe);
        assert_eq!(&unit.data[..], [0, 0, 0, 4, 0x65, 1, 2, 3, 0, 0, 0, 2, 0x65, 4]);
        assert_eq!(units(&unit.data).collect::<Vec<_>>(), [&[0x65, 1, 2, 3][..], &[0x65, 4]]);
        let record = unit.record.unwrap();
        assert_eq!(size_of_record(&record), Some((1280, 720)));
        assert_eq!(parameter_sets(&record), [&SPS_720[..], &PPS_720]);
        let mut in_band = vec![0, 0, 0, 26];
        in_band.extend(SPS_720);
        in_band.extend(&unit.data);
        assert_eq!((size_of_unit(&in_band), size_of_unit(&unit.data)), (Some((1280, 720)), None));
    }

    #[test]
    fn broken_input_gives_nothing() {
        assert_eq!(access_unit(&[1, 2, 3]), None);
        assert_eq!(access_unit(&[]), None);
        assert_eq!(units(&[0, 0, 0, 9, 1]).count(), 0);
        assert_eq!(record(&[0x67], &[&[0x68]]), None);
        assert!(parameter_sets(&[1, 2, 3]).is_empty() && !reorders(&[]) && size_of_record(&[1; 9]).is_none());
    }
}
