//! One member of a composite: its picture decoded into its cell, its sound for the mix.
//!
//! ```text
//! Live ─┬► appsrc ! parse ! decode ! fit ─► grid ─► frame_queue
//!       └► appsrc ! parse ! decode ! resample ─► sound
//! ```

use crate::{
    domain::{
        source::{Signal, SourceId},
        time::{Format, Rate, ShowTime, Slot},
    },
    media::{
        coding, format,
        ingest::{frame_queue::Frame, raw, sound::Sample, source::Source},
        live::{
            Live, Unit,
            chain::{Chain, here, missing, newest, skip_before},
            inbox::{Work, Working, put_to_work},
            line::Line,
        },
        pipeline::Failure,
        template::Template,
    },
    protocol::packet::{AudioCodec, Packet, VideoCodec},
};
use gst::prelude::*;
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// How far behind its arrival a member is shown: ordinary jitter and decoding time.
const LATENCY: Duration = Duration::from_millis(150);

/// How long a member's last picture is shown when no more come; cameras may send one a second.
const HOLD: Duration = Duration::from_secs(3);

/// Units that may wait for the decoders.
const WAITING: usize = 180;

/// See the module's text. Dropping it ends its decoders.
pub struct Member {
    pub name: String,
    live: Arc<Live>,
    source: Arc<Source>,
    fit: Arc<Fit>,
    _working: Working,
}

/// The size a member's pictures get, as long as its cell has it.
struct Fit {
    rate: Rate,
    size: Mutex<(u32, u32)>,
    filter: Mutex<glib::WeakRef<gst::Element>>,
}

impl Member {
    /// Begins to decode a stream.
    ///
    /// # Errors
    /// When there is no thread to be had.
    pub fn begin(name: String, live: Arc<Live>, whole: Format) -> std::io::Result<Self> {
        let clock = live.clock().clone();
        let source = Source::new(SourceId(0), name.clone(), clock, whole, LATENCY, HOLD);
        source.begin();
        let fit =
            Arc::new(Fit { rate: whole.rate, size: Mutex::new((whole.width, whole.height)), filter: Mutex::default() });
        let decoders = Decoders {
            live: live.clone(),
            source: source.clone(),
            fit: fit.clone(),
            from: newest(&live),
            picture: Line::new(),
            sound: Line::new(),
        };
        let working = put_to_work(&live, WAITING, decoders)?;
        Ok(Self { name, live, source, fit, _working: working })
    }

    /// Whether it is this stream under this name.
    pub fn is(&self, name: &str, live: &Arc<Live>) -> bool {
        self.name == name && Arc::ptr_eq(&self.live, live)
    }

    /// Its picture in a slot; `None` when it has none, or none came for long. Slots must not go backwards.
    pub fn frame(&self, slot: Slot) -> Option<Frame> {
        let frame = self.source.frame_queue.at(slot)?;
        (self.source.health().signal != Signal::None).then_some(frame)
    }

    /// The size its next pictures shall have.
    pub fn fit(&self, size: (u32, u32)) {
        self.fit.set(size);
    }

    /// Adds its sound from a sample number on.
    pub fn mix_into(&self, from: u64, mix: &mut [Sample]) {
        self.source.sound.mix_into(from, mix, |_| 1.0);
    }

    /// The peak of its sound since the last call; full scale is 1.0.
    pub fn peak(&self) -> f32 {
        let [left, right] = self.source.sound.take_peak();
        left.max(right)
    }
}

impl Fit {
    fn set(&self, size: (u32, u32)) {
        let mut present = self.size.lock().unwrap_or_else(PoisonError::into_inner);
        if *present == size {
            return;
        }
        *present = size;
        drop(present);
        let filter = self.filter.lock().unwrap_or_else(PoisonError::into_inner).upgrade();
        if let (Some(filter), Ok(caps)) = (filter, self.caps().parse::<gst::Caps>()) {
            filter.set_property("caps", caps);
        }
    }

    fn caps(&self) -> String {
        let (width, height) = *self.size.lock().unwrap_or_else(PoisonError::into_inner);
        format::picture(Format { width, height, rate: self.rate })
    }
}

/// The worker: one pipeline for the picture, one for the sound.
struct Decoders {
    live: Arc<Live>,
    source: Arc<Source>,
    fit: Arc<Fit>,
    from: ShowTime,
    picture: Line<VideoCodec>,
    sound: Line<AudioCodec>,
}

impl Decoders {
    fn take(&mut self, unit: &Unit) -> Result<(), Failure> {
        match &unit.packet {
            Packet::VideoConfig { codec, record } => {
                if self.picture.changes(*codec, record, unit.run) {
                    self.picture.chain = self.picture_chain()?;
                }
            }
            Packet::Video { keyframe, .. } => {
                if *keyframe && self.picture.is_broken() {
                    self.picture.chain = None;
                    self.picture.chain = self.picture_chain()?;
                }
                self.picture.push(unit);
            }
            Packet::AudioConfig { codec, record } => {
                if self.sound.changes(*codec, record, unit.run) {
                    self.sound.chain = self.sound_chain()?;
                }
            }
            Packet::Audio { .. } => {
                if self.sound.is_broken() {
                    self.sound.chain = None;
                    self.sound.chain = self.sound_chain()?;
                }
                self.sound.push(unit);
            }
        }
        Ok(())
    }

    fn picture_chain(&self) -> Result<Option<Chain>, Failure> {
        let Some((codec, record, _)) = self.picture.said.clone() else { return Ok(None) };
        let slots = [("parse", coding::video_parser(codec)), ("decode", coding::video_decoder(codec))];
        let caps = self.fit.caps();
        let template = Template::load("ingest_video");
        let pipeline = template.and_then(|t| t.build(&slots, &[("project", caps.into())])).map_err(here)?;
        let filter = pipeline.by_name("project").ok_or_else(|| missing("capsfilter project"))?;
        self.fit.filter.lock().unwrap_or_else(PoisonError::into_inner).set(Some(&filter));
        raw::frames(&raw_sink(&pipeline)?, &self.source);
        skip_before(&pipeline, self.from)?;
        let caps = coding::video_caps(codec, record);
        Chain::start(pipeline, &caps, self.live.clock(), self.live.name()).map(Some)
    }

    fn sound_chain(&self) -> Result<Option<Chain>, Failure> {
        let Some((codec, record, _)) = self.sound.said.clone() else { return Ok(None) };
        let slots = [("parse", coding::audio_parser(codec)), ("decode", coding::audio_decoder(codec))];
        let template = Template::load("ingest_audio");
        let pipeline = template.and_then(|t| t.build(&slots, &[("mix", format::SOUND.into())])).map_err(here)?;
        raw::blocks(&raw_sink(&pipeline)?, &self.source);
        let caps = coding::audio_caps(codec, record);
        Chain::start(pipeline, &caps, self.live.clock(), self.live.name()).map(Some)
    }
}

fn raw_sink(pipeline: &gst::Pipeline) -> Result<gst_app::AppSink, Failure> {
    let sink = pipeline.by_name("raw").and_then(|e| e.downcast::<gst_app::AppSink>().ok());
    sink.ok_or_else(|| missing("appsink raw"))
}

impl Work for Decoders {
    fn unit(&mut self, unit: &Arc<Unit>) {
        if let Err(failure) = self.take(unit) {
            tracing::error!(stream = self.live.name(), "{}", failure.text);
        }
    }
}
