//! Media that is fetched: from a URL to packets, again and again until it is no longer wanted.
//!
//! ```text
//! PullSpec ─► guard ─► address ─► elements (RTSP, SRT, RTMP, UDP) ─┬─► demux ─► Packet
//!                            └──► web (HTTP, HLS) ─► appsrc ───────┘
//! ```
//!
//! Times of packets go on over reconnects. What is only a file is let out at its time.
//!
//! Refuses to know: the origin of the request, and what the packets are used for.

mod elements;
mod feeder;
mod fetch;
mod hls;
mod hls_key;
mod reader;
mod spec;
mod web;

pub use spec::{BadUrl, PullSpec, Transport};

use super::demux::{Output, Pace, Sink, Timeline};
use crate::{
    domain::fault::Blame,
    media::{
        clock::ShowClock,
        pipeline::{Failure, FailureKind, Run, Verdict},
        supervisor::Backoff,
    },
    protocol::{
        guard::{Forbidden, Guard},
        packet::Packet,
    },
    tasks::{self, Panicked},
};
use spec::Protocol;
use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio_util::sync::{CancellationToken, DropGuard};

/// Timeout of a connection attempt.
const CONNECT: Duration = Duration::from_secs(5);
/// Longest time without data.
const SILENCE: Duration = Duration::from_secs(10);
/// Poll interval of a run.
const LOOK: Duration = Duration::from_millis(50);
/// Between the last packet of a run and the first of the next.
const GAP: Duration = Duration::from_millis(40);

/// Events of a pull.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PullNews {
    /// It connects, or does so again.
    Buffering,
    /// Packets come.
    Publishing,
    /// A try failed; the next one follows. The text is for people and shows neither credentials nor addresses.
    Error { text: String, blame: Blame },
    /// A file has ended; nothing follows.
    Complete,
}

/// A pull that runs. Dropping it stops it; packets that are just being handed over may still arrive.
pub struct Pull {
    _stop: DropGuard,
}

/// Why a run ended.
enum End {
    /// Everything that was there has come.
    Finished(Pace),
    /// The sink wants no more.
    Unwanted,
    /// Its format changes here; the rest follows in a run of its own, at once.
    Goes,
    Failed {
        text: String,
        blame: Blame,
    },
}

impl From<Failure> for End {
    fn from(failure: Failure) -> Self {
        let blame = match failure.fault {
            FailureKind::Peer | FailureKind::Media => Blame::Peer,
            FailureKind::Here | FailureKind::NoSpace => Blame::Server,
        };
        Self::Failed { text: failure.text, blame }
    }
}

impl From<Forbidden> for End {
    fn from(why: Forbidden) -> Self {
        let blame = if why == Forbidden::Unresolved { Blame::Peer } else { Blame::Caller };
        Self::Failed { text: why.to_string(), blame }
    }
}

