//! HLS of a live stream, from the feeds to ffmpeg.

mod hls {
    pub mod publisher;
    pub mod reader;
}
mod support;

use hls::{publisher::*, reader::*};
use lumencast::app::rooms::hls::{HlsSettings, HlsStream};
use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};
use support::marks::{Clip, Reader};

const SETTINGS: HlsSettings = HlsSettings { segment_ms: 1000, part_ms: 200, window: 6 };

#[tokio::test(flavor = "multi_thread")]
async fn ffprobe_finds_the_codecs_the_size_and_gapless_aligned_tracks() {
    let _turn = support::shared_turn(30);
    let show = Show::new();
    let publisher = show.publish(H264_720);
    let server = HlsServer::open(Arc::new(HlsStream::new(SETTINGS)));
    let output = show.output(&server.hls_stream);
    server.until("master.m3u8", |_| true).await;
    let video = server.until("video.m3u8", |text| segments(text).len() >= 4).await;
    let audio = server.until("audio.m3u8", |text| segments(text).len() >= 4).await;
    let master = server.text("master.m3u8").await;
    assert!(master.contains("CODECS=\"avc1."), "{master}");
    assert!(master.contains(",mp4a.40.2\""), "{master}");
    assert!(master.contains("RESOLUTION=1280x720,FRAME-RATE=30.000,AUDIO=\"audio\""), "{master}");

    let mut starts = Vec::new();
    for (text, step, kind) in [(&video, 1.0 / 30.0, "h264"), (&audio, 1024.0 / 48_000.0, "aac")] {
        let bytes = server.join(text, 4).await;
        let packets = packets(&bytes, kind);
        let times: Vec<f64> = packets.iter().map(|p| p.time).collect();
        for pair in times.windows(2) {
            assert!((pair[1] - pair[0] - step).abs() < 0.0015, "{kind}: a gap at {pair:?}");
        }
        let listed: f64 = segments(text)[..4].iter().map(|s| s.duration).sum();
        let real = times.last().unwrap() - times[0] + step;
        assert!((listed - real).abs() < 0.002, "{kind}: {listed} s are listed, {real} s are there");
        let mut at = times[0];
        for segment in &segments(text)[..4] {
            let begins = packets.iter().any(|p| p.key && (p.time - at).abs() < 0.002);
            assert!(begins, "{kind}: no key frame at {at}, where a segment begins");
            starts.push((kind, segment.msn, at));
            at += segment.duration;
        }
    }
    for (_, msn, at) in starts.iter().filter(|(kind, ..)| *kind == "aac") {
        let picture = starts.iter().find(|(kind, n, _)| *kind == "h264" && n == msn).unwrap().2;
        assert!((0.0..0.0223).contains(&(at - picture)), "segment {msn}: picture {picture}, sound {at}");
    }
    assert_eq!(output.dropped(), 0);
    let stats = output.stats();
    assert!(stats.segments >= 4 && stats.bytes > 100_000, "{stats:?}");
    assert!(stats.last_segment_age.unwrap() < Duration::from_secs(3), "{stats:?}");
    drop(publisher);
}

