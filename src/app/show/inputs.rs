//! What follows the inputs of the show: each that is published to or made here has a room of its own, and each that takes
//! live streams has the one that it waits for, or the next new one that no other input has, until that ends.
//!
//! ```text
//! bus (inputs) ──►┌────────┐─► rooms  (`live-input-N`)
//! rooms (streams) ►│ follow │─► engine (a stream on an input)
//!                  └────────┘
//! ```
//!
//! Refuses to know: the purpose of an input, and the client that added it.

use crate::{
    app::{
        rooms::{
            EndReason, Rooms, StreamView,
            intake::{APP, InputByKey, input_stream},
        },
        show::conductor::ShowHandle,
    },
    domain::{
        output::OutputSource,
        source::{SourceId, SourceKind},
        view::View,
    },
    media::engine::{Engine, Shown},
    tasks,
};
use std::{collections::BTreeMap, sync::Arc};

/// An input that takes streams, and the id of the one it waits for.
type StreamInput<'a> = (SourceId, Option<&'a str>);

/// Finds inputs by their stream keys, among those that exist at the time of the call.
pub fn by_key(show: ShowHandle, engine: Arc<Engine>) -> InputByKey {
    Box::new(move |key| {
        let waits = |kind: &SourceKind| matches!(kind, SourceKind::Rtmp { key: own } if own == key);
        let view = show.view();
        let id = view.sources.iter().find(|source| waits(&source.kind))?.id;
        Some((id, engine.live(id)?))
    })
}

/// Gives the inputs of the show their rooms and streams, until the show or the rooms are gone.
pub fn follow(show: &ShowHandle, rooms: &Rooms, engine: Arc<Engine>) {
    let (mut bus, mut changes) = (show.subscribe(), rooms.changes());
    let mut view = show.view();
    let mut inputs = Inputs { engine, known: BTreeMap::new(), taken: BTreeMap::new() };
    inputs.follow(rooms, &view);
    let rooms = rooms.downgrade();
    let mut restarts = tasks::Restarts::of("inputs");
    tokio::spawn(async move {
        while restarts
            .again_after(async {
                loop {
                    tokio::select! {
                        notice = bus.next() => match notice {
                            Some(notice) => view = notice.view().clone(),
                            None => return,
                        },
                        changed = changes.changed() => if changed.is_err() {
                            return;
                        },
                    }
                    let Some(rooms) = rooms.upgrade() else { return };
                    inputs.follow(&rooms, &view);
                }
            })
            .await
        {}
    });
}

struct Inputs {
    engine: Arc<Engine>,
    /// The source of each input at the last check.
    known: BTreeMap<SourceId, SourceKind>,
    /// The streams that are on inputs.
    taken: BTreeMap<SourceId, (String, Shown)>,
}

impl Inputs {
    fn follow(&mut self, rooms: &Rooms, view: &View) {
        let same = |id: &SourceId, kind: &SourceKind| view.sources.iter().any(|s| s.id == *id && s.kind == *kind);
        for (id, kind) in self.known.extract_if(.., |id, kind| !same(id, kind)).collect::<Vec<_>>() {
            self.taken.remove(&id);
            self.engine.end_hls(&OutputSource::Input(id));
            if !matches!(kind, SourceKind::Stream { .. }) {
                let (room, identity) = input_stream(id);
                rooms.remove(&room, &identity, EndReason::InputChanged);
            }
        }
        for source in view.sources.iter() {
            if self.known.insert(source.id, source.kind.clone()).is_none() {
                open(rooms, &self.engine, source.id, &source.kind);
            }
        }
        self.show_streams(rooms, view);
    }

    fn show_streams(&mut self, rooms: &Rooms, view: &View) {
        let stream_inputs: Vec<StreamInput<'_>> = view
            .sources
            .iter()
            .filter_map(|source| match &source.kind {
                SourceKind::Stream { stream } => Some((source.id, stream.as_deref())),
                SourceKind::Rtmp { .. } | SourceKind::Capture(_) | SourceKind::Pattern { .. } | SourceKind::Lights => {
                    None
                }
            })
            .collect();
        if stream_inputs.is_empty() {
            return;
        }
        let streams = rooms.every_stream();
        self.taken.retain(|_, (id, _)| streams.iter().any(|stream| stream.id == *id));
        for (source, stream) in assign(&stream_inputs, &self.taken, &streams) {
            match self.engine.show(source, &stream.live) {
                Ok(shown) => {
                    tracing::info!(input = %source, stream = stream.id, "the stream is on the input");
                    self.taken.insert(source, (stream.id.clone(), shown));
                }
                Err(error) => tracing::error!(input = %source, stream = stream.id, "no place: {error}"),
            }
        }
    }
}

/// Opens the room of an input.
fn open(rooms: &Rooms, engine: &Engine, id: SourceId, kind: &SourceKind) {
    let (room, identity) = input_stream(id);
    match kind {
        SourceKind::Rtmp { .. } => {
            if let Some(live) = engine.live(id) {
                rooms.add_input(APP, &room, &identity, live);
            }
        }
        // It is shown in the room that it is published in.
        SourceKind::Stream { .. } => {}
        SourceKind::Pattern { .. } | SourceKind::Capture(_) | SourceKind::Lights => {
            rooms.add_program(APP, &room, &identity, OutputSource::Input(id), engine.encoded_live(id));
        }
    }
}

/// Which stream goes on which input now: first the awaited ones, then the oldest ones to the free inputs.
fn assign<'a>(
    stream_inputs: &[StreamInput<'_>],
    taken: &BTreeMap<SourceId, (String, Shown)>,
    streams: &'a [StreamView],
) -> Vec<(SourceId, &'a StreamView)> {
    let free = || stream_inputs.iter().filter(|(source, _)| !taken.contains_key(source));
    let mut assigned: Vec<(SourceId, &StreamView)> = free()
        .filter_map(|(source, wanted)| Some((*source, streams.iter().find(|s| Some(s.id.as_str()) == *wanted)?)))
        .collect();
    let named = |id: &String| stream_inputs.iter().any(|(_, wanted)| *wanted == Some(id.as_str()));
    let placed = |id: &String| taken.values().any(|(other, _)| other == id);
    let mut loose: Vec<_> = streams.iter().filter(|s| !s.is_input && !named(&s.id) && !placed(&s.id)).collect();
    loose.sort_by_key(|stream| stream.started_at);
    let open = free().filter(|(_, wanted)| wanted.is_none()).map(|(source, _)| *source);
    assigned.extend(open.zip(loose));
    assigned
}
