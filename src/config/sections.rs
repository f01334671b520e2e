//! The tables of the settings file with their defaults, one struct per table.
//!
//! Refuses to know: files, the environment, and whether values fit together (`check`).

use super::{rate::Rate, secret::Secret};
use serde::{Deserialize, Deserializer, Serialize, de::Error};
use std::net::{Ipv4Addr, SocketAddr};

/// `[log]`: the log on standard error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// Lines for people, or one JSON object per line for collectors.
    pub format: LogFormat,
    /// The least severe level that is written.
    pub level: LogLevel,
}

/// How a log line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One object per line.
    Json,
}

/// Severity, most severe first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// Something failed.
    Error,
    /// Something is wrong but work continues.
    Warn,
    /// Information for an operator.
    Info,
    /// Information for a developer.
    Debug,
    /// Everything.
    Trace,
}

impl LogLevel {
    /// The level's name in a log filter.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self { format: LogFormat::Text, level: LogLevel::Info }
    }
}

/// `[http]`: all REST planes, pages and HLS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Http {
    /// TCP address; port 0 takes any free one.
    #[serde(deserialize_with = "address")]
    pub listen: SocketAddr,
    /// Open connections at once, 16 to 100000; fewer where the system allows fewer open files.
    pub max_connections: u32,
    /// Of those, connections of one address that have shown no credential, up to 100000; 0: a quarter of them.
    pub max_connections_per_address: u32,
    /// Networks (CIDR) and addresses of proxies with a trusted `X-Forwarded-For`.
    pub trusted_proxies: Vec<String>,
    /// Origins beside the server's own with pages that may change things: `https://panel.example.org`.
    pub allowed_origins: Vec<String>,
}

impl Default for Http {
    fn default() -> Self {
        Self {
            listen: everywhere(8080),
            max_connections: 2048,
            max_connections_per_address: 0,
            trusted_proxies: Vec::new(),
            allowed_origins: Vec::new(),
        }
    }
}

/// `[metrics]`: access to the metrics.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Metrics {
    /// A TCP address of their own; with the rest of HTTP when not set.
    #[serde(deserialize_with = "optional_address")]
    pub listen: Option<SocketAddr>,
    /// The bearer credential for readers; none when not set.
    pub token: Option<Secret>,
}

/// `[rtmp]`: the RTMP endpoint and its caps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rtmp {
    /// TCP address; port 0 takes any free one.
    #[serde(deserialize_with = "address")]
    pub listen: SocketAddr,
    /// Open connections at once, 1 to 10000.
    pub max_connections: u32,
    /// Seconds without a byte until a connection is closed, 1 to 3600.
    pub idle_timeout_s: u32,
    /// Seconds a client has from connecting to publishing, 1 to 60.
    pub handshake_timeout_s: u32,
    /// Largest RTMP message in bytes, 64 KiB to 64 MiB; a key frame must fit.
    pub max_message_bytes: u32,
}

impl Default for Rtmp {
    fn default() -> Self {
        Self {
            listen: everywhere(1935),
            max_connections: 64,
            idle_timeout_s: 15,
            handshake_timeout_s: 5,
            max_message_bytes: 8 * 1024 * 1024,
        }
    }
}

/// `[livewing]`: the LiveWing WebSocket plane.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Livewing {
    /// TCP address; port 0 takes any free one.
    #[serde(deserialize_with = "address")]
    pub listen: SocketAddr,
    /// The token for `system.auth`; generated when not set.
    pub token: Option<Secret>,
    /// Open connections at once, 1 to 10000; fewer where the system allows fewer open files.
    pub max_connections: u32,
}

impl Default for Livewing {
    fn default() -> Self {
        Self { listen: everywhere(8099), token: None, max_connections: 256 }
    }
}

/// `[project]`: the format of program. Sound is always 48 kHz stereo.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Project {
    /// Pixels, even, 16 to 7680.
    pub width: u32,
    /// Pixels, even, 16 to 4320.
    pub height: u32,
    /// Frames per second.
    pub fps: Rate,
}

impl Default for Project {
    fn default() -> Self {
        Self { width: 1920, height: 1080, fps: Rate { num: 30, den: 1 } }
    }
}

