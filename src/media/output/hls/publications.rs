//! HLS on demand: a source is published while it is read, and for a short while after.
//!
//! ```text
//! reader ─ asks for a source ─► Publications ─► Publication (an encode or a pass-through, one writer)
//!                                    └─ not asked for IDLE: it ends
//! ```
//!
//! What the server itself makes keeps its HLS stream when it ends, empty: the numbers of its playlists go on with the
//! next reader, so that a player which slept goes on too. That of a room is forgotten.
//!
//! Refuses to know: readers, rooms, and where a source's media comes from. Time is an argument.

use super::{HlsSettings, HlsStream, HlsStreamStats, Publication, publication::Provide};
use crate::{
    domain::output::OutputSource,
    media::{
        clock::ShowClock,
        output::stream::CodedStream,
        pipeline::{Failure, on_background_thread},
    },
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// What was not asked for so long ends. A player reloads its playlist once in a target duration, which is 10 s at most.
pub const IDLE: Duration = Duration::from_secs(15);

/// See the module's text.
pub struct Publications {
    settings: HlsSettings,
    clock: ShowClock,
    by_source: Mutex<BTreeMap<OutputSource, Published>>,
}

struct Published {
    hls_stream: Arc<HlsStream>,
    /// Absent while it is not read.
    publication: Option<Publication>,
    asked: Instant,
}

impl Publications {
    /// Nothing is published.
    pub fn new(settings: HlsSettings, clock: ShowClock) -> Self {
        Self { settings, clock, by_source: Mutex::default() }
    }

    /// The HLS stream of a source that is being published; it stays so.
    pub fn present(&self, source: &OutputSource, now: Instant) -> Option<Arc<HlsStream>> {
        let mut published = self.lock();
        let published = published.get_mut(source).filter(|published| published.publication.is_some())?;
        published.asked = now;
        Some(published.hls_stream.clone())
    }

    /// The HLS stream of a source, which is published from now on. `provide` gives its media; it is called on a thread
    /// of its own, at once and after each failure. Never blocks.
    pub fn read(
        &self,
        source: &OutputSource,
        now: Instant,
        provide: impl Provide<Output = Result<CodedStream, Failure>>,
    ) -> Arc<HlsStream> {
        let mut all = self.lock();
        let published = all.entry(source.clone()).or_insert_with(|| Published {
            hls_stream: Arc::new(HlsStream::new(self.settings)),
            publication: None,
            asked: now,
        });
        published.asked = now;
        if published.publication.is_none() {
            published.hls_stream.suspend();
            let publication =
                Publication::start(source.to_string(), provide, published.hls_stream.clone(), &self.clock);
            published.publication = Some(publication);
        }
        published.hls_stream.clone()
    }

    /// Ends what was not asked for of late. Blocks until its threads have ended.
    pub fn end_idle(&self, now: Instant) {
        let mut ended = Vec::new();
        for (source, published) in self.lock().iter_mut() {
            if now.saturating_duration_since(published.asked) > IDLE {
                ended.extend(published.publication.take().map(|publication| (source.clone(), publication)));
            }
        }
        for (source, publication) in ended {
            drop(publication);
            let mut all = self.lock();
            // Unless it was asked for again meanwhile.
            let Some(published) = all.get(&source).filter(|published| published.publication.is_none()) else {
                continue;
            };
            tracing::debug!(%source, "HLS is not read any more");
            match source {
                OutputSource::Room(_) => drop(all.remove(&source)),
                _ => published.hls_stream.suspend(),
            }
        }
    }

    /// Ends the HLS of a source. Never blocks.
    pub fn end(&self, source: &OutputSource) {
        let publication = {
            let mut all = self.lock();
            let Some(published) = all.get_mut(source) else { return };
            published.hls_stream.suspend();
            published.publication.take()
        };
        on_background_thread("hls-end", move || drop(publication)); // it waits for its threads
    }

    /// The figures of what is being published, and how many access units each lost because it could not follow.
    pub fn stats(&self) -> Vec<(OutputSource, HlsStreamStats, u64)> {
        let all = self.lock();
        let running = all.iter().filter_map(|(source, published)| Some((source, published.publication.as_ref()?)));
        running.map(|(source, publication)| (source.clone(), publication.stats(), publication.dropped())).collect()
    }

    /// Ends everything. Blocks.
    pub fn shut_down(&self) {
        let all = std::mem::take(&mut *self.lock());
        drop(all);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<OutputSource, Published>> {
        self.by_source.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
