//! Doors media walks through.

pub mod hls;
pub mod rtmp;
