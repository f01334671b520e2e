//! Recorders, pushes and HLS: which of them run, on which stream.
//!
//! Each recorder and each push has a lane of its own ([`super::lanes`]), where its orders are carried out one after the
//! other; so none waits for another's file or server.

use super::{
    Settings,
    disk::DiskWatch,
    lanes::{Lane, Lanes},
    sources::Sources,
    streams::{RoomStreams, Streams, shut_down},
};
use crate::{
    domain::{
        command::{RecordingInfo, Ticket},
        order::{Order, Report},
        output::{LinkState, OutputSource},
        push_url::PushUrl,
        stats::{OutputKind, OutputStats},
        time::{ShowTime, Slot},
    },
    media::{
        clock::ShowClock,
        live::Live,
        mixer::Mixer,
        output::{
            hls::{HlsStream, Publications},
            push::Push,
            record::{Finished, RecordMessage, Recording, Target},
        },
        pipeline::{Failure, FailureKind, on_background_thread},
    },
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::{Duration, Instant, SystemTime},
};

/// How long a file may take to be finished.
const FINISH: Duration = Duration::from_secs(20);

/// See the module's text.
pub struct Outputs {
    inner: Arc<Inner>,
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
    streams: Arc<Streams>,
    reports: tokio::sync::mpsc::UnboundedSender<Report>,
    hls: Publications,
    lanes: Lanes,
    disk: DiskWatch,
    running: Mutex<Running>,
}

#[derive(Default)]
struct Running {
    recorders: HashMap<u8, Recorder>,
    pushes: HashMap<u8, Push>,
    /// Nothing begins any more.
    closed: bool,
}

struct Recorder {
    /// Of the order that started it.
    ticket: Ticket,
    source: OutputSource,
    recording: Recording,
}

impl Outputs {
    /// Nothing runs yet.
    ///
    /// # Errors
    /// When there is no thread to watch the disk.
    pub fn new(
        settings: Settings,
        clock: ShowClock,
        sources: Arc<Sources>,
        mixer: Arc<Mixer>,
        reports: tokio::sync::mpsc::UnboundedSender<Report>,
    ) -> std::io::Result<Self> {
        let disk = DiskWatch::start(settings.recordings.clone(), settings.min_free, reports.clone())?;
        let streams = Arc::new(Streams::new(settings.clone(), clock.clone(), sources, mixer));
        let hls = Publications::new(settings.hls, clock.clone());
        let (lanes, running) = Default::default();
        Ok(Self { inner: Arc::new(Inner { settings, clock, streams, reports, hls, lanes, disk, running }) })
    }

    /// Has an order for an output carried out; others are not for here. Never blocks.
    pub fn order(&self, order: Order) {
        let (inner, lanes) = (self.inner.clone(), &self.inner.lanes);
        match order {
            Order::StartRecording { ticket, recorder, stream, after } => {
                lanes.after(Lane::Recorder(recorder), move || {
                    if let Err(failure) = inner.start_recording(ticket, recorder, stream, after) {
                        inner.recording_failed(Some(ticket), ticket, recorder, None, failure);
                    }
                });
            }
            Order::StopRecording { ticket, recorder } => {
                lanes.after(Lane::Recorder(recorder), move || inner.stop_recording(ticket, recorder));
            }
            Order::StartPush { output, stream, url } => {
                lanes.instead(Lane::Push(output), move || inner.start_push(output, &stream, url));
            }
            Order::StopPush { output } => lanes.instead(Lane::Push(output), move || inner.stop_push(output)),
            Order::Switch { .. }
            | Order::ChangeInput { .. }
            | Order::ShowGraphic { .. }
            | Order::HideGraphic { .. } => {}
        }
    }

    /// Sets where streams of rooms are found.
    pub fn set_rooms(&self, rooms: impl RoomStreams) {
        self.inner.streams.set_rooms(rooms);
    }

    /// The HLS stream of a source, as long as it is being published. It goes on for a while.
    pub fn present_hls(&self, source: &OutputSource) -> Option<Arc<HlsStream>> {
        self.inner.hls.present(source, Instant::now())
    }

    /// The HLS stream of a source, which is published from now on while it is asked for. Never blocks.
    pub fn hls(&self, source: &OutputSource) -> Arc<HlsStream> {
        let (provider, of) = (Arc::downgrade(&self.inner.streams), source.clone());
        let provide = move || provider.upgrade().ok_or_else(shut_down)?.steady(&of);
        self.inner.hls.read(source, Instant::now(), provide)
    }

    /// Ends the HLS of a source that is another one from now on; a reader that comes next gets that. Never blocks.
    pub fn end_hls(&self, source: &OutputSource) {
        self.inner.hls.end(source);
    }

    /// Ends the HLS of what was not asked for of late. Blocks.
    pub fn end_idle_hls(&self, now: Instant) {
        self.inner.hls.end_idle(now);
    }