#[tokio::test(flavor = "multi_thread")]
async fn ffmpeg_plays_five_live_seconds_without_a_word_of_complaint() {
    let _turn = support::shared_turn(30);
    let show = Show::new();
    let _publisher = show.publish(H264_720);
    let server = HlsServer::open(Arc::new(HlsStream::new(SETTINGS)));
    let _output = show.output(&server.hls_stream);
    server.until("video.m3u8", |text| segments(text).len() >= 3).await;
    server.until("master.m3u8", |_| true).await;
    let played = server.play(5).await;
    assert_eq!(played.complaints, "");
    assert!((145..=155).contains(&played.frames), "{played:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_picture_of_a_stream_with_b_frames_is_played_wherever_its_parts_are_cut() {
    let _turn = support::shared_turn(30);
    // An I-frame, then threes of a P-frame and two B-frames: parts of four begin with each kind.
    let settings = HlsSettings { segment_ms: 1500, part_ms: 134, window: 6 };
    let clip = Clip { gop: 45, bframes: 2, kbps: 1200, ..Clip::of(4, 10.0).size(320, 180) }.cached();
    let (show, server) = (Show::new(), HlsServer::open(Arc::new(HlsStream::new(settings))));
    let _output = show.output(&server.hls_stream);
    let _publisher = show.publish_clip(&clip);
    let text = server.until("video.m3u8", |text| segments(text).len() >= 3).await;
    let packets = packets(&server.join(&text, 3).await, "h264");
    for pair in packets.windows(2) {
        let end = pair[0].decoded.map(|(at, duration)| at + duration);
        assert_eq!(end, Some(pair[1].decoded.map_or(0, |(at, _)| at)), "{pair:?}");
    }
    assert!(packets.iter().all(|packet| !packet.discarded), "{packets:?}");
    let played = Reader::of(server.url("master.m3u8")).input_options(["-live_start_index", "0"]).frames(130);
    let played = played.read_async().await;
    assert_eq!((played.frames.len(), played.undecodable(), played.flaws()), (130, vec![], (0, 0, 0)), "{played}");
    assert_eq!((played.gaps(), played.errors), (vec![], 0), "{played}");
}

#[tokio::test(flavor = "multi_thread")]
async fn hevc_is_published_under_its_own_name() {
    let _turn = support::shared_turn(30);
    let show = Show::new();
    let _publisher = show.publish(HEVC_360);
    let server = HlsServer::open(Arc::new(HlsStream::new(SETTINGS)));
    let _output = show.output(&server.hls_stream);
    let master = server.until("master.m3u8", |_| true).await;
    assert!(master.contains("CODECS=\"hvc1.1.") && master.contains("RESOLUTION=640x360"), "{master}");
    let text = server.until("video.m3u8", |text| segments(text).len() >= 2).await;
    assert!(packets(&server.join(&text, 2).await, "hevc").len() >= 55);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blocked_reader_wakes_with_its_part_and_not_before() {
    let _turn = support::turn();
    let show = Show::new();
    let _publisher = show.publish(H264_360);
    let server = HlsServer::open(Arc::new(HlsStream::new(SETTINGS)));
    let _output = show.output(&server.hls_stream);
    let mut next = next_part(&server.until("video.m3u8", |_| true).await);
    let began = Instant::now();
    for _ in 0..15 {
        let (msn, part) = next;
        let announced = hint(&server.text("video.m3u8").await);
        let asked = format!("video.m3u8?_HLS_msn={msn}&_HLS_part={part}");
        let (text, hinted) = tokio::join!(server.text(&asked), server.get(&announced));
        assert!(has_part(&text, msn, part), "woke without {msn}.{part}: {text}");
        assert_eq!(hinted.status(), 200, "the hinted part was waited for");
        next = next_part(&text);
        assert!(next > (msn, part), "{next:?} after {:?}: {text}", (msn, part));
    }
    // Fifteen parts of at most 0.2 s cannot be read faster than they are made.
    assert!(began.elapsed() > Duration::from_millis(2400), "{:?}", began.elapsed());
    let (msn, _) = next;
    let text = server.text(&format!("video.m3u8?_HLS_msn={}", msn + 1)).await;
    assert_eq!(segments(&text).last().unwrap().msn, msn + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publisher_that_returns_in_another_size_goes_on_in_the_same_playlist() {
    let _turn = support::shared_turn(30);
    let show = Show::new();
    let publisher = show.publish(H264_720);
    let server = HlsServer::open(Arc::new(HlsStream::new(HlsSettings { window: 12, ..SETTINGS })));
    let _output = show.output(&server.hls_stream);
    let before = server.until("video.m3u8", |text| segments(text).len() >= 3).await;
    drop(publisher);
    let _publisher = show.publish(H264_360);
    let after = server
        .until("video.m3u8", |text| {
            let lines: Vec<_> = text.lines().collect();
            let Some(at) = lines.iter().position(|l| *l == "#EXT-X-DISCONTINUITY") else { return false };
            lines[at..].iter().filter(|l| l.starts_with("#EXTINF")).count() >= 3
        })
        .await;
    let old: BTreeMap<_, _> = segments(&before).iter().map(|s| (s.msn, s.uri.clone())).collect();
    let new = segments(&after);
    for (n, segment) in new.iter().enumerate() {
        assert_eq!(segment.msn, new[0].msn + n as u64);
        assert!(old.get(&segment.msn).is_none_or(|uri| *uri == segment.uri), "a number was used twice: {after}");
    }
    assert_eq!(after.matches("#EXT-X-MAP").count(), 2, "{after}");
    assert_eq!(after.matches("#EXT-X-DISCONTINUITY\n").count(), 1, "{after}");
    assert_eq!(target(&before), target(&after));
    let audio = server.until("audio.m3u8", |text| text.contains("#EXT-X-DISCONTINUITY\n")).await;
    assert_eq!(audio.matches("#EXT-X-DISCONTINUITY\n").count(), 1, "{audio}");
    let played = server.play_from_start(new.len() as u32).await;
    assert_eq!(played.complaints, "");
    assert_eq!(played.sizes, ["1280x720", "640x360"]);
    let master = server.text("master.m3u8").await;
    assert!(master.contains("RESOLUTION=640x360"), "{master}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_output_started_anew_continues_the_hls_stream() {
    let _turn = support::shared_turn(30);
    let show = Show::new();
    let _publisher = show.publish(H264_360);
    let server = HlsServer::open(Arc::new(HlsStream::new(SETTINGS)));
    let output = show.output(&server.hls_stream);
    let before = server.until("video.m3u8", |text| segments(text).len() >= 2).await;
    drop(output);
    let _output = show.output(&server.hls_stream);
    let last = segments(&before).last().unwrap().msn;
    let after = server
        .until("video.m3u8", |text| text.contains("DISCONTINUITY\n") && segments(text).last().unwrap().msn > last + 3);
    let after = after.await;
    let numbers: Vec<_> = segments(&after).iter().map(|s| s.msn).collect();
    assert!(numbers.windows(2).all(|pair| pair[1] == pair[0] + 1), "{after}");
    assert_eq!(server.hls_stream.stats().periods, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_said_in_the_right_words() {
    let _turn = support::shared_turn(30);
    let show = Show::new();
    let server = HlsServer::open(Arc::new(HlsStream::new(HlsSettings { window: 3, ..SETTINGS })));
    for file in ["master.m3u8", "video.m3u8", "audio.m3u8", "video-1-0.m4s", "nothing", "video.m3u8?_HLS_msn=0"] {
        assert_eq!(server.get(file).await.status(), 404, "{file} of an empty hls_stream");
    }
    let _publisher = show.publish(H264_360);
    let output = show.output(&server.hls_stream);
    let first = server.until("video.m3u8", |text| !segments(text).is_empty()).await;
    server.until("master.m3u8", |_| true).await;
    let now = server.until("video.m3u8", |text| segments(text).last().unwrap().msn >= 3).await;
    let msn = segments(&now).last().unwrap().msn;
    let status = async |file: String| server.get(&file).await.status().as_u16();
    assert_eq!(status(format!("video.m3u8?_HLS_msn={}", msn + 100)).await, 400);
    assert_eq!(status(format!("video.m3u8?_HLS_msn={}&_HLS_part=0", u64::MAX)).await, 400);
    assert_eq!(status("video.m3u8?_HLS_msn=soon".into()).await, 400);
    assert_eq!(status("video.m3u8?_HLS_part=1".into()).await, 400);
    assert_eq!(status("video.m3u8?other=1".into()).await, 200);
    assert_eq!(server.request("POST", "video.m3u8").await.status(), 405);
    assert_eq!(server.get("../nobody/video.m3u8").await.status(), 404);

    for (file, kind, cache) in [
        ("master.m3u8".to_owned(), "application/vnd.apple.mpegurl", "no-cache"),
        ("audio.m3u8".to_owned(), "application/vnd.apple.mpegurl", "no-cache"),
        (segments(&now).last().unwrap().uri.clone(), "video/mp4", "public, max-age=31536000, immutable"),
        (map(&server.text("audio.m3u8").await), "audio/mp4", "public, max-age=31536000, immutable"),
    ] {
        let got = server.get(&file).await;
        assert_eq!(got.status(), 200, "{file}");
        assert_eq!(got.headers()["content-type"], kind);
        assert_eq!(got.headers()["cache-control"], cache);
        assert_eq!(got.headers()["access-control-allow-origin"], "*");
        if cache != "no-cache" {
            let head = server.request("HEAD", &file).await;
            assert_eq!(head.status(), 200);
            assert_eq!(head.headers()["content-length"], got.headers()["content-length"]);
            assert!(head.bytes().await.unwrap().is_empty());
        }
    }
    // Kept for a while behind the window, then gone.
    let oldest = segments(&first)[0].uri.clone();
    assert_eq!(status(oldest.clone()).await, 200);
    server.until("video.m3u8", |text| segments(text).last().unwrap().msn >= 9).await;
    assert_eq!(status(oldest).await, 404);

    drop(output);
    let stopped = server.text("video.m3u8").await;
    let (next, _) = next_part(&stopped);
    let asked = Instant::now();
    assert_eq!(status(format!("video.m3u8?_HLS_msn={next}")).await, 503);
    let waited = asked.elapsed().as_secs_f64();
    assert!((waited - 3.0 * target(&stopped) as f64).abs() < 1.0, "503 after {waited} s");
}
