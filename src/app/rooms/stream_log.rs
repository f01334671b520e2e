//! Rows of streams that are or were live. The journal writes them; figures that only a publisher has are noted here.
//!
//! Refuses to know: callers.

pub use crate::store::StreamRow;

use crate::store::{IngressCount, Store, StoreError, StreamRows};
use serde_json::Value;
use std::collections::HashMap;

/// The log; clones share it.
#[derive(Clone)]
pub struct StreamLog {
    rows: StreamRows,
}

impl StreamLog {
    /// Works on the rows of a store.
    pub fn new(store: &Store) -> Self {
        Self { rows: store.streams() }
    }

    /// A stream of an app, live or not, by its id `<room>/<identity>`.
    pub async fn get(&self, app: &str, stream_id: &str) -> Result<Option<StreamRow>, StoreError> {
        self.rows.get(app, stream_id).await
    }

    /// The noted figures of an app's live streams, by their ids.
    pub async fn noted(&self, app: &str) -> Result<HashMap<String, String>, StoreError> {
        let rows = self.rows.active_of(app).await?;
        Ok(rows.into_iter().filter_map(|row| Some((row.stream_id, row.last_stats?))).collect())
    }

    /// Notes figures that only the publisher has, e.g. a camera's signal strength.
    pub async fn note(&self, app: &str, stream_id: &str, figures: &Value) -> Result<(), StoreError> {
        self.rows.note(app, stream_id, &figures.to_string()).await
    }

    /// How many of an app's streams came by RTMP, WHIP or a pull.
    pub async fn ingress_count(&self, app: &str) -> Result<IngressCount, StoreError> {
        self.rows.ingress_count(app).await
    }
}
