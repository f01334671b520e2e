//! Publishers that die and come back, while viewers stay.

use super::fixture::Fixture;
use crate::{
    fixture::LIMIT,
    follower::Follower,
    support::{
        marks::{Clip, Reader, Region},
        publisher::Publisher,
    },
};

#[tokio::test]
async fn viewers_stay_while_a_publisher_is_killed_and_restarted_twenty_times() {
    let _turn = crate::support::shared_turn(30);
    let fixture = Fixture::open().await;
    let key = fixture.ingress("demo", "camera").await;
    let clip = Clip { gop: 15, kbps: 800, ..Clip::of(9, 60.0).size(320, 180) }.cached();
    let mut publisher = Publisher::start(&clip, &fixture.server.rtmp_url(&key));
    publisher.sent(2.5, LIMIT).await;
    let follower = Follower::start(fixture.server.url("/hls/live/demo/video.m3u8"));
    let seen = fixture.server.home().join("seen.mp4");
    let mut viewer = fixture.peer("watch", "/whep/live/demo", &seen, 50).await;
    // The HLS reader is counted as well.
    fixture.until_viewed("live-demo/camera", 2).await;
    publisher.sent(publisher.sent_seconds() + 1.0, LIMIT).await;
    for _ in 0..20 {
        publisher.kill();
        publisher = Publisher::start(&clip, &fixture.server.rtmp_url(&key));
        publisher.sent(0.8, LIMIT).await;
        assert!(viewer.try_wait().expect("a viewer").is_none(), "the viewer left");
    }
    publisher.sent(3.0, LIMIT).await;
    assert!(viewer.wait().await.expect("a viewer").success());
    let reading = Reader::of(&seen).region(Region::FULL).read();
    let numbers: Vec<u32> = reading.frames.iter().filter_map(|frame| Some(frame.mark?.1)).collect();
    let restarts = numbers.windows(2).filter(|pair| pair[1] < pair[0]).count();
    assert_eq!(restarts, 20, "each publisher was seen\n{reading}");
    let story = follower.end().await;
    assert!(story.only_grew(), "{story:?}");
    let playlist = reqwest::get(fixture.server.url("/hls/live/demo/video.m3u8")).await.expect("a playlist");
    assert!(playlist.status().is_success());
    let text = playlist.text().await.expect("its text");
    assert!(text.contains("#EXT-X-DISCONTINUITY"), "{text}");
}
