//! JPEG: segments from SOI to EOI. Kept are frame, tables, scans, the plain JFIF head, Adobe's colour transform and the
//! colour profile; EXIF is written anew with the turn alone. Comments and all other application segments go.
//!
//! Source: ITU-T T.81 annex B; ICC.1 annex B.4.

use super::{Fault, Parts, Turn, damaged, exif, is_profile, take, turn_of};

const SOI: u8 = 0xd8;
const EOI: u8 = 0xd9;
const SOS: u8 = 0xda;
const APP0: u8 = 0xe0;
const APP1: u8 = 0xe1;
const APP2: u8 = 0xe2;
const APP14: u8 = 0xee;
const PROFILE: &[u8] = b"ICC_PROFILE\0";

struct Segment<'a> {
    marker: u8,
    /// Without marker and length.
    body: &'a [u8],
    /// From the marker on; of a scan with the coded data after it.
    whole: &'a [u8],
}

/// Walks the segments after SOI; the last one is EOI. A fault ends it.
struct Segments<'a> {
    bytes: &'a [u8],
    at: usize,
    done: bool,
}

fn segments(bytes: &[u8]) -> Segments<'_> {
    Segments { bytes, at: 2, done: false }
}

impl<'a> Segments<'a> {
    fn read(&mut self) -> Result<Segment<'a>, Fault> {
        if take(self.bytes, self.at, 1)? != [0xff] {
            return Err(damaged("there is no JPEG marker where one must be"));
        }
        // Any number of 0xff may stand before a marker.
        let mut at = self.at + 1;
        while take(self.bytes, at, 1)? == [0xff] {
            at += 1;
        }
        let marker = self.bytes.get(at).copied().unwrap_or(EOI);
        let start = at - 1;
        at += 1;
        let mut body: &[u8] = &[];
        match marker {
            EOI => self.done = true,
            0x01 | 0xd0..=0xd7 => {}
            0 | SOI => return Err(damaged("a JPEG marker is out of place")),
            _ => {
                let length = usize::from(u16::from_be_bytes(super::array(self.bytes, at)?));
                body =
                    take(self.bytes, at + 2, length.checked_sub(2).ok_or_else(|| damaged("a segment is too short"))?)?;
                at += length;
                if marker == SOS {
                    at = self.end_of_scan(at)?;
                }
            }
        }
        self.at = at;
        Ok(Segment { marker, body, whole: take(self.bytes, start, at - start)? })
    }

    /// Where the coded data of a scan ends: at a marker that is neither a stuffed zero nor a restart.
    fn end_of_scan(&self, from: usize) -> Result<usize, Fault> {
        let data = self.bytes.get(from..).unwrap_or_default();
        data.windows(2)
            .position(|pair| pair[0] == 0xff && !matches!(pair[1], 0 | 0xd0..=0xd7 | 0xff))
            .map(|length| from + length)
            .ok_or_else(|| damaged("it ends within the picture"))
    }
}

impl<'a> Iterator for Segments<'a> {
    type Item = Result<Segment<'a>, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let segment = self.read();
        self.done |= segment.is_err();
        Some(segment)
    }
}

/// Sizes and number of components of a frame header.
fn frame(segment: &Segment) -> Option<(u32, u32, u8)> {
    let is_frame = matches!(segment.marker, 0xc0..=0xcf) && !matches!(segment.marker, 0xc4 | 0xc8 | 0xcc);
    match segment.body {
        &[_, h1, h0, w1, w0, components, ..] if is_frame => {
            Some((u16::from_be_bytes([w1, w0]).into(), u16::from_be_bytes([h1, h0]).into(), components))
        }
        _ => None,
    }
}

/// Width, height and turn, from what stands before the first scan.
pub fn head(bytes: &[u8]) -> Result<(u32, u32, Turn), Fault> {
    let (mut size, mut turn) = (None, Turn::NoTransforms);
    for segment in segments(bytes) {
        let segment = segment?;
        size = size.or(frame(&segment));
        if segment.marker == APP1 && segment.body.starts_with(b"Exif\0\0") {
            turn = turn_of(segment.body);
        }
        if segment.marker == SOS {
            break;
        }
    }
    size.map(|(width, height, _)| (width, height, turn)).ok_or_else(|| damaged("it has no frame"))
}

