//! One track of one period to CMAF.
//!
//! ```text
//! units and cuts ─► appsrc ! parser ! cmafmux ! (decoding times) ! appsink ─► HLS stream
//! ```
//!
//! The muxer is flushed at each cut, so its output is exactly one part per cut; the parts' times travel beside it in a
//! channel.

use super::{
    hls_stream::HlsStream,
    init,
    name::Track,
    plan::{Cut, PartTiming, SegmentPlanner, Unit},
};
use crate::media::{
    clock::ShowClock,
    output::decode_times,
    pipeline::{Failure, FailureKind, Run, Verdict},
    template::Template,
};
use bytes::Bytes;
use gst::prelude::*;
use std::{
    sync::{Arc, mpsc},
    time::Duration,
};

/// How long the muxer may take to put out its last part.
const DRAIN: Duration = Duration::from_secs(1);

/// A running muxer.
pub(super) struct Mux {
    appsrc: gst_app::AppSrc,
    cuts: mpsc::Sender<PartTiming>,
    run: Run,
    pub planner: SegmentPlanner,
    pub caps: gst::Caps,
}

impl Mux {
    /// Starts a muxer whose first unit is that of the planner. `on_failure` gets its failure.
    ///
    /// # Errors
    /// A codec that is not ours, or a pipeline that cannot be built or started.
    pub fn start(
        track: Track,
        caps: &gst::Caps,
        planner: SegmentPlanner,
        period: u64,
        hls_stream: Arc<HlsStream>,
        clock: &ShowClock,
        on_failure: impl Fn(Failure) + Send + Sync + 'static,
    ) -> Result<Self, Failure> {
        // Parameter sets are repeated at key frames: some players (ffmpeg) never read a second initialization segment, and
        // go over a change of size only with these.
        let parser = match caps.structure(0).map(|s| s.name().as_str()) {
            Some("video/x-h264") => "h264parse config-interval=-1",
            Some("video/x-h265") => "h265parse config-interval=-1",
            Some("audio/mpeg") => "aacparse",
            other => return Err(failure(FailureKind::Media, &format!("HLS does not carry {other:?}"))),
        };
        let here = |e: &dyn std::fmt::Display| failure(FailureKind::Here, &e.to_string());
        let template = Template::load("hls_mux").map_err(|e| here(&e))?;
        let pipeline = template.build(&[("parse", parser)], &[]).map_err(|e| here(&e))?;
        let appsrc = super::element::<gst_app::AppSrc>(&pipeline, "in")?;
        appsrc.set_caps(Some(caps));
        decode_times::correct(&super::element::<gst::Element>(&pipeline, "mux")?);
        let (cuts, parts) = mpsc::channel();
        let sink = super::element::<gst_app::AppSink>(&pipeline, "out")?;
        sink.set_callbacks(
            gst_app::AppSinkCallbacks::builder()
                .new_sample(move |sink| {
                    let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
                    let list = sample.buffer_list().ok_or(gst::FlowError::Error)?;
                    deliver(track, period, &hls_stream, list, &parts)
                })
                .build(),
        );
        let run = Run::start(pipeline, clock, move |verdict| {
            if let Verdict::Failed(failure) = verdict {
                on_failure(failure);
            }
        })?;
        Ok(Self { appsrc, cuts, run, planner, caps: caps.clone() })
    }

    /// Puts a unit in. With a cut, the part before it comes out.
    pub fn push(&mut self, buffer: gst::Buffer, unit: Unit, cut: Cut) {
        if let Some(part) = self.planner.take(unit, cut) {
            // Both only fail when the pipeline is gone, which `on_failure` has reported.
            let _ = self.cuts.send(part);
            let split = gst::Structure::builder("FMP4MuxSplitNow").field("chunk", !part.ends_segment).build();
            self.appsrc.send_event(gst::event::CustomDownstream::new(split));
        }
        let _ = self.appsrc.push_buffer(buffer);
    }

    /// Drains it. Blocks, at most one second.
    ///
    /// # Errors
    /// What went wrong; the parts that came out stay.
    pub fn finish(self) -> Result<(), Failure> {
        let _ = self.cuts.send(self.planner.finish());
        let _ = self.appsrc.end_of_stream();
        self.run.drain(DRAIN)
    }
}

fn deliver(
    track: Track,
    period: u64,
    hls_stream: &HlsStream,
    list: &gst::BufferListRef,
    parts: &mpsc::Receiver<PartTiming>,
) -> Result<gst::FlowSuccess, gst::FlowError> {
    let mut data = Vec::with_capacity(list.calculate_size());
    for buffer in list.iter() {
        let map = buffer.map_readable().map_err(|_| gst::FlowError::Error)?;
        if buffer.flags().contains(gst::BufferFlags::DISCONT | gst::BufferFlags::HEADER) {
            let format = init::read(&map).ok_or(gst::FlowError::NotNegotiated)?;
            hls_stream.put_init(track, period, Bytes::copy_from_slice(&map), format);
        } else {
            data.extend_from_slice(&map);
        }
    }
    if !data.is_empty() {
        // One part per cut: it was sent before the muxer got the event.
        let part = parts.try_recv().map_err(|_| gst::FlowError::Error)?;
        hls_stream.put(track, period, data.into(), part);
    }
    Ok(gst::FlowSuccess::Ok)
}

pub(super) fn failure(fault: FailureKind, text: &str) -> Failure {
    Failure { fault, text: text.to_owned() }
}
