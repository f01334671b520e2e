//! One peer: its session, its role, and how long it has been silent.
//!
//! Refuses to know: threads and sockets; it is driven by its worker.

use super::{
    datagram_batch::DatagramBatch,
    peer_id::PeerId,
    publish::{Evicted, Publisher},
    round_trip::RoundTrip,
    sdp::{self, Fragment},
    viewer::Viewer,
};
use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};
use str0m::{
    Event, IceConnectionState, Input, Output, Rtc,
    change::SdpOffer,
    channel::ChannelId,
    net::{Protocol, Receive},
};

/// A session that is not connected after this time is given up.
const CONNECTING: Duration = Duration::from_secs(30);
/// How long a peer may be silent. Publishers send all the time, viewers at least consent checks (RFC 7675).
const SILENT_PUBLISHER: Duration = Duration::from_secs(6);
const SILENT_VIEWER: Duration = Duration::from_secs(30);
/// Channels of one viewer, and bytes of one message.
const CHANNELS: usize = 4;
const MESSAGE: usize = 16 << 10;
/// Datagrams that may come early, as far as they are DTLS (RFC 9443, section 2).
const EARLY: usize = 8;
const DTLS: std::ops::RangeInclusive<u8> = 20..=63;
/// Unsent bytes of a channel beyond which messages are dropped.
const BACKED_UP: usize = 64 << 10;

/// The role of a peer.
pub enum Role {
    Publisher(Box<Publisher>),
    Viewer(Box<Viewer>),
}

/// See the module's text.
pub struct Peer {
    pub id: PeerId,
    pub rtc: Rtc,
    pub role: Role,
    pub connected: bool,
    /// The stream that a viewer watches, by the worker's numbering.
    pub channel: Option<u64>,
    /// When it is to be woken.
    pub deadline: Instant,
    offer: String,
    ufrag: String,
    etag: String,
    came: Instant,
    received: Instant,
    reached: Option<(Protocol, SocketAddr)>,
    data_channels: Vec<(ChannelId, String)>,
    nacks: u64,
    round_trip: RoundTrip<Datagram>,
    /// Datagrams of a handshake that came before the check of their path was answered.
    early: Vec<Datagram>,
}

/// A datagram with its way.
#[derive(Debug, Clone)]
struct Datagram {
    protocol: Protocol,
    source: SocketAddr,
    destination: SocketAddr,
    data: Vec<u8>,
}

/// The result of a peer's turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Turn {
    /// Media may be sent from now on.
    pub connected: bool,
    /// A viewer lacks a key frame.
    pub wants_keyframe: bool,
    /// The session is over, with the reason.
    pub over: Option<&'static str>,
}

/// The result of a PATCH (RFC 9725, section 4.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PatchResult {
    /// 204: candidates were accepted.
    Trickled,
    /// 200: ICE was restarted; the new tag, the fragment, and the endpoint's new user name fragment.
    Restarted { etag: String, fragment: String, ufrag: String },
    /// 428: `If-Match` is missing.
    Unconditional,
    /// 412: the tag is not the present one.
    Stale,
    /// 422: invalid credentials.
    Nonsense,
}

impl Peer {
    /// A peer after `rtc` has answered its offer.
    pub fn new(id: PeerId, rtc: Rtc, role: Role, offer: sdp::Offer, etag: String, now: Instant) -> Self {
        let (ufrag, offer) = (offer.ufrag, offer.text);
        let (connected, channel, reached, data_channels, nacks) = (false, None, None, Vec::new(), 0);
        Self {
            id,
            rtc,
            role,
            connected,
            channel,
            deadline: now,
            offer,
            ufrag,
            etag,
            came: now,
            received: now,
            reached,
            data_channels,
            nacks,
            round_trip: RoundTrip::default(),
            early: Vec::new(),
        }
    }

