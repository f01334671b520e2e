//! What changes in mid-stream, on one connection.

use super::{
    fixture::{played, publish},
    playlist::Playlist,
    tags::{Kind, Tag, tags_of},
};
use crate::{
    rooms::fixture::Fixture,
    support::marks::{Clip, Reader},
};
use serde_json::Value;
use std::time::{Duration, Instant};

/// When the second clip begins, in milliseconds; a key frame of the first one.
const AT: u32 = 5_000;

/// One clip up to [`AT`], then another one.
fn followed(first: &[Tag], second: &[Tag]) -> Vec<Tag> {
    let moved = |tag: &Tag| Tag { due: tag.due + i64::from(AT), time: tag.time + AT, ..tag.clone() };
    let first = first.iter().filter(|tag| tag.time < AT).cloned();
    first.chain(second.iter().map(moved)).collect()
}

/// The size that a stream's row shows.
async fn size(fixture: &Fixture, room: &str) -> (u64, u64) {
    let (_, ingresses) = fixture.ask(reqwest::Method::GET, "/apps/live/ingress", Value::Null).await;
    let text = ingresses.to_string();
    let rows = ingresses.as_array().or_else(|| ingresses["data"].as_array());
    let row = rows.and_then(|rows| rows.iter().find(|row| row.to_string().contains(room)));
    let row = row.unwrap_or_else(|| panic!("{room}: {text}"));
    fn number(value: &Value, name: &str) -> Option<u64> {
        match value {
            Value::Object(map) => {
                map.get(name).and_then(Value::as_u64).or_else(|| map.values().find_map(|v| number(v, name)))
            }
            Value::Array(list) => list.iter().find_map(|v| number(v, name)),
            _ => None,
        }
    }
    (number(row, "width").unwrap_or(0), number(row, "height").unwrap_or(0))
}

async fn until_size(fixture: &Fixture, room: &str, wanted: (u64, u64)) {
    let end = Instant::now() + Duration::from_secs(15);
    while size(fixture, room).await != wanted {
        assert!(Instant::now() < end, "{room}: {:?}", size(fixture, room).await);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn another_size_with_a_header_or_in_band_alone_plays_on_and_is_shown_in_the_row() {
    let _turn = crate::support::shared_turn(20);
    let fixture = Fixture::open().await;
    let clip = |source| Clip { kbps: 600, ..Clip::of(source, 14.0) };
    let first = tags_of(&clip(10).size(320, 180).cached(), &["-c", "copy"]);
    // Parameter sets at each key frame, as encoders for broadcast send them.
    let in_band = ["-c", "copy", "-bsf:v", "h264_mp4toannexb,dump_extra=freq=k"];
    let second = tags_of(&clip(11).size(640, 360).cached(), &["-c", "copy"]);
    let repeated = tags_of(&clip(11).size(640, 360).cached(), &in_band);
    let is_header = |tag: &Tag| tag.kind == Kind::Picture && tag.body[1] == 0;
    let alone: Vec<Tag> = repeated.into_iter().filter(|tag| !is_header(tag)).collect();
    for (room, second) in [("header", second), ("band", alone)] {
        let _camera = publish(&fixture, room, followed(&first, &second)).await;
        until_size(&fixture, room, (320, 180)).await;
        let reading = played(&fixture, room, 300).await;
        let sources: Vec<(u8, usize)> = reading.runs().iter().map(|run| (run.source, run.lost)).collect();
        assert_eq!(sources, [(10, 0), (11, 0)], "{room}\n{reading}");
        assert_eq!(reading.undecodable(), Vec::<usize>::new(), "{room}\n{reading}");
        until_size(&fixture, room, (640, 360)).await;
        let list = Playlist::of(&fixture, room, "video").await;
        list.check();
        assert_eq!(list.discontinuities, 1, "{room}\n{}", list.text);
    }
}

#[tokio::test]
async fn another_sample_rate_is_heard_at_its_pitch() {
    let _turn = crate::support::shared_turn(30);
    let fixture = Fixture::open().await;
    let clip = |source| Clip { kbps: 400, hum_hz: 800, ..Clip::of(source, 14.0).size(320, 180) }.cached();
    let first = tags_of(&clip(12), &["-c", "copy"]);
    let second = tags_of(&clip(12), &["-c:v", "copy", "-c:a", "aac", "-ar", "44100"]);
    let begun = Instant::now();
    let _camera = publish(&fixture, "rate", followed(&first, &second)).await;
    let list = loop {
        let list = Playlist::of(&fixture, "rate", "audio").await;
        if list.discontinuities == 1
            && list.text.split("#EXT-X-MAP").last().is_some_and(|rest| rest.matches("#EXTINF").count() >= 2)
        {
            break list;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert!(begun.elapsed() < Duration::from_secs(25), "{}", list.text);
    };
    list.check();
    // ffmpeg's player never reads a second initialization segment: each period is read by itself.
    for (n, period) in list.text.split("#EXT-X-MAP:URI=\"").skip(1).enumerate() {
        let init = period.split('"').next().expect("a name");
        let segments = period.lines().skip(1).filter(|line| !line.starts_with('#') && !line.is_empty());
        let mut bytes = Vec::new();
        for name in [init].into_iter().chain(segments) {
            let url = fixture.server.url(&format!("/hls/live/rate/{name}"));
            bytes.extend(reqwest::get(url).await.expect("an answer").bytes().await.expect("bytes"));
        }
        let file = fixture.server.home().join(format!("period{n}.mp4"));
        std::fs::write(&file, bytes).expect("a file");
        let reading = Reader::of(&file).read_async().await;
        let from = reading.sound.spans()[0].0 + 0.3;
        let at = |hz: f64| reading.sound.tone_level(hz, from, from + 1.0);
        // 44.1 kHz taken for 48 kHz would be 871 Hz, the other way round 735 Hz.
        let levels = [800.0, 871.0, 735.0].map(at);
        assert!(levels[0] > 0.01 && levels[1].max(levels[2]) < levels[0] / 10.0, "{n}: {levels:?}\n{reading}");
    }
}
