//! The decoder of a stream: the pictures of each slot, read by their marks.

use super::{
    alone, census, live,
    media::{Received, Timed, packets, play, recoded, until},
    small,
    support::{
        health::{self, assert_reported_as_seen},
        marks::{
            Clip,
            code::{self, CELLS, COLUMNS, ROWS},
        },
    },
};
use gst_video::prelude::*;
use lumencast::{
    domain::{
        source::{Signal, SourceId},
        time::{Format, Rate, Slot},
    },
    media::{
        ingest::{
            frame_queue::Frame,
            source::{Shown, Source},
        },
        live::{Live, Start},
    },
    protocol::packet::{Packet, VideoCodec},
};
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

const FORMAT: Format = Format { width: 640, height: 360, rate: Rate { num: 30, den: 1 } };
const LATENCY: Duration = Duration::from_millis(150);

/// The picture in a slot: source and frame number of the mark, nothing where there is no picture.
type Seen = (Slot, Option<(u8, u32)>);

/// The signal that the source reported in each slot.
type Reported = Arc<Mutex<Vec<(Slot, Signal)>>>;

/// A source that shows streams, and a reader that takes its frame slot by slot as the mixer does.
struct Screen {
    source: Arc<Source>,
    seen: Arc<Mutex<Vec<Seen>>>,
    reported: Reported,
    over: Arc<AtomicBool>,
    looking: Option<std::thread::JoinHandle<()>>,
}

impl Screen {
    fn new(of: &Arc<Live>) -> Self {
        let clock = of.clock().clone();
        let source = Source::new(SourceId(0), "screen".into(), clock.clone(), FORMAT, LATENCY, Duration::from_secs(1));
        let (seen, over) = (Arc::<Mutex<Vec<Seen>>>::default(), Arc::new(AtomicBool::new(false)));
        let reported = Reported::default();
        let (look, into, until) = (source.clone(), seen.clone(), over.clone());
        let report = reported.clone();
        let looking = std::thread::spawn(move || {
            let mut slot = Slot(FORMAT.rate.slot_at(clock.now()).0 + 1);
            while !until.load(Ordering::Relaxed) {
                clock.wait_until(FORMAT.rate.time_of(slot));
                let mark = look.frame_queue.at(slot).as_ref().and_then(mark);
                into.lock().unwrap().push((slot, mark));
                report.lock().unwrap().push((slot, look.health().signal));
                slot = Slot(slot.0 + 1);
            }
        });
        Self { source, seen, reported, over, looking: Some(looking) }
    }

    fn show(&self, live: &Arc<Live>) -> Shown {
        self.source.show(live).unwrap()
    }

    fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// What is seen from a slot on, without repetition.
    fn marks_from(&self, slot: Slot) -> Vec<(u8, u32)> {
        let mut marks: Vec<_> =
            self.seen().into_iter().filter(|(at, _)| *at >= slot).filter_map(|seen| seen.1).collect();
        marks.dedup();
        marks
    }

    fn assert_reported_as_seen(&self) {
        let seen: Vec<_> = self.seen().into_iter().map(|(slot, mark)| (slot.0, mark)).collect();
        let of =
            |(slot, signal): &(Slot, Signal)| health::Reported { slots: slot.0..=slot.0, is_ok: *signal == Signal::Ok };
        let reported: Vec<_> = self.reported.lock().unwrap().iter().map(of).collect();
        assert_reported_as_seen(&seen, &reported);
    }

    fn now(&self) -> Slot {
        self.seen().last().map_or(Slot(0), |(slot, _)| *slot)
    }

    /// When a frame was first seen after a slot.
    fn first_of(&self, slot: Slot, wanted: impl Fn(u8, u32) -> bool) -> Option<Slot> {
        self.seen()
            .into_iter()
            .find(|(at, mark)| *at > slot && mark.is_some_and(|(s, n)| wanted(s, n)))
            .map(|seen| seen.0)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(looking) = self.looking.take() {
            let _ = looking.join();
        }
    }
}

/// The mark of a decoded picture.
fn mark(frame: &Frame) -> Option<(u8, u32)> {
    let picture = gst_video::VideoFrameRef::from_buffer_ref_readable(&frame.buffer, &frame.info).ok()?;
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let stride = usize::try_from(picture.plane_stride()[0]).ok()?;
    let data = picture.plane_data(0).ok()?;
    let (wide, high) = (width / COLUMNS, height / 4 / ROWS);
    let mut cells = [0.0_f32; CELLS];
    for (position, cell) in cells.iter_mut().enumerate() {
        let (column, row) = (position / ROWS, position % ROWS);
        let (left, top) = (column * wide + wide / 4, row * high + high / 4);
        let lines = (top..top + high / 2).map(|y| &data[y * stride + left..y * stride + left + wide / 2]);
        let (mut sum, mut count) = (0_u32, 0_u32);
        for line in lines {
            sum += line.iter().map(|luma| u32::from(*luma)).sum::<u32>();
            count += line.len() as u32;
        }
        *cell = sum as f32 / count as f32;
    }
    code::decode(&cells).ok()
}

