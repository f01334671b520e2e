//! The SRT endpoint: real senders with right and wrong keys, several at once, killed and back.

use crate::{
    collector::{Gathered, wait_for},
    peers::{Peer, convert},
    support::marks::Clip,
};
use futures::future::BoxFuture;
use lumencast::{
    app::access::{
        admission::{Admission, PublishLease},
        connection_limiter::ConnectionLimiter,
        contract::{AccessRequest, Refusal},
        publish_lease::PublishLeases,
    },
    app::rooms::live::{Live, Start},
    media::clock::ShowClock,
    protocol::packet::{AudioCodec, VideoCodec},
    server::srt::{Settings, bind},
};
use std::{
    collections::HashMap,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use tokio::{runtime::Runtime, task::JoinHandle};
use tokio_util::sync::CancellationToken;

/// Admits callers with a key that begins with `cam`, and gathers their packets.
#[derive(Default)]
struct Fixture {
    leases: PublishLeases,
    got: Mutex<HashMap<String, Gathered>>,
    asked: Mutex<Vec<AccessRequest>>,
}

impl Admission for Fixture {
    fn admit(&self, request: AccessRequest) -> BoxFuture<'_, Result<PublishLease, Refusal>> {
        Box::pin(async move {
            self.asked.lock().unwrap().push(request.clone());
            let key = request.credential.unwrap_or_default();
            if request.app != "live" || !key.starts_with("cam") {
                return Err(Refusal::UnknownKey);
            }
            let hold = self.leases.take(&key).await?;
            let got = self.got.lock().unwrap().entry(key).or_default().clone();
            let live = Live::new("test", ShowClock::start());
            let listener = live.listen(Start::Now, move |unit| got.put(unit.packet.clone()));
            Ok(PublishLease::on_stream(live.begin(), hold, Box::new(listener)))
        })
    }
}

struct SrtServer {
    fixture: Arc<Fixture>,
    address: SocketAddr,
    shutdown: CancellationToken,
    running: Option<JoinHandle<()>>,
    runtime: Runtime,
}

impl SrtServer {
    fn open(change: impl FnOnce(&mut Settings)) -> Self {
        gst::init().unwrap();
        let mut settings = Settings { listen: SocketAddr::from(([127, 0, 0, 1], 0)), ..Settings::default() };
        change(&mut settings);
        let runtime = Runtime::new().unwrap();
        let listener = bind(&settings).unwrap();
        let address = listener.local_addr().unwrap();
        let (fixture, shutdown) = (Arc::new(Fixture::default()), CancellationToken::new());
        let running = runtime.spawn(listener.run(fixture.clone(), shutdown.clone()));
        Self { fixture, address, shutdown, running: Some(running), runtime }
    }

    fn url(&self, query: &str) -> String {
        format!("srt://{}?{query}", self.address)
    }

    fn push(&self, media: &Path, query: &str) -> Peer {
        Peer::ffmpeg(media, &[], &["-c", "copy", "-f", "mpegts", &self.url(query)])
    }

    fn got(&self, key: &str) -> Gathered {
        self.fixture.got.lock().unwrap().entry(key.into()).or_default().clone()
    }

    fn is_held(&self, key: &str) -> bool {
        self.fixture.leases.is_held(key)
    }
}

impl Drop for SrtServer {
    fn drop(&mut self) {
        self.shutdown.cancel();
        if let Some(running) = self.running.take() {
            let begun = Instant::now();
            let _ = self.runtime.block_on(running);
            if !std::thread::panicking() {
                assert!(begun.elapsed() < Duration::from_secs(4), "the listener took long to close");
            }
        }
    }
}

fn clip(source: u8) -> PathBuf {
    Clip { gop: 15, ..Clip::of(source, 3.0).size(640, 360) }.cached()
}

fn ended(peer: &mut Peer) -> bool {
    wait_for("the sender to end", || peer.ended())
}

#[test]
fn two_callers_at_once_bring_every_picture_in_both_forms_of_the_stream_id() {
    let _turn = crate::support::shared_turn(30);
    let server = SrtServer::open(|_| {});
    let mut one = server.push(&clip(1), "streamid=cam1");
    let mut two = server.push(&clip(2), "streamid=%23%21%3A%3Ar%3Dlive/cam2%3Fpassword%3Dx,m%3Dpublish&latency=200000");
    for (key, source) in [("cam1", 1), ("cam2", 2)] {
        let got = server.got(key);
        got.wait_pictures(62);
        got.until(62).assert_from_the_first(source, 60);
        got.until(60).assert_even_stamps(Duration::from_millis(1));
        assert_eq!((got.video_configs(), got.audio_configs()), (vec![VideoCodec::H264], vec![AudioCodec::Aac]));
        assert!(got.sounds().len() > 40, "{} blocks of sound", got.sounds().len());
    }
    assert!(ended(&mut one) && ended(&mut two));
    wait_for("the keys to be free", || (!server.is_held("cam1") && !server.is_held("cam2")).then_some(()));
    let asked = server.fixture.asked.lock().unwrap();
    assert!(
        asked.iter().any(|asked| asked.credential.as_deref() == Some("cam2") && asked.password.as_deref() == Some("x"))
    );
}

