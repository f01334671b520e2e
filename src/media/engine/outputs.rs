//! Recorders, pushes and HLS: which of them run, on which stream.
//!
//! Everything that blocks (finishing a file, taking leave of a server) happens on threads of its own.

use super::{Settings, sources::Sources};
use crate::{
    domain::{
        command::Ticket,
        order::{Order, Report},
        output::LinkState,
        source::{OutputSource, SourceKind},
        stats::{OutputKind, OutputStats},
        time::{ShowTime, Slot},
    },
    media::{
        clock::ShowClock,
        encode::Encode,
        live::{Bridge, Live, from_coded},
        mixer::Mixer,
        output::{
            hls::{HlsStream, HlsStreams, Publication},
            push::Push,
            record::{News, Recording, Target},
            stream::CodedStream,
        },
        pipeline::{Aside, Failure, FailureKind, aside},
        survey::free_bytes,
    },
    tasks::{self, Panicked},
};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak, mpsc},
    time::{Duration, SystemTime},
};

/// How long a file may take to be finished.
const FINISH: Duration = Duration::from_secs(20);

/// See the module's text.
pub struct Outputs {
    inner: Arc<Inner>,
    /// To the one thread that carries orders out, in their order: starting an output may block. Its bound is that of
    /// commands that wait for their confirmation, which is the conductor's.
    orders: mpsc::Sender<Order>,
}

/// Reads the figures of what runs.
pub struct Gauge {
    inner: Weak<Inner>,
    /// Show time and bytes of each HLS stream at the last reading.
    before: Mutex<HashMap<OutputSource, (ShowTime, u64)>>,
}

struct Inner {
    settings: Settings,
    clock: ShowClock,
    sources: Arc<Sources>,
    mixer: Arc<Mixer>,
    reports: tokio::sync::mpsc::UnboundedSender<Report>,
    hls_streams: Arc<HlsStreams>,
    encodes: Mutex<HashMap<OutputSource, Weak<Encode>>>,
    running: Mutex<Running>,
}

#[derive(Default)]
struct Running {
    recorders: HashMap<u8, (OutputSource, Recording)>,
    pushes: HashMap<u8, Push>,
    hls: BTreeMap<OutputSource, Publication>,
    /// Recordings that are being finished.
    finishing: Vec<Aside>,
}

impl Outputs {
    /// Nothing runs yet.
    ///
    /// # Errors
    /// When there is no thread to be had.
    pub fn new(
        settings: Settings,
        clock: ShowClock,
        sources: Arc<Sources>,
        mixer: Arc<Mixer>,
        reports: tokio::sync::mpsc::UnboundedSender<Report>,
    ) -> std::io::Result<Self> {
        let (hls_streams, encodes, running) = Default::default();
        let inner = Arc::new(Inner { settings, clock, sources, mixer, reports, hls_streams, encodes, running });
        let (orders, inbox) = mpsc::channel::<Order>();
        let worker = inner.clone();
        tasks::kept_thread("outputs", "outputs", move || {
            while let Ok(order) = inbox.recv() {
                let done = tasks::caught("outputs", || worker.order(order.clone()));
                if let Some(report) = done.err().and_then(|panicked| broken(order, &panicked)) {
                    worker.report(report);
                }
            }
        })?;
        Ok(Self { inner, orders })
    }

    /// Has an order for an output carried out; others are not for here. Never blocks.
    pub fn order(&self, order: Order) {
        let _ = self.orders.send(order); // refused only when the thread is gone, at shutdown
    }

    /// What is published as HLS.
    pub fn hls_streams(&self) -> Arc<HlsStreams> {
        self.inner.hls_streams.clone()
    }

    /// A stream that is encoded here, as a live stream like any other.
    pub fn live(&self, id: OutputSource) -> Arc<Live> {
        let provider = Arc::downgrade(&self.inner);
        from_coded::of_coded(id.to_string(), self.inner.clock.clone(), move || {
            let gone = || Failure { fault: FailureKind::Here, text: "the engine is shut down".into() };
            provider.upgrade().ok_or_else(gone)?.stream(id)
        })
    }

    /// The figures, readable from elsewhere.
    pub fn gauge(&self) -> Gauge {
        Gauge { inner: Arc::downgrade(&self.inner), before: Mutex::default() }
    }

    /// Finishes every file and takes leave of every server. Blocks.
    pub fn shut_down(&self) {
        let running = std::mem::take(&mut *self.inner.lock());
        for (recorder, (_, recording)) in running.recorders {
            match recording.stop(FINISH) {
                Ok(finished) => tracing::info!(recorder, file = %finished.file, "recording finished at shutdown"),
                Err(failure) => tracing::error!(recorder, "recording not finished: {}", failure.text),
            }
        }
        running.pushes.into_values().for_each(Push::stop);
        for finishing in running.finishing {
            let _ = finishing.join(); // what it has to say it says in a report
        }
    }
}

