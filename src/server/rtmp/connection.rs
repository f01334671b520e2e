//! One RTMP connection: carries bytes between the socket and the session, and packets from the session to the lease.
//!
//! Refuses to know: RTMP and FLV. Publisher ─► socket ─► session ─► lease; a full lease stops the reading, so that TCP
//! pushes back.

use super::Settings;
use crate::app::access::{
    admission::{Admission, PublishLease},
    connection_limiter::ConnectionSlot,
    contract::{AccessRequest, Refusal},
};
use crate::protocol::packet::Packet;
use crate::protocol::rtmp::{
    chunk::ChunkError,
    session::{Denial, Event, Session, SessionError},
    tag::TagError,
};
use metrics::{Counter, counter};
use std::{io, net::SocketAddr, pin::pin, sync::Arc, time::Duration};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::sync::CancellationToken;

/// Bytes read at a time.
const READ: usize = 64 * 1024;
/// A peer that does not take our few bytes for this long is gone.
const WRITE_TIMEOUT: Duration = Duration::from_secs(2);
/// How long a publisher may go on of which something cannot be decoded and nothing that can be is there yet: encoders
/// send the configurations of picture and sound one after the other, before either of them.
const NOTHING_ELSE: Duration = Duration::from_secs(1);
/// How long we go on reading after a last word, so that a reset does not overtake it.
const LINGER: Duration = Duration::from_millis(500);

/// Why a connection ended.
#[derive(Debug, thiserror::Error)]
pub(super) enum End {
    #[error("the peer left")]
    Left,
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("{0}")]
    Session(#[from] SessionError),
    #[error("the handshake took too long")]
    SlowHandshake,
    #[error("no publish began in time")]
    NoPublish,
    #[error("neither picture nor sound came in time")]
    Silent,
    #[error("{0}")]
    Refused(Refusal),
    #[error("{0}")]
    Codec(TagError),
    #[error("the stream key was given to another publisher or taken away")]
    Evicted,
    #[error("a new connection of the same address took its place")]
    Displaced,
    #[error("the server is going down")]
    Shutdown,
}

impl End {
    /// The label under which a refusal is counted; none for an ordinary end.
    pub(super) fn refusal(&self) -> Option<&'static str> {
        Some(match self {
            Self::Refused(refusal) => refusal.code(),
            Self::Codec(TagError::Unsupported(_)) => "codec",
            Self::Codec(TagError::Truncated(_)) => "damaged",
            Self::Session(SessionError::Chunk(ChunkError::TooLarge { .. })) => "too_large",
            Self::Session(SessionError::Handshake(_)) | Self::SlowHandshake => "handshake",
            Self::Session(SessionError::Chunk(_) | SessionError::Protocol(_)) => "protocol",
            Self::NoPublish => "no_publish",
            Self::Session(SessionError::Reply(_))
            | Self::Left
            | Self::Io(_)
            | Self::Silent
            | Self::Evicted
            | Self::Displaced
            | Self::Shutdown => return None,
        })
    }

    /// The status a publisher is sent, if it still reads.
    fn denial(&self) -> Option<Denial> {
        match self {
            Self::Refused(Refusal::Unavailable) => Some(Denial::Rejected),
            Self::Refused(_) => Some(Denial::BadName),
            Self::Codec(_) | Self::Silent | Self::Evicted | Self::Shutdown => Some(Denial::Failed),
            _ => None,
        }
    }
}

/// What came of a publish so far.
#[derive(Default)]
struct Publish {
    /// A configuration or a unit of a codec that is known.
    is_announced: bool,
    /// Picture or sound.
    has_media: bool,
    /// The kinds of which the codec is not known, indexed by their `MediaKind`.
    unsupported: [bool; 2],
    /// Why the last tag could not be used.
    unusable: Option<TagError>,
}

pub(super) struct Connection {
    socket: TcpStream,
    peer: SocketAddr,
    slot: ConnectionSlot,
    settings: Arc<Settings>,
    admission: Arc<dyn Admission>,
    shutdown: CancellationToken,
    session: Session,
    lease: Option<PublishLease>,
    publish: Publish,
    /// When the next step must be done: the handshake, the publish, or the next bytes of a publisher.
    deadline: Instant,
    bytes: Counter,
}

impl Connection {
    pub(super) fn new(
        socket: TcpStream,
        peer: SocketAddr,
        slot: ConnectionSlot,
        settings: Arc<Settings>,
        admission: Arc<dyn Admission>,
        shutdown: CancellationToken,
    ) -> Self {
        Self {
            socket,
            peer,
            slot,
            admission,
            shutdown,
            session: Session::new(settings.max_message),
            lease: None,
            publish: Publish::default(),
            deadline: Instant::now() + settings.handshake_timeout,
            bytes: counter!("lumencast_rtmp_bytes_total"),
            settings,
        }
    }

    /// Serves the connection to its end and gives why it ended.
    pub(super) async fn run(mut self) -> End {
        let Err(end) = self.serve().await;
        // The key is free before the last word is out.
        if self.lease.take().is_some() {
            tracing::info!(%end, "publishing ended");
        }
        if let Err(error) = self.say_goodbye(&end).await {
            tracing::debug!(%error, "the last word did not get through");
        }
        end
    }

