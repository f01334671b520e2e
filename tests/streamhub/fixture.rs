//! The live parts beneath the plane: rooms with publishers of the test's own, and a puller and a camera for snapshots
//! that act on command.

use futures::future::BoxFuture;
use lumencast::{
    api::streamhub,
    app::{
        access::admission::PublishLease,
        rooms::{
            Duplicate, PublishRequest, RoomEvent, Rooms, StreamFact, Via, app_removal,
            apps::Apps,
            cameras::Cameras,
            ingress::{Ingresses, PullRequest, PullTap},
            journal::Journal,
            snapshots::{SnapFault, SnapshotCache, Snapshots},
            stream_log::StreamLog,
        },
    },
    media::clock::ShowClock,
    protocol::packet::{Packet, VideoCodec},
    store::Store,
};
use serde_json::Value;
use std::{any::Any, path::Path, sync::Arc, time::Duration};
use tokio::{
    sync::{Mutex, broadcast, mpsc},
    time::timeout,
};
use tokio_util::sync::{CancellationToken, DropGuard};

/// How long anything may take to be seen.
pub const TIMEOUT: Duration = Duration::from_secs(10);

/// See the module's text.
pub struct Fixture {
    pub rooms: Rooms,
    pub ingresses: Ingresses,
    pub cameras: Cameras,
    pub log: StreamLog,
    pub snapshot_cache: SnapshotCache,
    events: broadcast::Sender<RoomEvent>,
    pulls: Mutex<mpsc::UnboundedReceiver<Pulled>>,
}

/// A pull that was begun.
pub struct Pulled {
    pub request: PullRequest,
    pub tap: PullTap,
    /// Fires when it is no longer wanted.
    pub dropped: CancellationToken,
}

/// A picture of 1280x720, as far as its head is read here.
pub const JPEG: &[u8] = &[0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 2, 208, 5, 0, 0xff, 0xd9];

/// A picture `ms` after the publisher's zero.
pub fn picture(ms: u64) -> Packet {
    let at = Duration::from_millis(ms);
    Packet::Video { codec: VideoCodec::Jpeg, pts: at, dts: at, keyframe: true, data: JPEG.into() }
}

/// The configuration before the pictures.
pub fn configuration() -> Packet {
    Packet::VideoConfig { codec: VideoCodec::Jpeg, record: bytes::Bytes::new() }
}

/// Takes a picture of any publisher.
struct Photographer(Rooms);

impl Snapshots for Photographer {
    fn take<'a>(
        &'a self,
        app: &'a str,
        room: &'a str,
        identity: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Vec<u8>, SnapFault>> {
        let streams = self.0.streams(app);
        let there = streams.iter().any(|s| s.room == room && identity.is_none_or(|identity| s.identity == identity));
        Box::pin(async move { if there { Ok(JPEG.to_vec()) } else { Err(SnapFault::Nothing) } })
    }
}

impl Fixture {
    pub async fn open(store: &Store, apps: &Apps, folder: &Path) -> Self {
        gst::init().expect("GStreamer");
        let (journal, numbers) = Journal::open(store).await.expect("rows");
        let (rooms, mut happened) = Rooms::new(ShowClock::start(), numbers);
        // The journal gets all of it, and tests that listen too.
        let (journals, to_journal) = mpsc::unbounded_channel();
        let (events, _) = broadcast::channel(1024);
        let listening = events.clone();
        tokio::spawn(async move {
            while let Some(event) = happened.recv().await {
                let _ = listening.send(event.clone());
                let _ = journals.send(event);
            }
        });
        journal.follow(to_journal);
        let log = StreamLog::new(store);
        let (begun, pulls) = mpsc::unbounded_channel();
        let puller = move |request, tap| {
            let dropped = CancellationToken::new();
            let guard: DropGuard = dropped.clone().drop_guard();
            let _ = begun.send(Pulled { request, tap, dropped });
            Ok(Box::new(guard) as Box<dyn Any + Send>)
        };
        let ingresses = Ingresses::new(store, apps.clone(), rooms.clone(), Arc::new(puller));
        let cameras = Cameras::new(store, apps.clone());
        tokio::spawn(app_removal::follow(apps.clone(), rooms.clone(), ingresses.clone(), cameras.clone()));
        let snapshot_cache = SnapshotCache::new(folder.join("snapshots"), Arc::new(Photographer(rooms.clone())));
        Self { rooms, ingresses, cameras, log, snapshot_cache, events, pulls: Mutex::new(pulls) }
    }

    /// Enters a room and sends a picture.
    pub async fn publish(
        &self,
        app: &str,
        room: &str,
        identity: &str,
        via: Via,
        ingress: Option<&str>,
    ) -> PublishLease {
        let entry = PublishRequest {
            app: app.into(),
            room: room.into(),
            identity: identity.into(),
            name: None,
            via,
            ingress: ingress.map(str::to_owned),
            duplicate: Duplicate::Replace,
        };
        let lease = self.rooms.enter(entry).await.expect("a lease");
        assert!(lease.push(configuration()).is_ok() && lease.push(picture(0)).is_ok());
        lease
    }

    /// The events of rooms from now on.
    pub fn events(&self) -> Events {
        Events { events: self.events.subscribe(), rooms: self.rooms.clone() }
    }

    /// The next pull that is begun.
    pub async fn pulled(&self) -> Pulled {
        let mut pulls = self.pulls.lock().await;
        timeout(TIMEOUT, pulls.recv()).await.expect("a pull in time").expect("a puller")
    }
}

/// An event in the words of the plane.
#[derive(Debug, PartialEq)]
pub struct Happened {
    pub name: &'static str,
    pub app: String,
    pub room: String,
    pub data: Value,
}

/// The events of rooms since [`Fixture::events`].
pub struct Events {
    events: broadcast::Receiver<RoomEvent>,
    rooms: Rooms,
}

impl Events {
    async fn any(&mut self) -> Happened {
        let next = timeout(TIMEOUT, self.events.recv()).await.expect("an event in time");
        let event = next.expect("no event is lost");
        let (name, data) = streamhub::event(&event);
        Happened { name, app: event.app, room: event.room, data }
    }

    /// The next event of this name; those of other names are passed over.
    pub async fn next(&mut self, name: &str) -> Happened {
        loop {
            let event = self.any().await;
            if event.name == name {
                return event;
            }
        }
    }

    /// The names of everything that happened until now.
    pub async fn so_far(&mut self) -> Vec<&'static str> {
        // Events keep their order, so what comes before this one is all.
        let stream = StreamFact { identity: "mark".into(), via: Via::Rtmp, ingress: None };
        self.rooms.push_refused("the test's", "mark", stream);
        let mut names = Vec::new();
        loop {
            let event = self.any().await;
            if event.app == "the test's" {
                return names;
            }
            names.push(event.name);
        }
    }
}

/// Polls until `done` accepts the value.
pub async fn until<T>(mut look: impl AsyncFnMut() -> T, done: impl Fn(&T) -> bool) -> T {
    let deadline = tokio::time::Instant::now() + TIMEOUT;
    loop {
        let seen = look().await;
        if done(&seen) {
            return seen;
        }
        assert!(tokio::time::Instant::now() < deadline, "never came");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// A body's field as text.
pub fn text<'a>(body: &'a Value, pointer: &str) -> &'a str {
    body.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{pointer} is a text in {body}"))
}