/// What is said of an order that was not carried out, so that nobody waits for it.
fn broken(order: Order, panicked: &Panicked) -> Option<Report> {
    let reason = panicked.to_string();
    match order {
        Order::StartRecording { ticket, recorder, .. } | Order::StopRecording { ticket, recorder } => {
            Some(Report::RecordingFailed { ticket: Some(ticket), recorder, reason })
        }
        Order::StartPush { output, .. } | Order::StopPush { output } => {
            Some(Report::Push { output, state: LinkState::Error, error: Some(reason) })
        }
        Order::ChangeInput { ticket, .. } => Some(Report::InputFailed { ticket, reason }),
        Order::StartHls { .. } | Order::Switch { .. } | Order::ShowGraphic { .. } | Order::HideGraphic { .. } => None,
    }
}

impl Inner {
    fn order(self: &Arc<Self>, order: Order) {
        match order {
            Order::StartRecording { ticket, recorder, stream } => {
                if let Err(failure) = self.start_recording(ticket, recorder, stream) {
                    self.report(Report::RecordingFailed { ticket: Some(ticket), recorder, reason: failure.text });
                }
            }
            Order::StopRecording { ticket, recorder } => self.stop_recording(ticket, recorder),
            Order::StartPush { output, stream, url } => self.start_push(output, stream, &url),
            Order::StopPush { output } => {
                // Waited for: what it still reports comes before what a new push to the same place reports.
                let push = self.lock().pushes.remove(&output);
                push.into_iter().for_each(Push::stop);
            }
            Order::StartHls { stream } => self.start_hls(stream),
            Order::Switch { .. }
            | Order::ChangeInput { .. }
            | Order::ShowGraphic { .. }
            | Order::HideGraphic { .. } => {}
        }
    }

    fn start_recording(self: &Arc<Self>, ticket: Ticket, recorder: u8, stream: OutputSource) -> Result<(), Failure> {
        let coded = self.stream(stream)?;
        let folder = &self.settings.recordings;
        if let Some(free) = free_bytes(folder).filter(|free| *free < self.settings.min_free) {
            let (free, needed) = (free / 1_000_000, self.settings.min_free / 1_000_000);
            let text = format!("only {free} MB are free on the disk of recordings, {needed} are needed");
            return Err(Failure { fault: FailureKind::Here, text });
        }
        let target = Target {
            folder: self.settings.recordings.clone(),
            stem: stream.to_string(),
            at: SystemTime::now(),
            fragment_ms: self.settings.fragment_ms,
        };
        let weak = Arc::downgrade(self);
        // Held until the recording is in its place, so that its first news find it there.
        let mut running = self.lock();
        let recording = Recording::start(&coded, target, &self.clock, move |news| {
            if let Some(inner) = weak.upgrade() {
                inner.recording_said(ticket, recorder, news);
            }
        })?;
        running.recorders.insert(recorder, (stream, recording));
        Ok(())
    }

    fn stop_recording(self: &Arc<Self>, ticket: Ticket, recorder: u8) {
        let Some((_, recording)) = self.lock().recorders.remove(&recorder) else {
            let reason = "it ended before it was stopped".to_owned();
            return self.report(Report::RecordingFailed { ticket: Some(ticket), recorder, reason });
        };
        let inner = self.clone();
        let finishing = aside("record-stop", move || {
            let report = match recording.stop(FINISH) {
                Ok(done) => Report::RecordingStopped {
                    ticket,
                    recorder,
                    file: done.file,
                    first: Some((inner.slot_of(done.first), done.first)),
                    frames: done.frames,
                },
                Err(failure) => Report::RecordingFailed { ticket: Some(ticket), recorder, reason: failure.text },
            };
            inner.report(report);
        });
        let mut running = self.lock();
        running.finishing.retain(|thread| !thread.is_finished());
        running.finishing.extend(finishing);
    }

    fn start_push(self: &Arc<Self>, output: u8, stream: OutputSource, url: &str) {
        let provider = Arc::downgrade(self);
        let reporter = self.reports.clone();
        let provide = move || provider.upgrade()?.stream(stream).ok();
        let report = move |state: LinkState, error: Option<String>| {
            let _ = reporter.send(Report::Push { output, state, error }); // unheard only at shutdown
        };
        match Push::start(stream, provide, url, &self.clock, report) {
            Ok(push) => drop(self.lock().pushes.insert(output, push)),
            Err(failure) => {
                self.report(Report::Push { output, state: LinkState::Error, error: Some(failure.text) });
            }
        }
    }

