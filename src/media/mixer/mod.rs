//! The program mixer: one loop, one turn a slot, picture and sound together.
//!
//! ```text
//! frame queues ─┐                    ┌─► raw picture Feed ─► encoder, …
//! sounds       ─┼─► turn(slot n) ────┼─► raw sound Feed
//! instructions ─┘   scene · keys     └─► reports (slot and show time of each change)
//! ```
//!
//! At the time of slot n the loop takes the orders that came in, so that they all share slot n; looks up the scene;
//! takes each needed source's frame of slot n; and hands on picture and sound stamped with the slot's time. It never
//! waits: sources are put on the grid far enough ahead, and a missing frame is replaced by the last one, then by the
//! source's slate. A single opaque source without graphics is handed on by reference, not copied.
//!
//! Refuses to know: the origin of orders, how sources are decoded, and consumers of program.

mod compose;
mod mix;
mod slate;
mod turn;

pub mod scene;

pub use slate::slate;

use crate::{
    domain::{
        command::Ticket, order::Report, source::SourceId, stats::MixerStats, switcher::SceneChange, time::Format,
    },
    media::{
        clock::ShowClock,
        graphics::{Motion, Raster},
        ingest::{frame_queue::Frame, source::Source},
        link::{Carries, Feed},
    },
    tasks,
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError, mpsc},
    time::Duration,
};

/// Instructions to the mixer.
pub enum Instruction {
    Switch {
        ticket: Ticket,
        change: SceneChange,
    },
    /// An input more.
    Add {
        ticket: Ticket,
        id: SourceId,
        input: Input,
    },
    /// Another source for an input, from the slot of its first picture on, but at most `max_wait` slots later than now;
    /// the one that it had is handed back.
    Replace {
        ticket: Ticket,
        id: SourceId,
        source: Arc<Source>,
        max_wait: u64,
        retired: mpsc::Sender<Arc<Source>>,
    },
    /// An input goes, and its source is handed back. A scene that still had it would show grey in its place.
    Remove {
        ticket: Ticket,
        id: SourceId,
        retired: mpsc::Sender<Arc<Source>>,
    },
    /// Another slate for an input.
    Slate {
        ticket: Ticket,
        id: SourceId,
        slate: Frame,
    },
    Show {
        ticket: Ticket,
        channel: String,
        graphic: String,
        raster: Arc<Raster>,
        motion: Motion,
        z: i32,
    },
    Hide {
        ticket: Ticket,
        channel: String,
        graphic: String,
    },
    /// The loop ends after the present slot.
    Stop,
}

/// An input as the mixer has it.
pub struct Input {
    pub source: Arc<Source>,
    /// Shown instead of it when it delivers nothing; see [`slate()`].
    pub slate: Frame,
    /// The last picture of the source that was here before, until this one has a picture.
    before: Option<Frame>,
}

impl Input {
    /// A source with its slate.
    pub fn new(source: Arc<Source>, slate: Frame) -> Self {
        Self { source, slate, before: None }
    }
}

/// What a mixer is made of.
pub struct Setup {
    pub project: Format,
    pub clock: ShowClock,
    /// The inputs that it begins with.
    pub inputs: BTreeMap<SourceId, Input>,
    pub program: Option<SourceId>,
    pub preview: Option<SourceId>,
    /// How long the last frame of a silent source is held.
    pub hold: Duration,
    pub reports: tokio::sync::mpsc::UnboundedSender<Report>,
}

/// The running mixer. Dropping it ends the loop.
pub struct Mixer {
    /// Taken empty in every slot. Its bound is that of commands that wait for their confirmation, which is the
    /// conductor's.
    instructions: mpsc::Sender<Instruction>,
    thread: Option<std::thread::JoinHandle<()>>,
    stats: Arc<Mutex<MixerStats>>,
    /// Program's picture, raw, one buffer a slot.
    pub video: Arc<Feed>,
    /// Program's sound, raw, one buffer a slot.
    pub audio: Arc<Feed>,
}

impl Mixer {
    /// Starts the loop at the next slot.
    ///
    /// # Errors
    /// When no thread or no picture memory is to be had.
    pub fn start(setup: Setup) -> anyhow::Result<Self> {
        let (instructions, inbox) = mpsc::channel();
        let video = Feed::new(Carries::Raw);
        let audio = Feed::new(Carries::Raw);
        let stats = Arc::new(Mutex::new(MixerStats::default()));
        let mixer_loop = turn::MixerLoop::new(setup, inbox, video.clone(), audio.clone(), stats.clone())?;
        let thread = tasks::vital_thread("mixer", "mixer", move || mixer_loop.run())?;
        Ok(Self { instructions, thread: Some(thread), stats, video, audio })
    }

    /// Passes an instruction on; it takes effect at the next slot. Never blocks.
    pub fn instruct(&self, instruction: Instruction) {
        let _ = self.instructions.send(instruction); // refused only when the loop has ended, at shutdown
    }

    /// The figures as of now.
    pub fn stats(&self) -> MixerStats {
        *self.stats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Mixer {
    fn drop(&mut self) {
        self.instruct(Instruction::Stop);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join(); // its panic is known already
        }
    }
}
