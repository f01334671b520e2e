//! Inputs come, change and go while the mixer runs.
//!
//! ```text
//! ChangeInput ─► thread ─┬─ opens a device, starts a pattern, draws a slate: all slow work
//!                        ├─► Sources           (registry)
//!                        └─► mixer instruction ─► InputChanged, with the slot
//! ```
//!
//! One thread carries the changes out in their order; the show bounds how many may wait. What fails is undone before it
//! is reported: the input is as it was.
//!
//! Refuses to know: what is on air; the show asks for nothing that would empty program.

use super::sources::Sources;
use crate::{
    domain::{
        command::Ticket,
        input::{Input, InputChange},
        order::Report,
        source::{SourceId, SourceKind},
        time::Format,
    },
    media::{
        clock::ShowClock,
        ingest::{capture, frame_queue::Frame, lights, pattern, source::Source},
        mixer::{self, Instruction, Mixer},
        pipeline::{Failure, FailureKind},
    },
    tasks,
};
use std::{
    collections::BTreeMap,
    sync::{Arc, mpsc},
    thread::JoinHandle,
    time::Duration,
};

/// How long the mixer may take to hand a source back, beyond the time that it was given to wait.
const HAND_BACK_TIMEOUT: Duration = Duration::from_secs(2);
/// How long a device may take from opening to its first picture before it replaces another source all the same, beyond
/// the latency of the input.
const FIRST_PICTURE: Duration = Duration::from_millis(500);

/// What puts an input's media on its source; dropping it ends it.
type InputProducer = Box<dyn Send>;

/// What every input is made with.
pub struct InputContext {
    pub clock: ShowClock,
    pub project: Format,
    /// How long the last frame of a silent source is held.
    pub hold: Duration,
    /// The strip of a [`SourceKind::Lights`].
    pub leds: Option<lights::Strip>,
    pub sources: Arc<Sources>,
}

/// Inputs with what feeds them, before there is a mixer.
pub struct InputsBuilder {
    context: InputContext,
    producers: BTreeMap<SourceId, InputProducer>,
    next: u32,
}

/// See the module's text.
pub struct Inputs {
    orders: mpsc::Sender<Job>,
    reports: tokio::sync::mpsc::UnboundedSender<Report>,
    thread: Option<JoinHandle<()>>,
}

enum Job {
    Change { ticket: Ticket, id: SourceId, change: InputChange },
    Stop,
}

struct Worker {
    context: InputContext,
    producers: BTreeMap<SourceId, InputProducer>,
    mixer: Arc<Mixer>,
    reports: tokio::sync::mpsc::UnboundedSender<Report>,
}

/// How a device is to be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OpenPolicy {
    /// It must be there now.
    Now,
    /// It is tried until it is there.
    Retry,
}

impl InputsBuilder {
    /// No inputs yet.
    pub fn new(context: InputContext) -> Self {
        Self { context, producers: BTreeMap::new(), next: 0 }
    }

    /// An input that the show begins with; their ids are their places. A device that is not there yet is tried until it
    /// is.
    ///
    /// # Errors
    /// A sentence naming the input and what is missing on this machine.
    pub fn add(&mut self, input: &Input) -> anyhow::Result<(SourceId, mixer::Input)> {
        let id = SourceId(self.next);
        self.next += 1;
        let source = self.context.source(id, input);
        let producer = self.context.feed(&source, &input.kind, OpenPolicy::Retry);
        let producer = producer.map_err(|failure| anyhow::anyhow!("{}: {}", input.label, failure.text))?;
        let slate = mixer::slate(self.context.project, &input.label)?;
        self.context.sources.put(source.clone(), input.kind.clone());
        self.producers.insert(id, producer);
        Ok((id, mixer::Input::new(source, slate)))
    }

    /// From here on inputs come and go by orders.
    ///
    /// # Errors
    /// When there is no thread to be had.
    pub fn run(
        self,
        mixer: Arc<Mixer>,
        reports: tokio::sync::mpsc::UnboundedSender<Report>,
    ) -> std::io::Result<Inputs> {
        let (orders, inbox) = mpsc::channel(); // bounded as all orders are, by the conductor
        let own_reports = reports.clone();
        let mut worker = Worker { context: self.context, producers: self.producers, mixer, reports };
        let thread = tasks::restarting_thread("input-changes", "inputs", move || {
            while let Ok(Job::Change { ticket, id, change }) = inbox.recv() {
                let changed = tasks::catch_panic("input-changes", || worker.change(ticket, id, change));
                if let Err(failure) = changed.unwrap_or_else(|panicked| Err(panicked.into())) {
                    worker.report(Report::InputFailed { ticket, reason: failure.text });
                }
            }
        })?;
        Ok(Inputs { orders, reports: own_reports, thread: Some(thread) })
    }
}

impl Inputs {
    /// Orders a change. Never blocks.
    pub fn order(&self, ticket: Ticket, id: SourceId, change: InputChange) {
        if self.orders.send(Job::Change { ticket, id, change }).is_err() {
            let reason = "inputs can no longer be changed".to_owned();
            let _ = self.reports.send(Report::InputFailed { ticket, reason }); // fails only at shutdown
        }
    }
}

impl Drop for Inputs {
    fn drop(&mut self) {
        let _ = self.orders.send(Job::Stop);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join(); // its panic is known already
        }
    }
}

impl InputContext {
    fn source(&self, id: SourceId, input: &Input) -> Arc<Source> {
        Source::new(id, input.label.clone(), self.clock.clone(), self.project, input.latency, self.hold)
    }

