//! What is made of a live stream: the bridge to outputs, other forms, a composite, snapshots. With real media; what
//! comes out is read back by its marks.

#[path = "engine/census.rs"]
mod census;
#[path = "live_forms/decoded.rs"]
mod decoded;
#[path = "live_forms/lossy.rs"]
mod lossy;
#[path = "live_forms/media.rs"]
mod media;
#[path = "live_forms/recorded.rs"]
mod recorded;
mod support;

use lumencast::{
    domain::time::{Format, Rate, ShowTime},
    media::{
        clock::ShowClock,
        composite::{Layout, composite},
        decode::{SnapFault, snapshot},
        live::{Bridge, Live, Start, StreamForm, Unit},
    },
    protocol::packet::{AudioCodec, Packet, VideoCodec},
};
use media::{Received, packets, play, publish, read, recoded, until};
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU64, Ordering},
};
use std::time::{Duration, Instant};
use support::{
    marks::{Clip, Reader, Region},
    turn::{Turn, turn},
};

/// The picture, counted from 0, that a publisher sends after a pause.
const PAUSE_AT: u32 = 30;

/// The turn of a test, which uses GStreamer and counts what is alive.
fn alone() -> Turn {
    gst::init().expect("GStreamer");
    turn()
}

fn live(name: &str) -> Arc<Live> {
    Live::new(name, ShowClock::start())
}

