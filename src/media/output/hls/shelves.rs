//! All shelves there are, by the address they are offered at.

use super::shelf::Shelf;
use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

/// Shelves by application and room: program is `program`/`main`, an input `live`/`input-<n>`.
#[derive(Debug, Default)]
pub struct Shelves {
    by_room: RwLock<HashMap<(String, String), Arc<Shelf>>>,
}

impl Shelves {
    /// Offers a shelf at an address, instead of the one that was there.
    pub fn insert(&self, app: &str, room: &str, shelf: Arc<Shelf>) {
        let mut map = self.by_room.write().unwrap_or_else(PoisonError::into_inner);
        map.insert((app.to_owned(), room.to_owned()), shelf);
    }

    /// Takes a shelf away; who still reads from it may finish.
    pub fn remove(&self, app: &str, room: &str) -> Option<Arc<Shelf>> {
        let mut map = self.by_room.write().unwrap_or_else(PoisonError::into_inner);
        map.remove(&(app.to_owned(), room.to_owned()))
    }

    /// The shelf at an address.
    pub fn get(&self, app: &str, room: &str) -> Option<Arc<Shelf>> {
        let map = self.by_room.read().unwrap_or_else(PoisonError::into_inner);
        map.get(&(app.to_owned(), room.to_owned())).cloned()
    }
}