/// Starts to pull. `sink` gets the packets and returns whether it wants more; `on_event` gets the news. Both are called
/// from threads of the pull and must not block.
///
/// # Errors
/// The failure, when this machine has no thread for it. Faults of the other end are news, not errors.
pub fn start(
    spec: PullSpec,
    guard: Arc<Guard>,
    sink: impl Fn(Packet) -> bool + Send + Sync + 'static,
    on_event: impl Fn(PullNews) + Send + Sync + 'static,
) -> Result<Pull, Failure> {
    let here = |error: std::io::Error| Failure { fault: FailureKind::Here, text: error.to_string() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(here)?;
    let stop = CancellationToken::new();
    let (sink, on_event) = (Arc::new(sink), Arc::new(on_event));
    let puller = Puller {
        spec,
        guard,
        sink,
        on_event,
        born: Instant::now(),
        newest: None,
        tries: 0,
        hls: hls::Position::default(),
    };
    let stopped = stop.clone();
    std::thread::Builder::new()
        .name("pull".into())
        .spawn(move || {
            runtime.block_on(async {
                stopped.run_until_cancelled(puller.run()).await;
            });
            // A DNS look-up may hang for long; it is not waited for.
            runtime.shutdown_background();
        })
        .map_err(here)?;
    Ok(Pull { _stop: stop.drop_guard() })
}

struct Puller {
    spec: PullSpec,
    guard: Arc<Guard>,
    sink: Sink,
    on_event: Arc<dyn Fn(PullNews) + Send + Sync>,
    born: Instant,
    /// The latest time that a packet had.
    newest: Option<Duration>,
    tries: usize,
    hls: hls::Position,
}

impl Puller {
    async fn run(mut self) {
        let mut backoff = Backoff::default();
        loop {
            (self.on_event)(PullNews::Buffering);
            let begun = Instant::now();
            let end = loop {
                let attempt = tasks::catch_panic_async("pull", self.attempt()).await;
                let broke = |panicked: Panicked| End::Failed { text: panicked.to_string(), blame: Blame::Server };
                match attempt.unwrap_or_else(broke) {
                    End::Goes => {}
                    end => break end,
                }
            };
            self.tries += 1;
            let wait = match end {
                End::Unwanted => return,
                End::Finished(Pace::Clock) if !self.spec.again => {
                    (self.on_event)(PullNews::Complete);
                    return;
                }
                // An empty file must not keep the machine busy.
                End::Finished(Pace::Clock) if begun.elapsed() > Duration::from_millis(500) => Duration::ZERO,
                End::Finished(_) | End::Goes => backoff.failed(begun.elapsed()),
                End::Failed { text, blame } => {
                    tracing::debug!(url = %self.spec, "pull: {text}");
                    (self.on_event)(PullNews::Error { text, blame });
                    backoff.failed(begun.elapsed())
                }
            };
            tokio::time::sleep(wait).await;
        }
    }

    async fn attempt(&mut self) -> End {
        match self.spec.protocol {
            Protocol::Web => fetch::attempt(self).await,
            _ => self.connect().await,
        }
    }

    /// One run of elements that connect by themselves.
    async fn connect(&mut self) -> End {
        let addresses = match self.addresses().await {
            Ok(addresses) => addresses,
            Err(end) => return end,
        };
        let Some(address) = addresses.get(self.tries % addresses.len().max(1)).copied() else {
            return Forbidden::Unresolved.into();
        };
        let output = self.output(Pace::Live, matches!(self.spec.protocol, Protocol::Rtsp { .. }));
        let pipeline = match elements::build(&self.spec, address, &output) {
            Ok(pipeline) => pipeline,
            Err(failure) => return failure.into(),
        };
        match Running::start(pipeline, output) {
            Ok(running) => self.watch(&running, Pace::Live).await,
            Err(failure) => failure.into(),
        }
    }

    /// Resolves the name and checks the addresses.
    async fn addresses(&self) -> Result<Vec<SocketAddr>, End> {
        let (guard, url) = (self.guard.clone(), self.spec.url.clone());
        let looking = tokio::task::spawn_blocking(move || guard.check(&url));
        match tokio::time::timeout(CONNECT, looking).await {
            Ok(Ok(found)) => Ok(found?),
            _ => Err(Forbidden::Unresolved.into()),
        }
    }

    /// An output that continues the times of the last one.
    fn output(&self, pace: Pace, needs_dts: bool) -> Arc<Output> {
        let begin = self.born.elapsed().max(self.newest.map_or(Duration::ZERO, |newest| newest + GAP));
        Output::new(self.sink.clone(), Timeline::new(begin, pace), needs_dts)
    }

    /// Watches a run to its end.
    async fn watch(&mut self, running: &Running, pace: Pace) -> End {
        let begun = Instant::now();
        let mut publishing = false;
        loop {
            let verdict = running.run.settle(Duration::ZERO);
            let output = &running.output;
            self.newest = self.newest.max(output.newest());
            if !publishing && output.packets() > 0 {
                publishing = true;
                (self.on_event)(PullNews::Publishing);
            }
            if output.is_closed() {
                return End::Unwanted;
            }
            match verdict {
                Some(Verdict::Ended) if output.packets() == 0 => return nothing(output),
                Some(Verdict::Ended) => return End::Finished(pace),
                // What is missing on this machine showed when the run was built; later failures are the other end's.
                Some(Verdict::Failed(failure)) => return End::Failed { text: failure.text, blame: Blame::Peer },
                None => {}
            }
            let silent = match output.idle() {
                Some(idle) => idle > SILENCE,
                None => begun.elapsed() > CONNECT + SILENCE,
            };
            if silent {
                return nothing(output);
            }
            if let Some(what) = output.unknown().filter(|_| begun.elapsed() > CONNECT) {
                return unsupported(what);
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}

fn nothing(output: &Output) -> End {
    match output.unknown() {
        Some(what) => unsupported(what),
        None => End::Failed { text: "nothing came in time".into(), blame: Blame::Peer },
    }
}

fn unsupported(text: String) -> End {
    End::Failed { text, blame: Blame::Peer }
}

/// A pipeline with its output. The output's threads are woken before the pipeline is stopped.
struct Running {
    output: Arc<Output>,
    run: Run,
}

impl Running {
    fn start(pipeline: gst::Pipeline, output: Arc<Output>) -> Result<Self, Failure> {
        // A clock of its own: the output sets the times of packets, not the show.
        let run = Run::start(pipeline, &ShowClock::start(), |_| {})?;
        Ok(Self { output, run })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.output.close();
    }
}