    /// Handles a datagram.
    pub fn receive(
        &mut self,
        protocol: Protocol,
        source: SocketAddr,
        destination: SocketAddr,
        data: &[u8],
        now: Instant,
    ) {
        let kept = || Datagram { protocol, source, destination, data: data.to_vec() };
        if self.round_trip.comes(data, now, kept) {
            self.take(protocol, source, destination, data, now);
        }
    }

    fn take(&mut self, protocol: Protocol, source: SocketAddr, destination: SocketAddr, data: &[u8], now: Instant) {
        let Ok(receive) = Receive::new(protocol, source, destination, data) else { return };
        let input = Input::Receive(now, receive);
        if !self.rtc.accepts(&input) {
            if !self.connected && self.early.len() < EARLY && data.first().is_some_and(|kind| DTLS.contains(kind)) {
                self.early.push(Datagram { protocol, source, destination, data: data.to_vec() });
            }
            return;
        }
        self.received = now;
        if let Err(error) = self.rtc.handle_input(input) {
            tracing::debug!(peer = self.id, "WebRTC: {error}");
        }
    }

    /// Takes what was held back and is due.
    fn take_held(&mut self, now: Instant) {
        let early = std::mem::take(&mut self.early); // what is still early is kept again
        for datagram in early.into_iter().chain(self.round_trip.due(now)) {
            let Datagram { protocol, source, destination, data } = datagram;
            self.take(protocol, source, destination, &data, now);
        }
    }

    /// Drives the session until it waits, sending through `out`.
    pub fn drive(&mut self, now: Instant, out: &mut DatagramBatch) -> Turn {
        let mut turn = Turn::default();
        self.take_held(now);
        if self.rtc.handle_input(Input::Timeout(now)).is_err() {
            turn.over = Some("broken");
            return turn;
        }
        loop {
            match self.rtc.poll_output() {
                Ok(Output::Timeout(at)) => {
                    self.deadline = self.round_trip.deadline().map_or(at, |held| held.min(at));
                    break;
                }
                Ok(Output::Transmit(transmit)) => {
                    if self.reached != Some((transmit.proto, transmit.destination)) {
                        self.reached = Some((transmit.proto, transmit.destination));
                    }
                    self.round_trip.leaves(&transmit.contents, now);
                    out.put(&transmit);
                }
                Ok(Output::Event(event)) => self.happened(event, now, &mut turn),
                Err(error) => {
                    tracing::debug!(peer = self.id, "WebRTC: {error}");
                    turn.over = Some("broken");
                    break;
                }
            }
        }
        if !self.rtc.is_alive() {
            turn.over.get_or_insert("closed");
        }
        turn
    }

    fn happened(&mut self, event: Event, now: Instant, turn: &mut Turn) {
        match (event, &mut self.role) {
            (Event::Connected, role) => {
                (self.connected, turn.connected) = (true, true);
                if let Role::Publisher(publisher) = role {
                    publisher.ask(&mut self.rtc, now);
                }
            }
            (Event::IceConnectionStateChange(IceConnectionState::Disconnected), _) => turn.over = Some("unreachable"),
            (Event::Closed, _) => turn.over = Some("left"),
            (Event::MediaAdded(added), Role::Publisher(publisher)) => {
                publisher.add(added.mid, added.kind, added.simulcast.map_or(0, |layers| layers.recv.len()));
            }
            (Event::MediaAdded(added), Role::Viewer(viewer)) => viewer.add(&mut self.rtc, added.mid, added.kind),
            (Event::MediaData(frame), Role::Publisher(publisher)) => {
                let taken = publisher.take(&mut self.rtc, &frame, now);
                turn.over = turn.over.or(taken.err().map(|Evicted| "evicted"));
            }
            (Event::KeyframeRequest(_), Role::Viewer(viewer)) => {
                metrics::counter!("webrtc_keyframe_requests_total").increment(1);
                turn.wants_keyframe |= viewer.asks(now);
            }
            (Event::MediaEgressStats(stats), _) => {
                // Each session's counters start at zero.
                let before = std::mem::replace(&mut self.nacks, stats.nacks);
                metrics::counter!("webrtc_nacks_total").increment(stats.nacks.saturating_sub(before));
            }
            (Event::ChannelOpen(id, label), Role::Viewer(viewer))
                if viewer.messages.is_some() && self.data_channels.len() < CHANNELS =>
            {
                self.data_channels.push((id, label));
            }
            (Event::ChannelClose(id), _) => self.data_channels.retain(|(chat, _)| *chat != id),
            (Event::ChannelData(data), Role::Viewer(viewer)) if !data.binary && data.data.len() <= MESSAGE => {
                let label = self.data_channels.iter().find(|(id, _)| *id == data.id).map(|(_, label)| label.as_str());
                if let (Some(messages), Some(label), Ok(text)) =
                    (&viewer.messages, label, std::str::from_utf8(&data.data))
                {
                    messages(label, text);
                }
            }
            _ => {}
        }
    }

