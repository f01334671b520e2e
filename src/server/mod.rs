//! The endpoints of media.

pub mod camera;
pub mod hls;
pub mod http;
pub mod images;
pub mod livekit;
pub mod media_access;
pub mod mjpeg;
pub mod pages;
mod problem;
pub mod rtmp;
pub mod srt;
pub mod webrtc;
