//! Keeps pulls running: one task for each source, from its creation or the server's start to its removal.
//!
//! ```text
//! puller ─ Packet ─► PullTap ─► task ─ first picture or sound ─► enters the room ─► PublishLease
//! ```
//!
//! The room is entered only when media comes, and left when nothing came for [`QUIET`], so that rooms, lists and
//! callbacks see a source that is there, not each attempt to reach it.
//!
//! Refuses to know: protocols.

use crate::{
    app::{
        access::{
            admission::{Gone, PublishLease},
            contract::Refusal,
        },
        rooms::{Duplicate, PublishRequest, Rooms, Via},
    },
    media::ingest::pull::PullSpec,
    protocol::packet::Packet,
    store::IngressRow,
    tasks,
};
use std::{
    any::Any,
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    sync::mpsc::{self, error::TrySendError},
    task::JoinHandle,
    time::Instant,
};

/// Packets between puller and room; about three seconds of a camera.
const QUEUE: usize = 256;
/// A source without media for so long is no longer live.
const QUIET: Duration = Duration::from_secs(10);
/// How long to wait after a pull could not begin or lost its place, at first and at most.
const PAUSE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));
/// A turn of this length was a good one: the next pause is a first one again.
const GOOD: Duration = Duration::from_secs(30);

/// A source to pull.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullRequest {
    /// The id of the ingress.
    pub ingress: String,
    /// The URL and its options.
    pub spec: PullSpec,
}

/// The state of a pull.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PullState {
    /// It connects, or does so again.
    Connecting,
    /// Packets come.
    Publishing,
    /// A try failed, for this reason; another one follows.
    Failed(String),
    /// The source came to its end.
    Complete,
}

/// Where a pull hands over its packets. The pull is over when all clones are dropped.
#[derive(Clone)]
pub struct PullTap {
    packets: mpsc::Sender<Packet>,
    state: Arc<Mutex<PullState>>,
}

impl PullTap {
    /// Takes a packet without waiting; returns whether more is wanted.
    pub fn take(&self, packet: Packet) -> bool {
        match self.packets.try_send(packet) {
            Ok(()) => true,
            Err(TrySendError::Full(_)) => {
                tracing::warn!("a pulled source brings more than its room takes: a packet is lost");
                true
            }
            Err(TrySendError::Closed(_)) => false,
        }
    }

    /// Notes the state of the pull.
    pub fn set_state(&self, state: PullState) {
        *lock(&self.state) = state;
    }
}

/// Starts to pull into a tap, and continues, over failures of the source, until the returned object is dropped or the
/// source has come to its end. `Err` gives why it could not even start, without secrets.
pub type Puller = Arc<dyn Fn(PullRequest, PullTap) -> Result<Box<dyn Any + Send>, String> + Send + Sync>;

/// See the module's text; clones share it.
#[derive(Clone)]
pub(super) struct Pulls(Arc<Inner>);

struct Inner {
    rooms: Rooms,
    puller: Puller,
    runtime: tokio::runtime::Handle,
    running: Mutex<HashMap<String, Running>>,
}

struct Running {
    app: String,
    room: String,
    state: Arc<Mutex<PullState>>,
    task: JoinHandle<()>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        for (_, running) in self.running.get_mut().unwrap_or_else(PoisonError::into_inner).drain() {
            running.task.abort();
        }
    }
}

impl Pulls {
    pub fn new(rooms: Rooms, puller: Puller) -> Self {
        let runtime = tokio::runtime::Handle::current();
        Self(Arc::new(Inner { rooms, puller, runtime, running: Mutex::default() }))
    }

    /// Begins to pull, if the ingress is a pull and not running yet.
    pub fn start(&self, row: &IngressRow) {
        let Some(url) = &row.url else { return };
        let spec = match PullSpec::of(url, false) {
            Ok(spec) => spec,
            Err(error) => return tracing::error!(ingress = row.id, "an ingress cannot be pulled: {error}"),
        };
        let mut running = self.running();
        if running.contains_key(&row.id) {
            return;
        }
        let state = Arc::new(Mutex::new(PullState::Connecting));
        let source = Source {
            request: PullRequest { ingress: row.id.clone(), spec },
            publish_request: PublishRequest {
                app: row.app.clone(),
                room: row.room.clone(),
                identity: row.identity.clone(),
                name: row.name.clone(),
                via: Via::Rtsp,
                ingress: Some(row.id.clone()),
                duplicate: Duplicate::Challenge,
            },
            rooms: self.0.rooms.clone(),
            puller: self.0.puller.clone(),
            state: state.clone(),
        };
        let _runtime = self.0.runtime.enter();
        let source = Arc::new(source);
        let task = tasks::restarting("ingress", move || source.clone().keep());
        running.insert(row.id.clone(), Running { app: row.app.clone(), room: row.room.clone(), state, task });
    }

