//! One running pipeline that takes a live stream's units of one kind, picture or sound.
//!
//! ```text
//! Unit ─► appsrc `in` ! … ! appsink `out` ─► the callbacks set on it
//! ```
//!
//! Refuses to know: what the pipeline makes of them.

use super::{Live, Unit};
use crate::{
    domain::time::ShowTime,
    media::{
        clock::ShowClock,
        pipeline::{Failure, FailureKind, Run, Verdict},
        template::TemplateError,
    },
    protocol::packet::Packet,
};
use gst::prelude::*;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

/// Units that may wait in the pipeline; beyond that `push` blocks. Few, because what waits here can no longer be left
/// out when a newer key frame comes.
const WAITING: u64 = 16;

/// A pipeline that takes nothing for so long has broken down.
const STUCK: Duration = Duration::from_secs(3);

/// How long what was pushed may take to come out at the end.
const DRAIN: Duration = Duration::from_millis(500);

/// See the module's text. Dropping it stops the pipeline at once.
pub(in crate::media) struct Chain {
    appsrc: gst_app::AppSrc,
    failed: Arc<AtomicBool>,
    run: Run,
}

impl Chain {
    /// Starts a pipeline that has an appsrc `in`. `name` is the stream's, for the log.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start(pipeline: gst::Pipeline, caps: &gst::Caps, clock: &ShowClock, name: &str) -> Result<Self, Failure> {
        let appsrc = pipeline.by_name("in").and_then(|e| e.downcast::<gst_app::AppSrc>().ok());
        let appsrc = appsrc.ok_or_else(|| missing("appsrc in"))?;
        appsrc.set_caps(Some(caps));
        let failed = Arc::new(AtomicBool::new(false));
        let (tell, name) = (failed.clone(), name.to_owned());
        let run = Run::start(pipeline, clock, move |verdict| {
            if let Verdict::Failed(failure) = verdict {
                tracing::warn!(stream = name, "broken media, starting over: {}", failure.text);
                tell.store(true, Ordering::Relaxed);
            }
        })?;
        Ok(Self { appsrc, failed, run })
    }

    /// Hands over an access unit; anything else is ignored. Blocks while the pipeline is behind.
    pub fn push(&self, unit: &Unit) {
        let (data, key, dts) = match &unit.packet {
            Packet::Video { data, keyframe, .. } => (data, *keyframe, Some(unit.dts)),
            Packet::Audio { data, .. } => (data, true, None),
            Packet::VideoConfig { .. } | Packet::AudioConfig { .. } => return,
        };
        let mut buffer = gst::Buffer::from_slice(data.clone());
        if let Some(buffer) = buffer.get_mut() {
            buffer.set_pts(gst::ClockTime::from_nseconds(unit.pts.0));
            buffer.set_dts(dts.map(|dts| gst::ClockTime::from_nseconds(dts.0)));
            if !key {
                buffer.set_flags(gst::BufferFlags::DELTA_UNIT);
            }
        }
        let since = Instant::now();
        while self.appsrc.current_level_buffers() >= WAITING && !self.has_failed() {
            if since.elapsed() > STUCK {
                tracing::error!(pipeline = %self.run.pipeline().name(), "takes nothing any more");
                self.failed.store(true, Ordering::Relaxed);
            }
            std::thread::park_timeout(Duration::from_millis(2));
        }
        let _ = self.appsrc.push_buffer(buffer); // refused only by a pipeline that failed
    }

    /// Whether it can go no further.
    pub fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Relaxed)
    }

    /// Lets what was pushed come out, then stops. Blocks for a moment.
    pub fn finish(self) {
        if !self.has_failed() {
            let _ = self.appsrc.end_of_stream(); // refused only by a pipeline that failed
            self.run.settle(DRAIN);
        }
    }
}

/// Limits restarts of something broken to one a second, so that no publisher keeps the machine busy.
#[derive(Default)]
pub(in crate::media) struct RebuildLimiter(Option<Instant>);

impl RebuildLimiter {
    /// Whether it may be made now; `true` counts as made.
    pub fn allows(&mut self) -> bool {
        let may = self.0.is_none_or(|last| last.elapsed() >= Duration::from_secs(1));
        if may {
            self.0 = Some(Instant::now());
        }
        may
    }
}

/// Passes only decoded pictures that are shown at a time or later: a new viewer needs the newest picture, not the ones
/// leading up to it.
pub(in crate::media) fn skip_before(pipeline: &gst::Pipeline, from: ShowTime) -> Result<(), Failure> {
    let pad = pipeline.by_name("decode").and_then(|decoder| decoder.static_pad("src"));
    let pad = pad.ok_or_else(|| missing("decoder"))?;
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        let at = info.buffer().and_then(|buffer| buffer.pts());
        if at.is_some_and(|at| at.nseconds() < from.0) { gst::PadProbeReturn::Drop } else { gst::PadProbeReturn::Ok }
    });
    Ok(())
}

/// When the newest picture is shown that a stream keeps for new listeners.
pub(in crate::media) fn newest(live: &Live) -> ShowTime {
    let units = live.backlog();
    let pictures = units.iter().filter(|unit| matches!(unit.packet, Packet::Video { .. }));
    pictures.map(|unit| unit.pts).max().unwrap_or_default()
}

/// The appsink `out` of a template.
pub(in crate::media) fn out(pipeline: &gst::Pipeline) -> Result<gst_app::AppSink, Failure> {
    pipeline.by_name("out").and_then(|e| e.downcast::<gst_app::AppSink>().ok()).ok_or_else(|| missing("appsink out"))
}

/// A template that is wrong is this program's fault.
pub(in crate::media) fn here(error: TemplateError) -> Failure {
    Failure { fault: FailureKind::Here, text: error.to_string() }
}

pub(in crate::media) fn missing(what: &str) -> Failure {
    Failure { fault: FailureKind::Here, text: format!("the template has no {what}") }
}