    /// Sends a text on every channel that the viewer opened; dropped where one is backed up.
    pub fn send_message(&mut self, text: &str) {
        for (id, _) in &self.data_channels {
            let Some(mut channel) = self.rtc.channel(*id) else { continue };
            if channel.buffered_amount() < BACKED_UP {
                let _ = channel.write(false, text.as_bytes());
            }
        }
    }

    /// Whether the queue of its TCP connection, if it has one, is full.
    pub fn is_full(&self, out: &DatagramBatch) -> bool {
        match self.reached {
            Some((Protocol::Udp, _)) | None => false,
            Some((_, address)) => out.sockets().tcp.is_full(address),
        }
    }

    /// Why a peer is to be given up; `None` while it is not.
    pub fn overdue(&self, now: Instant) -> Option<&'static str> {
        let silence = if matches!(self.role, Role::Publisher(_)) { SILENT_PUBLISHER } else { SILENT_VIEWER };
        match self.connected {
            false => (now.saturating_duration_since(self.came) > CONNECTING).then_some("never connected"),
            true => (now.saturating_duration_since(self.received) > silence).then_some("silent"),
        }
    }

    /// Handles a PATCH.
    pub fn patch(&mut self, if_match: Option<&str>, fragment: &Fragment) -> PatchResult {
        let Some(if_match) = if_match else { return PatchResult::Unconditional };
        let any = if_match.trim() == "*";
        if !any && !if_match.split(',').any(|tag| tag.trim() == self.etag) {
            return PatchResult::Stale;
        }
        let (ufrag, pwd) = match (&fragment.ufrag, &fragment.pwd) {
            (Some(ufrag), _) if *ufrag == self.ufrag => return PatchResult::Trickled,
            (None, None) => return PatchResult::Trickled,
            (Some(ufrag), Some(pwd)) if credible(ufrag, 4) && credible(pwd, 22) => (ufrag, pwd),
            _ => return PatchResult::Nonsense,
        };
        let offer = sdp::renewed(&self.offer, ufrag, pwd);
        let answer =
            SdpOffer::from_sdp_string(&offer).ok().and_then(|offer| self.rtc.sdp_api().accept_offer(offer).ok());
        let Some(answer) = answer else { return PatchResult::Nonsense };
        (self.offer, self.ufrag) = (offer, ufrag.clone());
        self.etag = etag();
        let (etag, fragment) = (self.etag.clone(), sdp::fragment(&answer.to_sdp_string()));
        PatchResult::Restarted { etag, fragment, ufrag: self.rtc.direct_api().local_ice_credentials().ufrag }
    }
}

/// A new entity tag.
pub fn etag() -> String {
    format!("\"{}\"", uuid::Uuid::new_v4().simple())
}

/// Whether it is valid as an ICE user name fragment or password (RFC 8839, section 5.4).
fn credible(text: &str, least: usize) -> bool {
    (least..=256).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/".contains(&byte))
}
