//! From a live stream's publisher to a thread that may take its time.
//!
//! ```text
//! Live ─ listener (publisher's thread, never blocks) ─► bounded queue ─► Work (thread of its own)
//! ```
//!
//! What the stream keeps for newcomers always fits. A worker that falls behind loses everything that waits but the
//! configurations, and goes on with the next key frame, which is asked for: a part of a group would show nothing. A
//! worker that only needs new pictures ([`Needs::Pictures`]) leaves out what is older than a key frame that has come.
//!
//! Refuses to know: what is made of the units.

use super::{Listener, Live, Start, Unit};
use crate::{domain::time::ShowTime, protocol::packet::Packet};
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

/// Pictures that wait for so long are left out when a key frame has come behind them, in nanoseconds.
const OLD: u64 = 500_000_000;

/// What a worker needs of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::media) enum Needs {
    /// Every unit, unless it falls behind by more than may wait.
    #[default]
    All,
    /// Pictures that are new; old ones only as far as the new ones lean on them.
    Pictures,
    /// Its sound alone.
    Sound,
}

impl Needs {
    fn includes(self, packet: &Packet) -> bool {
        let is_sound = matches!(packet, Packet::Audio { .. } | Packet::AudioConfig { .. });
        match self {
            Self::All => true,
            Self::Pictures => !is_sound,
            Self::Sound => is_sound,
        }
    }
}

/// What a worker does. It may block, but should take less time than its stream.
pub(in crate::media) trait Work: Send + 'static {
    /// A unit came.
    fn unit(&mut self, unit: &Arc<Unit>);

    /// Nothing came for a tenth of a second. Gives whether it shall be called again when nothing comes.
    fn idle(&mut self) -> bool {
        false
    }
}

/// A worker at work. Dropping it ends the worker soon after, without waiting for it.
pub(in crate::media) struct Working(Arc<Queue>);

/// Puts a worker on all units of a stream. `limit` is how many may wait beyond what the stream kept for it.
///
/// # Errors
/// When there is no thread to be had.
pub(in crate::media) fn put_to_work(live: &Arc<Live>, limit: usize, work: impl Work) -> std::io::Result<Working> {
    Inbox::new(Needs::All, limit).put_to_work(live, work)
}

/// A queue that no worker takes from yet.
pub(in crate::media) struct Inbox {
    queue: Arc<Queue>,
    needs: Needs,
    limit: usize,
}

/// How far a worker is behind; readable from any thread.
#[derive(Clone)]
pub(in crate::media) struct Level(Arc<Queue>);

impl Level {
    /// How many units wait.
    pub fn waiting(&self) -> usize {
        self.0.lock().units.len()
    }

    /// When the newest picture that came is shown.
    pub fn newest(&self) -> ShowTime {
        self.0.lock().newest
    }

    /// How many pictures were left out so far, because a newer key frame had come or too much waited.
    pub fn left_out(&self) -> u64 {
        self.0.lock().left_out
    }
}

impl Inbox {
    /// A queue for what a worker needs. `limit` is how many units may wait beyond what the stream kept.
    pub fn new(needs: Needs, limit: usize) -> Self {
        let waiting = Mutex::new(Waiting { needs, ..Waiting::default() });
        Self { queue: Arc::new(Queue { waiting, came: Condvar::new() }), needs, limit }
    }

    /// How far its worker is behind.
    pub fn level(&self) -> Level {
        Level(self.queue.clone())
    }

    /// Puts a worker on a stream.
    ///
    /// # Errors
    /// When there is no thread to be had.
    pub fn put_to_work(self, live: &Arc<Live>, work: impl Work) -> std::io::Result<Working> {
        let Self { queue, needs, limit } = self;
        let (inbox, stream) = (queue.clone(), Arc::downgrade(live));
        let thread = std::thread::Builder::new().name(format!("form {}", live.name()).chars().take(15).collect());
        // The listener goes to the thread once it is there: it is dropped with what it feeds.
        let (send, receive) = std::sync::mpsc::channel::<Listener>();
        thread.spawn(move || {
            let _listener = receive.recv();
            inbox.serve(work, || stream.upgrade());
        })?;
        let heard = queue.clone();
        let (start, ask) = beginning(live, needs);
        let listener = live.listen(start, move |unit| {
            if needs.includes(&unit.packet) {
                heard.put(unit);
            }
        });
        {
            let mut waiting = queue.lock();
            waiting.limit = Some(waiting.units.len() + limit);
        }
        let _ = send.send(listener); // the thread waits for it
        if ask {
            live.want_keyframe();
        }
        Ok(Working(queue))
    }
}

