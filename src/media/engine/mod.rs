//! The engine: everything that moves media, behind orders, reports and figures.
//!
//! ```text
//! Order ─► engine ─┬─► mixer        (switching, keys: at the next slot)
//!                  ├─► renderer     (draws graphics off the media threads)
//!                  ├─► inputs       (come and go; what feeds each)
//!                  └─► outputs      (recorders, pushes, HLS)
//! Report ◄─ each of them
//! ```
//!
//! Refuses to know: callers, planes, what the show means.

mod analysis;
mod disk;
mod inputs;
mod lanes;
mod outputs;
mod renderer;
mod sources;
mod streams;
mod watch;

pub use super::ingest::lights::Strip as Leds;
pub use analysis::{EdgeSampler, LevelMeter};
pub use streams::RoomStreams;

use super::{
    clock::ShowClock,
    encoder::Quality,
    ingest::source,
    link::Feed,
    live::{Listener, Live, Start},
    mixer::{self, Instruction, Mixer},
    output::hls::{HlsSettings, HlsStream},
};
use crate::domain::{
    input::Input,
    order::{Order, Report},
    output::OutputSource,
    source::SourceId,
    stats::Stats,
    time::{Format, ShowTime},
};
use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use tokio::sync::mpsc;

/// What an engine is built from.
#[derive(Debug, Clone)]
pub struct Settings {
    pub project: Format,
    /// The inputs that the show begins with; their ids are their places.
    pub inputs: Vec<Input>,
    /// The frames of the strip of lights, for inputs that show it.
    pub leds: Option<Leds>,
    /// How long the last frame of a silent source is held.
    pub hold: Duration,
    pub picture: Quality,
    pub sound: Quality,
    pub hls: HlsSettings,
    /// Where recordings go.
    pub recordings: PathBuf,
    /// Length of a recording's fragments in milliseconds.
    pub fragment_ms: u32,
    /// When less is free on the disk of recordings, in bytes, none begins, and those that run end until there is room.
    pub min_free: u64,
}

/// A live stream on a source. Dropping it takes it off.
pub struct Shown {
    _passed: Listener,
    _shown: source::Shown,
}

/// The running engine. Dropping it stops everything and finishes the files.
pub struct Engine {
    clock: ShowClock,
    sources: Arc<sources::Sources>,
    // In the order in which they are to stop: outputs before what feeds them.
    outputs: outputs::Outputs,
    renderer: renderer::Renderer,
    watch: watch::Watch,
    inputs: inputs::Inputs,
    mixer: Arc<Mixer>,
    stats: Arc<Mutex<Stats>>,
}

impl Engine {
    /// Starts sources, mixer and outputs.
    ///
    /// # Errors
    /// A sentence naming what is missing.
    pub fn start(settings: Settings, reports: mpsc::UnboundedSender<Report>) -> anyhow::Result<Self> {
        gst::init()?;
        super::plugins::register().map_err(anyhow::Error::msg)?;
        let clock = ShowClock::start();
        let project = settings.project;
        let sources = Arc::new(sources::Sources::default());
        let mut inputs_builder = inputs::InputsBuilder::new(inputs::InputContext {
            clock: clock.clone(),
            project,
            hold: settings.hold,
            leds: settings.leds.clone(),
            sources: sources.clone(),
        });
        let begin_with: BTreeMap<_, _> =
            settings.inputs.iter().map(|input| inputs_builder.add(input)).collect::<anyhow::Result<_>>()?;
        let mut ids = begin_with.keys().copied();
        let (program, preview) = (ids.next(), ids.next());
        let mixer = Arc::new(Mixer::start(mixer::Setup {
            project,
            clock: clock.clone(),
            inputs: begin_with,
            program,
            preview,
            hold: settings.hold,
            reports: reports.clone(),
        })?);
        let inputs = inputs_builder.run(mixer.clone(), reports.clone())?;
        let stats = Arc::new(Mutex::new(Stats::default()));
        let outputs =
            outputs::Outputs::new(settings.clone(), clock.clone(), sources.clone(), mixer.clone(), reports.clone())?;
        let watch = watch::Watch::start(
            sources.clone(),
            mixer.clone(),
            outputs.gauge(),
            outputs.disk(),
            stats.clone(),
            reports.clone(),
        )?;
        let renderer = renderer::Renderer::start(project, mixer.clone(), reports)?;
        Ok(Self { clock, sources, outputs, renderer, watch, inputs, mixer, stats })
    }

