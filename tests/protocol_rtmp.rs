//! RTMP and FLV bytes to packets: hand-built tags, chunks and command dialogues, and random bytes.

#[path = "protocol_rtmp/chunks.rs"]
mod chunks;
#[path = "protocol_rtmp/dialogue.rs"]
mod dialogue;
#[path = "protocol_rtmp/foreign.rs"]
mod foreign;
#[path = "protocol_rtmp/peer.rs"]
mod peer;
#[path = "protocol_rtmp/tags.rs"]
mod tags;
