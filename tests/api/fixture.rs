//! A conductor whose engine answers by script: each switch 30 slots after the one before; recordings end on command.

use lumencast::{
    app::{
        show::conductor::{self, ShowHandle},
        telemetry::{Stats, Telemetry},
    },
    domain::{
        graphic::{Channel, Graphic, Requirement},
        input::Input,
        order::{Order, Report},
        output::LinkState,
        show::{Setup, Show},
        source::{Health, Signal, SourceId, SourceKind},
        switcher::{Fade, SceneChange},
        time::{Format, Rate, ShowTime, Slot},
    },
};
use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::sync::mpsc;

pub const RATE: Rate = Rate { num: 30, den: 1 };
const HD: Format = Format { width: 1280, height: 720, rate: RATE };

/// A show to play on.
pub struct Fixture {
    pub show: ShowHandle,
    pub telemetry: Telemetry,
    pub stats: Arc<Mutex<Stats>>,
    /// The present slot.
    slot: Arc<AtomicU64>,
    reports: mpsc::UnboundedSender<Report>,
    orders: Arc<Mutex<Vec<Order>>>,
}

impl Fixture {
    pub fn new() -> Self {
        Self::with_inputs(3)
    }

    /// A show with inputs of the kinds rtmp, rtmp, pattern, as many as asked for.
    pub fn with_inputs(count: usize) -> Self {
        let (reports, reported) = mpsc::unbounded_channel();
        let (slot, orders) = (Arc::new(AtomicU64::new(0)), Arc::new(Mutex::new(Vec::new())));
        let engine = {
            let (reports, slot, orders) = (reports.clone(), slot.clone(), orders.clone());
            move |order: Order| {
                if let Some(report) = play(&order, &slot) {
                    let _ = reports.send(report); // the show may be over
                }
                orders.lock().expect("no test panics with it").push(order);
            }
        };
        let show = conductor::spawn(Show::new(setup(count)), engine, reported);
        let stats = Arc::new(Mutex::new(Stats::default()));
        let read = stats.clone();
        let telemetry = Telemetry::new(move || read.lock().expect("no test panics with it").clone());
        Self { show, telemetry, stats, slot, reports, orders }
    }

    /// The clock of the show.
    pub fn now(&self) -> impl Fn() -> ShowTime + Send + Sync + use<> {
        let slot = self.slot.clone();
        move || RATE.time_of(Slot(slot.load(Ordering::SeqCst)))
    }

    /// Lets show time pass.
    pub fn pass(&self, slots: u64) {
        self.slot.fetch_add(slots, Ordering::SeqCst);
    }

    /// Sends a report in the engine's name.
    pub fn report(&self, report: Report) {
        self.reports.send(report).expect("the show runs");
    }

    pub fn orders(&self) -> Vec<Order> {
        self.orders.lock().expect("no test panics with it").clone()
    }

    /// The running fade reaches its end.
    pub fn end_fade(&self, from: u32, to: u32, slots: u64) {
        let slot = Slot(self.slot.fetch_add(slots, Ordering::SeqCst) + slots);
        let fade = Fade { from: SourceId(from), to: SourceId(to), slots };
        self.report(Report::FadeEnded { fade, slot, time: RATE.time_of(slot) });
    }

    pub fn signal(&self, source: u32, signal: Signal, fps: f64) {
        let health = Health { signal, fps, last_frame_ms: Some(12), has_audio: signal == Signal::Ok };
        self.report(Report::Source { source: SourceId(source), health });
    }

    /// The recorder finishes its file after a stop order.
    pub fn finish_recording(&self, frames: u64) {
        let stop = self.orders().into_iter().rev().find_map(|order| match order {
            Order::StopRecording { ticket, recorder } => Some((ticket, recorder)),
            _ => None,
        });
        let (ticket, recorder) = stop.expect("a recorder was told to stop");
        let first = Some((Slot(90), RATE.time_of(Slot(90))));
        self.report(Report::RecordingStopped {
            ticket,
            recorder,
            file: file(recorder),
            parts: Vec::new(),
            first,
            frames,
        });
    }
}

