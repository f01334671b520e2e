//! LiveWing: the switcher's WebSocket plane.
//!
//! ```text
//! socket (frames, keep-alive, a queue per client) ─ session (auth, limits, order of answers, subscriptions)
//!    commands (table) ─ params ─ wire (JSON)    topics ─ map (show -> wire)    error (fault -> code)
//! ```
//!
//! Refuses to know: how the show executes an order, and other planes.

mod auth;
pub mod commands;
pub mod error;
mod limits;
mod map;
mod params;
mod session;
mod socket;
mod topics;
mod wire;

use crate::{
    app::{
        access::connection_limiter::{ConnectionLimiter, turn_away},
        show::conductor::ShowHandle,
        telemetry::Telemetry,
    },
    domain::time::ShowTime,
    tasks::catch_panic_async,
};
use std::{io, net::SocketAddr, sync::Arc, time::Duration};
use tokio::net::TcpListener;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// How long clients may take to close when the server goes down.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);
/// Pause after the system refused a connection, e.g. for want of descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The response to a client beyond the limit.
const FULL: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 10\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

/// Settings of the plane.
#[derive(Clone)]
pub struct Settings {
    /// The shared token. An empty one authenticates no client.
    pub token: String,
    /// Deadline for `system.auth`.
    pub auth_timeout: Duration,
    /// How long a client may leave its messages unread before it is disconnected.
    pub send_timeout: Duration,
    /// Between pings; a client that is silent for two of them is gone.
    pub keep_alive: Duration,
    /// Shares of connections.
    pub limiter: ConnectionLimiter,
    /// The present show time, for the progress of a fade.
    pub now: Arc<dyn Fn() -> ShowTime + Send + Sync>,
}

impl Settings {
    /// The documented and usual values.
    pub fn new(token: impl Into<String>, now: impl Fn() -> ShowTime + Send + Sync + 'static) -> Self {
        Self {
            token: token.into(),
            auth_timeout: Duration::from_secs(5),
            send_timeout: Duration::from_secs(10),
            keep_alive: Duration::from_secs(15),
            limiter: ConnectionLimiter::alone("livewing", 256),
            now: Arc::new(now),
        }
    }
}

/// The state that all sessions of the plane share.
struct Plane {
    settings: Settings,
    show: ShowHandle,
    telemetry: Telemetry,
}

/// Opens the plane's port.
///
/// # Errors
/// The system's error, e.g. that the address is in use.
pub async fn bind(addr: SocketAddr) -> io::Result<TcpListener> {
    TcpListener::bind(addr).await
}

/// Serves clients until shutdown, then closes their connections.
pub async fn serve(
    listener: TcpListener,
    settings: Settings,
    show: ShowHandle,
    telemetry: Telemetry,
    shutdown: CancellationToken,
) {
    let plane = Arc::new(Plane { settings, show, telemetry });
    let clients = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            () = shutdown.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a livewing connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        match plane.settings.limiter.enter_evictable(peer.ip()) {
            Ok(slot) => {
                let client = socket::run(stream, (peer, slot), plane.clone(), shutdown.clone());
                clients.spawn(catch_panic_async("livewing-client", client));
                // The connection that makes room for it can end before the next one is let in.
                tokio::task::yield_now().await;
            }
            Err(_) => turn_away(stream, FULL),
        }
    }
    clients.close();
    let _ = tokio::time::timeout(CLOSE_TIMEOUT, clients.wait()).await; // connections left then are cut off
}