fn web() -> StreamForm {
    StreamForm::web(&[VideoCodec::H264, VideoCodec::Vp8, VideoCodec::Vp9])
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
    until("the test before left nothing", || census::pipelines() == 0);
    let before = census::pipelines();
    let parent = live("cam");
    let view = parent.view(StreamForm::files());
    assert!(Arc::ptr_eq(&view, &parent.view(StreamForm::files())), "one view of each form");
    let received = Received::of(&view, Start::Backlog);
    let original = Received::of(&parent, Start::Now);
    play(&parent, packets(&Clip { bframes: 2, ..small(1, 1.0) })).join().expect("played");
    until("everything came", || received.units().len() == original.units().len());
    let pairs = received.units().into_iter().zip(original.units());
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
fn a_stream_that_follows_another_hands_over_all_that_was_kept_for_newcomers() {
    let _alone = alone();
    let parent = live("cam");
    // One group, longer than what may wait for a worker.
    let clip = Clip { gop: 300, ..small(4, 6.0) };
    let player = play(&parent, packets(&clip));
    until("most of the group is there", || parent.stats().frames > 130);
    let source = parent.clone();
    let room = Live::lazy("room", parent.clock().clone(), move |room| {
        let publishing = room.begin();
        Ok(Box::new(source.listen(Start::Backlog, move |unit| {
            publishing.pass(unit);
        })))
    });
    let received = Received::of(&room.view(StreamForm::files()), Start::Backlog);
    player.join().expect("played");
    until("every frame came", || received.frames().len() == clip.frames() as usize);
    assert!(received.frames()[0].is_keyframe(), "from the first one on");
}

#[test]
fn a_newcomer_to_a_long_group_begins_with_its_key_frame_where_none_can_be_asked_for() {
    let _alone = alone();
    let parent = live("cam");
    // More pictures than are decoded rather than waiting for a key frame, by an encoder that makes none on request.
    let player = play(&parent, packets(&Clip { gop: 300, ..small(4, 8.0) }));
    let room = Live::new("room", parent.clock().clone());
    let publishing = room.begin();
    publishing.ask_keyframes_of(&parent);
    let _passed = parent.listen(Start::Backlog, move |unit| {
        publishing.pass(unit);
    });
    until("the group is long", || room.backlog().iter().filter(|unit| is_frame(unit)).count() > 170);
    assert!(!room.makes_keyframes(), "it cannot make what its source cannot");
    let received = Received::of(&room.view(web()), Start::Backlog);
    until("pictures come", || !received.frames().is_empty());
    assert!(received.frames()[0].is_keyframe());
    assert!(parent.is_live(), "long before the next key frame");
    player.join().expect("played");
}

#[test]
fn reordered_pictures_and_aac_become_ordered_pictures_and_opus_without_a_loss_and_in_sync() {
    let _alone = alone();
    let folder = tempfile::tempdir().expect("a folder");
    let parent = live("cam");
    let received = Received::of(&parent.view(web()), Start::Backlog);
    let clip = Clip { bframes: 2, ..small(2, 4.0) };
    play(&parent, packets(&clip)).join().expect("played");
    until("every frame came", || received.frames().len() == clip.frames() as usize);
    let units = received.units();
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
    let coded = Bridge::start(&parent, Rate { num: 30, den: 1 });
    let backlog = parent.backlog();
    let oldest = backlog.iter().find(|unit| is_frame(unit)).expect("a key frame").pts;
    let (pictures, sounds) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicU64::new(0)));
    let (saw, received) = (pictures.clone(), sounds.clone());
    let audio = coded.audio.clone().expect("a feed for sound");
    let _sound = audio.listen(move |_, _| {
        received.fetch_add(1, Ordering::Relaxed);
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

#[test]
fn a_publisher_that_reorders_is_transcoded_and_one_that_does_not_passes_in_the_same_view() {
    let _alone = alone();
    let parent = live("cam");
    let (original, received) = (Received::of(&parent, Start::Now), Received::of(&parent.view(web()), Start::Now));
    let (plain, reordered) = (packets(&small(5, 1.0)), packets(&Clip { bframes: 2, ..small(5, 1.0) }));
    for packets in [plain.clone(), reordered, plain] {
        let before = received.frames().len();
        play(&parent, packets).join().expect("played");
        until("every frame of the publisher came", || received.frames().len() == before + 30);
    }
    let (sent, came) = (original.frames(), received.frames());
    let passed: Vec<_> = came.iter().zip(&sent).map(|(a, b)| Arc::ptr_eq(a, b)).collect();
    assert!(passed[..30].iter().all(|passed| *passed), "{passed:?}");
    assert!(!passed[30..60].iter().any(|passed| *passed), "{passed:?}");
    assert!(passed[60..].iter().all(|passed| *passed), "{passed:?}");
    assert!(came.iter().zip(&sent).all(|(a, b)| a.run == b.run), "a run keeps its number");
}

#[test]
fn a_view_goes_on_with_the_next_good_key_frame_after_broken_media() {
    let _alone = alone();
    let parent = live("cam");
    let received = Received::of(&parent.view(web()), Start::Now);
    let (codec, record) = (VideoCodec::H264, bytes::Bytes::from_static(b"\x01no record at all"));
    let publishing = parent.begin();
    publishing.push(Packet::VideoConfig { codec, record });
    for n in 0..10 {
        let (pts, dts) = (Duration::from_millis(n * 33 + 66), Duration::from_millis(n * 33));
        let data = bytes::Bytes::from_static(b"\xff\xff\xff\xffgarbage");
        publishing.push(Packet::Video { codec, pts, dts, keyframe: n == 0, data });
    }
    drop(publishing);
    play(&parent, packets(&Clip { bframes: 2, ..small(5, 2.0) })).join().expect("played");
    until("the good picture came", || received.frames().len() >= 60);
}

#[test]
fn the_picture_that_ends_a_pause_is_encoded_once() {
    let _alone = alone();
    let folder = tempfile::tempdir().expect("a folder");
    let parent = live("screen");
    let (original, received) =
        (Received::of(&parent, Start::Now), Received::of(&parent.view(StreamForm::steady()), Start::Backlog));
    // Without sound nothing but the stamp of that picture shows that there was a pause.
    let (mut moved, mut n) = (packets(&Clip { gop: 300, ..small(3, 4.0) }), 0);
    moved.retain(|(_, packet)| matches!(packet, Packet::Video { .. } | Packet::VideoConfig { .. }));
    for (at, packet) in &mut moved {
        let Packet::Video { pts, dts, .. } = packet else { continue };
        n += 1;
        if n > PAUSE_AT {
            [at, pts, dts].into_iter().for_each(|time| *time += Duration::from_millis(1500));
        }
    }
    play(&parent, moved).join().expect("played");
    let sent = original.frames();
    let last = sent.last().expect("pictures").pts;
    until("the last picture came", || received.frames().iter().any(|unit| last.since(unit.pts) < 100_000_000));
    let units = received.units();
    let encoded = units.iter().rposition(|unit| matches!(unit.packet, Packet::VideoConfig { .. })).expect("a record");
    let passed = units[..encoded].iter().filter(|unit| is_frame(unit)).count() as u32;
    assert_eq!(passed, PAUSE_AT, "up to the pause they pass");
    let reading = read(&units[encoded..], folder.path(), "encoded.mkv");
    let shown: Vec<(f64, u32)> = reading.marks().map(|(index, _, n)| (reading.frames[index].pts, n)).collect();
    assert_eq!((reading.undecodable(), shown[0].1), (vec![], PAUSE_AT), "it is the first that is encoded\n{reading}");
    assert!(shown.len() > 80 && shown.is_sorted_by_key(|(_, n)| *n), "{reading}");
    // Where this machine falls behind, a picture is repeated, a tenth of a second later.
    let twice = shown.windows(2).find(|pair| pair[0].1 == pair[1].1 && pair[1].0 - pair[0].0 < 0.09);
    assert_eq!(twice, None, "{reading}");
}

#[test]
fn an_output_asks_a_publisher_that_makes_no_key_frames_for_one() {
    let _alone = alone();
    let parent = live("browser");
    let coded = Bridge::start(&parent, Rate { num: 30, den: 1 });
    let _feeding = coded.video.listen(|_, _| {});
    let asked = Arc::new(AtomicU64::new(0));
    let publishing = parent.begin();
    let count = asked.clone();
    publishing.on_want_keyframe(move || {
        count.fetch_add(1, Ordering::Relaxed);
    });
    let packets = packets(&Clip { gop: 300, ..small(5, 5.0) });
    packets.into_iter().for_each(|(_, packet)| assert!(publishing.push(packet)));
    until("it was asked after two seconds and after four", || asked.load(Ordering::Relaxed) >= 2);
}

#[test]
fn jpegs_at_uneven_times_become_h264_frame_by_frame_with_the_stamps_they_had() {
    let _alone = alone();
    let folder = tempfile::tempdir().expect("a folder");
    let parent = live("camera");
    let (original, received) = (Received::of(&parent, Start::Now), Received::of(&parent.view(web()), Start::Now));
    let clip = small(6, 3.0);
    let mut jpegs =
        recoded(&clip, "videoscale ! video/x-raw,width=481,height=271 ! jpegenc quality=92", VideoCodec::Jpeg);
    let mut n = 0;
    jpegs.retain(|_| {
        n += 1;
        n <= 2 || !matches!(n % 7, 1 | 2 | 5)
    });
    play(&parent, jpegs).join().expect("played");
    until("every frame came", || received.frames().len() == original.frames().len());
    let stamps = |received: &Received| received.frames().iter().map(|unit| unit.pts).collect::<Vec<_>>();
    assert_eq!(stamps(&received), stamps(&original));
    let reading = read(&received.units(), folder.path(), "jpeg.mkv");
    assert_eq!((reading.streams.width, reading.streams.height), (480, 270), "even");
    let skipped = |n: u32| matches!((n + 2) % 7, 1 | 2 | 5) && n > 0;
    let marks: Vec<u32> = reading.marks().map(|(_, _, n)| n).collect();
    assert_eq!(marks, (0..clip.frames()).filter(|n| !skipped(*n)).collect::<Vec<_>>(), "{reading}");
}

#[test]
fn vp8_passes_to_the_web_and_becomes_h264_for_files() {
    let _alone = alone();
    let folder = tempfile::tempdir().expect("a folder");
    let parent = live("cam");
    let original = Received::of(&parent, Start::Now);
    let (passed, made) =
        (Received::of(&parent.view(web()), Start::Now), Received::of(&parent.view(StreamForm::files()), Start::Now));
    let clip = Clip { kbps: 800, ..Clip::of(7, 1.5).size(320, 180) };
    let chain = "vp8enc deadline=1 cpu-used=8 keyframe-max-dist=15 target-bitrate=1500000";
    play(&parent, recoded(&clip, chain, VideoCodec::Vp8)).join().expect("played");
    let frames = clip.frames() as usize;
    until("every frame came both ways", || passed.frames().len() == frames && made.frames().len() >= frames - 3);
    assert!(passed.frames().iter().zip(original.frames()).all(|(a, b)| Arc::ptr_eq(a, &b)));
    // The encoder holds back its last frames until more come or the publisher is known to be gone.
    until("the last frames came out", || made.frames().len() == frames);
    let reading = read(&made.units(), folder.path(), "files.mkv");
    assert_eq!(reading.streams.video_codec, "h264");
    assert_eq!(reading.flaws(), (0, 0, 0), "{reading}");
    assert_eq!(reading.runs()[0].frames, frames, "{reading}");
}

#[test]
fn nothing_is_left_running_after_the_last_listener() {
    let _alone = alone();
    census::begin();
    until("the test before left nothing", || census::pipelines() == 0);
    let before = census::pipelines();
    let parent = live("cam");
    let player = play(&parent, packets(&Clip { bframes: 2, ..small(2, 4.0) }));
    let view = parent.view(web());
    let received = Received::of(&view, Start::Backlog);
    let coded = Bridge::start(&parent, Rate { num: 30, den: 1 });
    let feeding = coded.video.listen(|_, _| {});
    until("it runs", || !received.frames().is_empty());
    assert!(census::pipelines() >= before + 4, "picture and sound, of the view and of the bridge");
    drop((received, feeding, coded));
    until("everything stopped", || census::pipelines() == before);
    until("nobody listens to the stream itself", || !parent.is_wanted());
    player.join().expect("played");
    let weak = Arc::downgrade(&view);
    drop(view);
    until("the view is gone", || weak.strong_count() == 0);
}

#[test]
fn a_composite_shows_its_members_in_their_cells_and_goes_on_when_one_leaves_and_returns() {
    let _alone = alone();
    census::begin();
    until("the test before left nothing", || census::pipelines() == 0);
    let before = census::pipelines();
    let folder = tempfile::tempdir().expect("a folder");
    let clock = ShowClock::start();
    let cams = [1, 2].map(|n| (format!("cam{n}"), Live::new(format!("cam{n}"), clock.clone())));
    let (both, one) = (cams.to_vec(), cams[..1].to_vec());
    let (members, watched) = tokio::sync::watch::channel(both.clone());
    let format = Format { width: 640, height: 360, rate: Rate { num: 30, den: 1 } };
    let grid = composite("all", clock, format, watched, Layout::Grid);
    assert_eq!(census::pipelines(), before, "nobody listens, nothing runs");
    let players: Vec<_> = cams
        .iter()
        .zip([1, 2])
        .map(|((_, live), source)| play(live, packets(&Clip { kbps: 600, ..Clip::of(source, 9.0).size(320, 180) })))
        .collect();
    let received = Received::of(&grid, Start::Backlog);
    until("both are seen", || received.frames().len() >= 75);
    members.send(one).expect("watched");
    until("one is seen", || received.frames().len() >= 135);
    members.send(both).expect("watched");
    until("both are seen again", || received.frames().len() >= 210);
    let units = received.units();
    players.into_iter().for_each(|player| drop(player.join().expect("played")));
    drop(received);
    let right = Region { x: 0.5, y: 0.25, w: 0.5, h: 0.5 };
    let path = folder.path().join("all.mkv");
    let whole = read(&units, folder.path(), "all.mkv");
    assert_eq!((whole.streams.width, whole.streams.height), (640, 360));
    assert_eq!(whole.gaps(), [], "the output has no gap: {whole}");
    let alone = whole.runs();
    assert!(alone.iter().any(|run| run.source == 1 && run.frames > 30), "one alone fills the picture: {whole}");
    let left = Reader::of(&path).region(Region { x: 0.0, ..right }).read();
    assert!(left.marks().filter(|(_, source, _)| *source == 1).count() > 60, "{left}");
    assert!(left.marks().all(|(_, source, _)| source == 1), "{left}");
    let right = Reader::of(&path).region(right).read();
    let seen: Vec<_> = right.marks().filter(|(_, source, _)| *source == 2).map(|(index, _, _)| index).collect();
    assert!(right.marks().all(|(_, source, _)| source == 2), "{right}");
    let pause = seen.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or_default();
    assert!(seen.len() > 60 && pause > 40, "seen, away, and seen again: {right}");
    let spans = whole.sound.spans();
    assert!(!whole.beeps.is_empty(), "the members are heard: {spans:?}");
    assert!(whole.skew().is_some_and(|skew| skew.abs() < 45.0), "{whole}");
    until("everything stopped", || census::pipelines() == before);
}

#[test]
fn a_snapshot_is_the_newest_picture() {
    let _alone = alone();
    census::begin();
    until("the test before left nothing", || census::pipelines() == 0);
    let before = census::pipelines();
    let folder = tempfile::tempdir().expect("a folder");
    let parent = live("cam");
    assert_eq!(snapshot(&parent, Duration::from_secs(5)), Err(SnapFault::NoPicture));
    for (bframes, name) in [(0, "plain.jpg"), (2, "reordered.jpg")] {
        let clip = Clip { bframes, gop: 60, ..Clip::of(8, 1.9).size(1920, 1080) };
        let _publishing = publish(&parent, &packets(&clip));
        let begin = Instant::now();
        let jpeg = snapshot(&parent, Duration::from_secs(10)).expect("a picture");
        let took = begin.elapsed();
        println!("snapshot of {} frames of 1080p: {took:?}", clip.frames());
        assert!(took < Duration::from_secs(2), "{took:?}");
        let path = folder.path().join(name);
        std::fs::write(&path, &jpeg).expect("written");
        let reading = Reader::of(&path).read();
        assert_eq!((reading.streams.width, reading.streams.height), (1920, 1080));
        assert_eq!(reading.marks().map(|(_, s, n)| (s, n)).collect::<Vec<_>>(), [(8, clip.frames() - 1)], "{reading}");
    }
    let clip = small(9, 0.5);
    let jpegs = recoded(&clip, "jpegenc", VideoCodec::Jpeg);
    let last = jpegs.last().map(|(_, packet)| packet.clone());
    let _publishing = publish(&parent, &jpegs);
    let Some(Packet::Video { data, .. }) = last else { panic!("a picture is last") };
    assert_eq!(snapshot(&parent, Duration::from_secs(5)), Ok(data), "a JPEG as it came");
    assert_eq!(census::pipelines(), before, "nothing is left");
}
