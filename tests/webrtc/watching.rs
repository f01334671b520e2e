//! Viewers: every frame in order, at once, whatever happens to the publisher or on the way.

use super::{
    client::{Client, ClientEvent, Kind, Offering, delete},
    fixture::{Feeder, Open, TIMEOUT, number},
};
use std::time::{Duration, Instant};
use str0m::{format::Codec, media::MediaKind};
use tokio::time::{sleep, timeout};

/// Waits until so many pictures were published since a key frame.
async fn past(open: &Open, frames: u64) {
    let begin = open.fixture.live.stats().frames;
    timeout(TIMEOUT, async {
        while open.fixture.live.stats().frames < begin + frames {
            sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_viewer_sees_a_picture_within_a_second_and_every_frame_in_order() {
    let _turn = crate::support::shared_turn(30);
    let open = Open::endpoint().await;
    let feeder = Feeder::start(&open.fixture.live, 0, 60, true);
    past(&open, 45).await;
    let posted = Instant::now();
    let mut viewer = Client::to(&open.url(""), "/whep/live/hall", Kind::VIEWER).await;
    let (first_at, first_time, _, data) = viewer.picture().await;
    assert!(first_at - posted < Duration::from_secs(1), "{:?}", first_at - posted);
    let first = number(&data).unwrap();
    assert!(first.is_multiple_of(60), "begins with a key frame: {first}");
    let (mut sounds, mut times, mut arrivals) = (0, vec![first_time], vec![first_at]);
    let mut next = first + 1;
    while next < first + 150 {
        match viewer.next().await {
            ClientEvent::Frame { kind: MediaKind::Video, time, at, whole, data, codec } => {
                assert_eq!((number(&data), whole, codec), (Some(next), true, Codec::H264));
                assert!(time > *times.last().unwrap(), "time goes on");
                times.push(time);
                arrivals.push(at);
                next += 1;
            }
            ClientEvent::Frame { kind: MediaKind::Audio, .. } => sounds += 1,
            _ => {}
        }
    }
    assert!(sounds > 100, "{sounds} packets of sound");
    // The past was run through: what remains is as far apart as it was taken.
    let (time, arrived) = (times[149] - times[80], arrivals[149] - arrivals[80]);
    assert!((time.as_seconds() - 69.0 / 30.0).abs() < 0.01, "{time:?}");
    assert!((arrived.as_secs_f64() - 69.0 / 30.0).abs() < 0.2, "{arrived:?}");
    let all = times[149] - times[0];
    assert!(all.as_seconds() < 150.0 / 30.0 - 1.0, "no latency stays: {all:?}");
    assert_eq!(open.fixture.viewers(), 1);
    assert_eq!(delete(&viewer.resource).await, 200);
    viewer.until(|event| matches!(event, ClientEvent::Gone)).await;
    assert_eq!(open.fixture.viewers(), 0);
    assert_eq!(delete(&viewer.resource).await, 404);
    feeder.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_viewer_stays_while_twenty_publishers_come_and_go() {
    let _turn = crate::support::shared_turn(30);
    let open = Open::endpoint().await;
    let mut viewer = Client::to(&open.url(""), "/whep/live/hall", Kind::VIEWER).await;
    let (mut last, mut last_time) = (None, None);
    for round in 0..20u32 {
        let feeder = Feeder::start(&open.fixture.live, round * 1000, 30, true);
        let mut of_round = 0;
        while of_round < 8 {
            let (_, time, _, data) = viewer.picture().await;
            let number = number(&data).unwrap();
            assert!(last_time.is_none_or(|last| time > last), "round {round}: time goes on");
            if number / 1000 == round {
                of_round += 1;
                assert!(
                    of_round > 1 || (number % 1000).is_multiple_of(30),
                    "round {round} begins with a key frame: {number}"
                );
            }
            assert!(
                last.is_none_or(|last: u32| number == last + 1 || number.is_multiple_of(1000)),
                "{last:?} {number}"
            );
            (last, last_time) = (Some(number), Some(time));
        }
        // In every second round the next one takes over, in the others this one leaves first.
        if round % 2 == 0 {
            feeder.stop().await;
        } else {
            drop(feeder);
        }
    }
    assert_eq!(open.fixture.viewers(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn packets_that_are_lost_come_again() {
    let _turn = crate::support::shared_turn(30);
    let open = Open::endpoint().await;
    let feeder = Feeder::start(&open.fixture.live, 0, 30, true);
    let mut viewer = Client::to(&open.url(""), "/whep/live/hall", Kind::VIEWER).await;
    let (.., data) = viewer.picture().await;
    viewer.lose(15);
    for next in (number(&data).unwrap() + 1..).take(150) {
        let (.., whole, data) = viewer.picture().await;
        assert_eq!((number(&data), whole), (Some(next), true));
    }
    feeder.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_viewer_that_lacks_a_key_frame_gets_one_or_begins_again() {
    let _turn = crate::support::shared_turn(30);
    let open = Open::endpoint().await;
    for deaf in [false, true] {
        let feeder = Feeder::start(&open.fixture.live, 0, 100_000, deaf);
        let mut viewer = Client::to(&open.url(""), "/whep/live/hall", Kind::VIEWER).await;
        let (.., data) = viewer.picture().await;
        assert_eq!(number(&data), Some(0));
        // A request that comes while the viewer is being brought up to date is none.
        while number(&viewer.picture().await.3).unwrap() < 75 {}
        viewer.ask();
        let again = timeout(TIMEOUT, async {
            loop {
                let (.., data) = viewer.picture().await;
                if data.windows(5).any(|five| five[..4] == [0, 0, 0, 1] && five[4] == 0x65) {
                    return number(&data).unwrap();
                }
            }
        });
        let again = again.await.unwrap();
        assert_eq!(again == 0, deaf, "the publisher's new one, or the old one again: {again}");
        for next in (again + 1..).take(40) {
            assert_eq!(number(&viewer.picture().await.3), Some(next));
        }
        feeder.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_viewer_may_come_before_the_stream_and_gets_it_in_a_codec_it_takes() {
    let _turn = crate::support::shared_turn(30);
    let open = Open::endpoint().await;
    let kind = Kind { h264: false, ..Kind::VIEWER };
    let mut viewer = Client::to(&open.url(""), "/whep/live/hall", kind).await;
    viewer.until(|event| matches!(event, ClientEvent::Connected)).await;
    let asked = open.fixture.asked.lock().unwrap().clone();
    assert!(matches!(asked.as_slice(), [codecs] if !codecs.h264 && codecs.vp8 && codecs.opus), "{asked:?}");
    let publishing = open.fixture.other.begin();
    use lumencast::protocol::packet::{Packet, VideoCodec};
    publishing.push(Packet::VideoConfig { codec: VideoCodec::Vp8, record: Default::default() });
    for n in 0..30u8 {
        let pts = Duration::from_millis(u64::from(n) * 33);
        let head = [u8::from(n != 0), 0, 0, 0x9d, 0x01, 0x2a, 64, 0, 64, 0, n];
        let data = [&head[..], &[7; 3000]].concat().into();
        publishing.push(Packet::Video { codec: VideoCodec::Vp8, pts, dts: pts, keyframe: n == 0, data });
    }
    for n in 0..30u8 {
        match viewer.until(|event| matches!(event, ClientEvent::Frame { .. })).await {
            ClientEvent::Frame { codec, data, .. } => assert_eq!((codec, data[10], data.len()), (Codec::Vp8, n, 3011)),
            _ => unreachable!(),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_listener_gets_sound_alone() {
    let _turn = crate::support::shared_turn(30);
    let open = Open::endpoint().await;
    let feeder = Feeder::start(&open.fixture.live, 0, 30, true);
    let mut viewer = Client::to(&open.url(""), "/whep/live/hall?token=ear", Kind::VIEWER).await;
    assert!(viewer.answer.contains("a=inactive"), "{}", viewer.answer);
    for _ in 0..50 {
        match viewer.until(|event| matches!(event, ClientEvent::Frame { .. })).await {
            ClientEvent::Frame { kind, .. } => assert_eq!(kind, MediaKind::Audio),
            _ => unreachable!(),
        }
    }
    feeder.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn viewers_talk_over_a_data_channel() {
    let _turn = crate::support::shared_turn(30);
    let open = Open::endpoint().await;
    let kind = Kind { data: true, ..Kind::VIEWER };
    let mut viewer = Client::to(&open.url(""), "/whep/live/hall", kind).await;
    viewer.until(|event| matches!(event, ClientEvent::Open)).await;
    viewer.send_message(r#"{"message":"hello"}"#);
    timeout(TIMEOUT, async {
        while open.fixture.from_viewers.lock().unwrap().is_empty() {
            sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .unwrap();
    assert_eq!(*open.fixture.from_viewers.lock().unwrap(), [("chat".to_owned(), r#"{"message":"hello"}"#.to_owned())]);
    open.fixture.to_viewers.send("welcome".into()).unwrap();
    match viewer.until(|event| matches!(event, ClientEvent::Text(_))).await {
        ClientEvent::Text(text) => assert_eq!(text, "welcome"),
        _ => unreachable!(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_viewer_whom_no_datagram_reaches_watches_over_tcp() {
    let _turn = crate::support::shared_turn(30);
    let open = Open::endpoint().await;
    let feeder = Feeder::start(&open.fixture.live, 0, 30, true);
    let offering = Offering::over(Kind::VIEWER, open.endpoint.tcp());
    let response = offering.post(&open.url("/whep/live/hall")).await;
    let mut viewer = offering.go(&open.url(""), response).await;
    assert!(viewer.answer.contains("tcptype passive"), "{}", viewer.answer);
    let mut next = number(&viewer.picture().await.3).unwrap() + 1;
    for _ in 0..60 {
        assert_eq!(number(&viewer.picture().await.3), Some(next));
        next += 1;
    }
    feeder.stop().await;
}
