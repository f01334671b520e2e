//! Demuxers as the endpoints see them.

pub use crate::media::ingest::demux::ts::TsReader;