    /// A source that is encoded here, as a live stream like any other.
    pub fn live(&self, source: OutputSource) -> Arc<Live> {
        self.inner.streams.live(source)
    }

    /// The disk of recordings.
    pub fn disk(&self) -> DiskWatch {
        self.inner.disk.clone()
    }

    /// The figures, readable from elsewhere.
    pub fn gauge(&self) -> Gauge {
        Gauge { inner: Arc::downgrade(&self.inner), before: Mutex::default() }
    }

    /// Finishes every file and takes leave of every server, side by side. Blocks.
    pub fn shut_down(&self) {
        self.inner.disk.stop();
        let running = {
            let mut running = self.inner.lock();
            std::mem::replace(&mut *running, Running { closed: true, ..Running::default() })
        };
        let files = running.recorders.into_iter().map(|(number, recorder)| {
            on_background_thread("record-stop", move || match recorder.recording.stop(FINISH) {
                Ok(done) => tracing::info!(recorder = number, file = %done.file, "recording finished at shutdown"),
                Err(failure) => tracing::error!(recorder = number, "recording not finished: {}", failure.text),
            })
        });
        let pushes = running.pushes.into_values().map(|push| on_background_thread("push-stop", move || push.stop()));
        let ending: Vec<_> = files.chain(pushes).flatten().collect();
        for thread in ending {
            let _ = thread.join(); // its panic was printed already
        }
        if !self.inner.lanes.settle(FINISH) {
            tracing::error!("an output did not end in {FINISH:?}");
        }
        self.inner.hls.shut_down();
    }
}

impl Inner {
    fn start_recording(
        self: &Arc<Self>,
        ticket: Ticket,
        recorder: u8,
        source: OutputSource,
        after: Option<RecordingInfo>,
    ) -> Result<(), Failure> {
        self.disk.look();
        if let Some(warning) = self.disk.full() {
            return Err(Failure { fault: FailureKind::NoSpace, text: warning });
        }
        let coded = self.streams.coded(&source)?;
        let target = Target {
            folder: self.settings.recordings.clone(),
            stem: source.stem(),
            at: SystemTime::now(),
            fragment_ms: self.settings.fragment_ms,
            after: after.map(|info| Finished {
                file: info.file,
                parts: info.parts,
                frames: info.frames,
                first: info.first.map_or(ShowTime(0), |(_, first)| first),
            }),
        };
        let weak = Arc::downgrade(self);
        let recording = Recording::start(&coded, target, &self.clock, move |message| {
            // In the recorder's lane, so after this order: then the recording is in its place.
            if let Some(inner) = weak.upgrade() {
                let recipient = inner.clone();
                inner
                    .lanes
                    .after(Lane::Recorder(recorder), move || recipient.on_recording_message(ticket, recorder, message));
            }
        })?;
        let recording = Recorder { ticket, source, recording };
        let mut running = self.lock();
        if running.closed {
            drop(running); // finishing it takes its time
            return Err(shut_down());
        }
        let before = running.recorders.insert(recorder, recording);
        drop(running);
        drop(before); // the show starts no recorder twice
        Ok(())
    }

    fn stop_recording(&self, ticket: Ticket, recorder: u8) {
        let Some(mut running) = self.take(recorder, None) else {
            let reason = "it ended before it was stopped".to_owned();
            return self.report(Report::RecordingFailed { ticket: Some(ticket), recorder, reason });
        };
        match running.recording.end(FINISH) {
            Ok(done) => {
                let RecordingInfo { recorder, file, parts, first, frames } = self.info(recorder, done);
                self.report(Report::RecordingStopped { ticket, recorder, file, parts, first, frames });
            }
            Err(failure) => {
                let kept = running.recording.kept();
                self.recording_failed(Some(ticket), running.ticket, recorder, kept, failure);
            }
        }
    }

    /// Reports a failure: `ticket` is that of the command which it answers, if any, and `start` of the recording's start.
    fn recording_failed(
        &self,
        ticket: Option<Ticket>,
        start: Ticket,
        recorder: u8,
        kept: Option<Finished>,
        failure: Failure,
    ) {
        if failure.fault == FailureKind::NoSpace && self.disk.full().is_none() {
            self.disk.refused();
        }
        let files = kept.iter().flat_map(|kept| std::iter::once(&kept.file).chain(&kept.parts)).cloned();
        let files = files.collect::<Vec<_>>().join(", ");
        let reason = match (failure.fault, kept.is_some()) {
            (FailureKind::NoSpace, true) => format!("The disk of recordings is full; kept: {files}"),
            (_, true) => format!("{}; kept: {files}", failure.text),
            (_, false) => failure.text,
        };
        let by_show = ticket.is_none_or(|ticket| ticket == start);
        self.report(if failure.fault == FailureKind::NoSpace && by_show {
            let kept = kept.map(|kept| self.info(recorder, kept));
            Report::RecordingOutOfSpace { ticket: start, recorder, reason, kept }
        } else {
            Report::RecordingFailed { ticket, recorder, reason }
        });
    }

