//! One room: its streams, its viewers, its messages. Sans-IO, but for the streams it holds.

use super::{
    DataMessage, PublishRequest, StreamSelector, Viewer,
    event::{EndReason, Participant, PendingEvents, RoomFact, StreamFact, Via},
};
use crate::{
    domain::output::OutputSource,
    media::{clock::ShowClock, live::Live},
};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Weak},
    time::SystemTime,
};
use tokio::sync::{broadcast, watch};

/// Messages that a slow listener may lag behind.
const MESSAGES: usize = 256;

/// See the module's text.
pub(super) struct Room {
    pub app: String,
    name: String,
    streams: BTreeMap<String, Stream>,
    viewers: HashMap<u64, Viewer>,
    /// Streams derived from the room's, e.g. its composite, as long as they are used.
    shared: HashMap<StreamSelector, Weak<Live>>,
    current: watch::Sender<Option<Arc<Live>>>,
    members: watch::Sender<Vec<(String, Arc<Live>)>>,
    messages: broadcast::Sender<Arc<DataMessage>>,
}

/// A publisher's stream; between publishers it is kept only as long as it has listeners.
struct Stream {
    live: LiveRef,
    number: i64,
    /// The lease that publishes.
    lease: Option<u64>,
    via: Via,
    name: Option<String>,
    ingress: Option<String>,
    started_at: SystemTime,
    lifetime: RoomLifetime,
    /// Its source for outputs, where it is the server's own.
    source: Option<OutputSource>,
}

/// How long a stream exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RoomLifetime {
    /// While it has a publisher or listeners.
    Passing,
    /// As long as the server runs; it is live while it has a publisher.
    Kept,
    /// As long as the server runs, and always live.
    Always,
}

enum LiveRef {
    Strong(Arc<Live>),
    Weak(Weak<Live>),
}

impl LiveRef {
    fn get(&self) -> Option<Arc<Live>> {
        match self {
            Self::Strong(live) => Some(live.clone()),
            Self::Weak(live) => live.upgrade(),
        }
    }
}

/// A stream that is being published.
#[derive(Clone)]
pub struct StreamView {
    /// `<room>/<identity>`.
    pub id: String,
    /// Its number among all streams there ever were.
    pub number: i64,
    pub app: String,
    pub room: String,
    pub identity: String,
    pub name: Option<String>,
    pub via: Via,
    pub ingress: Option<String>,
    pub started_at: SystemTime,
    /// Viewers and publishers of the room.
    pub viewers: usize,
    pub publishers: usize,
    /// Whether it is an input of the switcher, whose publisher the settings define.
    pub is_input: bool,
    pub live: Arc<Live>,
}

impl Room {
    pub fn new(app: &str, name: &str) -> Self {
        Self {
            app: app.to_owned(),
            name: name.to_owned(),
            streams: BTreeMap::new(),
            viewers: HashMap::new(),
            shared: HashMap::new(),
            current: watch::Sender::new(None),
            members: watch::Sender::new(Vec::new()),
            messages: broadcast::channel(MESSAGES).0,
        }
    }

    /// A publisher takes its place. One that takes over from another goes on with its stream.
    pub fn enter(
        &mut self,
        publish_request: &PublishRequest,
        lease: u64,
        number: i64,
        clock: &ShowClock,
        pending: &mut PendingEvents,
    ) -> Arc<Live> {
        let first = self.publishing().next().is_none();
        let live = self.stream_live(&publish_request.identity, clock);
        let before = self.streams.get(&publish_request.identity).filter(|stream| stream.lease.is_some());
        let (took_over, started_at) = (before.is_some(), before.map_or(pending.at, |stream| stream.started_at));
        let lifetime =
            self.streams.get(&publish_request.identity).map_or(RoomLifetime::Passing, |stream| stream.lifetime);
        let stream = Stream {
            live: LiveRef::Strong(live.clone()),
            number,
            lease: Some(lease),
            via: publish_request.via,
            name: publish_request.name.clone(),
            ingress: publish_request.ingress.clone(),
            started_at,
            lifetime,
            source: None,
        };
        self.streams.insert(publish_request.identity.clone(), stream);
        self.changed();
        if !took_over {
            let here = (self.app.as_str(), self.name.as_str());
            if first {
                pending.add(here, RoomFact::RoomStarted);
            }
            pending.add(here, RoomFact::ParticipantJoined(publisher(&publish_request.identity)));
            if let Some(ingress) = publish_request.ingress.clone() {
                pending.add(here, RoomFact::IngressStarted { ingress });
            }
            let (identity, ingress) = (publish_request.identity.clone(), publish_request.ingress.clone());
            let stream = StreamFact { identity, via: publish_request.via, ingress };
            pending.add(here, RoomFact::StreamStarted { stream, number });
        }
        live
    }

