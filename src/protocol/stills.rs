//! Sizes that stand in the first bytes of pictures which need no configuration record: JPEG (ITU-T T.81, B.2.2), VP8
//! (RFC 6386, 9.1), VP9 (bitstream specification, 6.2), MPEG-1 and MPEG-2 (ISO/IEC 13818-2, 6.2.2.1), Sorenson H.263 and
//! screen video (FLV 10.1, E.4.3).

use h264_reader::rbsp::{BitRead, BitReader};

/// Width and height in pixels of a JPEG picture.
pub fn jpeg_size(data: &[u8]) -> Option<(u32, u32)> {
    let mut rest = data.strip_prefix(&[0xff, 0xd8])?;
    loop {
        let [0xff, kind, high, low, after @ ..] = rest else { return None };
        match kind {
            // Fill bytes.
            0xff => rest = rest.get(1..)?,
            // Start of frame; C4, C8 and CC are tables and extensions.
            0xc0..=0xcf if !matches!(kind, 0xc4 | 0xc8 | 0xcc) => {
                let [_, h1, h2, w1, w2, ..] = *after else { return None };
                return Some((u16::from_be_bytes([w1, w2]).into(), u16::from_be_bytes([h1, h2]).into()));
            }
            0xd9 | 0xda => return None,
            _ => rest = rest.get(2 + usize::from(u16::from_be_bytes([*high, *low]))..)?,
        }
    }
}

/// Width and height in pixels of a VP8 key frame; `None` for other frames.
pub fn vp8_size(data: &[u8]) -> Option<(u32, u32)> {
    let [tag, _, _, 0x9d, 0x01, 0x2a, w1, w2, h1, h2, ..] = *data else { return None };
    let size = |low, high| u32::from(u16::from_le_bytes([low, high]) & 0x3fff);
    (tag & 1 == 0).then(|| (size(w1, w2), size(h1, h2)))
}

/// Width and height in pixels of a VP9 key frame; `None` for other frames.
pub fn vp9_size(data: &[u8]) -> Option<(u32, u32)> {
    let mut bits = BitReader::new(data);
    let marker: u8 = bits.read::<u8>(2, "marker").ok()?;
    let (low, high) = (bits.read_bool("low").ok()?, bits.read_bool("high").ok()?);
    let profile = u8::from(low) + 2 * u8::from(high);
    if marker != 2 || (profile == 3 && bits.read_bool("reserved").ok()?) {
        return None;
    }
    let (again, inter) = (bits.read_bool("again").ok()?, bits.read_bool("inter").ok()?);
    if again || inter {
        return None;
    }
    bits.skip(2, "shown, resilient").ok()?;
    if bits.read::<u32>(24, "sync").ok()? != 0x49_83_42 {
        return None;
    }
    if profile >= 2 {
        bits.skip(1, "depth").ok()?;
    }
    let space: u8 = bits.read::<u8>(3, "space").ok()?;
    let extra = match (space, profile) {
        (7, 1 | 3) => 1,
        (7, _) => 0,
        (_, 1 | 3) => 4,
        _ => 1,
    };
    bits.skip(extra, "range").ok()?;
    let (width, height) = (bits.read::<u32>(16, "width").ok()?, bits.read::<u32>(16, "height").ok()?);
    Some((width + 1, height + 1))
}

/// Width and height in pixels of an MPEG-1 or MPEG-2 picture that begins with a sequence header; `None` for others.
pub fn mpeg2_size(data: &[u8]) -> Option<(u32, u32)> {
    let [a, b, c, ..] = *data.strip_prefix(&[0, 0, 1, 0xb3])? else { return None };
    let (a, b, c) = (u32::from(a), u32::from(b), u32::from(c));
    Some((a << 4 | b >> 4, (b & 15) << 8 | c))
}

/// Width and height in pixels of a Sorenson H.263 picture.
pub fn sorenson_size(data: &[u8]) -> Option<(u32, u32)> {
    let mut bits = BitReader::new(data);
    if bits.read::<u32>(17, "start code").ok()? != 1 {
        return None;
    }
    bits.skip(5 + 8, "version, reference").ok()?;
    let length = match bits.read::<u8>(3, "size").ok()? {
        0 => 8,
        1 => 16,
        2 => return Some((352, 288)),
        3 => return Some((176, 144)),
        4 => return Some((128, 96)),
        5 => return Some((320, 240)),
        6 => return Some((160, 120)),
        _ => return None,
    };
    Some((bits.read(length, "width").ok()?, bits.read(length, "height").ok()?))
}

/// Width and height in pixels of a screen video picture.
pub fn screen_size(data: &[u8]) -> Option<(u32, u32)> {
    let [a, b, c, d, ..] = *data else { return None };
    let size = |high, low| u32::from(u16::from_be_bytes([high, low]) & 0x0fff);
    Some((size(a, b), size(c, d)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_where_they_stand() {
        let jpeg = [0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2, 0xff, 0xc0, 0, 17, 8, 2, 0xd0, 5, 0, 3];
        assert_eq!(jpeg_size(&jpeg), Some((1280, 720)));
        assert_eq!(vp8_size(&[0x10, 0, 0, 0x9d, 1, 0x2a, 0x80, 2, 0x68, 1]), Some((640, 360)));
        assert_eq!(vp8_size(&[0x11, 0, 0, 0x9d, 1, 0x2a, 0x80, 2, 0x68, 1]), None);
        // Profile 0, key frame, 640x360.
        let vp9 = [0x82, 0x49, 0x83, 0x42, 0x20, 0x27, 0xf0, 0x16, 0x70];
        assert_eq!(vp9_size(&vp9), Some((640, 360)));
        assert_eq!(mpeg2_size(&[0, 0, 1, 0xb3, 0x2d, 0x02, 0x40, 0x33]), Some((720, 576)));
        assert_eq!(mpeg2_size(&[0, 0, 1, 0, 0x2d, 0x02, 0x40, 0x33]), None);
        // Start code, version 0, reference 0, then 320x240 as such and 320x180 in 16 bits each.
        assert_eq!(sorenson_size(&[0, 0, 0x80, 0x02, 0x80]), Some((320, 240)));
        assert_eq!(sorenson_size(&[0, 0, 0x80, 0, 0x80, 0xa0, 0, 0x5a, 0]), Some((320, 180)));
        assert_eq!(screen_size(&[0x41, 0x40, 0x30, 0xb4]), Some((320, 180)));
        for bytes in [&jpeg[..9], &[0xff, 0xd8, 0xff, 0xda, 0, 0], &[]] {
            assert_eq!((jpeg_size(bytes), vp8_size(bytes), vp9_size(bytes)), (None, None, None));
        }
    }
}
