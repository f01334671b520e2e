//! HLS for the endpoints: HLS streams to read from, each filled while it is read.
//!
//! Refuses to know: addresses, permissions to read, and how a stream is published.

pub use crate::media::output::hls::{HlsError, HlsSettings, HlsStream, HlsStreamStats, ReloadTarget, Track};

use crate::app::rooms::{Rooms, StreamSelector, Viewer, ViewerGuard, ViewerKind};
use crate::{
    domain::output::OutputSource,
    media::{engine::Engine, output::hls::publications::IDLE},
    tasks,
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};
use tokio::time::{Instant, interval};

/// A reader without a request for this long has left: as long as an idle stream is kept for it.
const AWAY: Duration = IDLE;
/// How often readers and streams are checked.
const LOOK: Duration = Duration::from_secs(2);
/// Readers counted at once in one room; more are served, but not counted.
const READERS: usize = 10_000;

/// Which streams are published as HLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Published {
    /// Program.
    pub program: bool,
    /// Inputs, and the streams of rooms.
    pub streams: bool,
}

/// The HLS streams of rooms; clones share them.
#[derive(Clone)]
pub struct HlsRooms(Arc<Inner>);

struct Inner {
    engine: Arc<Engine>,
    rooms: Rooms,
    published: Published,
    /// Counted readers by room and identity, and when they last asked.
    readers: Mutex<HashMap<(String, String), (ViewerGuard, Instant)>>,
}

impl HlsRooms {
    /// Nothing is read yet. Must be called within a tokio runtime.
    pub fn new(engine: Arc<Engine>, rooms: Rooms, published: Published) -> Self {
        let inner = Arc::new(Inner { engine, rooms, published, readers: Mutex::default() });
        let idle = Arc::downgrade(&inner);
        tasks::restarting("hls-idle", move || look_after(idle.clone()));
        Self(inner)
    }

    /// The HLS stream of a room, by its full name; it is published from now on while it is requested. `None` when there
    /// is neither a publisher nor an earlier publication, or when it is not to be published.
    pub fn hls_stream(&self, room: &str, selector: &StreamSelector) -> Option<Arc<HlsStream>> {
        let inner = &self.0;
        let source = inner.rooms.output_source(room, selector);
        let allowed = match source {
            OutputSource::Program => inner.published.program,
            _ => inner.published.streams,
        };
        if !allowed {
            return None;
        }
        // A publication outlives its publisher, which may come back.
        if let Some(hls_stream) = inner.engine.present_hls(&source) {
            return Some(hls_stream);
        }
        inner.rooms.is_live(room, selector).then(|| inner.engine.hls(&source))
    }

    /// Notes a reader's request; a reader without requests for a while counts as gone.
    pub fn seen(&self, app: &str, room: &str, viewer: &Viewer) {
        let key = (room.to_owned(), viewer.identity.clone());
        {
            let mut readers = self.0.lock();
            if let Some((_, last)) = readers.get_mut(&key) {
                *last = Instant::now();
                return;
            }
            if readers.len() >= READERS {
                return;
            }
        }
        let guard = self.0.rooms.view(app, room, Viewer { kind: ViewerKind::Hls, ..viewer.clone() });
        let before = self.0.lock().insert(key, (guard, Instant::now()));
        drop(before);
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, HashMap<(String, String), (ViewerGuard, Instant)>> {
        self.readers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends unused publications, as long as the rooms exist.
async fn look_after(inner: Weak<Inner>) {
    let mut looks = interval(LOOK);
    loop {
        looks.tick().await;
        let Some(inner) = inner.upgrade() else { return };
        let away: Vec<_> = inner.lock().extract_if(|_, (_, last)| last.elapsed() > AWAY).collect();
        drop(away); // leaving notifies the room; so not under the lock
        let engine = inner.engine.clone();
        drop(inner);
        // Ending a publication waits for its threads.
        if tokio::task::spawn_blocking(move || engine.end_idle_hls(std::time::Instant::now())).await.is_err() {
            tracing::error!("HLS that is not read did not end");
        }
    }
}