    /// A publisher leaves: the one on this lease, or any. Gives whether there was one.
    pub fn leave(
        &mut self,
        identity: &str,
        lease: Option<u64>,
        reason: Option<EndReason>,
        pending: &mut PendingEvents,
    ) -> bool {
        let there = |stream: &&mut Stream| stream.lease.is_some() && (lease.is_none() || stream.lease == lease);
        let Some(stream) = self.streams.get_mut(identity).filter(there) else { return false };
        stream.lease = None;
        if let Some(live) = stream.live.get().filter(|_| stream.lifetime == RoomLifetime::Passing) {
            stream.live = LiveRef::Weak(Arc::downgrade(&live));
        }
        let ingress = stream.ingress.clone();
        let stream = StreamFact { identity: identity.to_owned(), via: stream.via, ingress: ingress.clone() };
        self.changed();
        let here = (self.app.as_str(), self.name.as_str());
        pending.add(here, RoomFact::StreamEnded { stream, reason });
        if let Some(ingress) = ingress {
            pending.add(here, RoomFact::IngressEnded { ingress });
        }
        pending.add(here, RoomFact::ParticipantLeft(publisher(identity)));
        if self.publishing().next().is_none() {
            pending.add(here, RoomFact::RoomFinished);
        }
        true
    }

    /// A stream of the server's own, or of one of its inputs. An existing one keeps its publisher. `source` is its
    /// source for outputs, where it is the server's own.
    pub fn add(&mut self, identity: &str, live: Arc<Live>, lifetime: RoomLifetime, source: Option<OutputSource>) {
        let is_there = |stream: &Stream| {
            stream.lifetime == lifetime && stream.live.get().is_some_and(|known| Arc::ptr_eq(&known, &live))
        };
        if self.streams.get(identity).is_some_and(is_there) {
            return;
        }
        let stream = Stream {
            live: LiveRef::Strong(live),
            number: 0,
            lease: None,
            via: Via::Webrtc,
            name: None,
            ingress: None,
            started_at: SystemTime::UNIX_EPOCH,
            lifetime,
            source,
        };
        self.streams.insert(identity.to_owned(), stream);
        self.changed();
    }

    /// Removes a stream; gives its live stream.
    pub fn remove(&mut self, identity: &str) -> Option<Arc<Live>> {
        let stream = self.streams.remove(identity);
        self.changed();
        stream.and_then(|stream| stream.live.get())
    }

    /// The stream's source for outputs, where it is the server's own.
    pub fn own_source(&self, selector: &StreamSelector) -> Option<&OutputSource> {
        match selector {
            StreamSelector::Stream(identity) => self.streams.get(identity)?.source.as_ref(),
            StreamSelector::Auto => {
                let current = self.current.borrow();
                let shown = |stream: &&Stream| {
                    stream.live.get().zip(current.as_ref()).is_some_and(|(live, shown)| Arc::ptr_eq(&live, shown))
                };
                self.streams.values().find(shown)?.source.as_ref()
            }
            StreamSelector::Layout(_) => None,
        }
    }

    /// The stream of an identity, live or not.
    pub fn stream_live(&mut self, identity: &str, clock: &ShowClock) -> Arc<Live> {
        if let Some(live) = self.streams.get(identity).and_then(|stream| stream.live.get()) {
            return live;
        }
        let live = Live::new(self.id(identity), clock.clone());
        let stream = Stream {
            live: LiveRef::Weak(Arc::downgrade(&live)),
            number: 0,
            lease: None,
            via: Via::Webrtc,
            name: None,
            ingress: None,
            started_at: SystemTime::UNIX_EPOCH,
            lifetime: RoomLifetime::Passing,
            source: None,
        };
        self.streams.insert(identity.to_owned(), stream);
        live
    }

    /// A stream derived from the room's, made anew when it is no longer used.
    pub fn shared(&mut self, selector: &StreamSelector, make: impl FnOnce() -> Arc<Live>) -> Arc<Live> {
        if let Some(live) = self.shared.get(selector).and_then(Weak::upgrade) {
            return live;
        }
        let live = make();
        self.shared.insert(selector.clone(), Arc::downgrade(&live));
        live
    }

    /// The stream that [`StreamSelector::Auto`] shows.
    pub fn current(&self) -> watch::Receiver<Option<Arc<Live>>> {
        self.current.subscribe()
    }

