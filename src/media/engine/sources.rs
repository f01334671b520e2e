//! The sources that the engine has at present: read by everything that takes media of an input, written by
//! [`inputs`](super::inputs) alone.

use crate::{
    domain::source::{SourceId, SourceKind},
    media::ingest::source::Source,
};
use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

/// See the module's text.
#[derive(Default)]
pub struct Sources(RwLock<BTreeMap<SourceId, Entry>>);

#[derive(Clone)]
struct Entry {
    source: Arc<Source>,
    kind: SourceKind,
}

impl Sources {
    /// The source of an input.
    pub fn get(&self, id: SourceId) -> Option<Arc<Source>> {
        self.read().get(&id).map(|entry| entry.source.clone())
    }

    /// What feeds an input.
    pub fn kind(&self, id: SourceId) -> Option<SourceKind> {
        self.read().get(&id).map(|entry| entry.kind.clone())
    }

    /// All, in the order of their ids.
    pub fn all(&self) -> Vec<Arc<Source>> {
        self.read().values().map(|entry| entry.source.clone()).collect()
    }

    /// Adds a source, or puts it in the place of another.
    pub(super) fn put(&self, source: Arc<Source>, kind: SourceKind) {
        let before = self.write().insert(source.id, Entry { source, kind });
        drop(before); // not under the lock: its pictures may be many
    }

    /// Takes a source out.
    pub(super) fn remove(&self, id: SourceId) {
        let before = self.write().remove(&id);
        drop(before);
    }

    /// A panic elsewhere leaves the map whole: every change is one insertion or one removal.
    fn read(&self) -> std::sync::RwLockReadGuard<'_, BTreeMap<SourceId, Entry>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, BTreeMap<SourceId, Entry>> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}
