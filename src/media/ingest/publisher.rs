//! One publisher on a source: packets in, two pipelines (picture and sound) that come and go with their configuration.
//!
//! ```text
//! Packet ─► anchor ─┬► video: appsrc ! parse ! decode ! fit ─► raw ─► grid
//!                   └► audio: appsrc ! parse ! decode ! resample ─► raw ─► sound
//! ```
//!
//! Runs on a thread of its own, because state changes block. A pipeline that fails (broken media) is built again at
//! the next key frame; one whose configuration changes (another resolution) is replaced at once.

use super::{anchor::Track, raw, source::Source};
use crate::{
    domain::time::{Format, ShowTime},
    media::{
        clock::ShowClock,
        coding, format,
        pipeline::{Failure, FailureKind, Run, Verdict},
        template::{Template, TemplateError},
    },
    protocol::packet::{AudioCodec, Packet, VideoCodec},
};
use bytes::Bytes;
use gst::prelude::*;
use std::{
    sync::{
        Arc, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::sync::mpsc;

/// Packets that may wait between the door and the pipelines; beyond that the publisher is held back.
const WAITING: usize = 64;

/// Coded bytes that may wait for a decoder.
const WAITING_BYTES: u64 = 8_000_000;

/// Connects a publisher to a source: what is sent into the channel is on the source until the sender is dropped.
pub fn lease(source: Arc<Source>, clock: ShowClock, project: Format) -> std::io::Result<mpsc::Sender<Packet>> {
    let (packets, inbox) = mpsc::channel(WAITING);
    std::thread::Builder::new()
        .name(format!("source-{}", source.id))
        .spawn(move || Publisher::new(source, clock, project).run(inbox))?;
    Ok(packets)
}

struct Publisher {
    source: Arc<Source>,
    clock: ShowClock,
    project: Format,
    /// What the publisher said its media is; a pipeline that failed is built from it again.
    picture: Option<(VideoCodec, Bytes)>,
    sound: Option<(AudioCodec, Bytes)>,
    video: Option<Chain>,
    audio: Option<Chain>,
    /// When a pipeline was last built because the one before had failed.
    mended: Option<Instant>,
}

/// One of the two pipelines.
struct Chain {
    appsrc: gst_app::AppSrc,
    failed: Arc<AtomicBool>,
    run: Run,
}

impl Publisher {
    fn new(source: Arc<Source>, clock: ShowClock, project: Format) -> Self {
        let (picture, sound, video, audio, mended) = Default::default();
        Self { source, clock, project, picture, sound, video, audio, mended }
    }

    fn run(mut self, mut inbox: mpsc::Receiver<Packet>) {
        let source = self.source.clone();
        // The one before may still be putting out its last frames.
        let _turn = source.turn.lock().unwrap_or_else(PoisonError::into_inner);
        self.source.begin();
        tracing::info!(source = %self.source.id, "publisher connected");
        while let Some(packet) = inbox.blocking_recv() {
            if let Err(failure) = self.packet(packet) {
                tracing::error!(source = %self.source.id, "{}", failure.text);
            }
        }
        (self.video, self.audio) = (None, None);
        self.source.end();
        tracing::info!(source = %self.source.id, "publisher gone");
    }

    fn packet(&mut self, packet: Packet) -> Result<(), Failure> {
        match packet {
            Packet::VideoConfig { codec, record } => {
                let said = Some((codec, record));
                if self.picture != said || self.video.is_none() {
                    self.picture = said;
                    self.video = None; // the old one must be gone before the new one writes to the grid
                    self.video = self.video_chain()?;
                }
            }
            Packet::Video { pts, dts, keyframe, data, .. } => {
                self.source.count_bytes(data.len());
                let stamps = self.source.anchored(|anchor, now| {
                    let dts_at = anchor.place(Track::Picture, dts, now);
                    (anchor.shift(pts), dts_at)
                });
                if keyframe && self.video.as_ref().is_none_or(Chain::has_failed) && self.may_mend() {
                    self.video = None;
                    self.video = self.video_chain()?;
                }
                if let Some(chain) = &self.video {
                    chain.push(data, stamps.0, Some(stamps.1), keyframe);
                }
            }
            Packet::AudioConfig { codec, record } => {
                let said = Some((codec, record));
                if self.sound != said || self.audio.is_none() {
                    self.sound = said;
                    self.audio = None;
                    self.audio = self.audio_chain()?;
                    self.source.set_has_audio();
                }
            }
            Packet::Audio { pts, data, .. } => {
                self.source.count_bytes(data.len());
                let at = self.source.anchored(|anchor, now| anchor.place(Track::Sound, pts, now));
                if self.audio.as_ref().is_none_or(Chain::has_failed) && self.may_mend() {
                    self.audio = None;
                    self.audio = self.audio_chain()?;
                }
                if let Some(chain) = &self.audio {
                    chain.push(data, at, None, true);
                }
            }
        }
        Ok(())
    }

    /// At most one pipeline a second is built because of broken media: a publisher must not keep the machine busy.
    fn may_mend(&mut self) -> bool {
        let may = self.mended.is_none_or(|last| last.elapsed() >= Duration::from_secs(1));
        if may {
            self.mended = Some(Instant::now());
        }
        may
    }

    fn video_chain(&self) -> Result<Option<Chain>, Failure> {
        let Some((codec, record)) = self.picture.clone() else { return Ok(None) };
        let slots = [("parse", coding::video_parser(codec)), ("decode", coding::video_decoder(codec))];
        let project = format::picture(self.project);
        let pipeline = Template::load("ingest_video")
            .and_then(|t| t.build(&slots, &[("project", project.into())]))
            .map_err(here)?;
        raw::frames(&appsink(&pipeline, "raw")?, &self.source);
        self.watch_size(&pipeline);
        self.chain(pipeline, coding::video_caps(codec, record)).map(Some)
    }

    fn audio_chain(&self) -> Result<Option<Chain>, Failure> {
        let Some((codec, record)) = self.sound.clone() else { return Ok(None) };
        let slots = [("parse", coding::audio_parser(codec)), ("decode", coding::audio_decoder(codec))];
        let pipeline = Template::load("ingest_audio")
            .and_then(|t| t.build(&slots, &[("mix", format::SOUND.into())]))
            .map_err(here)?;
        raw::blocks(&appsink(&pipeline, "raw")?, &self.source);
        self.chain(pipeline, coding::audio_caps(codec, record)).map(Some)
    }

    fn chain(&self, pipeline: gst::Pipeline, caps: gst::Caps) -> Result<Chain, Failure> {
        let appsrc = pipeline.by_name("in").and_then(|e| e.downcast::<gst_app::AppSrc>().ok());
        let appsrc = appsrc.ok_or_else(|| here(TemplateError::Missing { file: "ingest (appsrc in)".into() }))?;
        appsrc.set_caps(Some(&caps));
        let failed = Arc::new(AtomicBool::new(false));
        let (tell, id) = (failed.clone(), self.source.id);
        let run = Run::start(pipeline, &self.clock, move |verdict| {
            if let Verdict::Failed(failure) = verdict {
                tracing::warn!(source = %id, "broken media, starting over: {}", failure.text);
                tell.store(true, Ordering::Relaxed);
            }
        })?;
        Ok(Chain { appsrc, failed, run })
    }

    /// Learns the publisher's own picture size from what the decoder puts out.
    fn watch_size(&self, pipeline: &gst::Pipeline) {
        let Some(pad) = pipeline.by_name("decode").and_then(|e| e.static_pad("src")) else { return };
        let source = Arc::downgrade(&self.source);
        pad.add_probe(gst::PadProbeType::EVENT_DOWNSTREAM, move |_, info| {
            if let Some(gst::PadProbeData::Event(event)) = &info.data
                && let gst::EventView::Caps(caps) = event.view()
                && let Some(shape) = caps.caps().structure(0)
                && let (Ok(width), Ok(height)) = (shape.get::<i32>("width"), shape.get::<i32>("height"))
                && let Some(source) = source.upgrade()
            {
                source.set_size(width.unsigned_abs(), height.unsigned_abs());
            }
            gst::PadProbeReturn::Ok
        });
    }
}

impl Chain {
    fn push(&self, data: Bytes, pts: ShowTime, dts: Option<ShowTime>, keyframe: bool) {
        let mut buffer = gst::Buffer::from_slice(data);
        if let Some(buffer) = buffer.get_mut() {
            buffer.set_pts(gst::ClockTime::from_nseconds(pts.0));
            buffer.set_dts(dts.map(|dts| gst::ClockTime::from_nseconds(dts.0)));
            if !keyframe {
                buffer.set_flags(gst::BufferFlags::DELTA_UNIT);
            }
        }
        // A full queue holds the publisher back, but not behind a pipeline that will never take anything again.
        while self.appsrc.current_level_bytes() > WAITING_BYTES && !self.has_failed() {
            std::thread::park_timeout(Duration::from_millis(2));
        }
        let _ = self.appsrc.push_buffer(buffer); // refused only by a pipeline that failed
    }

    fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Relaxed)
    }
}

impl Drop for Chain {
    fn drop(&mut self) {
        // Let what was sent be decoded and shown: the last frames of a publisher are part of its run.
        let _ = self.appsrc.end_of_stream();
        self.run.settle(Duration::from_millis(300));
    }
}

fn appsink(pipeline: &gst::Pipeline, name: &str) -> Result<gst_app::AppSink, Failure> {
    let found = pipeline.by_name(name).and_then(|e| e.downcast::<gst_app::AppSink>().ok());
    found.ok_or_else(|| Failure { fault: FailureKind::Here, text: format!("the template has no appsink {name}") })
}

fn here(error: TemplateError) -> Failure {
    Failure { fault: FailureKind::Here, text: error.to_string() }
}
