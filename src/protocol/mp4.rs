//! The index of a fragmented MP4 made into that of an ordinary one (ISO/IEC 14496-12).
//!
//! A fragmented file has its samples listed in a `moof` before each fragment. [`whole_index`] turns them into one `moov`
//! with full tables; the media itself stays where it is.
//!
//! Refuses to know: files.

mod fragment;
mod read;
mod tables;

pub use fragment::{FragmentHead, FragmentTrack, SampleTime, picture_tracks};
pub use read::{BoxHeader, header, takes_fragments};

use std::ops::Range;

/// Why an index cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Mp4Error {
    #[error("a box ends before its fields do")]
    Short,
    #[error("the index has no {0}")]
    Missing(&'static str),
    #[error("the tables of a track do not fit together")]
    Tables,
}

/// A `moof` and where in the file it is, in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fragment {
    pub offset: u64,
    /// The whole box.
    pub data: Vec<u8>,
}

/// The `moov` of a file with all fragments in its index, and how many samples its longest track has. `moov` is the
/// whole box; samples that reach beyond `end` bytes of the file are left out with all after them.
///
/// # Errors
/// When the boxes are damaged.
pub fn whole_index(moov: &[u8], fragments: &[Fragment], end: u64) -> Result<(Vec<u8>, u64), Mp4Error> {
    let mut tracks = read::tracks(moov)?;
    for fragment in fragments {
        read::add_fragment(&mut tracks, fragment)?;
    }
    for track in &mut tracks {
        let fit = track.samples.iter().take_while(|s| s.offset.saturating_add(s.size.into()) <= end).count();
        track.samples.truncate(fit);
        track.lengthen_end();
    }
    let longest = tracks.iter().map(|track| track.samples.len() as u64).max().unwrap_or(0);
    Ok((tables::moov(moov, &tracks)?, longest))
}

/// One sample of a track.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Sample {
    offset: u64,
    size: u32,
    /// In the track's time scale.
    duration: u32,
    /// Presentation minus decoding time in the track's time scale.
    shift: i32,
    sync: bool,
    /// Which sample description, from 1.
    description: u32,
}

#[derive(Debug, Default)]
struct Track {
    id: u32,
    samples: Vec<Sample>,
    /// Decoding time of the first one in the track's time scale.
    start: u64,
    /// All their durations.
    length: u64,
    /// `trex`: description, duration, size, flags.
    defaults: [u32; 4],
}

impl Track {
    /// The next fragment begins at `time`. Where that is later than the end of the samples, the last ones were written
    /// without a duration, or something is missing; the last ones fill the time between.
    fn reach(&mut self, time: u64) {
        if self.samples.is_empty() {
            self.start = time;
            return;
        }
        let missing = time.saturating_sub(self.start + self.length);
        let open = self.samples.iter().rev().take_while(|sample| sample.duration == 0).count().max(1);
        let begin = self.samples.len().saturating_sub(open);
        let (share, rest) = (missing / open as u64, missing % open as u64);
        for (n, sample) in self.samples.iter_mut().skip(begin).enumerate() {
            let by = u32::try_from(if n + 1 == open { share + rest } else { share }).unwrap_or(u32::MAX);
            sample.duration = sample.duration.saturating_add(by);
        }
        self.length += missing;
    }

    /// When the first picture is shown and the last one's time is over, counted from the first decoding time. Both are
    /// later than the decoding times where pictures are reordered.
    fn shown(&self) -> Range<u64> {
        let mut at = 0_i64;
        let mut shown = None;
        for sample in &self.samples {
            let begins = at.saturating_add(sample.shift.into());
            let ends = begins.saturating_add(sample.duration.into());
            let so_far = shown.get_or_insert(begins..ends);
            *so_far = so_far.start.min(begins)..so_far.end.max(ends);
            at = at.saturating_add(sample.duration.into());
        }
        let shown = shown.unwrap_or_default();
        shown.start.max(0).unsigned_abs()..shown.end.max(0).unsigned_abs()
    }

    fn push(&mut self, sample: Sample) {
        self.length += u64::from(sample.duration);
        self.samples.push(sample);
    }

    /// Samples without a duration at the very end last as long as the one before them.
    fn lengthen_end(&mut self) {
        let known = self.samples.iter().rev().find(|sample| sample.duration > 0).map_or(0, |sample| sample.duration);
        self.samples.iter_mut().rev().take_while(|sample| sample.duration == 0).for_each(|s| s.duration = known);
        self.length = self.samples.iter().map(|sample| u64::from(sample.duration)).sum();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn track(durations: &[u32]) -> Track {
        let mut track = Track { id: 1, ..Track::default() };
        for &duration in durations {
            track.push(Sample { offset: 0, size: 1, duration, shift: 0, sync: true, description: 1 });
        }
        track
    }

    fn durations(track: &Track) -> Vec<u32> {
        track.samples.iter().map(|sample| sample.duration).collect()
    }

    #[test]
    fn samples_without_a_duration_share_what_is_missing_up_to_the_next_fragment() {
        let mut open = track(&[1024, 0, 0]);
        open.reach(3073);
        assert_eq!(durations(&open), [1024, 1024, 1025]);
        let mut gap = track(&[1024, 1024]);
        gap.reach(3000);
        assert_eq!(durations(&gap), [1024, 1976]);
        let mut end = track(&[1024, 1000, 0, 0]);
        end.lengthen_end();
        assert_eq!(durations(&end), [1024, 1000, 1000, 1000]);
        track(&[]).reach(5);
    }

    #[test]
    fn reordered_pictures_are_shown_from_the_first_to_the_end_of_the_last() {
        let mut reordered = track(&[40; 4]);
        for (sample, shift) in reordered.samples.iter_mut().zip([40, 120, 0, 0]) {
            sample.shift = shift;
        }
        assert_eq!(reordered.shown(), 40..200, "the last is decoded before others");
        assert_eq!(track(&[40, 40]).shown(), 0..80);
        assert_eq!(track(&[]).shown(), 0..0);
    }

    #[test]
    fn garbage_is_refused_without_panic() {
        for data in [&b""[..], b"\0\0\0\x08moov", b"\0\0\0\x10moov\0\0\0\x09trak", b"\0\0\0\x01moov\0\0\0\0\0\0\0\0"] {
            assert!(whole_index(data, &[], 100).is_err(), "{data:?}");
        }
    }
}