    /// The members of the composite.
    pub fn members(&self) -> watch::Receiver<Vec<(String, Arc<Live>)>> {
        self.members.subscribe()
    }

    pub fn come(&mut self, id: u64, viewer: Viewer, pending: &mut PendingEvents) {
        let participant = Participant { identity: viewer.identity.clone(), hidden: viewer.hidden };
        pending.add((&self.app, &self.name), RoomFact::ParticipantJoined(participant));
        self.viewers.insert(id, viewer);
    }

    pub fn go(&mut self, id: u64, pending: &mut PendingEvents) {
        if let Some(viewer) = self.viewers.remove(&id) {
            let participant = Participant { identity: viewer.identity, hidden: viewer.hidden };
            pending.add((&self.app, &self.name), RoomFact::ParticipantLeft(participant));
        }
    }

    pub fn viewers(&self) -> usize {
        self.viewers.values().filter(|viewer| !viewer.hidden).count()
    }

    pub fn send_message(&mut self, message: Arc<DataMessage>, pending: &mut PendingEvents) -> usize {
        if let Some(event) = &message.event {
            pending.add((&self.app, &self.name), RoomFact::MessageSent((**event).clone()));
        }
        self.messages.send(message).unwrap_or(0)
    }

    pub fn messages(&self) -> broadcast::Receiver<Arc<DataMessage>> {
        self.messages.subscribe()
    }

    pub fn streams(&self) -> impl Iterator<Item = StreamView> {
        self.publishing().filter_map(|(identity, _)| self.stream(identity))
    }

    pub fn stream(&self, identity: &str) -> Option<StreamView> {
        let stream = self.streams.get(identity).filter(|stream| stream.lease.is_some())?;
        Some(StreamView {
            id: self.id(identity),
            number: stream.number,
            app: self.app.clone(),
            room: self.name.clone(),
            identity: identity.to_owned(),
            name: stream.name.clone(),
            via: stream.via,
            ingress: stream.ingress.clone(),
            started_at: stream.started_at,
            viewers: self.viewers(),
            publishers: self.publishing().count(),
            is_input: stream.lifetime == RoomLifetime::Kept,
            live: stream.live.get()?,
        })
    }

    /// Whether any stream is published, or this one.
    pub fn is_live(&self, identity: Option<&str>) -> bool {
        self.publishing().any(|(name, _)| identity.is_none_or(|identity| identity == name))
    }

    /// Whether any of its streams exists as long as the server runs.
    pub fn is_kept(&self) -> bool {
        self.streams.values().any(|stream| stream.lifetime != RoomLifetime::Passing)
    }

    /// Whether it can be removed. Streams that are no longer used are removed here.
    pub fn is_unused(&mut self) -> bool {
        self.shared.retain(|_, live| live.strong_count() > 0);
        if self.shared.is_empty() && self.publishing().next().is_none() {
            self.current.send_replace(None); // it kept the last publisher's stream
        }
        self.streams.retain(|_, stream| stream.lease.is_some() || stream.live.get().is_some());
        let has_receivers = self.messages.receiver_count() > 0;
        self.streams.is_empty() && self.shared.is_empty() && self.viewers.is_empty() && !has_receivers
    }

    fn publishing(&self) -> impl Iterator<Item = (&str, &Stream)> {
        self.streams
            .iter()
            .filter(|(_, s)| s.lease.is_some() || s.lifetime == RoomLifetime::Always)
            .map(|(identity, s)| (identity.as_str(), s))
    }

    /// Chooses the current publisher: it stays until it leaves; then the oldest one follows.
    fn changed(&mut self) {
        let members: Vec<_> = self
            .publishing()
            .filter_map(|(identity, stream)| Some((identity.to_owned(), stream.live.get()?, stream.started_at)))
            .collect();
        self.current.send_if_modified(|current| {
            let stays = |now: &Arc<Live>| members.iter().any(|(_, live, _)| Arc::ptr_eq(live, now));
            if current.as_ref().is_some_and(stays) {
                return false;
            }
            let Some((_, next, _)) = members.iter().min_by_key(|(.., started_at)| *started_at) else {
                // The last publisher may return; its viewers wait for it.
                return false;
            };
            *current = Some(next.clone());
            true
        });
        self.members.send_replace(members.into_iter().map(|(identity, live, _)| (identity, live)).collect());
    }

    fn id(&self, identity: &str) -> String {
        format!("{}/{identity}", self.name)
    }
}

/// The participant of a publisher, which is never hidden.
fn publisher(identity: &str) -> Participant {
    Participant { identity: identity.to_owned(), hidden: false }
}
