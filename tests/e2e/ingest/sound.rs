//! Sound that begins late, stops, or is all there is.

use super::{
    fixture::{played, publish},
    playlist::Playlist,
    tags::{Kind, Tag, tags_of},
};
use crate::{
    fixture::get,
    rooms::fixture::Fixture,
    support::{
        encoder::soon,
        marks::{Clip, Reader},
    },
};

fn clip(source: u8) -> Vec<Tag> {
    let clip = Clip { hum_hz: 400, kbps: 400, ..Clip::of(source, 20.0).size(320, 180) };
    tags_of(&clip.cached(), &["-c", "copy"])
}

#[tokio::test]
async fn sound_that_begins_late_is_announced_and_heard() {
    let _turn = crate::support::shared_turn(20);
    let fixture = Fixture::open().await;
    // Its configuration comes with that of the picture.
    let late = |tag: &Tag| tag.kind == Kind::Sound && tag.due < 5_000 && tag.body[1] != 0;
    let _camera = publish(&fixture, "late", clip(7).into_iter().filter(|tag| !late(tag)).collect()).await;
    let master = get(&fixture.server, "/hls/live/late/master.m3u8").await;
    assert!(!master.contains("TYPE=AUDIO") && !master.contains("mp4a"), "{master}");
    let before = Reader::of(fixture.server.url("/hls/live/late/video.m3u8")).frames(90).read_async().await;
    assert_eq!((before.undecodable(), before.flaws().0), (vec![], 0), "the picture goes on\n{before}");
    let end = std::time::Instant::now() + crate::fixture::LIMIT;
    loop {
        let master = get(&fixture.server, "/hls/live/late/master.m3u8").await;
        if master.contains("TYPE=AUDIO") && master.contains("mp4a.40.2") {
            break;
        }
        assert!(std::time::Instant::now() < end, "{master}");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    let list = Playlist::of(&fixture, "late", "video").await;
    list.check();
    assert_eq!(list.discontinuities, 1, "{}", list.text);
    let reading = played(&fixture, "late", 210).await;
    let (from, to) = *reading.sound.spans().last().expect("sound");
    assert!(to - from > 1.5 && reading.sound.tone_level(400.0, from + 0.3, from + 1.3) > 0.01, "{reading}");
}

#[tokio::test]
async fn sound_that_stops_is_silence_to_those_that_play_it() {
    let _turn = crate::support::shared_turn(20);
    let fixture = Fixture::open().await;
    let stopped = |tag: &Tag| tag.kind == Kind::Sound && tag.due >= 5_000;
    let _camera = publish(&fixture, "stops", clip(8).into_iter().filter(|tag| !stopped(tag)).collect()).await;
    let reading = played(&fixture, "stops", 300).await;
    assert_eq!((reading.undecodable(), reading.flaws()), (vec![], (0, 0, 0)), "{reading}");
    let spans = reading.sound.spans();
    let (from, to) = spans[0];
    assert!(spans.len() == 1 && to - from > 7.0, "it goes on\n{reading}");
    let level = |at: f64| reading.sound.tone_level(400.0, at, at + 1.0);
    assert!(level(from + 0.5) > 0.01 && level(to - 1.5) < 0.000_1, "{} {}\n{reading}", level(from), level(to - 1.5));
    for name in ["video", "audio"] {
        Playlist::of(&fixture, "stops", name).await.check();
    }
}

#[tokio::test]
async fn sound_alone_plays_as_radio() {
    let _turn = crate::support::shared_turn(20);
    let fixture = Fixture::open().await;
    let _radio = publish(&fixture, "radio", clip(9).into_iter().filter(|tag| tag.kind == Kind::Sound).collect()).await;
    let master = get(&fixture.server, "/hls/live/radio/master.m3u8").await;
    assert!(master.contains("audio.m3u8") && master.contains("CODECS=\"mp4a.40.2\""), "{master}");
    assert!(!master.contains("RESOLUTION") && !master.contains("video.m3u8"), "{master}");
    let played = fixture.server.home().join("radio.wav");
    let url = fixture.server.url("/hls/live/radio/master.m3u8");
    let made = tokio::process::Command::new("ffmpeg")
        .args(["-nostdin", "-loglevel", "error", "-live_start_index", "0", "-i", &url, "-t", "6"])
        .arg(&played)
        .status();
    assert!(soon(made).await.expect("ffmpeg").success());
    let reading = Reader::of(&played).read_async().await;
    let (from, to) = reading.sound.spans()[0];
    assert!((to - from - 6.0).abs() < 0.1, "{reading}");
    let levels = [0.5, 2.0, 3.5].map(|at| reading.sound.tone_level(400.0, from + at, from + at + 1.0));
    assert!(levels.iter().all(|level| *level > 0.01), "{levels:?}");
    let list = Playlist::of(&fixture, "radio", "audio").await;
    list.check();
    assert_eq!(list.discontinuities, 0, "{}", list.text);
    assert!(list.segments.iter().all(|length| (1.9..2.1).contains(length)), "{}", list.text);
    let (status, _) = fixture.ask(reqwest::Method::GET, "/apps/live/streams", serde_json::Value::Null).await;
    assert_eq!(status, 200);
}

#[tokio::test]
async fn left_and_right_stay_apart_in_what_is_encoded_here() {
    let _turn = crate::support::shared_turn(30);
    let fixture = Fixture::open().await;
    let source = Clip { hum_hz: 400, kbps: 400, ..Clip::of(14, 20.0).size(320, 180) };
    let left = ["-c:v", "copy", "-af", "pan=stereo|c0=c0", "-c:a", "libmp3lame"];
    let _camera = publish(&fixture, "left", tags_of(&source.cached(), &left)).await;
    let url = fixture.server.url("/hls/live/left/master.m3u8");
    let heard = fixture.server.home().join("heard.wav");
    let made = tokio::process::Command::new("ffmpeg")
        .args(["-nostdin", "-loglevel", "error", "-live_start_index", "0", "-i", &url, "-vn", "-t", "5"])
        .arg(&heard)
        .status();
    assert!(soon(made).await.expect("ffmpeg").success());
    let mut levels = Vec::new();
    for side in ["c0", "c1"] {
        let file = fixture.server.home().join(format!("{side}.wav"));
        let pan = format!("pan=mono|c0={side}");
        let made = tokio::process::Command::new("ffmpeg")
            .args(["-nostdin", "-loglevel", "error", "-i"])
            .arg(&heard)
            .args(["-af", &pan])
            .arg(&file)
            .status();
        assert!(soon(made).await.expect("ffmpeg").success());
        let reading = Reader::of(&file).read_async().await;
        levels.push(reading.sound.tone_level(400.0, 2.0, 4.0));
    }
    assert!(levels[0] > 0.03 && levels[1] < levels[0] / 100.0, "{levels:?}");
}
