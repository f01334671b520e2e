//! Recording a stream to a crash-safe MP4.
//!
//! While it runs the file is a fragmented MP4, and `NAME.mp4.part` beside it marks it as such; a kill loses at most the
//! fragment that is being written. On stop it becomes an ordinary MP4 with one index, and the marker is removed.
//!
//! A file holds one format. Where the stream's changes (picture size, sample rate, sound that begins late) the file is
//! finished and the recording goes on in `NAME-part2.mp4` and so on, from the key frame on that begins the new format. One
//! that a full disk has ended goes on in the same way, as another recording after it ([`Target::after`]).
//!
//! Refuses to know: the origin of the order, and how media is encoded. Nothing is re-encoded.

mod files;

use super::{
    decode_times,
    meter::Meter,
    pair::{Pair, QueueLimits, StreamStart},
    recover,
    stream::CodedStream,
};
use crate::{
    domain::{
        output::OutputSource,
        stats::{OutputKind, OutputStats},
        time::ShowTime,
    },
    media::{
        clock::ShowClock,
        pipeline::{Failure, FailureKind, Run, Verdict},
        plugins,
        template::{Template, Value},
    },
    tasks,
};
use files::{reserve, reserve_part};
use gst::prelude::*;
use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread::JoinHandle,
    time::{Duration, SystemTime},
};

/// How long the first key frame is awaited.
pub const FIRST_KEYFRAME: Duration = Duration::from_secs(10);
/// What may wait for a slow disk: 10 s of picture at 30 frames a second, a minute of sound.
const QUEUE_LIMITS: QueueLimits = QueueLimits { pictures: 300, sounds: 2820 };
/// How long a stop waits for pictures that are shown before the last one: H.264 and H.265 reorder up to 16 of them.
const REORDERED: Duration = Duration::from_millis(600);
/// Fine enough for every usual frame rate.
const TIMESCALE: u32 = 90_000;

/// Where and how a recording is to be written.
#[derive(Debug, Clone)]
pub struct Target {
    /// Made when it is not there.
    pub folder: PathBuf,
    /// The name's first part, e.g. `program`.
    pub stem: String,
    /// Goes into the name as UTC.
    pub at: SystemTime,
    /// Length of a fragment in milliseconds, at least 100.
    pub fragment_ms: u32,
    /// What it goes on with, in a next part of it.
    pub after: Option<Finished>,
}

/// Events of a recording while it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordMessage {
    /// The picture of this show time is the first one of the file.
    Started(ShowTime),
    /// It is over. What was written is kept and, where possible, finished.
    Failed(Failure),
}

/// A finished recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// Name in the folder.
    pub file: String,
    /// The names of the files in which it went on.
    pub parts: Vec<String>,
    /// Pictures in all of them.
    pub frames: u64,
    /// Show time of the first.
    pub first: ShowTime,
}

/// A recording that runs. Dropping it finishes the file too, without reporting the result.
pub struct Recording {
    path: PathBuf,
    file: String,
    /// Keeps the stream's encoder at work.
    _stream: CodedStream,
    clock: ShowClock,
    meter: Arc<Meter>,
    shared: Arc<Shared>,
    worker: Option<JoinHandle<Result<Finished, Failure>>>,
    orders: mpsc::Sender<Order>,
}

#[derive(Default)]
struct Shared {
    stopping: AtomicBool,
    started: Mutex<Option<ShowTime>>,
    /// The recording that it goes on with.
    before: Option<Finished>,
    /// The names of its own files that have pictures.
    files: Mutex<Vec<String>>,
}

impl Shared {
    /// What there is of the recording; `None` before the first picture.
    fn finished(&self, meter: &Meter) -> Option<Finished> {
        let own = self.files.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (mut files, frames, first) = match &self.before {
            Some(Finished { file, parts, frames, first }) => {
                (std::iter::once(file).chain(parts).cloned().collect(), *frames, *first)
            }
            None => (Vec::new(), 0, (*self.started.lock().unwrap_or_else(PoisonError::into_inner))?),
        };
        files.extend(own);
        let mut files = files.into_iter();
        Some(Finished { file: files.next()?, parts: files.collect(), frames: frames + meter.frames(), first })
    }
}

