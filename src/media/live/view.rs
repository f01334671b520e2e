//! Another form of a live stream: what its consumers cannot take is decoded and encoded, once for all of them.
//!
//! ```text
//! Live ─► worker ─┬─ fits ───────────────────────────────────────┬─► view (a Live of its own)
//!                 └─ does not ─► transcode: decode ! encode ─────┘
//! ```
//!
//! Picture and sound are judged separately, and anew with each key frame: when a publisher changes its codec or begins
//! to reorder its frames, it is carried another way from there on. Units that fit are handed on as they are, not
//! copied. All of them keep their show time, so picture and sound stay together whichever way they took.
//!
//! A form may ask for a steady picture ([`StreamForm::steady`]): one that comes too seldom for it is encoded here and
//! repeated meanwhile.
//!
//! A view is made only while it has a listener; before that it knows neither codec nor size.
//!
//! Refuses to know: viewers, protocols, and how transcoding is done.

use super::{
    Live, Publishing, Unit,
    chain::{Chain, RebuildLimiter, newest},
    inbox::{Work, put_to_work},
    repeater::Repeater,
    seldom::{self, Seldom},
    transcode::{self, Target},
};
use crate::{
    domain::time::ShowTime,
    media::pipeline::{Failure, FailureKind},
    protocol::packet::{AudioCodec, Packet, VideoCodec},
};
use bytes::Bytes;
use std::sync::Arc;

/// Units that may wait for the worker: about two seconds of picture and sound.
const WAITING: usize = 180;

/// The codecs and frame order that a consumer can take.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct StreamForm {
    /// Picture codecs that may come as they are, each once, in the order of [`VideoCodec`]. H.264 has to be among
    /// them or be bearable: it is what everything else becomes.
    video: Vec<VideoCodec>,
    /// Whether frames may come in another order than they are shown (B-frames).
    reordered: bool,
    /// What sound becomes if it is something else.
    audio: AudioCodec,
    /// Whether low latency counts for more than compression.
    quick: bool,
    /// Whether the picture has to go on evenly.
    steady: bool,
}

impl StreamForm {
    /// What WebRTC carries: of H.264 (without B-frames), VP8 and VP9 those the viewer takes, and Opus.
    pub fn web(takes: &[VideoCodec]) -> Self {
        let carried = [VideoCodec::H264, VideoCodec::Vp8, VideoCodec::Vp9];
        let video = carried.into_iter().filter(|codec| takes.contains(codec)).collect();
        Self { video, reordered: false, audio: AudioCodec::Opus, quick: true, steady: false }
    }

    /// What recordings and pushes carry: H.264 and H.265 in any order, and AAC.
    pub fn files() -> Self {
        let video = vec![VideoCodec::H264, VideoCodec::Hevc];
        Self { video, reordered: true, audio: AudioCodec::Aac, quick: false, steady: false }
    }

    /// What HLS carries: the same, with a picture at least every [`seldom::SELDOM`], because a player waits for the
    /// picture and a segment needs one.
    pub fn steady() -> Self {
        Self { steady: true, ..Self::files() }
    }

    fn target(&self) -> Target {
        Target { audio: self.audio, quick: self.quick }
    }
}

impl std::fmt::Display for StreamForm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let order = if self.reordered { "" } else { " in order" };
        let steady = if self.steady { " steadily" } else { "" };
        write!(f, "{:?}{order}{steady}, {:?}", self.video, self.audio)
    }
}

/// Makes the view, as [`Live::lazy`] wants it.
pub(super) fn make(
    parent: &Arc<Live>,
    form: &StreamForm,
    view: &Arc<Live>,
) -> Result<Box<dyn std::any::Any + Send>, Failure> {
    let worker = View {
        parent: parent.clone(),
        view: view.clone(),
        form: form.clone(),
        from: if form.quick { newest(parent) } else { ShowTime::default() },
        run: 0,
        publishing: None,
        picture: Picture::default(),
        sound: Sound::default(),
    };
    let handle = put_to_work(parent, WAITING, worker)
        .map_err(|error| Failure { fault: FailureKind::Here, text: error.to_string() })?;
    Ok(Box::new(handle))
}

/// The worker.
struct View {
    parent: Arc<Live>,
    view: Arc<Live>,
    form: StreamForm,
    /// Pictures before it are decoded but not encoded.
    from: ShowTime,
    /// The publisher that is on it; its units keep their number.
    run: u64,
    publishing: Option<Arc<Publishing>>,
    picture: Picture,
    sound: Sound,
}

