//! The names of what an HLS stream serves. They hold when the stream was made, so that none is ever used twice for
//! other bytes, not even after the server was started anew: viewers may cache them for good.

use std::fmt;

/// A rendition: one of the pictures, best first, or one of the sounds, the default first; both count from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Track {
    Video(u8),
    Audio(u8),
}

impl Track {
    /// What every stream has at least.
    pub const ONE_OF_EACH: [Track; 2] = [Track::Video(0), Track::Audio(0)];

    /// The name of its media playlist: `video.m3u8`, `video2.m3u8`, …
    pub fn playlist(self) -> String {
        format!("{self}.m3u8")
    }

    /// The track of a media playlist's name; only what [`Track::playlist`] writes is one.
    pub fn of_playlist(name: &str) -> Option<Self> {
        Self::read(name.strip_suffix(".m3u8")?)
    }

    fn read(text: &str) -> Option<Self> {
        let digits = text.find(|c: char| c.is_ascii_digit()).unwrap_or(text.len());
        let (word, number) = text.split_at(digits);
        let number = if number.is_empty() { 0 } else { number.parse::<u8>().ok()?.checked_sub(1)? };
        let track = match word {
            "video" => Track::Video(number),
            "audio" => Track::Audio(number),
            _ => return None,
        };
        (track.to_string() == text).then_some(track)
    }
}

/// `video`, `video2`, `audio`, …: the first of each kind has no number.
impl fmt::Display for Track {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (word, number) = match self {
            Track::Video(number) => ("video", number),
            Track::Audio(number) => ("audio", number),
        };
        if *number == 0 { f.write_str(word) } else { write!(f, "{word}{}", u16::from(*number) + 1) }
    }
}

/// Which file of a track.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Resource {
    /// The initialization segment of a period.
    Init(u64),
    /// A whole segment, by media sequence number.
    Segment(u64),
    /// A part of a segment.
    Part(u64, u64),
}

/// One file: `video-<created_at>-init<period>.mp4`, `video-<created_at>-<msn>.m4s` or
/// `video-<created_at>-<msn>.<part>.m4s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Name {
    pub track: Track,
    pub created_at: u64,
    pub resource: Resource,
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:x}-", self.track, self.created_at)?;
        match self.resource {
            Resource::Init(period) => write!(f, "init{period}.mp4"),
            Resource::Segment(msn) => write!(f, "{msn}.m4s"),
            Resource::Part(msn, part) => write!(f, "{msn}.{part}.m4s"),
        }
    }
}

impl Name {
    /// Reads a name; only what [`fmt::Display`] writes is one.
    pub fn read(text: &str) -> Option<Self> {
        let (track, rest) = text.split_once('-')?;
        let track = Track::read(track)?;
        let (created_at, rest) = rest.split_once('-')?;
        let created_at = u64::from_str_radix(created_at, 16).ok()?;
        let resource = if let Some(init) = rest.strip_prefix("init") {
            Resource::Init(init.strip_suffix(".mp4")?.parse().ok()?)
        } else {
            let number = rest.strip_suffix(".m4s")?;
            match number.split_once('.') {
                Some((msn, part)) => Resource::Part(msn.parse().ok()?, part.parse().ok()?),
                None => Resource::Segment(number.parse().ok()?),
            }
        };
        let name = Self { track, created_at, resource };
        (name.to_string() == text).then_some(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written_and_in_no_other_form() {
        for resource in [Resource::Init(3), Resource::Segment(18), Resource::Part(18, 4)] {
            for track in [Track::Video(0), Track::Video(2), Track::Audio(0), Track::Audio(254)] {
                let name = Name { track, created_at: 0x6543_21ab, resource };
                assert_eq!(Name::read(&name.to_string()), Some(name));
            }
        }
        for track in [Track::Video(0), Track::Video(1), Track::Audio(0)] {
            assert_eq!(Track::of_playlist(&track.playlist()), Some(track));
        }
        for text in ["video1.m3u8", "video0.m3u8", "video02.m3u8", "video300.m3u8", "master.m3u8", "video"] {
            assert_eq!(Track::of_playlist(text), None, "{text}");
        }
        for text in ["", "video", "video-1-", "video-1-01.m4s", "video-1-+1.m4s", "video-1-1.mp4", "text-1-1.m4s"] {
            assert_eq!(Name::read(text), None, "{text}");
        }
    }
}
