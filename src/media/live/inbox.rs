//! From a live stream's publisher to a thread that may take its time.
//!
//! ```text
//! Live ─ listener (publisher's thread, never blocks) ─► bounded queue ─► Work (thread of its own)
//! ```
//!
//! What the stream keeps for newcomers always fits. A worker that falls behind loses everything that waits but the
//! configurations, and goes on with the next key frame, which is asked for: a part of a group would show nothing.
//!
//! Refuses to know: what is made of the units.

use super::{Listener, Live, Start, Unit};
use crate::protocol::packet::Packet;
use std::{
    collections::VecDeque,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// What may wait, in bytes: as much as a backlog may have, and some.
const BYTES: usize = 48_000_000;

/// How often a worker without units gets to look around.
const LOOK: Duration = Duration::from_millis(100);

/// A group of more pictures takes longer to decode than a new key frame takes to come.
const LONG: usize = 150;

/// Where a worker begins on a stream, and whether a key frame has to be asked for. A browser makes none for minutes
/// unless it is asked.
fn beginning(live: &Live) -> (Start, bool) {
    let units = live.backlog();
    let pictures = units.iter().filter(|unit| matches!(unit.packet, Packet::Video { .. })).count();
    let long = pictures > LONG && live.makes_keyframes();
    (if long { Start::Now } else { Start::Backlog }, long || pictures == 0)
}

/// What a worker does. It may block, but should take less time than its stream.
pub(super) trait Work: Send + 'static {
    /// A unit came.
    fn unit(&mut self, unit: &Arc<Unit>);

    /// Nothing came for a tenth of a second.
    fn idle(&mut self) {}
}

/// A worker at work. Dropping it ends the worker soon after, without waiting for it.
pub(super) struct Working(Arc<Queue>);

/// Puts a worker on a stream. `limit` is how many units may wait beyond what the stream kept for it.
///
/// # Errors
/// When there is no thread to be had.
pub(super) fn put_to_work(live: &Arc<Live>, limit: usize, mut work: impl Work) -> std::io::Result<Working> {
    let queue = Arc::new(Queue::default());
    let (inbox, stream) = (queue.clone(), Arc::downgrade(live));
    let thread = std::thread::Builder::new().name(format!("form {}", live.name()).chars().take(15).collect());
    // The listener goes to the thread once it is there: it is dropped with what it feeds.
    let (send, receive) = std::sync::mpsc::channel::<Listener>();
    thread.spawn(move || {
        let _listener = receive.recv();
        loop {
            match inbox.next() {
                Next::Unit(unit) => work.unit(&unit),
                Next::Nothing => work.idle(),
                Next::Lost(units) => {
                    if let Some(live) = stream.upgrade() {
                        tracing::warn!(
                            stream = live.name(),
                            units,
                            "too slow for it; going on with its next key frame"
                        );
                        live.want_keyframe();
                    }
                }
                Next::Closed => return,
            }
        }
    })?;
    let heard = queue.clone();
    let (start, anew) = beginning(live);
    let listener = live.listen(start, move |unit| heard.put(unit));
    queue.lock().limit = Some(limit);
    let _ = send.send(listener); // the thread waits for it
    if anew {
        live.want_keyframe();
    }
    Ok(Working(queue))
}

impl Drop for Working {
    fn drop(&mut self) {
        self.0.lock().closed = true;
        self.0.came.notify_all();
    }
}

#[derive(Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    came: Condvar,
}

#[derive(Default)]
struct Waiting {
    units: VecDeque<Arc<Unit>>,
    bytes: usize,
    /// None while the stream still hands over what it kept.
    limit: Option<usize>,
    awaits_keyframe: bool,
    lost: usize,
    closed: bool,
}

enum Next {
    Unit(Arc<Unit>),
    Nothing,
    /// So many units that waited are gone.
    Lost(usize),
    Closed,
}

