//! A fixture with a few keys and applications, and the camera's and the viewers' endpoints open on one loopback port.

use futures::future::BoxFuture;
use lumencast::app::access::{
    admission::PublishLease,
    contract::{AccessRequest, Refusal, ViewGrant},
};
use lumencast::app::rooms::{Duplicate, PublishRequest, RoomEvents, Rooms, Via, cameras::CameraEnd};
use lumencast::media::clock::ShowClock;
use lumencast::server::camera::{self, CameraAccess, Grant, Settings};
use lumencast::server::mjpeg::{self, ViewerAccess};
use serde_json::Value;
use std::collections::HashMap;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use warp::Filter;

/// Everything that a test waits for must come within this.
pub const TIMEOUT: Duration = Duration::from_secs(20);

/// Keys `wsk_<room>` are valid for `live-<room>`, at most `fps` pictures a second of at most `largest` bytes; some
/// rooms stand for a refusal.
struct TestAccess {
    rooms: Rooms,
    fps: u32,
    largest: usize,
    places: Mutex<HashMap<String, watch::Sender<Option<CameraEnd>>>>,
    stats: mpsc::UnboundedSender<(String, Value)>,
}

impl CameraAccess for TestAccess {
    fn verify(&self, request: AccessRequest) -> BoxFuture<'_, Result<Grant, Refusal>> {
        Box::pin(async move {
            if request.app != "live" {
                return Err(Refusal::UnknownRoom);
            }
            let key = request.credential.unwrap_or_default();
            let short = key.strip_prefix("wsk_").filter(|key| !key.is_empty()).ok_or(Refusal::UnknownKey)?;
            match short {
                "unknown" => return Err(Refusal::UnknownKey),
                "off" => return Err(Refusal::Disabled),
                "quota" => return Err(Refusal::QuotaExceeded),
                "many" => return Err(Refusal::TooMany),
                "broken" => return Err(Refusal::Unavailable),
                _ => {}
            }
            let room = format!("live-{short}");
            if request.room != short && request.room != room {
                return Err(Refusal::Forbidden);
            }
            let (end, mut ended) = watch::channel(None);
            let before = self.places.lock().unwrap().insert(key.clone(), end);
            if let Some(before) = before {
                before.send_replace(Some(CameraEnd::Replaced));
            }
            // A while in which the connection before could let the stream go.
            tokio::time::sleep(Duration::from_millis(100)).await;
            let identity = request.identity.unwrap_or_else(|| short.to_owned());
            let lease = self.lease(&room, &identity).await.ok_or(Refusal::Unavailable)?;
            let ended = Box::pin(async move {
                let ending = ended.wait_for(Option::is_some).await.ok().and_then(|ending| *ending);
                match ending {
                    Some(ending) => ending,
                    None => std::future::pending().await,
                }
            });
            let app = request.app;
            Ok(Grant { app, room, identity, max_fps: self.fps, max_frame_bytes: self.largest, lease, ended })
        })
    }

    fn viewers(&self, room: &str) -> usize {
        self.rooms.viewers(room)
    }

    fn stats(&self, _app: &str, room: &str, identity: &str, stats: Value) {
        let _ = self.stats.send((format!("{room}/{identity}"), stats));
    }
}

impl TestAccess {
    async fn lease(&self, room: &str, identity: &str) -> Option<PublishLease> {
        let entry = PublishRequest {
            app: "live".into(),
            room: room.to_owned(),
            identity: identity.to_owned(),
            name: None,
            via: Via::WsMjpeg,
            ingress: None,
            duplicate: Duplicate::Replace,
        };
        self.rooms.enter(entry).await.ok()
    }
}

/// `live` is public, `closed` requires the token `good-<room>`.
struct RoomAccess;

