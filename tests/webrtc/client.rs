//! A WebRTC peer in this process: its own socket and thread, full ICE, frames in and out.

use super::fixture::TIMEOUT;
use reqwest::{Response, StatusCode, header};
use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream, UdpSocket},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
        mpsc as std_mpsc,
    },
    time::{Duration, Instant},
};
use str0m::{
    Candidate, Event, IceCreds, Input, Output, Rtc, RtcConfig,
    change::{SdpAnswer, SdpOffer, SdpPendingOffer},
    format::Codec,
    media::{Direction, KeyframeRequestKind, MediaKind, MediaTime, Mid, Simulcast, SimulcastLayer},
    net::{Protocol, Receive, TcpType},
};
use tokio::{sync::mpsc, time::timeout};

/// An event of a peer.
#[derive(Debug)]
pub enum ClientEvent {
    Connected,
    Frame { kind: MediaKind, codec: Codec, time: MediaTime, at: Instant, whole: bool, data: Vec<u8> },
    WantsKeyframe,
    Open,
    Text(String),
    Gone,
}

enum Do {
    Accept(SdpPendingOffer, SdpAnswer),
    Restart(IceCreds, IceCreds),
    Write { kind: MediaKind, codec: Codec, time: MediaTime, data: Vec<u8>, layer: Option<&'static str> },
    Ask,
    Send(String),
    Lose(u32),
}

/// The properties of the peer.
#[derive(Clone, Copy)]
pub struct Kind {
    pub direction: Direction,
    pub picture: bool,
    pub sound: bool,
    pub h264: bool,
    pub data: bool,
    /// The socket has the system's own receive buffer.
    pub plain: bool,
    /// Names of the layers that a picture is sent in.
    pub layers: &'static [&'static str],
}

impl Kind {
    pub const VIEWER: Self = Self {
        direction: Direction::RecvOnly,
        picture: true,
        sound: true,
        h264: true,
        data: false,
        plain: false,
        layers: &[],
    };
    pub const PUBLISHER: Self = Self { direction: Direction::SendOnly, ..Self::VIEWER };
}

/// An offer that was not sent yet.
pub struct Offering {
    rtc: Rtc,
    wire: Wire,
    pub offer: SdpOffer,
    pending: SdpPendingOffer,
    mids: Vec<(MediaKind, Mid)>,
}

impl Offering {
    pub fn new(kind: Kind) -> Self {
        Self::over(kind, None)
    }

    /// Over TCP to an address, or else over UDP.
    pub fn over(kind: Kind, tcp: Option<SocketAddr>) -> Self {
        let wire = tcp.map_or_else(|| Wire::udp(kind.plain), Wire::tcp);
        let config = RtcConfig::new().clear_codecs().enable_opus(true, false).enable_vp8(true).enable_h264(kind.h264);
        let mut rtc = config.build(Instant::now());
        let candidate = match &wire {
            Wire::Udp(socket) => Candidate::host(socket.local_addr().unwrap(), "udp"),
            Wire::Tcp(stream, _) => {
                Candidate::builder().tcp().host(stream.local_addr().unwrap()).tcptype(TcpType::Active).build()
            }
        };
        rtc.add_local_candidate(candidate.unwrap());
        let mut changes = rtc.sdp_api();
        let mut mids = Vec::new();
        for (media, wanted) in [(MediaKind::Video, kind.picture), (MediaKind::Audio, kind.sound)] {
            if wanted {
                let layers = (media == MediaKind::Video && !kind.layers.is_empty()).then(|| Simulcast {
                    send: kind.layers.iter().map(|name| SimulcastLayer::new(name)).collect(),
                    recv: Vec::new(),
                });
                mids.push((media, changes.add_media(media, kind.direction, None, None, layers)));
            }
        }
        if kind.data {
            changes.add_channel("chat".into());
        }
        let (offer, pending) = changes.apply().unwrap();
        Self { rtc, wire, offer, pending, mids }
    }

    /// Posts the offer, and gives the response as it is.
    pub async fn post(&self, url: &str) -> Response {
        let body = self.offer.to_sdp_string();
        let request = reqwest::Client::new().post(url).header(header::CONTENT_TYPE, "application/sdp").body(body);
        timeout(TIMEOUT, request.send()).await.unwrap().unwrap()
    }

    /// Goes on with an accepted offer.
    pub async fn go(self, base: &str, response: Response) -> Client {
        let status = response.status();
        let header =
            |name| response.headers().get(name).map(|value: &header::HeaderValue| value.to_str().unwrap().to_owned());
        let (location, etag) = (header(header::LOCATION), header(header::ETAG));
        let text = response.text().await.unwrap();
        assert_eq!(status, StatusCode::CREATED, "{text}");
        let answer = SdpAnswer::from_sdp_string(&text).unwrap();
        let (tell, event) = mpsc::unbounded_channel();
        let (doing, orders) = std_mpsc::channel();
        doing.send(Do::Accept(self.pending, answer)).unwrap();
        let (rtc, wire, mids) = (self.rtc, self.wire, self.mids);
        let maps = text.lines().filter_map(|line| line.strip_prefix("a=rtpmap:")?.split_once(" rtx/"));
        let again: Vec<u8> = maps.filter_map(|(number, _)| number.parse().ok()).collect();
        let resends = Arc::new(AtomicU32::new(0));
        let counted = (again, resends.clone());
        std::thread::spawn(move || run(rtc, &wire, &mids, &counted, &orders, &tell));
        let resource = format!("{base}{}", location.unwrap());
        Client { event, doing, resource, etag: etag.unwrap(), answer: text, resends }
    }
}

