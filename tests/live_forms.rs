//! What is made of a live stream: the bridge to outputs, other forms, a composite, snapshots. With real media; what
//! comes out is read back by its marks.

#[path = "engine/census.rs"]
mod census;
#[path = "live_forms/media.rs"]
mod media;
mod support;

use lumencast::{
    domain::{
        source::StreamId,
        time::{Rate, ShowTime},
    },
    media::{
        clock::ShowClock,
        live::{Bridge, Live, Start, Unit, Wants},
    },
    protocol::packet::{AudioCodec, Packet, VideoCodec},
};
use media::{Heard, packets, play, read, until};
use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU64, Ordering},
};
use support::marks::Clip;

/// Tests of this binary run one at a time: they count what is alive, and share the machine with encoders.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    gst::init().expect("GStreamer");
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn live(name: &str) -> Arc<Live> {
    Live::new(name, ShowClock::start())
}

fn web() -> Wants {
    Wants::web(&[VideoCodec::H264, VideoCodec::Vp8, VideoCodec::Vp9])
}

fn small(source: u8, seconds: f64) -> Clip {
    Clip { kbps: 800, ..Clip::of(source, seconds).size(640, 360) }
}

fn is_frame(unit: &Arc<Unit>) -> bool {
    matches!(unit.packet, Packet::Video { .. })
}

#[test]
fn what_fits_passes_as_it_is_and_is_not_copied_or_decoded() {
    let _alone = alone();
    census::begin();
    let before = census::pipelines();
    let parent = live("cam");
    let view = parent.view(Wants::files());
    assert!(Arc::ptr_eq(&view, &parent.view(Wants::files())), "one view of each form");
    let heard = Heard::of(&view, Start::Backlog);
    let original = Heard::of(&parent, Start::Now);
    play(&parent, packets(&Clip { bframes: 2, ..small(1, 1.0) })).join().expect("played");
    until("everything came", || heard.units().len() == original.units().len());
    let pairs = heard.units().into_iter().zip(original.units());
    // Configurations wait for the key frame they belong to; beside that the order is the same.
    let media = |unit: &Arc<Unit>| !matches!(unit.packet, Packet::VideoConfig { .. });
    let (came, sent): (Vec<_>, Vec<_>) = pairs.unzip();
    let (came, sent): (Vec<_>, Vec<_>) =
        (came.into_iter().filter(media).collect(), sent.into_iter().filter(media).collect());
    assert_eq!(came.len(), sent.len());
    assert!(came.iter().zip(&sent).all(|(a, b)| Arc::ptr_eq(a, b)), "the same units, not copies");
    assert!(came.len() > 70);
    assert_eq!(census::pipelines(), before, "nothing was decoded");
}

#[test]
fn reordered_pictures_and_aac_become_ordered_pictures_and_opus_without_a_loss_and_in_sync() {
    let _alone = alone();
    let folder = tempfile::tempdir().expect("a folder");
    let parent = live("cam");
    let heard = Heard::of(&parent.view(web()), Start::Backlog);
    let clip = Clip { bframes: 2, ..small(2, 4.0) };
    play(&parent, packets(&clip)).join().expect("played");
    until("every frame came", || heard.frames().len() == clip.frames() as usize);
    let units = heard.units();
    assert!(units.iter().filter(|unit| is_frame(unit)).all(|unit| unit.pts == unit.dts), "no B-frames");
    assert!(units.iter().filter(|unit| is_frame(unit)).map(|unit| unit.pts).is_sorted());
    assert!(units.iter().any(|unit| matches!(unit.packet, Packet::AudioConfig { codec: AudioCodec::Opus, .. })));
    assert!(!units.iter().any(|unit| matches!(unit.packet, Packet::Audio { codec: AudioCodec::Aac, .. })));
    let reading = read(&units, folder.path(), "web.mkv");
    assert_eq!(reading.runs().len(), 1, "{reading}");
    assert_eq!((reading.runs()[0].first_n, reading.runs()[0].last_n), (0, clip.frames() - 1), "{reading}");
    assert_eq!(reading.flaws(), (0, 0, 0), "{reading}");
    let skew = reading.skew().expect("flashes with beeps");
    assert!(skew.abs() < 12.0, "sound is {skew} ms off\n{reading}");
}

#[test]
fn outputs_get_everything_since_the_last_key_frame_on_feeds_that_outlive_publishers() {
    let _alone = alone();
    let parent = live("cam");
    let first = play(&parent, packets(&small(3, 1.5)));
    until("half a second of picture is there", || parent.stats().frames > 15);
    let coded = Bridge::start(&parent, StreamId::Program, Rate { num: 30, den: 1 });
    let backlog = parent.backlog();
    let oldest = backlog.iter().find(|unit| is_frame(unit)).expect("a key frame").pts;
    let (pictures, sounds) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicU64::new(0)));
    let (saw, heard) = (pictures.clone(), sounds.clone());
    let audio = coded.audio.clone().expect("a feed for sound");
    let _sound = audio.listen(move |_, _| {
        heard.fetch_add(1, Ordering::Relaxed);
    });
    let _picture = coded.video.listen(move |buffer, caps| {
        let width = caps.structure(0).and_then(|s| s.get::<i32>("width").ok());
        saw.lock().expect("pictures").push((ShowTime(buffer.pts().expect("a stamp").nseconds()), width));
    });
    first.join().expect("played");
    until("all of the first publisher came", || {
        let pictures = pictures.lock().expect("pictures");
        pictures.first().is_some_and(|(at, _)| *at == oldest) && pictures.len() >= 30
    });
    let before = pictures.lock().expect("pictures").len();
    let second = Clip { kbps: 800, ..Clip::of(4, 1.0).size(320, 180) };
    play(&parent, packets(&second)).join().expect("played");
    until("all of the second came", || pictures.lock().expect("pictures").len() == before + 30);
    let pictures = pictures.lock().expect("pictures");
    assert!(pictures.is_sorted_by_key(|(at, _)| *at));
    assert!(pictures[..before].iter().all(|(_, width)| *width == Some(640)));
    assert!(pictures[before..].iter().all(|(_, width)| *width == Some(320)));
    assert!(sounds.load(Ordering::Relaxed) > 80);
}
