//! Demuxers as the doors see them.

pub use crate::media::ingest::demux::ts::TsReader;