impl ViewerAccess for RoomAccess {
    fn view(&self, request: &AccessRequest) -> Result<ViewGrant, Refusal> {
        let AccessRequest { app, room, credential, .. } = request;
        let full = if room.starts_with(&format!("{app}-")) { room.clone() } else { format!("{app}-{room}") };
        let sender = match (app.as_str(), credential.as_deref()) {
            ("live", None) => None,
            ("live" | "closed", Some(token)) if token == format!("good-{full}") => Some("Ann".to_owned()),
            ("live" | "closed", Some(token)) if token.starts_with("good-") => return Err(Refusal::Forbidden),
            ("live" | "closed", _) => return Err(Refusal::Unauthorized),
            _ => return Err(Refusal::UnknownRoom),
        };
        Ok(ViewGrant {
            app: app.clone(),
            room: full,
            identity: format!("viewer-{}", sender.as_deref().unwrap_or("x")),
            sender,
            hidden: false,
            audio_only: false,
            chat: true,
            reactions: room != "quiet",
            messages: true,
            counter: false,
        })
    }

    fn snapshot<'a>(&'a self, _app: &'a str, room: &'a str) -> BoxFuture<'a, Option<bytes::Bytes>> {
        let shot = (room == "live-film").then(|| bytes::Bytes::from_static(b"\xff\xd8snapshot\xff\xd9"));
        Box::pin(async move { shot })
    }
}

/// An open fixture.
pub struct Fixture {
    pub address: SocketAddr,
    pub rooms: Rooms,
    pub events: RoomEvents,
    pub stats: mpsc::UnboundedReceiver<(String, Value)>,
    access: Arc<TestAccess>,
    pub shutdown: CancellationToken,
}

impl Fixture {
    pub async fn open() -> Self {
        Self::with(1_000, 262_144, |_| {}).await
    }

    /// A fixture that allows cameras this many pictures a second of this many bytes, with changed settings.
    pub async fn with(fps: u32, largest: usize, change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Settings { handshakes: 1_000, ..Settings::default() };
        change(&mut settings);
        gst::init().expect("GStreamer");
        let (rooms, events) = Rooms::new(ShowClock::start(), HashMap::new());
        let (sender, stats) = mpsc::unbounded_channel();
        let places = Mutex::default();
        let access = Arc::new(TestAccess { rooms: rooms.clone(), fps, largest, places, stats: sender });
        let shutdown = CancellationToken::new();
        let routes = camera::routes(access.clone(), settings, shutdown.clone())
            .or(mjpeg::routes(Arc::new(RoomAccess), rooms.clone(), shutdown.clone()))
            .unify();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(warp::serve(routes).incoming(listener).run());
        Self { address, rooms, events, stats, access, shutdown }
    }

    /// Takes a key back, and gives the moment when that was done.
    pub fn revoke(&self, key: &str) -> Instant {
        let end = self.access.places.lock().unwrap().remove(key).expect("a connected key");
        end.send_replace(Some(CameraEnd::Revoked));
        Instant::now()
    }

    /// Waits until a room has so many viewers.
    pub async fn until_viewers(&self, room: &str, count: usize) {
        until(|| self.rooms.viewers(room) == count, || format!("{} viewers", self.rooms.viewers(room))).await;
    }

    /// Waits until so many streams are live.
    pub async fn until_streams(&self, count: usize) {
        let streams = || self.rooms.streams("live").len();
        until(|| streams() == count, || format!("{} streams", streams())).await;
    }

    /// `http://…` of a path.
    pub fn http(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// `ws://…` of a path.
    pub fn ws(&self, path: &str) -> String {
        format!("ws://{}{path}", self.address)
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

/// Waits with a deadline.
pub async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(TIMEOUT, future).await.expect("waited too long")
}

/// Looks again and again until something is so, with a deadline.
pub async fn until(is_so: impl Fn() -> bool, seen: impl Fn() -> String) {
    let deadline = Instant::now() + TIMEOUT;
    while !is_so() {
        assert!(Instant::now() < deadline, "not so in time: {}", seen());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
