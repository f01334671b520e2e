//! Rooms: their publishers, their viewers, and the messages between them.
//!
//! A room belongs to an application and lasts as long as it is used. A publisher enters it under an identity and gets a
//! [`PublishLease`]; its stream `<room>/<identity>` stays the same [`Live`] when it leaves and returns, so that viewers
//! stay connected. Viewers take a [`Live`] by a [`StreamSelector`], before or after a publisher comes.
//!
//! Refuses to know: credentials, protocols, rows. The one writer of what is live.

pub mod about;
pub mod app_removal;
pub mod apps;
pub mod cameras;
pub mod demux;
mod event;
mod follow;
pub mod hls;
pub mod ingress;
pub mod intake;
pub mod journal;
pub mod live;
mod room;
pub mod snapshots;
pub mod stream_log;
mod viewer;

pub use event::{
    DataMessage, EndReason, Message, Participant, RoomEvent, RoomEvents, RoomFact, StreamFact, Topic, Via,
};
pub use room::StreamView;
pub use viewer::{Viewer, ViewerGuard, ViewerKind};

use crate::app::{
    access::{admission::PublishLease, contract::Refusal, publish_lease::PublishLeases},
    rooms::live::Live,
};
pub use crate::domain::output::{Layout, StreamSelector};
use crate::{
    domain::{
        output::{OutputSource, RoomStream},
        time::{Format, Rate},
    },
    media::{clock::ShowClock, composite, engine::RoomStreams},
};
use event::PendingEvents;
use room::{Room, RoomLifetime};
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::sync::{broadcast, mpsc, watch};

/// Format of the composite of a room.
const COMPOSITE: Format = Format { width: 1280, height: 720, rate: Rate { num: 30, den: 1 } };
/// Unused rooms are removed each time this many more rooms exist.
const SWEEP: usize = 256;

/// A publisher that asks to enter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishRequest {
    /// The application's name.
    pub app: String,
    /// The room's full name.
    pub room: String,
    /// The publisher's identity; unique in the room.
    pub identity: String,
    /// Its display name.
    pub name: Option<String>,
    /// How it connects.
    pub via: Via,
    /// The ingress it comes by.
    pub ingress: Option<String>,
    /// What happens when another publisher has this identity already.
    pub duplicate: Duplicate,
}

/// What a second publisher under the same identity does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Duplicate {
    /// It gets in only if the first one is silent: encoders that reconnect after a broken line.
    Challenge,
    /// It takes over at once.
    Replace,
}

/// The rooms; clones share them.
#[derive(Clone)]
pub struct Rooms(Arc<Inner>);

/// A reference to the rooms that does not keep them alive.
#[derive(Clone)]
pub struct WeakRooms(Weak<Inner>);

impl WeakRooms {
    /// The rooms, if they still exist.
    pub fn upgrade(&self) -> Option<Rooms> {
        self.0.upgrade().map(Rooms)
    }
}

impl RoomStreams for WeakRooms {
    fn live(&self, stream: &RoomStream) -> Option<Arc<Live>> {
        let rooms = self.upgrade()?;
        let app = rooms.0.lock().get(&stream.room)?.app.clone();
        Some(rooms.live(&app, &stream.room, &stream.stream))
    }
}

struct Inner {
    clock: ShowClock,
    runtime: tokio::runtime::Handle,
    leases: PublishLeases,
    rooms: Mutex<HashMap<String, Room>>,
    /// Numbers of streams by their ids, as they are kept in rows, and the highest one.
    numbers: Mutex<(HashMap<String, i64>, i64)>,
    next: AtomicU64,
    events: mpsc::UnboundedSender<RoomEvent>,
    /// Counts beginnings and ends of streams.
    changes: watch::Sender<u64>,
}

impl Rooms {
    /// No rooms, and the events of those that will be, for their one subscriber. `numbers` are those that streams had
    /// before. Must be called within a tokio runtime.
    pub fn new(clock: ShowClock, numbers: HashMap<String, i64>) -> (Self, RoomEvents) {
        let (events, subscriber) = mpsc::unbounded_channel();
        let highest = numbers.values().copied().max().unwrap_or(0);
        let rooms = Self(Arc::new(Inner {
            clock,
            runtime: tokio::runtime::Handle::current(),
            leases: PublishLeases::new(),
            rooms: Mutex::default(),
            numbers: Mutex::new((numbers, highest)),
            next: AtomicU64::new(1),
            events,
            changes: watch::Sender::new(0),
        }));
        (rooms, subscriber)
    }