/// A peer. Dropping it makes it fall silent without closing.
pub struct Client {
    pub event: mpsc::UnboundedReceiver<ClientEvent>,
    doing: std_mpsc::Sender<Do>,
    pub resource: String,
    pub etag: String,
    pub answer: String,
    resends: Arc<AtomicU32>,
}

impl Client {
    /// Watches or publishes at an address.
    pub async fn to(base: &str, path: &str, kind: Kind) -> Self {
        let offering = Offering::new(kind);
        let response = offering.post(&format!("{base}{path}")).await;
        offering.go(base, response).await
    }

    /// The next event.
    pub async fn next(&mut self) -> ClientEvent {
        timeout(TIMEOUT, self.event.recv()).await.expect("nothing came").expect("the peer is alive")
    }

    /// The next picture, others passed over.
    pub async fn picture(&mut self) -> (Instant, MediaTime, bool, Vec<u8>) {
        loop {
            if let ClientEvent::Frame { kind: MediaKind::Video, time, at, whole, data, .. } = self.next().await {
                return (at, time, whole, data);
            }
        }
    }

    /// Waits for something.
    pub async fn until(&mut self, found: impl Fn(&ClientEvent) -> bool) -> ClientEvent {
        loop {
            let event = self.next().await;
            if found(&event) {
                return event;
            }
        }
    }

    pub fn write(&self, kind: MediaKind, codec: Codec, time: MediaTime, data: Vec<u8>) {
        let _ = self.doing.send(Do::Write { kind, codec, time, data, layer: None });
    }

    /// Sends a picture in one of several layers.
    pub fn write_layer(&self, layer: &'static str, codec: Codec, time: MediaTime, data: Vec<u8>) {
        let _ = self.doing.send(Do::Write { kind: MediaKind::Video, codec, time, data, layer: Some(layer) });
    }

    /// Packets that were sent again.
    pub fn resends(&self) -> u32 {
        self.resends.load(Ordering::Relaxed)
    }

    /// Asks for a key frame.
    pub fn ask(&self) {
        self.doing.send(Do::Ask).unwrap();
    }

    /// Sends a message on the data channel.
    pub fn send_message(&self, text: &str) {
        self.doing.send(Do::Send(text.into())).unwrap();
    }

    /// From now on drops one of every `every` RTP packets.
    pub fn lose(&self, every: u32) {
        self.doing.send(Do::Lose(every)).unwrap();
    }

    /// Goes on with new credentials of the other side, given its fragment.
    pub fn restart(&self, own: (&str, &str), fragment: &str) {
        let find = |name: &str| fragment.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim().to_owned();
        let (ufrag, pwd) = (find("a=ice-ufrag:"), find("a=ice-pwd:"));
        let own = IceCreds { ufrag: own.0.into(), pass: own.1.into() };
        self.doing.send(Do::Restart(own, IceCreds { ufrag, pass: pwd })).unwrap();
    }
}

