//! Media that is fetched, comes over SRT or from a device, against real servers and senders on loopback. What arrives as packets is
//! written out as a byte stream, decoded by ffmpeg, and its marks are read.

#[path = "pull/capture.rs"]
mod capture;
#[path = "pull/collector.rs"]
mod collector;
#[path = "pull/fetch.rs"]
mod fetch;
#[path = "pull/forbidden.rs"]
mod forbidden;
#[path = "pull/names.rs"]
mod names;
#[path = "pull/peers.rs"]
mod peers;
#[path = "pull/srt.rs"]
mod srt;
mod support;
