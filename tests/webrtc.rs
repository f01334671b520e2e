//! The WebRTC endpoint on loopback: in-process peers that check every frame, and aiortc and Chromium as peers that others
//! wrote.

#[path = "webrtc/browser.rs"]
mod browser;
#[path = "page/chromium.rs"]
#[allow(dead_code)] // the pages' tests use more of it
mod chromium;
#[path = "webrtc/client.rs"]
mod client;
#[path = "webrtc/coded.rs"]
mod coded;
#[path = "webrtc/fixture.rs"]
mod fixture;
#[path = "webrtc/joining.rs"]
mod joining;
#[path = "webrtc/offers.rs"]
mod offers;
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
