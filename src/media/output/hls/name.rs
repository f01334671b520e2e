//! The names of what an HLS stream serves. They hold the stream's birth, so that none is ever used twice for other bytes,
//! not even after the server was started anew: viewers may cache them for good.

use std::fmt;

/// A rendition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Track {
    Video,
    Audio,
}

impl Track {
    /// The name of its media playlist.
    pub fn playlist(self) -> &'static str {
        match self {
            Track::Video => "video.m3u8",
            Track::Audio => "audio.m3u8",
        }
    }
}

/// Which file of a track.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// The initialization segment of a discontinuity.
    Init(u64),
    /// A whole segment, by media sequence number.
    Segment(u64),
    /// A part of a segment.
    Part(u64, u64),
}

/// One file: `video-<birth>-init<discontinuity>.mp4`, `video-<birth>-<msn>.m4s` or `video-<birth>-<msn>.<part>.m4s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Name {
    pub track: Track,
    pub birth: u64,
    pub what: What,
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let track = match self.track {
            Track::Video => "video",
            Track::Audio => "audio",
        };
        write!(f, "{track}-{:x}-", self.birth)?;
        match self.what {
            What::Init(discontinuity) => write!(f, "init{discontinuity}.mp4"),
            What::Segment(msn) => write!(f, "{msn}.m4s"),
            What::Part(msn, part) => write!(f, "{msn}.{part}.m4s"),
        }
    }
}

impl Name {
    /// Reads a name; only what [`fmt::Display`] writes is one.
    pub fn read(text: &str) -> Option<Self> {
        let (track, rest) = text.split_once('-')?;
        let track = match track {
            "video" => Track::Video,
            "audio" => Track::Audio,
            _ => return None,
        };
        let (birth, rest) = rest.split_once('-')?;
        let birth = u64::from_str_radix(birth, 16).ok()?;
        let what = if let Some(init) = rest.strip_prefix("init") {
            What::Init(init.strip_suffix(".mp4")?.parse().ok()?)
        } else {
            let number = rest.strip_suffix(".m4s")?;
            match number.split_once('.') {
                Some((msn, part)) => What::Part(msn.parse().ok()?, part.parse().ok()?),
                None => What::Segment(number.parse().ok()?),
            }
        };
        let name = Self { track, birth, what };
        (name.to_string() == text).then_some(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written_and_in_no_other_form() {
        for what in [What::Init(3), What::Segment(18), What::Part(18, 4)] {
            for track in [Track::Video, Track::Audio] {
                let name = Name { track, birth: 0x6543_21ab, what };
                assert_eq!(Name::read(&name.to_string()), Some(name));
            }
        }
        for text in ["", "video", "video-1-", "video-1-01.m4s", "video-1-+1.m4s", "video-1-1.mp4", "text-1-1.m4s"] {
            assert_eq!(Name::read(text), None, "{text}");
        }
    }
}
