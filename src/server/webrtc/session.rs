//! How a session comes about: an offer is shaped, the session access asked, the offer answered, and the peer given to a
//! worker.
//!
//! Refuses to know: HTTP.

use super::{
    access::SessionAccess,
    demux::Demux,
    local_addresses::LocalAddresses,
    mailbox::{Job, Mailbox},
    peer::{PatchResult, Peer, Role, etag},
    peer_id::PeerId,
    publish::Publisher,
    sdp::{self, Allowed, Direction, Fault, Fragment, Offer},
    viewer::Viewer,
};
use crate::{
    app::access::{
        client_address::ClientAddress,
        connection_limiter::{ConnectionLimiter, ConnectionSlot},
        contract::{AccessRequest, Refusal},
    },
    tasks,
};
use metrics::counter;
use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use str0m::{
    Candidate, Rtc, RtcConfig,
    change::{SdpAnswer, SdpOffer},
    config::{CryptoProvider, DtlsCert},
    net::TcpType,
    rtp::Extension,
};
use tokio::sync::{broadcast, oneshot};
use uuid::Uuid;

/// Profiles of H.264 that are taken and given, with the highest level of use: decoders look into the stream anyway, and
/// encoders keep below it.
const PROFILES: [u32; 5] = [0x42_e0_34, 0x42_00_34, 0x4d_00_34, 0x64_00_34, 0x64_0c_34];
/// Sessions at a time.
const MOST: usize = 4096;
/// Datagrams stay below this.
const MTU: usize = 1250;

/// What an accepted offer gets.
#[derive(Debug)]
pub struct Opened {
    /// The secret name of the session.
    pub resource: Uuid,
    pub answer: String,
    pub etag: String,
}

/// Why an offer is not accepted.
#[derive(Debug, thiserror::Error)]
pub enum Declined {
    #[error(transparent)]
    Fault(#[from] Fault),
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// There are too many sessions: 503.
    #[error("there are too many sessions")]
    Full,
}

/// See the module's text.
pub struct Sessions {
    access: Arc<dyn SessionAccess>,
    workers: Vec<(Mailbox, Arc<AtomicUsize>)>,
    demux: Arc<Demux>,
    /// Shares of sessions.
    session_limiter: ConnectionLimiter,
    local_addresses: LocalAddresses,
    udp_port: u16,
    tcp: Option<SocketAddr>,
    crypto: Arc<CryptoProvider>,
    certificate: DtlsCert,
}

impl Sessions {
    /// Sessions on these workers, reached by these local addresses.
    ///
    /// # Errors
    /// When no certificate can be made.
    pub fn new(
        access: Arc<dyn SessionAccess>,
        workers: Vec<(Mailbox, Arc<AtomicUsize>)>,
        demux: Arc<Demux>,
        limiter: &ConnectionLimiter,
        local_addresses: LocalAddresses,
        udp_port: u16,
        tcp: Option<SocketAddr>,
    ) -> io::Result<Self> {
        let crypto = Arc::new(str0m::crypto::from_feature_flags());
        let certificate = crypto.dtls_provider.generate_certificate();
        let certificate = certificate.ok_or_else(|| io::Error::other("no DTLS certificate can be made"))?;
        let session_limiter = limiter.sibling("webrtc_sessions", MOST);
        Ok(Self { access, workers, demux, session_limiter, local_addresses, udp_port, tcp, crypto, certificate })
    }

    /// The workers, with how many peers each has.
    pub fn workers(&self) -> &[(Mailbox, Arc<AtomicUsize>)] {
        &self.workers
    }

