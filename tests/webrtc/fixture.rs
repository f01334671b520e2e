//! An endpoint on loopback with a session access that knows one room.

use lumencast::{
    app::{
        access::{
            admission::PublishLease,
            connection_limiter::ConnectionLimiter,
            contract::{AccessRequest, Refusal},
            publish_lease::PublishLeases,
        },
        rooms::live::{Live, Publishing},
    },
    media::clock::ShowClock,
    protocol::packet::{AudioCodec, Packet, VideoCodec},
    server::{
        http,
        webrtc::{
            Answer, MessageChannel, PlayGrant, PublishGrant, SessionAccess, Settings, ViewerCodecs, WebRtcEndpoint,
        },
    },
};
use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

/// Everything that a test waits for must come within this.
pub const TIMEOUT: Duration = Duration::from_secs(20);

/// Lets `Bearer in` publish, and `Bearer out` or requests without a credential play in `live/hall`.
pub struct Fixture {
    pub live: Arc<Live>,
    /// Given to viewers that take no H.264.
    pub other: Arc<Live>,
    pub leases: PublishLeases,
    pub asked: Mutex<Vec<ViewerCodecs>>,
    /// Messages of viewers, and messages to them.
    pub from_viewers: Mutex<Vec<(String, String)>>,
    pub to_viewers: broadcast::Sender<Arc<str>>,
    /// Viewers at the moment.
    pub viewers: Arc<()>,
}

impl Fixture {
    pub fn viewers(&self) -> usize {
        Arc::strong_count(&self.viewers) - 1
    }
}

pub struct TestAccess(pub Arc<Fixture>);

impl SessionAccess for TestAccess {
    fn publish(&self, request: AccessRequest) -> Answer<'_, PublishGrant> {
        Box::pin(async move {
            if request.app != "live" {
                return Err(Refusal::UnknownRoom);
            }
            let (picture, sound) = match request.credential.as_deref() {
                Some("in") => (true, true),
                Some("voice") => (false, true),
                Some("eye") => (true, false),
                Some("out") => return Err(Refusal::Forbidden),
                _ => return Err(Refusal::Unauthorized),
            };
            let guard = self.0.leases.seize("hall");
            let lease = PublishLease::on_stream(self.0.live.begin(), guard, Box::new(()));
            Ok(PublishGrant { lease, picture, sound })
        })
    }

    fn play(&self, request: AccessRequest, codecs: ViewerCodecs) -> Answer<'_, PlayGrant> {
        Box::pin(async move {
            let audio_only = match (request.app.as_str(), request.credential.as_deref()) {
                ("live", None | Some("out")) => false,
                ("live", Some("ear")) => true,
                ("live", Some(_)) => return Err(Refusal::Unauthorized),
                _ => return Err(Refusal::UnknownRoom),
            };
            self.0.asked.lock().unwrap().push(codecs);
            let (fixture, received) = (self.0.clone(), self.0.clone());
            Ok(PlayGrant {
                source: Arc::new(move |codecs| {
                    let other = !codecs.h264 && (codecs.vp8 || codecs.vp9);
                    if other { fixture.other.clone() } else { fixture.live.clone() }
                }),
                picture: self.0.live.picture().map(|picture| picture.codec),
                audio_only,
                guard: Box::new(self.0.viewers.clone()),
                messages: Some(MessageChannel {
                    send_message: Arc::new(move |label, text| {
                        received.from_viewers.lock().unwrap().push((label.into(), text.into()))
                    }),
                    messages: self.0.to_viewers.subscribe(),
                }),
            })
        })
    }
}

/// An open endpoint.
pub struct Open {
    pub fixture: Arc<Fixture>,
    pub endpoint: WebRtcEndpoint,
    pub http: SocketAddr,
}

impl Open {
    pub async fn endpoint() -> Self {
        Self::with(|_| {}).await
    }

    pub async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        gst::init().unwrap();
        let clock = ShowClock::start();
        let fixture = Arc::new(Fixture {
            live: Live::new("hall", clock.clone()),
            other: Live::new("hall for others", clock),
            leases: PublishLeases::new(),
            asked: Mutex::default(),
            from_viewers: Mutex::default(),
            to_viewers: broadcast::channel(16).0,
            viewers: Arc::default(),
        });
        let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut settings =
            Settings { udp: loopback, tcp: Some(loopback), public: Vec::new(), workers: 1, ..Settings::default() };
        change(&mut settings);
        let endpoint = WebRtcEndpoint::open(settings, Arc::new(TestAccess(fixture.clone()))).await.unwrap();
        let listener = tokio::net::TcpListener::bind(loopback).await.unwrap();
        let http = listener.local_addr().unwrap();
        // No test takes as long over a body, but the one that stops in the midst of it.
        let deadlines = http::Deadlines { body: Duration::from_secs(1), ..http::Deadlines::default() };
        let served = http::Settings { deadlines, ..http::Settings::new(ConnectionLimiter::alone("http", 256)) };
        tokio::spawn(http::serve(listener, endpoint.routes(), served, CancellationToken::new()));
        Self { fixture, endpoint, http }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.http)
    }
}

