//! `GET /apps/{app}/stats`: what an app does and holds, counted at most every five seconds.

use super::{
    call::Call,
    error::ApiError,
    reply::{Answer, Reply},
    time::{iso_of, now_iso},
};
use crate::app::rooms::{StreamView, apps::App};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// How long a count is good for.
const FRESH: Duration = Duration::from_secs(5);

/// Counts of a moment ago, by the app's number.
#[derive(Debug, Default)]
pub struct Cache(Mutex<HashMap<i64, (Instant, Value)>>);

impl Cache {
    fn fresh(&self, app: i64) -> Option<Value> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.retain(|_, (at, _)| at.elapsed() < FRESH);
        counts.get(&app).map(|(_, count)| count.clone())
    }

    fn keep(&self, app: i64, count: Value) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(app, (Instant::now(), count));
    }
}

/// See the module's text.
pub async fn get(call: Call, app: Arc<App>) -> Answer {
    let count = match call.state.stats.fresh(app.id) {
        Some(count) => count,
        None => {
            let count = count(&call, &app).await?;
            call.state.stats.keep(app.id, count.clone());
            count
        }
    };
    Ok(Reply::enveloped(count))
}

async fn count(call: &Call, app: &App) -> Result<Value, ApiError> {
    let parts = call.parts();
    let counted = app.config.features.viewer_counter;
    let streams = parts.rooms.streams(&app.name);
    let mut rooms: BTreeMap<&str, Vec<&StreamView>> = BTreeMap::new();
    for stream in &streams {
        rooms.entry(&stream.room).or_default().push(stream);
    }
    let viewers: usize = rooms.values().filter_map(|inside| inside.first()).map(|stream| stream.viewers).sum();
    let rooms = rooms.into_iter().map(|(room, inside)| {
        json!({
            "room": room,
            "viewers": inside.first().filter(|_| counted).map(|stream| stream.viewers),
            "publishers": inside.len(),
            "startedAt": inside.iter().map(|stream| stream.started_at).min().map(iso_of),
        })
    });
    let ingress = parts.log.ingress_count(&app.name).await.map_err(|error| ApiError::internal(&error))?;
    let database = parts.apps.database_bytes().await.map_err(|error| ApiError::internal(&error))?;
    Ok(json!({
        "ts": now_iso(),
        "app": { "name": app.name, "displayName": app.display_name },
        "live": {
            "activeStreams": streams.len(),
            "totalViewers": counted.then_some(viewers),
            "rooms": rooms.collect::<Value>(),
        },
        // Nothing is recorded yet, and there is no log of the app's own.
        "vods": {
            "count": 0, "totalBytes": 0,
            "byStatus": { "recording": 0, "uploading": 0, "ready": 0, "failed": 0 },
        },
        "storage": { "appDbBytes": database, "vodBytes": 0 },
        "ingress": { "total": ingress.total, "active": ingress.active },
        "events24h": { "error": 0, "warn": 0, "info": 0 },
    }))
}
