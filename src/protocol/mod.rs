//! Bytes to values and back: pure, no I/O, no clock. Imports no other layer.

pub mod av1;
pub mod bearer;
pub mod container;
pub mod guard;
pub mod h264;
pub mod hevc;
pub mod iso;
pub mod lighting;
pub mod m3u8;
pub mod mp4;
pub mod packet;
pub mod percent;
pub mod rtmp;
pub mod rtp;
pub mod srt;
pub mod stills;
pub mod ts_clock;
pub mod ts_streams;
