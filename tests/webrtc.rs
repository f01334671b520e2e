//! The WebRTC endpoint on loopback: in-process peers that check every frame, and aiortc as a peer that others wrote.

#[path = "webrtc/client.rs"]
mod client;
#[path = "webrtc/coded.rs"]
mod coded;
#[path = "webrtc/fixture.rs"]
mod fixture;
#[path = "webrtc/publishing.rs"]
mod publishing;
#[path = "webrtc/python.rs"]
mod python;
#[path = "webrtc/status.rs"]
mod status;
#[path = "support/mod.rs"]
mod support;
#[path = "webrtc/watching.rs"]
mod watching;