enum Order {
    Stop(Duration),
    /// Another format begins: the present file is over.
    NextPart,
    /// The pipeline of a part, counted from 1, ended.
    PipelineEnded(usize, Verdict),
}

/// Why a part is over.
enum PartEnd {
    Stopped,
    FormatChanged,
}

/// How long a file may take to be finished while the recording goes on in the next one.
const PART_FINISH: Duration = Duration::from_secs(5);

impl Recording {
    /// Begins with the stream's next key frame. `on_event` gets [`RecordMessage`] from a thread of the recording; it
    /// must only forward them.
    ///
    /// # Errors
    /// [`FailureKind::Here`] when the file cannot be made.
    pub fn start(
        stream: &CodedStream,
        target: Target,
        clock: &ShowClock,
        on_event: impl Fn(RecordMessage) + Send + 'static,
    ) -> Result<Self, Failure> {
        let (path, own) = match &target.after {
            None => reserve(&target),
            Some(before) => reserve_part(&target.folder.join(&before.file), before.parts.len() + 2),
        }
        .map_err(|e| of_io(&target.folder.display(), &e))?;
        let file = target.after.as_ref().map_or_else(|| own.clone(), |before| before.file.clone());
        let (orders, inbox) = mpsc::channel();
        let shared = Arc::new(Shared { before: target.after, ..Shared::default() });
        let meter = Arc::new(Meter::default());
        // Listens from here on, not from when its thread runs.
        let of_parts = Mutex::new(orders.clone());
        let pair = Pair::listen_in_parts(stream, clock, QUEUE_LIMITS, meter.clone(), move || {
            // Fails when the recording is over.
            let _ = of_parts.lock().unwrap_or_else(PoisonError::into_inner).send(Order::NextPart);
        });
        let job = Job {
            path: path.clone(),
            own,
            file: file.clone(),
            fragment_ms: target.fragment_ms.max(100),
            clock: clock.clone(),
            meter: meter.clone(),
            shared: shared.clone(),
            sender: orders.clone(),
        };
        let worker = std::thread::Builder::new().name("record".into()).spawn(move || {
            let ended = tasks::catch_panic("record", || job.run(pair, &inbox, &on_event));
            let ended = ended.unwrap_or_else(|panicked| Err(panicked.into()));
            if let (Err(failure), false) = (&ended, job.shared.stopping.load(Ordering::Relaxed)) {
                on_event(RecordMessage::Failed(failure.clone()));
            }
            ended
        });
        let worker = Some(worker.map_err(|e| here(format!("no thread for a recording: {e}")))?);
        Ok(Self { path, file, _stream: stream.clone(), clock: clock.clone(), meter, shared, worker, orders })
    }

