//! What callers of the lights and their ticker have in common: the strip's state behind a lock, and what is measured.

use super::{
    input::SacnInput,
    output::{OutputStats, Outputs},
    strip_state::StripState,
};
use crate::domain::lights::Rgb;
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tokio::sync::watch;

/// What is measured of the lights.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Figures {
    /// Frames of the last whole second.
    pub fps: f64,
    /// Frames since the start.
    pub frames: u64,
    /// Frames that were left out because their time was over.
    pub late: u64,
    /// What went out.
    pub output: OutputStats,
}

/// What callers and the ticker have in common.
pub(super) struct Shared {
    strip_state: Mutex<StripState>,
    /// The lighting desk that is listened to.
    desk: Mutex<Option<SacnInput>>,
    /// Those that the ticker is to send to from the next frame on.
    next_outputs: Mutex<Option<Outputs>>,
    figures: Mutex<Figures>,
    pub(super) began: Instant,
    pub(super) frames: watch::Sender<Arc<[Rgb]>>,
    changes: watch::Sender<u64>,
}

impl Shared {
    /// A strip's state, with no desk listened to and nothing measured.
    pub(super) fn new(strip_state: StripState) -> Self {
        Self {
            strip_state: Mutex::new(strip_state),
            desk: Mutex::new(None),
            next_outputs: Mutex::new(None),
            figures: Mutex::default(),
            began: Instant::now(),
            frames: watch::Sender::new(Arc::from([])),
            changes: watch::Sender::new(0),
        }
    }

    /// Other outputs, from the next frame on.
    pub(super) fn set_outputs(&self, outputs: Outputs) {
        *self.next_outputs() = Some(outputs);
    }

    /// The outputs that are to take over, if there are any.
    pub(super) fn take_outputs(&self) -> Option<Outputs> {
        self.next_outputs().take()
    }

    fn next_outputs(&self) -> MutexGuard<'_, Option<Outputs>> {
        self.next_outputs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was measured last.
    pub(super) fn figures(&self) -> Figures {
        *self.figures.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes of the state, by a number that only grows.
    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Time since the start.
    pub(super) fn now(&self) -> Duration {
        self.began.elapsed()
    }

    /// One frame; `sent` gets it.
    pub(super) fn turn(&self, now: Duration, sent: impl FnOnce(&StripState)) {
        let desk = self.desk();
        let mut strip_state = self.strip_state();
        let moved = strip_state.turn(now, |pixels| {
            if let Some(input) = desk.as_ref() {
                input.copy_frame(now, pixels);
            }
        });
        sent(&strip_state);
        drop(strip_state);
        if moved {
            self.changed();
        }
    }

    /// Writes down what was measured.
    pub(super) fn measured(&self, figures: Figures) {
        *self.figures.lock().unwrap_or_else(PoisonError::into_inner) = figures;
    }

    pub(super) fn changed(&self) {
        self.changes.send_modify(|count| *count += 1);
    }

    pub(super) fn strip_state(&self) -> MutexGuard<'_, StripState> {
        self.strip_state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn desk(&self) -> MutexGuard<'_, Option<SacnInput>> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