    /// Lets a publisher or a viewer in.
    ///
    /// # Errors
    /// [`Declined`], with nothing left behind.
    pub async fn open(&self, direction: Direction, request: AccessRequest, offer: &str) -> Result<Opened, Declined> {
        let shaped = sdp::shape(offer, direction, Allowed::ALL)?;
        let from = request.peer.unwrap_or(ClientAddress::UNKNOWN);
        let slot = self.session_limiter.enter(from).map_err(|_| Declined::Full)?;
        // Answered before access is asked for: an offer that cannot be answered must not evict a publisher.
        let answered = self.answer(&shaped)?;
        match direction {
            Direction::In => {
                let grant = self.access.publish(request).await?;
                let allowed = Allowed { picture: grant.picture, sound: grant.sound };
                let (shaped, (rtc, answer)) = self.restrict(offer, (shaped, answered), allowed)?;
                let evicted = grant.lease.evicted.clone();
                let role = Role::Publisher(Box::new(Publisher::new(grant)));
                let (opened, worker, id) = self.settle(rtc, role, shaped, &answer)?;
                slot.mark_authenticated();
                self.hold(slot, id);
                let demux = self.demux.clone();
                tasks::once("webrtc-eviction", async move {
                    tokio::select! {
                        () = evicted.cancelled() => {
                            worker.put(Job::Go { peer: id, why: "evicted", done: None });
                        }
                        () = demux.gone(id) => {}
                    }
                });
                Ok(opened)
            }
            Direction::Out => {
                let grant = self.access.play(request, shaped.codecs).await?;
                let allowed = Allowed { picture: !grant.audio_only, sound: true };
                let (shaped, (rtc, answer)) = self.restrict(offer, (shaped, answered), allowed)?;
                let codecs = shaped.codecs;
                // Whatever a stream is in, it is made into H.264 and into nothing else.
                if shaped.picture.is_some() && !codecs.h264 && grant.picture.is_some_and(|codec| !codecs.has(codec)) {
                    return Err(Fault::OtherCodec.into());
                }
                let (viewer, messages) = Viewer::new(grant, codecs);
                let data_channels = shaped.data;
                let (opened, worker, id) = self.settle(rtc, Role::Viewer(Box::new(viewer)), shaped, &answer)?;
                self.hold(slot, id);
                if let Some(messages) = messages.filter(|_| data_channels) {
                    tasks::once("webrtc-messages", relay(messages.messages, worker, id, self.demux.clone()));
                }
                Ok(opened)
            }
        }
    }

    /// The offer and its answer with what the credential allows.
    fn restrict(
        &self,
        offer: &str,
        (shaped, answered): (Offer, (Rtc, SdpAnswer)),
        allowed: Allowed,
    ) -> Result<(Offer, (Rtc, SdpAnswer)), Declined> {
        if allowed == Allowed::ALL {
            return Ok((shaped, answered));
        }
        let shaped = sdp::shape(offer, shaped.direction, allowed)?;
        let answered = self.answer(&shaped)?;
        Ok((shaped, answered))
    }

    /// Takes a PATCH; `None` when there is no such session.
    pub async fn patch(
        &self,
        direction: Direction,
        resource: &Uuid,
        if_match: Option<String>,
        fragment: Fragment,
    ) -> Option<PatchResult> {
        let (worker, peer) = self.demux.resource(resource, direction == Direction::In)?;
        let (reply, answer) = oneshot::channel();
        worker.put(Job::Patch { peer, if_match, fragment, reply });
        answer.await.ok()
    }

    /// Ends a session, and gives whether there was one. Its lease is free when this comes back.
    pub async fn close(&self, direction: Direction, resource: &Uuid) -> bool {
        let Some((worker, peer)) = self.demux.resource(resource, direction == Direction::In) else { return false };
        let (done, gone) = oneshot::channel();
        worker.put(Job::Go { peer, why: "deleted", done: Some(done) });
        let _ = gone.await;
        true
    }

    fn answer(&self, offer: &Offer) -> Result<(Rtc, SdpAnswer), Fault> {
        // What the session says of it may hold addresses of this process, and is of no use to the peer.
        let unanswerable = |error: &dyn std::fmt::Display| {
            tracing::info!("a WebRTC offer is refused: {error}");
            Fault::Unanswerable
        };
        let parsed = SdpOffer::from_sdp_string(&offer.text).map_err(|error| unanswerable(&error))?;
        let mut rtc = self.config(offer.direction).build(Instant::now());
        for candidate in self.candidates() {
            rtc.add_local_candidate(candidate);
        }
        let answer = rtc.sdp_api().accept_offer(parsed).map_err(|error| unanswerable(&error))?;
        let none_fits = |mid: &str| rtc.media(mid.into()).is_none_or(|media| media.remote_pts().is_empty());
        if offer.picture.as_deref().is_some_and(none_fits) {
            return Err(Fault::NoVideoCodec); // H.264 in other profiles
        }
        Ok((rtc, answer))
    }

