//! The journal: stores the events of rooms, so that a stream is still known after it ended. The one subscriber of room
//! events and the one writer of the rows of streams.
//!
//! ```text
//! Rooms ─ events ─► waiting (those that change rows) ─► row and messages, one transaction ─┬─► written
//!                         ▲                                                                ├─► refused: counted
//!                         └──────────────── again, after a pause that grows ◄──────────────┘
//! ```
//!
//! Order is kept: an event that cannot be written now delays those after it, never the rooms, which do not wait for it.
//! Events that change no row are dropped at once, so the queue grows only by streams that begin and end.
//!
//! Refuses to know: readers of the rows, and how a plane words an event.

use crate::app::{
    rooms::{RoomEvent, RoomEvents, RoomFact},
    wall_clock::{now_ms, unix_ms},
};
use crate::store::{NewStream, Store, StoreError, StoreErrorKind, StreamChange, StreamRows};
use crate::tasks;
use metrics::{counter, gauge};
use std::{
    collections::{HashMap, VecDeque},
    pin::pin,
    time::Duration,
};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Pauses between attempts to write the same event: the first, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(15));
/// How long pending events may be written after the end was requested.
const LAST_WRITES: Duration = Duration::from_secs(5);

/// The journal, before it follows the rooms.
#[derive(Debug)]
pub struct Journal {
    rows: StreamRows,
}

/// A journal that follows the rooms. It continues when this is dropped.
#[derive(Debug)]
pub struct Following {
    task: JoinHandle<()>,
    stop: CancellationToken,
}

impl Journal {
    /// Opens the journal: streams that an earlier run left active have ended. Gives the numbers that streams have had,
    /// which the rooms continue.
    ///
    /// # Errors
    /// When rows cannot be read or written.
    pub async fn open(store: &Store) -> Result<(Self, HashMap<String, i64>), StoreError> {
        let rows = store.streams();
        let stale = rows.end_all(now_ms()).await?;
        if !stale.is_empty() {
            tracing::info!(streams = stale.len(), "streams of an earlier run are marked as ended");
        }
        let numbers = rows.numbers().await?;
        Ok((Self { rows }, numbers))
    }

    /// Follows the rooms for as long as they are there, or until [`Following::finish`].
    pub fn follow(self, events: RoomEvents) -> Following {
        let stop = CancellationToken::new();
        gauge!("lumencast_journal_waiting").set(0.0);
        Following { task: tokio::spawn(self.keep(events, stop.clone())), stop }
    }

    /// After a panic, the present event is tried again with the rest.
    async fn keep(self, mut events: RoomEvents, stop: CancellationToken) {
        let mut waiting = VecDeque::new();
        let mut restarts = tasks::Restarts::of("journal");
        while restarts.again_after(self.run(&mut events, &mut waiting, &stop)).await {}
    }

    async fn run(&self, events: &mut RoomEvents, waiting: &mut VecDeque<RoomEvent>, stop: &CancellationToken) {
        let mut open = true;
        while open || !waiting.is_empty() {
            gauge!("lumencast_journal_waiting").set(waiting.len() as f64);
            let next: Option<RoomEvent> = waiting.front().cloned();
            let mut write = pin!(async {
                match &next {
                    Some(event) => self.write(event).await,
                    None => std::future::pending().await,
                }
            });
            loop {
                tokio::select! {
                    () = &mut write => {
                        waiting.pop_front();
                        break;
                    }
                    event = events.recv(), if open => match event {
                        Some(event) => {
                            waiting.extend(changes_rows(&event).then_some(event));
                            gauge!("lumencast_journal_waiting").set(waiting.len() as f64);
                        }
                        None => open = false,
                    },
                    // Events that were sent before are still received.
                    () = stop.cancelled(), if open && !events.is_closed() => events.close(),
                }
                if next.is_none() && (!waiting.is_empty() || !open) {
                    break;
                }
            }
        }
    }

    /// Stores an event, however often it has to be tried. An event that violates a constraint of the tables, e.g.
    /// because its app was deleted meanwhile, can never be written and is given up.
    async fn write(&self, event: &RoomEvent) {
        let mut pause = PAUSES.0;
        loop {
            let error = match self.record(event).await {
                Ok(()) => return counter!("lumencast_journal_written_total").increment(1),
                Err(error) => error,
            };
            if error.kind() == StoreErrorKind::Refused {
                counter!("lumencast_journal_refused_total").increment(1);
                return tracing::error!(%error, ?event, "an event cannot be written down and is left out");
            }
            counter!("lumencast_journal_failures_total").increment(1);
            tracing::error!(%error, app = event.app, room = event.room, ?pause, "an event is not written down yet");
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSES.1);
        }
    }

    async fn record(&self, event: &RoomEvent) -> Result<(), StoreError> {
        let (stream_id, at) = (event.stream_id().unwrap_or_default(), unix_ms(event.at));
        let change = match &event.fact {
            RoomFact::StreamStarted { stream, number } => StreamChange::Started(NewStream {
                id: *number,
                app: &event.app,
                stream_id: &stream_id,
                kind: stream.via.as_str(),
                room: &event.room,
                participant: &stream.identity,
                ingress: stream.ingress.as_deref(),
                started_at: at,
            }),
            RoomFact::StreamEnded { .. } => StreamChange::Ended { app: &event.app, stream_id: &stream_id, at },
            _ => return Ok(()),
        };
        self.rows.record(&change, &[]).await
    }
}

impl Following {
    /// Ends it when all events until now are stored, or after 5 s; events that are not stored then are lost, except the
    /// ends of streams, which the next start writes.
    pub async fn finish(mut self) {
        self.stop.cancel();
        match tokio::time::timeout(LAST_WRITES, &mut self.task).await {
            Ok(Ok(())) => {}
            Ok(Err(panic)) => tracing::error!(%panic, "the journal broke down"),
            Err(_) => {
                self.task.abort();
                tracing::error!("the journal could not write down all that happened in rooms");
            }
        }
    }
}

/// Whether an event changes rows.
fn changes_rows(event: &RoomEvent) -> bool {
    matches!(event.fact, RoomFact::StreamStarted { .. } | RoomFact::StreamEnded { .. })
}