fn run(
    mut rtc: Rtc,
    wire: &Wire,
    mids: &[(MediaKind, Mid)],
    (again, resends): &(Vec<u8>, Arc<AtomicU32>),
    orders: &std_mpsc::Receiver<Do>,
    tell: &mpsc::UnboundedSender<ClientEvent>,
) {
    let mut channels = Vec::new();
    let (mut lose, mut seen) = (0, 0);
    let (protocol, local) = wire.local();
    let mid = |kind| mids.iter().find(|(found, _)| *found == kind).map(|(_, mid)| *mid);
    loop {
        loop {
            match orders.try_recv() {
                Ok(Do::Accept(pending, answer)) => rtc.sdp_api().accept_answer(pending, answer).unwrap(),
                Ok(Do::Restart(own, other)) => {
                    rtc.direct_api().set_local_ice_credentials(own);
                    rtc.direct_api().set_remote_ice_credentials(other);
                }
                Ok(Do::Write { kind, codec, time, data, layer }) => {
                    let Some(mut writer) = mid(kind).and_then(|mid| rtc.writer(mid)) else { continue };
                    if let Some(layer) = layer {
                        writer = writer.rid(layer.into());
                    }
                    let pt =
                        writer.payload_params().find(|params| params.spec().codec == codec).map(|params| params.pt());
                    writer.write(pt.expect("codec"), Instant::now(), time, data).unwrap();
                }
                Ok(Do::Ask) => {
                    let mut writer = rtc.writer(mid(MediaKind::Video).unwrap()).unwrap();
                    writer.request_keyframe(None, KeyframeRequestKind::Pli).unwrap();
                }
                Ok(Do::Send(text)) => {
                    for id in &channels {
                        rtc.channel(*id).unwrap().write(false, text.as_bytes()).unwrap();
                    }
                }
                Ok(Do::Lose(every)) => lose = every,
                Err(std_mpsc::TryRecvError::Empty) => break,
                Err(std_mpsc::TryRecvError::Disconnected) => return,
            }
        }
        let until = loop {
            match rtc.poll_output().unwrap() {
                Output::Timeout(at) => break at,
                Output::Transmit(transmit) => wire.send(&transmit.contents, transmit.destination),
                Output::Event(event) => {
                    let event = match event {
                        Event::Connected => ClientEvent::Connected,
                        Event::MediaData(frame) => ClientEvent::Frame {
                            kind: if frame.params.spec().codec.is_audio() {
                                MediaKind::Audio
                            } else {
                                MediaKind::Video
                            },
                            codec: frame.params.spec().codec,
                            time: frame.time,
                            at: Instant::now(),
                            whole: frame.contiguous,
                            data: frame.data.to_vec(),
                        },
                        Event::KeyframeRequest(_) => ClientEvent::WantsKeyframe,
                        Event::ChannelOpen(id, _) => {
                            channels.push(id);
                            ClientEvent::Open
                        }
                        Event::ChannelData(data) => ClientEvent::Text(String::from_utf8(data.data).unwrap()),
                        Event::Closed => ClientEvent::Gone,
                        _ => continue,
                    };
                    let _ = tell.send(event);
                }
            }
        };
        if !rtc.is_alive() {
            return;
        }
        let wait =
            until.saturating_duration_since(Instant::now()).clamp(Duration::from_micros(200), Duration::from_millis(2));
        let now = || Instant::now();
        match wire.receive(wait) {
            Some((data, source)) => {
                if data[0] >= 128 && !(64..96).contains(&(data[1] & 0x7f)) {
                    seen += 1;
                    resends.fetch_add(u32::from(again.contains(&(data[1] & 0x7f))), Ordering::Relaxed);
                    if lose > 0 && seen % lose == 0 {
                        continue;
                    }
                }
                if let Ok(receive) = Receive::new(protocol, source, local, &data) {
                    rtc.handle_input(Input::Receive(now(), receive)).unwrap();
                }
            }
            None => rtc.handle_input(Input::Timeout(now())).unwrap(),
        }
    }
}

/// What a peer is connected by.
enum Wire {
    Udp(UdpSocket),
    Tcp(TcpStream, std_mpsc::Receiver<Vec<u8>>),
}

impl Wire {
    fn udp(plain: bool) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        if !plain {
            socket2::SockRef::from(&socket).set_recv_buffer_size(4 << 20).unwrap();
        }
        Self::Udp(socket)
    }

    fn tcp(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        let (mut reader, (send, frames)) = (stream.try_clone().unwrap(), std_mpsc::channel());
        std::thread::spawn(move || {
            let mut length = [0; 2];
            while reader.read_exact(&mut length).is_ok() {
                let mut frame = vec![0; u16::from_be_bytes(length).into()];
                if reader.read_exact(&mut frame).is_err() || send.send(frame).is_err() {
                    return;
                }
            }
        });
        Self::Tcp(stream, frames)
    }

    fn local(&self) -> (Protocol, SocketAddr) {
        match self {
            Self::Udp(socket) => (Protocol::Udp, socket.local_addr().unwrap()),
            Self::Tcp(stream, _) => (Protocol::Tcp, stream.local_addr().unwrap()),
        }
    }

    fn send(&self, data: &[u8], to: SocketAddr) {
        match self {
            Self::Udp(socket) => drop(socket.send_to(data, to)),
            Self::Tcp(stream, _) => {
                let mut stream = stream;
                stream.write_all(&[&(data.len() as u16).to_be_bytes(), data].concat()).unwrap();
            }
        }
    }

    fn receive(&self, wait: Duration) -> Option<(Vec<u8>, SocketAddr)> {
        match self {
            Self::Udp(socket) => {
                socket.set_read_timeout(Some(wait)).unwrap();
                let mut room = vec![0; 4096];
                let (length, source) = socket.recv_from(&mut room).ok()?;
                room.truncate(length);
                Some((room, source))
            }
            Self::Tcp(stream, frames) => Some((frames.recv_timeout(wait).ok()?, stream.peer_addr().unwrap())),
        }
    }
}

/// A DELETE.
pub async fn delete(resource: &str) -> StatusCode {
    reqwest::Client::new().delete(resource).send().await.unwrap().status()
}

/// A PATCH with a fragment.
pub async fn patch(resource: &str, if_match: Option<&str>, fragment: &str) -> Response {
    let mut request =
        reqwest::Client::new().patch(resource).header(header::CONTENT_TYPE, "application/trickle-ice-sdpfrag");
    if let Some(tag) = if_match {
        request = request.header(header::IF_MATCH, tag);
    }
    request.body(fragment.to_owned()).send().await.unwrap()
}
