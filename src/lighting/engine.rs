//! The running lights: the strip's state, the ticker that advances it, and where its frames go.
//!
//! ```text
//! callers ─ lock ─► StripState ◄─ lock, 60 times a second ─ ticker ─► outputs
//!    changes ◄─ notice ─┘                                   └─ frames, while somebody watches
//! ```
//!
//! A caller holds the lock for microseconds, the ticker while it draws a frame. Refuses to know: who calls.

use super::{
    input::{InputStatus, SacnInput, SacnInputSpec},
    layer::Layer,
    output::{OutputStats, Outputs},
    patch::OutputSpec,
    strip_state::{Left, Snapshot, StripState},
    ticker::{self, Ticker},
};
use crate::domain::{
    fault::Fault,
    lights::{Controller, ControllerChange, NewSegment, Nightlight, Pixels, Rgb, Segment, SegmentChange, Strip},
};
use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tokio::sync::watch;

/// What an engine is built from.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The strip as it was left, or a new one.
    pub strip: Strip,
    /// What brightness is bent by; 1.0 leaves it as it is.
    pub gamma: f32,
    /// Of the same seed the same frames are made.
    pub seed: u64,
    /// What went on when it was left.
    pub left: Left,
    /// What goes out, checked.
    pub outputs: Vec<OutputSpec>,
    /// Who sends: the component identifier of E1.31.
    pub cid: [u8; 16],
    /// Who sends, for people; at most 63 bytes count.
    pub name: String,
}

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

/// See the module's text. Dropping it ends the frames and tells controllers so.
pub struct Engine {
    shared: Arc<Shared>,
    ticker: Mutex<Option<Ticker>>,
}

/// What callers and the ticker have in common.
pub(super) struct Shared {
    strip_state: Mutex<StripState>,
    desk: Mutex<Option<SacnInput>>,
    figures: Mutex<Figures>,
    pub(super) began: Instant,
    pub(super) frames: watch::Sender<Arc<[Rgb]>>,
    changes: watch::Sender<u64>,
}

impl Engine {
    /// Starts the frames.
    ///
    /// # Errors
    /// When no socket or thread is to be had.
    pub fn start(settings: Settings) -> io::Result<Self> {
        let Settings { strip, gamma, seed, left, outputs, cid, name } = settings;
        let outputs = Outputs::open(outputs, cid, &name)?;
        let shared = Arc::new(Shared {
            strip_state: Mutex::new(StripState::new(strip, gamma, seed).resume(left)),
            desk: Mutex::new(None),
            figures: Mutex::default(),
            began: Instant::now(),
            frames: watch::Sender::new(Arc::from([])),
            changes: watch::Sender::new(0),
        });
        let ticker = ticker::start(shared.clone(), outputs)?;
        Ok(Self { shared, ticker: Mutex::new(Some(ticker)) })
    }

    /// Ends the frames; controllers are told. Blocks for a frame at most.
    pub fn end(&self) {
        let ticker = self.ticker.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(ticker);
    }

    /// The state as of now.
    pub fn snapshot(&self) -> Snapshot {
        self.shared.strip_state().snapshot(self.shared.now())
    }

    /// Changes as they come, by a number that only grows.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.shared.changes.subscribe()
    }

    /// Frames as they are sent. They are handed out only while somebody holds a receiver.
    pub fn frames(&self) -> watch::Receiver<Arc<[Rgb]>> {
        self.shared.frames.subscribe()
    }

    /// What is measured.
    pub fn figures(&self) -> Figures {
        self.shared.figures()
    }

    /// See [`StripState::set_controller`].
    pub fn set_controller(&self, change: ControllerChange) -> Controller {
        self.change(|strip_state, _| strip_state.set_controller(change))
    }

    /// See [`StripState::set_led_count`].
    pub fn set_led_count(&self, led_count: u16) {
        self.change(|strip_state, _| strip_state.set_led_count(led_count));
    }

    /// See [`StripState::create_segment`].
    pub fn create_segment(&self, new: NewSegment) -> Result<Segment, Fault> {
        self.change(|strip_state, _| strip_state.create_segment(new))
    }

    /// See [`StripState::update_segment`].
    pub fn update_segment(&self, id: u8, change: SegmentChange) -> Result<Segment, Fault> {
        self.change(|strip_state, _| strip_state.update_segment(id, change))
    }

    /// See [`StripState::delete_segment`].
    pub fn delete_segment(&self, id: u8) -> Result<(), Fault> {
        self.change(|strip_state, _| strip_state.delete_segment(id))
    }

    /// See [`StripState::set_pixels`].
    pub fn set_pixels(&self, pixels: &Pixels) -> usize {
        self.shared.strip_state().set_pixels(pixels)
    }

    /// See [`StripState::start_nightlight`].
    pub fn start_nightlight(&self, order: Nightlight) -> u8 {
        self.change(|strip_state, now| strip_state.start_nightlight(order, now))
    }

    /// See [`StripState::stop_nightlight`].
    pub fn stop_nightlight(&self) -> bool {
        self.change(|strip_state, _| strip_state.stop_nightlight())
    }

    /// See [`StripState::lay`].
    pub fn lay(&self, owner: &str, segment: u8, priority: u8, layer: Layer) {
        self.shared.strip_state().lay(owner, segment, priority, layer);
    }

    /// Lays a look that goes by itself after so long. See [`StripState::lay`].
    pub fn cue(&self, owner: &str, segment: u8, priority: u8, look: crate::domain::lights::Look, lasts: Duration) {
        let until = Some(self.shared.now() + lasts);
        self.lay(owner, segment, priority, Layer::Look { look, until });
    }

    /// See [`StripState::lift`].
    pub fn lift(&self, owner: &str) {
        self.shared.strip_state().lift(owner);
    }

    /// Takes a lighting desk's data for so many LEDs from now on, in the place of what was taken before; `None`: no more.
    /// Blocks while a thread ends.
    ///
    /// # Errors
    /// When the socket cannot be had; then none is taken.
    pub fn listen(&self, spec: Option<SacnInputSpec>, led_count: u16) -> io::Result<()> {
        // The old socket is closed before the new one asks for its port; not under the lock, which the frames need.
        let old = self.shared.desk().take();
        drop(old);
        let input = spec.map(|spec| SacnInput::open(spec, led_count, self.shared.began)).transpose()?;
        *self.shared.desk() = input;
        Ok(())
    }

    /// How the lighting desk's data is; none when none is listened to.
    pub fn input(&self) -> Option<InputStatus> {
        self.shared.desk().as_ref().map(|input| input.status(self.shared.now()))
    }

    fn change<T>(&self, by: impl FnOnce(&mut StripState, Duration) -> T) -> T {
        let now = self.shared.now();
        let done = by(&mut self.shared.strip_state(), now);
        self.shared.changed();
        done
    }
}

impl Shared {
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

    /// What is measured.
    pub(super) fn figures(&self) -> Figures {
        *self.figures.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes down what was measured.
    pub(super) fn measured(&self, figures: Figures) {
        *self.figures.lock().unwrap_or_else(PoisonError::into_inner) = figures;
    }

    fn changed(&self) {
        self.changes.send_modify(|count| *count += 1);
    }

    fn strip_state(&self) -> MutexGuard<'_, StripState> {
        self.strip_state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn desk(&self) -> MutexGuard<'_, Option<SacnInput>> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
