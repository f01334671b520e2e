//! What one viewer is shown: the newest JPEG, and never one that is older than what it has not taken yet.
//!
//! Refuses to know: how pictures go out.

use crate::{
    app::rooms::live::{Listener, Live, Start, Unit},
    protocol::packet::{Packet, VideoCodec},
};
use bytes::Bytes;
use std::sync::Arc;
use tokio::sync::watch;

/// A viewer's place: one slot, in which a newer picture takes the place of one that was not fetched. All viewers share
/// the bytes.
pub struct Frames {
    slot: watch::Receiver<Option<Bytes>>,
    _listener: Listener,
}

impl Frames {
    /// Begins with the picture that is there, if one is.
    pub fn of(live: &Arc<Live>) -> Self {
        let (put, slot) = watch::channel(None);
        let listener = live.listen(Start::Backlog, move |unit| {
            if let Some(jpeg) = jpeg(unit) {
                put.send_replace(Some(jpeg));
            }
        });
        Self { slot, _listener: listener }
    }

    /// The newest picture, as soon as there is one that was not fetched; those between are skipped.
    pub async fn next(&mut self) -> Option<Bytes> {
        self.slot.changed().await.ok()?;
        self.slot.borrow_and_update().clone()
    }
}

/// The last JPEG of a stream that is live.
pub fn last(live: &Live) -> Option<Bytes> {
    live.backlog().iter().rev().find_map(jpeg)
}

fn jpeg(unit: &Arc<Unit>) -> Option<Bytes> {
    match &unit.packet {
        Packet::Video { codec: VideoCodec::Jpeg, data, .. } => Some(data.clone()),
        _ => None,
    }
}
