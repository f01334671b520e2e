//! What an [`OutputSource`] is: the one place where recordings, HLS, pushes and viewers get their stream from.
//!
//! ```text
//! program, input made here ─► raw Feeds ─► Encodes (one for each source and profile) ─┐
//! input that came in coded ─► Live ─► Bridge ─────────────────────────────────────────┼─► CodedStream
//! stream of a room ─────────► Live ─► Bridge ─────────────────────────────────────────┘
//! ```
//!
//! What came in coded is passed through, or converted once for all outputs into a form that they take ([`Live::view`]).
//! Each output has a bridge of its own, so that it begins with what the stream keeps since its last key frame:
//! publishers make none on request.
//!
//! Refuses to know: what becomes of the stream, and which rooms there are.

use super::{Settings, sources::Sources};
use crate::{
    domain::{
        output::{OutputSource, RoomStream},
        source::SourceKind,
        time::Rate,
    },
    media::{
        clock::ShowClock,
        encode::Profile,
        encoder::Codec,
        link::Feed,
        live::{Bridge, Live, from_coded},
        mixer::Mixer,
        output::{
            encodes::{Encodes, Raw},
            stream::CodedStream,
        },
        pipeline::{Failure, FailureKind},
    },
};
use std::sync::{Arc, OnceLock};

/// The streams of rooms.
pub trait RoomStreams: Send + Sync + 'static {
    /// A stream of a room; `None` when there is no such room.
    fn live(&self, stream: &RoomStream) -> Option<Arc<Live>>;
}

/// See the module's text.
pub(super) struct Streams {
    settings: Settings,
    clock: ShowClock,
    sources: Arc<Sources>,
    mixer: Arc<Mixer>,
    encodes: Encodes,
    rooms: OnceLock<Box<dyn RoomStreams>>,
}

impl Streams {
    pub fn new(settings: Settings, clock: ShowClock, sources: Arc<Sources>, mixer: Arc<Mixer>) -> Self {
        Self { settings, clock, sources, mixer, encodes: Encodes::default(), rooms: OnceLock::new() }
    }

    /// Sets where streams of rooms are found. Only the first call counts.
    pub fn set_rooms(&self, rooms: impl RoomStreams) {
        let _ = self.rooms.set(Box::new(rooms));
    }

    /// A source as outputs take it. Blocks while an encoder starts.
    ///
    /// # Errors
    /// When there is no such input or room, this server does not make such a source, or no encoder opens.
    pub fn coded(&self, source: &OutputSource) -> Result<CodedStream, Failure> {
        self.coded_by(source, Bridge::start)
    }

    /// A source as HLS takes it: with pictures that go on evenly. Blocks while an encoder starts.
    ///
    /// # Errors
    /// Those of [`coded`](Self::coded).
    pub fn steady(&self, source: &OutputSource) -> Result<CodedStream, Failure> {
        self.coded_by(source, Bridge::steady)
    }

    fn coded_by(
        &self,
        source: &OutputSource,
        bridge: impl Fn(&Arc<Live>, Rate) -> CodedStream,
    ) -> Result<CodedStream, Failure> {
        let rate = self.settings.project.rate;
        match source {
            OutputSource::Program => self.encoded(source, &self.mixer.video, &self.mixer.audio),
            OutputSource::Input(id) => {
                let input = self.sources.get(*id).ok_or_else(|| missing(format!("there is no input {id}")))?;
                if self.sources.kind(*id).as_ref().is_some_and(SourceKind::is_made_here) {
                    self.encoded(source, &input.raw_video, &input.raw_audio)
                } else {
                    Ok(bridge(&input.live, rate))
                }
            }
            OutputSource::Room(stream) => {
                let live = self.rooms.get().and_then(|rooms| rooms.live(stream));
                live.map(|live| bridge(&live, rate)).ok_or_else(|| missing(format!("there is no {stream}")))
            }
            OutputSource::Clean
            | OutputSource::Preview
            | OutputSource::Multiview1
            | OutputSource::Multiview2
            | OutputSource::Replay => Err(missing(format!("this server makes no {source}"))),
        }
    }

    /// A source that is encoded here, as a live stream like any other: encoded while it is listened to.
    pub fn live(self: &Arc<Self>, source: OutputSource) -> Arc<Live> {
        let provider = Arc::downgrade(self);
        from_coded::of_coded(source.to_string(), self.clock.clone(), move || {
            provider.upgrade().ok_or_else(shut_down)?.coded(&source)
        })
    }

    fn encoded(&self, source: &OutputSource, video: &Arc<Feed>, audio: &Arc<Feed>) -> Result<CodedStream, Failure> {
        let Settings { project, picture, sound, .. } = &self.settings;
        let raw = Raw { video, audio, project: *project };
        let picture = Profile::Picture { codec: Codec::H264, format: *project, quality: picture.clone() };
        let sound = Profile::Sound { codec: Codec::Aac, quality: sound.clone() };
        self.encodes.stream(source, &raw, picture, sound, &self.clock)
    }
}

/// The failure of requests to an engine that is gone.
pub(super) fn shut_down() -> Failure {
    Failure { fault: FailureKind::Here, text: "the engine is shut down".into() }
}

fn missing(text: String) -> Failure {
    Failure { fault: FailureKind::Here, text }
}
