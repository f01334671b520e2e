//! HLS playlists as text (RFC 8216bis, draft-pantos-hls-rfc8216bis), and codec names for them (RFC 6381).
//!
//! A pure writer: values in, text out. Refuses to know: where segments are kept, and what time it is.

use crate::protocol::iso::iso;
use std::{fmt::Write, time::Duration};

/// A multivariant playlist.
#[derive(Debug, Clone, PartialEq)]
pub struct Master {
    /// Whether every segment of every rendition can be decoded by itself.
    pub independent: bool,
    /// Best first.
    pub variants: Vec<Variant>,
    /// Sounds with media playlists of their own, one group for all variants; the first is the default.
    pub audio: Vec<Audio>,
}

/// One picture with the sounds.
#[derive(Debug, Clone, PartialEq)]
pub struct Variant {
    /// The media playlist of the picture.
    pub uri: String,
    /// Bits per second of the heaviest segment, picture and the heaviest sound together.
    pub bandwidth: u64,
    /// Bits per second on average.
    pub average_bandwidth: u64,
    /// RFC 6381 names, picture first.
    pub codecs: Vec<String>,
    /// Pixels; absent where there is sound alone.
    pub resolution: Option<(u32, u32)>,
    /// Frames per second; not written when it is 0.
    pub frame_rate: f64,
}

/// One sound.
#[derive(Debug, Clone, PartialEq)]
pub struct Audio {
    pub uri: String,
    /// For people.
    pub name: String,
    pub channels: u16,
}

impl Master {
    /// The playlist's text.
    pub fn write(&self) -> String {
        let mut out = String::from("#EXTM3U\n#EXT-X-VERSION:7\n");
        if self.independent {
            out.push_str("#EXT-X-INDEPENDENT-SEGMENTS\n");
        }
        for (n, audio) in self.audio.iter().enumerate() {
            let _ = writeln!(
                out,
                "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"audio\",NAME=\"{}\",DEFAULT={},AUTOSELECT=YES,CHANNELS=\"{}\",URI=\"{}\"",
                quoted(&audio.name),
                if n == 0 { "YES" } else { "NO" },
                audio.channels,
                quoted(&audio.uri)
            );
        }
        for variant in &self.variants {
            let _ = write!(
                out,
                "#EXT-X-STREAM-INF:BANDWIDTH={},AVERAGE-BANDWIDTH={},CODECS=\"{}\"",
                variant.bandwidth,
                variant.average_bandwidth,
                quoted(&variant.codecs.join(","))
            );
            if let Some((width, height)) = variant.resolution {
                let _ = write!(out, ",RESOLUTION={width}x{height}");
            }
            if variant.frame_rate > 0.0 {
                let _ = write!(out, ",FRAME-RATE={:.3}", variant.frame_rate);
            }
            if !self.audio.is_empty() {
                out.push_str(",AUDIO=\"audio\"");
            }
            let _ = writeln!(out, "\n{}", variant.uri);
        }
        out
    }
}

/// A live media playlist with low-latency parts.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Media {
    pub independent: bool,
    /// Seconds; no segment may round to more.
    pub target_s: u64,
    /// No part lasts longer.
    pub part_target: Duration,
    /// The media sequence number of the first segment.
    pub first_msn: u64,
    /// Discontinuities that left the playlist together with their segments.
    pub discontinuity_sequence: u64,
    /// Oldest first; only the last may be unfinished.
    pub segments: Vec<Segment>,
    /// The part that comes next.
    pub preload: Option<String>,
    pub reports: Vec<Report>,
}

/// One segment of a media playlist.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Segment {
    /// Absent while parts are still being added.
    pub uri: Option<String>,
    pub duration: Duration,
    /// How many discontinuities lie before it.
    pub breaks: u64,
    /// The initialization segment it needs.
    pub map: String,
    /// Wall time of its first picture or sound, nanoseconds since 1970.
    pub wall_ns: u64,
    /// Empty for segments that are too old to be fetched in parts.
    pub parts: Vec<Part>,
}

/// One part of a segment.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Part {
    pub uri: String,
    pub duration: Duration,
    /// It begins with a key frame.
    pub independent: bool,
}

/// How far another rendition has come.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    pub uri: String,
    pub last_msn: u64,
    pub last_part: Option<u64>,
}

