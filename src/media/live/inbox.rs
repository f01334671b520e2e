//! From a live stream's publisher to a slower thread.
//!
//! ```text
//! Live ─ listener (publisher's thread, never blocks) ─► bounded queue ─► Work (thread of its own)
//! ```
//!
//! The backlog of the stream always fits, and so does that of a stream that it follows. A worker that falls behind loses everything that waits but the
//! configurations, and goes on with the next key frame, which is requested: a part of a group would show nothing. A
//! worker that only needs new pictures ([`Needs::Pictures`]) leaves out units older than a key frame that has come.
//!
//! Refuses to know: the use of the units.

mod waiting;

use super::{Listener, Live, Start, Unit};
use crate::{domain::time::ShowTime, protocol::packet::Packet, tasks};
use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use waiting::Waiting;

/// What may wait, in bytes: as much as a backlog may have, and some.
const BYTES: usize = 48_000_000;

/// How often a worker without units gets to look around.
const LOOK: Duration = Duration::from_millis(100);

/// A group of more pictures takes longer to decode than a new key frame takes to come.
const LONG: usize = 150;

/// Units that are so much older than the present when they come belong to a backlog; pictures that wait for so long are
/// left out when a key frame has come behind them. In nanoseconds.
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
pub(in crate::media) struct WorkerHandle(Arc<Queue>);

/// Puts a worker on all units of a stream. `limit` is how many may wait beyond what the stream kept for it.
///
/// # Errors
/// When there is no thread to be had.
pub(in crate::media) fn put_to_work(live: &Arc<Live>, limit: usize, work: impl Work) -> std::io::Result<WorkerHandle> {
    Inbox::new(Needs::All, limit).put_to_work(live, work)
}

/// A queue that no worker takes from yet.
pub(in crate::media) struct Inbox {
    queue: Arc<Queue>,
    needs: Needs,
}

/// How far a worker is behind; readable from any thread.
#[derive(Clone)]
pub(in crate::media) struct QueueDepth(Arc<Queue>);

impl QueueDepth {
    /// How many units wait.
    pub fn waiting(&self) -> usize {
        self.0.lock().len()
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
        let waiting = Mutex::new(Waiting::new(needs, limit));
        Self { queue: Arc::new(Queue { waiting, came: Condvar::new() }), needs }
    }

    /// How far its worker is behind.
    pub fn depth(&self) -> QueueDepth {
        QueueDepth(self.queue.clone())
    }

    /// Puts a worker on a stream.
    ///
    /// # Errors
    /// When there is no thread to be had.
    pub fn put_to_work(self, live: &Arc<Live>, work: impl Work) -> std::io::Result<WorkerHandle> {
        let Self { queue, needs } = self;
        let (inbox, stream) = (queue.clone(), Arc::downgrade(live));
        let name: String = format!("form {}", live.name()).chars().take(15).collect();
        // The listener goes to the thread once it is there: it is dropped with what it feeds.
        let (send, receive) = std::sync::mpsc::channel::<Listener>();
        let (mut work, mut listener) = (work, None);
        // A unit that breaks the worker is left out.
        tasks::restarting_thread("stream-form", name, move || {
            listener.get_or_insert_with(|| receive.recv());
            inbox.serve(&mut work, || stream.upgrade());
        })?;
        let (input, clock) = (queue.clone(), live.clock().clone());
        let (start, ask) = beginning(live, needs);
        let listener = live.listen(start, move |unit| {
            if needs.includes(&unit.packet) {
                input.put(unit, clock.now());
            }
        });
        let _ = send.send(listener); // the thread waits for it
        if ask {
            live.want_keyframe();
        }
        Ok(WorkerHandle(queue))
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

impl Drop for WorkerHandle {
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

enum Next {
    Unit(Arc<Unit>),
    Nothing,
    /// So many units that waited are gone.
    Lost(usize),
    Closed,
}

impl Queue {
    fn put(&self, unit: &Arc<Unit>, now: ShowTime) {
        let mut waiting = self.lock();
        waiting.put(unit, now);
        drop(waiting);
        self.came.notify_one();
    }

    /// Hands units to a worker until the queue is closed.
    fn serve(&self, work: &mut impl Work, stream: impl Fn() -> Option<Arc<Live>>) {
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

    /// The next job; with `looks`, an idle queue gives one after a while too.
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
        waiting.pop().map_or(Next::Nothing, Next::Unit)
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
