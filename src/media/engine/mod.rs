//! The engine: everything that moves media, behind orders, reports and figures.
//!
//! ```text
//! Order ─► engine ─┬─► mixer        (switching, keys: at the next slot)
//!                  ├─► renderer       (draws graphics off the media threads)
//!                  └─► outputs      (recorders, pushes, HLS)
//! Report ◄─ each of them
//! ```
//!
//! Refuses to know: callers, planes, what the show means.

mod analysis;
mod outputs;
mod renderer;
mod watch;

pub use super::ingest::lights::Strip as Leds;
pub use analysis::{EdgeSampler, LevelMeter};

use super::{
    clock::ShowClock,
    encoder::Quality,
    ingest::{
        capture::{self, Capture, CaptureSpec},
        lights, pattern,
        source::{self, Source},
    },
    link::Feed,
    live::{Bridge, Listener, Live, Start},
    mixer::{self, Instruction, Mixer},
    output::hls::{HlsSettings, HlsStream, HlsStreams, Publication},
    pipeline::Run,
};
use crate::domain::{
    order::{Order, Report},
    source::{OutputSource, SourceId, SourceKind},
    stats::Stats,
    time::{Format, ShowTime},
};
use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::mpsc;

/// One input.
#[derive(Debug, Clone)]
pub struct Input {
    pub label: String,
    pub kind: SourceKind,
    /// How far behind its arrival it is shown.
    pub latency: Duration,
    /// The devices of a [`SourceKind::Capture`].
    pub capture: Option<CaptureSpec>,
    /// The strip of a [`SourceKind::Lights`].
    pub leds: Option<lights::Strip>,
}

