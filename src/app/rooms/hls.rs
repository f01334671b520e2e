//! HLS as the doors see it: HLS streams to read from. Program's is always there; a room's is filled while somebody reads.
//!
//! Refuses to know: addresses, and who may read.

pub use crate::media::output::hls::{HlsSettings, HlsStream, HlsStreamStats, HlsStreams, Miss, Reach, Track};

use crate::app::rooms::{Rooms, StreamSelector, Viewer, ViewerGuard, ViewerKind};
use crate::{
    media::{engine::Engine, output::hls::Publication},
    tasks,
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};
use tokio::time::{Instant, interval};

/// What nobody asked for this long is no longer published.
const IDLE: Duration = Duration::from_secs(30);
/// A reader that asked for nothing this long has left.
const AWAY: Duration = Duration::from_secs(15);
/// How often both are looked after.
const LOOK: Duration = Duration::from_secs(2);
/// Readers counted at once in one room; more are served, but not counted.
const READERS: usize = 10_000;

/// The HLS streams of rooms; clones share them.
#[derive(Clone)]
pub struct HlsRooms(Arc<Inner>);

struct Inner {
    engine: Arc<Engine>,
    rooms: Rooms,
    /// Streams that are always there.
    fixed: Arc<HlsStreams>,
    /// Whether rooms are published at all.
    streams: bool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    published: HashMap<(String, StreamSelector), Published>,
    readers: HashMap<(String, String), (ViewerGuard, Instant)>,
}

struct Published {
    publication: Publication,
    asked: Instant,
}

impl HlsRooms {
    /// Nothing is published yet. Must be called within a tokio runtime.
    pub fn new(engine: Arc<Engine>, rooms: Rooms, streams: bool) -> Self {
        let fixed = engine.hls_streams();
        let inner = Arc::new(Inner { engine, rooms, fixed, streams, state: Mutex::default() });
        let idle = Arc::downgrade(&inner);
        tasks::kept("hls-idle", move || look_after(idle.clone()));
        Self(inner)
    }

    /// The HLS stream of a room, by its full name. `None` when nobody publishes there and nothing of it is left.
    pub fn hls_stream(&self, app: &str, room: &str, selector: &StreamSelector) -> Option<Arc<HlsStream>> {
        if *selector == StreamSelector::Auto
            && let Some(hls_stream) = self.0.fixed.get(app, room)
        {
            return Some(hls_stream);
        }
        if !self.0.streams {
            return None;
        }
        let place = (room.to_owned(), selector.clone());
        if let Some(published) = self.0.lock().published.get_mut(&place) {
            published.asked = Instant::now();
            return Some(published.publication.hls_stream().clone());
        }
        if !self.0.rooms.is_live(room, selector) {
            return None;
        }
        let live = self.0.rooms.live(app, room, selector);
        let publication = self.0.engine.publish(live);
        let mut state = self.0.lock();
        // Whoever asked at the same time may have been quicker.
        let published = state.published.entry(place).or_insert(Published { publication, asked: Instant::now() });
        Some(published.publication.hls_stream().clone())
    }

    /// Notes that a reader is there; who is not noted again for a while counts as gone.
    pub fn seen(&self, app: &str, room: &str, viewer: &Viewer) {
        let key = (room.to_owned(), viewer.identity.clone());
        {
            let mut state = self.0.lock();
            if let Some((_, last)) = state.readers.get_mut(&key) {
                *last = Instant::now();
                return;
            }
            if state.readers.len() >= READERS {
                return;
            }
        }
        let guard = self.0.rooms.view(app, room, Viewer { kind: ViewerKind::Hls, ..viewer.clone() });
        let before = self.0.lock().readers.insert(key, (guard, Instant::now()));
        drop(before);
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends what nobody reads, as long as the HLS streams are there.
async fn look_after(inner: Weak<Inner>) {
    let mut looks = interval(LOOK);
    loop {
        looks.tick().await;
        let Some(inner) = inner.upgrade() else { return };
        let (mut idle, mut away) = (Vec::new(), Vec::new());
        {
            let mut state = inner.lock();
            let State { published, readers } = &mut *state;
            idle.extend(published.extract_if(|_, published| published.asked.elapsed() > IDLE));
            away.extend(readers.extract_if(|_, (_, last)| last.elapsed() > AWAY));
        }
        drop(away);
        // Ending a publication waits for its thread.
        let ended = tokio::task::spawn_blocking(move || drop(idle)).await;
        if ended.is_err() {
            tracing::error!("an HLS publication did not end");
        }
    }
}
