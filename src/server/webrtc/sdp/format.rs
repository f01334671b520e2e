//! Payload types of an m-line: codecs that can be used, and the parameters that an answer repeats (RFC 6184, section
//! 8.2.2; RFC 7587, section 7).

use super::{super::access::ViewerCodecs, Direction, attributes};

/// Bits per second that Opus can have (RFC 7587, section 7.1).
const OPUS_BITRATES: std::ops::RangeInclusive<u32> = 6_000..=510_000;

/// One payload type of an offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Format {
    payload_type: u8,
    codec: String,
    parameters: Vec<(String, String)>,
}

/// All payload types of an m-line.
pub(super) fn formats(section: &str) -> Vec<Format> {
    let maps = attributes(section, "rtpmap").filter_map(|map| {
        let (payload_type, name) = map.split_once(' ')?;
        let payload_type: u8 = payload_type.parse().ok()?;
        let codec = name.trim().split('/').next()?.to_ascii_lowercase();
        Some(Format { payload_type, codec, parameters: parameters(section, payload_type) })
    });
    maps.collect()
}

fn parameters(section: &str, payload_type: u8) -> Vec<(String, String)> {
    let lines = attributes(section, "fmtp").filter_map(|line| line.split_once(' '));
    let own = lines.filter(|(number, _)| number.parse::<u8>().is_ok_and(|number| number == payload_type));
    let pairs = own.flat_map(|(_, text)| text.split(';')).filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim().to_owned())).collect()
}

/// The codecs that can be used.
pub(super) fn codecs(section: &str) -> ViewerCodecs {
    let formats = formats(section);
    let has = |codec: &str| formats.iter().any(|format| format.codec == codec);
    let whole = |format: &Format| format.codec == "h264" && format.get("packetization-mode") == Some("1");
    ViewerCodecs { h264: formats.iter().any(whole), vp8: has("vp8"), vp9: has("vp9"), opus: has("opus") }
}

impl Format {
    fn get(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    fn flag(&self, name: &str) -> Option<bool> {
        self.get(name).and_then(|value| match value {
            "0" => Some(false),
            "1" => Some(true),
            _ => None,
        })
    }
}

/// The answer's parameters for a payload type of the offer; `ours` are those the session wrote. `None` where they stay.
pub(super) fn answered(formats: &[Format], payload_type: u8, ours: &str, direction: Direction) -> Option<String> {
    let offered = formats.iter().find(|format| format.payload_type == payload_type)?;
    match offered.codec.as_str() {
        "h264" => h264(offered, ours),
        "opus" => Some(opus(offered, direction)),
        _ => None,
    }
}

/// The offered profile, and the offered level too where levels must be equal both ways.
fn h264(offered: &Format, ours: &str) -> Option<String> {
    const NAME: &str = "profile-level-id=";
    let level = offered.get("profile-level-id").filter(|id| id.len() == 6 && id.bytes().all(|b| b.is_ascii_hexdigit()));
    let asymmetric = offered.flag("level-asymmetry-allowed") == Some(true);
    let own = ours.split(';').find_map(|pair| pair.trim().strip_prefix(NAME)).and_then(|id| id.get(4..6));
    let mut out = String::new();
    match (level, asymmetric) {
        (Some(id), true) => {
            out.extend(["level-asymmetry-allowed=1;packetization-mode=1;", NAME, id.get(..4)?, own?]);
        }
        (Some(id), false) => out.extend(["packetization-mode=1;", NAME, id]),
        (None, _) => out.push_str("packetization-mode=1"),
    }
    Some(out)
}

/// A publisher's sound is taken in stereo whether it says so or not; a viewer gets what it says it wants.
fn opus(offered: &Format, direction: Direction) -> String {
    let stereo = offered.flag("stereo");
    let (stereo, sprop_stereo) = match direction {
        Direction::In => (Some(true), offered.flag("sprop-stereo")),
        Direction::Out => (stereo, stereo),
    };
    let flags = [
        ("stereo", stereo),
        ("sprop-stereo", sprop_stereo),
        ("useinbandfec", Some(offered.flag("useinbandfec").unwrap_or(true))),
        ("usedtx", offered.flag("usedtx")),
        ("cbr", offered.flag("cbr")),
    ];
    let mut out = String::from("minptime=10");
    for (name, flag) in flags {
        if let Some(flag) = flag {
            out.extend([";", name, if flag { "=1" } else { "=0" }]);
        }
    }
    let bitrate = offered.get("maxaveragebitrate").and_then(|value| value.parse::<u32>().ok());
    if let Some(bitrate) = bitrate.filter(|bitrate| OPUS_BITRATES.contains(bitrate)) {
        out.push_str(&format!(";maxaveragebitrate={bitrate}"));
    }
    out
}
