//! From a publisher to a viewer, frame by frame.

use super::fixture::Fixture;
use crate::{
    fixture::LIMIT,
    support::{
        marks::{Clip, Reader, Reading, Region},
        publisher::Publisher,
    },
};
use std::{path::Path, time::Duration};

/// Every frame that was seen, read from its marks, is the one after that before it.
fn in_order(file: &Path, source: u8, least: usize) -> Reading {
    let reading = Reader::of(file).region(Region::FULL).read();
    let seen: Vec<_> = reading.frames.iter().filter_map(|frame| frame.mark).collect();
    assert!(seen.len() >= least, "{} frames could be read of {}\n{reading}", seen.len(), reading.frames.len());
    assert!(seen.iter().all(|(from, _)| *from == source), "of source {source}\n{reading}");
    // A picture that lost its mark on the way through an encoder is still counted in its place.
    assert_eq!(reading.flaws(), (0, 0, 0), "every frame, in order\n{reading}");
    reading
}

#[tokio::test]
async fn every_frame_pushed_over_rtmp_is_seen_over_webrtc_and_hls_in_order() {
    let _turn = crate::support::shared_turn(30);
    let fixture = Fixture::open().await;
    let key = fixture.ingress("demo", "camera").await;
    // Two seconds from key frame to key frame, which the server cannot shorten.
    let clip = Clip { gop: 60, kbps: 1200, ..Clip::of(5, 40.0).size(640, 360) }.cached();
    let mut publisher = Publisher::start(&clip, &fixture.server.rtmp_url(&key));
    publisher.sent(3.0, LIMIT).await;
    let seen = fixture.server.home().join("seen.mp4");
    let mut viewer = fixture.peer("watch", "/whep/live/demo", &seen, 6).await;
    let master = fixture.server.url("/hls/live/demo/master.m3u8");
    let played = Reader::of(&master).input_options(["-live_start_index", "0"]).frames(90).read_async().await;
    assert!(viewer.wait().await.expect("a viewer").success());
    in_order(&seen, 5, 150);
    assert_eq!((played.frames.len(), played.undecodable(), played.errors), (90, vec![], 0), "{played}");
    assert_eq!(played.flaws(), (0, 0, 0), "{played}");
}

#[tokio::test]
async fn every_frame_sent_over_webrtc_is_seen_over_webrtc_in_order() {
    let _turn = crate::support::shared_turn(30);
    let fixture = Fixture::open().await;
    let token = fixture.token(serde_json::json!({ "room": "studio", "identity": "guest" })).await;
    let clip = Clip::of(6, 20.0).size(320, 180).cached();
    let path = format!("/whip/live/studio?token={token}");
    let mut publisher = fixture.peer("publish", &path, &clip, 12).await;
    fixture.until_live("live-studio/guest").await;
    let seen = fixture.server.home().join("seen.mp4");
    let mut viewer = fixture.peer("watch", "/whep/live/studio", &seen, 6).await;
    assert!(viewer.wait().await.expect("a viewer").success());
    in_order(&seen, 6, 120);
    assert!(publisher.wait().await.expect("a publisher").success());
}

#[tokio::test]
async fn a_stream_with_b_frames_is_made_fit_for_webrtc_and_a_push_over_srt_plays_over_hls() {
    let _turn = crate::support::shared_turn(30);
    let fixture = Fixture::open().await;
    let key = fixture.ingress("room_access", "srt").await;
    let clip = Clip { gop: 30, bframes: 2, kbps: 1200, ..Clip::of(7, 30.0).size(640, 360) }.cached();
    let url = fixture.server.srt_url(&key);
    let _publisher = Publisher::transport_stream(&clip, &url);
    fixture.until_live("live-room_access/srt").await;
    let seen = fixture.server.home().join("seen.mp4");
    let mut viewer = fixture.peer("watch", "/whep/live/room_access", &seen, 5).await;
    assert!(viewer.wait().await.expect("a viewer").success());
    in_order(&seen, 7, 100);
    let master = fixture.server.url("/hls/live/room_access/master.m3u8");
    let played = Reader::of(&master).input_options(["-live_start_index", "0"]).frames(60).read_async().await;
    assert_eq!((played.frames.len(), played.undecodable(), played.flaws()), (60, vec![], (0, 0, 0)), "{played}");
}

#[tokio::test]
async fn a_snapshot_shows_the_newest_picture_of_a_stream() {
    let _turn = crate::support::shared_turn(20);
    let fixture = Fixture::open().await;
    let key = fixture.ingress("demo", "camera").await;
    let clip = Clip { gop: 60, ..Clip::of(8, 20.0).size(640, 360) }.cached();
    let mut publisher = Publisher::start(&clip, &fixture.server.rtmp_url(&key));
    publisher.sent(4.5, LIMIT).await;
    let before = (publisher.sent_seconds() * 30.0) as u32;
    let taken = fixture.must_post("/apps/live/snapshots", serde_json::json!({ "room": "demo" })).await;
    let after = (publisher.sent_seconds() * 30.0) as u32;
    let picture = reqwest::get(taken["url"].as_str().expect("an address")).await.expect("the picture");
    let file = fixture.server.home().join("snapshot.jpg");
    std::fs::write(&file, picture.bytes().await.expect("its bytes")).expect("a file");
    let reading = Reader::of(&file).region(Region::FULL).deadline(Duration::from_secs(10)).read();
    let (source, number) = reading.frames.first().and_then(|frame| frame.mark).expect("a marked picture");
    assert_eq!(source, 8);
    assert!((before.saturating_sub(15)..=after + 15).contains(&number), "frame {number}, sent {before} to {after}");
}
