//! Keeps the rows of streams in step with the rooms, so that a stream is still known after it ended.
//!
//! ```text
//! Rooms ─ stream_started, stream_ended ─► task ─► rows
//! ```
//!
//! Refuses to know: who asks for rows. The one writer of them.

use crate::app::rooms::{RoomEvent, Rooms};
pub use crate::store::StreamRow;

use crate::store::{IngressCount, NewStream, Store, StoreError, StreamRows};
use serde_json::Value;
use std::{
    collections::HashMap,
    time::{SystemTime, UNIX_EPOCH},
};
use tokio::sync::broadcast::error::RecvError;

/// The log; clones share it.
#[derive(Clone)]
pub struct StreamLog {
    rows: StreamRows,
}

impl StreamLog {
    /// Opens the log: streams that an earlier run left active have ended. Gives the numbers that streams have had,
    /// which the rooms go on with.
    pub async fn open(store: &Store) -> Result<(Self, HashMap<String, i64>), StoreError> {
        let rows = store.streams();
        let stale = rows.end_all(now_ms()).await?;
        if !stale.is_empty() {
            tracing::info!(streams = stale.len(), "streams of an earlier run are marked as ended");
        }
        let numbers = rows.numbers().await?;
        Ok((Self { rows }, numbers))
    }

    /// Follows the rooms for as long as they are there. Subscribes before it returns.
    pub fn follow(&self, rooms: &Rooms) {
        let (log, rooms) = (self.clone(), rooms.clone());
        let mut events = rooms.events();
        tokio::spawn(async move {
            loop {
                let done = match events.recv().await {
                    Ok(event) => log.record(&rooms, &event).await,
                    Err(RecvError::Lagged(missed)) => {
                        tracing::warn!(missed, "the log of streams lagged and looks at the rooms anew");
                        events = events.resubscribe();
                        log.catch_up(&rooms).await
                    }
                    Err(RecvError::Closed) => return,
                };
                if let Err(error) = done {
                    tracing::error!(%error, "a stream's row was not written");
                }
            }
        });
    }

    /// A stream of an app, live or not, by its id `<room>/<identity>`.
    pub async fn get(&self, app: &str, stream_id: &str) -> Result<Option<StreamRow>, StoreError> {
        self.rows.get(app, stream_id).await
    }

    /// What was noted of an app's live streams, by their ids.
    pub async fn noted(&self, app: &str) -> Result<HashMap<String, String>, StoreError> {
        let rows = self.rows.active_of(app).await?;
        Ok(rows.into_iter().filter_map(|row| Some((row.stream_id, row.last_stats?))).collect())
    }

    /// Notes figures that only the publisher knows, e.g. a camera's signal strength.
    pub async fn note(&self, app: &str, stream_id: &str, figures: &Value) -> Result<(), StoreError> {
        self.rows.note(app, stream_id, &figures.to_string()).await
    }

    /// How many of an app's streams came by RTMP, WHIP or a pull.
    pub async fn ingress_count(&self, app: &str) -> Result<IngressCount, StoreError> {
        self.rows.ingress_count(app).await
    }

    async fn record(&self, rooms: &Rooms, event: &RoomEvent) -> Result<(), StoreError> {
        let text = |name: &str| event.data.get(name).and_then(Value::as_str);
        let Some(stream_id) = text("streamId") else { return Ok(()) };
        match event.event {
            "stream_started" => {
                let (room, participant) = stream_id.split_once('/').unwrap_or((stream_id, ""));
                let new = NewStream {
                    id: rooms.number(stream_id),
                    app: &event.app,
                    stream_id,
                    kind: text("type").unwrap_or("webrtc"),
                    room,
                    participant,
                    ingress: text("ingressId"),
                    started_at: now_ms(),
                };
                self.rows.start(new).await?;
            }
            // A push that was refused was never a stream; one that goes on under its id must not end with it.
            "stream_ended" if rooms.stream(stream_id).is_none() => {
                self.rows.end(&event.app, stream_id, now_ms()).await?;
            }
            _ => {}
        }
        Ok(())
    }

    async fn catch_up(&self, rooms: &Rooms) -> Result<(), StoreError> {
        let live: HashMap<_, _> = rooms.every_stream().into_iter().map(|s| (s.id.clone(), s)).collect();
        let active = self.rows.active().await?;
        for row in active.iter().filter(|row| !live.contains_key(&row.stream_id)) {
            self.rows.end(&row.app, &row.stream_id, now_ms()).await?;
        }
        for stream in live.values().filter(|stream| active.iter().all(|row| row.stream_id != stream.id)) {
            let new = NewStream {
                id: stream.number,
                app: &stream.app,
                stream_id: &stream.id,
                kind: stream.via.as_str(),
                room: &stream.room,
                participant: &stream.identity,
                ingress: stream.ingress.as_deref(),
                started_at: unix_ms(stream.started_at),
            };
            self.rows.start(new).await?;
        }
        Ok(())
    }
}

fn now_ms() -> i64 {
    unix_ms(SystemTime::now())
}

fn unix_ms(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