    /// Starts what feeds a source.
    fn feed(&self, source: &Arc<Source>, kind: &SourceKind, policy: OpenPolicy) -> Result<InputProducer, Failure> {
        let (clock, project) = (&self.clock, self.project);
        Ok(match kind {
            SourceKind::Rtmp { .. } => Box::new(source.show(&source.live).map_err(|error| here(error.to_string()))?),
            // It is put on the source when it is there.
            SourceKind::Stream { .. } => Box::new(()),
            SourceKind::Pattern { pattern, tone_hz } => {
                Box::new(pattern::start(source, clock, project, pattern, *tone_hz)?)
            }
            SourceKind::Capture(spec) => Box::new(match policy {
                OpenPolicy::Now => capture::open(source, clock, project, spec)?,
                OpenPolicy::Retry => capture::start(source, clock, project, spec)?,
            }),
            SourceKind::Lights => {
                let strip = self.leds.clone().ok_or_else(|| here("this server has no lights"))?;
                Box::new(lights::start(source, clock, project, strip).map_err(|error| here(error.to_string()))?)
            }
        })
    }
}

impl Worker {
    fn change(&mut self, ticket: Ticket, id: SourceId, change: InputChange) -> Result<(), Failure> {
        match change {
            InputChange::Add(input) => self.add(ticket, id, &input)?,
            InputChange::Remove => self.remove(ticket, id),
            InputChange::Rename(label) => {
                self.present(id)?;
                let slate = self.slate(&label)?;
                self.mixer.instruct(Instruction::Slate { ticket, id, slate });
            }
            InputChange::Assign(kind) => self.assign(ticket, id, kind)?,
            InputChange::SetLatency(latency) => {
                self.present(id)?.set_latency(latency);
                let rate = self.context.project.rate;
                let slot = rate.slot_at(self.context.clock.now());
                self.report(Report::InputChanged { ticket, slot, time: rate.time_of(slot) });
            }
        }
        Ok(())
    }

    fn add(&mut self, ticket: Ticket, id: SourceId, input: &Input) -> Result<(), Failure> {
        let source = self.context.source(id, input);
        let producer = self.context.feed(&source, &input.kind, OpenPolicy::Now)?;
        let slate = self.slate(&input.label)?;
        self.producers.insert(id, producer);
        // Before the mixer confirms it: when the caller gets its answer, the source can be looked up.
        self.context.sources.put(source.clone(), input.kind.clone());
        self.mixer.instruct(Instruction::Add { ticket, id, input: mixer::Input::new(source, slate) });
        tracing::info!(input = %id, label = input.label, kind = input.kind.name(), "input added");
        Ok(())
    }

    fn remove(&mut self, ticket: Ticket, id: SourceId) {
        self.context.sources.remove(id);
        let (retired, back) = mpsc::channel();
        self.mixer.instruct(Instruction::Remove { ticket, id, retired });
        // Dropped after it has left the picture.
        drop(back.recv_timeout(HAND_BACK_TIMEOUT));
        drop(self.producers.remove(&id));
        tracing::info!(input = %id, "input removed");
    }

    /// Another source in the place of the one that is there. It is begun beside the old one, which goes on until the
    /// mixer has exchanged them.
    fn assign(&mut self, ticket: Ticket, id: SourceId, kind: SourceKind) -> Result<(), Failure> {
        let old = self.present(id)?;
        let old_kind = self.context.sources.kind(id).ok_or_else(|| gone(id))?;
        let source = old.successor();
        // A device can be opened once: the old capture must release it first.
        let same_device = match (&old_kind, &kind) {
            (SourceKind::Capture(old), SourceKind::Capture(new)) => old.shares_a_device(new),
            _ => false,
        };
        if same_device {
            drop(self.producers.remove(&id));
        }
        let producer = match self.context.feed(&source, &kind, OpenPolicy::Now) {
            Ok(producer) => producer,
            Err(failure) if same_device => {
                let back = self.context.feed(&old, &old_kind, OpenPolicy::Retry);
                back.map(|producer| self.producers.insert(id, producer))?;
                return Err(failure);
            }
            Err(failure) => return Err(failure),
        };
        tracing::info!(input = %id, kind = kind.name(), "input assigned");
        // A source that is made here produces pictures by itself: the old source stays until then. A published stream
        // is put on the source when the change is confirmed.
        let wait = if kind.is_made_here() { source.latency() + FIRST_PICTURE } else { Duration::ZERO };
        let max_wait = if wait.is_zero() { 0 } else { self.context.project.rate.slots_in(wait) };
        self.context.sources.put(source.clone(), kind);
        let (retired, back) = mpsc::channel();
        self.mixer.instruct(Instruction::Replace { ticket, id, source, max_wait, retired });
        drop(back.recv_timeout(wait + HAND_BACK_TIMEOUT));
        drop(self.producers.insert(id, producer));
        Ok(())
    }

    fn slate(&self, label: &str) -> Result<Frame, Failure> {
        mixer::slate(self.context.project, label).map_err(|error| here(error.to_string()))
    }

    fn present(&self, id: SourceId) -> Result<Arc<Source>, Failure> {
        self.context.sources.get(id).ok_or_else(|| gone(id))
    }

    fn report(&self, report: Report) {
        let _ = self.reports.send(report); // fails only at shutdown
    }
}

fn gone(id: SourceId) -> Failure {
    here(format!("there is no source {id}"))
}

fn here(text: impl Into<String>) -> Failure {
    Failure { fault: FailureKind::Here, text: text.into() }
}
