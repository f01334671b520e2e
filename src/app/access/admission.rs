//! Admission of publishers and their leases: the contract between the ingest endpoints and the show.
//!
//! Refuses to know: sockets, protocols, pipelines. An endpoint asks with a stream key, gets a [`PublishLease`] or a
//! [`Refusal`], and feeds the lease until it is taken away.

use crate::{
    app::access::{
        contract::{AccessRequest, Refusal},
        publish_lease::LeaseGuard,
    },
    media::live::Publishing,
    protocol::packet::{MediaKind, Packet},
};
use futures::future::BoxFuture;
use std::{any::Any, fmt};
use tokio_util::sync::CancellationToken;

/// The lease was taken away or its input was closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the lease is gone")]
pub struct Gone;

/// A granted place: packets go in, eviction comes out. Dropping it frees the key and leaves the room.
pub struct PublishLease {
    /// Fires when the lease was taken away (the key was given to a newer publisher, the input was removed, shutdown).
    pub evicted: CancellationToken,
    /// The stream that is published.
    publishing: Publishing,
    /// Keeps the key while the lease lives.
    guard: LeaseGuard,
    /// Runs when the lease is dropped. Dropped last.
    _leave: Box<dyn Any + Send + Sync>,
}

impl PublishLease {
    /// A lease on a live stream.
    pub fn on_stream(publishing: Publishing, guard: LeaseGuard, leave: Box<dyn Any + Send + Sync>) -> Self {
        Self { evicted: guard.evicted(), publishing, guard, _leave: leave }
    }

    /// Hands over a packet. Never waits: each consumer of the stream has a queue of its own.
    ///
    /// # Errors
    /// [`Gone`] when another publisher has the stream.
    pub fn push(&self, packet: Packet) -> Result<(), Gone> {
        if self.publishing.push(packet) { Ok(()) } else { Err(Gone) }
    }

    /// Marks the publisher as alive. An endpoint calls it with each packet that comes in.
    pub fn alive(&self) {
        self.guard.alive();
    }

    /// Notes that picture or sound is of a codec that cannot be decoded, by its name.
    pub fn unsupported(&self, kind: MediaKind, codec: &str) {
        self.publishing.unsupported(kind, codec);
    }

    /// Sets how the publisher is asked for a key frame.
    pub fn on_want_keyframe(&self, ask: impl Fn() + Send + Sync + 'static) {
        self.publishing.on_want_keyframe(ask);
    }
}

impl fmt::Debug for PublishLease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublishLease")
            .field("stream", &self.publishing.live().name())
            .field("guard", &self.guard)
            .finish_non_exhaustive()
    }
}

/// Grants leases.
pub trait Admission: Send + Sync + 'static {
    /// Asks for the lease of a key. Takes up to 1 s when another publisher holds the key and must prove alive.
    fn admit(&self, request: AccessRequest) -> BoxFuture<'_, Result<PublishLease, Refusal>>;
}
