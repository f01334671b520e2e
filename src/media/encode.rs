//! One encode of one raw track, picture or sound.
//!
//! ```text
//! raw Feed ─► Tap ─► appsrc ! (scale) ! encoder ! parse ! appsink ─► coded Feed
//! ```
//!
//! It works as long as it is held. An encoder that breaks down (e.g. its graphics card disappears) is restarted with
//! back-off; the coded feed and its taps stay.
//!
//! Refuses to know: its consumers (they are counted in [`super::output::encodes`]).

use super::{
    clock::ShowClock,
    encoder::{self, Codec, Quality},
    format,
    link::{Carries, Feed, Tap},
    pipeline::{Failure, FailureKind, Run, Verdict},
    supervisor::Backoff,
};
use crate::{
    domain::time::{Format, Rate, ShowTime},
    tasks,
};
use gst::prelude::*;
use std::{
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

/// How a track is encoded. Consumers that ask for the same profile of the same source share one encode.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Profile {
    /// `format` is what comes out; its frame rate has to be the raw picture's.
    Picture { codec: Codec, format: Format, quality: Quality },
    /// 48 kHz stereo.
    Sound { codec: Codec, quality: Quality },
}

/// See the module's text.
pub struct Encode {
    profile: Profile,
    /// The raw picture's format, which is the project's.
    project: Format,
    raw: Arc<Feed>,
    coded: Arc<Feed>,
    clock: ShowClock,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    backoff: Backoff,
    began: ShowTime,
    /// The tap is dropped first, so that nothing is pushed into a pipeline that stops.
    running: Option<(Tap, Run)>,
}

impl Encode {
    /// Starts to encode what comes out of `raw`. A raw picture is in the project's format.
    ///
    /// # Errors
    /// When no encoder opens on this machine, or the profile asks for another frame rate than the project's.
    pub fn start(raw: &Arc<Feed>, project: Format, profile: Profile, clock: &ShowClock) -> Result<Arc<Self>, Failure> {
        let carries = match &profile {
            Profile::Picture { format, .. } if format.rate != project.rate => {
                return Err(here("an encode does not change the frame rate".to_owned()));
            }
            Profile::Picture { .. } => Carries::Coded,
            // Every frame of sound stands alone, so its feed is as good as a raw one.
            Profile::Sound { .. } => Carries::Raw,
        };
        let (raw, coded, state) = (raw.clone(), Feed::new(carries), Mutex::default());
        let encode = Arc::new(Self { profile, project, raw, coded, clock: clock.clone(), state });
        encode.begin()?;
        Ok(encode)
    }

    /// Whether this is what it encodes.
    pub fn is_of(&self, raw: &Arc<Feed>) -> bool {
        Arc::ptr_eq(&self.raw, raw)
    }

    /// Where the encoded track comes out, as long as the encode is held.
    pub fn coded(&self) -> &Arc<Feed> {
        &self.coded
    }

