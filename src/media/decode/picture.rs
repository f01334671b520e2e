//! A live stream's pictures, decoded by one pipeline after the other, as its configurations demand.
//!
//! A pipeline that fails (broken media) is built again at the next key frame, at most once a second; one whose
//! configuration changes is replaced at once, after what it still holds has come out.

use super::{
    Output,
    fit::{Fitted, Fitter},
    lag::Lag,
    raw,
};
use crate::{
    domain::time::ShowTime,
    media::{
        coding,
        live::{
            Live, Unit,
            chain::{Chain, here, missing, out},
            inbox::{QueueDepth, Work},
            pipeline_slot::PipelineSlot,
        },
        pipeline::Failure,
        template::Template,
    },
    protocol::packet::{Packet, VideoCodec},
};
use gst::prelude::*;
use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};

/// A picture as it left the decoder.
pub(super) struct DecodedFrame {
    at: ShowTime,
    pub buffer: gst::Buffer,
    pub caps: gst::Caps,
    info: Arc<gst_video::VideoInfo>,
    /// Another one for each picture of a form.
    number: u64,
    fitter: Arc<Mutex<Fitter>>,
    /// Whether the decoder was behind with it.
    pub behind: bool,
}

/// A decoded picture, as a consumer gets it. Nothing is scaled before a consumer asks for it.
pub struct Picture<'a> {
    frame: &'a DecodedFrame,
    behind: bool,
}

impl<'a> Picture<'a> {
    /// A picture that came before, for a consumer that comes now.
    pub(super) fn again(frame: &'a DecodedFrame) -> Self {
        Self { frame, behind: true }
    }

    /// When it is shown at the earliest: the show time of its coming to the server.
    pub fn at(&self) -> ShowTime {
        self.frame.at
    }

    /// Whether newer pictures have come and wait to be decoded: this one is better than none, but late.
    pub fn behind(&self) -> bool {
        self.behind
    }

    /// Its own size in pixels.
    pub fn size(&self) -> (u32, u32) {
        (self.frame.info.width(), self.frame.info.height())
    }

    /// The picture in a size, in the project's form.
    ///
    /// # Errors
    /// When it cannot be converted, or there is no memory.
    pub fn fitted(&self, size: (u32, u32)) -> Result<Fitted, glib::BoolError> {
        let mut fitter = self.frame.fitter.lock().unwrap_or_else(PoisonError::into_inner);
        fitter.fit(&self.frame.buffer, self.frame.number, size)
    }
}

/// The worker.
pub(super) struct Pictures {
    live: Arc<Live>,
    output: Arc<Output>,
    depth: QueueDepth,
    lag: Arc<Mutex<Lag>>,
    numbers: Arc<AtomicU64>,
    pipeline: PipelineSlot<VideoCodec>,
    /// The publisher that sends the pictures, by its run number.
    run: Option<u64>,
}

impl Pictures {
    /// Pictures before `from` are only on the way to it.
    pub fn new(live: &Arc<Live>, output: &Arc<Output>, depth: QueueDepth, from: ShowTime) -> Self {
        Self {
            live: live.clone(),
            output: output.clone(),
            depth,
            lag: Arc::new(Mutex::new(Lag::until(from))),
            numbers: Arc::default(),
            pipeline: PipelineSlot::new(),
            run: None,
        }
    }

    fn take(&mut self, unit: &Unit) -> Result<(), Failure> {
        if self.run != Some(unit.run) {
            self.publisher(unit.run);
        }
        match &unit.packet {
            Packet::VideoConfig { codec, record } => {
                if self.pipeline.changes(*codec, record, unit.run) {
                    self.pipeline.chain = self.chain()?;
                }
            }
            Packet::Video { keyframe, .. } => {
                if *keyframe && self.pipeline.is_broken() {
                    self.pipeline.chain = None;
                    self.pipeline.chain = self.chain()?;
                }
                self.pipeline.push(unit);
            }
            Packet::AudioConfig { .. } | Packet::Audio { .. } => {}
        }
        Ok(())
    }

    /// Another publisher begins. The pictures of the one before are shown to the end.
    fn publisher(&mut self, run: u64) {
        self.pipeline.close();
        if self.run.replace(run).is_some() {
            *self.lag.lock().unwrap_or_else(PoisonError::into_inner) = Lag::default();
        }
        self.output.begins(run);
    }

    fn chain(&self) -> Result<Option<Chain>, Failure> {
        let Some((codec, record, _)) = self.pipeline.config.clone() else { return Ok(None) };
        let slots = [("parse", coding::video_parser(codec)), ("decode", coding::video_decoder(codec))];
        let pipeline = Template::load("decode_picture").and_then(|t| t.build(&slots, &[])).map_err(here)?;
        let appsrc = pipeline.by_name("in").and_then(|e| e.downcast::<gst_app::AppSrc>().ok());
        let appsrc = appsrc.ok_or_else(|| missing("appsrc in"))?.downgrade();
        let (output, depth, clock) = (self.output.clone(), self.depth.clone(), self.live.clock().clone());
        let (lag, numbers) = (self.lag.clone(), self.numbers.clone());
        let fitter = Mutex::new(None::<Arc<Mutex<Fitter>>>);
        raw::pictures(&out(&pipeline)?, move |buffer, caps, info| {
            let Some(at) = buffer.pts().map(|pts| ShowTime(pts.nseconds())) else { return Ok(()) };
            let inside = appsrc.upgrade().map_or(0, |appsrc| appsrc.current_level_buffers());
            let waiting = depth.waiting() + usize::try_from(inside).unwrap_or(usize::MAX / 2);
            let behind = {
                let mut lag = lag.lock().unwrap_or_else(PoisonError::into_inner);
                lag.judge(clock.now(), at, depth.newest(), waiting)
            };
            let frame = Arc::new(DecodedFrame {
                at,
                buffer,
                caps: caps.clone(),
                info: info.clone(),
                number: numbers.fetch_add(1, Ordering::Relaxed),
                fitter: fitter_for(&fitter, info),
                behind,
            });
            *output.newest() = Some(frame.clone());
            output.each(|consumer| consumer.picture(&Picture { frame: &frame, behind }));
            Ok(())
        });
        let caps = coding::video_caps(codec, record);
        Chain::start(pipeline, &caps, self.live.clock(), self.live.name()).map(Some)
    }
}

/// The fitter of pictures of a form; another one when the form changes.
fn fitter_for(present: &Mutex<Option<Arc<Mutex<Fitter>>>>, info: &gst_video::VideoInfo) -> Arc<Mutex<Fitter>> {
    let mut present = present.lock().unwrap_or_else(PoisonError::into_inner);
    let is_for = |fitter: &Arc<Mutex<Fitter>>| fitter.lock().unwrap_or_else(PoisonError::into_inner).is_for(info);
    match present.as_ref().filter(|fitter| is_for(fitter)) {
        Some(fitter) => fitter.clone(),
        None => present.insert(Arc::new(Mutex::new(Fitter::new(info.clone())))).clone(),
    }
}

impl Work for Pictures {
    fn unit(&mut self, unit: &Arc<Unit>) {
        if let Err(failure) = self.take(unit) {
            tracing::error!(stream = self.live.name(), "{}", failure.text);
        }
    }

    fn idle(&mut self) -> bool {
        if self.run.is_some() && !self.live.is_live() {
            self.pipeline.close();
            self.run = None;
            *self.lag.lock().unwrap_or_else(PoisonError::into_inner) = Lag::default();
            *self.output.newest() = None;
            self.output.each(|consumer| consumer.ends());
        }
        self.run.is_some()
    }
}
