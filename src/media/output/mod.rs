//! Where streams go: files, HLS, other servers. Each output is a pipeline of its own that can fail alone.

pub mod hls;
pub mod stream;
