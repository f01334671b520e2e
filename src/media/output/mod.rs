//! Where streams go: files, HLS, other servers. Each output is a pipeline of its own that can fail alone.

mod decode_times;
pub mod encodes;
pub mod hls;
pub mod meter;
pub mod pair;
pub mod push;
pub mod record;
pub mod recover;
pub mod stream;
