//! Pushing a stream to an RTMP server, for as long as it is wanted.
//!
//! A thread of its own tries again and again, each time with a new pipeline that begins at a key frame:
//!
//! ```text
//! Connecting ─► Live ─► Reconnecting ─► Live …        Error: the destination or the stream can never work
//! ```
//!
//! It is live when the other end has accepted the stream and taken media. A peer that takes no data for [`SILENCE`]
//! counts as lost, like one that hangs up; meanwhile its queue is bounded, and the feeds are not affected.
//!
//! Refuses to know: the origin of the order. Never logs or reports the stream key.

mod destination;

use super::{
    meter::Meter,
    pair::{Pair, QueueLimits, StreamStart},
    stream::CodedStream,
};
use crate::{
    domain::{
        output::{LinkState, OutputSource},
        stats::{OutputKind, OutputStats},
    },
    media::{
        clock::ShowClock,
        pipeline::{Failure, FailureKind, Run, Verdict},
        supervisor::Backoff,
        template::Template,
    },
    tasks,
};
use destination::Destination;
use gst::prelude::*;
use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc::{self, RecvTimeoutError},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

/// A destination that does not answer or takes no data for so long is lost.
pub const SILENCE: Duration = Duration::from_secs(8);
/// Poll interval of the progress.
const LOOK: Duration = Duration::from_millis(50);
/// How long closing the connection to the server may take.
const CLOSE_TIMEOUT: Duration = Duration::from_millis(500);
/// What may wait for the network: 4 s at 30 frames a second.
const QUEUE_LIMITS: QueueLimits = QueueLimits { pictures: 120, sounds: 190 };

/// A push at work. Dropping it stops it.
pub struct Push {
    stream: OutputSource,
    masked: String,
    clock: ShowClock,
    meter: Arc<Meter>,
    stopping: Arc<AtomicBool>,
    orders: mpsc::Sender<PushMessage>,
    worker: Option<JoinHandle<()>>,
}

enum PushMessage {
    Stop,
    /// The verdict on the pipeline of a run.
    PipelineEnded(u64, Verdict),
}

impl Push {
    /// Starts pushing `stream` to `url`. `provide` is asked at each try for the stream as it is then; `None` when
    /// there is none at the moment. `report` is called at each change, and at each further failure, from a thread of
    /// the push; it must only pass it on.
    ///
    /// # Errors
    /// [`FailureKind::Here`] when there can be no thread.
    pub fn start(
        stream: OutputSource,
        provide: impl Fn() -> Option<CodedStream> + Send + 'static,
        url: &str,
        clock: &ShowClock,
        report: impl Fn(LinkState, Option<String>) + Send + 'static,
    ) -> Result<Self, Failure> {
        let (orders, inbox) = mpsc::channel();
        let (meter, stopping) = (Arc::new(Meter::default()), Arc::new(AtomicBool::new(false)));
        let destination = Destination::read(url);
        let masked = destination.as_ref().map_or_else(|_| "rtmp://…".to_owned(), Destination::masked);
        let (clock_, meter_, stopping_, sender) = (clock.clone(), meter.clone(), stopping.clone(), orders.clone());
        let work = move || {
            let destination = match destination {
                Ok(destination) => destination,
                Err(text) => return report(LinkState::Error, Some(text.to_owned())),
            };
            Worker { destination, clock: clock_, meter: meter_, stopping: stopping_, sender, inbox }
                .run(&provide, &report);
        };
        let worker = std::thread::Builder::new().name("push".into()).spawn(work);
        let worker = Some(worker.map_err(|e| here(format!("no thread for a push: {e}")))?);
        Ok(Self { stream, masked, clock: clock.clone(), meter, stopping, orders, worker })
    }

    /// The destination with its key hidden.
    pub fn url(&self) -> &str {
        &self.masked
    }

    /// What went through since the start, over all tries. `number` is the output's.
    pub fn stats(&self, number: u8) -> OutputStats {
        self.meter.stats(OutputKind::Push, number, self.stream.clone(), self.clock.now())
    }

    /// Closes the connection to the server and stops. Blocks for about half a second at most.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        self.stopping.store(true, Ordering::Relaxed);
        let _ = self.orders.send(PushMessage::Stop); // a push that has given up no longer receives
        if let Some(Err(_)) = self.worker.take().map(JoinHandle::join) {
            tracing::error!(to = %self.masked, "the thread of a push broke down");
        }
    }
}

impl Drop for Push {
    fn drop(&mut self) {
        if self.worker.is_some() {
            self.end();
        }
    }
}

/// How a try ended.
enum End {
    Stopped,
    /// Another try makes sense.
    Lost(String),
    /// No other try can work.
    Never(String),
}

struct Worker {
    destination: Destination,
    clock: ShowClock,
    meter: Arc<Meter>,
    stopping: Arc<AtomicBool>,
    sender: mpsc::Sender<PushMessage>,
    inbox: mpsc::Receiver<PushMessage>,
}