impl Queue {
    fn put(&self, unit: &Arc<Unit>) {
        let mut waiting = self.lock();
        waiting.put(unit);
        drop(waiting);
        self.came.notify_one();
    }

    fn next(&self) -> Next {
        let mut waiting = self.lock();
        if waiting.is_empty() {
            let idle = |waiting: &mut Waiting| waiting.is_empty();
            waiting = self.came.wait_timeout_while(waiting, LOOK, idle).unwrap_or_else(PoisonError::into_inner).0;
        }
        if waiting.closed {
            return Next::Closed;
        }
        if waiting.lost > 0 {
            return Next::Lost(std::mem::take(&mut waiting.lost));
        }
        match waiting.units.pop_front() {
            Some(unit) => {
                waiting.bytes -= size(&unit);
                Next::Unit(unit)
            }
            None => Next::Nothing,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn put(&mut self, unit: &Arc<Unit>) {
        let full = self.limit.is_some_and(|limit| self.units.len() >= limit) || self.bytes + size(unit) > BYTES;
        if full {
            self.lose();
        }
        match &unit.packet {
            Packet::Video { keyframe: false, .. } if self.awaits_keyframe => return,
            Packet::Video { .. } => self.awaits_keyframe = false,
            _ => {}
        }
        self.bytes += size(unit);
        self.units.push_back(unit.clone());
    }

    /// Only the newest configurations stay.
    fn lose(&mut self) {
        let before = self.units.len();
        let last = |wanted: fn(&Packet) -> bool| self.units.iter().rfind(|unit| wanted(&unit.packet)).cloned();
        let picture = last(|packet| matches!(packet, Packet::VideoConfig { .. }));
        let sound = last(|packet| matches!(packet, Packet::AudioConfig { .. }));
        self.units = picture.into_iter().chain(sound).collect();
        self.bytes = self.units.iter().map(size).sum();
        self.lost += before - self.units.len();
        self.awaits_keyframe = true;
    }

    fn is_empty(&self) -> bool {
        self.units.is_empty() && self.lost == 0 && !self.closed
    }
}

fn size(unit: &Arc<Unit>) -> usize {
    match &unit.packet {
        Packet::Video { data, .. } | Packet::Audio { data, .. } => data.len(),
        Packet::VideoConfig { record, .. } | Packet::AudioConfig { record, .. } => record.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{domain::time::ShowTime, protocol::packet::VideoCodec};
    use bytes::Bytes;

    fn unit(packet: Packet) -> Arc<Unit> {
        Arc::new(Unit { packet, pts: ShowTime(0), dts: ShowTime(0), run: 1 })
    }

    fn frame(keyframe: bool) -> Arc<Unit> {
        let (pts, dts) = (Duration::ZERO, Duration::ZERO);
        unit(Packet::Video { codec: VideoCodec::Vp8, pts, dts, keyframe, data: Bytes::from_static(b"frame") })
    }

    fn config() -> Arc<Unit> {
        unit(Packet::VideoConfig { codec: VideoCodec::Vp8, record: Bytes::new() })
    }

    #[test]
    fn who_falls_behind_loses_whole_groups_and_never_a_configuration() {
        let mut waiting = Waiting { limit: Some(4), ..Waiting::default() };
        waiting.put(&config());
        waiting.put(&frame(true));
        (0..20).for_each(|_| waiting.put(&frame(false)));
        assert_eq!(waiting.units.iter().cloned().collect::<Vec<_>>(), [config()]);
        assert_eq!((waiting.lost, waiting.bytes), (3, 0), "a part of a group that waited; what came later is not kept");
        waiting.put(&frame(true));
        waiting.put(&frame(false));
        assert_eq!(waiting.units.len(), 3);
    }

    #[test]
    fn what_a_stream_kept_for_a_newcomer_always_fits() {
        let mut waiting = Waiting::default();
        waiting.put(&frame(true));
        (0..500).for_each(|_| waiting.put(&frame(false)));
        assert_eq!((waiting.units.len(), waiting.lost), (501, 0));
    }
}
