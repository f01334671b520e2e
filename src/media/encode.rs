//! One encode of one raw stream, shared by everybody who wants it.
//!
//! ```text
//! raw picture Feed ─► Tap ─► appsrc ! encoder ! parse ! appsink ─► coded Feed
//! raw sound Feed ───► Tap ─► appsrc ! encoder ! parse ! appsink ─► coded Feed
//! ```
//!
//! It works as long as somebody holds it.

use super::{
    clock::ShowClock,
    encoder::{self, Codec, Quality},
    link::{Carries, Feed, Tap},
    output::stream::CodedStream,
    pipeline::{Failure, FailureKind, Run, Verdict},
};
use crate::domain::{
    source::StreamId,
    time::{Rate, ShowTime},
};
use gst::prelude::*;
use std::sync::Arc;

/// Raw frames that may wait for the encoder: more would be memory without use.
const PICTURES: u64 = 30;
/// Raw blocks of sound that may wait, one a slot.
const BLOCKS: u64 = 120;

/// See the module's text.
pub struct Encode {
    video: Arc<Feed>,
    audio: Arc<Feed>,
    rate: Rate,
    /// Taps go first, so that nothing is pushed into pipelines that stop.
    taps: Vec<Tap>,
    _runs: Vec<Run>,
}

impl Encode {
    /// Starts encoding. `failed` is called when an encoder breaks down.
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
        failed: impl Fn(Failure) + Send + Sync + 'static,
    ) -> Result<Self, Failure> {
        let failed = Arc::new(failed);
        let (mut taps, mut runs) = (Vec::new(), Vec::new());
        let mut chain = |template, codec, quality, raw: &Arc<Feed>, carries, limit| {
            let coded = Feed::new(carries);
            let pipeline = encoder::build(template, codec, quality).map_err(|e| here(e.to_string()))?;
            let appsrc = pipeline.by_name("in").and_then(|e| e.downcast::<gst_app::AppSrc>().ok());
            let appsink = pipeline.by_name("out").and_then(|e| e.downcast::<gst_app::AppSink>().ok());
            let (Some(appsrc), Some(appsink)) = (appsrc, appsink) else {
                return Err(here(format!("pipelines/{template}.toml: no appsrc in or no appsink out")));
            };
            coded.fill_from(&appsink);
            if codec == Codec::Aac {
                undo_priming(&pipeline, encoder::best(codec).map_or(0, |e| e.delay));
            }
            if carries == Carries::Coded {
                let sink = appsink.downgrade();
                keyframes_on_grid(&pipeline, rate, quality.gop_frames);
                coded.on_want_keyframe(move || {
                    if let Some(sink) = sink.upgrade() {
                        sink.send_event(gst_video::UpstreamForceKeyUnitEvent::builder().all_headers(true).build());
                    }
                });
            }
            let failed = failed.clone();
            runs.push(Run::start(pipeline, clock, move |verdict| {
                if let Verdict::Failed(failure) = verdict {
                    failed(failure);
                }
            })?);
            taps.push(raw.tap(appsrc, limit, None));
            Ok(coded)
        };
        let video = chain("encode_video", Codec::H264, picture, raw_video, Carries::Coded, PICTURES)?;
        let audio = chain("encode_audio", Codec::Aac, sound, raw_audio, Carries::Raw, BLOCKS)?;
        Ok(Self { video, audio, rate, taps, _runs: runs })
    }

    /// The encoded stream; whoever holds it keeps the encoders at work.
    pub fn stream(self: &Arc<Self>, id: StreamId) -> CodedStream {
        let rate = self.rate;
        let keep: Arc<dyn std::any::Any + Send + Sync> = self.clone();
        CodedStream { id, video: self.video.clone(), audio: Some(self.audio.clone()), rate, keep: Some(keep) }
    }
}

impl Drop for Encode {
    fn drop(&mut self) {
        self.taps.clear();
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
        if at.is_some_and(|slot| slot % gop == 0)
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