    /// Admits a publisher.
    ///
    /// # Errors
    /// [`Refusal::InUse`] when another one publishes under the identity and [`Duplicate::Challenge`] was requested.
    pub async fn enter(&self, publish_request: PublishRequest) -> Result<PublishLease, Refusal> {
        let id = format!("{}/{}", publish_request.room, publish_request.identity);
        let hold = match publish_request.duplicate {
            Duplicate::Challenge => self.0.leases.take(&id).await?,
            Duplicate::Replace => self.0.leases.seize(&id),
        };
        let lease = self.0.next.fetch_add(1, Ordering::Relaxed);
        let number = self.0.number(&id);
        let mut pending = PendingEvents::now();
        let live = {
            let mut rooms = self.0.lock();
            let room = self.0.room(&mut rooms, &publish_request.app, &publish_request.room);
            let live = room.enter(&publish_request, lease, number, &self.0.clock, &mut pending);
            self.0.tell(pending);
            live
        };
        let leave = Leave {
            rooms: Arc::downgrade(&self.0),
            room: publish_request.room,
            identity: publish_request.identity,
            lease,
        };
        Ok(PublishLease::on_stream(live.begin(), hold, Box::new(leave)))
    }

    /// Adds a stream of the server's own that is always live, e.g. program; `source` is what it is.
    pub fn add_program(&self, app: &str, room: &str, identity: &str, source: OutputSource, live: Arc<Live>) {
        self.0.room(&mut self.0.lock(), app, room).add(identity, live, RoomLifetime::Always, Some(source));
    }

    /// Adds a stream that an input of the switcher waits for; it is live while a publisher sends it. Adding the same
    /// one again changes nothing.
    pub fn add_input(&self, app: &str, room: &str, identity: &str, live: Arc<Live>) {
        self.0.room(&mut self.0.lock(), app, room).add(identity, live, RoomLifetime::Kept, None);
    }

    /// The name for outputs of the stream that a viewer wants: a stream of the server's own has a name without a room.
    pub fn output_source(&self, room: &str, selector: &StreamSelector) -> OutputSource {
        let own = self.0.lock().get(room).and_then(|room| room.own_source(selector).cloned());
        own.unwrap_or_else(|| OutputSource::Room(RoomStream { room: room.to_owned(), stream: selector.clone() }))
    }

    /// Removes a stream that was added. Its publisher is evicted; viewers wait for the next one.
    pub fn remove(&self, room: &str, identity: &str, reason: EndReason) {
        let mut pending = PendingEvents::now();
        let gone = {
            let mut rooms = self.0.lock();
            let gone = rooms.get_mut(room).and_then(|inside| {
                inside.leave(identity, None, Some(reason), &mut pending);
                inside.remove(identity)
            });
            self.0.tell(pending);
            gone
        };
        drop(gone); // not under the lock: dropping it may call back into the rooms
        self.0.leases.evict(&format!("{room}/{identity}"));
        self.0.sweep(room);
    }

    /// The stream that a viewer wants. It exists before a publisher connects and after it left.
    pub fn live(&self, app: &str, room: &str, selector: &StreamSelector) -> Arc<Live> {
        let mut rooms = self.0.lock();
        let inside = self.0.room(&mut rooms, app, room);
        match selector {
            StreamSelector::Stream(identity) => inside.stream_live(identity, &self.0.clock),
            StreamSelector::Layout(layout) => {
                let (name, members) = (format!("{room} ({layout:?})"), inside.members());
                let clock = self.0.clock.clone();
                inside.shared(selector, || composite::composite(name, clock, COMPOSITE, members, *layout))
            }
            StreamSelector::Auto => {
                let (name, watched) = (format!("{room} (auto)"), inside.current());
                inside.shared(selector, || follow::follow(name, &self.0.clock, &self.0.runtime, watched))
            }
        }
    }

    /// The streams that are published, by application; newest first. Permanent streams are not among them.
    pub fn streams(&self, app: &str) -> Vec<StreamView> {
        let rooms = self.0.lock();
        let mut streams: Vec<_> = rooms.values().filter(|room| room.app == app).flat_map(Room::streams).collect();
        streams.sort_by(|a, b| b.started_at.cmp(&a.started_at).then(b.number.cmp(&a.number)));
        streams
    }

    /// Whether a room has a stream to show: a publisher's, or one of the server's own.
    pub fn is_live(&self, room: &str, selector: &StreamSelector) -> bool {
        let rooms = self.0.lock();
        let identity = match selector {
            StreamSelector::Stream(identity) => Some(identity.as_str()),
            StreamSelector::Auto | StreamSelector::Layout(_) => None,
        };
        rooms.get(room).is_some_and(|room| room.is_live(identity))
    }

    /// Whether a room has a stream of the server's own or of one of its inputs, live or not.
    pub fn is_kept(&self, room: &str) -> bool {
        self.0.lock().get(room).is_some_and(Room::is_kept)
    }

    /// The streams that are published, in all applications.
    pub fn every_stream(&self) -> Vec<StreamView> {
        self.0.lock().values().flat_map(Room::streams).collect()
    }

    /// A reference to the rooms that does not keep them alive.
    pub fn downgrade(&self) -> WeakRooms {
        WeakRooms(Arc::downgrade(&self.0))
    }

    /// A stream that is being published, by its id `<room>/<identity>`.
    pub fn stream(&self, id: &str) -> Option<StreamView> {
        let (room, identity) = id.split_once('/')?;
        self.0.lock().get(room)?.stream(identity)
    }

