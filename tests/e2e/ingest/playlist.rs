//! A media playlist, and the rules of RFC 8216bis that hold for each one.

use crate::{fixture::get, rooms::fixture::Fixture};

/// What a media playlist says, in seconds.
#[derive(Debug, Default)]
pub struct Playlist {
    pub text: String,
    pub target: f64,
    pub part_target: f64,
    /// Lengths of the finished segments.
    pub segments: Vec<f64>,
    /// Lengths of the parts.
    pub parts: Vec<f64>,
    pub discontinuities: usize,
}

impl Playlist {
    /// Gets one of a room's media playlists.
    pub async fn of(fixture: &Fixture, room: &str, name: &str) -> Self {
        Self::read(get(&fixture.server, &format!("/hls/live/{room}/{name}.m3u8")).await)
    }

    fn read(text: String) -> Self {
        let mut list = Self::default();
        let number = |text: &str| text.split([',', '"']).next().and_then(|n| n.parse().ok()).unwrap_or(f64::NAN);
        let after = |line: &str, name: &str| line.split_once(name).map(|(_, value)| number(value));
        for line in text.lines() {
            match line.split_once(':') {
                Some(("#EXT-X-TARGETDURATION", value)) => list.target = number(value),
                Some(("#EXT-X-PART-INF", value)) => list.part_target = after(value, "PART-TARGET=").expect(line),
                Some(("#EXTINF", value)) => list.segments.push(number(value)),
                Some(("#EXT-X-PART", value)) => list.parts.push(after(value, "DURATION=").expect(line)),
                None if line == "#EXT-X-DISCONTINUITY" => list.discontinuities += 1,
                _ => {}
            }
        }
        list.text = text;
        list
    }

    /// No segment rounds to more than declared, and no part is longer (sections 4.4.3.1 and 4.4.4.9).
    pub fn check(&self) {
        assert!(!self.segments.is_empty() && !self.parts.is_empty(), "{}", self.text);
        assert!(self.segments.iter().all(|length| length.round() <= self.target), "segments\n{}", self.text);
        assert!(self.parts.iter().all(|length| *length <= self.part_target + 0.000_5), "parts\n{}", self.text);
    }
}
