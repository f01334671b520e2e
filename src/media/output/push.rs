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

mod connection;
mod tags;

use super::{
    meter::Meter,
    pair::{Pair, QueueLimits, StreamStart},
    stream::CodedStream,
};
use crate::{
    domain::{
        output::{LinkState, OutputSource},
        push_url::PushUrl,
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
use connection::{Connection, Trouble};
use gst::prelude::*;
use std::{
    sync::{Arc, Mutex, PoisonError},
    thread::JoinHandle,
    time::{Duration, Instant},
};
use tokio::{
    runtime::Runtime,
    sync::{mpsc, oneshot},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

/// A destination that does not answer or takes no data for so long is lost.
pub const SILENCE: Duration = Duration::from_secs(8);
/// How long closing the connection to the server may take.
const CLOSE_TIMEOUT: Duration = Duration::from_millis(500);
/// Buffers of the muxer that wait beside [`QUEUE_LIMITS`]: one of picture or sound each.
const WAITING: usize = 16;
/// What may wait for the network: 4 s at 30 frames a second.
const QUEUE_LIMITS: QueueLimits = QueueLimits { pictures: 120, sounds: 190 };

/// A push at work. Dropping it stops it.
pub struct Push {
    stream: OutputSource,
    masked: String,
    clock: ShowClock,
    meter: Arc<Meter>,
    stop: CancellationToken,
    worker: Option<JoinHandle<()>>,
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
        destination: PushUrl,
        clock: &ShowClock,
        report: impl Fn(LinkState, Option<String>) + Send + 'static,
    ) -> Result<Self, Failure> {
        let (meter, stop) = (Arc::new(Meter::default()), CancellationToken::new());
        let masked = destination.masked();
        let worker = Worker { destination, clock: clock.clone(), meter: meter.clone(), stop: stop.clone() };
        let work = move || worker.run(&provide, &report);
        let worker = std::thread::Builder::new().name("push".into()).spawn(work);
        let worker = Some(worker.map_err(|e| here(format!("no thread for a push: {e}")))?);
        Ok(Self { stream, masked, clock: clock.clone(), meter, stop, worker })
    }

    /// The address without its secrets.
    pub fn url(&self) -> &str {
        &self.masked
    }

    /// What went through so far. `number` is the output's.
    pub fn stats(&self, number: u8) -> OutputStats {
        self.meter.stats(OutputKind::Push, number, self.stream.clone(), self.clock.now())
    }

    /// Stops it, with a farewell to the server if it is live. Blocks for up to half a second.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        self.stop.cancel();
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

/// What runs during a try. Dropped in this order: a pipeline that stops waits until its last buffer is taken or refused.
struct Flow {
    flv: mpsc::Receiver<gst::Buffer>,
    verdict: oneshot::Receiver<Verdict>,
    _run: Run,
}

struct Worker {
    destination: PushUrl,
    clock: ShowClock,
    meter: Arc<Meter>,
    stop: CancellationToken,
}

impl Worker {
    fn run(&self, provide: &dyn Fn() -> Option<CodedStream>, report: &dyn Fn(LinkState, Option<String>)) {
        if let Err(text) = self.destination.parts() {
            return report(LinkState::Error, Some(text.to_owned()));
        }
        let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime,
            Err(error) => return report(LinkState::Error, Some(format!("no connection can be made here: {error}"))),
        };
        report(LinkState::Connecting, None);
        let mut backoff = Backoff::default();
        loop {
            backoff.begin();
            let mut live = None;
            let end = match provide() {
                Some(stream) => tasks::catch_panic("push", || self.attempt(&runtime, &stream, &mut live, report))
                    .unwrap_or_else(|panicked| End::Lost(panicked.to_string())),
                None => End::Lost("The stream is not there".to_owned()),
            };
            self.meter.live(None);
            let text = match end {
                End::Stopped => break,
                End::Never(text) => {
                    report(LinkState::Error, Some(text));
                    break;
                }
                End::Lost(text) => text,
            };
            tracing::warn!(to = %self.destination.masked(), "push lost: {text}");
            report(LinkState::Reconnecting, Some(text));
            let wait = backoff.failed(live.map_or(Duration::ZERO, |since: Instant| since.elapsed()));
            // The timer needs the runtime when it is made.
            if runtime.block_on(async { timeout(wait, self.stop.cancelled()).await }).is_ok() {
                break;
            }
        }
        runtime.shutdown_background(); // a name that is being looked up must not hold up the end
    }

    fn attempt(
        &self,
        runtime: &Runtime,
        stream: &CodedStream,
        live: &mut Option<Instant>,
        report: &dyn Fn(LinkState, Option<String>),
    ) -> End {
        let mut pair = Pair::listen(stream, &self.clock, QUEUE_LIMITS, self.meter.clone());
        // A stream without media at the moment is no failure of the destination: wait without an end.
        let start = loop {
            match pair.stream_start(SILENCE, || self.stop.is_cancelled()) {
                Some(start) => break start,
                None if self.stop.is_cancelled() => return End::Stopped,
                None => {}
            }
        };
        if let Some(text) = unfit(&start) {
            return End::Never(text);
        }
        let mut flow = match self.flow(&pair, &start) {
            Ok(flow) => flow,
            Err(failure) => return End::Lost(failure.text),
        };
        let live_now = |live: &mut Option<Instant>| {
            *live = Some(Instant::now());
            self.meter.live(Some(self.clock.now()));
            report(LinkState::Live, None);
        };
        runtime.block_on(async {
            let opened = tokio::select! {
                opened = timeout(SILENCE, Connection::open(&self.destination)) => opened,
                () = self.stop.cancelled() => return End::Stopped,
            };
            let mut connection = match opened.unwrap_or(Err(Trouble::NoAnswer(SILENCE.as_secs()))) {
                Ok(connection) => connection,
                Err(trouble) => return End::Lost(trouble.to_string()),
            };
            loop {
                // Whether media went out: headers prove nothing about the other end.
                let done = tokio::select! {
                    biased;
                    () = self.stop.cancelled() => {
                        pair.finish();
                        let _ = timeout(CLOSE_TIMEOUT, farewell(flow, connection)).await; // it is going away in any case
                        return End::Stopped;
                    }
                    verdict = &mut flow.verdict => return End::Lost(match verdict {
                        Ok(Verdict::Failed(failure)) => failure.text,
                        Ok(Verdict::Ended) | Err(_) => "The stream ended by itself".to_owned(),
                    }),
                    read = connection.read() => match read {
                        Ok(()) => self.flush(&mut connection).await.map(|()| false),
                        Err(trouble) => Err(trouble),
                    },
                    flv = flow.flv.recv() => match flv {
                        Some(flv) => match put(&mut connection, &flv) {
                            Ok(()) => {
                                let header = flv.flags().contains(gst::BufferFlags::HEADER);
                                self.flush(&mut connection).await.map(|()| !header)
                            }
                            Err(trouble) => Err(trouble),
                        },
                        None => Err(Trouble::Here("The stream ended by itself".to_owned())),
                    },
                };
                match done {
                    Ok(true) if live.is_none() => live_now(live),
                    Ok(_) => {}
                    Err(_) if self.stop.is_cancelled() => return End::Stopped,
                    Err(trouble) => return End::Lost(trouble.to_string()),
                }
            }
        })
    }

    /// Sends what is in line, unless the server takes nothing or the push is stopped.
    async fn flush(&self, connection: &mut Connection) -> Result<(), Trouble> {
        let stalled = || Trouble::Stalled(SILENCE.as_secs());
        tokio::select! {
            sent = timeout(SILENCE, connection.flush()) => sent.unwrap_or_else(|_| Err(stalled())),
            () = self.stop.cancelled() => Err(stalled()),
        }
    }

    /// Starts the pipeline that makes FLV of the stream.
    fn flow(&self, pair: &Pair, start: &StreamStart) -> Result<Flow, Failure> {
        let name = if start.audio.is_some() { "push_sound" } else { "push_silent" };
        let pipeline = Template::load(name).and_then(|t| t.build(&[], &[])).map_err(|e| here(e.to_string()))?;
        let missing = |element: &str| here(format!("pipelines/{name}.toml has no {element}"));
        let sink = pipeline.by_name("sink").and_then(|sink| sink.downcast::<gst_app::AppSink>().ok());
        let (sender, flv) = mpsc::channel(WAITING);
        let eos_sender = Arc::new(Mutex::new(Some(sender)));
        let ended = eos_sender.clone();
        let sample = move |sink: &gst_app::AppSink| {
            let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
            let sender = eos_sender.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let (Some(sender), Some(buffer)) = (sender, sample.buffer_owned()) else {
                return Err(gst::FlowError::Flushing);
            };
            // Waits while the server is slow; refused once the try is over.
            sender.blocking_send(buffer).map(|()| gst::FlowSuccess::Ok).map_err(|_| gst::FlowError::Flushing)
        };
        let eos = move |_: &gst_app::AppSink| {
            ended.lock().unwrap_or_else(PoisonError::into_inner).take();
        };
        let callbacks = gst_app::AppSinkCallbacks::builder().new_sample(sample).eos(eos).build();
        sink.ok_or_else(|| missing("sink"))?.set_callbacks(callbacks);
        let end = |name: &str| pipeline.by_name(name).and_then(|e| e.downcast::<gst_app::AppSrc>().ok());
        let (video, audio) = (end("video").ok_or_else(|| missing("video"))?, end("audio"));
        let (tell, verdict) = oneshot::channel();
        let tell = Mutex::new(Some(tell));
        let run = Run::start(pipeline, &self.clock, move |verdict| {
            if let Some(tell) = tell.lock().unwrap_or_else(PoisonError::into_inner).take() {
                let _ = tell.send(verdict); // fails when the try is over
            }
        })?;
        pair.attach(video, audio);
        Ok(Flow { flv, verdict, _run: run })
    }
}

/// Puts a buffer of the muxer in line.
fn put(connection: &mut Connection, flv: &gst::Buffer) -> Result<(), Trouble> {
    let bytes = flv.map_readable().map_err(|_| Trouble::Here("A buffer of the stream cannot be read".to_owned()))?;
    connection.put(&bytes)
}

/// Sends what is left of the stream, and that it is over.
async fn farewell(mut flow: Flow, mut connection: Connection) -> Result<(), Trouble> {
    while let Some(flv) = flow.flv.recv().await {
        put(&mut connection, &flv)?;
        connection.flush().await?;
    }
    connection.close().await
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
