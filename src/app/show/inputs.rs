//! Which live stream is on which input of the switcher: an input waits for its stream by name, or takes the next new one
//! that no other input has, and keeps it until it ends.
//!
//! Refuses to know: what an input is for.

use crate::app::rooms::{Rooms, StreamView};
use crate::{
    domain::source::SourceId,
    media::{engine::Engine, ingest::attach::Attached},
};
use std::{collections::BTreeMap, sync::Arc};

/// An input that takes streams, and the id of the one it waits for.
pub type Place = (SourceId, Option<String>);

/// Fills the inputs from now on, until the rooms are gone.
pub fn spawn(places: Vec<Place>, rooms: &Rooms, engine: Arc<Engine>) {
    if places.is_empty() {
        return;
    }
    let (mut changes, rooms) = (rooms.changes(), rooms.downgrade());
    tokio::spawn(async move {
        let mut taken = BTreeMap::<SourceId, (String, Attached)>::new();
        loop {
            let Some(present) = rooms.upgrade() else { return };
            let streams = present.every_stream();
            drop(present);
            taken.retain(|_, (id, _)| streams.iter().any(|stream| stream.id == *id));
            for (source, stream) in assign(&places, &taken, &streams) {
                match engine.attach(source, &stream.live) {
                    Ok(attached) => {
                        tracing::info!(input = %source, stream = stream.id, "the stream is on the input");
                        taken.insert(source, (stream.id.clone(), attached));
                    }
                    Err(error) => tracing::error!(input = %source, stream = stream.id, "no place: {error}"),
                }
            }
            if changes.changed().await.is_err() {
                return;
            }
        }
    });
}

/// Who goes where now: first those that are waited for, then the oldest ones to the free inputs.
fn assign<'a>(
    places: &[Place],
    taken: &BTreeMap<SourceId, (String, Attached)>,
    streams: &'a [StreamView],
) -> Vec<(SourceId, &'a StreamView)> {
    let free = || places.iter().filter(|(source, _)| !taken.contains_key(source));
    let mut assigned: Vec<(SourceId, &StreamView)> = free()
        .filter_map(|(source, wanted)| Some((*source, streams.iter().find(|s| Some(&s.id) == wanted.as_ref())?)))
        .collect();
    let named = |id: &String| places.iter().any(|(_, wanted)| wanted.as_ref() == Some(id));
    let placed = |id: &String| taken.values().any(|(other, _)| other == id);
    let mut loose: Vec<_> = streams.iter().filter(|s| !s.is_input && !named(&s.id) && !placed(&s.id)).collect();
    loose.sort_by_key(|stream| stream.started_at);
    let open = free().filter(|(_, wanted)| wanted.is_none()).map(|(source, _)| *source);
    assigned.extend(open.zip(loose));
    assigned
}