impl Worker {
    fn run(&self, provide: &dyn Fn() -> Option<CodedStream>, report: &dyn Fn(LinkState, Option<String>)) {
        let mut backoff = Backoff::default();
        report(LinkState::Connecting, None);
        loop {
            let number = backoff.begin();
            let mut live = None;
            let end = match provide() {
                Some(stream) => tasks::catch_panic("push", || self.attempt(&stream, number, &mut live, report))
                    .unwrap_or_else(|panicked| End::Lost(panicked.to_string())),
                None => End::Lost("the stream is not there".to_owned()),
            };
            self.meter.live(None);
            let text = match end {
                End::Stopped => return,
                End::Never(text) => return report(LinkState::Error, Some(text)),
                End::Lost(text) => self.destination.clean(&text),
            };
            tracing::warn!(to = %self.destination.masked(), "push lost: {text}");
            report(LinkState::Reconnecting, Some(text));
            let again = Instant::now() + backoff.failed(live.map_or(Duration::ZERO, |since: Instant| since.elapsed()));
            loop {
                match self.inbox.recv_timeout(again.saturating_duration_since(Instant::now())) {
                    Ok(PushMessage::PipelineEnded(..)) => {} // a late verdict on an old run
                    Err(RecvTimeoutError::Timeout) => break,
                    Ok(PushMessage::Stop) | Err(RecvTimeoutError::Disconnected) => return,
                }
            }
        }
    }

    fn attempt(
        &self,
        stream: &CodedStream,
        number: u64,
        live: &mut Option<Instant>,
        report: &dyn Fn(LinkState, Option<String>),
    ) -> End {
        let stopping = || self.stopping.load(Ordering::Relaxed);
        let mut pair = Pair::listen(stream, &self.clock, QUEUE_LIMITS, self.meter.clone());
        // A stream without media at the moment is no failure of the destination: wait without an end.
        let start = loop {
            match pair.stream_start(SILENCE, stopping) {
                Some(start) => break start,
                None if stopping() => return End::Stopped,
                None => {}
            }
        };
        if let Some(text) = unfit(&start) {
            return End::Never(text);
        }
        let (run, taken) = match self.open(&pair, &start, number) {
            Ok(open) => open,
            Err(failure) => return End::Lost(failure.text),
        };
        let (mut known, mut moved) = (0, Instant::now());
        loop {
            match self.inbox.recv_timeout(LOOK) {
                Ok(PushMessage::Stop) | Err(RecvTimeoutError::Disconnected) => {
                    pair.finish();
                    if live.is_some() {
                        let _ = run.drain(CLOSE_TIMEOUT); // it is going away in any case
                    }
                    return End::Stopped;
                }
                Ok(PushMessage::PipelineEnded(of, _)) if of != number => continue,
                Ok(PushMessage::PipelineEnded(_, Verdict::Failed(failure))) => return End::Lost(failure.text),
                Ok(PushMessage::PipelineEnded(_, Verdict::Ended)) => return End::Lost("it ended by itself".to_owned()),
                Err(RecvTimeoutError::Timeout) => {}
            }
            let count = taken.load(Ordering::Relaxed);
            if count != known || (live.is_some() && !pair.is_waiting()) {
                (known, moved) = (count, Instant::now());
            }
            // The sink accepts one buffer before it is connected and holds it; the second one shows that it is
            // connected.
            if live.is_none() && count >= 2 {
                *live = Some(Instant::now());
                self.meter.live(Some(self.clock.now()));
                report(LinkState::Live, None);
            }
            if moved.elapsed() >= SILENCE {
                let what = if live.is_some() { "takes no more data" } else { "does not answer" };
                return End::Lost(format!("the server {what} ({} s)", SILENCE.as_secs()));
            }
        }
    }

    /// Starts a pipeline. The count is of the buffers of media that its sink was given.
    fn open(&self, pair: &Pair, start: &StreamStart, number: u64) -> Result<(Run, Arc<AtomicU64>), Failure> {
        let name = if start.audio.is_some() { "push_sound" } else { "push_silent" };
        let values = [("location", self.destination.url().into())];
        let pipeline = Template::load(name).and_then(|t| t.build(&[], &values)).map_err(|e| here(e.to_string()))?;
        let missing = |element: &str| here(format!("pipelines/{name}.toml has no {element}"));
        let pad = pipeline.by_name("sink").and_then(|sink| sink.static_pad("sink")).ok_or_else(|| missing("sink"))?;
        let taken = Arc::new(AtomicU64::new(0));
        let count = taken.clone();
        pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
            // The sink keeps headers without sending them; they prove nothing about the other end.
            if info.buffer().is_some_and(|buffer| !buffer.flags().contains(gst::BufferFlags::HEADER)) {
                count.fetch_add(1, Ordering::Relaxed);
            }
            gst::PadProbeReturn::Ok
        });
        let end = |name: &str| pipeline.by_name(name).and_then(|e| e.downcast::<gst_app::AppSrc>().ok());
        let (video, audio) = (end("video").ok_or_else(|| missing("video"))?, end("audio"));
        let sender = Mutex::new(self.sender.clone());
        let run = Run::start(pipeline, &self.clock, move |verdict| {
            let sender = sender.lock().unwrap_or_else(PoisonError::into_inner);
            let _ = sender.send(PushMessage::PipelineEnded(number, verdict)); // fails when the push is over
        })?;
        pair.attach(video, audio);
        Ok((run, taken))
    }
}

/// Why a format does not fit into the FLV that RTMP carries.
fn unfit(start: &StreamStart) -> Option<String> {
    let caps = start.video.structure(0)?;
    match caps.name().as_str() {
        "video/x-h264" => None,
        "video/x-h265" => Some("H.265 cannot be pushed over RTMP; push an H.264 stream".to_owned()),
        other => Some(format!("{other} cannot be pushed over RTMP")),
    }
}

fn here(text: String) -> Failure {
    Failure { fault: FailureKind::Here, text }
}
