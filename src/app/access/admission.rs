//! Who may publish, and on which lease: the contract between the ingest doors and the show.
//!
//! Refuses to know: sockets, protocols, pipelines. A door asks with a stream key, gets a [`PublishLease`] or a [`Refusal`],
//! and feeds the lease until it closes.

use crate::app::{access::publish_lease::LeaseGuard, rooms::live::Publishing};
use crate::protocol::packet::Packet;
use std::{any::Any, fmt, future::Future, net::SocketAddr, pin::Pin};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// What a publisher asks for.
#[derive(Debug, Clone)]
pub struct PublishRequest {
    /// The application part of the address, e.g. `live` of `rtmp://host/live/KEY`.
    pub app: String,
    /// The stream key, without any query string.
    pub key: String,
    /// What came beside the key: `KEY?password=…`.
    pub password: Option<String>,
    /// Where the publisher connects from.
    pub peer: SocketAddr,
}

/// Why a publisher may not come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No input has this application and key.
    #[error("unknown stream key")]
    UnknownKey,
    /// The key is good, but not enough: the ingress has a password that was not given.
    #[error("the stream password is missing")]
    Password,
    /// Another publisher is on the key and proved alive within the grace of 1 s.
    #[error("the stream key is in use")]
    InUse,
    /// The server is going down or the input cannot be built.
    #[error("the input is not available")]
    Unavailable,
}

/// The lease was taken away or its input was closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the lease is gone")]
pub struct Gone;

/// A granted place: packets go in, eviction comes out. Dropping it frees the key and leaves the room.
pub struct PublishLease {
    /// Fires when the lease was taken away (the key was given to a newer publisher, the input was removed, shutdown).
    pub evicted: CancellationToken,
    /// The stream that is published.
    publishing: Option<Publishing>,
    /// Somebody who takes every packet and may ask the publisher to wait: the switcher's decoder. Bounded.
    decoder_queue: Option<mpsc::Sender<Packet>>,
    /// Keeps the key while the lease lives; none when the key is not registered.
    guard: Option<LeaseGuard>,
    /// What is undone when the lease is left. Dropped last.
    _leave: Option<Box<dyn Any + Send + Sync>>,
}

impl PublishLease {
    /// A lease on a live stream.
    pub fn on_stream(publishing: Publishing, guard: LeaseGuard, leave: Box<dyn Any + Send + Sync>) -> Self {
        let evicted = guard.evicted();
        Self { evicted, publishing: Some(publishing), decoder_queue: None, guard: Some(guard), _leave: Some(leave) }
    }

    /// A lease that is nothing but a queue.
    pub fn queue(packets: mpsc::Sender<Packet>, evicted: CancellationToken) -> Self {
        Self { evicted, publishing: None, decoder_queue: Some(packets), guard: None, _leave: None }
    }

    /// A queue on a key of the register, evicted as the register says.
    pub fn leased_queue(packets: mpsc::Sender<Packet>, guard: LeaseGuard) -> Self {
        let evicted = guard.evicted();
        Self { evicted, publishing: None, decoder_queue: Some(packets), guard: Some(guard), _leave: None }
    }

    /// Adds somebody for whom the publisher waits when he cannot follow.
    #[must_use]
    pub fn with_decoder_queue(mut self, packets: mpsc::Sender<Packet>) -> Self {
        self.decoder_queue = Some(packets);
        self
    }

    /// Hands over a packet; waits while whoever decodes it cannot follow, so that TCP pushes back.
    ///
    /// # Errors
    /// [`Gone`] when the lease is no longer anybody's.
    pub async fn send(&self, packet: Packet) -> Result<(), Gone> {
        self.publish(&packet)?;
        match &self.decoder_queue {
            Some(decoder_queue) => decoder_queue.send(packet).await.map_err(|_| Gone),
            None => Ok(()),
        }
    }

    /// Hands over a packet without ever waiting; who cannot follow loses it. Gives whether the lease is still good.
    pub fn push(&self, packet: Packet) -> bool {
        let published = self.publish(&packet).is_ok();
        if let Some(decoder_queue) = &self.decoder_queue
            && matches!(decoder_queue.try_send(packet), Err(mpsc::error::TrySendError::Closed(_)))
        {
            return false;
        }
        published
    }

    /// Waits until nobody takes packets any more. Never ends where a stream takes them.
    pub async fn closed(&self) {
        match &self.decoder_queue {
            Some(decoder_queue) => decoder_queue.closed().await,
            None => std::future::pending().await,
        }
    }

    /// Tells the register that the publisher delivers. A door calls it with each packet that comes in, before the
    /// packet waits for room.
    pub fn alive(&self) {
        if let Some(guard) = &self.guard {
            guard.alive();
        }
    }

    /// Says how the publisher is asked for a key frame.
    pub fn on_want_keyframe(&self, ask: impl Fn() + Send + Sync + 'static) {
        if let Some(publishing) = &self.publishing {
            publishing.on_want_keyframe(ask);
        }
    }

    fn publish(&self, packet: &Packet) -> Result<(), Gone> {
        match &self.publishing {
            Some(publishing) if !publishing.push(packet.clone()) => Err(Gone),
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for PublishLease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stream = self.publishing.as_ref().map(|publishing| publishing.live().name());
        f.debug_struct("PublishLease").field("stream", &stream).field("guard", &self.guard).finish_non_exhaustive()
    }
}

/// A future that can be stored in a trait object.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Grants leases.
pub trait Admission: Send + Sync + 'static {
    /// Asks for the lease of a key. Takes up to 1 s when another publisher holds the key and must prove alive.
    fn admit(&self, request: PublishRequest) -> BoxFuture<'_, Result<PublishLease, Refusal>>;
}