impl Media {
    /// The playlist's text.
    pub fn write(&self) -> String {
        let mut out = String::with_capacity(2048);
        let part_target = self.part_target.as_secs_f64();
        let _ = writeln!(out, "#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-TARGETDURATION:{}", self.target_s);
        // Section 4.4.3.8 asks for at least twice, and advises three times, the part target.
        let _ = writeln!(out, "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK={:.5}", part_target * 3.0);
        let _ = writeln!(out, "#EXT-X-PART-INF:PART-TARGET={part_target:.5}");
        let _ = writeln!(out, "#EXT-X-MEDIA-SEQUENCE:{}", self.first_msn);
        let _ = writeln!(out, "#EXT-X-DISCONTINUITY-SEQUENCE:{}", self.discontinuity_sequence);
        if self.independent {
            out.push_str("#EXT-X-INDEPENDENT-SEGMENTS\n");
        }
        let mut map = "";
        for segment in &self.segments {
            for _ in 0..segment.breaks {
                out.push_str("#EXT-X-DISCONTINUITY\n");
            }
            if segment.map != map || segment.breaks > 0 {
                let _ = writeln!(out, "#EXT-X-MAP:URI=\"{}\"", quoted(&segment.map));
                map = &segment.map;
            }
            let _ = writeln!(out, "#EXT-X-PROGRAM-DATE-TIME:{}", date_time(segment.wall_ns));
            for part in &segment.parts {
                let independent = if part.independent { ",INDEPENDENT=YES" } else { "" };
                let seconds = part.duration.as_secs_f64();
                let _ = writeln!(out, "#EXT-X-PART:DURATION={seconds:.5},URI=\"{}\"{independent}", quoted(&part.uri));
            }
            if let Some(uri) = &segment.uri {
                let _ = writeln!(out, "#EXTINF:{:.5},\n{uri}", segment.duration.as_secs_f64());
            }
        }
        if let Some(uri) = &self.preload {
            let _ = writeln!(out, "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"{}\"", quoted(uri));
        }
        for report in &self.reports {
            let _ = write!(out, "#EXT-X-RENDITION-REPORT:URI=\"{}\",LAST-MSN={}", quoted(&report.uri), report.last_msn);
            if let Some(part) = report.last_part {
                let _ = write!(out, ",LAST-PART={part}");
            }
            out.push('\n');
        }
        out
    }
}

/// A quoted string may hold neither quotes nor line ends (section 4.2).
fn quoted(text: &str) -> String {
    text.chars().filter(|c| !matches!(c, '"' | '\n' | '\r')).collect()
}

/// Nanoseconds since 1970 as ISO 8601 in UTC with milliseconds.
pub fn date_time(wall_ns: u64) -> String {
    iso(i64::try_from(wall_ns / 1_000_000).unwrap_or(i64::MAX))
}

/// The name of an H.264 stream from its `AVCDecoderConfigurationRecord`, e.g. `avc1.64001f` (RFC 6381, section 3.3).
/// `None` when the record is too short.
pub fn avc_codec(entry: &str, record: &[u8]) -> Option<String> {
    let [_, profile, constraints, level, ..] = record else { return None };
    Some(format!("{entry}.{profile:02x}{constraints:02x}{level:02x}"))
}

/// The name of an H.265 stream from its `HEVCDecoderConfigurationRecord`, e.g. `hvc1.1.6.L93.B0` (ISO/IEC 14496-15,
/// annex E). `None` when the record is too short.
pub fn hevc_codec(entry: &str, record: &[u8]) -> Option<String> {
    let head: &[u8; 13] = record.first_chunk()?;
    let [_, profile, c0, c1, c2, c3, constraints @ .., level] = head;
    let space = ["", "A", "B", "C"][usize::from(profile >> 6)];
    let tier = if profile & 0x20 == 0 { 'L' } else { 'H' };
    let compatible = u32::from_be_bytes([*c0, *c1, *c2, *c3]).reverse_bits();
    let mut name = format!("{entry}.{space}{}.{compatible:X}.{tier}{level}", profile & 0x1f);
    let used = constraints.iter().rposition(|b| *b != 0).map_or(0, |last| last + 1);
    for byte in constraints.iter().take(used) {
        let _ = write!(name, ".{byte:X}");
    }
    Some(name)
}

/// The name of an AAC stream from its `AudioSpecificConfig`, e.g. `mp4a.40.2` (RFC 6381). `None` when it is too short.
pub fn aac_codec(config: &[u8]) -> Option<String> {
    let first = *config.first()?;
    let kind = match first >> 3 {
        // The escape: six more bits.
        31 => 32 + (u32::from(first & 7) << 3 | u32::from(*config.get(1)? >> 5)),
        kind => u32::from(kind),
    };
    Some(format!("mp4a.40.{kind}"))
}
