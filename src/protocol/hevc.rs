//! H.265 configuration records: the size of the picture (ITU-T H.265, 7.3.2.2; ISO/IEC 14496-15, 8.3.3).

use h264_reader::rbsp::{BitRead, BitReader, decode_nal};

/// NAL unit type of a sequence parameter set.
const SPS: u8 = 33;

/// The size of the picture in pixels, as it is to be shown.
pub fn size_of_record(record: &[u8]) -> Option<(u32, u32)> {
    let mut rest = record.get(22..)?;
    let arrays = take(&mut rest, 1)?[0];
    for _ in 0..arrays {
        let head = take(&mut rest, 3)?;
        let (kind, count) = (head[0] & 0x3f, u16::from_be_bytes([head[1], head[2]]));
        for _ in 0..count {
            let length = take(&mut rest, 2)?;
            let unit = take(&mut rest, usize::from(u16::from_be_bytes([length[0], length[1]])))?;
            if kind == SPS {
                return size(unit);
            }
        }
    }
    None
}

/// The size of the picture in pixels of an access unit with length prefixes that carries a sequence parameter set.
pub fn size_of_unit(data: &[u8]) -> Option<(u32, u32)> {
    size(super::h264::units(data).find(|unit| unit.first().is_some_and(|head| (head >> 1) & 0x3f == SPS))?)
}

fn take<'a>(rest: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, left) = rest.split_at_checked(count)?;
    *rest = left;
    Some(taken)
}

/// Of a sequence parameter set with its header of two bytes.
fn size(unit: &[u8]) -> Option<(u32, u32)> {
    // The header's second byte would be read as payload.
    let payload = decode_nal(unit.get(1..)?).ok()?;
    let mut bits = BitReader::new(&*payload);
    bits.skip(4, "video parameter set").ok()?;
    let layers: u8 = bits.read::<u8>(3, "layers").ok()?;
    bits.skip(1 + 88 + 8, "profile, tier and level").ok()?;
    let mut present = Vec::new();
    if layers > 0 {
        for layer in 0..8 {
            let flags = (bits.read_bool("profile").ok()?, bits.read_bool("level").ok()?);
            if layer < layers {
                present.push(flags);
            }
        }
    }
    for (profile, level) in present {
        bits.skip(if profile { 88 } else { 0 } + if level { 8 } else { 0 }, "layer").ok()?;
    }
    bits.read_ue("id").ok()?;
    let chroma = bits.read_ue("chroma").ok()?;
    if chroma == 3 {
        bits.skip(1, "planes").ok()?;
    }
    let (width, height) = (bits.read_ue("width").ok()?, bits.read_ue("height").ok()?);
    let mut cut = [0; 4];
    if bits.read_bool("window").ok()? {
        for side in &mut cut {
            *side = bits.read_ue("side").ok()?;
        }
    }
    let (across, down) = match chroma {
        1 => (2, 2),
        2 => (2, 1),
        _ => (1, 1),
    };
    let sides = |a: u32, b: u32, unit: u32| a.checked_add(b)?.checked_mul(unit);
    Some((width.checked_sub(sides(cut[0], cut[1], across)?)?, height.checked_sub(sides(cut[2], cut[3], down)?)?))
}