    /// The file's name in its folder; the same while it runs and afterwards.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The first picture's show time, as soon as there is one.
    pub fn started(&self) -> Option<ShowTime> {
        *self.shared.started.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What there is of it, also after a failure; `None` before the first picture.
    pub fn kept(&self) -> Option<Finished> {
        self.shared.finished(&self.meter)
    }

    /// What went through so far. `number` is the recorder's, `stream` what it records.
    pub fn stats(&self, number: u8, stream: OutputSource) -> OutputStats {
        self.meter.stats(OutputKind::Record, number, stream, self.clock.now())
    }

    /// Ends it and waits until the file is whole. Blocks, at most a little longer than `deadline`.
    ///
    /// # Errors
    /// Why there is no whole file: it failed before, never began, or was not finished in time.
    pub fn stop(mut self, deadline: Duration) -> Result<Finished, Failure> {
        self.end(deadline)
    }

    /// Like [`Recording::stop`], for a caller that wants to look at what is kept after a failure.
    ///
    /// # Errors
    /// As above.
    pub fn end(&mut self, deadline: Duration) -> Result<Finished, Failure> {
        let Some(worker) = self.worker.take() else { return Err(here("it is over".into())) };
        self.shared.stopping.store(true, Ordering::Relaxed);
        let _ = self.orders.send(Order::Stop(deadline)); // a recording that has failed no longer receives
        worker.join().unwrap_or_else(|_| Err(here("the recording's thread broke down".into())))
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        if self.worker.is_some() {
            let _ = self.end(Duration::from_secs(5));
        }
    }
}

/// What the recording's thread works on.
struct Job {
    /// The first file that it writes.
    path: PathBuf,
    own: String,
    /// The recording's first file, which may be that of the recording before.
    file: String,
    fragment_ms: u32,
    clock: ShowClock,
    meter: Arc<Meter>,
    shared: Arc<Shared>,
    sender: mpsc::Sender<Order>,
}

impl Job {
    fn run(
        &self,
        mut pair: Pair,
        inbox: &mpsc::Receiver<Order>,
        on_event: &impl Fn(RecordMessage),
    ) -> Result<Finished, Failure> {
        self.finish_before();
        let before = self.shared.before.as_ref().map_or(0, |before| before.parts.len() + 1);
        let mut written = 0;
        loop {
            let Some(start) = self.part_start(&pair, written == 0) else { break };
            let (path, file) = match written {
                0 => (self.path.clone(), self.own.clone()),
                _ => reserve_part(&self.path.with_file_name(&self.file), before + written + 1)
                    .map_err(|e| of_io(&self.file, &e))?,
            };
            written += 1;
            self.shared.files.lock().unwrap_or_else(PoisonError::into_inner).push(file.clone());
            let is_first = written == 1;
            let started = || {
                if is_first {
                    *self.shared.started.lock().unwrap_or_else(PoisonError::into_inner) = Some(start.first);
                    on_event(RecordMessage::Started(start.first));
                } else {
                    tracing::info!(%file, "the format changed: a recording goes on in its next part");
                }
            };
            match self.write(&mut pair, &start, (&path, written), inbox, started) {
                Ok(PartEnd::FormatChanged) => {}
                Ok(PartEnd::Stopped) => break,
                Err(failure) => {
                    tracing::error!(%file, "a recording failed: {}", failure.text);
                    // What was written shall be usable at once; where that fails too (a full disk), the next start tries
                    // again.
                    match recover::finish(&path) {
                        Ok(outcome) => tracing::warn!(%file, ?outcome, "kept what there is of it"),
                        Err(error) => tracing::error!(%file, %error, "a failed recording stays unfinished"),
                    }
                    return Err(failure);
                }
            }
        }
        if written == 0 {
            drop(pair);
            // Nothing was written yet, so there is nothing to keep.
            let _ = fs::remove_file(&self.path);
            let _ = fs::remove_file(recover::marker(&self.path));
            let stopped = self.shared.stopping.load(Ordering::Relaxed);
            let text = if stopped { "stopped before the first picture" } else { "no key frame came in 10 s" };
            return Err(Failure { fault: FailureKind::Peer, text: text.into() });
        }
        self.shared.finished(&self.meter).ok_or_else(|| here("it has no file".into()))
    }

    /// Finishes files of the recording before for which there was no room.
    fn finish_before(&self) {
        for file in self.shared.before.iter().flat_map(|before| std::iter::once(&before.file).chain(&before.parts)) {
            let path = self.path.with_file_name(file);
            if recover::marker(&path).exists()
                && let Err(error) = recover::finish(&path)
            {
                tracing::error!(%file, %error, "a recording stays unfinished");
            }
        }
    }

    /// Waits for the start of the first part for a while, for that of a later one until the stop.
    fn part_start(&self, pair: &Pair, is_first: bool) -> Option<StreamStart> {
        let stopping = || self.shared.stopping.load(Ordering::Relaxed);
        loop {
            match pair.stream_start(FIRST_KEYFRAME, stopping) {
                None if !is_first && !stopping() => {}
                start => return start,
            }
        }
    }

