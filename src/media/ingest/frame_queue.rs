//! The frame queue: the decoded frames of one source that wait for their slots.
//!
//! Written by the source's decoder thread, read by the mixer once a slot. A slot without a frame of its own shows the
//! newest one before it. Bounded: when the mixer does not come, the oldest go.

use crate::domain::time::Slot;
use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

/// Frames that may wait beyond those that the latency needs.
const SPARE: u64 = 24;

/// A decoded picture in the project's format.
#[derive(Debug, Clone)]
pub struct Frame {
    pub slot: Slot,
    /// The slot from which it is seen: its own, or a later one when it came too late for that.
    pub seen_from: Slot,
    pub buffer: gst::Buffer,
    pub info: Arc<gst_video::VideoInfo>,
}

/// See the module's text.
#[derive(Debug)]
pub struct FrameQueue {
    /// Slots that its source is shown behind its arrival.
    latency: AtomicU64,
    frames: Mutex<VecDeque<Frame>>,
}

impl FrameQueue {
    /// A queue for a source that is shown `latency` slots behind its arrival.
    pub fn new(latency: u64) -> Self {
        Self { latency: AtomicU64::new(latency), frames: Mutex::default() }
    }

    /// From now on its source is shown so many slots behind its arrival.
    pub fn set_latency(&self, slots: u64) {
        self.latency.store(slots, Ordering::Relaxed);
    }

    /// Adds a frame. Frames for later slots than its own (from before the source was moved) make way.
    pub fn put(&self, frame: Frame) {
        let capacity = (self.latency.load(Ordering::Relaxed) + SPARE) as usize;
        let mut frames = self.lock();
        while frames.back().is_some_and(|last| last.slot >= frame.slot) {
            frames.pop_back();
        }
        while frames.len() >= capacity {
            frames.pop_front();
        }
        frames.push_back(frame);
    }

    /// The frame that a slot shows. Older ones are dropped; slots must not go backwards.
    pub fn at(&self, slot: Slot) -> Option<Frame> {
        let mut frames = self.lock();
        while frames.get(1).is_some_and(|next| next.slot <= slot) {
            frames.pop_front();
        }
        frames.front().filter(|frame| frame.slot <= slot).cloned()
    }

    /// The slot from which the frame is seen that is shown in a slot.
    pub fn seen_from(&self, slot: Slot) -> Option<Slot> {
        self.lock().iter().rev().find(|frame| frame.slot <= slot).map(|frame| frame.seen_from)
    }

    /// Forgets everything.
    pub fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Frame>> {
        self.frames.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
