//! An engine with inputs for publishers, a look at program, and what it reports.

use gst::prelude::*;
use gst_video::prelude::*;
use lumencast::{
    domain::{
        input::Input,
        order::{Order, Report},
        output::OutputSource,
        source::{SourceId, SourceKind},
        stats::Stats,
        time::{Format, Rate},
    },
    media::{
        encoder::Quality,
        engine::{Engine, Settings},
        link::Tap,
        output::hls::{HlsSettings, HlsStream},
    },
    protocol::packet::Packet,
};
use std::{
    cell::RefCell,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::mpsc;

const DEADLINE: Duration = Duration::from_secs(20);
pub const WIDTH: usize = 640;
pub const HEIGHT: usize = 360;

pub struct Fixture {
    engine: Arc<Engine>,
    reports: RefCell<mpsc::UnboundedReceiver<Report>>,
    _folder: tempfile::TempDir,
}

/// A look at program.
pub struct Look {
    tap: Option<Tap>,
    pipeline: gst::Pipeline,
    sink: gst_app::AppSink,
}

/// A picture of program.
pub struct Picture {
    data: Vec<u8>,
}

impl Picture {
    pub fn luma(&self, x: usize, y: usize) -> u8 {
        self.data[y * WIDTH + x]
    }

    pub fn v(&self, x: usize, y: usize) -> u8 {
        self.data[WIDTH * HEIGHT * 5 / 4 + (y / 2) * (WIDTH / 2) + x / 2]
    }
}

impl Fixture {
    pub fn open(inputs: u32) -> Self {
        let input = |n: u32| Input {
            label: format!("in {n}"),
            kind: SourceKind::Rtmp { key: format!("k{n}") },
            latency: Duration::from_millis(150),
        };
        Self::with((0..inputs).map(input).collect())
    }

    pub fn with(inputs: Vec<Input>) -> Self {
        super::census::begin();
        let folder = tempfile::tempdir().expect("a folder");
        let (reports, inbox) = mpsc::unbounded_channel();
        let quality =
            |bitrate_kbps, gop_frames, preset: &str| Quality { bitrate_kbps, gop_frames, preset: preset.into() };
        let engine = Engine::start(
            Settings {
                project: Format { width: WIDTH as u32, height: HEIGHT as u32, rate: Rate { num: 30, den: 1 } },
                inputs,
                leds: None,
                hold: Duration::from_secs(1),
                picture: quality(2000, 30, "ultrafast"),
                sound: quality(96, 0, ""),
                hls: HlsSettings { segment_ms: 1000, part_ms: 200, window: 4 },
                recordings: folder.path().join("recordings"),
                fragment_ms: 500,
                min_free: 0,
            },
            reports,
        );
        Self { engine: Arc::new(engine.expect("an engine")), reports: RefCell::new(inbox), _folder: folder }
    }

    pub fn engine(&self) -> Arc<Engine> {
        self.engine.clone()
    }

    /// What the engine reports, for a conductor.
    pub fn take_reports(&self) -> mpsc::UnboundedReceiver<Report> {
        self.reports.replace(mpsc::unbounded_channel().1)
    }

    /// Reads program or another source as HLS.
    pub fn hls(&self, source: &OutputSource) -> Arc<HlsStream> {
        self.engine.hls(source)
    }

    /// Lets time pass in which no HLS is read.
    pub fn nobody_reads_hls_for(&self, time: Duration) {
        self.engine.end_idle_hls(Instant::now() + time);
    }

    pub fn order(&self, order: Order) {
        self.engine.order(order);
    }

    /// Publishes packets at the pace of their stamps, from a thread; the publisher leaves after the last.
    pub fn publish(&self, source: SourceId, packets: Vec<Packet>) {
        let live = self.engine.live(source).expect("a stream").begin();
        std::thread::spawn(move || {
            let began = Instant::now();
            for packet in packets {
                if let Packet::Video { dts, .. } = &packet {
                    // The pace of a live encoder, not a wait for a result.
                    std::thread::park_timeout(dts.saturating_sub(began.elapsed()));
                }
                if !live.push(packet) {
                    return;
                }
            }
        });
    }

    /// Waits for a report; others before it are passed over.
    pub fn report(&self, wanted: impl Fn(&Report) -> bool) -> Report {
        let end = Instant::now() + DEADLINE;
        let mut seen = Vec::new();
        while Instant::now() < end {
            match self.reports.borrow_mut().try_recv() {
                Ok(report) if wanted(&report) => return report,
                Ok(report) => seen.push(report),
                Err(_) => std::thread::park_timeout(Duration::from_millis(5)),
            }
        }
        panic!("not reported; instead: {seen:#?}");
    }

    /// Whether the engine has an input.
    pub fn has(&self, source: SourceId) -> bool {
        self.engine.live(source).is_some()
    }

    /// The figures of the last second.
    pub fn stats(&self) -> Stats {
        self.engine.stats()
    }

    /// Looks at program, picture by picture, until one is as wanted.
    pub fn program_until(&self, wanted: impl Fn(&Picture) -> bool) -> Picture {
        let look = self.look();
        let end = Instant::now() + DEADLINE;
        let mut last = String::new();
        while Instant::now() < end {
            let Some((_, picture)) = look.next(Duration::from_millis(200)) else { continue };
            if wanted(&picture) {
                return picture;
            }
            last = format!("y {} v {}", picture.luma(320, 180), picture.v(320, 180));
        }
        panic!("no such picture came; the last had {last} in its middle");
    }

    /// Program's pictures from now on.
    pub fn look(&self) -> Look {
        let pipeline = gst::Pipeline::new();
        let source = gst_app::AppSrc::builder().name("in").format(gst::Format::Time).is_live(true).build();
        let sink = gst_app::AppSink::builder().name("out").sync(false).max_buffers(60).build();
        pipeline.add_many([source.upcast_ref::<gst::Element>(), sink.upcast_ref()]).expect("elements");
        source.link(&sink).expect("a link");
        let tap = self.engine.program().tap(source, 60, None);
        pipeline.set_state(gst::State::Playing).expect("playing");
        Look { tap: Some(tap), pipeline, sink }
    }

    pub fn until(what: &str, done: impl Fn() -> bool) {
        let end = Instant::now() + DEADLINE;
        while !done() {
            assert!(Instant::now() < end, "not within {DEADLINE:?}: {what}");
            std::thread::park_timeout(Duration::from_millis(5));
        }
    }
}

impl Look {
    /// The next picture and its time in nanoseconds, if one comes in time.
    pub fn next(&self, within: Duration) -> Option<(u64, Picture)> {
        let sample = self.sink.try_pull_sample(gst::ClockTime::from_nseconds(within.as_nanos() as u64))?;
        let stamp = sample.buffer().and_then(|buffer| buffer.pts()).expect("a stamp");
        Some((stamp.nseconds(), packed(&sample)))
    }
}

impl Drop for Look {
    fn drop(&mut self) {
        self.tap = None;
        self.pipeline.set_state(gst::State::Null).expect("stopped");
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        self.engine.shut_down();
    }
}

fn packed(sample: &gst::Sample) -> Picture {
    let info = gst_video::VideoInfo::from_caps(sample.caps().expect("caps")).expect("a picture");
    let frame = gst_video::VideoFrameRef::from_buffer_ref_readable(sample.buffer().expect("a buffer"), &info);
    let frame = frame.expect("mapped");
    let mut data = Vec::new();
    for plane in 0..3_u32 {
        let (width, height) = if plane == 0 { (WIDTH, HEIGHT) } else { (WIDTH / 2, HEIGHT / 2) };
        let stride = usize::try_from(frame.plane_stride()[plane as usize]).expect("a stride");
        for row in frame.plane_data(plane).expect("a plane").chunks(stride).take(height) {
            data.extend_from_slice(&row[..width]);
        }
    }
    Picture { data }
}
