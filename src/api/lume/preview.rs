//! `/api/v2/preview`: the LEDs as they are sent, three bytes each, when they change. Our addition.
//!
//! Refuses to know: sockets. Without a preview client no frame is published for it.

use super::socket::Source;
use crate::{app::lights::Lights, domain::lights::Rgb};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};
use warp::ws::Message;

/// Clients at once.
pub const SOCKETS: usize = 16;
/// Between two frames of one client: at most 30 a second.
const GAP: Duration = Duration::from_nanos(1_000_000_000 / 30);

/// See the module's text.
pub struct Leds {
    frames: watch::Receiver<Arc<[Rgb]>>,
    last: Arc<[Rgb]>,
    due: Instant,
}

impl Leds {
    /// The LEDs from the next frame on: the present value may be as old as the last client.
    pub fn of(lights: &Lights) -> Self {
        Self { frames: lights.frames(), last: Arc::from([]), due: Instant::now() }
    }
}

impl Source for Leds {
    async fn next(&mut self) -> Option<Message> {
        loop {
            sleep_until(self.due).await;
            self.frames.changed().await.ok()?;
            let frame = self.frames.borrow_and_update().clone();
            if frame != self.last {
                // By the schedule, not by this moment: else 60 frames a second would become 20.
                let now = Instant::now();
                self.due = (self.due + GAP).max(now.checked_sub(GAP / 2).unwrap_or(now));
                let bytes = frame.as_flattened().to_vec();
                self.last = frame;
                return Some(Message::binary(bytes));
            }
        }
    }
}