    /// A stream as outputs take it: passed through where it came in coded, else encoded once for all.
    fn stream(self: &Arc<Self>, id: OutputSource) -> Result<CodedStream, Failure> {
        let source;
        let (raw_video, raw_audio) = match id {
            OutputSource::Program => (&self.mixer.video, &self.mixer.audio),
            OutputSource::Source(number) => {
                source = self.sources.get(number).ok_or_else(|| Failure {
                    fault: FailureKind::Here,
                    text: format!("there is no source {number}"),
                })?;
                if !self.sources.kind(number).as_ref().is_some_and(SourceKind::is_made_here) {
                    return Ok(Bridge::start(&source.live, self.settings.project.rate));
                }
                (&source.raw_video, &source.raw_audio)
            }
        };
        let mut encodes = self.encodes.lock().unwrap_or_else(PoisonError::into_inner);
        let rate = self.settings.project.rate;
        if let Some(encode) = encodes.get(&id).and_then(Weak::upgrade) {
            return Ok(encode.stream(id.to_string()));
        }
        let (picture, sound) = (&self.settings.picture, &self.settings.sound);
        let encode = Arc::new(Encode::start(raw_video, raw_audio, picture, sound, rate, &self.clock)?);
        encodes.insert(id, Arc::downgrade(&encode));
        Ok(encode.stream(id.to_string()))
    }

    fn start_hls(self: &Arc<Self>, stream: OutputSource) {
        let (app, room) = match stream {
            OutputSource::Program => ("program", "program-main".to_owned()),
            OutputSource::Source(id) => ("live", format!("live-input-{id}")),
        };
        let hls_stream = Arc::new(HlsStream::new(self.settings.hls));
        self.hls_streams.insert(app, &room, hls_stream.clone());
        let provider = Arc::downgrade(self);
        let provide = move || {
            let gone = || Failure { fault: FailureKind::Here, text: "the engine is shut down".into() };
            provider.upgrade().ok_or_else(gone)?.stream(stream)
        };
        let publication = Publication::start(stream.to_string(), provide, hls_stream, &self.clock);
        let old = self.lock().hls.insert(stream, publication);
        drop(old);
    }

    /// News of a recording, on its own thread.
    fn recording_said(self: Arc<Self>, ticket: Ticket, recorder: u8, news: News) {
        match news {
            News::Started(first) => {
                let file = self.lock().recorders.get(&recorder).map(|(_, r)| r.file().to_owned());
                if let Some(file) = file {
                    let first = Some((self.slot_of(first), first));
                    self.report(Report::RecordingStarted { ticket, recorder, file, first });
                }
            }
            News::Failed(failure) => {
                let over = self.lock().recorders.remove(&recorder);
                let never_began = over.as_ref().is_some_and(|(_, r)| r.started().is_none());
                // Its thread, which this is, must not wait for itself.
                aside("record-drop", move || drop(over));
                let ticket = never_began.then_some(ticket);
                self.report(Report::RecordingFailed { ticket, recorder, reason: failure.text });
            }
        }
    }

    fn slot_of(&self, time: ShowTime) -> Slot {
        self.settings.project.rate.nearest(time)
    }

    fn report(&self, report: Report) {
        let _ = self.reports.send(report); // unheard only at shutdown
    }

    fn lock(&self) -> MutexGuard<'_, Running> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Gauge {
    /// The figures of everything that runs.
    pub fn read(&self) -> Vec<OutputStats> {
        let Some(inner) = self.inner.upgrade() else { return Vec::new() };
        let running = inner.lock();
        let now = inner.clock.now();
        let mut before = self.before.lock().unwrap_or_else(PoisonError::into_inner);
        let records = running.recorders.iter().map(|(number, (stream, recording))| recording.stats(*number, *stream));
        let pushes = running.pushes.iter().map(|(number, push)| push.stats(*number));
        let hls = running.hls.iter().map(|(stream, output)| {
            let stats = output.stats();
            let (then, bytes) = before.insert(*stream, (now, stats.bytes)).unwrap_or((now, stats.bytes));
            let seconds = (now.since(then) as f64 / 1e9).max(1e-3);
            OutputStats {
                kind: OutputKind::Hls,
                number: 0,
                stream: *stream,
                bitrate_kbps: (stats.bytes - bytes) as f64 / 125.0 / seconds,
                fps: 0.0,
                bytes: stats.bytes,
                dropped: output.dropped(),
                uptime_s: 0.0,
                last_frame_ms: stats.last_part_age.map(|age| age.as_millis() as u64),
            }
        });
        records.chain(pushes).chain(hls).collect()
    }
}
