//! A live stream for the outputs that take GStreamer buffers: HLS, recordings, pushes.
//!
//! ```text
//! Live ─ view (H.264, H.265 and AAC as they are) ─┬► appsrc ! parse ! appsink ─► picture Feed ─┐ CodedStream
//!                                                 └► appsrc ! parse ! appsink ─► sound Feed ───┘
//! ```
//!
//! Nothing runs before the first output listens to the picture; that one gets everything since the last key frame.
//! The feeds stay while publishers come and go; pipelines are made anew with each configuration. It ends when the last
//! [`CodedStream`] is dropped.
//!
//! Refuses to know: what becomes of the stream.

use super::{
    Live, StreamForm, Unit,
    chain::{Chain, here, out},
    inbox::{Work, WorkerHandle, put_to_work},
    pipeline_slot::PipelineSlot,
};
use crate::{
    domain::time::{Rate, ShowTime},
    media::{
        coding,
        link::{Carries, Feed},
        output::stream::CodedStream,
        pipeline::Failure,
        template::Template,
    },
    protocol::packet::{AudioCodec, Packet, VideoCodec},
};
use std::sync::{Arc, Mutex, PoisonError};

/// A key frame is asked for when none came for so long, in nanoseconds.
const GROUP: u64 = 2_000_000_000;

/// Units that may wait for the pipelines: some seconds.
const WAITING: usize = 1024;

/// See the module's text.
pub struct Bridge {
    view: Arc<Live>,
    feeds: Feeds,
    worker: Mutex<Option<WorkerHandle>>,
}

#[derive(Clone)]
struct Feeds {
    video: Arc<Feed>,
    audio: Arc<Feed>,
}

impl Bridge {
    /// The stream as recordings and pushes take it. `rate` is its nominal rate.
    pub fn start(live: &Arc<Live>, rate: Rate) -> CodedStream {
        Self::in_form(live, StreamForm::files(), rate)
    }

    /// The stream as HLS takes it.
    pub fn steady(live: &Arc<Live>, rate: Rate) -> CodedStream {
        Self::in_form(live, StreamForm::steady(), rate)
    }

    fn in_form(live: &Arc<Live>, form: StreamForm, rate: Rate) -> CodedStream {
        // Every frame of sound stands alone, so its feed is as good as a raw one.
        let feeds = Feeds { video: Feed::new(Carries::Coded), audio: Feed::new(Carries::Raw) };
        let (video, audio) = (feeds.video.clone(), Some(feeds.audio.clone()));
        let bridge = Arc::new(Self { view: live.view(form), feeds, worker: Mutex::default() });
        let asked = Arc::downgrade(&bridge);
        video.on_want_keyframe(move || {
            if let Some(bridge) = asked.upgrade() {
                bridge.wanted();
            }
        });
        CodedStream { name: live.name().to_owned(), video, audio, rate, is_encoded_here: false, keep: Some(bridge) }
    }

    /// The picture has a listener: the first one gets the backlog, for others a key frame is requested.
    fn wanted(&self) {
        let mut worker = self.worker.lock().unwrap_or_else(PoisonError::into_inner);
        if worker.is_some() {
            drop(worker);
            self.view.want_keyframe();
            return;
        }
        let work = BridgeWorker::new(&self.view, &self.feeds);
        match put_to_work(&self.view, WAITING, work) {
            Ok(begun) => *worker = Some(begun),
            Err(error) => tracing::error!(stream = self.view.name(), "no thread for its outputs: {error}"),
        }
    }
}

/// The worker: one pipeline for the picture, one for the sound.
struct BridgeWorker {
    live: Arc<Live>,
    feeds: Feeds,
    /// When the last key frame came, or was asked for.
    keyframe: ShowTime,
    picture: PipelineSlot<VideoCodec>,
    sound: PipelineSlot<AudioCodec>,
}

impl BridgeWorker {
    fn new(live: &Arc<Live>, feeds: &Feeds) -> Self {
        Self {
            live: live.clone(),
            feeds: feeds.clone(),
            keyframe: ShowTime::default(),
            picture: PipelineSlot::new(),
            sound: PipelineSlot::new(),
        }
    }

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
                if *keyframe {
                    self.keyframe = unit.pts;
                } else if unit.pts.since(self.keyframe) > GROUP {
                    // Segments end at key frames, and a browser makes one only on request.
                    self.keyframe = unit.pts;
                    self.live.want_keyframe();
                }
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
        let Some((codec, record, _)) = self.picture.config.clone() else { return Ok(None) };
        let coded = match codec {
            VideoCodec::H264 => "video/x-h264,stream-format=avc,alignment=au",
            VideoCodec::Hevc => "video/x-h265,stream-format=hvc1,alignment=au",
            // The view has no other codecs.
            _ => return Ok(None),
        };
        let slots = [("parse", coding::video_parser(codec)), ("coded", coded)];
        self.chain("live_video", &slots, &coding::video_caps(codec, record), &self.feeds.video).map(Some)
    }

    fn sound_chain(&self) -> Result<Option<Chain>, Failure> {
        let Some((codec, record, _)) = self.sound.config.clone().filter(|config| config.0 == AudioCodec::Aac) else {
            return Ok(None); // the view has no other codecs
        };
        let slots = [("parse", coding::audio_parser(codec)), ("coded", "audio/mpeg,mpegversion=4,stream-format=raw")];
        self.chain("live_audio", &slots, &coding::audio_caps(codec, record), &self.feeds.audio).map(Some)
    }

    fn chain(&self, file: &str, slots: &[(&str, &str)], caps: &gst::Caps, feed: &Arc<Feed>) -> Result<Chain, Failure> {
        let pipeline = Template::load(file).and_then(|template| template.build(slots, &[])).map_err(here)?;
        feed.fill_from(&out(&pipeline)?);
        Chain::start(pipeline, caps, self.live.clock(), self.live.name())
    }
}

impl Work for BridgeWorker {
    fn unit(&mut self, unit: &Arc<Unit>) {
        if let Err(failure) = self.take(unit) {
            tracing::error!(stream = self.live.name(), "{}", failure.text);
        }
    }
}
