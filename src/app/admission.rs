//! Who may publish, and on which seat: the contract between the ingest doors and the show.
//!
//! Refuses to know: sockets, protocols, pipelines. A door asks with a stream key, gets a [`Seat`] or a [`Refusal`],
//! and feeds the seat until it closes.

use super::seats::Hold;
use crate::protocol::packet::Packet;
use std::{future::Future, net::SocketAddr, pin::Pin};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// What a publisher asks for.
#[derive(Debug, Clone)]
pub struct PublishRequest {
    /// The application part of the address, e.g. `live` of `rtmp://host/live/KEY`.
    pub app: String,
    /// The stream key, without any query string.
    pub key: String,
    /// Where the publisher connects from.
    pub peer: SocketAddr,
}

/// Why a publisher may not come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No input has this application and key.
    #[error("unknown stream key")]
    UnknownKey,
    /// Another publisher is on the key and proved alive within the grace of 1 s.
    #[error("the stream key is in use")]
    InUse,
    /// The server is going down or the input cannot be built.
    #[error("the input is not available")]
    Unavailable,
}

/// A granted place: packets go in, eviction comes out. Dropping it frees the key.
#[derive(Debug)]
pub struct Seat {
    /// Bounded; a full queue means the engine cannot follow and the door should wait (TCP pushes back).
    pub packets: mpsc::Sender<Packet>,
    /// Fires when the seat was taken away (the key was given to a newer publisher, the input was removed, shutdown).
    pub evicted: CancellationToken,
    /// Keeps the key while the seat lives; none when the key is not registered.
    hold: Option<Hold>,
}

impl Seat {
    /// A seat whose key nobody else can ask for.
    pub fn unregistered(packets: mpsc::Sender<Packet>, evicted: CancellationToken) -> Self {
        Self { packets, evicted, hold: None }
    }

    /// A seat on a key of the register, evicted as the register says.
    pub fn registered(packets: mpsc::Sender<Packet>, hold: Hold) -> Self {
        Self { packets, evicted: hold.evicted(), hold: Some(hold) }
    }

    /// Tells the register that the publisher delivers. A door calls it with each packet that comes in, before the
    /// packet waits for room.
    pub fn alive(&self) {
        if let Some(hold) = &self.hold {
            hold.alive();
        }
    }
}

/// A future that can be stored in a trait object.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Grants seats.
pub trait Admission: Send + Sync + 'static {
    /// Asks for the seat of a key. Takes up to 1 s when another publisher holds the key and must prove alive.
    fn admit(&self, request: PublishRequest) -> BoxFuture<'_, Result<Seat, Refusal>>;
}
