//! A live stream on a source of the switcher: its units pass on as they are, and go to the decoder.
//!
//! ```text
//! Live ─► Listener ─┬─► the source's own Live (recordings, HLS)
//!                   └─► publisher (decoder); what it cannot take is lost by whole groups of pictures
//! ```

use crate::{
    media::live::{Listener, Live, Start},
    protocol::packet::Packet,
};
use std::sync::Arc;
use tokio::sync::mpsc;

/// A stream that is on a source. Dropping it takes it off.
pub struct Attached {
    _listener: Listener,
}

/// Puts a stream on a source whose packets are decoded by who receives them.
pub fn attach(upstream: &Arc<Live>, source: &Arc<Live>, decoder: mpsc::Sender<Packet>) -> Attached {
    let publishing = source.begin();
    let asked = Arc::downgrade(upstream);
    publishing.on_want_keyframe(move || {
        if let Some(asked) = asked.upgrade() {
            asked.want_keyframe();
        }
    });
    let mut awaits_keyframe = true;
    let listener = upstream.listen(Start::Backlog, move |unit| {
        publishing.pass(unit);
        if let Packet::Video { keyframe, .. } = &unit.packet {
            if awaits_keyframe && !keyframe {
                return;
            }
            awaits_keyframe = false;
        }
        if decoder.try_send(unit.packet.clone()).is_err() {
            awaits_keyframe = true;
        }
    });
    Attached { _listener: listener }
}
