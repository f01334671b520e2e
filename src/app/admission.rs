//! Who may publish, and on which seat: the contract between the ingest doors and the show.
//!
//! Refuses to know: sockets, protocols, pipelines. A door asks with a stream key, gets a [`Seat`] or a [`Refusal`],
//! and feeds the seat until it closes.

use super::{live::Publishing, seats::Hold};
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

/// The seat was taken away or its input was closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the seat is gone")]
pub struct Gone;

/// A granted place: packets go in, eviction comes out. Dropping it frees the key and leaves the room.
pub struct Seat {
    /// Fires when the seat was taken away (the key was given to a newer publisher, the input was removed, shutdown).
    pub evicted: CancellationToken,
    /// The stream that is published.
    publishing: Option<Publishing>,
    /// Somebody who takes every packet and may ask the publisher to wait: the switcher's decoder. Bounded.
    patient: Option<mpsc::Sender<Packet>>,
    /// Keeps the key while the seat lives; none when the key is not registered.
    hold: Option<Hold>,
    /// What is undone when the seat is left. Dropped last.
    _leave: Option<Box<dyn Any + Send + Sync>>,
}

impl Seat {
    /// A seat on a live stream.
    pub fn on_stream(publishing: Publishing, hold: Hold, leave: Box<dyn Any + Send + Sync>) -> Self {
        let evicted = hold.evicted();
        Self { evicted, publishing: Some(publishing), patient: None, hold: Some(hold), _leave: Some(leave) }
    }

    /// A seat that is nothing but a queue.
    pub fn queue(packets: mpsc::Sender<Packet>, evicted: CancellationToken) -> Self {
        Self { evicted, publishing: None, patient: Some(packets), hold: None, _leave: None }
    }

    /// A queue on a key of the register, evicted as the register says.
    pub fn held_queue(packets: mpsc::Sender<Packet>, hold: Hold) -> Self {
        let evicted = hold.evicted();
        Self { evicted, publishing: None, patient: Some(packets), hold: Some(hold), _leave: None }
    }

    /// Adds somebody for whom the publisher waits when he cannot follow.
    #[must_use]
    pub fn with_patient(mut self, packets: mpsc::Sender<Packet>) -> Self {
        self.patient = Some(packets);
        self
    }

    /// Hands over a packet; waits while whoever decodes it cannot follow, so that TCP pushes back.
    ///
    /// # Errors
    /// [`Gone`] when the seat is no longer anybody's.
    pub async fn send(&self, packet: Packet) -> Result<(), Gone> {
        self.publish(&packet)?;
        match &self.patient {
            Some(patient) => patient.send(packet).await.map_err(|_| Gone),
            None => Ok(()),
        }
    }

    /// Hands over a packet without ever waiting; who cannot follow loses it. Gives whether the seat is still good.
    pub fn push(&self, packet: Packet) -> bool {
        let published = self.publish(&packet).is_ok();
        if let Some(patient) = &self.patient
            && matches!(patient.try_send(packet), Err(mpsc::error::TrySendError::Closed(_)))
        {
            return false;
        }
        published
    }

    /// Waits until nobody takes packets any more. Never ends where a stream takes them.
    pub async fn closed(&self) {
        match &self.patient {
            Some(patient) => patient.closed().await,
            None => std::future::pending().await,
        }
    }

    /// Tells the register that the publisher delivers. A door calls it with each packet that comes in, before the
    /// packet waits for room.
    pub fn alive(&self) {
        if let Some(hold) = &self.hold {
            hold.alive();
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

impl fmt::Debug for Seat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stream = self.publishing.as_ref().map(|publishing| publishing.live().name());
        f.debug_struct("Seat").field("stream", &stream).field("hold", &self.hold).finish_non_exhaustive()
    }
}

/// A future that can be stored in a trait object.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Grants seats.
pub trait Admission: Send + Sync + 'static {
    /// Asks for the seat of a key. Takes up to 1 s when another publisher holds the key and must prove alive.
    fn admit(&self, request: PublishRequest) -> BoxFuture<'_, Result<Seat, Refusal>>;
}