    fn begin(self: &Arc<Self>) -> Result<(), Failure> {
        // What may wait for the encoder: a second of pictures, four of sound (a block comes each slot).
        let (template, limit) = match &self.profile {
            Profile::Picture { format, .. } if self.is_scaled(*format) => ("encode_video_scaled", 30),
            Profile::Picture { .. } => ("encode_video", 30),
            Profile::Sound { .. } => ("encode_audio", 120),
        };
        let pipeline = match &self.profile {
            Profile::Picture { codec, format, quality } if self.is_scaled(*format) => {
                let size = [("size", format::picture_at_rate(*format).into())];
                encoder::build_with(template, *codec, quality, false, &[], &size)
            }
            Profile::Picture { codec, quality, .. } | Profile::Sound { codec, quality } => {
                encoder::build(template, *codec, quality)
            }
        };
        let pipeline = pipeline.map_err(|e| here(e.to_string()))?;
        let appsrc = pipeline.by_name("in").and_then(|e| e.downcast::<gst_app::AppSrc>().ok());
        let appsink = pipeline.by_name("out").and_then(|e| e.downcast::<gst_app::AppSink>().ok());
        let (Some(appsrc), Some(appsink)) = (appsrc, appsink) else {
            return Err(here(format!("pipelines/{template}.toml: no appsrc in or no appsink out")));
        };
        self.coded.fill_from(&appsink);
        match &self.profile {
            Profile::Sound { codec, .. } => {
                undo_priming(&pipeline, encoder::best(*codec).map_or(0, |encoder| encoder.delay));
            }
            Profile::Picture { format, quality, .. } => {
                keyframes_on_grid(&pipeline, format.rate, quality.gop_frames);
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
        let encode = Arc::downgrade(self);
        let run = Run::start(pipeline, &self.clock, move |verdict| {
            if let Verdict::Failed(failure) = verdict {
                tracing::error!("encoder: {}", failure.text);
                again(encode.clone(), number);
            }
        })?;
        state.running = Some((self.raw.tap(appsrc, limit, None), run));
        Ok(())
    }

    fn is_scaled(&self, format: Format) -> bool {
        (format.width, format.height) != (self.project.width, self.project.height)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Starts an encode again that broke down in run `number`, on a thread of its own, until it runs or is no longer held.
fn again(encode: Weak<Encode>, mut number: u64) {
    let started = tasks::once_thread("encode-again", "encode-again", move || {
        loop {
            let Some(broken) = encode.upgrade() else { return };
            let wait: Duration = {
                let mut state = broken.lock();
                if !state.backoff.is_present(number) {
                    return; // another run is at work already
                }
                state.running = None;
                let lived = Duration::from_nanos(broken.clock.now().since(state.began));
                state.backoff.failed(lived)
            };
            drop(broken); // it must be droppable during the wait
            std::thread::sleep(wait);
            let Some(broken) = encode.upgrade() else { return };
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

/// Asks for a key frame at every slot that is a multiple of the GOP: whatever key frames are wanted in between,
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
    use std::{
        sync::atomic::{AtomicU64, Ordering},
        time::Instant,
    };

    const PROJECT: Format = Format { width: 64, height: 64, rate: Rate { num: 30, den: 1 } };

    fn picture(width: u32, height: u32) -> Profile {
        let quality = Quality { bitrate_kbps: 500, gop_frames: 30, preset: "ultrafast".into() };
        Profile::Picture { codec: Codec::H264, format: Format { width, height, ..PROJECT }, quality }
    }

    /// Pushes flat pictures of the project until this many more coded ones came out.
    fn push_until(video: &Feed, caps: &gst::Caps, slot: &mut u64, heard: &AtomicU64, more: u64) {
        let goal = heard.load(Ordering::Relaxed) + more;
        let end = Instant::now() + Duration::from_secs(20);
        while heard.load(Ordering::Relaxed) < goal {
            assert!(Instant::now() < end, "no coded pictures");
            let mut buffer = gst::Buffer::with_size(64 * 64 * 3 / 2).unwrap();
            let at = gst::ClockTime::from_nseconds(PROJECT.rate.time_of(crate::domain::time::Slot(*slot)).0);
            buffer.get_mut().unwrap().set_pts(at);
            video.push(&buffer, caps);
            *slot += 1;
            std::thread::park_timeout(Duration::from_millis(5));
        }
    }

    fn listen(encode: &Encode) -> (crate::media::link::Listener, Arc<AtomicU64>) {
        let heard = Arc::new(AtomicU64::new(0));
        let count = heard.clone();
        let listener = encode.coded().listen(move |_, _| {
            count.fetch_add(1, Ordering::Relaxed);
        });
        (listener, heard)
    }

    #[test]
    fn an_encoder_that_breaks_down_is_started_again_and_its_takers_stay() {
        gst::init().unwrap();
        let video = Feed::new(Carries::Raw);
        let encode = Encode::start(&video, PROJECT, picture(64, 64), &ShowClock::start()).unwrap();
        let (_listener, heard) = listen(&encode);
        let good: gst::Caps = format::picture_at_rate(PROJECT).parse().unwrap();
        // An encoder cannot take this and reports an error.
        let bad: gst::Caps = "video/x-raw,format=RGBA64_LE,width=64,height=64,framerate=30/1".parse().unwrap();
        let mut slot = 0;
        push_until(&video, &good, &mut slot, &heard, 10);
        let mut broken = gst::Buffer::with_size(64 * 64 * 8).unwrap();
        broken.get_mut().unwrap().set_pts(gst::ClockTime::from_seconds(3600));
        video.push(&broken, &bad);
        push_until(&video, &good, &mut slot, &heard, 10);
    }

    #[test]
    fn a_smaller_profile_is_scaled_and_another_rate_is_refused() {
        gst::init().unwrap();
        let video = Feed::new(Carries::Raw);
        let clock = ShowClock::start();
        let encode = Encode::start(&video, PROJECT, picture(32, 16), &clock).unwrap();
        let (_listener, heard) = listen(&encode);
        push_until(&video, &format::picture_at_rate(PROJECT).parse().unwrap(), &mut 0, &heard, 3);
        let caps = encode.coded().caps().unwrap();
        let size = |name: &str| caps.structure(0).unwrap().get::<i32>(name).unwrap();
        assert_eq!((size("width"), size("height")), (32, 16));
        let Profile::Picture { codec, format, quality } = picture(64, 64) else { unreachable!() };
        let faster = Format { rate: Rate { num: 60, den: 1 }, ..format };
        let refused = Encode::start(&video, PROJECT, Profile::Picture { codec, format: faster, quality }, &clock);
        assert_eq!(refused.err().unwrap().fault, FailureKind::Here);
    }
}
