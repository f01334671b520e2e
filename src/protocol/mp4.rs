//! The index of a fragmented MP4 made into that of an ordinary one (ISO/IEC 14496-12).
//!
//! A recording that was cut off has the samples of its first fragment in the `moov`'s tables and those of each further
//! one in a `moof`. [`whole_index`] turns them into one `moov` with full tables; the media itself stays where it is.
//!
//! Refuses to know: files.

mod read;
mod tables;

pub use read::{BoxHeader, header, moov_inside, takes_fragments};

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

/// The `moov` of a file whose fragments are all in its index, and how many samples its longest track has.
/// `moov` is the whole box; samples that reach beyond `end` bytes of the file are left out with all after them.
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
    /// `trex`: description, duration, size, flags.
    defaults: [u32; 4],
}

impl Track {
    fn duration(&self) -> u64 {
        self.samples.iter().map(|sample| u64::from(sample.duration)).sum()
    }
}
