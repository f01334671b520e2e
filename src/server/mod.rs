//! Doors media walks through.

pub mod hls;
pub mod pages;
pub mod rtmp;
pub mod webrtc;
