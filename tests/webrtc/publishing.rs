//! Publishers: what they send arrives as packets, whole and in step.

use super::{
    client::{Client, ClientEvent, Kind, delete},
    fixture::{Open, TIMEOUT, number, stream},
};
use lumencast::{
    app::rooms::live::{Listener, Start, Unit},
    domain::time::ShowTime,
    protocol::packet::{AudioCodec, Packet, VideoCodec},
};
use std::{sync::Arc, time::Duration};
use str0m::{
    format::Codec,
    media::{MediaKind, MediaTime},
};
use tokio::{sync::mpsc, time::timeout};

fn listen(open: &Open) -> (Listener, mpsc::UnboundedReceiver<Arc<Unit>>) {
    let (send, units) = mpsc::unbounded_channel();
    let listener = open.fixture.live.listen(Start::Now, move |unit| drop(send.send(unit.clone())));
    (listener, units)
}

async fn next(units: &mut mpsc::UnboundedReceiver<Arc<Unit>>) -> Arc<Unit> {
    timeout(TIMEOUT, units.recv()).await.expect("nothing came").unwrap()
}

/// Sends pictures from a number on, 30 a second, with sound beside them; `keyframe` selects the key frames.
async fn send(client: &Client, first: u32, count: u32, keyframe: impl Fn(u32) -> bool) {
    let mut ticks = tokio::time::interval(Duration::from_micros(33_333));
    for n in first..first + count {
        ticks.tick().await;
        let length = if keyframe(n) { 20_000 } else { 4000 };
        let time = MediaTime::from_90khz(u64::from(n) * 3000);
        client.write(MediaKind::Video, Codec::H264, time, stream(n, keyframe(n), length));
        let time =
            MediaTime::new(u64::from(n) * 1600, 48_000.try_into().map(str0m::media::Frequency::from_nonzero).unwrap());
        client.write(MediaKind::Audio, Codec::Opus, time, vec![0xfc; 100]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_publisher_arrives_frame_by_frame_with_sound_in_step() {
    let _turn = crate::support::shared_turn(30);
    let open = Open::endpoint().await;
    let (_listener, mut units) = listen(&open);
    let mut client = Client::to(&open.url(""), "/whip/live/hall?token=in", Kind::PUBLISHER).await;
    client.until(|event| matches!(event, ClientEvent::Connected)).await;
    send(&client, 0, 90, |n| n.is_multiple_of(30)).await;
    let (mut pictures, mut sounds): (Vec<ShowTime>, Vec<ShowTime>) = Default::default();
    let mut configured = false;
    while pictures.len() < 90 || sounds.len() < 85 {
        let unit = next(&mut units).await;
        match &unit.packet {
            Packet::VideoConfig { codec, record } => {
                assert_eq!(*codec, VideoCodec::H264);
                assert_eq!(&record[8..34], &super::fixture::RECORD[8..34]);
                configured = true;
            }
            Packet::Video { data, keyframe, .. } => {
                assert!(configured, "the configuration comes first");
                assert_eq!(number(data), Some(pictures.len() as u32));
                assert_eq!(*keyframe, pictures.len() % 30 == 0);
                pictures.push(unit.pts);
            }
            Packet::Audio { codec, .. } => {
                assert_eq!(*codec, AudioCodec::Opus);
                sounds.push(unit.pts);
            }
            Packet::AudioConfig { .. } => {}
        }
    }
    for pair in pictures.windows(2) {
        let distance = pair[1].since(pair[0]) as i64;
        assert!((distance - 33_333_333).abs() < 100_000, "{distance}");
    }
    let skew = pictures[80].0 as i64 - sounds[80].0 as i64;
    assert!(skew.abs() < 40_000_000, "picture and sound of one moment lie {skew} ns apart");
    assert!(open.fixture.live.is_live());
    assert_eq!(delete(&client.resource).await, 200);
    assert!(!open.fixture.live.is_live(), "the lease is free when the answer comes");
    client.until(|event| matches!(event, ClientEvent::Gone)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_publisher_is_asked_for_key_frames() {
    let _turn = crate::support::shared_turn(30);
    let open = Open::endpoint().await;
    let (_listener, mut units) = listen(&open);
    let mut client = Client::to(&open.url(""), "/whip/live/hall?token=in", Kind::PUBLISHER).await;
    client.until(|event| matches!(event, ClientEvent::Connected)).await;
    // Begins in the middle of a group: nothing of that can be shown.
    send(&client, 0, 20, |_| false).await;
    client.until(|event| matches!(event, ClientEvent::WantsKeyframe)).await;
    send(&client, 20, 30, |n| n == 20).await;
    loop {
        if let Packet::Video { data, keyframe, .. } = &next(&mut units).await.packet {
            assert_eq!((number(data), *keyframe), (Some(20), true));
            break;
        }
    }
    while client.event.try_recv().is_ok() {}
    open.fixture.live.want_keyframe();
    client.until(|event| matches!(event, ClientEvent::WantsKeyframe)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_voice_has_no_picture() {
    let _turn = crate::support::shared_turn(30);
    let open = Open::endpoint().await;
    let (_listener, mut units) = listen(&open);
    let mut client = Client::to(&open.url(""), "/whip/live/hall?token=voice", Kind::PUBLISHER).await;
    client.until(|event| matches!(event, ClientEvent::Connected)).await;
    let video = client.answer.split("m=").find(|section| section.starts_with("video")).unwrap().to_owned();
    assert!(video.starts_with("video 0 ") && video.contains("a=inactive"), "{video}");
    let frequency = 48_000.try_into().map(str0m::media::Frequency::from_nonzero).unwrap();
    for n in 0..30u64 {
        client.write(MediaKind::Audio, Codec::Opus, MediaTime::new(n * 960, frequency), vec![0xfc; 100]);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    for _ in 0..20 {
        let unit = next(&mut units).await;
        assert!(matches!(unit.packet, Packet::Audio { .. } | Packet::AudioConfig { .. }), "{unit:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_publisher_that_falls_silent_or_loses_its_lease_is_gone() {
    let _turn = crate::support::shared_turn(30);
    let open = Open::endpoint().await;
    let mut first = Client::to(&open.url(""), "/whip/live/hall?token=in", Kind::PUBLISHER).await;
    first.until(|event| matches!(event, ClientEvent::Connected)).await;
    let mut second = Client::to(&open.url(""), "/whip/live/hall?token=in", Kind::PUBLISHER).await;
    first.until(|event| matches!(event, ClientEvent::Gone)).await;
    second.until(|event| matches!(event, ClientEvent::Connected)).await;
    send(&second, 0, 10, |n| n == 0).await;
    assert!(open.fixture.live.is_live());
    drop(second); // without a word
    timeout(TIMEOUT, async {
        while open.fixture.live.is_live() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .expect("the lease is left");
}

/// A made-up VP8 picture of a size: its number, and bytes that no packet confuses.
fn vp8(number: u8, keyframe: bool, (width, height): (u8, u8)) -> Vec<u8> {
    [&[u8::from(!keyframe), 0, 0, 0x9d, 0x01, 0x2a, width, 0, height, 0, number][..], &[7; 1500]].concat()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_several_layers_the_largest_that_arrives_is_on_air() {
    const LAYERS: [(&str, (u8, u8)); 3] = [("q", (40, 24)), ("h", (80, 48)), ("f", (160, 96))];
    let _turn = crate::support::shared_turn(30);
    let open = Open::endpoint().await;
    let (_listener, mut units) = listen(&open);
    let kind = Kind { layers: &["q", "h", "f"], ..Kind::PUBLISHER };
    let mut client = Client::to(&open.url(""), "/whip/live/hall?token=in", kind).await;
    assert!(client.answer.contains("a=simulcast:recv q;h;f"), "{}", client.answer);
    client.until(|event| matches!(event, ClientEvent::Connected)).await;
    // Each layer has times of its own. From 60 to 120 the largest is missing; key frames are rare, so they are asked for.
    let sending = tokio::spawn(async move {
        let mut wanted = true;
        let mut ticks = tokio::time::interval(Duration::from_micros(33_333));
        for n in 0..180u8 {
            ticks.tick().await;
            while let Ok(event) = client.event.try_recv() {
                wanted |= matches!(event, ClientEvent::WantsKeyframe);
            }
            for (layer, (name, size)) in LAYERS.into_iter().enumerate() {
                if name != "f" || !(60..120).contains(&n) {
                    let time = MediaTime::from_90khz(1_000_000 * layer as u64 + u64::from(n) * 3000);
                    client.write_layer(name, Codec::Vp8, time, vp8(n, wanted, size));
                }
            }
            wanted = false;
        }
        client
    });
    let mut seen: Vec<(u8, u8, ShowTime)> = Vec::new();
    while seen.last().is_none_or(|(number, ..)| *number < 179) {
        let unit = next(&mut units).await;
        if let Packet::Video { data, keyframe, .. } = &unit.packet {
            let changed = seen.last().is_none_or(|(_, width, _)| *width != data[6]);
            assert!(!changed || *keyframe, "a layer begins with a key frame: {seen:?}");
            seen.push((data[10], data[6], unit.pts));
        }
    }
    drop(sending.await.unwrap());
    assert_eq!(seen[0].1, 160, "not the smallest first: {seen:?}");
    let widths: Vec<u8> = seen.iter().map(|(_, width, _)| *width).collect();
    let mut order = widths.clone();
    order.dedup();
    assert_eq!(order, [160, 80, 160], "{seen:?}");
    assert!(seen.windows(2).all(|pair| pair[0].0 <= pair[1].0 && pair[0].2 < pair[1].2), "in order: {seen:?}");
    // Half a second of silence, and the way of a request.
    let gap = seen.windows(2).map(|pair| pair[1].0 - pair[0].0).max();
    assert!(gap.is_some_and(|gap| gap < 30), "{seen:?}");
}
