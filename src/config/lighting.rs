//! The table of the lights with its defaults.
//!
//! Refuses to know: files, the environment, whether values fit together (`check`), the content of rules.

use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, SocketAddr},
};

/// `[lighting]`: the strip and its outputs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Lighting {
    /// LEDs of the strip until a client sets another number, 1 to 10880: 64 universes of 170.
    pub led_count: u16,
    /// Gamma of brightness, 1.0 (linear) to 4.0.
    pub gamma: f32,
    /// The same seed gives the same frames.
    pub seed: u64,
    /// The sender's name at receivers, 1 to 63 bytes.
    pub name: String,
    /// UDP address at which a lighting desk's sACN is received, once a client switches that on.
    pub sacn_listen: SocketAddr,
    /// What counts among desks of one priority.
    pub sacn_merge: SacnMerge,
    /// UDP address at which polls of Art-Net controllers are answered while something is sent by Art-Net; port 0: not at
    /// all.
    pub artnet_listen: SocketAddr,
    /// The service that prompts go to, up to and without `/v1/messages`.
    pub ai_url: String,
    /// Seconds that its answer may take, 1 to 300.
    pub ai_timeout_s: u32,
    /// `[[lighting.output]]`; none by default.
    pub output: Vec<LightOutput>,
    /// `[[lighting.rule]]`, in the form of the LUME plane; none by default.
    pub rule: Vec<BTreeMap<String, serde_json::Value>>,
}

impl Default for Lighting {
    fn default() -> Self {
        Self {
            led_count: 160,
            gamma: 1.0,
            seed: 1,
            name: "Lumencast".to_owned(),
            sacn_listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 5568),
            sacn_merge: SacnMerge::Ltp,
            artnet_listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 6454),
            ai_url: "https://api.anthropic.com".to_owned(),
            ai_timeout_s: 30,
            output: Vec::new(),
            rule: Vec::new(),
        }
    }
}

/// `[[lighting.output]]`: a range of the strip on the wire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LightOutput {
    /// Its name in the status, 1 to 64 letters, digits, `-` and `_`; `output-N` when not given.
    pub id: Option<String>,
    /// The protocol.
    pub protocol: LightProtocol,
    /// The first universe: 1 to 63999 for sACN, 0 to 32767 for Art-Net, not for DDP. It goes on in the next ones.
    #[serde(default = "one")]
    pub universe: u16,
    /// The first channel in the first universe, 1 to 510.
    #[serde(default = "one")]
    pub channel: u16,
    /// The first LED.
    #[serde(default)]
    pub start: u16,
    /// How many LEDs; to the strip's end when not given.
    pub length: Option<u16>,
    /// The order in which an LED's colours are sent.
    #[serde(default)]
    pub order: LightOrder,
    /// `host` or `host:port`. sACN goes to its multicast groups without it.
    pub unicast: Option<String>,
    /// The address of the interface that multicast leaves by; the system's to choose when not given.
    pub interface: Option<Ipv4Addr>,
    /// sACN's, 0 to 200.
    #[serde(default = "hundred")]
    pub priority: u8,
    /// The synchronisation universe of sACN, 1 to 63999; for Art-Net any number enables ArtSync.
    pub sync: Option<u16>,
    /// Frames per second at most, 1 to 60; 44 for sACN and 60 for the others when not given.
    pub fps: Option<u8>,
    /// Of this output alone, 0 to 255.
    #[serde(default = "full")]
    pub brightness: u8,
    /// Milliamperes that its LEDs may draw; no limit when not given.
    pub current_ma: Option<u32>,
}

fn one() -> u16 {
    1
}

fn full() -> u8 {
    255
}

fn hundred() -> u8 {
    100
}

/// See [`LightOutput::protocol`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LightProtocol {
    /// ANSI E1.31.
    Sacn,
    /// Art-Net 4.
    Artnet,
    /// Distributed Display Protocol.
    Ddp,
}

/// See [`LightOutput::order`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names say it")]
pub enum LightOrder {
    #[default]
    Rgb,
    Grb,
    Bgr,
    Rbg,
    Gbr,
    Brg,
    Rgbw,
    Grbw,
}

/// See [`Lighting::sacn_merge`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SacnMerge {
    /// The one that sent last.
    #[default]
    Ltp,
    /// The highest level of each channel.
    Htp,
}