    async fn serve(&mut self) -> Result<std::convert::Infallible, End> {
        let mut buffer = vec![0; READ];
        let mut displaced = pin!(self.slot.evicted());
        loop {
            let size = tokio::select! {
                biased;
                end = called_off(&self.shutdown, self.lease.as_ref()) => return Err(end),
                () = displaced.as_mut() => return Err(End::Displaced),
                read = timeout_at(self.deadline, self.socket.read(&mut buffer)) => match read {
                    Ok(read) => read?,
                    Err(_) => return Err(self.too_late()),
                },
            };
            let Some(bytes @ [_, ..]) = buffer.get(..size) else {
                return Err(End::Left);
            };
            self.bytes.increment(bytes.len() as u64);
            let was_shaken = self.session.is_shaken();
            self.session.feed(bytes)?;
            if self.session.is_shaken() && !was_shaken {
                self.deadline = Instant::now() + self.settings.idle_timeout;
                self.slot.mark_heard();
            }
            while let Some(event) = self.session.poll()? {
                self.handle(event).await?;
            }
            self.flush().await?;
            // Neither what cannot be decoded nor data alone keeps the place.
            if self.session.is_publishing() && self.publish.has_media {
                self.deadline = Instant::now() + self.settings.idle_timeout;
            }
        }
    }

    async fn handle(&mut self, event: Event) -> Result<(), End> {
        match event {
            Event::Publish { app, key, password } => self.publish(app, key, password).await,
            Event::Packet(packet) => {
                let Some(lease) = &self.lease else {
                    return Ok(());
                };
                lease.alive();
                if !self.publish.is_announced {
                    self.publish.is_announced = true;
                    self.deadline = Instant::now() + self.settings.idle_timeout;
                }
                self.publish.has_media |= matches!(packet, Packet::Video { .. } | Packet::Audio { .. });
                lease.push(packet).map_err(|_| End::Evicted)
            }
            Event::Unsupported { kind, codec } => {
                tracing::warn!(%kind, codec, "the codec is not supported");
                counter!("lumencast_rtmp_unsupported_codecs_total").increment(1);
                if let Some(lease) = &self.lease {
                    lease.unsupported(kind, &codec);
                }
                self.publish.unsupported[kind as usize] = true;
                self.unusable(TagError::Unsupported(codec))
            }
            Event::Unreadable(error) => {
                counter!("lumencast_rtmp_damaged_tags_total").increment(1);
                tracing::debug!(%error, "a tag was skipped");
                self.unusable(error)
            }
            Event::Finished => {
                self.lease = None;
                self.deadline = Instant::now() + self.settings.idle_timeout;
                tracing::info!("publishing finished");
                Ok(())
            }
        }
    }

    /// Ends a publish of which nothing can be decoded: at once where neither kind can be, else when nothing else comes.
    fn unusable(&mut self, error: TagError) -> Result<(), End> {
        if !self.publish.is_announced {
            if self.publish.unsupported == [true; 2] {
                return Err(End::Codec(error));
            }
            let soon = Instant::now() + NOTHING_ELSE.min(self.settings.idle_timeout);
            self.deadline = self.deadline.min(soon);
        }
        self.publish.unusable = Some(error);
        Ok(())
    }

    async fn publish(&mut self, app: String, key: String, password: Option<String>) -> Result<(), End> {
        self.flush().await?;
        // Neither part is logged: the key is a secret, and some encoders put it into the application.
        let peer = Some(self.peer.ip().into());
        let request = AccessRequest { app, credential: Some(key), password, peer, ..AccessRequest::default() };
        let admitted = self.shutdown.run_until_cancelled(self.admission.admit(request)).await;
        self.lease = Some(admitted.ok_or(End::Shutdown)?.map_err(End::Refused)?);
        self.publish = Publish::default();
        self.deadline = Instant::now() + self.settings.idle_timeout;
        self.slot.mark_authenticated();
        self.session.grant()?;
        tracing::info!("publishing began");
        self.flush().await
    }

    async fn flush(&mut self) -> Result<(), End> {
        let output = self.session.take_output();
        if output.is_empty() {
            return Ok(());
        }
        match timeout(WRITE_TIMEOUT, self.socket.write_all(&output)).await {
            Ok(written) => Ok(written?),
            Err(_) => Err(io::Error::from(io::ErrorKind::TimedOut).into()),
        }
    }

    fn too_late(&self) -> End {
        if !self.session.is_shaken() {
            End::SlowHandshake
        } else if !self.session.is_publishing() {
            End::NoPublish
        } else if let Some(error) = self.publish.unusable.clone().filter(|_| !self.publish.has_media) {
            End::Codec(error)
        } else {
            End::Silent
        }
    }

    /// Sends the remaining output. A reset, which closing with unread bytes causes, may discard it at the peer; so
    /// after a denial or a protocol answer the server ends its side first and reads on for a moment.
    async fn say_goodbye(&mut self, end: &End) -> Result<(), End> {
        if let Some(denial) = end.denial() {
            self.session.refuse(denial, &end.to_string())?;
        }
        let has_last_word = end.denial().is_some() || matches!(end, End::Session(SessionError::Protocol(_)));
        if !has_last_word {
            return Ok(());
        }
        self.flush().await?;
        self.socket.shutdown().await?;
        let mut discarded = [0; 4096];
        let reading = async { while self.socket.read(&mut discarded).await.is_ok_and(|size| size > 0) {} };
        // Running out of time is an ordinary end here.
        let _late = timeout(LINGER, reading).await;
        Ok(())
    }
}

/// Waits until the connection must end for reasons other than its own.
async fn called_off(shutdown: &CancellationToken, lease: Option<&PublishLease>) -> End {
    let lease_lost = async {
        match lease {
            Some(lease) => {
                lease.evicted.cancelled().await;
                End::Evicted
            }
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        biased;
        () = shutdown.cancelled() => End::Shutdown,
        end = lease_lost => end,
    }
}