/// `[operator]`: access to the operator's page.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Operator {
    /// Generated when not set.
    pub password: Option<Secret>,
}

/// `[mixer]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mixer {
    /// How long the last frame of a silent source is held before its slate comes, milliseconds, 0 to 60000.
    pub hold_ms: u32,
    /// How long after arrival network sources are shown, milliseconds, 0 to 5000.
    pub source_latency_ms: u32,
    /// Length of a fade without a length in its command, milliseconds, 1 to 60000.
    pub fade_default_ms: u32,
}

impl Default for Mixer {
    fn default() -> Self {
        Self { hold_ms: 1000, source_latency_ms: 150, fade_default_ms: 1000 }
    }
}

/// `[hls]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Hls {
    /// Whether program is published as HLS, while it is read.
    pub enabled: bool,
    /// Target length of a segment, milliseconds, 500 to 20000, not below `encode.gop_ms`.
    pub segment_ms: u32,
    /// Length of a low-latency part, milliseconds, 100 to `segment_ms`.
    pub part_ms: u32,
    /// Segments in the live playlist, 3 to 100 (RFC 8216, 6.2.2 asks for three target durations).
    pub window: u32,
    /// Whether incoming streams are published too.
    pub streams: bool,
}

impl Default for Hls {
    fn default() -> Self {
        Self { enabled: true, segment_ms: 2000, part_ms: 500, window: 6, streams: true }
    }
}

/// `[record]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Record {
    /// Length of a fragment, which is the most a crash loses, milliseconds, 100 to 10000.
    pub fragment_ms: u32,
    /// What must stay free on the disk of recordings, megabytes (10^6 bytes): with less none starts, and those that run
    /// end until there is room; with less than twice as much there is a warning.
    pub min_free_mb: u32,
}

impl Default for Record {
    fn default() -> Self {
        Self { fragment_ms: 500, min_free_mb: 500 }
    }
}

/// `[encode]`: the encoding of program that recording, HLS and outputs share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Encode {
    /// Picture codec.
    pub video: VideoCodec,
    /// Picture bit rate, kilobits per second, 100 to 100000.
    pub bitrate_kbps: u32,
    /// Distance of key frames, milliseconds, 250 to 10000.
    pub gop_ms: u32,
    /// Effort of the encoder.
    pub preset: Preset,
    /// AAC bit rate, kilobits per second, 32 to 512.
    pub audio_bitrate_kbps: u32,
}

/// Codecs program can be encoded with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum VideoCodec {
    /// ITU-T H.264.
    H264,
}

/// Effort of the encoder, least first, by x264's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Preset {
    /// About half the work of superfast.
    Ultrafast,
    /// The default: a 1080p30 program on two cores.
    Superfast,
    /// About a third more work.
    Veryfast,
    /// For machines with cores to spare.
    Faster,
    /// As above.
    Fast,
    /// As above.
    Medium,
}

impl Preset {
    /// x264's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ultrafast => "ultrafast",
            Self::Superfast => "superfast",
            Self::Veryfast => "veryfast",
            Self::Faster => "faster",
            Self::Fast => "fast",
            Self::Medium => "medium",
        }
    }
}

impl Default for Encode {
    fn default() -> Self {
        Self {
            video: VideoCodec::H264,
            bitrate_kbps: 6000,
            gop_ms: 2000,
            preset: Preset::Superfast,
            audio_bitrate_kbps: 128,
        }
    }
}

/// `[lumora]`: the Lumora plane.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Lumora {
    /// Which rate limits hold.
    pub plan: Plan,
}

/// Lumora's plans with API access and fixed limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Plan {
    /// 100 requests a minute, 10,000 in 24 hours.
    Standard,
    /// 300 requests a minute, 30,000 in 24 hours.
    Professional,
}

impl Default for Lumora {
    fn default() -> Self {
        Self { plan: Plan::Standard }
    }
}

pub(super) fn everywhere(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::UNSPECIFIED, port))
}

pub(super) fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SocketAddr, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|_| {
        D::Error::custom(format!("{text:?} is not an address; write IP:port, such as 0.0.0.0:8080 or [::]:8080"))
    })
}

fn optional_address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SocketAddr>, D::Error> {
    address(deserializer).map(Some)
}