    /// Writes one part, counted from 1, to its end.
    fn write(
        &self,
        pair: &mut Pair,
        start: &StreamStart,
        (path, part): (&Path, usize),
        inbox: &mpsc::Receiver<Order>,
        started: impl FnOnce(),
    ) -> Result<PartEnd, Failure> {
        let (pipeline, video, audio) = self.build(path, start)?;
        let sender = Mutex::new(self.sender.clone());
        let run = Run::start(pipeline, &self.clock, move |verdict| {
            let sender = sender.lock().unwrap_or_else(PoisonError::into_inner);
            let _ = sender.send(Order::PipelineEnded(part, verdict)); // fails when the recording is over
        })
        .map_err(of_this_machine)?;
        pair.attach(video, audio);
        self.meter.live(Some(start.first));
        started();
        let (end, deadline) = loop {
            match inbox.recv() {
                Ok(Order::Stop(deadline)) => {
                    pair.finish_complete(REORDERED);
                    break (PartEnd::Stopped, deadline);
                }
                Ok(Order::NextPart) => break (PartEnd::FormatChanged, PART_FINISH),
                Ok(Order::PipelineEnded(of, _)) if of != part => {}
                Ok(Order::PipelineEnded(_, Verdict::Failed(failure))) => return Err(of_this_machine(failure)),
                Ok(Order::PipelineEnded(_, Verdict::Ended)) => return Err(here("it ended by itself".into())),
                Err(_) => return Err(here("it was abandoned".into())),
            }
        };
        run.drain(deadline).map_err(of_this_machine)?;
        match recover::finish(path).map_err(|e| of_io(&self.file, &e))? {
            recover::Outcome::Finished { .. } | recover::Outcome::Whole => Ok(end),
            outcome => Err(here(format!("{}: {outcome:?}", self.file))),
        }
    }

    #[allow(clippy::type_complexity, reason = "the pipeline and its two ends, used once")]
    fn build(
        &self,
        path: &Path,
        start: &StreamStart,
    ) -> Result<(gst::Pipeline, gst_app::AppSrc, Option<gst_app::AppSrc>), Failure> {
        plugins::register().map_err(here)?;
        let location = path.to_str().ok_or_else(|| here("the folder's name is no text".into()))?;
        let name = if start.audio.is_some() { "record_sound" } else { "record_silent" };
        let values =
            [("location", location.into()), ("fragment_ns", Value::Int(i64::from(self.fragment_ms) * 1_000_000))];
        let pipeline = Template::load(name).and_then(|t| t.build(&[], &values)).map_err(|e| here(e.to_string()))?;
        let mux = pipeline.by_name("mux").ok_or_else(|| here(format!("pipelines/{name}.toml has no mux")))?;
        if let Some(pad) = mux.static_pad("sink_0") {
            pad.set_property("trak-timescale", TIMESCALE);
        }
        decode_times::correct(&mux);
        let end = |name: &str| pipeline.by_name(name).and_then(|e| e.downcast::<gst_app::AppSrc>().ok());
        let video = end("video").ok_or_else(|| here(format!("pipelines/{name}.toml has no appsrc video")))?;
        let audio = end("audio");
        Ok((pipeline, video, audio))
    }
}

/// There is no peer here: whatever the sink could not open or write is this machine's fault.
fn of_this_machine(failure: Failure) -> Failure {
    match failure.fault {
        FailureKind::Peer => Failure { fault: FailureKind::Here, ..failure },
        _ => failure,
    }
}

/// What the disk answers to a file of it.
fn of_io(what: &dyn std::fmt::Display, error: &io::Error) -> Failure {
    let fault = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => FailureKind::NoSpace,
        _ => FailureKind::Here,
    };
    Failure { fault, text: format!("{what}: {error}") }
}

fn here(text: String) -> Failure {
    Failure { fault: FailureKind::Here, text }
}
