//! A stream on show time, made in this process: moving picture at 30 frames a second, and a tone.

use gst::prelude::*;
use lumencast::{
    domain::time::{Rate, ShowTime},
    media::{
        clock::ShowClock,
        link::{Carries, Feed},
        output::stream::CodedStream,
    },
};
use std::{
    path::Path,
    process::{Command, Output},
    time::{Duration, Instant},
};

pub const H264: &str = "x264enc tune=zerolatency speed-preset=ultrafast bitrate=800 key-int-max=30 bframes=0 ! \
    h264parse config-interval=-1 ! video/x-h264,stream-format=avc,alignment=au";
#[allow(dead_code, reason = "not every test file pushes or records H.265")]
pub const H265: &str = "x265enc tune=zerolatency speed-preset=ultrafast bitrate=800 key-int-max=30 ! \
    h265parse config-interval=-1 ! video/x-h265,stream-format=hvc1,alignment=au";

/// The stream; it runs as long as this lives.
pub struct Live {
    pub clock: ShowClock,
    pub stream: CodedStream,
    pipeline: gst::Pipeline,
}

impl Live {
    pub fn start(video: &str, sound: bool) -> Self {
        Self::dark_until(video, sound, (640, 360), ShowTime(0))
    }

    /// White picture and a tone from a moment on, black and silence before it; from 0 a moving pattern.
    pub fn dark_until(video: &str, sound: bool, (width, height): (u32, u32), moment: ShowTime) -> Self {
        gst::init().unwrap();
        let pattern = if moment.0 == 0 { "ball" } else { "white" };
        let mut graph = format!(
            "videotestsrc is-live=true pattern={pattern} ! \
             video/x-raw,format=I420,width={width},height={height},framerate=30/1 ! identity name=picture ! queue ! \
             {video} ! appsink name=video sync=false async=false"
        );
        if sound {
            graph += " audiotestsrc is-live=true samplesperbuffer=480 ! audio/x-raw,format=F32LE,rate=48000,channels=2 \
                ! identity name=tone ! queue ! audioconvert ! avenc_aac bitrate=128000 ! aacparse ! \
                audio/mpeg,mpegversion=4,stream-format=raw ! appsink name=audio sync=false async=false";
        }
        let pipeline = gst::parse::launch(&graph).unwrap().downcast::<gst::Pipeline>().unwrap();
        if moment.0 > 0 {
            darken(&pipeline, "picture", moment, move |data, _, _| {
                data[..(width * height) as usize].fill(16);
            });
            darken(&pipeline, "tone", moment, |data, from, moment| {
                let silent = moment.since(from) * 48 / 1_000_000 * 8;
                let silent = data.len().min(silent as usize);
                data[..silent].fill(0);
            });
        }
        let feed = |name: &str| {
            let feed = Feed::new(Carries::Coded);
            feed.fill_from(&pipeline.by_name(name).unwrap().downcast::<gst_app::AppSink>().unwrap());
            feed
        };
        let stream = CodedStream {
            name: "program".into(),
            video: feed("video"),
            audio: sound.then(|| feed("audio")),
            rate: Rate { num: 30, den: 1 },
            is_encoded_here: false,
            keep: None,
        };
        let clock = ShowClock::start();
        clock.adopt(&pipeline);
        pipeline.set_state(gst::State::Playing).unwrap();
        Self { clock, stream, pipeline }
    }

    /// Blocks until a show time.
    pub fn run_until(&self, seconds: f64) {
        self.clock.wait_until(ShowTime((seconds * 1e9) as u64));
    }

    /// Blocks until so much more show time has passed.
    pub fn run_for(&self, seconds: f64) {
        self.run_until(self.clock.now().seconds() + seconds);
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}

fn darken(
    pipeline: &gst::Pipeline,
    name: &str,
    moment: ShowTime,
    paint: impl Fn(&mut [u8], ShowTime, ShowTime) + Send + Sync + 'static,
) {
    let pad = pipeline.by_name(name).unwrap().static_pad("src").unwrap();
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        let buffer = info.buffer_mut().unwrap();
        let from = ShowTime(buffer.pts().unwrap().nseconds());
        if from < moment {
            paint(&mut buffer.make_mut().map_writable().unwrap(), from, moment);
        }
        gst::PadProbeReturn::Ok
    });
}

/// Polls until something is so, at most for a time.
pub fn wait_for<T>(what: &str, seconds: u64, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + Duration::from_secs(seconds);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "waited {seconds} s for {what}");
        std::thread::park_timeout(Duration::from_millis(10));
    }
}

pub fn run(program: &str, arguments: &[&str], file: &Path) -> Output {
    let output = Command::new(program).args(arguments).arg(file).output().unwrap();
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

#[allow(dead_code, reason = "not every test file needs it")]
/// Decodes a file and gives the pictures that come out; anything the decoder complains of is a failure.
pub fn decoded_pictures(file: &Path) -> u64 {
    let fields = ["-v", "error", "-count_frames", "-select_streams", "v", "-show_entries", "stream=nb_read_frames"];
    let output = run("ffprobe", &[&fields[..], &["-of", "csv=p=0"]].concat(), file);
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "decoding {}", file.display());
    String::from_utf8_lossy(&output.stdout).trim().trim_end_matches(',').parse().unwrap()
}

/// Stamps and durations of a side's packets in seconds (`v` or `a`).
pub fn packets(file: &Path, side: &str) -> Vec<(f64, f64)> {
    let fields = ["-v", "error", "-select_streams", side, "-show_entries", "packet=pts_time,duration_time"];
    let output = run("ffprobe", &[&fields[..], &["-of", "csv=p=0"]].concat(), file);
    let text = String::from_utf8(output.stdout).unwrap();
    let row = |line: &str| {
        let mut cells = line.split(',').map(|cell| cell.parse().unwrap_or(f64::NAN));
        (cells.next().unwrap_or(f64::NAN), cells.next().unwrap_or(f64::NAN))
    };
    text.lines().map(row).collect()
}