    /// Passes an order on. Never blocks.
    pub fn order(&self, order: Order) {
        match order {
            Order::Switch { ticket, change } => self.mixer.instruct(Instruction::Switch { ticket, change }),
            // By the same way as the take before it, so that it cannot overtake it.
            Order::HideGraphic { ticket, channel, graphic } => self.renderer.hide(ticket, channel, graphic),
            Order::ShowGraphic { ticket, channel, graphic } => self.renderer.draw(ticket, channel, graphic),
            Order::ChangeInput { ticket, source, change } => self.inputs.order(ticket, source, change),
            order => self.outputs.order(order),
        }
    }

    /// Shows a live stream on a source; its units pass on as they are to consumers that take the source coded.
    ///
    /// # Errors
    /// When there is no such source or no thread to be had.
    pub fn show(&self, source: SourceId, live: &Arc<Live>) -> std::io::Result<Shown> {
        let source = self.sources.get(source).ok_or(std::io::ErrorKind::NotFound)?;
        let publishing = source.live.begin();
        publishing.ask_keyframes_of(live);
        let passed = live.listen(Start::Backlog, move |unit| {
            publishing.pass(unit);
        });
        Ok(Shown { _passed: passed, _shown: source.show(live)? })
    }

    /// What a source's publishers send, as it came in.
    pub fn live(&self, source: SourceId) -> Option<Arc<Live>> {
        self.sources.get(source).map(|source| source.live.clone())
    }

    /// Program as a live stream, encoded while it has a listener.
    pub fn program_live(&self) -> Arc<Live> {
        self.outputs.live(OutputSource::Program)
    }

    /// A source that is made here, as a live stream, encoded while it has a listener.
    pub fn encoded_live(&self, source: SourceId) -> Arc<Live> {
        self.outputs.live(OutputSource::Input(source))
    }

    /// Sets where streams of rooms are found, once; before that there are none.
    pub fn set_rooms(&self, rooms: impl RoomStreams) {
        self.outputs.set_rooms(rooms);
    }

    /// The HLS stream of a source, as long as it is being published; asking keeps it so.
    pub fn present_hls(&self, source: &OutputSource) -> Option<Arc<HlsStream>> {
        self.outputs.present_hls(source)
    }

    /// The HLS stream of a source, which is published from now on while it is asked for. Never blocks.
    pub fn hls(&self, source: &OutputSource) -> Arc<HlsStream> {
        self.outputs.hls(source)
    }

    /// Ends the HLS of a source that is replaced by another, e.g. an input with another device.
    pub fn end_hls(&self, source: &OutputSource) {
        self.outputs.end_hls(source);
    }

    /// Ends the HLS of what was not asked for of late, as of `now`. Called every few seconds; blocks.
    pub fn end_idle_hls(&self, now: Instant) {
        self.outputs.end_idle_hls(now);
    }

    /// The engine's clock.
    pub fn clock(&self) -> &ShowClock {
        &self.clock
    }

    /// The figures of the last second.
    pub fn stats(&self) -> Stats {
        self.stats.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Show time as of now.
    pub fn now(&self) -> ShowTime {
        self.clock.now()
    }

    /// Program's picture as it leaves the mixer, raw.
    pub fn program(&self) -> &Arc<Feed> {
        &self.mixer.video
    }

    /// Finishes every file and closes the connection to every server. Blocks for some seconds at most.
    pub fn shut_down(&self) {
        self.watch.stop();
        self.outputs.shut_down();
    }
}
