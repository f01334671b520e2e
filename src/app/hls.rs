//! HLS as the doors see it: shelves to read from.

pub use crate::media::output::hls::{HlsSettings, Miss, Reach, Shelf, ShelfStats, Shelves, Track};
