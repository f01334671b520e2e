//! Boxes and the sample tables in them.

use super::{Fragment, Mp4Error, Sample, Track};

/// A box's first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BoxHeader {
    pub kind: [u8; 4],
    /// Of the whole box in bytes; 0 means that it reaches to the end of the file.
    pub size: u64,
    /// 8, or 16 when the size has 64 bits.
    pub length: u64,
}

/// Reads a header (section 4.2) from at least 8, better 16 bytes. `None` when there are too few bytes or the size is
/// impossible.
pub fn header(data: &[u8]) -> Option<BoxHeader> {
    let kind = data.get(4..8)?.try_into().ok()?;
    let small = u32::from_be_bytes(data.get(..4)?.try_into().ok()?);
    let (size, length) = match small {
        1 => (u64::from_be_bytes(data.get(8..16)?.try_into().ok()?), 16),
        small => (u64::from(small), 8),
    };
    (size == 0 || size >= length).then_some(BoxHeader { kind, size, length })
}

/// Whether a `moov` announces fragments: then it alone is not the whole index.
pub fn takes_fragments(moov: &[u8]) -> bool {
    children(moov).is_ok_and(|boxes| find(&boxes, b"mvex").is_some())
}

/// A box inside another: its kind and the whole of it.
pub(super) type Child<'a> = ([u8; 4], &'a [u8]);

/// The boxes in a plain container box.
pub(super) fn children(whole: &[u8]) -> Result<Vec<Child<'_>>, Mp4Error> {
    let mut rest = body(whole)?;
    let mut found = Vec::new();
    while !rest.is_empty() {
        let header = header(rest).ok_or(Mp4Error::Short)?;
        let size = usize::try_from(header.size).map_err(|_| Mp4Error::Short)?;
        let (one, more) = rest.split_at_checked(size).filter(|_| size > 0).ok_or(Mp4Error::Short)?;
        found.push((header.kind, one));
        rest = more;
    }
    Ok(found)
}

/// The first child of a kind.
pub(super) fn find<'a>(boxes: &[Child<'a>], kind: &[u8; 4]) -> Option<&'a [u8]> {
    boxes.iter().find(|(k, _)| k == kind).map(|(_, whole)| *whole)
}

/// What follows a box's header.
pub(super) fn body(whole: &[u8]) -> Result<&[u8], Mp4Error> {
    let header = header(whole).ok_or(Mp4Error::Short)?;
    whole.get(header.length as usize..).ok_or(Mp4Error::Short)
}

/// Reads big-endian fields one after the other.
pub(super) struct Fields<'a>(pub &'a [u8]);

impl<'a> Fields<'a> {
    pub fn of(whole: &'a [u8]) -> Result<Self, Mp4Error> {
        Ok(Self(body(whole)?))
    }

    /// Version and flags of a full box.
    pub fn full(whole: &'a [u8]) -> Result<(u8, u32, Self), Mp4Error> {
        let mut fields = Self::of(whole)?;
        let word = fields.u32()?;
        Ok(((word >> 24) as u8, word & 0xff_ffff, fields))
    }

    pub fn u32(&mut self) -> Result<u32, Mp4Error> {
        let (one, rest) = self.0.split_first_chunk().ok_or(Mp4Error::Short)?;
        self.0 = rest;
        Ok(u32::from_be_bytes(*one))
    }

    pub fn u64(&mut self) -> Result<u64, Mp4Error> {
        let (one, rest) = self.0.split_first_chunk().ok_or(Mp4Error::Short)?;
        self.0 = rest;
        Ok(u64::from_be_bytes(*one))
    }

    /// 64 bits in version 1, else 32.
    pub fn long(&mut self, version: u8) -> Result<u64, Mp4Error> {
        if version == 1 { self.u64() } else { self.u32().map(u64::from) }
    }

    fn optional(&mut self, there: bool, otherwise: u32) -> Result<u32, Mp4Error> {
        if there { self.u32() } else { Ok(otherwise) }
    }

    /// A table of `columns` words a row, with the number of rows before it.
    fn table<const COLUMNS: usize>(&mut self) -> Result<Vec<[u32; COLUMNS]>, Mp4Error> {
        let rows = self.u32()? as usize;
        if self.0.len() / (4 * COLUMNS) < rows {
            return Err(Mp4Error::Short);
        }
        (0..rows)
            .map(|_| {
                let mut row = [0; COLUMNS];
                row.iter_mut().try_for_each(|cell| self.u32().map(|value| *cell = value))?;
                Ok(row)
            })
            .collect()
    }
}

/// The tracks of a `moov` with the samples of its own tables.
pub(super) fn tracks(moov: &[u8]) -> Result<Vec<Track>, Mp4Error> {
    let boxes = children(moov)?;
    let mut tracks = Vec::new();
    for (_, trak) in boxes.iter().filter(|(kind, _)| kind == b"trak") {
        let inside = children(trak)?;
        let (version, _, mut tkhd) = Fields::full(find(&inside, b"tkhd").ok_or(Mp4Error::Missing("tkhd"))?)?;
        tkhd.long(version)?;
        tkhd.long(version)?;
        let id = tkhd.u32()?;
        let mdia = children(find(&inside, b"mdia").ok_or(Mp4Error::Missing("mdia"))?)?;
        let minf = children(find(&mdia, b"minf").ok_or(Mp4Error::Missing("minf"))?)?;
        let stbl = children(find(&minf, b"stbl").ok_or(Mp4Error::Missing("stbl"))?)?;
        let mut track = Track { id, defaults: [1, 0, 0, 0], ..Track::default() };
        samples(&stbl)?.into_iter().for_each(|sample| track.push(sample));
        tracks.push(track);
    }
    for (_, trex) in
        children(find(&boxes, b"mvex").unwrap_or(&[0, 0, 0, 8, 0, 0, 0, 0]))?.iter().filter(|(kind, _)| kind == b"trex")
    {
        let (_, _, mut fields) = Fields::full(trex)?;
        let id = fields.u32()?;
        let defaults = [fields.u32()?, fields.u32()?, fields.u32()?, fields.u32()?];
        tracks.iter_mut().filter(|track| track.id == id).for_each(|track| track.defaults = defaults);
    }
    Ok(tracks)
}