/// Where a worker begins on a stream, and whether a key frame has to be asked for. A browser makes none for minutes
/// unless it is asked. One that shows the newest begins with the key frame that is there nevertheless: its picture is
/// better than none.
fn beginning(live: &Live, needs: Needs) -> (Start, bool) {
    if needs == Needs::Sound {
        return (Start::Backlog, false);
    }
    let units = live.backlog();
    let pictures = units.iter().filter(|unit| matches!(unit.packet, Packet::Video { .. })).count();
    let long = pictures > LONG && live.makes_keyframes();
    let start = if long && needs == Needs::All { Start::Now } else { Start::Backlog };
    (start, long || pictures == 0)
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
    needs: Needs,
    /// None while the stream still hands over what it kept.
    limit: Option<usize>,
    awaits_keyframe: bool,
    lost: usize,
    newest: ShowTime,
    left_out: u64,
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

    /// Hands units to a worker until the queue is closed.
    fn serve(&self, mut work: impl Work, stream: impl Fn() -> Option<Arc<Live>>) {
        let mut looks = false;
        loop {
            match self.next(looks) {
                Next::Unit(unit) => {
                    looks = true;
                    work.unit(&unit);
                }
                Next::Nothing => looks = work.idle(),
                Next::Lost(units) => {
                    if let Some(live) = stream() {
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
    }

    /// The next thing to do; `looks` says whether nothing is something to do after a while.
    fn next(&self, looks: bool) -> Next {
        let mut waiting = self.lock();
        let idle = |waiting: &mut Waiting| waiting.is_empty();
        waiting = if looks {
            self.came.wait_timeout_while(waiting, LOOK, idle).unwrap_or_else(PoisonError::into_inner).0
        } else {
            self.came.wait_while(waiting, idle).unwrap_or_else(PoisonError::into_inner)
        };
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
            self.lost += self.lose();
            self.awaits_keyframe = true;
        } else if self.needs == Needs::Pictures && unit.is_keyframe() && self.is_old(unit) {
            self.lose();
        }
        if let Packet::Video { keyframe, .. } = &unit.packet {
            self.newest = unit.pts;
            if self.awaits_keyframe && !keyframe {
                self.left_out += 1;
                return;
            }
            self.awaits_keyframe = false;
        }
        self.bytes += size(unit);
        self.units.push_back(unit.clone());
    }

    /// Whether pictures wait that are much older than this key frame.
    fn is_old(&self, keyframe: &Unit) -> bool {
        let oldest = self.units.iter().find(|unit| matches!(unit.packet, Packet::Video { .. }));
        oldest.is_some_and(|oldest| keyframe.dts.since(oldest.dts) > OLD)
    }

    /// Only the newest configurations stay. Gives how many units are gone.
    fn lose(&mut self) -> usize {
        let before = self.units.len();
        let last = |wanted: fn(&Packet) -> bool| self.units.iter().rfind(|unit| wanted(&unit.packet)).cloned();
        let picture = last(|packet| matches!(packet, Packet::VideoConfig { .. }));
        let sound = last(|packet| matches!(packet, Packet::AudioConfig { .. }));
        let pictures = self.units.iter().filter(|unit| matches!(unit.packet, Packet::Video { .. })).count();
        self.left_out += pictures as u64;
        self.units = picture.into_iter().chain(sound).collect();
        self.bytes = self.units.iter().map(size).sum();
        before - self.units.len()
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

    #[test]
    fn a_key_frame_leaves_out_what_is_much_older_for_who_needs_the_newest_alone() {
        let at = |ms: u64, keyframe: bool| {
            let Unit { packet, .. } = (*frame(keyframe)).clone();
            let time = ShowTime(ms * 1_000_000);
            Arc::new(Unit { packet, pts: time, dts: time, run: 1 })
        };
        for (needs, length, left) in [(Needs::Pictures, 40, 2), (Needs::Pictures, 10, 12), (Needs::All, 40, 42)] {
            let mut waiting = Waiting { needs, limit: Some(400), ..Waiting::default() };
            waiting.put(&config());
            (0..length).for_each(|n| waiting.put(&at(n * 33, n == 0)));
            waiting.put(&at(length * 33, true));
            assert_eq!(waiting.units.len() as u64, left, "{needs:?} {length}");
            assert_eq!(waiting.left_out, length + 2 - left);
            assert_eq!((waiting.newest, waiting.lost), (ShowTime(length * 33_000_000), 0));
        }
    }
}