/// A record of 1280x720 in high profile.
pub const RECORD: &[u8] = &[
    1, 0x64, 0, 0x1f, 0xff, 0xe1, 0, 26, 0x67, 0x64, 0x00, 0x1f, 0xac, 0xd9, 0x40, 0x50, 0x05, 0xbb, 0x01, 0x10, 0x00,
    0x00, 0x03, 0x00, 0x10, 0x00, 0x00, 0x03, 0x03, 0xc0, 0xf1, 0x83, 0x19, 0x60, 1, 0, 6, 0x68, 0xeb, 0xe3, 0xcb,
    0x22, 0xc0,
];

/// The content of a made-up picture's slice: its number, then bytes without a start code.
fn slice(number: u32, keyframe: bool, length: usize) -> Vec<u8> {
    let head = if keyframe { 0x65 } else { 0x41 };
    let digits = number.to_be_bytes().map(|byte| [0xa0 | (byte >> 4), 0xa0 | (byte & 15)]).concat();
    [vec![head], digits, vec![0xaa; length]].concat()
}

/// A made-up picture as a packet.
pub fn picture(number: u32, keyframe: bool, length: usize, pts: Duration) -> Packet {
    let slice = slice(number, keyframe, length);
    let data = [&(slice.len() as u32).to_be_bytes()[..], &slice].concat().into();
    Packet::Video { codec: VideoCodec::H264, pts, dts: pts, keyframe, data }
}

/// A made-up picture as a byte stream, with parameter sets if it is a key frame.
pub fn stream(number: u32, keyframe: bool, length: usize) -> Vec<u8> {
    let mut out = Vec::new();
    if keyframe {
        out.extend([&[0, 0, 0, 1], &RECORD[8..34], &[0, 0, 0, 1], &RECORD[37..]].concat());
    }
    out.extend([0, 0, 0, 1]);
    out.extend(slice(number, keyframe, length));
    out
}

/// The number in the slice of a byte stream or a packet's data.
pub fn number(data: &[u8]) -> Option<u32> {
    let at = data
        .windows(9)
        .position(|nine| matches!(nine[0], 0x65 | 0x41) && nine[1..].iter().all(|b| b & 0xf0 == 0xa0))?;
    Some(data[at + 1..at + 9].iter().fold(0, |number, byte| number << 4 | u32::from(byte & 15)))
}

/// The configuration before the first picture.
pub fn configuration() -> Packet {
    Packet::VideoConfig { codec: VideoCodec::H264, record: RECORD.into() }
}

/// A packet of sound, 20 ms.
pub fn sound(pts: Duration) -> Packet {
    Packet::Audio { codec: AudioCodec::Opus, pts, data: vec![0xfc; 120].into() }
}

/// Publishes made-up pictures at 30 per second, with sound, until stopped. Key frames come every `gop` pictures and on
/// request.
pub struct Feeder {
    stop: tokio_util::sync::CancellationToken,
    pub running: tokio::task::JoinHandle<u32>,
}

impl Feeder {
    /// Begins with a number; a `deaf` one cannot be asked for key frames.
    pub fn start(live: &Arc<Live>, first: u32, gop: u32, deaf: bool) -> Self {
        Self::of_size(live, first, gop, deaf, (30_000, 7_000))
    }

    /// As [`Self::start`], with so many bytes in a key frame and in another one.
    pub fn of_size(live: &Arc<Live>, first: u32, gop: u32, deaf: bool, sizes: (usize, usize)) -> Self {
        let publishing = live.begin();
        let stop = tokio_util::sync::CancellationToken::new();
        let running = tokio::spawn(feed(publishing, first, gop, deaf, sizes, stop.clone()));
        Self { stop, running }
    }

    /// Ends, and gives the number that would come next.
    pub async fn stop(self) -> u32 {
        self.stop.cancel();
        self.running.await.unwrap()
    }
}

async fn feed(
    publishing: Publishing,
    first: u32,
    gop: u32,
    deaf: bool,
    (key_size, size): (usize, usize),
    stop: tokio_util::sync::CancellationToken,
) -> u32 {
    let wanted = Arc::new(std::sync::atomic::AtomicBool::new(false));
    if !deaf {
        let wanted = wanted.clone();
        publishing.on_want_keyframe(move || wanted.store(true, std::sync::atomic::Ordering::Relaxed));
    }
    publishing.push(configuration());
    publishing.push(Packet::AudioConfig { codec: AudioCodec::Opus, record: Default::default() });
    let mut ticks = tokio::time::interval(Duration::from_micros(33_333));
    let mut sounds = 0;
    for n in 0.. {
        tokio::select! {
            _ = ticks.tick() => {}
            () = stop.cancelled() => return first + n,
        }
        let keyframe = n % gop == 0 || wanted.swap(false, std::sync::atomic::Ordering::Relaxed);
        let pts = Duration::from_nanos(u64::from(n) * 1_000_000_000 / 30);
        let length = if keyframe { key_size } else { size };
        publishing.push(picture(first + n, keyframe, length, pts));
        while Duration::from_millis(20) * sounds <= pts {
            publishing.push(sound(Duration::from_millis(20) * sounds));
            sounds += 1;
        }
    }
    unreachable!()
}
