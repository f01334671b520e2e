//! A coded stream as outputs take it: H.264 or H.265 access units and AAC frames, stamped with show time.

use crate::{domain::time::Rate, media::link::Feed};
use std::{any::Any, sync::Arc};

/// Feeds of one stream. Holding it keeps the stream's encoder (if it has one) at work.
#[derive(Clone)]
pub struct CodedStream {
    /// What it is called in logs and in the names of threads.
    pub name: String,
    /// Access units (`video/x-h264,stream-format=avc` or `video/x-h265,stream-format=hvc1`).
    pub video: Arc<Feed>,
    /// Raw AAC (`audio/mpeg,mpegversion=4,stream-format=raw`); absent when the stream has no sound.
    pub audio: Option<Arc<Feed>>,
    /// Nominal frame rate.
    pub rate: Rate,
    /// Whatever has to live as long as somebody uses the stream.
    pub keep: Option<Arc<dyn Any + Send + Sync>>,
}
