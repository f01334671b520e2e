//! Publishers of every rate, low, odd and none for a while, in a project of 30 frames a second.

use super::{
    fixture::{played, publish},
    playlist::Playlist,
    tags::{Kind, Tag, tags_of},
};
use crate::{
    fixture::get,
    rooms::fixture::Fixture,
    support::marks::{Clip, Reading},
};
use std::time::Duration;

/// Waits until a room's picture has so many finished segments.
async fn until_segments(fixture: &Fixture, room: &str, least: usize) -> Playlist {
    let end = std::time::Instant::now() + Duration::from_secs(30);
    loop {
        let list = Playlist::of(fixture, room, "video").await;
        if list.segments.len() >= least {
            return list;
        }
        assert!(std::time::Instant::now() < end, "{room}\n{}", list.text);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// The sound is there at its level throughout.
fn assert_heard(reading: &Reading, hz: f64) {
    let spans = reading.sound.spans();
    assert_eq!(spans.len(), 1, "in one piece\n{reading}");
    let (from, to) = spans[0];
    let seconds = (from.ceil() as u32 + 1)..to as u32;
    assert!(seconds.len() >= 4, "{reading}");
    let level = |second: u32| reading.sound.tone_level(hz, f64::from(second), f64::from(second) + 0.9);
    let levels: Vec<f64> = seconds.map(level).collect();
    assert!(
        levels[0] > 0.01 && levels.iter().all(|level| (level / levels[0] - 1.0).abs() < 0.15),
        "{levels:?}\n{reading}"
    );
}

#[tokio::test]
async fn what_a_playlist_declares_is_true_at_every_rate() {
    let _turn = crate::support::shared_turn(50);
    let fixture = Fixture::open().await;
    let rates = [(10, 1), (12, 1), (15, 1), (24, 1), (25, 1), (50, 1), (60_000, 1001), (24_000, 1001)];
    let mut publishers = Vec::new();
    for (fps, fps_den) in rates {
        let gop = (f64::from(fps) / f64::from(fps_den)).round() as u32;
        let clip = Clip { fps, fps_den, gop, kbps: 400, ..Clip::of(4, 40.0).size(320, 180) }.cached();
        publishers.push(publish(&fixture, &format!("at{fps}"), tags_of(&clip, &["-c", "copy"])).await);
    }
    for (fps, _) in rates {
        get(&fixture.server, &format!("/hls/live/at{fps}/master.m3u8")).await;
    }
    for (fps, fps_den) in rates {
        let list = until_segments(&fixture, &format!("at{fps}"), 3).await;
        list.check();
        assert_eq!(list.discontinuities, 0, "{}", list.text);
        assert!(list.segments.iter().skip(1).all(|length| (1.9..2.2).contains(length)), "{}", list.text);
        let master = get(&fixture.server, &format!("/hls/live/at{fps}/master.m3u8")).await;
        let rate = master.split("FRAME-RATE=").nth(1).and_then(|rest| rest.split([',', '\n']).next());
        let rate: f64 = rate.and_then(|rate| rate.parse().ok()).unwrap_or_else(|| panic!("{master}"));
        let real = f64::from(fps) / f64::from(fps_den);
        assert!((rate - real).abs() < 0.01, "{rate}, not {real}\n{master}");
    }
    publishers.iter().for_each(|publisher| publisher.abort());
}

#[tokio::test]
async fn a_camera_of_a_picture_a_second_or_less_plays_with_its_sound() {
    let _turn = crate::support::shared_turn(20);
    let fixture = Fixture::open().await;
    for (room, fps_den) in [("one", 1), ("half", 2)] {
        let clip = Clip { fps: 1, fps_den, gop: 5, hum_hz: 600, kbps: 200, ..Clip::of(5, 24.0).size(320, 180) };
        let _camera = publish(&fixture, room, tags_of(&clip.cached(), &["-c", "copy"])).await;
        let reading = played(&fixture, room, 80).await;
        assert_eq!(reading.undecodable(), Vec::<usize>::new(), "{reading}");
        assert_heard(&reading, 600.0);
        // A picture stands where its stamp says, to within a repetition.
        let first = reading.marks().next().expect("a picture");
        let origin = reading.frames[first.0].pts - f64::from(first.2 * fps_den);
        for (index, _, n) in reading.marks() {
            let late = reading.frames[index].pts - origin - f64::from(n * fps_den);
            assert!((-0.15..f64::from(fps_den) + 0.35).contains(&late), "{n} is shown {late} s late\n{reading}");
        }
        let list = until_segments(&fixture, room, 4).await;
        list.check();
        assert_eq!(list.discontinuities, 0, "{}", list.text);
        assert!(list.segments.iter().skip(1).all(|length| (1.8..2.3).contains(length)), "{}", list.text);
    }
}

#[tokio::test]
async fn a_picture_that_pauses_is_held_and_the_sound_goes_on() {
    let _turn = crate::support::shared_turn(20);
    let fixture = Fixture::open().await;
    let clip = Clip { hum_hz: 800, kbps: 400, ..Clip::of(6, 20.0).size(320, 180) }.cached();
    let in_pause = |tag: &Tag| tag.kind == Kind::Picture && (5_000..10_000).contains(&tag.due);
    let tags = tags_of(&clip, &["-c", "copy"]).into_iter().filter(|tag| !in_pause(tag)).collect();
    let _screen = publish(&fixture, "screen", tags).await;
    let reading = played(&fixture, "screen", 280).await;
    assert_eq!(reading.undecodable(), Vec::<usize>::new(), "{reading}");
    assert_heard(&reading, 800.0);
    let shown: Vec<u32> = reading.marks().map(|(_, _, n)| n).collect();
    let held = shown.iter().filter(|n| (147..150).contains(*n)).count();
    assert!(held >= 40, "the last picture is repeated: {held}\n{reading}");
    assert!(shown.contains(&310), "and it goes on\n{reading}");
    let list = Playlist::of(&fixture, "screen", "video").await;
    list.check();
    assert!(list.discontinuities <= 1, "{}", list.text);
}
