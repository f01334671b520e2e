//! All HLS streams there are, by the address they are offered at.

use super::hls_stream::HlsStream;
use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

/// HlsStreams by application and room: program is `program`/`main`, an input `live`/`input-<n>`.
#[derive(Debug, Default)]
pub struct HlsStreams {
    by_room: RwLock<HashMap<(String, String), Arc<HlsStream>>>,
}

impl HlsStreams {
    /// Offers an HLS stream at an address, instead of the one that was there.
    pub fn insert(&self, app: &str, room: &str, hls_stream: Arc<HlsStream>) {
        let mut map = self.by_room.write().unwrap_or_else(PoisonError::into_inner);
        map.insert((app.to_owned(), room.to_owned()), hls_stream);
    }

    /// Takes an HLS stream away; who still reads from it may finish.
    pub fn remove(&self, app: &str, room: &str) -> Option<Arc<HlsStream>> {
        let mut map = self.by_room.write().unwrap_or_else(PoisonError::into_inner);
        map.remove(&(app.to_owned(), room.to_owned()))
    }

    /// The HLS stream at an address.
    pub fn get(&self, app: &str, room: &str) -> Option<Arc<HlsStream>> {
        let map = self.by_room.read().unwrap_or_else(PoisonError::into_inner);
        map.get(&(app.to_owned(), room.to_owned())).cloned()
    }
}