fn file(recorder: u8) -> String {
    format!("recorder-{recorder}.mp4")
}

/// The engine's immediate answer.
fn play(order: &Order, now: &AtomicU64) -> Option<Report> {
    let next = || {
        let slot = Slot(now.fetch_add(30, Ordering::SeqCst) + 30);
        (slot, RATE.time_of(slot))
    };
    match order.clone() {
        Order::Switch {
            ticket,
            change: SceneChange::Preview { .. } | SceneChange::Cut { .. } | SceneChange::Fade { .. },
        } => {
            let (slot, time) = next();
            Some(Report::Switched { ticket, slot, time, superseded: false })
        }
        Order::ChangeInput { ticket, .. } => {
            let (slot, time) = next();
            Some(Report::InputChanged { ticket, slot, time })
        }
        Order::ShowGraphic { ticket, channel, graphic } if graphic.template == "broken" => {
            let reason = "The template cannot be drawn".to_owned();
            Some(Report::GraphicFailed { ticket, channel, graphic: graphic.id, reason })
        }
        Order::ShowGraphic { ticket, channel, graphic } => {
            let (slot, time) = next();
            Some(Report::GraphicShown { ticket, channel, graphic: graphic.id, slot, time })
        }
        Order::HideGraphic { ticket, channel, graphic } => {
            let (slot, time) = next();
            Some(Report::GraphicLeaving { ticket, channel, graphic, slot, time })
        }
        Order::StartRecording { ticket, recorder: 4, .. } => {
            Some(Report::RecordingFailed { ticket: Some(ticket), recorder: 4, reason: "The disk is full".to_owned() })
        }
        Order::StartRecording { ticket, recorder, .. } => {
            let first = Some((Slot(90), RATE.time_of(Slot(90))));
            Some(Report::RecordingStarted { ticket, recorder, file: file(recorder), first })
        }
        Order::StartPush { output, .. } => Some(Report::Push { output, state: LinkState::Live, error: None }),
        Order::StopRecording { .. } | Order::StopPush { .. } => None,
    }
}

fn setup(count: usize) -> Setup {
    let graphic = |id: &str, template: &str, channels: &[&str]| Graphic {
        id: id.to_owned(),
        template: template.to_owned(),
        fields: BTreeMap::new(),
        channels: channels.iter().map(|c| (*c).to_owned()).collect(),
        z: 0,
        requirement: Requirement { resolution: Some((1280, 720)), rate: None },
    };
    let rtmp = |key: &str| SourceKind::Rtmp { key: key.to_owned() };
    let latency = Duration::from_millis(150);
    let input = |label: &str, kind| Input { label: label.to_owned(), kind, latency };
    let inputs = [
        input("Fixture left", rtmp("left")),
        input("Fixture right", rtmp("right")),
        input("Bars", SourceKind::Pattern { pattern: "smpte".to_owned(), tone_hz: 440 }),
    ];
    let full = Format { width: 1920, height: 1080, rate: RATE };
    Setup {
        project: HD,
        inputs: inputs.into_iter().take(count).collect(),
        channels: vec![
            Channel { id: "cg1".to_owned(), format: HD, dsk: true },
            Channel { id: "cg2".to_owned(), format: HD, dsk: false },
            Channel { id: "cg3".to_owned(), format: full, dsk: true },
        ],
        graphics: vec![
            graphic("lower third", "lower-third", &["cg1"]),
            graphic("both", "lower-third", &["cg1", "cg2"]),
            graphic("unlocked", "lower-third", &[]),
            graphic("orphan", "lower-third", &["cg9"]),
            graphic("partly", "lower-third", &["cg1", "cg3", "cg9"]),
            graphic("broken", "broken", &["cg1"]),
        ],
        fade: Duration::from_secs(1),
    }
}
