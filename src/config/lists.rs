//! Entries of the lists: inputs, graphics channels, graphics and outputs, with every default filled in.
//!
//! Refuses to know: which templates exist, and what is connected.

use super::{rate::Rate, secret::Secret};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `[[input]]`: a switcher input, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// What the operator sees; by default the key or the pattern's name.
    pub label: String,
    /// Where its picture and sound come from.
    pub source: Source,
}

/// What feeds an input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A publisher over RTMP.
    Rtmp {
        /// The stream key: 1 to 64 of `A-Z a-z 0-9 . _ -`, one input per key.
        key: String,
        /// How far it is anchored behind arrival, milliseconds, 0 to 5000; by default `mixer.source_latency_ms`.
        latency_ms: u32,
    },
    /// A live stream of the StreamHub plane.
    Stream {
        /// Its id `<room>/<identity>`; without it, the next new stream that no other input has.
        stream: Option<String>,
        /// As with RTMP.
        latency_ms: u32,
    },
    /// A camera or grabber of this machine (Video4Linux), with a sound card beside it.
    V4l2 {
        /// The device's path, e.g. `/dev/video0`.
        device: String,
        /// In which form it is asked for pictures.
        format: CaptureFormat,
        /// Pixels; the device's to choose when not given.
        size: Option<(u32, u32)>,
        /// Frames per second; the device's to choose when not given.
        rate: Option<u32>,
        /// ALSA name of the sound card, e.g. `hw:1,0`; silent without.
        sound: Option<String>,
    },
    /// An SDI or HDMI card of Blackmagic Design, with its embedded sound.
    Decklink {
        /// Counts the cards' inputs from 0.
        card: u32,
        /// `auto`, `sdi`, `hdmi` …
        connection: String,
        /// `auto`, `1080i50`, `1080p30` …
        mode: String,
    },
    /// A sound card alone (ALSA).
    Alsa {
        /// Its name, e.g. `hw:1,0`.
        device: String,
    },
    /// The strip of lights as a picture, without sound.
    Lights,
    /// A test picture made here.
    Pattern {
        /// Which picture.
        pattern: Pattern,
        /// Frequency of its sine tone, 20 to 20000 Hz; 0 is silence.
        tone_hz: u32,
    },
}

/// In which form a camera gives its pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CaptureFormat {
    /// Not coded.
    #[default]
    Raw,
    /// Motion JPEG.
    Jpeg,
    /// ITU-T H.264.
    H264,
}

/// Test pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pattern {
    /// SMPTE colour bars.
    #[default]
    Bars,
    /// A ball that moves, to see that time passes.
    Ball,
    /// A turning wheel of black and white.
    Pinwheel,
    /// A checkerboard of single pixels grown to 8.
    Checkers,
    /// Random grey, the hardest picture to encode.
    Snow,
    /// Black.
    Black,
}

impl Pattern {
    /// The word of the settings file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bars => "bars",
            Self::Ball => "ball",
            Self::Pinwheel => "pinwheel",
            Self::Checkers => "checkers",
            Self::Snow => "snow",
            Self::Black => "black",
        }
    }
}

/// `[[channel]]`: a graphics channel with its own stack of live graphics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Channel {
    /// 1 to 64 of `A-Z a-z 0-9 _ -`, unique.
    pub id: String,
    /// Pixels, even, 16 to 7680; by default program's.
    pub width: u32,
    /// Pixels, even, 16 to 4320; by default program's.
    pub height: u32,
    /// Frames per second; by default program's.
    pub fps: Rate,
    /// Whether it is keyed over program; needs program's format, and is the default when it has it.
    pub dsk: bool,
}

/// `[[graphic]]`: a configured instance of a template.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Graphic {
    /// 1 to 64 of `A-Z a-z 0-9 _ -`, unique; the graphicId of the Lumora plane.
    pub id: String,
    /// The template's name.
    pub template: String,
    /// The channel lock: ids of channels it is taken on. Empty means that it cannot be taken yet.
    #[serde(default)]
    pub channels: Vec<String>,
    /// Values of the template's fields.
    #[serde(default)]
    pub fields: BTreeMap<String, serde_json::Value>,
    /// Place in the channel's stack; higher covers lower.
    #[serde(default)]
    pub z: i32,
}

/// `[[output]]`: one of the four outputs, pushed on over RTMP.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Output {
    /// 1 to 4, unique.
    pub number: u8,
    /// What it carries.
    #[serde(default)]
    pub source: OutputSource,
    /// Where it goes: `rtmp://` or `rtmps://`. Secret, since it carries the stream key.
    pub url: Option<Secret>,
    /// Whether it starts with the server; needs `url`.
    #[serde(default)]
    pub autostart: bool,
}

/// What an output carries: `program`, or `input-N` for an input as it came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum OutputSource {
    /// Program's picture and sound.
    #[default]
    Program,
    /// An input, counted from 0.
    Input(u32),
}

impl TryFrom<String> for OutputSource {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let number = text.strip_prefix("input-").and_then(|number| number.parse().ok());
        match number {
            Some(number) => Ok(Self::Input(number)),
            None if text == "program" => Ok(Self::Program),
            None => Err(format!("neither \"program\" nor \"input-N\": {text:?}")),
        }
    }
}

impl From<OutputSource> for String {
    fn from(source: OutputSource) -> Self {
        match source {
            OutputSource::Program => "program".to_owned(),
            OutputSource::Input(number) => format!("input-{number}"),
        }
    }
}