    /// Ends a publisher by its stream's id. Gives whether there was one.
    pub fn stop(&self, id: &str, reason: Option<EndReason>) -> bool {
        let Some((room, identity)) = id.split_once('/') else { return false };
        let mut pending = PendingEvents::now();
        let left = {
            let mut rooms = self.0.lock();
            let left = rooms.get_mut(room).is_some_and(|room| room.leave(identity, None, reason, &mut pending));
            self.0.tell(pending);
            left
        };
        self.0.leases.evict(id);
        left
    }

    /// Counts a viewer of a room until the guard is dropped.
    pub fn view(&self, app: &str, room: &str, viewer: Viewer) -> ViewerGuard {
        let id = self.0.next.fetch_add(1, Ordering::Relaxed);
        let mut pending = PendingEvents::now();
        {
            let mut rooms = self.0.lock();
            self.0.room(&mut rooms, app, room).come(id, viewer, &mut pending);
            self.0.tell(pending);
        }
        ViewerGuard { rooms: Arc::downgrade(&self.0), room: room.to_owned(), id }
    }

    /// The number of viewers, without hidden ones.
    pub fn viewers(&self, room: &str) -> usize {
        self.0.lock().get(room).map_or(0, Room::viewers)
    }

    /// Reports a push that was refused for its password: no change of a room.
    pub fn push_refused(&self, app: &str, room: &str, stream: StreamFact) {
        let mut pending = PendingEvents::now();
        pending.add((app, room), RoomFact::PushRefused(stream));
        self.0.tell(pending);
    }

    /// Changes with each beginning and end of a stream; several in quick succession may come as one.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.0.changes.subscribe()
    }

    /// Sends a message to all participants of a room; `server` marks a message of the API, which becomes an event.
    /// Gives how many received it.
    pub fn send_message(&self, app: &str, room: &str, message: DataMessage) -> usize {
        let message = Arc::new(message);
        let mut pending = PendingEvents::now();
        let mut rooms = self.0.lock();
        let delivered = self.0.room(&mut rooms, app, room).send_message(message, &mut pending);
        self.0.tell(pending);
        delivered
    }

    /// The messages of a room from now on.
    pub fn messages(&self, app: &str, room: &str) -> broadcast::Receiver<Arc<DataMessage>> {
        self.0.room(&mut self.0.lock(), app, room).messages()
    }
}

impl Inner {
    fn number(&self, id: &str) -> i64 {
        let mut numbers = self.numbers.lock().unwrap_or_else(PoisonError::into_inner);
        let (numbers, highest) = &mut *numbers;
        *numbers.entry(id.to_owned()).or_insert_with(|| {
            *highest += 1;
            *highest
        })
    }

    /// A room, which is made when it does not exist. Unused rooms are removed now and then, so that requests for
    /// made-up names hold no memory.
    fn room<'a>(&self, rooms: &'a mut HashMap<String, Room>, app: &str, room: &str) -> &'a mut Room {
        if rooms.len() >= SWEEP && rooms.len().is_multiple_of(SWEEP) && !rooms.contains_key(room) {
            rooms.retain(|_, room| !room.is_unused());
        }
        rooms.entry(room.to_owned()).or_insert_with(|| Room::new(app, room))
    }

    fn leave(&self, room: &str, identity: &str, lease: u64) {
        let mut pending = PendingEvents::now();
        {
            let mut rooms = self.lock();
            if let Some(inside) = rooms.get_mut(room) {
                inside.leave(identity, Some(lease), None, &mut pending);
            }
            self.tell(pending);
        }
        self.sweep(room);
    }

    /// Removes a room that is not used.
    fn sweep(&self, room: &str) {
        let mut rooms = self.lock();
        let unused = rooms.get_mut(room).is_some_and(|room| room.is_unused());
        let room = if unused { rooms.remove(room) } else { None };
        drop(rooms); // dropping it may call back into the rooms
        drop(room);
    }

    /// Sends events; with the rooms locked if they were changed.
    fn tell(&self, pending: PendingEvents) {
        let streams =
            |event: &RoomEvent| matches!(event.fact, RoomFact::StreamStarted { .. } | RoomFact::StreamEnded { .. });
        let changed = pending.events.iter().any(streams);
        for event in pending.events {
            tracing::debug!(?event, "room event");
            let _ = self.events.send(event); // without a subscriber nothing is written
        }
        if changed {
            self.changes.send_modify(|count| *count += 1);
        }
    }

    /// A panic elsewhere leaves the map whole: every change is one insertion or one removal.
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Room>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Leaves a room when a lease is dropped.
struct Leave {
    rooms: Weak<Inner>,
    room: String,
    identity: String,
    lease: u64,
}

impl Drop for Leave {
    fn drop(&mut self) {
        if let Some(rooms) = self.rooms.upgrade() {
            rooms.leave(&self.room, &self.identity, self.lease);
        }
    }
}