fn show_time(slot: Slot) -> u64 {
    FORMAT.rate.time_of(slot).0
}

fn milliseconds(from: Slot, to: Slot) -> u64 {
    (show_time(to) - show_time(from)) / 1_000_000
}

#[test]
fn a_stream_with_a_long_group_is_seen_at_once_whenever_it_is_put_on_and_then_in_its_time() {
    let _alone = alone();
    let parent = live("cam");
    let stamps = Received::of(&parent, Start::Now);
    let clip = Clip { gop: 300, ..Clip::of(3, 14.0).size(1280, 720) };
    let player = play(&parent, packets(&clip));
    let screen = Screen::new(&parent);
    // The later in the group, the more there is to decode.
    for wanted in [10, 80, 150, 220] {
        until("the stream is so old", || stamps.frames().len() > wanted);
        let asked = screen.now();
        let shown = screen.show(&parent);
        until("it is seen", || screen.first_of(asked, |source, _| source == 3).is_some());
        let first = screen.first_of(asked, |source, _| source == 3).unwrap();
        // In its time: what came a latency ago, give or take what decoding takes.
        let in_time = |slot: Slot, n: u32| {
            let behind = stamps.frames().get(n as usize).map(|unit| show_time(slot).saturating_sub(unit.pts.0));
            behind.is_some_and(|behind| (100_000_000..400_000_000).contains(&behind))
        };
        let live_from = || {
            let seen = screen.seen();
            let on_time = |seen: &Seen| seen.0 > asked && seen.1.is_some_and(|(_, n)| in_time(seen.0, n));
            seen.windows(10).find(|ten| ten.iter().all(on_time)).map(|ten| ten[0].0)
        };
        until("it is seen in its time", || live_from().is_some());
        println!(
            "put on after {wanted} frames: seen after {} ms, in its time after {} ms",
            milliseconds(asked, first),
            milliseconds(asked, live_from().unwrap())
        );
        assert!(milliseconds(asked, first) < 1000, "a picture of it is there at once");
        let before = screen.now();
        until("it goes on for a while", || screen.now().0 > before.0 + 15);
        let marks = screen.marks_from(before);
        assert!(marks.windows(2).all(|pair| pair[1] == (3, pair[0].1 + 1)), "each frame in its slot: {marks:?}");
        drop(shown);
        let gone = screen.now();
        until("it stands still", || screen.now().0 > gone.0 + 12);
        // What was seen is forgotten, so that the next try cannot find it.
        screen.source.frame_queue.clear();
        let cleared = screen.now();
        until("nothing is seen", || screen.seen().iter().any(|(at, mark)| *at > cleared && mark.is_none()));
    }
    player.join().unwrap();
}

#[test]
fn one_decoder_serves_all_who_show_a_stream_and_sleeps_when_nobody_does() {
    let _alone = alone();
    census::begin();
    until("the test before left nothing", || census::pipelines() == 0);
    let before = census::pipelines();
    let parent = live("cam");
    let player = play(&parent, packets(&small(4, 5.0)));
    until("it is there", || parent.stats().frames > 20);
    assert_eq!(census::pipelines(), before, "nobody shows it, nothing is decoded");
    let (one, two) = (Screen::new(&parent), Screen::new(&parent));
    two.source.fit((320, 180));
    let shown = one.show(&parent);
    let also = two.show(&parent);
    until("both see it", || one.marks_from(Slot(0)).len() > 30 && two.marks_from(Slot(0)).len() > 30);
    assert_eq!(census::pipelines(), before + 2, "one for the picture and one for the sound");
    let (first, second) = (one.seen(), two.seen());
    let pairs = first.iter().filter_map(|(slot, mark)| Some((*mark, second.iter().find(|(at, _)| at == slot)?.1)));
    let same = pairs.rev().take(20).filter(|(a, b)| a == b).count();
    assert!(same >= 18, "both see the same frames in the same slots: {same} of 20");
    assert!(one.source.health().has_audio && two.source.health().has_audio);
    drop(shown);
    assert_eq!(census::pipelines(), before + 2, "the other one still shows it");
    let now = two.now();
    until("it goes on", || two.marks_from(now).len() > 10);
    drop(also);
    until("it sleeps", || census::pipelines() == before);
    player.join().unwrap();
}

/// Packets at their pace, held up once for a while: those that came meanwhile are sent at once.
fn stalled(live: &Arc<Live>, packets: Vec<Timed>, after: Duration, hold: Duration) -> std::thread::JoinHandle<()> {
    let publishing = live.begin();
    std::thread::spawn(move || {
        let begin = Instant::now();
        let zero = packets.first().map_or(Duration::ZERO, |(at, _)| *at);
        for (at, packet) in packets {
            let due = at - zero;
            let goes = if (after..after + hold).contains(&due) { after + hold } else { due };
            std::thread::park_timeout(goes.saturating_sub(begin.elapsed()));
            publishing.push(packet);
        }
    })
}

