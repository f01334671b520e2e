//! A `moov` written anew around the tracks' samples; what describes the media is taken over as it is.

use super::{
    Mp4Error, Sample, Track,
    read::{Child, Fields, children, find},
};

/// The whole index.
pub(super) fn moov(old: &[u8], tracks: &[Track]) -> Result<Vec<u8>, Mp4Error> {
    let boxes = children(old)?;
    let mvhd = find(&boxes, b"mvhd").ok_or(Mp4Error::Missing("mvhd"))?;
    let movie_scale = timescale(mvhd)?;
    let mut inside = Vec::new();
    let mut longest = 0;
    let mut tracks = tracks.iter();
    for (kind, whole) in &boxes {
        match kind {
            b"mvhd" | b"mvex" => {}
            b"trak" => {
                let track = tracks.next().ok_or(Mp4Error::Tables)?;
                longest = trak(&mut inside, whole, track, movie_scale)?.max(longest);
            }
            _ => inside.extend_from_slice(whole),
        }
    }
    let mut all = Vec::new();
    put_timed(&mut all, mvhd, longest, 1)?;
    all.extend(inside);
    Ok(wrap(b"moov", &all))
}

/// Writes a track and gives its length in the movie's time scale, edits included.
fn trak(out: &mut Vec<u8>, old: &[u8], track: &Track, movie_scale: u64) -> Result<u64, Mp4Error> {
    let boxes = children(old)?;
    let mdia = find(&boxes, b"mdia").ok_or(Mp4Error::Missing("mdia"))?;
    let mdhd = *children(mdia)?.iter().find(|(kind, _)| kind == b"mdhd").ok_or(Mp4Error::Missing("mdhd"))?;
    let media_scale = timescale(mdhd.1)?.max(1);
    let shown = track.shown();
    let movie = |media: u64, rounded: u128| {
        let scaled = (u128::from(media) * u128::from(movie_scale) + rounded) / u128::from(media_scale);
        u64::try_from(scaled).map_err(|_| Mp4Error::Tables)
    };
    // Rounded up: an edit that ends a fraction early makes readers leave out the last sample.
    let length = movie(shown.end - shown.start, u128::from(media_scale) - 1)?;
    let gap = movie(track.start.saturating_add(shown.start), 0)?;
    let (edits, total) = (edit_list(gap, length, shown.start), gap.saturating_add(length));
    let mut inside = Vec::new();
    for (kind, whole) in &boxes {
        match kind {
            b"tkhd" => put_timed(&mut inside, whole, total, 2)?,
            b"edts" => {}
            b"mdia" => {
                inside.extend_from_slice(&edits);
                inside.extend(media_box(whole, track, track.length.max(shown.end))?);
            }
            _ => inside.extend_from_slice(whole),
        }
    }
    out.extend(wrap(b"trak", &inside));
    Ok(total)
}

fn media_box(old: &[u8], track: &Track, media: u64) -> Result<Vec<u8>, Mp4Error> {
    let mut inside = Vec::new();
    for (kind, whole) in children(old)? {
        match &kind {
            b"mdhd" => put_timed(&mut inside, whole, media, 1)?,
            b"minf" => {
                let mut minf = Vec::new();
                for (kind, whole) in children(whole)? {
                    match &kind {
                        b"stbl" => minf.extend(sample_table(&children(whole)?, &track.samples)?),
                        _ => minf.extend_from_slice(whole),
                    }
                }
                inside.extend(wrap(b"minf", &minf));
            }
            _ => inside.extend_from_slice(whole),
        }
    }
    Ok(wrap(b"mdia", &inside))
}

/// The edit list (section 8.6.6): nothing for `gap`, then `length` of the media from its time `from` on. None where the
/// media begins at once.
fn edit_list(gap: u64, length: u64, from: u64) -> Vec<u8> {
    let mut rows = vec![(length, from as i64)];
    if gap > 0 {
        rows.insert(0, (gap, -1));
    }
    if rows == [(length, 0)] {
        return Vec::new();
    }
    let mut table = vec![1, 0, 0, 0];
    table.extend((rows.len() as u32).to_be_bytes());
    for (duration, time) in rows {
        table.extend(duration.to_be_bytes());
        table.extend(time.to_be_bytes());
        table.extend(0x1_0000_u32.to_be_bytes()); // at normal speed
    }
    wrap(b"edts", &wrap(b"elst", &table))
}