    /// Stops pulling; the room is left soon after.
    pub fn stop(&self, id: &str) {
        if let Some(running) = self.running().remove(id) {
            running.task.abort();
        }
    }

    /// Stops all pulls except those whose app and room `stays` accepts.
    pub fn retain(&self, stays: impl Fn(&str, &str) -> bool) {
        self.running().retain(|_, running| {
            let stays = stays(&running.app, &running.room);
            if !stays {
                running.task.abort();
            }
            stays
        });
    }

    /// The state of a pull; `None` when there is none.
    pub fn state(&self, id: &str) -> Option<PullState> {
        self.running().get(id).map(|running| lock(&running.state).clone())
    }

    fn running(&self) -> MutexGuard<'_, HashMap<String, Running>> {
        lock(&self.0.running)
    }
}

/// Why a turn of pulling ended before the source did.
#[derive(Debug, thiserror::Error)]
enum Lost {
    #[error("{0}")]
    Source(String),
    #[error(transparent)]
    Room(#[from] Refusal),
    #[error("the place in the room was taken away")]
    Evicted,
}

impl From<Gone> for Lost {
    fn from(_: Gone) -> Self {
        Self::Evicted
    }
}

struct Source {
    request: PullRequest,
    publish_request: PublishRequest,
    rooms: Rooms,
    puller: Puller,
    state: Arc<Mutex<PullState>>,
}

impl Source {
    async fn keep(self: Arc<Self>) {
        let mut pause = PAUSE.0;
        loop {
            *lock(&self.state) = PullState::Connecting;
            let began = Instant::now();
            match self.turn().await {
                Ok(()) => {
                    tracing::info!(ingress = self.request.ingress, "a pulled source came to its end");
                    *lock(&self.state) = PullState::Complete;
                    return;
                }
                Err(lost) => {
                    tracing::warn!(ingress = self.request.ingress, "a source is not pulled: {lost}");
                    let mut state = lock(&self.state);
                    // The source's own reason says more.
                    if !matches!(*state, PullState::Failed(_)) {
                        *state = PullState::Failed(lost.to_string());
                    }
                }
            }
            if began.elapsed() >= GOOD {
                pause = PAUSE.0;
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSE.1);
        }
    }

    /// Pulls until the source has come to its end, or its place is lost.
    async fn turn(&self) -> Result<(), Lost> {
        let (packets, mut queue) = mpsc::channel(QUEUE);
        let tap = PullTap { packets, state: self.state.clone() };
        let _pull = (self.puller)(self.request.clone(), tap).map_err(Lost::Source)?;
        let mut lease =
            PullLease { rooms: &self.rooms, publish_request: &self.publish_request, lease: None, known: [None, None] };
        let mut quiet_at = Instant::now() + QUIET;
        loop {
            tokio::select! {
                packet = queue.recv() => match packet {
                    Some(packet) => {
                        lease.pass(packet).await?;
                        quiet_at = Instant::now() + QUIET;
                    }
                    None if *lock(&self.state) == PullState::Complete => return Ok(()),
                    None => return Err(Lost::Source("the pull broke off".to_owned())),
                },
                () = lease.evicted() => return Err(Lost::Evicted),
                () = tokio::time::sleep_until(quiet_at), if lease.lease.is_some() => lease.lease = None,
            }
        }
    }
}

/// The source's place in its room.
struct PullLease<'a> {
    rooms: &'a Rooms,
    publish_request: &'a PublishRequest,
    lease: Option<PublishLease>,
    /// The configurations of picture and sound, which each new listener needs first.
    known: [Option<Packet>; 2],
}

impl PullLease<'_> {
    async fn pass(&mut self, packet: Packet) -> Result<(), Lost> {
        let configures = match &packet {
            Packet::VideoConfig { .. } => Some(0),
            Packet::AudioConfig { .. } => Some(1),
            Packet::Video { .. } | Packet::Audio { .. } => None,
        };
        if let Some(known) = configures.and_then(|which: usize| self.known.get_mut(which)) {
            *known = Some(packet.clone());
        }
        match (&self.lease, configures) {
            (Some(lease), _) => {
                lease.alive();
                lease.push(packet)?;
            }
            (None, Some(_)) => {}
            (None, None) => {
                let lease = self.rooms.enter(self.publish_request.clone()).await?;
                for known in self.known.iter().flatten() {
                    lease.push(known.clone())?;
                }
                lease.push(packet)?;
                self.lease = Some(lease);
            }
        }
        Ok(())
    }

    /// Ends when the place is taken away; never while there is none.
    async fn evicted(&self) {
        match &self.lease {
            Some(lease) => lease.evicted.cancelled().await,
            None => std::future::pending().await,
        }
    }
}

/// A panic elsewhere leaves the state whole: every change is one insertion, removal or assignment.
fn lock<T>(state: &Mutex<T>) -> MutexGuard<'_, T> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
