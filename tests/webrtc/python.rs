//! aiortc as a peer: what it sends and sees, judged by marks in the pictures.

use super::{
    coded,
    fixture::Open,
    support::marks::{self, Clip, Region},
};
use lumencast::{
    app::rooms::live::Start,
    protocol::packet::{Packet, VideoCodec},
};
use std::{collections::HashSet, path::Path, time::Duration};
use tokio::process::{Child, Command};

/// A Python with aiortc, made when it is not there yet.
async fn python() -> &'static str {
    let root = env!("CARGO_MANIFEST_DIR");
    let made = Command::new("timeout").args(["300", "scripts/python.sh"]).current_dir(root).status().await.unwrap();
    assert!(made.success(), "scripts/python.sh");
    concat!(env!("CARGO_MANIFEST_DIR"), "/target/python/bin/python")
}

fn peer(python: &str, what: &str, url: &str, file: &Path, seconds: u32) -> Child {
    let mut command = Command::new("timeout");
    command.args(["60", python, concat!(env!("CARGO_MANIFEST_DIR"), "/tests/webrtc/peer.py"), what, url]);
    command.arg(file).arg(seconds.to_string()).kill_on_drop(true).spawn().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn aiortc_sees_every_frame_in_order() {
    let _turn = crate::support::shared_turn(60);
    let open = Open::endpoint().await;
    let python = python().await;
    let folder = tempfile::tempdir().unwrap();
    let clip = folder.path().join("clip.mp4");
    marks::make(&Clip { gop: 60, kbps: 800, ..Clip::of(3, 12.0).size(640, 360) }, &clip);
    let units = coded::units(&clip);
    let publishing = open.fixture.live.begin();
    let feeding = tokio::spawn(async move {
        let mut ticks = tokio::time::interval(Duration::from_micros(33_333));
        for (n, unit) in units.into_iter().enumerate() {
            ticks.tick().await;
            if let Some(record) = unit.record {
                publishing.push(Packet::VideoConfig { codec: VideoCodec::H264, record });
            }
            let pts = Duration::from_nanos(n as u64 * 1_000_000_000 / 30);
            let keyframe = unit.keyframe;
            publishing.push(Packet::Video { codec: VideoCodec::H264, pts, dts: pts, keyframe, data: unit.data });
        }
    });
    let seen = folder.path().join("seen.mp4");
    let mut viewer = peer(python, "watch", &open.url("/whep/live/hall"), &seen, 5);
    assert!(viewer.wait().await.unwrap().success());
    feeding.abort();
    let reading = marks::Reader::of(&seen).region(Region::FULL).read();
    let numbers: Vec<u32> = reading.frames.iter().filter_map(|frame| Some(frame.mark?.1)).collect();
    assert!(numbers.len() > 100, "{} frames read", numbers.len());
    assert!(numbers.windows(2).all(|pair| pair[1] == pair[0] + 1), "{numbers:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_aiortc_publishes_arrives_with_sound_in_step() {
    let _turn = crate::support::shared_turn(60);
    let open = Open::endpoint().await;
    let python = python().await;
    let folder = tempfile::tempdir().unwrap();
    let clip = folder.path().join("clip.mp4");
    marks::make(&Clip::of(4, 8.0).size(320, 180), &clip);
    let (send, mut units) = tokio::sync::mpsc::unbounded_channel();
    let _listener = open.fixture.live.listen(Start::Now, move |unit| drop(send.send(unit.clone())));
    let mut publisher = peer(python, "publish", &open.url("/whip/live/hall?token=in"), &clip, 5);
    assert!(publisher.wait().await.unwrap().success());
    assert!(!open.fixture.live.is_live());
    let (mut pictures, mut sounds, mut codecs) = (Vec::new(), Vec::new(), HashSet::new());
    while let Ok(unit) = units.try_recv() {
        match &unit.packet {
            Packet::Video { codec, keyframe, .. } => {
                assert!(*keyframe || !pictures.is_empty(), "begins with a key frame");
                codecs.insert(*codec);
                pictures.push(unit.pts);
            }
            Packet::Audio { .. } => sounds.push(unit.pts),
            Packet::VideoConfig { .. } | Packet::AudioConfig { .. } => {}
        }
    }
    assert_eq!(codecs.len(), 1);
    assert!(pictures.len() > 90 && sounds.len() > 150, "{} pictures, {} sounds", pictures.len(), sounds.len());
    assert!(pictures.is_sorted() && sounds.is_sorted());
    let (first, last) = (pictures[0], pictures[pictures.len() - 1]);
    let fps = (pictures.len() - 1) as f64 / (last.since(first) as f64 / 1e9);
    assert!((25.0..31.0).contains(&fps), "{fps} pictures a second");
}
