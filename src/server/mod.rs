//! Doors media walks through.

pub mod rtmp;
