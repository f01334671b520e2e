//! Rows of streams that are or were live: one for each publisher's place, reused when it comes back. A change of a
//! stream and the messages that report it are one transaction.
//!
//! Refuses to know: media, and permissions.

use super::{
    StoreError,
    database::{Database, is_text},
    outbox::{self, NewMessage},
};
use sqlx::{AnyConnection, AssertSqlSafe};
use std::collections::HashMap;

/// A stream as stored.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct StreamRow {
    /// Its permanent number among all streams.
    pub id: i64,
    /// The app it belongs to.
    pub app: String,
    /// `<room>/<participant>`.
    pub stream_id: String,
    /// `webrtc`, `rtmp`, `rtsp`, `whip` or `ws-mjpeg`.
    #[sqlx(rename = "type")]
    pub kind: String,
    /// Its room, namespaced.
    pub room: String,
    /// The publisher's identity.
    pub participant: String,
    /// The ingress it came by, if it was one.
    pub ingress: Option<String>,
    /// `active` or `ended`.
    pub status: String,
    /// Milliseconds since 1970 UTC.
    pub started_at: i64,
    /// Milliseconds since 1970 UTC; none while active.
    pub ended_at: Option<i64>,
    /// A JSON object with the last figures from its publisher.
    pub last_stats: Option<String>,
}

/// A stream that begins.
#[derive(Debug, Clone, Copy)]
pub struct NewStream<'a> {
    /// See [`StreamRow::id`].
    pub id: i64,
    /// See [`StreamRow::app`].
    pub app: &'a str,
    /// See [`StreamRow::stream_id`].
    pub stream_id: &'a str,
    /// See [`StreamRow::kind`].
    pub kind: &'a str,
    /// See [`StreamRow::room`].
    pub room: &'a str,
    /// See [`StreamRow::participant`].
    pub participant: &'a str,
    /// See [`StreamRow::ingress`].
    pub ingress: Option<&'a str>,
    /// See [`StreamRow::started_at`].
    pub started_at: i64,
}

/// A change of a stream.
#[derive(Debug, Clone, Copy)]
pub enum StreamChange<'a> {
    /// It begins.
    Started(NewStream<'a>),
    /// It ends.
    Ended {
        /// See [`StreamRow::app`].
        app: &'a str,
        /// See [`StreamRow::stream_id`].
        stream_id: &'a str,
        /// Milliseconds since 1970 UTC.
        at: i64,
    },
}

/// How many streams of an app came by an ingress.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct IngressCount {
    /// Those that ended are included.
    pub total: i64,
    /// Those that are live.
    pub active: i64,
}

/// The columns of a [`StreamRow`].
const COLUMNS: &str = "id, app, stream_id, type, room, participant, ingress, status, started_at, ended_at, last_stats";

/// The table of streams.
#[derive(Debug, Clone)]
pub struct StreamRows {
    database: Database,
}

impl StreamRows {
    pub(super) fn new(database: Database) -> Self {
        Self { database }
    }

    /// Writes a change and the messages that report it, all or nothing. Repeating the call changes nothing more, so it
    /// can be repeated when its outcome is unknown.
    ///
    /// A stream that begins gets a new row, or the one it had before, which becomes active again. The end of one that
    /// is not active changes nothing.
    pub async fn record(&self, change: &StreamChange<'_>, messages: &[NewMessage<'_>]) -> Result<(), StoreError> {
        let mut tx = self.database.write().await?;
        match change {
            StreamChange::Started(stream) => start(&mut tx, stream).await?,
            StreamChange::Ended { app, stream_id, at } => {
                let update = "UPDATE streams SET status = 'ended', ended_at = $1
                              WHERE app = $2 AND stream_id = $3 AND status = 'active'";
                sqlx::query(update).bind(*at).bind(*app).bind(*stream_id).execute(&mut *tx).await?;
            }
        }
        for message in messages {
            outbox::add(&mut tx, message).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Ends all active streams of all apps, and gives their rows as they are now: after a start none of them can be
    /// live.
    pub async fn end_all(&self, now: i64) -> Result<Vec<StreamRow>, StoreError> {
        let update =
            format!("UPDATE streams SET status = 'ended', ended_at = $1 WHERE status = 'active' RETURNING {COLUMNS}");
        let update = sqlx::query_as(AssertSqlSafe(update));
        Ok(update.bind(now).fetch_all(self.database.pool()).await?)
    }

    /// Notes a JSON object of figures with a stream.
    pub async fn note(&self, app: &str, stream_id: &str, stats: &str) -> Result<(), StoreError> {
        let update = sqlx::query("UPDATE streams SET last_stats = $1 WHERE app = $2 AND stream_id = $3");
        update.bind(stats).bind(app).bind(stream_id).execute(self.database.pool()).await?;
        Ok(())
    }

    /// The active streams of an app.
    pub async fn active_of(&self, app: &str) -> Result<Vec<StreamRow>, StoreError> {
        let query = format!("SELECT {COLUMNS} FROM streams WHERE status = 'active' AND app = $1 ORDER BY id");
        Ok(sqlx::query_as(AssertSqlSafe(query)).bind(app).fetch_all(self.database.pool()).await?)
    }

    /// The numbers of all streams there ever were, by their ids.
    pub async fn numbers(&self) -> Result<HashMap<String, i64>, StoreError> {
        let rows: Vec<(String, i64)> =
            sqlx::query_as("SELECT stream_id, id FROM streams").fetch_all(self.database.pool()).await?;
        Ok(rows.into_iter().collect())
    }

    /// A stream of an app, live or not.
    pub async fn get(&self, app: &str, stream_id: &str) -> Result<Option<StreamRow>, StoreError> {
        if !is_text(stream_id) {
            return Ok(None);
        }
        let query = format!("SELECT {COLUMNS} FROM streams WHERE app = $1 AND stream_id = $2");
        Ok(sqlx::query_as(AssertSqlSafe(query)).bind(app).bind(stream_id).fetch_optional(self.database.pool()).await?)
    }

    /// How many of an app's streams were pushed or pulled in, as opposed to published from a page or a camera.
    pub async fn ingress_count(&self, app: &str) -> Result<IngressCount, StoreError> {
        let query = sqlx::query_as(
            "SELECT count(*) AS total, count(*) FILTER (WHERE status = 'active') AS active
             FROM streams WHERE app = $1 AND type IN ('rtmp', 'whip', 'rtsp')",
        );
        Ok(query.bind(app).fetch_one(self.database.pool()).await?)
    }
}

async fn start(connection: &mut AnyConnection, stream: &NewStream<'_>) -> Result<(), StoreError> {
    let start = "INSERT INTO streams (id, app, stream_id, type, room, participant, ingress, status, started_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, 'active', $8)
                 ON CONFLICT (stream_id) DO UPDATE SET
                     app = excluded.app, type = excluded.type, room = excluded.room,
                     participant = excluded.participant, ingress = excluded.ingress, status = 'active',
                     started_at = excluded.started_at, ended_at = NULL, last_stats = NULL";
    let start = sqlx::query(start).bind(stream.id).bind(stream.app).bind(stream.stream_id).bind(stream.kind);
    let start = start.bind(stream.room).bind(stream.participant).bind(stream.ingress).bind(stream.started_at);
    start.execute(connection).await?;
    Ok(())
}
