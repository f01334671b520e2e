//! One run of one pipeline: started on show time, watched, and stopped without leaving anything behind.
//!
//! Refuses to know: what the pipeline does, and whether it is worth another try; that is up to the supervisor.

use super::clock::ShowClock;
use crate::tasks::{self, Panicked};
use gst::prelude::*;
use std::{
    sync::{Arc, Condvar, Mutex, PoisonError},
    thread::JoinHandle,
    time::Duration,
};

/// How a pipeline ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Everything that was in it came out.
    Ended,
    /// It can go no further.
    Failed(Failure),
}

/// Why a pipeline failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub fault: FailureKind,
    /// The element and its message, for the log and for people.
    pub text: String,
}

/// Where the cause of a failure lies, judged by the error's domain and code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// The other end: absent, refusing, or gone. Another try makes sense.
    Peer,
    /// What came in cannot be decoded or is in no known format.
    Media,
    /// This machine's disk is full.
    NoSpace,
    /// This machine: a missing element, no memory.
    Here,
}

/// Judges an error by domain and code, never by its English text.
pub fn judge(error: &glib::Error) -> FailureKind {
    if let Some(code) = error.kind::<gst::ResourceError>() {
        return match code {
            gst::ResourceError::NoSpaceLeft => FailureKind::NoSpace,
            gst::ResourceError::Settings | gst::ResourceError::OpenReadWrite => FailureKind::Here,
            _ => FailureKind::Peer,
        };
    }
    if error.is::<gst::StreamError>() {
        return FailureKind::Media;
    }
    FailureKind::Here
}

/// A pipeline that is running. Dropping it stops it at once.
pub struct Run {
    pipeline: gst::Pipeline,
    ended: Arc<Ended>,
}

#[derive(Default)]
struct Ended {
    verdict: Mutex<Option<Verdict>>,
    changed: Condvar,
}

impl Run {
    /// Starts a pipeline. `on_verdict` is called once, from a thread of the pipeline, when it ends or fails; it must
    /// only forward the verdict.
    ///
    /// # Errors
    /// The failure, when it cannot even start.
    pub fn start(
        pipeline: gst::Pipeline,
        clock: &ShowClock,
        on_verdict: impl Fn(Verdict) + Send + Sync + 'static,
    ) -> Result<Self, Failure> {
        let ended = Arc::new(Ended::default());
        let bus = pipeline.bus().ok_or_else(|| here("the pipeline has no bus"))?;
        let seen = ended.clone();
        let drawn = pipeline.downgrade();
        bus.set_sync_handler(move |_, message| {
            let verdict = match message.view() {
                gst::MessageView::Eos(_) => Verdict::Ended,
                gst::MessageView::Error(error) => {
                    if let Some(pipeline) = drawn.upgrade() {
                        // Written only when GST_DEBUG_DUMP_DOT_DIR names a folder.
                        pipeline.debug_to_dot_file(gst::DebugGraphDetails::ALL, pipeline.name());
                    }
                    let from = error.src().map(|s| s.name().to_string()).unwrap_or_default();
                    let text = format!("{from}: {}", error.error().message());
                    Verdict::Failed(Failure { fault: judge(&error.error()), text })
                }
                gst::MessageView::Warning(warning) => {
                    tracing::debug!(from = ?warning.src().map(|s| s.name()), "{}", warning.error());
                    return gst::BusSyncReply::Drop;
                }
                _ => return gst::BusSyncReply::Drop,
            };
            let mut known = seen.verdict.lock().unwrap_or_else(PoisonError::into_inner);
            if known.is_none() {
                *known = Some(verdict.clone());
                drop(known);
                seen.changed.notify_all();
                on_verdict(verdict);
            }
            gst::BusSyncReply::Drop
        });
        clock.adopt(&pipeline);
        let run = Self { pipeline, ended };
        if run.pipeline.set_state(gst::State::Playing).is_err() {
            let verdict = run.ended.verdict.lock().unwrap_or_else(PoisonError::into_inner).take();
            return Err(match verdict {
                Some(Verdict::Failed(failure)) => failure,
                _ => here("the pipeline refused to start"),
            });
        }
        Ok(run)
    }

    /// The pipeline, to look things up in it.
    pub fn pipeline(&self) -> &gst::Pipeline {
        &self.pipeline
    }

    /// Waits until the end-of-stream that the caller has sent came out at the other end, then stops. Blocks.
    ///
    /// # Errors
    /// The failure that came instead, or that nothing came before the deadline.
    pub fn drain(self, deadline: Duration) -> Result<(), Failure> {
        match self.settle(deadline) {
            Some(Verdict::Ended) => Ok(()),
            Some(Verdict::Failed(failure)) => Err(failure),
            None => {
                tracing::warn!(pipeline = %self.pipeline.name(), "did not drain in {deadline:?}");
                Err(here("it did not finish in time"))
            }
        }
    }

    /// Waits for the end or a failure, at most until the deadline. Blocks.
    pub fn settle(&self, deadline: Duration) -> Option<Verdict> {
        let known = self.ended.verdict.lock().unwrap_or_else(PoisonError::into_inner);
        let (known, _) = self
            .ended
            .changed
            .wait_timeout_while(known, deadline, |verdict| verdict.is_none())
            .unwrap_or_else(PoisonError::into_inner);
        known.clone()
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        let _ = self.pipeline.set_state(gst::State::Null);
        // The handler owns the caller's closure; without this that would live as long as the bus does.
        if let Some(bus) = self.pipeline.bus() {
            bus.unset_sync_handler();
        }
    }
}

impl From<Panicked> for Failure {
    fn from(panicked: Panicked) -> Self {
        Self { fault: FailureKind::Here, text: panicked.to_string() }
    }
}

fn here(text: &str) -> Failure {
    Failure { fault: FailureKind::Here, text: text.to_owned() }
}

/// The thread of [`on_background_thread`].
pub type BackgroundTask = JoinHandle<Result<(), Panicked>>;

/// Runs `work` on a thread of its own, or on the calling thread when none can be started.
pub fn on_background_thread(name: &str, work: impl FnOnce() + Send + 'static) -> Option<BackgroundTask> {
    let work = Arc::new(Mutex::new(Some(work)));
    let shared = work.clone();
    let begin = move || {
        let work = shared.lock().unwrap_or_else(PoisonError::into_inner).take();
        work.into_iter().for_each(|work| work());
    };
    match tasks::once_thread("aside", name, begin.clone()) {
        Ok(thread) => Some(thread),
        Err(error) => {
            tracing::error!("no thread for {name}: {error}");
            begin();
            None
        }
    }
}
