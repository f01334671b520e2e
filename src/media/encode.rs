//! One encode of one raw stream, shared by everybody who wants it.
//!
//! ```text
//! raw picture Feed ─► Tap ─► appsrc ! encoder ! parse ! appsink ─► coded Feed
//! raw sound Feed ───► Tap ─► appsrc ! encoder ! parse ! appsink ─► coded Feed
//! ```
//!
//! It works as long as somebody holds it. An encoder that breaks down (a graphics card that went away) is started
//! again with back-off; the coded feeds and who taps them stay.

use super::{
    clock::ShowClock,
    encoder::{self, Codec, Quality},
    link::{Carries, Feed, Tap},
    output::stream::CodedStream,
    pipeline::{Failure, FailureKind, Run, Verdict},
    supervisor::Backoff,
};
use crate::domain::time::{Rate, ShowTime};
use crate::tasks;
use gst::prelude::*;
use std::{
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

/// See the module's text.
pub struct Encode {
    picture: Arc<Line>,
    sound: Arc<Line>,
    rate: Rate,
}

/// One of the two encoders.
struct Line {
    codec: Codec,
    quality: Quality,
    raw: Arc<Feed>,
    coded: Arc<Feed>,
    rate: Rate,
    clock: ShowClock,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    backoff: Backoff,
    began: ShowTime,
    /// The tap goes first, so that nothing is pushed into a pipeline that stops.
    running: Option<(Tap, Run)>,
}

impl Encode {
    /// Starts encoding.
    ///
    /// # Errors
    /// When no encoder opens on this machine.
    pub fn start(
        raw_video: &Arc<Feed>,
        raw_audio: &Arc<Feed>,
        picture: &Quality,
        sound: &Quality,
        rate: Rate,
        clock: &ShowClock,
    ) -> Result<Self, Failure> {
        let line = |codec, quality: &Quality, raw: &Arc<Feed>, carries| {
            let line = Arc::new(Line {
                codec,
                quality: quality.clone(),
                raw: raw.clone(),
                coded: Feed::new(carries),
                rate,
                clock: clock.clone(),
                state: Mutex::default(),
            });
            line.begin().map(|()| line)
        };
        // Every AAC frame stands alone, so its feed is as good as a raw one.
        let sound = line(Codec::Aac, sound, raw_audio, Carries::Raw)?;
        Ok(Self { picture: line(Codec::H264, picture, raw_video, Carries::Coded)?, sound, rate })
    }

    /// The encoded stream; whoever holds it keeps the encoders at work.
    pub fn stream(self: &Arc<Self>, name: impl Into<String>) -> CodedStream {
        let keep: Arc<dyn std::any::Any + Send + Sync> = self.clone();
        let (video, audio) = (self.picture.coded.clone(), Some(self.sound.coded.clone()));
        CodedStream { name: name.into(), video, audio, rate: self.rate, keep: Some(keep) }
    }
}

impl Line {
    fn begin(self: &Arc<Self>) -> Result<(), Failure> {
        // What may wait for the encoder: a second of pictures, four of sound (a block comes each slot).
        let (template, limit) = match self.codec {
            Codec::H264 => ("encode_video", 30),
            Codec::Aac | Codec::Opus => ("encode_audio", 120),
        };
        let pipeline = encoder::build(template, self.codec, &self.quality).map_err(|e| here(e.to_string()))?;
        let appsrc = pipeline.by_name("in").and_then(|e| e.downcast::<gst_app::AppSrc>().ok());
        let appsink = pipeline.by_name("out").and_then(|e| e.downcast::<gst_app::AppSink>().ok());
        let (Some(appsrc), Some(appsink)) = (appsrc, appsink) else {
            return Err(here(format!("pipelines/{template}.toml: no appsrc in or no appsink out")));
        };
        self.coded.fill_from(&appsink);
        match self.codec {
            Codec::Aac | Codec::Opus => undo_priming(&pipeline, encoder::best(self.codec).map_or(0, |e| e.delay)),
            Codec::H264 => {
                keyframes_on_grid(&pipeline, self.rate, self.quality.gop_frames);
                let sink = appsink.downgrade();
                self.coded.on_want_keyframe(move || {
                    if let Some(sink) = sink.upgrade() {
                        sink.send_event(gst_video::UpstreamForceKeyUnitEvent::builder().all_headers(true).build());
                    }
                });
            }
        }
        let mut state = self.lock();
        let number = state.backoff.begin();
        state.began = self.clock.now();
        let line = Arc::downgrade(self);
        let run = Run::start(pipeline, &self.clock, move |verdict| {
            if let Verdict::Failed(failure) = verdict {
                tracing::error!("encoder: {}", failure.text);
                again(line.clone(), number);
            }
        })?;
        state.running = Some((self.raw.tap(appsrc, limit, None), run));
        Ok(())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Starts a line again that broke down in run `number`, on a thread of its own, until it runs or nobody wants it.
fn again(line: Weak<Line>, mut number: u64) {
    let started = tasks::once_thread("encode-again", "encode-again", move || {
        loop {
            let Some(broken) = line.upgrade() else { return };
            let wait: Duration = {
                let mut state = broken.lock();
                if !state.backoff.is_present(number) {
                    return; // another run is at work already
                }
                state.running = None;
                let lived = Duration::from_nanos(broken.clock.now().since(state.began));
                state.backoff.failed(lived)
            };
            drop(broken); // it must be able to go while we wait
            std::thread::sleep(wait);
            let Some(broken) = line.upgrade() else { return };
            match broken.begin() {
                Ok(()) => return,
                Err(failure) => tracing::error!("encoder: {}", failure.text),
            }
            number = broken.lock().backoff.begin();
        }
    });
    if let Err(error) = started {
        tracing::error!("no thread to start the encoder again: {error}");
    }
}

/// Asks for a key frame at every slot that is a multiple of the GOP: whatever key frames somebody wants in between,
/// segments of all outputs end at the same even places.
fn keyframes_on_grid(pipeline: &gst::Pipeline, rate: Rate, gop: u32) {
    let Some(encoder) = pipeline.by_name("encoder") else { return };
    let (Some(sink), Some(src)) = (encoder.static_pad("sink"), encoder.static_pad("src")) else { return };
    let (src, gop) = (src.downgrade(), u64::from(gop.max(1)));
    sink.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        let at = info.buffer().and_then(|buffer| buffer.pts()).map(|pts| rate.nearest(ShowTime(pts.nseconds())).0);
        if at.is_some_and(|slot| slot.is_multiple_of(gop))
            && let Some(src) = src.upgrade()
        {
            src.send_event(gst_video::UpstreamForceKeyUnitEvent::builder().all_headers(true).build());
        }
        gst::PadProbeReturn::Ok
    });
}

/// Takes an encoder's priming off the stamps of what it puts out.
fn undo_priming(pipeline: &gst::Pipeline, samples: u32) {
    if let Some(pad) = pipeline.by_name("parse").and_then(|e| e.static_pad("src")) {
        pad.set_offset(-(i64::from(samples) * 1_000_000_000 / 48_000));
    }
}

fn here(text: String) -> Failure {
    Failure { fault: FailureKind::Here, text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::format;
    use std::time::Instant;

    #[test]
    fn an_encoder_that_breaks_down_is_started_again_and_its_takers_stay() {
        gst::init().unwrap();
        let clock = ShowClock::start();
        let rate = Rate { num: 30, den: 1 };
        let (video, audio) = (Feed::new(Carries::Raw), Feed::new(Carries::Raw));
        let picture = Quality { bitrate_kbps: 500, gop_frames: 30, preset: "ultrafast".into() };
        let sound = Quality { bitrate_kbps: 96, gop_frames: 0, preset: String::new() };
        let encode = Arc::new(Encode::start(&video, &audio, &picture, &sound, rate, &clock).unwrap());
        let coded = encode.stream("program");
        let heard = Arc::new(std::sync::atomic::AtomicU64::new(0));
        let count = heard.clone();
        let _listener = coded.video.listen(move |_, _| {
            count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        });
        let project = crate::domain::time::Format { width: 64, height: 64, rate };
        let good: gst::Caps = format::picture_at_rate(project).parse().unwrap();
        // An encoder cannot take this, and says so with an error.
        let bad: gst::Caps = "video/x-raw,format=RGBA64_LE,width=64,height=64,framerate=30/1".parse().unwrap();
        let mut slot = 0;
        let mut push_until = |caps: &gst::Caps, more: u64| {
            let goal = heard.load(std::sync::atomic::Ordering::Relaxed) + more;
            let end = Instant::now() + Duration::from_secs(20);
            while heard.load(std::sync::atomic::Ordering::Relaxed) < goal {
                assert!(Instant::now() < end, "no coded pictures");
                let mut buffer = gst::Buffer::with_size(64 * 64 * 3 / 2).unwrap();
                let at = gst::ClockTime::from_nseconds(rate.time_of(crate::domain::time::Slot(slot)).0);
                buffer.get_mut().unwrap().set_pts(at);
                video.push(&buffer, caps);
                slot += 1;
                std::thread::park_timeout(Duration::from_millis(5));
            }
        };
        push_until(&good, 10);
        let mut broken = gst::Buffer::with_size(64 * 64 * 8).unwrap();
        broken.get_mut().unwrap().set_pts(gst::ClockTime::from_seconds(3600));
        video.push(&broken, &bad);
        push_until(&good, 10);
    }
}