#[derive(Default)]
struct Picture {
    config: Option<Arc<Unit>>,
    /// Whether frames of this configuration were seen out of order.
    reordered: bool,
    route: Route<PictureRoute>,
    /// Whether the publisher's pictures come too seldom for the form.
    seldom: Seldom,
    /// Units that came before it was clear how often pictures come.
    early: Vec<Arc<Unit>>,
    rebuild_limiter: RebuildLimiter,
}

/// What a pipeline of pictures was made for.
struct PictureRoute {
    codec: VideoCodec,
    record: Bytes,
    size: (u32, u32),
    repeater: Repeater,
}

#[derive(Default)]
struct Sound {
    config: Option<Arc<Unit>>,
    route: Route<()>,
    rebuild_limiter: RebuildLimiter,
}

/// How units go on.
#[derive(Default)]
enum Route<Of> {
    /// Not at all, before it is decided.
    #[default]
    None,
    Pass,
    /// Through a pipeline that was made for this.
    Through(Chain, Of),
}

impl<Of> Route<Of> {
    /// Ends this route; units inside still come out.
    fn leave(&mut self) {
        if let Route::Through(chain, _) = std::mem::take(self) {
            chain.finish();
        }
    }
}

impl View {
    fn take(&mut self, unit: &Arc<Unit>) -> Result<(), Failure> {
        if self.run != unit.run || self.publishing.is_none() {
            self.end();
            self.run = unit.run;
            self.publishing = Some(Arc::new(self.view.begin()));
            self.ask_parent();
        }
        match &unit.packet {
            Packet::VideoConfig { .. } => {
                if self.picture.config.as_ref().is_none_or(|before| before.packet != unit.packet) {
                    self.picture.route.leave();
                    (self.picture.config, self.picture.reordered) = (Some(unit.clone()), false);
                }
                Ok(())
            }
            Packet::Video { codec, keyframe, .. } => self.picture(unit, *codec, *keyframe),
            Packet::AudioConfig { codec, .. } => {
                if self.sound.config.as_ref().is_none_or(|before| before.packet != unit.packet) {
                    self.sound.route.leave();
                    self.sound.config = Some(unit.clone());
                    if *codec == self.form.audio {
                        self.relay(unit);
                        self.sound.route = Route::Pass;
                    } else {
                        self.sound.route = Route::Through(self.sound_chain()?, ());
                    }
                }
                Ok(())
            }
            Packet::Audio { .. } => {
                self.picture.seldom.sound(unit.pts);
                self.steady()?;
                match &self.sound.route {
                    Route::Pass => self.relay(unit),
                    Route::Through(chain, ()) if !chain.has_failed() => chain.push(unit),
                    _ if self.sound.config.is_some() && self.sound.rebuild_limiter.allows() => {
                        self.sound.route = Route::None;
                        self.sound.route = Route::Through(self.sound_chain()?, ());
                    }
                    _ => {}
                }
                Ok(())
            }
        }
    }

    /// A picture came; of a form that is to be steady the first one waits for the second.
    fn picture(&mut self, unit: &Arc<Unit>, codec: VideoCodec, keyframe: bool) -> Result<(), Failure> {
        if !self.form.steady {
            return self.frame(unit, codec, keyframe);
        }
        let known = self.picture.seldom.picture(unit.dts);
        if !known && self.picture.early.len() < WAITING {
            self.picture.early.push(unit.clone());
            return Ok(());
        }
        let passed = matches!(self.picture.route, Route::Pass);
        self.steady()?;
        // Its group went to the encoder just now, and it is in it.
        if passed && !matches!(self.picture.route, Route::Pass) {
            return Ok(());
        }
        self.frame(unit, codec, keyframe)
    }

    /// Sends on what came early, and sees to it that pictures go on although they come seldom.
    fn steady(&mut self) -> Result<(), Failure> {
        let seldom = self.picture.seldom.is_seldom();
        if self.picture.seldom.is_known() {
            for unit in std::mem::take(&mut self.picture.early) {
                if let Packet::Video { codec, keyframe, .. } = unit.packet {
                    self.frame(&unit, codec, keyframe)?;
                }
            }
        }
        if seldom && matches!(self.picture.route, Route::Pass) {
            self.encode_from_here()?;
        }
        if let Route::Through(chain, PictureRoute { repeater, .. }) = &self.picture.route
            && seldom
            && !chain.has_failed()
        {
            let end = self.parent.clock().now().0.saturating_sub(seldom::BEHIND);
            repeater.fill_until(ShowTime(end));
        }
        Ok(())
    }

