//! The camera endpoint: `GET /ingest/ws`, where small cameras push whole JPEG pictures over a WebSocket.
//!
//! ```text
//! camera ─ WebSocket ─ socket ─┬─ session (rate, size, signs of life; sans-IO)
//!                              └─ Packet::Video{Jpeg} ─► PublishLease ─► Live ─► MJPEG viewers, switcher, recordings …
//! ```
//!
//! The upgrade is always accepted, so that the reason of a refusal reaches the device: a text message, then a close
//! frame with a code (sheet, 6.3). Pictures are handed on as they came; nothing is decoded here.
//!
//! Refuses to know: which keys exist, how many cameras there may be and what a room is ([`CameraAccess`]); viewers.

mod handshakes;
mod pace;
mod session;
mod socket;
mod wire;

pub use session::Timeouts;
pub use wire::CameraRefusal;

use crate::{
    app::{
        access::{
            admission::PublishLease,
            client::Client,
            client_address::ClientAddress,
            contract::{AccessRequest, Refusal},
        },
        rooms::cameras::CameraEnd,
    },
    protocol::bearer::bearer,
};
use futures::future::BoxFuture;
use handshakes::Handshakes;
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use tokio_util::sync::CancellationToken;
use warp::{
    Filter, Reply,
    filters::BoxedFilter,
    http::{StatusCode, header},
    reply::Response,
    ws::Ws,
};

/// The largest message of a camera, in bytes; a camera that sends more is disconnected, whatever its application
/// allows.
const TRANSPORT_CAP: usize = 8 * 1024 * 1024;

/// A camera's place.
pub struct Grant {
    /// The application's name.
    pub app: String,
    /// The room's full name.
    pub room: String,
    /// The identity it publishes under.
    pub identity: String,
    /// Pictures a second; more are dropped.
    pub max_fps: u32,
    /// The largest picture in bytes; a larger one ends the session.
    pub max_frame_bytes: usize,
    /// Where the pictures go. Taking the same identity's lease anew keeps its stream going.
    pub lease: PublishLease,
    /// Resolves when the key no longer holds this place. Dropping it frees the place.
    pub ended: BoxFuture<'static, CameraEnd>,
}

/// Grants cameras access by their keys.
pub trait CameraAccess: Send + Sync + 'static {
    /// Admits a camera. The newest connection with a key wins: the one before gets [`CameraEnd::Replaced`]. It keeps
    /// its lease until the new one has taken it, so that the stream goes on.
    ///
    /// # Errors
    /// In this order: [`Refusal::UnknownRoom`], [`Refusal::UnknownKey`], [`Refusal::Disabled`],
    /// [`Refusal::Forbidden`] for another room, [`Refusal::QuotaExceeded`], [`Refusal::TooMany`] (not for a key that is
    /// connected); [`Refusal::InUse`] or [`Refusal::Unavailable`] when it cannot be granted now.
    fn verify(&self, request: AccessRequest) -> BoxFuture<'_, Result<Grant, Refusal>>;

    /// The number of viewers of a room.
    fn viewers(&self, room: &str) -> usize;

    /// Stores a camera's latest figures as its stream's. Must not block.
    fn stats(&self, app: &str, room: &str, identity: &str, stats: serde_json::Value);
}

/// Settings of the endpoint.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Handshakes of one address in a minute.
    pub handshakes: usize,
    /// How long a camera gets to answer a close frame.
    pub close_timeout: Duration,
    /// When a session ends by itself.
    pub timeouts: Timeouts,
}

impl Default for Settings {
    fn default() -> Self {
        Self { handshakes: 60, close_timeout: Duration::from_secs(1), timeouts: Timeouts::default() }
    }
}

/// The state that all connections share.
struct CameraEndpoint {
    access: Arc<dyn CameraAccess>,
    settings: Settings,
    shutdown: CancellationToken,
    opened: Instant,
    handshakes: Mutex<Handshakes>,
}

/// The data of a connection before any check.
struct Caller {
    query: String,
    authorization: Option<String>,
    client: Option<Client>,
}