/// The sample table (section 8.5.1). Samples that follow each other in the file make a chunk.
fn sample_table(old: &[Child<'_>], samples: &[Sample]) -> Result<Vec<u8>, Mp4Error> {
    let mut out = find(old, b"stsd").ok_or(Mp4Error::Missing("stsd"))?.to_vec();
    out.extend(table(b"stts", 0, &runs(samples.iter().map(|s| s.duration))));
    if samples.iter().any(|s| s.shift != 0) {
        out.extend(table(b"ctts", 1, &runs(samples.iter().map(|s| s.shift as u32))));
    }
    if samples.iter().any(|s| !s.sync) {
        let syncs: Vec<_> = (1u32..).zip(samples).filter(|(_, s)| s.sync).map(|(n, _)| [n]).collect();
        out.extend(table(b"stss", 0, &syncs));
    }
    let mut chunks: Vec<[u32; 2]> = Vec::new(); // offset, high and low word
    let mut spans: Vec<[u32; 3]> = Vec::new(); // first chunk, samples in each, description
    let mut contents: Vec<(u32, u32)> = Vec::new(); // samples and description of each chunk
    let mut next = None;
    for sample in samples {
        match contents.last_mut().filter(|last| next == Some(sample.offset) && last.1 == sample.description) {
            Some(last) => last.0 += 1,
            None => {
                chunks.push([(sample.offset >> 32) as u32, sample.offset as u32]);
                contents.push((1, sample.description));
            }
        }
        next = sample.offset.checked_add(sample.size.into());
    }
    for (chunk, (count, description)) in (1u32..).zip(contents) {
        if spans.last().is_none_or(|span| span[1..] != [count, description]) {
            spans.push([chunk, count, description]);
        }
    }
    out.extend(table(b"stsc", 0, &spans));
    let mut sizes = vec![0; 8]; // version, flags, and no common size
    sizes.extend((samples.len() as u32).to_be_bytes());
    sizes.extend(samples.iter().flat_map(|s| s.size.to_be_bytes()));
    out.extend(wrap(b"stsz", &sizes));
    out.extend(table(b"co64", 0, &chunks));
    Ok(wrap(b"stbl", &out))
}

fn runs(values: impl Iterator<Item = u32>) -> Vec<[u32; 2]> {
    let mut rows: Vec<[u32; 2]> = Vec::new();
    for value in values {
        match rows.last_mut().filter(|row| row[1] == value) {
            Some(row) => row[0] += 1,
            None => rows.push([1, value]),
        }
    }
    rows
}

fn table<const COLUMNS: usize>(kind: &[u8; 4], version: u8, rows: &[[u32; COLUMNS]]) -> Vec<u8> {
    let mut body = vec![version, 0, 0, 0];
    body.extend((rows.len() as u32).to_be_bytes());
    body.extend(rows.iter().flatten().flat_map(|cell| cell.to_be_bytes()));
    wrap(kind, &body)
}

pub(super) fn wrap(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    // An index has far less than 4 GiB: 2^26 samples of 40 bytes at the very most.
    let mut out = ((body.len() + 8) as u32).to_be_bytes().to_vec();
    out.extend(kind);
    out.extend_from_slice(body);
    out
}

/// Ticks per second, from `mvhd` or `mdhd`.
pub(super) fn timescale(whole: &[u8]) -> Result<u64, Mp4Error> {
    let (version, _, mut fields) = Fields::full(whole)?;
    fields.long(version)?;
    fields.long(version)?;
    fields.u32().map(u64::from)
}

/// Copies `mvhd`, `mdhd` or `tkhd` with another duration, as version 1 so that it may have 64 bits. `between` is the
/// number of words between the times and the duration: `mvhd` and `mdhd` have one, `tkhd` two.
fn put_timed(out: &mut Vec<u8>, whole: &[u8], duration: u64, between: usize) -> Result<(), Mp4Error> {
    let (version, flags, mut fields) = Fields::full(whole)?;
    let kind = whole.get(4..8).and_then(<[u8]>::first_chunk).ok_or(Mp4Error::Short)?;
    let mut new = vec![1];
    new.extend_from_slice(&flags.to_be_bytes()[1..]);
    for _ in 0..2 {
        new.extend(fields.long(version)?.to_be_bytes());
    }
    for _ in 0..between {
        new.extend(fields.u32()?.to_be_bytes());
    }
    fields.long(version)?;
    new.extend(duration.to_be_bytes());
    new.extend_from_slice(fields.0);
    out.extend(wrap(kind, &new));
    Ok(())
}