    /// Encodes what was passed on so far, from the picture that was passed last.
    fn encode_from_here(&mut self) -> Result<(), Failure> {
        let Some(last) = self.picture.seldom.newest() else { return Ok(()) };
        let group: Vec<_> = self.parent.backlog().into_iter().filter(|unit| unit.dts <= last).collect();
        let Some(key) = group.iter().find(|unit| unit.is_keyframe()) else { return Ok(()) };
        let Packet::Video { codec, .. } = key.packet else { return Ok(()) };
        self.picture.route = Route::None;
        self.from = last;
        self.decide(codec)?;
        for unit in group.iter().filter(|unit| matches!(unit.packet, Packet::Video { .. })) {
            if let Route::Through(chain, _) = &self.picture.route {
                chain.push(unit);
            }
        }
        Ok(())
    }

    fn frame(&mut self, unit: &Arc<Unit>, codec: VideoCodec, keyframe: bool) -> Result<(), Failure> {
        self.picture.reordered |= unit.pts != unit.dts;
        if keyframe {
            self.decide(codec)?;
        } else if self.picture.reordered && !self.form.reordered && matches!(self.picture.route, Route::Pass) {
            // Reordering shows only now; the rest of the group would be displayed wrong.
            self.picture.route = Route::None;
            self.parent.want_keyframe();
        }
        match &self.picture.route {
            Route::Pass => self.relay(unit),
            Route::Through(chain, _) => chain.push(unit),
            Route::None => {}
        }
        Ok(())
    }

    /// Which route the picture takes from this key frame on.
    fn decide(&mut self, codec: VideoCodec) -> Result<(), Failure> {
        let now = self.parent.picture();
        let reordered = self.picture.reordered || now.as_ref().is_some_and(|picture| picture.reordered);
        let seldom = self.form.steady && self.picture.seldom.is_seldom();
        if self.form.video.contains(&codec) && (self.form.reordered || !reordered) && !seldom {
            if !matches!(self.picture.route, Route::Pass) {
                self.picture.route.leave();
                self.picture.route = Route::Pass;
                self.ask_parent();
                self.picture.config.iter().for_each(|config| self.relay(config));
            }
            return Ok(());
        }
        let size = now.map_or((0, 0), |picture| (picture.width, picture.height));
        let record = match self.picture.config.as_ref().map(|config| &config.packet) {
            Some(Packet::VideoConfig { record, .. }) => record.clone(),
            _ => Bytes::new(),
        };
        let is_same = |made: &PictureRoute| (made.codec, &made.record, made.size) == (codec, &record, size);
        match &self.picture.route {
            Route::Through(chain, made) if is_same(made) && !chain.has_failed() => return Ok(()),
            Route::Through(chain, _) if chain.has_failed() && !self.picture.rebuild_limiter.allows() => return Ok(()),
            _ => self.picture.route.leave(),
        }
        let Some(publishing) = &self.publishing else { return Ok(()) };
        let (chain, repeater) =
            transcode::picture(codec, &record, size, &self.form.target(), self.from, publishing, self.run)?;
        self.picture.route = Route::Through(chain, PictureRoute { codec, record, size, repeater });
        Ok(())
    }

    fn sound_chain(&self) -> Result<Chain, Failure> {
        let config = self.sound.config.as_ref().map(|unit| &unit.packet);
        let (Some(Packet::AudioConfig { codec, record }), Some(publishing)) = (config, &self.publishing) else {
            return Err(Failure { fault: FailureKind::Media, text: "sound without configuration".into() });
        };
        transcode::sound(*codec, record, &self.form.target(), publishing, self.run)
    }

    /// Key frames are the publisher's own.
    fn ask_parent(&self) {
        if let Some(publishing) = &self.publishing {
            publishing.ask_keyframes_of(&self.parent);
        }
    }

    fn relay(&self, unit: &Arc<Unit>) {
        if let Some(publishing) = &self.publishing {
            publishing.relay(unit);
        }
    }

    /// The publisher is gone: its units come out to the end.
    fn end(&mut self) {
        self.picture.route.leave();
        self.sound.route.leave();
        (self.picture, self.sound, self.publishing) = Default::default();
    }
}

impl Work for View {
    fn unit(&mut self, unit: &Arc<Unit>) {
        if let Err(failure) = self.take(unit) {
            tracing::error!(stream = self.view.name(), "{}", failure.text);
        }
    }

    fn idle(&mut self) -> bool {
        if self.publishing.is_some() && !self.parent.is_live() {
            self.end();
        }
        if let Err(failure) = self.steady() {
            tracing::error!(stream = self.view.name(), "{}", failure.text);
        }
        self.publishing.is_some()
    }
}