/// The samples of a sample table (section 8.6 and 8.7).
fn samples(stbl: &[Child<'_>]) -> Result<Vec<Sample>, Mp4Error> {
    let need = |kind: &'static str| {
        let key = kind.as_bytes().first_chunk().ok_or(Mp4Error::Missing(kind))?;
        Fields::full(find(stbl, key).ok_or(Mp4Error::Missing(kind))?)
    };
    let (_, _, mut stsz) = need("stsz")?;
    let size = stsz.u32()?;
    let sizes: Vec<u32> = if size == 0 {
        stsz.table::<1>()?.into_iter().flatten().collect()
    } else {
        let count = stsz.u32()? as usize;
        vec![size; count.min(1 << 24)]
    };
    let durations = need("stts")?.2.table::<2>()?;
    let mut durations = durations.into_iter().flat_map(|[n, duration]| std::iter::repeat_n(duration, n as usize));
    let shifts = match find(stbl, b"ctts") {
        Some(ctts) => Fields::full(ctts)?.2.table::<2>()?,
        None => Vec::new(),
    };
    let mut shifts = shifts.into_iter().flat_map(|[n, shift]| std::iter::repeat_n(shift as i32, n as usize));
    let syncs: Option<Vec<u32>> = match find(stbl, b"stss") {
        Some(stss) => Some(Fields::full(stss)?.2.table::<1>()?.into_iter().flatten().collect()),
        None => None,
    };
    let chunks: Vec<u64> = match find(stbl, b"co64") {
        Some(co64) => {
            let words = Fields::full(co64)?.2.table::<2>()?;
            words.into_iter().map(|[high, low]| u64::from(high) << 32 | u64::from(low)).collect()
        }
        None => need("stco")?.2.table::<1>()?.into_iter().map(|[offset]| offset.into()).collect(),
    };
    let runs = need("stsc")?.2.table::<3>()?;
    let mut run = runs.iter().peekable();
    let mut present = [1, 0, 1];
    let mut samples = Vec::with_capacity(sizes.len());
    let mut sizes = sizes.into_iter();
    for (chunk, offset) in (1u32..).zip(chunks) {
        while let Some(next) = run.next_if(|next| next[0] <= chunk) {
            present = *next;
        }
        let mut offset = offset;
        for size in sizes.by_ref().take(present[1] as usize) {
            let number = samples.len() as u32 + 1;
            let sync = syncs.as_ref().is_none_or(|syncs| syncs.binary_search(&number).is_ok());
            let duration = durations.next().ok_or(Mp4Error::Tables)?;
            let shift = shifts.next().unwrap_or(0);
            samples.push(Sample { offset, size, duration, shift, sync, description: present[2] });
            offset += u64::from(size);
        }
    }
    if sizes.next().is_some() { Err(Mp4Error::Tables) } else { Ok(samples) }
}

/// Adds what a `moof` describes (section 8.8).
pub(super) fn add_fragment(tracks: &mut [Track], fragment: &Fragment) -> Result<(), Mp4Error> {
    for (_, traf) in children(&fragment.data)?.iter().filter(|(kind, _)| kind == b"traf") {
        let inside = children(traf)?;
        let (_, flags, mut tfhd) = Fields::full(find(&inside, b"tfhd").ok_or(Mp4Error::Missing("tfhd"))?)?;
        let id = tfhd.u32()?;
        let Some(track) = tracks.iter_mut().find(|track| track.id == id) else { continue };
        let base = if flags & 1 != 0 { tfhd.u64()? } else { fragment.offset };
        let description = tfhd.optional(flags & 2 != 0, track.defaults[0])?;
        let duration = tfhd.optional(flags & 8 != 0, track.defaults[1])?;
        let size = tfhd.optional(flags & 0x10 != 0, track.defaults[2])?;
        let sample_flags = tfhd.optional(flags & 0x20 != 0, track.defaults[3])?;
        if let Some(tfdt) = find(&inside, b"tfdt") {
            let (version, _, mut fields) = Fields::full(tfdt)?;
            let begins = fields.long(version)?;
            track.reach(begins);
        }
        let mut at = base;
        for (_, trun) in inside.iter().filter(|(kind, _)| kind == b"trun") {
            let (_, has, mut run) = Fields::full(trun)?;
            let count = run.u32()?;
            if has & 1 != 0 {
                at = base.checked_add_signed(i64::from(run.u32()? as i32)).ok_or(Mp4Error::Tables)?;
            }
            let first_flags = run.optional(has & 4 != 0, sample_flags)?;
            for n in 0..count {
                let duration = run.optional(has & 0x100 != 0, duration)?;
                let size = run.optional(has & 0x200 != 0, size)?;
                let otherwise = if n == 0 { first_flags } else { sample_flags };
                let flags = run.optional(has & 0x400 != 0, otherwise)?;
                let shift = run.optional(has & 0x800 != 0, 0)? as i32;
                // A run without columns costs no bytes, so its count alone must not fill the memory.
                if track.samples.len() >= 1 << 26 {
                    return Err(Mp4Error::Tables);
                }
                let sync = flags & 0x1_0000 == 0;
                track.push(Sample { offset: at, size, duration, shift, sync, description });
                at = at.saturating_add(size.into());
            }
        }
    }
    Ok(())
}
