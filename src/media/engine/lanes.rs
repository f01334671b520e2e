//! Work in lanes: one piece after the other in each lane, the lanes side by side.
//!
//! ```text
//! recorder 1 ─ start ─ news ─ stop ─►   a thread while there is work
//! push 3     ─ stop ─ start ─────────►  another one
//! ```
//!
//! So a recorder that takes its time to finish its file holds up neither another recorder nor a push. A lane's thread
//! ends when its work is done.
//!
//! Refuses to know: what the work is.

use crate::media::pipeline::on_background_thread;
use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// What has work of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Lane {
    /// A recorder by its number.
    Recorder(u8),
    /// The push of an output by its number.
    Push(u8),
}

type Work = Box<dyn FnOnce() + Send>;

/// See the module's text. Clones share the lanes.
#[derive(Clone, Default)]
pub(super) struct Lanes(Arc<Shared>);

#[derive(Default)]
struct Shared {
    /// The work that waits, by lane. A lane is in it exactly while its thread runs.
    waiting: Mutex<HashMap<Lane, VecDeque<Work>>>,
    ended: Condvar,
}

impl Lanes {
    /// Has something done after all that waits in the lane. What waits is bounded by its callers: the show has at most
    /// one order and one answer outstanding for a recorder.
    pub fn after(&self, lane: Lane, work: impl FnOnce() + Send + 'static) {
        self.put(lane, Box::new(work), false);
    }

    /// Has something done instead of all that waits in the lane, for work that leaves the same behind whatever came
    /// before.
    pub fn instead(&self, lane: Lane, work: impl FnOnce() + Send + 'static) {
        self.put(lane, Box::new(work), true);
    }

    /// Waits until every lane is done, at most until the deadline. Gives whether they are. Blocks.
    pub fn settle(&self, deadline: Duration) -> bool {
        let waiting = self.0.lock();
        let busy = |waiting: &mut HashMap<Lane, VecDeque<Work>>| !waiting.is_empty();
        let settled = self.0.ended.wait_timeout_while(waiting, deadline, busy).unwrap_or_else(PoisonError::into_inner);
        !settled.1.timed_out()
    }

    fn put(&self, lane: Lane, work: Work, alone: bool) {
        let mut waiting = self.0.lock();
        if let Some(queue) = waiting.get_mut(&lane) {
            if alone {
                queue.clear();
            }
            queue.push_back(work);
            return;
        }
        waiting.insert(lane, VecDeque::from([work]));
        drop(waiting);
        let shared = self.0.clone();
        on_background_thread("output-order", move || {
            // A piece of work that breaks down ends alone: the lane goes on with the next.
            while let Some(work) = shared.next(lane) {
                if std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).is_err() {
                    tracing::error!(?lane, "an order broke down");
                }
            }
        });
    }
}

impl Shared {
    /// The next piece; `None` when there is none, and then the lane is closed.
    fn next(&self, lane: Lane) -> Option<Work> {
        let mut waiting = self.lock();
        let next = waiting.get_mut(&lane).and_then(VecDeque::pop_front);
        if next.is_none() {
            waiting.remove(&lane);
            drop(waiting);
            self.ended.notify_all();
        }
        next
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Lane, VecDeque<Work>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    const LONG: Duration = Duration::from_secs(10);

    #[test]
    fn a_lane_that_takes_its_time_holds_up_no_other_and_keeps_its_own_order() {
        let lanes = Lanes::default();
        let (release, held) = mpsc::channel::<()>();
        let (tell, done) = mpsc::channel();
        let say = |text: &'static str| {
            let tell = tell.clone();
            move || tell.send(text).unwrap()
        };
        let first = say("recorder 1 stopped");
        lanes.after(Lane::Recorder(1), move || {
            held.recv_timeout(LONG).unwrap();
            first();
        });
        lanes.after(Lane::Recorder(1), say("recorder 1 started"));
        lanes.after(Lane::Recorder(2), say("recorder 2"));
        lanes.after(Lane::Push(1), say("push 1"));
        let mut others = [done.recv_timeout(LONG).unwrap(), done.recv_timeout(LONG).unwrap()];
        others.sort_unstable();
        assert_eq!(others, ["push 1", "recorder 2"]);
        assert!(!lanes.settle(Duration::ZERO), "recorder 1 is still at work");
        release.send(()).unwrap();
        assert_eq!(done.recv_timeout(LONG).unwrap(), "recorder 1 stopped");
        assert_eq!(done.recv_timeout(LONG).unwrap(), "recorder 1 started");
        assert!(lanes.settle(LONG));
    }

    #[test]
    fn what_is_done_instead_leaves_out_what_waited() {
        let lanes = Lanes::default();
        let (release, held) = mpsc::channel::<()>();
        let (tell, done) = mpsc::channel();
        let (begin, begun) = mpsc::channel();
        lanes.after(Lane::Push(1), move || {
            begin.send(()).unwrap();
            held.recv_timeout(LONG).unwrap();
        });
        begun.recv_timeout(LONG).unwrap();
        for n in 0..100 {
            let tell = tell.clone();
            lanes.instead(Lane::Push(1), move || tell.send(n).unwrap());
        }
        release.send(()).unwrap();
        assert!(lanes.settle(LONG));
        assert_eq!(done.try_iter().collect::<Vec<_>>(), [99]);
    }

    #[test]
    fn an_order_that_breaks_down_does_not_take_the_lane_with_it() {
        let lanes = Lanes::default();
        let (tell, done) = mpsc::channel();
        lanes.after(Lane::Recorder(1), || panic!("a test's own"));
        lanes.after(Lane::Recorder(1), move || tell.send(()).unwrap());
        done.recv_timeout(LONG).unwrap();
        assert!(lanes.settle(LONG));
    }
}
