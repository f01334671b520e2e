//! Bytes to values and back: pure, no I/O, no clock. Knows nobody.

pub mod mp4;
pub mod packet;
pub mod rtmp;
