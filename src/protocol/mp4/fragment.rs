//! The head of a movie fragment: everything from `styp` to the first byte of media, read, and written with other times
//! (ISO/IEC 14496-12, section 8.8).
//!
//! Refuses to know: the origin of the times.

use super::{
    Fragment, Mp4Error, Sample, Track,
    read::{self, Fields, children, find, header},
    tables::{timescale, wrap},
};

/// A sample is no sync sample, and others are needed to decode it.
const DEPENDS: u32 = 0x0101_0000;
/// A sync sample, which needs no other.
const SYNC: u32 = 0x0200_0000;

/// When a sample is decoded and shown, in its track's time scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SampleTime {
    pub decoded: u64,
    pub shown: u64,
    pub duration: u32,
}

/// One track's part of a fragment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FragmentTrack {
    pub id: u32,
    /// In the order in which they are decoded.
    pub times: Vec<SampleTime>,
    /// The positions of its samples among all samples of the fragment, counted from 0.
    pub places: Vec<usize>,
    media: Vec<Sample>,
}

/// The head of a fragment: a `moof`, the boxes before it, and the header of the `mdat` behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FragmentHead {
    pub tracks: Vec<FragmentTrack>,
    before: Vec<u8>,
    behind: Vec<u8>,
    sequence: u32,
    /// From the beginning of the `moof` to the first sample, in bytes, as it was read.
    length: usize,
}

/// The tracks of a `moov` that carry pictures, each with its time scale (ticks per second).
///
/// # Errors
/// When its boxes are damaged.
pub fn picture_tracks(init: &[u8]) -> Result<Vec<(u32, u32)>, Mp4Error> {
    let [_, moov, _] = split(init, b"moov")?;
    let mut found = Vec::new();
    for (_, trak) in children(moov)?.iter().filter(|(kind, _)| kind == b"trak") {
        let inside = children(trak)?;
        let (version, _, mut tkhd) = Fields::full(find(&inside, b"tkhd").ok_or(Mp4Error::Missing("tkhd"))?)?;
        tkhd.long(version)?;
        tkhd.long(version)?;
        let id = tkhd.u32()?;
        let mdia = children(find(&inside, b"mdia").ok_or(Mp4Error::Missing("mdia"))?)?;
        let scale = timescale(find(&mdia, b"mdhd").ok_or(Mp4Error::Missing("mdhd"))?)?;
        let (_, _, mut hdlr) = Fields::full(find(&mdia, b"hdlr").ok_or(Mp4Error::Missing("hdlr"))?)?;
        hdlr.u32()?;
        if hdlr.u32()?.to_be_bytes() == *b"vide" {
            found.push((id, u32::try_from(scale).map_err(|_| Mp4Error::Tables)?));
        }
    }
    Ok(found)
}

impl FragmentHead {
    /// Reads a head that ends with the header of the `mdat`, with its samples one behind the other.
    ///
    /// # Errors
    /// When its boxes are damaged, or it has another shape.
    pub fn read(head: &[u8]) -> Result<Self, Mp4Error> {
        let [before, moof, behind] = split(head, b"moof")?;
        let inside = children(moof)?;
        let sequence = Fields::full(find(&inside, b"mfhd").ok_or(Mp4Error::Missing("mfhd"))?)?.2.u32()?;
        let mut tracks = Vec::new();
        for (_, traf) in inside.iter().filter(|(kind, _)| kind == b"traf") {
            let id = Fields::full(find(&children(traf)?, b"tfhd").ok_or(Mp4Error::Missing("tfhd"))?)?.2.u32()?;
            let mut track = [Track { id, defaults: [1, 0, 0, 0], ..Track::default() }];
            read::add_fragment(&mut track, &Fragment { offset: 0, data: wrap(b"moof", traf) })?;
            let [Track { start: mut decoded, samples: media, .. }] = track;
            let times = media.iter().map(|sample| {
                let at = decoded;
                decoded = decoded.saturating_add(sample.duration.into());
                SampleTime {
                    decoded: at,
                    shown: at.saturating_add_signed(sample.shift.into()),
                    duration: sample.duration,
                }
            });
            tracks.push(FragmentTrack { id, times: times.collect(), places: vec![0; media.len()], media });
        }
        let length = moof.len() + behind.len();
        let mut all: Vec<_> = tracks.iter_mut().flat_map(|track| track.media.iter().zip(&mut track.places)).collect();
        all.sort_by_key(|(sample, _)| sample.offset);
        let mut next = length as u64;
        for (place, (sample, of)) in all.into_iter().enumerate() {
            if sample.offset != next {
                return Err(Mp4Error::Tables);
            }
            next = next.saturating_add(sample.size.into());
            *of = place;
        }
        Ok(Self { tracks, before: before.to_vec(), behind: behind.to_vec(), sequence, length })
    }

