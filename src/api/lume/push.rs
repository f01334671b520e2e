//! `/ws`: the state, at once, on each change and each second. Refuses to know: sockets.

use super::{socket::Source, wire::StateBody};
use crate::api::answer::text;
use crate::app::lights::Lights;
use std::time::Duration;
use tokio::{
    sync::watch,
    time::{Instant, Interval, MissedTickBehavior, interval_at, sleep_until},
};
use warp::ws::Message;

/// Clients at once.
pub const SOCKETS: usize = 64;
/// Without a change.
const EVERY: Duration = Duration::from_secs(1);
/// Changes that come closer are sent together, one message a frame at most.
const GAP: Duration = Duration::from_millis(16);

/// See the module's text.
pub struct State {
    lights: Lights,
    changes: watch::Receiver<u64>,
    second: Interval,
    /// When the next one may be sent; none before the first one.
    due: Option<Instant>,
}

impl State {
    /// The state from now on.
    pub fn of(lights: Lights) -> Self {
        let changes = lights.changes();
        let mut second = interval_at(Instant::now() + EVERY, EVERY);
        second.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { lights, changes, second, due: None }
    }
}

impl Source for State {
    async fn next(&mut self) -> Option<Message> {
        if let Some(due) = self.due {
            sleep_until(due).await;
            tokio::select! {
                changed = self.changes.changed() => changed.ok()?,
                _ = self.second.tick() => {}
            }
        }
        self.due = Some(Instant::now() + GAP);
        Some(Message::text(text(&StateBody::from(&self.lights.view()))))
    }
}
