//! JPEG: segments from SOI to EOI. Kept are frame, tables, scans, the plain JFIF head, Adobe's colour transform and the
//! colour profile; EXIF is written anew with the turn alone. Comments and all other application segments go.
//!
//! A file may lack its EOI, or have something else in that place, if its scans have brought the whole picture: EOI is
//! written anew. Four components without Adobe's segment are inks, unless their samplings say otherwise. What cameras are known to get wrong in heads is put right, since decoders warn of it as of damage.
//!
//! Source: ITU-T T.81 annex B; ICC.1 annex B.4.

use super::{Fault, Parts, Turn, damaged, exif, is_profile, scans::Scans, take, turn_of};

const SOI: u8 = 0xd8;
const EOI: u8 = 0xd9;
const SOS: u8 = 0xda;
const APP0: u8 = 0xe0;
const APP1: u8 = 0xe1;
const APP2: u8 = 0xe2;
const APP14: u8 = 0xee;
const PROFILE: &[u8] = b"ICC_PROFILE\0";
/// Adobe's segment, saying that four components are brightness, two colour differences and black.
const YCCK: &[u8] = b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0\x02";

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
                    at = self.end_of_scan(at);
                }
            }
        }
        self.at = at;
        Ok(Segment { marker, body, whole: take(self.bytes, start, at - start)? })
    }

    /// Where the coded data of a scan ends: at a marker that is neither a stuffed zero nor a restart. Without one they end
    /// with the file, less the beginning of a marker that is cut off.
    fn end_of_scan(&self, from: usize) -> usize {
        let data = self.bytes.get(from..).unwrap_or_default();
        let marker = data.windows(2).position(|pair| pair[0] == 0xff && !matches!(pair[1], 0 | 0xd0..=0xd7 | 0xff));
        let begun = data.iter().rev().take_while(|byte| **byte == 0xff).count();
        from + marker.unwrap_or(data.len() - begun)
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
    let frame = segments(bytes).flatten().find(|one| frame(one).is_some());
    frame.is_some_and(|one| is_sequential_frame(one.marker))
}

fn is_sequential_frame(marker: u8) -> bool {
    matches!(marker, 0xc0 | 0xc1 | 0xc9)
}

/// The segments that hold the colour profile, by their numbers; none where it is no profile.
fn profile_pieces(bytes: &[u8]) -> Vec<Segment<'_>> {
    let pieces = segments(bytes).map_while(Result::ok).take_while(|segment| segment.marker != SOS);
    let is_piece = |segment: &Segment| segment.marker == APP2 && segment.body.starts_with(PROFILE);
    let mut pieces: Vec<_> = pieces.filter(is_piece).collect();
    // After the name come the number of the piece and of all; the profile itself begins at 14.
    pieces.sort_by_key(|piece| piece.body.get(12).copied());
    if !pieces.first().is_some_and(|first| is_profile(first.body.get(14..).unwrap_or_default())) {
        pieces.clear();
    }
    pieces
}

/// The colour profile's segments, whole.
pub fn profile_segments(bytes: &[u8]) -> Vec<u8> {
    profile_pieces(bytes).iter().flat_map(|piece| piece.whole).copied().collect()
}

/// The colour profile.
pub fn profile(bytes: &[u8]) -> Option<Vec<u8>> {
    let pieces = profile_pieces(bytes);
    let profile = || pieces.iter().flat_map(|piece| piece.body.get(14..).unwrap_or_default()).copied().collect();
    (!pieces.is_empty()).then(profile)
}

pub fn parts(bytes: &[u8]) -> Result<Parts, Fault> {
    let (_, _, turn) = head(bytes)?;
    super::small(profile(bytes).map_or(0, |icc| icc.len()))?;
    let mut out = Vec::with_capacity(bytes.len());
    out.extend([0xff, SOI]);
    let (mut wrote_notes, mut is_adobe, mut is_sequential) = (false, false, false);
    let (mut scans, mut padding) = (None::<Scans>, 0);
    for segment in segments(bytes) {
        let segment = match segment {
            Ok(segment) => segment,
            Err(_) if scans.as_ref().is_some_and(Scans::are_complete) => {
                padding = zeros_at_end(&out);
                out.extend([0xff, EOI]);
                break;
            }
            Err(fault) => return Err(fault),
        };
        if segment.marker == APP0 && segment.body.starts_with(b"JFIF\0") && !wrote_notes && segment.body.len() >= 14 {
            // Version, unit and density; the thumbnail that may follow is left out. There is no version 3.
            let version = segment.body.get(5..7).filter(|version| matches!(version, [1 | 2, _]));
            out.extend([0xff, APP0, 0, 16]);
            out.extend(b"JFIF\0");
            out.extend(version.unwrap_or(&[1, 2]));
            out.extend(segment.body.get(7..12).unwrap_or_default());
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
            out.extend(profile_segments(bytes));
        }
        if scans.is_none() && frame(&segment).is_some() {
            scans = Some(Scans::of(segment.marker, segment.body));
            is_sequential = is_sequential_frame(segment.marker);
            if !is_adobe && is_ycck(segment.body) {
                out.extend(YCCK);
            }
        }
        match segment.marker {
            APP14 if segment.body.starts_with(b"Adobe") && segment.body.len() >= 12 => {
                is_adobe = true;
                out.extend([0xff, APP14, 0, 14]);
                out.extend(&segment.body[..12]);
            }
            // Application segments, comments, and the ranges that no decoder here knows.
            APP0..=0xfe | 0x02..=0xbf => {}
            SOS => {
                scans.iter_mut().for_each(|scans| scans.add(segment.body));
                let from = out.len();
                out.extend(segment.whole);
                if is_sequential {
                    whole_band(&mut out, from, &segment);
                }
            }
            _ => out.extend(segment.whole),
        }
    }
    Ok(Parts { bytes: out, padding })
}

/// Whether a frame of four components has the second and third in fewer samples: that is done to colour differences, never
/// to inks.
fn is_ycck(frame: &[u8]) -> bool {
    let samples = |part: &[u8; 3]| (part[1] >> 4) * (part[1] & 15);
    match frame.get(6..).unwrap_or_default().as_chunks::<3>().0 {
        [first, second, third, fourth] => {
            samples(first) == samples(fourth) && samples(second) < samples(first) && samples(third) < samples(first)
        }
        _ => false,
    }
}

/// Zeros that end coded data, without one that is stuffed behind 0xff.
fn zeros_at_end(data: &[u8]) -> usize {
    let zeros = data.iter().rev().take_while(|byte| **byte == 0).count();
    let is_stuffed = data.iter().rev().nth(zeros) == Some(&0xff);
    zeros - usize::from(is_stuffed && zeros > 0)
}

/// Says of a scan of a sequential picture what always holds, all coefficients and all their bits: some telephones write
/// zeros there. The three bytes end the scan's header, which was written at `from`.
fn whole_band(out: &mut [u8], from: usize, scan: &Segment) {
    let end = from + 4 + scan.body.len();
    if let Some(band) = out.get_mut(end.saturating_sub(3)..end) {
        band.copy_from_slice(&[0, 63, 0]);
    }
}
