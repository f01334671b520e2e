//! The bus: numbered updates to any number of subscribers, a snapshot first, never a hole.
//!
//! Refuses to know: what planes do with an event. Meters and positions are not sent here.

use crate::domain::{event::Event, view::View};
use std::sync::Arc;
use tokio::sync::{broadcast, watch};

/// Updates a subscriber may lag behind before it gets a new snapshot.
const BACKLOG: usize = 256;

/// One change of the show.
#[derive(Debug, Clone)]
pub struct Update {
    /// Counts from 0 (the state at start) without gaps.
    pub seq: u64,
    /// The state after the events.
    pub view: Arc<View>,
    pub events: Vec<Event>,
}

/// What a subscriber receives.
#[derive(Debug, Clone)]
pub enum Notice {
    /// Events may have been missed, or it is the first notice: take the view as it is.
    Snapshot(Arc<Update>),
    /// The next change.
    Change(Arc<Update>),
}

impl Notice {
    /// The state of the notice.
    pub fn view(&self) -> &Arc<View> {
        match self {
            Notice::Snapshot(update) | Notice::Change(update) => &update.view,
        }
    }
}

/// Where updates are published. One writer: the conductor.
#[derive(Debug)]
pub struct Bus {
    changes: broadcast::Sender<Arc<Update>>,
    latest: watch::Sender<Arc<Update>>,
}

impl Bus {
    /// A bus whose first snapshot is this view.
    pub fn new(view: View) -> Self {
        let first = Arc::new(Update { seq: 0, view: Arc::new(view), events: Vec::new() });
        Self { changes: broadcast::Sender::new(BACKLOG), latest: watch::Sender::new(first) }
    }

    /// The newest update.
    pub fn latest(&self) -> Arc<Update> {
        self.latest.borrow().clone()
    }

    /// Publishes a change.
    pub fn publish(&self, view: View, events: Vec<Event>) {
        let seq = self.latest.borrow().seq + 1;
        let update = Arc::new(Update { seq, view: Arc::new(view), events });
        self.latest.send_replace(update.clone());
        let _ = self.changes.send(update); // no subscriber is fine
    }

    /// A subscription; its first notice is a snapshot.
    pub fn subscribe(&self) -> Subscription {
        Subscription { changes: self.changes.subscribe(), latest: self.latest.subscribe(), seen: None }
    }
}

/// One subscriber's place on the bus.
#[derive(Debug)]
pub struct Subscription {
    changes: broadcast::Receiver<Arc<Update>>,
    latest: watch::Receiver<Arc<Update>>,
    seen: Option<u64>,
}

impl Subscription {
    /// The next notice; `None` when the show is over.
    pub async fn next(&mut self) -> Option<Notice> {
        if self.seen.is_none() {
            return Some(self.snapshot());
        }
        loop {
            match self.changes.recv().await {
                // A snapshot may have been newer than the updates still in the queue.
                Ok(update) if Some(update.seq) <= self.seen => {}
                Ok(update) => {
                    self.seen = Some(update.seq);
                    return Some(Notice::Change(update));
                }
                Err(broadcast::error::RecvError::Lagged(missed)) => {
                    tracing::warn!(missed, "a subscriber lagged and is given a new snapshot");
                    // From here on, not from the oldest update that is kept: the snapshot includes those.
                    self.changes = self.changes.resubscribe();
                    return Some(self.snapshot());
                }
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }

    fn snapshot(&mut self) -> Notice {
        let update = self.latest.borrow_and_update().clone();
        self.seen = Some(update.seq);
        Notice::Snapshot(update)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::show::{Setup, Show};
    use crate::domain::time::{Format, Rate};

    fn view() -> View {
        Show::new(Setup {
            project: Format { width: 1280, height: 720, rate: Rate { num: 30, den: 1 } },
            inputs: Vec::new(),
            channels: Vec::new(),
            graphics: Vec::new(),
            fade: std::time::Duration::from_secs(1),
        })
        .view()
    }

    #[tokio::test]
    async fn a_subscriber_gets_a_snapshot_and_then_every_change_in_order() {
        let bus = Bus::new(view());
        bus.publish(view(), vec![Event::InputsChanged]);
        let mut subscription = bus.subscribe();
        bus.publish(view(), vec![Event::InputsChanged]);
        bus.publish(view(), vec![Event::SwitcherChanged]);
        // The snapshot is taken when it is read, so it holds both changes and neither is sent twice.
        assert!(matches!(subscription.next().await, Some(Notice::Snapshot(u)) if u.seq == 3));
        bus.publish(view(), vec![Event::SwitcherChanged]);
        assert!(matches!(subscription.next().await, Some(Notice::Change(u)) if u.seq == 4));
    }

    #[tokio::test]
    async fn a_subscriber_that_lags_gets_a_new_snapshot_and_no_hole() {
        let bus = Bus::new(view());
        let mut subscription = bus.subscribe();
        assert!(matches!(subscription.next().await, Some(Notice::Snapshot(u)) if u.seq == 0));
        for _ in 0..(BACKLOG + 50) {
            bus.publish(view(), vec![Event::InputsChanged]);
        }
        let last = (BACKLOG + 50) as u64;
        assert!(matches!(subscription.next().await, Some(Notice::Snapshot(u)) if u.seq == last));
        bus.publish(view(), vec![Event::InputsChanged]);
        assert!(matches!(subscription.next().await, Some(Notice::Change(u)) if u.seq == last + 1));
    }
}