    fn info(&self, recorder: u8, Finished { file, parts, frames, first }: Finished) -> RecordingInfo {
        RecordingInfo { recorder, file, parts, first: Some((self.slot_of(first), first)), frames }
    }

    /// A message of the recording that an order started, in its recorder's lane. That of one that was stopped meanwhile
    /// is ignored.
    fn on_recording_message(&self, ticket: Ticket, recorder: u8, message: RecordMessage) {
        match message {
            RecordMessage::Started(first) => {
                let file = {
                    let running = self.lock();
                    let present = running.recorders.get(&recorder).filter(|running| running.ticket == ticket);
                    present.map(|running| running.recording.file().to_owned())
                };
                if let Some(file) = file {
                    let first = Some((self.slot_of(first), first));
                    self.report(Report::RecordingStarted { ticket, recorder, file, first });
                }
            }
            RecordMessage::Failed(failure) => {
                let Some(over) = self.take(recorder, Some(ticket)) else { return };
                let answers = over.recording.started().is_none().then_some(ticket);
                let kept = over.recording.kept();
                drop(over); // its thread has ended or is about to
                self.recording_failed(answers, ticket, recorder, kept, failure);
            }
        }
    }

    /// Takes a recorder's recording out, or only that of an order.
    fn take(&self, recorder: u8, of: Option<Ticket>) -> Option<Recorder> {
        let mut running = self.lock();
        let present = running.recorders.get(&recorder)?;
        if of.is_some_and(|ticket| ticket != present.ticket) {
            return None;
        }
        running.recorders.remove(&recorder)
    }

    /// Starts a push in place of the one that runs.
    fn start_push(self: &Arc<Self>, output: u8, source: &OutputSource, url: PushUrl) {
        self.stop_push(output);
        let (provider, of) = (Arc::downgrade(&self.streams), source.clone());
        let reporter = self.reports.clone();
        let provide = move || provider.upgrade()?.coded(&of).ok();
        let report = move |state: LinkState, error: Option<String>| {
            let _ = reporter.send(Report::Push { output, state, error }); // unheard only at shutdown
        };
        match Push::start(source.clone(), provide, url, &self.clock, report) {
            Ok(push) => {
                let mut running = self.lock();
                let refused = if running.closed { Some(push) } else { running.pushes.insert(output, push) };
                drop(running);
                drop(refused); // it waits for its thread
            }
            Err(failure) => {
                self.report(Report::Push { output, state: LinkState::Error, error: Some(failure.text) });
            }
        }
    }

    /// Waited for: what it still reports comes before what a new push to the same place reports.
    fn stop_push(&self, output: u8) {
        let push = self.lock().pushes.remove(&output);
        push.into_iter().for_each(Push::stop);
    }

    fn slot_of(&self, time: ShowTime) -> Slot {
        self.settings.project.rate.nearest(time)
    }

    fn report(&self, report: Report) {
        let _ = self.reports.send(report); // unheard only at shutdown
    }

    /// Held for a look or a change alone, never while something starts or ends.
    fn lock(&self) -> MutexGuard<'_, Running> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Gauge {
    /// The figures of everything that runs.
    pub fn read(&self) -> Vec<OutputStats> {
        let Some(inner) = self.inner.upgrade() else { return Vec::new() };
        let mut all: Vec<_> = {
            let running = inner.lock();
            let records = running.recorders.iter().map(|(n, r)| r.recording.stats(*n, r.source.clone()));
            records.chain(running.pushes.iter().map(|(number, push)| push.stats(*number))).collect()
        };
        let now = inner.clock.now();
        let mut before = self.before.lock().unwrap_or_else(PoisonError::into_inner);
        let hls = inner.hls.stats();
        before.retain(|source, _| hls.iter().any(|(running, ..)| running == source));
        all.extend(hls.into_iter().map(|(source, stats, dropped)| {
            let (then, bytes) = before.insert(source.clone(), (now, stats.bytes)).unwrap_or((now, stats.bytes));
            let seconds = (now.since(then) as f64 / 1e9).max(1e-3);
            OutputStats {
                kind: OutputKind::Hls,
                number: 0,
                stream: source,
                bitrate_kbps: stats.bytes.saturating_sub(bytes) as f64 / 125.0 / seconds,
                fps: 0.0,
                bytes: stats.bytes,
                dropped,
                uptime_s: 0.0,
                last_frame_ms: stats.last_part_age.map(|age| age.as_millis() as u64),
            }
        }));
        all
    }
}