/// `GET /ingest/ws`. Cameras that are connected leave when `shutdown` fires.
pub fn routes(
    access: Arc<dyn CameraAccess>,
    settings: Settings,
    shutdown: CancellationToken,
) -> BoxedFilter<(Response,)> {
    let handshakes = Mutex::new(Handshakes::new(settings.handshakes, Duration::from_secs(60)));
    let endpoint = Arc::new(CameraEndpoint { access, settings, shutdown, opened: Instant::now(), handshakes });
    let upgrade = warp::ws()
        .and(warp::query::raw().or(warp::any().map(String::new)).unify())
        .and(warp::header::optional("authorization"))
        .and(warp::ext::optional())
        .map(move |ws: Ws, query, authorization, client| {
            let caller = Caller { query, authorization, client };
            let endpoint = endpoint.clone();
            ws.max_message_size(TRANSPORT_CAP)
                .max_frame_size(TRANSPORT_CAP)
                .on_upgrade(move |socket| socket::serve(socket, caller, endpoint))
                .into_response()
        });
    let plain = warp::any().map(|| {
        let reply = warp::reply::with_status("This is a WebSocket for cameras.\n", StatusCode::UPGRADE_REQUIRED);
        warp::reply::with_header(reply, header::UPGRADE, "websocket").into_response()
    });
    warp::path!("ingest" / "ws").and(upgrade.or(plain).unify()).boxed()
}

impl Caller {
    /// The camera's address.
    fn address(&self) -> ClientAddress {
        self.client.as_ref().map_or(ClientAddress::UNKNOWN, |client| client.address)
    }
}

impl CameraEndpoint {
    /// Parses the request of a camera: the names are slugs, and the key has the form of one.
    ///
    /// # Errors
    /// What is malformed, or that its address connects too often.
    fn request(&self, caller: Caller) -> Result<AccessRequest, CameraRefusal> {
        let now = self.opened.elapsed();
        let peer = caller.address();
        if !self.handshakes.lock().unwrap_or_else(PoisonError::into_inner).request(peer, now) {
            return Err(CameraRefusal::RateLimited);
        }
        let [mut app, mut room, mut identity, mut key] = [None, None, None, None];
        for (name, value) in url::form_urlencoded::parse(caller.query.as_bytes()) {
            let field = match &*name {
                "app" => &mut app,
                "room" => &mut room,
                "identity" => &mut identity,
                "key" => &mut key,
                _ => continue,
            };
            field.get_or_insert(value.into_owned());
        }
        let bearer = caller.authorization.as_deref().and_then(bearer).map(str::to_owned);
        Ok(AccessRequest {
            app: app.filter(|app| is_app(app)).ok_or(CameraRefusal::InvalidApp)?,
            room: room.filter(|room| is_room(room)).ok_or(CameraRefusal::InvalidRoom)?,
            // An invalid identity cannot be part of a stream's id; without one, the access contract uses the key's.
            identity: identity.filter(|identity| is_slug(identity, 64)),
            credential: Some(bearer.or(key).filter(|key| key.starts_with("wsk_")).ok_or(CameraRefusal::InvalidKey)?),
            peer: Some(peer),
            ..AccessRequest::default()
        })
    }
}

/// `^[a-z0-9][a-z0-9-]{1,30}[a-z0-9]$`
fn is_app(name: &str) -> bool {
    let within = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
    (3..=32).contains(&name.len()) && name.bytes().all(within) && !name.starts_with('-') && !name.ends_with('-')
}

/// A slug of up to 64 characters, which may have a prefix of up to 40 and a dash before it: the address that comes with
/// a key has the full name.
fn is_room(name: &str) -> bool {
    is_slug(name, 64 + 1 + 40)
}

/// `^[A-Za-z0-9][A-Za-z0-9_-]*$`
fn is_slug(name: &str, longest: usize) -> bool {
    let within = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'-');
    name.len() <= longest && name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.bytes().all(within)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_slugs() {
        for app in ["live", "a-1", "abc", &"a".repeat(32)] {
            assert!(is_app(app), "{app}");
        }
        for app in ["", "ab", "Live", "-live", "live-", "a b", "a/b", &"a".repeat(33)] {
            assert!(!is_app(app), "{app}");
        }
        for room in ["a", "live-cam_1", "9", &"r".repeat(64), &"r".repeat(105)] {
            assert!(is_room(room), "{room}");
        }
        for room in ["", "-a", "_a", "a.b", "a/b", "ä", &"r".repeat(106)] {
            assert!(!is_room(room), "{room}");
        }
    }
}
