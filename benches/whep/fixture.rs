//! The child: an endpoint, and a stream that never ends.

use lumencast::{
    app::{
        access::contract::{AccessRequest, Refusal},
        rooms::live::{Live, Publishing},
    },
    media::clock::ShowClock,
    protocol::{
        h264::{AccessUnit, access_unit},
        packet::{AudioCodec, Packet, VideoCodec},
    },
    server::webrtc::{Answer, PlayGrant, PublishGrant, SessionAccess, Settings, ViewerCodecs, WebRtcEndpoint},
};
use std::{net::SocketAddr, sync::Arc, time::Duration};

struct TestAccess(Arc<Live>);

impl SessionAccess for TestAccess {
    fn publish(&self, _: AccessRequest) -> Answer<'_, PublishGrant> {
        Box::pin(async { Err(Refusal::Forbidden) })
    }

    fn play(&self, _: AccessRequest, _: ViewerCodecs) -> Answer<'_, PlayGrant> {
        let live = self.0.clone();
        let source = Arc::new(move |_| live.clone());
        let guard = Box::new(());
        Box::pin(async { Ok(PlayGrant { source, picture: None, audio_only: false, guard, messages: None }) })
    }
}

/// Plays a clip over and over, and returns the address where it can be watched.
pub fn run(clip: &str, limit: Duration) {
    gst::init().expect("GStreamer");
    let stream = std::fs::read(clip).expect("a clip");
    let delimiter = |at: &usize| stream[*at..].starts_with(&[0, 0, 0, 1, 9]);
    let begins: Vec<usize> = (0..stream.len()).filter(delimiter).chain([stream.len()]).collect();
    let units = begins.windows(2).filter_map(|pair| access_unit(&stream[pair[0]..pair[1]])).collect();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
        let live = Live::new("bench", ShowClock::start());
        let settings = Settings { udp: loopback, workers: 1, ..Settings::default() };
        let endpoint = WebRtcEndpoint::open(settings, Arc::new(TestAccess(live.clone()))).await.expect("an endpoint");
        let listener = tokio::net::TcpListener::bind(loopback).await.expect("a port");
        println!("http://{}/whep/live/bench", listener.local_addr().expect("an address"));
        tokio::spawn(warp::serve(endpoint.routes()).incoming(listener).run());
        let _ = tokio::time::timeout(limit, play(live.begin(), units)).await;
    });
}

async fn play(publishing: Publishing, units: Vec<AccessUnit>) {
    publishing.push(Packet::AudioConfig { codec: AudioCodec::Opus, record: Default::default() });
    let (mut pictures, mut sounds, mut record) = (0u64, 0u64, None);
    let mut ticks = tokio::time::interval(Duration::from_millis(10));
    for n in 0.. {
        ticks.tick().await;
        let now = Duration::from_millis(10 * n);
        while Duration::from_millis(20 * sounds) <= now {
            let pts = Duration::from_millis(20 * sounds);
            publishing.push(Packet::Audio { codec: AudioCodec::Opus, pts, data: vec![0xfc; 240].into() });
            sounds += 1;
        }
        while Duration::from_nanos(pictures * 1_000_000_000 / 30) <= now {
            let unit = &units[pictures as usize % units.len()];
            if unit.record.is_some() && unit.record != record {
                record.clone_from(&unit.record);
                let record = record.clone().unwrap_or_default();
                publishing.push(Packet::VideoConfig { codec: VideoCodec::H264, record });
            }
            let (pts, data) = (Duration::from_nanos(pictures * 1_000_000_000 / 30), unit.data.clone());
            let keyframe = unit.keyframe;
            publishing.push(Packet::Video { codec: VideoCodec::H264, pts, dts: pts, keyframe, data });
            pictures += 1;
        }
    }
}