/// What a decoder must hold of the whole picture before it can show any of it: 2 bytes a coefficient where the picture
/// comes in several scans, else nothing. In bytes.
pub fn coefficient_bytes(bytes: &[u8]) -> u64 {
    let mut needed = 0;
    let mut components = 0;
    for segment in segments(bytes).flatten() {
        if let Some((width, height, count)) = frame(&segment) {
            components = count;
            // Every component's samples: its share of the largest sampling in both directions.
            let parts =
                segment.body.get(6..).unwrap_or_default().chunks_exact(3).map(|part| (part[1] >> 4, part[1] & 15));
            let across = parts.clone().map(|(across, _)| across).max().unwrap_or(1).max(1);
            let down = parts.clone().map(|(_, down)| down).max().unwrap_or(1).max(1);
            let samples: u64 = parts.map(|(a, d)| u64::from(a) * u64::from(d)).sum();
            needed = u64::from(width) * u64::from(height) * 2 * samples / (u64::from(across) * u64::from(down));
        }
        if segment.marker == SOS {
            // One scan with all components that is not progressive is decoded as it comes.
            return if segment.body.first() == Some(&components) && is_sequential(bytes) { 0 } else { needed };
        }
    }
    needed
}

fn is_sequential(bytes: &[u8]) -> bool {
    segments(bytes)
        .flatten()
        .find(|one| frame(one).is_some())
        .is_some_and(|one| matches!(one.marker, 0xc0 | 0xc1 | 0xc9))
}

/// The segments that hold the colour profile, if they do.
pub fn profile(bytes: &[u8]) -> Vec<u8> {
    let pieces = segments(bytes).map_while(Result::ok).take_while(|segment| segment.marker != SOS);
    let pieces: Vec<_> = pieces.filter(|segment| segment.marker == APP2 && segment.body.starts_with(PROFILE)).collect();
    // After the name come the number of the piece and of all; the profile itself begins at 14.
    let is_one = pieces.first().is_some_and(|first| is_profile(first.body.get(14..).unwrap_or_default()));
    if is_one { pieces.iter().flat_map(|piece| piece.whole).copied().collect() } else { Vec::new() }
}

/// Whether Adobe's segment is there.
pub fn is_adobe(bytes: &[u8]) -> bool {
    let mut heads = segments(bytes).map_while(Result::ok).take_while(|segment| segment.marker != SOS);
    heads.any(|segment| segment.marker == APP14 && segment.body.starts_with(b"Adobe"))
}

pub fn parts(bytes: &[u8]) -> Result<Parts, Fault> {
    let (_, _, turn) = head(bytes)?;
    let mut out = Vec::with_capacity(bytes.len());
    out.extend([0xff, SOI]);
    let mut walk = segments(bytes);
    let mut wrote_notes = false;
    for segment in walk.by_ref() {
        let segment = segment?;
        if segment.marker == APP0 && segment.body.starts_with(b"JFIF\0") && !wrote_notes && segment.body.len() >= 14 {
            // Version, unit and density; the thumbnail that may follow is left out.
            out.extend([0xff, APP0, 0, 16]);
            out.extend(&segment.body[..12]);
            out.extend([0, 0]);
            continue;
        }
        if !wrote_notes && segment.marker != APP0 {
            wrote_notes = true;
            if let Some(block) = exif::block(turn) {
                out.extend([0xff, APP1, 0, block.len() as u8 + 8]);
                out.extend(b"Exif\0\0");
                out.extend(block);
            }
            out.extend(profile(bytes));
        }
        match segment.marker {
            APP14 if segment.body.starts_with(b"Adobe") && segment.body.len() >= 12 => {
                out.extend([0xff, APP14, 0, 14]);
                out.extend(&segment.body[..12]);
            }
            // Application segments, comments, and the ranges that no decoder here knows.
            APP0..=0xfe | 0x02..=0xbf => {}
            _ => out.extend(segment.whole),
        }
    }
    Ok(Parts { bytes: out, end: walk.at })
}
