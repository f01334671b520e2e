//! The media engine: the only folder that uses `gst`.

pub mod clock;
pub mod coding;
pub mod composite;
pub mod decode;
pub mod encode;
pub mod encoder;
pub mod engine;
pub mod format;
pub mod graphics;
pub mod ingest;
pub mod link;
pub mod live;
pub mod mixer;
pub mod output;
pub mod pipeline;
pub mod plugins;
pub mod supervisor;
pub mod survey;
pub mod template;