#[test]
fn a_wrong_key_or_wish_is_rejected_in_the_handshake() {
    let _turn = crate::support::shared_turn(30);
    let server = SrtServer::open(|_| {});
    for query in ["streamid=nobody", "streamid=%23%21%3A%3Ar%3Dcam1,m%3Drequest", "streamid=", "mode=caller"] {
        let mut peer = server.push(&clip(1), query);
        assert!(!ended(&mut peer), "{query}");
        // Refused in the handshake, ffmpeg does not even begin to send.
        assert!(!peer.log().contains("frame="), "{query}: {}", peer.log());
    }
    assert!(server.fixture.got.lock().unwrap().is_empty());
}

#[test]
fn a_second_caller_on_a_live_key_is_refused_and_does_no_harm() {
    let _turn = crate::support::shared_turn(30);
    let server = SrtServer::open(|_| {});
    let _one = server.push(&clip(3), "streamid=cam3");
    let got = server.got("cam3");
    got.wait_pictures(10);
    let mut two = server.push(&clip(4), "streamid=cam3");
    assert!(!ended(&mut two));
    got.wait_pictures(62);
    got.until(62).assert_from_the_first(3, 60);
}

#[test]
fn a_caller_that_was_killed_comes_back_while_another_one_goes_on() {
    let _turn = crate::support::shared_turn(30);
    let server = SrtServer::open(|settings| settings.idle_timeout = Duration::from_secs(2));
    let other = Clip { gop: 15, ..Clip::of(6, 8.0).size(640, 360) }.cached();
    let _other = server.push(&other, "streamid=cam6");
    let mut one = server.push(&clip(5), "streamid=cam5");
    let got = server.got("cam5");
    got.wait_pictures(30);
    one.kill();
    let before = got.pictures().len();
    // The dead one still has the key until it is silent; an encoder that is refused meanwhile comes again.
    let mut again = server.push(&clip(7), "streamid=cam5");
    wait_for("pictures of the one that came back", || {
        if again.ended().is_some() {
            again = server.push(&clip(7), "streamid=cam5");
        }
        (got.pictures().len() >= before + 30).then_some(())
    });
    let reading = got.reading();
    assert!(reading.runs().iter().any(|run| run.source == 7), "{reading}");
    let got = server.got("cam6");
    got.wait_pictures(210);
    got.until(210).assert_from_the_first(6, 205);
}

#[test]
fn encoders_that_follow_each_other_at_once_on_one_key_are_all_taken() {
    let _turn = crate::support::shared_turn(30);
    let server = SrtServer::open(|_| {});
    let clips: Vec<PathBuf> = (1..=4).map(|source| Clip::of(source, 2.0).size(320, 180).cached()).collect();
    for clip in &clips {
        assert!(ended(&mut server.push(clip, "streamid=cam1")), "{}", clip.display());
    }
    let got = server.got("cam1");
    wait_for("the last one's end", || (!server.is_held("cam1")).then_some(()));
    let reading = got.reading();
    let sources: Vec<u8> = reading.runs().iter().map(|run| run.source).collect();
    assert_eq!(sources, [1, 2, 3, 4], "{reading}");
}

#[test]
fn a_passphrase_is_asked_for_and_a_wrong_one_holds_no_key() {
    let _turn = crate::support::shared_turn(30);
    let server = SrtServer::open(|settings| settings.passphrase = Some("correct_horse".into()));
    for query in ["streamid=cam1", "streamid=cam1&passphrase=wrong_passphrase"] {
        assert!(!ended(&mut server.push(&clip(1), query)), "{query}");
    }
    wait_for("the key to be free", || (!server.is_held("cam1")).then_some(()));
    let _good = server.push(&clip(1), "streamid=cam1&passphrase=correct_horse");
    let got = server.got("cam1");
    got.wait_pictures(62);
    got.until(62).assert_from_the_first(1, 60);
}

#[test]
fn more_callers_than_allowed_are_rejected_until_there_is_room() {
    let _turn = crate::support::shared_turn(30);
    let server = SrtServer::open(|settings| settings.limiter = ConnectionLimiter::alone("srt", 1));
    let mut one = server.push(&clip(1), "streamid=cam1");
    server.got("cam1").wait_pictures(5);
    assert!(!ended(&mut server.push(&clip(2), "streamid=cam2")));
    assert!(ended(&mut one));
    wait_for("room", || (!server.is_held("cam1")).then_some(()));
    let _two = server.push(&clip(2), "streamid=cam2");
    server.got("cam2").wait_pictures(30);
}

#[test]
fn hevc_with_opus_comes_through_and_what_is_no_transport_stream_holds_no_lease() {
    let _turn = crate::support::shared_turn(30);
    let server = SrtServer::open(|settings| settings.idle_timeout = Duration::from_secs(2));
    let folder = tempfile::tempdir().unwrap();
    let hevc = folder.path().join("hevc.ts");
    let options = ["-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none", "-c:a", "libopus"];
    convert(&clip(1), &[&options[..], &["-f", "mpegts"]].concat(), &hevc);
    let _good = server.push(&hevc, "streamid=cam1");
    let _bad = Peer::ffmpeg(&clip(2), &[], &["-c", "copy", "-an", "-f", "flv", &server.url("streamid=cam2")]);
    let got = server.got("cam1");
    got.wait_pictures(60);
    assert_eq!((got.video_configs(), got.audio_configs()), (vec![VideoCodec::Hevc], vec![AudioCodec::Opus]));
    assert!(got.sounds().len() > 40);
    wait_for("the lease of what is no transport stream", || (!server.is_held("cam2")).then_some(()));
    assert!(server.got("cam2").all().is_empty());
}
