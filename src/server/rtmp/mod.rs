//! The RTMP endpoint: listens, bounds the resources of unauthenticated peers, and runs one task per connection.
//!
//! Refuses to know: which keys exist and what packets are used for (both behind [`Admission`]), and RTMP itself (behind
//! `protocol::rtmp`).

mod connection;

use crate::app::access::{
    admission::Admission,
    connection_limiter::{ConnectionLimiter, ConnectionSlot},
};
use crate::tasks::catch_panic_async;
use connection::Connection;
use metrics::{counter, gauge};
use std::{io, net::SocketAddr, sync::Arc, time::Duration};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::Instrument;

/// The first and the longest pause after a failed accept, e.g. without file descriptors.
const PAUSE: (Duration, Duration) = (Duration::from_millis(5), Duration::from_secs(1));
/// How long connections may take to end after shutdown.
const DRAIN: Duration = Duration::from_secs(3);

/// The address and the limits of the endpoint.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The address to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Shares of connections; those beyond are closed at once.
    pub limiter: ConnectionLimiter,
    /// The handshake must be complete this long after the connection was made.
    pub handshake_timeout: Duration,
    /// A publisher must send data this often, and a publish must begin this long after the handshake.
    pub idle_timeout: Duration,
    /// The largest message in bytes, up to 16777215; a larger one ends the connection when its length is declared.
    pub max_message: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([0, 0, 0, 0], 1935)),
            limiter: ConnectionLimiter::alone("rtmp", 256),
            handshake_timeout: Duration::from_secs(5),
            idle_timeout: Duration::from_secs(10),
            max_message: 8 * 1024 * 1024,
        }
    }
}

/// A bound endpoint that does not accept yet.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    settings: Arc<Settings>,
}

/// Binds the port.
///
/// # Errors
/// Those of the system, e.g. that the address is in use.
pub async fn bind(settings: &Settings) -> io::Result<Listener> {
    let socket = TcpListener::bind(settings.listen).await?;
    Ok(Listener { socket, settings: Arc::new(settings.clone()) })
}

impl Listener {
    /// The address it listens on, with the actual port.
    ///
    /// # Errors
    /// Those of the system.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Serves until `shutdown` fires, then closes all connections and returns.
    pub async fn run(self, admission: Arc<dyn Admission>, shutdown: CancellationToken) {
        let Self { socket: listener, settings } = self;
        let connections = TaskTracker::new();
        let mut pause = PAUSE.0;
        while let Some(accepted) = shutdown.run_until_cancelled(listener.accept()).await {
            let (socket, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "cannot accept an RTMP connection");
                    shutdown.run_until_cancelled(tokio::time::sleep(pause)).await;
                    pause = (pause * 2).min(PAUSE.1);
                    continue;
                }
            };
            pause = PAUSE.0;
            // The limiter counts and logs the refusal.
            let Ok(slot) = settings.limiter.enter_evictable(peer.ip()) else { continue };
            let admission = Arc::clone(&admission);
            let serving = serve(socket, peer, slot, Arc::clone(&settings), admission, shutdown.clone());
            let serving = serving.instrument(tracing::info_span!("rtmp", %peer));
            connections.spawn(catch_panic_async("rtmp-connection", serving));
            // The connection that makes room for it can end before the next one is let in.
            tokio::task::yield_now().await;
        }
        drop(listener);
        connections.close();
        if tokio::time::timeout(DRAIN, connections.wait()).await.is_err() {
            tracing::warn!(left = connections.len(), "RTMP connections did not end in time");
        }
    }
}

async fn serve(
    socket: TcpStream,
    peer: SocketAddr,
    slot: ConnectionSlot,
    settings: Arc<Settings>,
    admission: Arc<dyn Admission>,
    shutdown: CancellationToken,
) {
    let _counted = Counted::new();
    // Answers are small and awaited; the socket works without this option too.
    if let Err(error) = socket.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY was not set");
    }
    let end = Connection::new(socket, peer, slot, settings, admission, shutdown).run().await;
    if let Some(reason) = end.refusal() {
        counter!("lumencast_rtmp_refused_total", "reason" => reason).increment(1);
        tracing::info!(%end, "RTMP connection refused");
    } else {
        tracing::debug!(%end, "RTMP connection closed");
    }
}

/// One open connection in the gauge, decremented also when its task panics.
struct Counted;

impl Counted {
    fn new() -> Self {
        gauge!("lumencast_rtmp_connections").increment(1.0);
        Self
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        gauge!("lumencast_rtmp_connections").decrement(1.0);
    }
}
