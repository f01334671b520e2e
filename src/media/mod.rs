//! The media engine: the only folder that says `gst`.

pub mod graphics;
