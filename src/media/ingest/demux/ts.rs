//! MPEG-TS that an endpoint receives as bytes: packets come out.
//!
//! ```text
//! endpoint ─ bytes ─► clock over gaps ─► appsrc ! tsdemux ─► Output ─► Packet
//! ```
//!
//! Refuses to know: the endpoint's protocol.

use super::{Output, Pace, Sink, Timeline, here};
use crate::{
    media::{
        clock::ShowClock,
        pipeline::{Failure, Run, Verdict},
        template::Template,
    },
    protocol::{
        packet::{MediaKind, Packet},
        ts_clock::ClockBridge,
        ts_streams::Announced,
    },
};
use bytes::Bytes;
use gst::prelude::*;
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// Bytes that may wait for the demuxer; beyond that it hangs and the reader is of no use any more.
const WAITING: u64 = 16_000_000;

/// A demuxer of one transport stream (ISO/IEC 13818-1). Dropping it ends it; nothing is put out after that.
pub struct TsReader {
    appsrc: gst_app::AppSrc,
    output: Arc<Output>,
    announced: Mutex<Announced>,
    clock: Mutex<ClockBridge>,
    failure: Arc<Mutex<Option<Failure>>>,
    run: Run,
}

impl TsReader {
    /// Starts a demuxer that hands packets to `sink`, which gives whether it wants more. It may wait, as long as it
    /// stops waiting before the reader is dropped. Times
    /// count from the first packet.
    ///
    /// # Errors
    /// The failure, when this machine cannot build it.
    pub fn start(sink: impl Fn(Packet) -> bool + Send + Sync + 'static) -> Result<Self, Failure> {
        let sink: Sink = Arc::new(sink);
        let output = Output::new(sink, Timeline::new(Duration::ZERO, Pace::Live), false);
        let pipeline = Template::load("demux_ts").and_then(|t| t.build(&[], &[])).map_err(|e| here(e.to_string()))?;
        let (appsrc, parse) = (pipeline.by_name("in"), pipeline.by_name("streams"));
        let appsrc = appsrc.and_then(|e| e.downcast::<gst_app::AppSrc>().ok());
        let appsrc = appsrc.ok_or_else(|| here("pipelines/demux_ts.toml: there is no appsrc"))?;
        output.take_from(&parse.ok_or_else(|| here("pipelines/demux_ts.toml: there is no demuxer"))?);
        let failure = Arc::new(Mutex::new(None));
        let tell = failure.clone();
        let run = Run::start(pipeline, &ShowClock::start(), move |verdict| {
            if let Verdict::Failed(why) = verdict {
                *tell.lock().unwrap_or_else(PoisonError::into_inner) = Some(why);
            }
        })?;
        Ok(Self { appsrc, output, announced: Mutex::default(), clock: Mutex::default(), failure, run })
    }

    /// Hands bytes over, as they came. Never waits.
    ///
    /// # Errors
    /// Why no more are taken: what came is no transport stream, nothing in it is known, or the taker had enough.
    pub fn push(&self, bytes: Bytes) -> Result<(), Failure> {
        if let Some(failure) = self.failure.lock().unwrap_or_else(PoisonError::into_inner).clone() {
            return Err(failure);
        }
        if self.output.is_closed() || self.waiting() > WAITING {
            return Err(here("the demuxer takes no more"));
        }
        // The demuxer says nothing of streams that it does not know.
        let unreadable = self.announced.lock().unwrap_or_else(PoisonError::into_inner).take(&bytes);
        unreadable.iter().for_each(|(kind, name)| self.output.note_unknown(*kind, name));
        let bytes = self.clock.lock().unwrap_or_else(PoisonError::into_inner).bridge(bytes);
        self.appsrc.push_buffer(gst::Buffer::from_slice(bytes)).map(|_| ()).map_err(|_| here("the demuxer has stopped"))
    }

    /// Bytes that wait for the demuxer.
    pub fn waiting(&self) -> u64 {
        self.appsrc.current_level_bytes()
    }

    /// Lets out what has come, at most until the deadline; nothing is taken after that. Blocks.
    pub fn finish(&self, deadline: Duration) {
        // What has come is put out: the last frames of a publisher are part of its run.
        if !self.output.is_closed() && self.appsrc.end_of_stream().is_ok() {
            self.run.settle(deadline);
        }
        self.output.close();
    }

    /// How long ago the newest packet came out; `None` before the first.
    pub fn idle(&self) -> Option<Duration> {
        self.output.idle()
    }

    /// The codecs of picture and sound that cannot be taken, where there is no other of the kind.
    pub fn unsupported(&self) -> Vec<(MediaKind, String)> {
        self.output.unsupported()
    }

    /// What was found although it cannot be taken, in words, when nothing else was found.
    pub fn unknown(&self) -> Option<String> {
        self.output.unknown()
    }
}

impl Drop for TsReader {
    fn drop(&mut self) {
        self.output.close();
    }
}