/// What an engine is built from.
#[derive(Debug, Clone)]
pub struct Settings {
    pub project: Format,
    /// Their ids are their places.
    pub inputs: Vec<Input>,
    /// How long the last frame of a silent source is held.
    pub hold: Duration,
    pub picture: Quality,
    pub sound: Quality,
    pub hls: HlsSettings,
    /// Where recordings go.
    pub recordings: PathBuf,
    /// Length of a recording's fragments in milliseconds.
    pub fragment_ms: u32,
    /// A recording is refused when less is free on its disk, in bytes.
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
    project: Format,
    hls: HlsSettings,
    sources: BTreeMap<SourceId, Arc<Source>>,
    // In the order in which they are to stop: outputs before what feeds them.
    outputs: outputs::Outputs,
    renderer: renderer::Renderer,
    watch: watch::Watch,
    mixer: Arc<Mixer>,
    /// What publishers of inputs send, on their sources.
    _shown: Vec<source::Shown>,
    _patterns: Vec<Run>,
    _captures: Vec<Capture>,
    _lights: Vec<lights::Lights>,
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
        let sources: BTreeMap<_, _> = (0..)
            .zip(&settings.inputs)
            .map(|(n, input)| {
                let id = SourceId(n);
                let label = input.label.clone();
                (id, Source::new(id, label, clock.clone(), project, input.latency, settings.hold))
            })
            .collect();
        let mut ids = sources.keys().copied();
        let mixer = Arc::new(Mixer::start(mixer::Setup {
            project,
            clock: clock.clone(),
            sources: sources.clone(),
            program: ids.next(),
            preview: ids.next(),
            hold: settings.hold,
            reports: reports.clone(),
        })?);
        let mut shown = Vec::new();
        for (source, input) in sources.values().zip(&settings.inputs) {
            if matches!(input.kind, SourceKind::Rtmp { .. }) {
                shown.push(source.show(&source.live)?);
            }
        }
        let mut patterns = Vec::new();
        for (source, input) in sources.values().zip(&settings.inputs) {
            if let SourceKind::Pattern { pattern, tone_hz } = &input.kind {
                let run = pattern::start(source, &clock, project, pattern, *tone_hz);
                patterns.push(run.map_err(|failure| anyhow::anyhow!(failure.text))?);
            }
        }
        let mut captures = Vec::new();
        for (source, spec) in sources.values().zip(&settings.inputs).filter_map(|(s, i)| Some((s, i.capture.as_ref()?)))
        {
            let capture = capture::start(source, &clock, project, spec);
            captures.push(capture.map_err(|failure| anyhow::anyhow!("{}: {}", source.label, failure.text))?);
        }
        let strips = sources.values().zip(&settings.inputs).filter_map(|(source, input)| {
            let strip = input.leds.clone()?;
            Some(lights::start(source, &clock, project, strip))
        });
        let lights = strips.collect::<anyhow::Result<_>>()?;
        let stats = Arc::new(Mutex::new(Stats::default()));
        let outputs =
            outputs::Outputs::new(settings.clone(), clock.clone(), sources.clone(), mixer.clone(), reports.clone())?;
        let watch =
            watch::Watch::start(sources.clone(), mixer.clone(), outputs.gauge(), stats.clone(), reports.clone())?;
        let renderer = renderer::Renderer::start(project, mixer.clone(), reports)?;
        Ok(Self {
            clock,
            project,
            hls: settings.hls,
            sources,
            outputs,
            renderer,
            watch,
            mixer,
            _shown: shown,
            _patterns: patterns,
            _captures: captures,
            _lights: lights,
            stats,
        })
    }

    /// Passes an order on. Never blocks.
    pub fn order(&self, order: Order) {
        match order {
            Order::Switch { ticket, change } => self.mixer.instruct(Instruction::Switch { ticket, change }),
            // By the same way as the take before it, so that it cannot overtake it.
            Order::HideGraphic { ticket, channel, graphic } => self.renderer.hide(ticket, channel, graphic),
            Order::ShowGraphic { ticket, channel, graphic } => self.renderer.draw(ticket, channel, graphic),
            order => self.outputs.order(order),
        }
    }

    /// Shows a live stream on a source; its units pass on as they are to those who take the source coded.
    ///
    /// # Errors
    /// When there is no such source or no thread to be had.
    pub fn show(&self, source: SourceId, live: &Arc<Live>) -> std::io::Result<Shown> {
        let source = self.sources.get(&source).ok_or(std::io::ErrorKind::NotFound)?;
        let publishing = source.live.begin();
        let asked = Arc::downgrade(live);
        publishing.on_want_keyframe(move || {
            if let Some(asked) = asked.upgrade() {
                asked.want_keyframe();
            }
        });
        let passed = live.listen(Start::Backlog, move |unit| {
            publishing.pass(unit);
        });
        Ok(Shown { _passed: passed, _shown: source.show(live)? })
    }

    /// What a source's publishers send, as it came in.
    pub fn live(&self, source: SourceId) -> Option<Arc<Live>> {
        self.sources.get(&source).map(|source| source.live.clone())
    }

    /// Program as a stream like any other, encoded while somebody listens.
    pub fn program_live(&self) -> Arc<Live> {
        self.outputs.live(OutputSource::Program)
    }

    /// A source that is made here, as a stream like any other, encoded while somebody listens.
    pub fn encoded_live(&self, source: SourceId) -> Arc<Live> {
        self.outputs.live(OutputSource::Source(source))
    }

    /// Publishes a live stream as HLS on an HLS stream of its own, for as long as the answer is kept.
    pub fn publish(&self, live: Arc<Live>) -> Publication {
        let (rate, name) = (self.project.rate, live.name().to_owned());
        let provide = move || Ok(Bridge::start(&live, rate));
        Publication::start(name, provide, Arc::new(HlsStream::new(self.hls)), &self.clock)
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

    /// What is published as HLS.
    pub fn hls_streams(&self) -> Arc<HlsStreams> {
        self.outputs.hls_streams()
    }

    /// Finishes every file and takes leave of every server. Blocks for some seconds at most.
    pub fn shut_down(&self) {
        self.watch.stop();
        self.outputs.shut_down();
    }
}
