//! Doors media walks through.

pub mod camera;
pub mod hls;
pub mod images;
pub mod mjpeg;
pub mod pages;
pub mod porter;
pub mod rtmp;
pub mod srt;
pub mod webrtc;
