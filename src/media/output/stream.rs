//! A coded stream as outputs take it: H.264 or H.265 access units and AAC frames, stamped with show time.

use crate::{
    domain::time::Rate,
    media::{encode::Encode, link::Feed},
};
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
    /// Whether it is encoded here: key frames stand on the slot grid, and one more is made when it is asked for.
    pub is_encoded_here: bool,
    /// What has to live as long as the stream is used.
    pub keep: Option<Arc<dyn Any + Send + Sync>>,
}

impl CodedStream {
    /// The stream of two encodes, which run while it is held.
    pub fn encoded(name: impl Into<String>, rate: Rate, picture: Arc<Encode>, sound: Arc<Encode>) -> Self {
        let (video, audio) = (picture.coded().clone(), Some(sound.coded().clone()));
        let keep: Arc<dyn Any + Send + Sync> = Arc::new((picture, sound));
        Self { name: name.into(), video, audio, rate, is_encoded_here: true, keep: Some(keep) }
    }
}
