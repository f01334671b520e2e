//! The tables of the settings file for incoming and outgoing streams, with their defaults.
//!
//! Refuses to know: files, the environment, and whether values fit together (`check`).

use super::{
    secret::Secret,
    sections::{address, everywhere},
};
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, SocketAddr};

/// `[webrtc]`: WHIP and WHEP.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Webrtc {
    /// The one UDP address of all peers; port 0 takes any free one.
    #[serde(deserialize_with = "address")]
    pub udp: SocketAddr,
    /// The one TCP address for peers behind networks that block UDP (RFC 6544).
    #[serde(deserialize_with = "address")]
    pub tcp: SocketAddr,
    /// Candidate addresses for peers beside those of this machine's interfaces, e.g. the public one behind NAT.
    pub addresses: Vec<IpAddr>,
}

impl Default for Webrtc {
    fn default() -> Self {
        Self { udp: everywhere(8189), tcp: everywhere(8189), addresses: Vec::new() }
    }
}

/// `[srt]`: the SRT endpoint; the stream id of a caller is its stream key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Srt {
    /// UDP address; port 0 takes any free one.
    #[serde(deserialize_with = "address")]
    pub listen: SocketAddr,
    /// Milliseconds for the retransmission of lost packets, 20 to 8000.
    pub latency_ms: u32,
    /// The passphrase for callers, 10 to 79 characters; no encryption when not set.
    pub passphrase: Option<Secret>,
    /// Callers at once, 1 to 1000.
    pub max_connections: u32,
}

impl Default for Srt {
    fn default() -> Self {
        Self { listen: everywhere(8890), latency_ms: 120, passphrase: None, max_connections: 64 }
    }
}

/// `[ingest]`: pulled sources.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Ingest {
    /// Hosts and networks (CIDR) that may be pulled from although they are private or of this machine.
    pub allow_hosts: Vec<String>,
}

/// `[streamhub]`: apps, tokens and links of the StreamHub plane.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Streamhub {
    /// The issuer of join tokens; with the secret, the API key of a LiveKit server, to admit its clients here too.
    pub livekit_api_key: String,
    /// The signing secret of join tokens, at least 32 characters; generated when not set.
    pub livekit_api_secret: Option<Secret>,
    /// The signing secret of logins, at least 32 characters; generated when not set.
    pub jwt_secret: Option<Secret>,
    /// The WebSocket address that clients of a LiveKit server get as `wsUrl`; `public_url` with `ws` when not set.
    pub ws_url: Option<String>,
    /// The address RTMP publishers push to, without the key; from `public_url` and `rtmp.listen` when not set.
    pub rtmp_url: Option<String>,
}

impl Default for Streamhub {
    fn default() -> Self {
        Self {
            livekit_api_key: "lumencast".to_owned(),
            livekit_api_secret: None,
            jwt_secret: None,
            ws_url: None,
            rtmp_url: None,
        }
    }
}
