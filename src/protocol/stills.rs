//! Sizes that stand in the first bytes of pictures which need no configuration record: JPEG (ITU-T T.81, B.2.2), VP8
//! (RFC 6386, 9.1) and VP9 (bitstream specification, 6.2).

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
        for bytes in [&jpeg[..9], &[0xff, 0xd8, 0xff, 0xda, 0, 0], &[]] {
            assert_eq!((jpeg_size(bytes), vp8_size(bytes), vp9_size(bytes)), (None, None, None));
        }
    }
}