    /// How many samples the fragment has.
    pub fn samples(&self) -> usize {
        self.tracks.iter().map(|track| track.media.len()).sum()
    }

    /// Writes it with the times that its tracks have now.
    ///
    /// # Errors
    /// When a picture is shown too long after or before it is decoded to be written.
    pub fn write(&self) -> Result<Vec<u8>, Mp4Error> {
        // Once for its length, which the offsets in it need.
        let length = self.moof(0)?.len() + self.behind.len();
        let mut out = self.before.clone();
        out.extend(self.moof(length as i64 - self.length as i64)?);
        out.extend_from_slice(&self.behind);
        Ok(out)
    }

    /// `grown` is by how much the head is longer than the one that was read, in bytes.
    fn moof(&self, grown: i64) -> Result<Vec<u8>, Mp4Error> {
        let mut inside = full(b"mfhd", 0, 0, &self.sequence.to_be_bytes());
        for track in &self.tracks {
            inside.extend(track.traf(grown)?);
        }
        Ok(wrap(b"moof", &inside))
    }
}

impl FragmentTrack {
    /// A track with samples without media at these times.
    #[cfg(test)]
    pub fn of(id: u32, times: Vec<SampleTime>) -> Self {
        let sample = Sample { offset: 0, size: 1, duration: 0, shift: 0, sync: false, description: 1 };
        Self { id, places: (0..times.len()).collect(), media: vec![sample; times.len()], times }
    }

    fn traf(&self, grown: i64) -> Result<Vec<u8>, Mp4Error> {
        let flags: Vec<u32> = self.media.iter().map(|sample| if sample.sync { SYNC } else { DEPENDS }).collect();
        let shift =
            |time: &SampleTime| time.shown.checked_signed_diff(time.decoded).and_then(|s| i32::try_from(s).ok());
        let shifts: Option<Vec<i32>> = self.times.iter().map(shift).collect();
        let shifts = shifts.filter(|shifts| shifts.len() == self.media.len()).ok_or(Mp4Error::Tables)?;
        // A value that all samples share, or for flags all but the first, is written once.
        let duration = self.times.first().map_or(0, |time| time.duration);
        let even = self.times.iter().all(|time| time.duration == duration);
        let usual = flags.last().copied().unwrap_or(SYNC);
        let alike = flags.iter().skip(1).all(|flags| *flags == usual);
        let shifted = shifts.iter().any(|shift| *shift != 0);

        let mut tfhd = self.id.to_be_bytes().to_vec();
        if even {
            tfhd.extend(duration.to_be_bytes());
        }
        if alike {
            tfhd.extend(usual.to_be_bytes());
        }
        let has = 0x2_0000 | if even { 0x8 } else { 0 } | if alike { 0x20 } else { 0 };
        let mut inside = full(b"tfhd", 0, has, &tfhd);
        let begins = self.times.first().map_or(0, |time| time.decoded);
        inside.extend(full(b"tfdt", 1, 0, &begins.to_be_bytes()));

        let rows: Vec<_> = self.media.iter().zip(&self.times).zip(flags.iter().zip(&shifts)).collect();
        let follows = |one: &Row<'_>, next: &Row<'_>| one.0.0.offset + u64::from(one.0.0.size) == next.0.0.offset;
        for run in rows.chunk_by(follows) {
            let first = run.first().filter(|(_, (flags, _))| alike && **flags != usual);
            let columns = [(0x4, first.is_some()), (0x100, !even), (0x200, true), (0x400, !alike), (0x800, shifted)];
            let has = columns.iter().filter(|(_, there)| *there).fold(0x1, |has, (flag, _)| has | flag);
            let data = run.first().and_then(|((sample, _), _)| sample.offset.checked_add_signed(grown));
            let data = data.and_then(|data| u32::try_from(data).ok()).ok_or(Mp4Error::Tables)?;
            let mut trun = (run.len() as u32).to_be_bytes().to_vec();
            trun.extend(data.to_be_bytes());
            if let Some((_, (flags, _))) = first {
                trun.extend(flags.to_be_bytes());
            }
            for ((sample, time), (flags, shift)) in run {
                if !even {
                    trun.extend(time.duration.to_be_bytes());
                }
                trun.extend(sample.size.to_be_bytes());
                if !alike {
                    trun.extend(flags.to_be_bytes());
                }
                if shifted {
                    trun.extend(shift.to_be_bytes());
                }
            }
            inside.extend(full(b"trun", 1, has, &trun));
        }
        Ok(wrap(b"traf", &inside))
    }
}

/// A sample with its time, flags, and the difference from its decoding to its presentation time.
type Row<'a> = ((&'a Sample, &'a SampleTime), (&'a u32, &'a i32));