    fn config(&self, direction: Direction) -> RtcConfig {
        let mut config = RtcConfig::new()
            .set_crypto_provider(self.crypto.clone())
            .set_dtls_cert(self.certificate.clone())
            .set_rtp_mode(direction == Direction::Out)
            .set_mtu(1200..=MTU)
            .set_stats_interval((direction == Direction::Out).then_some(Duration::from_secs(5)))
            .clear_codecs()
            .enable_opus(true, false)
            .enable_vp8(true)
            .enable_vp9(true);
        for (n, profile) in (0..).zip(PROFILES) {
            let number: u8 = 102 + 2 * n;
            config.codec_config().add_h264(number.into(), Some((number + 1).into()), true, profile);
        }
        if direction == Direction::Out {
            // Nothing here estimates bandwidth, so viewers need not report on every packet.
            config = config.clear_extension_map().set_extension(4, Extension::RtpMid);
        }
        config
    }

    fn candidates(&self) -> Vec<Candidate> {
        let udp = self.local_addresses.offered().map(|ip| Candidate::host(SocketAddr::new(ip, self.udp_port), "udp"));
        let tcp = self.tcp.into_iter().flat_map(|tcp| {
            let local_addresses =
                self.local_addresses.offered().filter(move |ip| tcp.ip().is_unspecified() || *ip == tcp.ip());
            local_addresses.map(move |ip| {
                let builder = Candidate::builder().tcp().host(SocketAddr::new(ip, tcp.port()));
                builder.tcptype(TcpType::Passive).build()
            })
        });
        udp.chain(tcp).filter_map(Result::ok).collect()
    }

    /// Keeps a session's slot until the session has ended.
    fn hold(&self, slot: ConnectionSlot, id: PeerId) {
        let demux = self.demux.clone();
        tasks::once("webrtc-place", async move {
            demux.gone(id).await;
            drop(slot);
        });
    }

    /// Gives the peer to the worker with the fewest.
    fn settle(
        &self,
        mut rtc: Rtc,
        role: Role,
        offer: Offer,
        answer: &SdpAnswer,
    ) -> Result<(Opened, Mailbox, PeerId), Declined> {
        let Some((worker, load)) = self.workers.iter().min_by_key(|(_, load)| load.load(Ordering::Relaxed)) else {
            return Err(Declined::Full);
        };
        let direction = offer.direction;
        let (resource, etag) = (Uuid::new_v4(), etag());
        let ufrag = rtc.direct_api().local_ice_credentials().ufrag;
        let id = self.demux.add(worker.clone(), resource, direction == Direction::In, ufrag);
        if let Role::Publisher(publisher) = &role {
            let worker = worker.clone();
            publisher.lease().on_want_keyframe(move || {
                worker.put(Job::Ask { peer: id });
            });
        }
        let answer = sdp::write(&offer, &answer.to_sdp_string());
        let peer = Peer::new(id, rtc, role, offer, etag.clone(), Instant::now());
        load.fetch_add(1, Ordering::Relaxed); // the worker takes it off
        if !worker.put(Job::Join(Box::new(peer))) {
            self.demux.remove(id);
            load.fetch_sub(1, Ordering::Relaxed);
            return Err(Declined::Full);
        }
        counter!("webrtc_sessions_total", "way" => if direction == Direction::In { "whip" } else { "whep" })
            .increment(1);
        Ok((Opened { resource, answer, etag }, worker.clone(), id))
    }
}

/// Passes the room's messages on to a viewer until it is gone; what it is too slow for is left out.
async fn relay(mut messages: broadcast::Receiver<Arc<str>>, worker: Mailbox, peer: PeerId, demux: Arc<Demux>) {
    let gone = demux.gone(peer);
    tokio::pin!(gone);
    loop {
        let received = tokio::select! {
            received = messages.recv() => received,
            () = &mut gone => return,
        };
        match received {
            Ok(text) => drop(worker.put(Job::SendMessage { peer, text })),
            Err(broadcast::error::RecvError::Lagged(_)) => {}
            Err(broadcast::error::RecvError::Closed) => return,
        }
    }
}