#[test]
fn after_a_stall_and_a_burst_the_picture_is_back_where_it_was_in_time() {
    let _alone = alone();
    let parent = live("cam");
    let stamps = Received::of(&parent, Start::Now);
    let screen = Screen::new(&parent);
    let _shown = screen.show(&parent);
    let clip = Clip { gop: 60, ..small(5, 9.0) };
    let (after, hold) = (Duration::from_secs(2), Duration::from_secs(3));
    let player = stalled(&parent, packets(&clip), after, hold);
    until("the stall begins", || screen.source.health().signal == Signal::Stalled);
    let offset = screen.source.offset();
    until("the burst came", || stamps.frames().len() >= 150);
    let burst = screen.now();
    // How long after the burst a picture of then is first seen that stands less than so much behind its arrival.
    let back = |most: Duration| {
        let is_back = |(at, mark): &Seen| {
            let Some((_, n)) = *mark else { return false };
            let behind = stamps.frames().get(n as usize).map(|unit| show_time(*at).saturating_sub(unit.pts.0));
            *at > burst && n > 130 && behind.is_some_and(|behind| behind < most.as_nanos() as u64)
        };
        screen.seen().into_iter().find(is_back).map(|(at, _)| milliseconds(burst, at))
    };
    until("it is back at its latency", || back(LATENCY + Duration::from_millis(120)).is_some());
    let (seen, at_latency) = (back(Duration::from_secs(1)), back(LATENCY + Duration::from_millis(120)));
    println!("back {seen:?} ms after the burst, at its latency after {at_latency:?} ms");
    assert!(seen < Some(1000) && at_latency < Some(2000), "{seen:?}, {at_latency:?} ms");
    let moved = (screen.source.offset() - offset) / 1_000_000;
    println!("it stands {moved} ms later than before");
    assert!(moved.abs() < 110, "{moved} ms");
    let now = screen.now();
    until("it goes on", || screen.marks_from(now).len() > 25);
    let marks = screen.marks_from(now);
    assert!(marks.windows(2).all(|pair| pair[1] == (5, pair[0].1 + 1)), "{marks:?}");
    let stats = screen.source.measure();
    assert!(stats.skipped + stats.dropped > 0, "what was passed over is counted");
    screen.assert_reported_as_seen();
    player.join().unwrap();
}

#[test]
fn publishers_of_other_codecs_and_sizes_follow_each_other_on_a_source() {
    let _alone = alone();
    let parent = live("cam");
    let screen = Screen::new(&parent);
    let _shown = screen.show(&parent);
    let vp8 = "videoscale ! video/x-raw,width=320,height=180 ! vp8enc deadline=1 cpu-used=8 keyframe-max-dist=15 \
               target-bitrate=1500000";
    let jpeg = "jpegenc quality=90";
    let publishers = [
        (6, packets(&small(6, 1.5)), (640, 360)),
        (7, recoded(&small(7, 1.5), vp8, VideoCodec::Vp8), (320, 180)),
        (8, recoded(&small(8, 1.5), jpeg, VideoCodec::Jpeg), (640, 360)),
        (9, packets(&Clip { bframes: 2, ..Clip::of(9, 1.5).size(1280, 720) }), (1280, 720)),
    ];
    for (source, packets, size) in publishers {
        let begun = screen.now();
        let has_sound = packets.iter().any(|(_, packet)| matches!(packet, Packet::Audio { .. }));
        let player = play(&parent, packets);
        until("it is seen", || screen.marks_from(begun).iter().filter(|mark| mark.0 == source).count() > 30);
        let stats = screen.source.measure();
        assert_eq!((stats.width, stats.height), size);
        assert_eq!(screen.source.health().has_audio, has_sound, "source {source}");
        player.join().unwrap();
        until("all of it is seen", || screen.marks_from(begun).contains(&(source, 44)));
        let marks: Vec<_> = screen.marks_from(begun).into_iter().filter(|mark| mark.0 == source).collect();
        assert!(marks.windows(2).all(|pair| pair[1] == (source, pair[0].1 + 1)), "each frame: {marks:?}");
    }
    until("its sound is gone", || !screen.source.health().has_audio);
}

#[test]
fn a_decoder_that_shows_a_still_stream_shows_it_to_a_newcomer_at_once() {
    let _alone = alone();
    let parent = live("slides");
    let first = Screen::new(&parent);
    let _shown = first.show(&parent);
    let publishing = parent.begin();
    // Two pictures, and then no more: a presentation.
    for (_, packet) in recoded(&small(2, 0.1), "jpegenc", VideoCodec::Jpeg).into_iter().take(3) {
        assert!(publishing.push(packet));
    }
    until("the second is seen", || first.marks_from(Slot(0)).contains(&(2, 1)));
    let late = Screen::new(&parent);
    let begun = late.now();
    let _also = late.show(&parent);
    until("the newcomer sees it too", || late.first_of(begun, |source, n| (source, n) == (2, 1)).is_some());
}