/// The bytes before the first box of a kind, the box, and the bytes behind it.
fn split<'a>(bytes: &'a [u8], kind: &[u8; 4]) -> Result<[&'a [u8]; 3], Mp4Error> {
    let mut at = 0;
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        let found = header(rest).ok_or(Mp4Error::Short)?;
        let size = usize::try_from(found.size).map_err(|_| Mp4Error::Short)?;
        let (whole, behind) = rest.split_at_checked(size).filter(|_| size > 0).ok_or(Mp4Error::Short)?;
        if &found.kind == kind {
            return Ok([bytes.get(..at).unwrap_or_default(), whole, behind]);
        }
        at += size;
    }
}

fn full(kind: &[u8; 4], version: u8, flags: u32, fields: &[u8]) -> Vec<u8> {
    let mut inside = (u32::from(version) << 24 | flags).to_be_bytes().to_vec();
    inside.extend_from_slice(fields);
    wrap(kind, &inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A head with its samples in the order of their `places`.
    fn head(mut tracks: Vec<FragmentTrack>) -> FragmentHead {
        let mut all: Vec<_> = tracks.iter_mut().flat_map(|t| t.places.iter().zip(&mut t.media)).collect();
        all.sort_by_key(|(place, _)| **place);
        let mut at = 0;
        for (_, sample) in all {
            sample.offset = at;
            at += u64::from(sample.size);
        }
        let mut behind = (at as u32 + 8).to_be_bytes().to_vec();
        behind.extend(b"mdat");
        FragmentHead { tracks, before: wrap(b"styp", b"cmfc\0\0\0\0"), behind, sequence: 7, length: 0 }
    }

    /// Samples: decoded, shown later by, duration, size, sync, place.
    fn track(id: u32, samples: &[(u64, i64, u32, u32, bool, usize)]) -> FragmentTrack {
        let times = samples.iter().map(|(decoded, shift, duration, ..)| SampleTime {
            decoded: *decoded,
            shown: decoded.saturating_add_signed(*shift),
            duration: *duration,
        });
        let mut track = FragmentTrack::of(id, times.collect());
        for ((media, at), (_, _, _, size, sync, place)) in track.media.iter_mut().zip(&mut track.places).zip(samples) {
            (media.size, media.sync, *at) = (*size, *sync, *place);
        }
        track
    }

    /// Without fields that only locate a sample in the file, or repeat its time.
    fn essence(head: &FragmentHead) -> FragmentHead {
        let mut head = FragmentHead { length: 0, ..head.clone() };
        for sample in head.tracks.iter_mut().flat_map(|track| &mut track.media) {
            *sample = Sample { offset: 0, duration: 0, shift: 0, ..*sample };
        }
        head
    }

    #[test]
    fn what_was_written_is_read_back_whatever_its_samples_have_in_common() {
        let late = 1 << 40;
        for pictures in [
            vec![
                (late, 0, 100, 900, true, 0),
                (late + 100, 200, 100, 40, false, 1),
                (late + 200, -100, 100, 3, false, 3),
            ],
            vec![(500, 0, 33, 1, false, 1), (533, 0, 34, 2, true, 3), (567, 0, 33, 3, false, 4)],
            vec![(500, 66, 33, 1, true, 4), (533, 66, 33, 2, false, 3), (566, 66, 33, 3, false, 0)],
            vec![(500, 1, 33, 1, false, 0), (533, 1, 33, 5, false, 1), (566, 1, 33, 5, false, 2)],
        ] {
            let mut free = (0..5).filter(|place| pictures.iter().all(|picture| picture.5 != *place));
            let mut sound = |decoded, size| (decoded, 0, 1024, size, true, free.next().unwrap());
            let sound = track(2, &[sound(9000, 17), sound(10_024, 18)]);
            let made = head(vec![track(1, &pictures), sound]);
            let bytes = made.write().unwrap();
            let read = FragmentHead::read(&bytes).unwrap();
            assert_eq!(essence(&read), essence(&made));
            assert_eq!(read.samples(), pictures.len() + 2);
            assert_eq!(read.write().unwrap(), bytes);
            assert_eq!(read.length, bytes.len() - made.before.len(), "the first sample lies right behind the head");
        }
    }

    #[test]
    fn a_head_of_another_shape_is_refused() {
        let whole = head(vec![track(1, &[(0, 0, 33, 5, true, 0)])]).write().unwrap();
        for end in 0..whole.len() - 8 {
            assert!(FragmentHead::read(&whole[..end]).is_err(), "{end} of {} bytes", whole.len());
        }
        // Media that does not lie right behind the head.
        assert_eq!(FragmentHead::read(&whole[..whole.len() - 1]), Err(Mp4Error::Tables));
        let far = head(vec![track(1, &[(0, i64::MAX, 33, 5, true, 0)])]);
        assert_eq!(far.write(), Err(Mp4Error::Tables));
    }
}
