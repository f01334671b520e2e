//! The FLV that the muxer makes, tag by tag (FLV 10.1, annex E.4).

/// A tag: what RTMP sends as one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tag<'a> {
    /// 8 for sound, 9 for picture, 18 for data.
    pub kind: u8,
    /// Milliseconds.
    pub timestamp: u32,
    pub body: &'a [u8],
}

/// Header of a file with the size of no tag before it, header of a tag, and the size behind it, in bytes.
const FILE_HEADER: usize = 13;
const TAG_HEADER: usize = 11;
const TRAILER: usize = 4;

/// The tags of a buffer of the muxer, which holds whole ones.
pub(super) fn tags(bytes: &[u8]) -> impl Iterator<Item = Tag<'_>> {
    let mut rest = if bytes.starts_with(b"FLV") { bytes.get(FILE_HEADER..).unwrap_or_default() } else { bytes };
    std::iter::from_fn(move || {
        let [kind, a, b, c, t1, t2, t3, t0, ..] = *rest.first_chunk::<TAG_HEADER>()?;
        let length = u32::from_be_bytes([0, a, b, c]) as usize;
        let body = rest.get(TAG_HEADER..TAG_HEADER + length)?;
        rest = rest.get(TAG_HEADER + length + TRAILER..).unwrap_or_default();
        Some(Tag { kind: kind & 0x1f, timestamp: u32::from_be_bytes([t0, t1, t2, t3]), body })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_found_behind_a_file_header_and_behind_each_other() {
        let tag = |kind: u8, time: [u8; 4], body: &[u8]| {
            [&[kind, 0, 0, body.len() as u8, time[1], time[2], time[3], time[0], 0, 0, 0], body, &[0; 4]].concat()
        };
        let file =
            [&b"FLV\x01\x05\0\0\0\x09\0\0\0\0"[..], &tag(18, [0; 4], b"meta"), &tag(9, [1, 2, 3, 4], b"p")].concat();
        let found: Vec<_> = tags(&file).map(|tag| (tag.kind, tag.timestamp, tag.body.to_vec())).collect();
        assert_eq!(found, [(18, 0, b"meta".to_vec()), (9, 0x0102_0304, b"p".to_vec())]);
        assert_eq!(tags(&tag(8, [0; 4], b"s")).count(), 1);
        assert_eq!(tags(&file[..20]).count(), 0, "half a tag is none");
    }
}
