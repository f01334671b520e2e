//! Joints between pipelines: a [`Feed`] is where media comes out of one, a [`Tap`] is where another takes it in.
//!
//! ```text
//! pipeline A ! appsink ─► Feed ─┬─► Tap: appsrc ! pipeline B
//!                               └─► Tap: appsrc ! pipeline C
//! ```
//!
//! A feed never blocks and never forwards end-of-stream: neither a source that ends nor a consumer that hangs affects
//! the others. Coded taps begin at a key frame, and one that falls behind loses whole groups of pictures, never a part
//! of one.
//!
//! Refuses to know: what the media is for.

use crate::domain::time::ShowTime;
use gst::prelude::*;
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
    },
};

/// What travels over a joint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carries {
    /// Frames or blocks of samples: each stands alone.
    Raw,
    /// Access units that depend on the key frame before them.
    Coded,
}

/// Where media comes out. One writer, any number of taps.
pub struct Feed {
    carries: Carries,
    state: Mutex<State>,
}

type OnBuffer = Box<dyn FnMut(&gst::Buffer, &gst::Caps) + Send>;

#[derive(Default)]
struct State {
    caps: Option<gst::Caps>,
    next_id: u64,
    taps: HashMap<u64, Consumer>,
    listeners: HashMap<u64, OnBuffer>,
    /// Asks the writer for a key frame; absent where the writer cannot make one on request.
    want_keyframe: Option<Arc<dyn Fn() + Send + Sync>>,
}

struct Consumer {
    appsrc: gst_app::AppSrc,
    /// Coded: nothing goes out before a key frame.
    awaits_keyframe: bool,
    limit: u64,
    from: Option<ShowTime>,
    counts: Arc<Counts>,
}

/// What went through a tap.
#[derive(Debug, Default)]
pub struct Counts {
    pub buffers: AtomicU64,
    pub bytes: AtomicU64,
    /// Buffers that a slow consumer lost.
    pub dropped: AtomicU64,
    /// Show time of the first buffer plus one; 0 before it.
    first: AtomicU64,
    /// Show time at which the newest buffer went through plus one; 0 before the first.
    last: AtomicU64,
}

impl Counts {
    /// Show time of the first buffer's picture or sound.
    pub fn first(&self) -> Option<ShowTime> {
        self.first.load(Ordering::Relaxed).checked_sub(1).map(ShowTime)
    }

    /// Show time of the newest buffer's picture or sound.
    pub fn last(&self) -> Option<ShowTime> {
        self.last.load(Ordering::Relaxed).checked_sub(1).map(ShowTime)
    }
}

impl Feed {
    /// An empty feed.
    pub fn new(carries: Carries) -> Arc<Self> {
        Arc::new(Self { carries, state: Mutex::default() })
    }

    /// Sets how a key frame is requested, e.g. with an encoder's force-key-unit event.
    pub fn on_want_keyframe(&self, ask: impl Fn() + Send + Sync + 'static) {
        self.lock().want_keyframe = Some(Arc::new(ask));
    }

    /// Asks the writer for a key frame; does nothing where the writer cannot make one on request.
    pub fn want_keyframe(&self) {
        let ask = self.lock().want_keyframe.clone();
        if let Some(ask) = ask {
            ask(); // the key frame may come back through `push`, so not under the lock
        }
    }

    /// The format of the newest buffer.
    pub fn caps(&self) -> Option<gst::Caps> {
        self.lock().caps.clone()
    }

    /// Whether there is a tap or a listener.
    pub fn is_wanted(&self) -> bool {
        let state = self.lock();
        !state.taps.is_empty() || !state.listeners.is_empty()
    }

    /// Sends a buffer, stamped with show time, to every tap.
    pub fn push(&self, buffer: &gst::Buffer, caps: &gst::Caps) {
        let mut state = self.lock();
        if state.caps.as_ref() != Some(caps) {
            state.caps = Some(caps.clone());
        }
        for on_buffer in state.listeners.values_mut() {
            on_buffer(buffer, caps);
        }
        let delta = self.carries == Carries::Coded && buffer.flags().contains(gst::BufferFlags::DELTA_UNIT);
        let at = buffer.pts().unwrap_or_default().nseconds();
        for tap in state.taps.values_mut() {
            if (tap.awaits_keyframe && delta) || tap.from.is_some_and(|from| at < from.0) {
                continue;
            }
            if tap.appsrc.current_level_buffers() >= tap.limit {
                tap.awaits_keyframe = self.carries == Carries::Coded;
                tap.counts.dropped.fetch_add(1, Ordering::Relaxed);
                continue;
            }
            tap.awaits_keyframe = false;
            let sample = gst::Sample::builder().buffer(buffer).caps(caps).build();
            // A tap refuses when its pipeline is stopping; it is about to be dropped.
            if tap.appsrc.push_sample(&sample).is_ok() {
                tap.counts.buffers.fetch_add(1, Ordering::Relaxed);
                tap.counts.bytes.fetch_add(buffer.size() as u64, Ordering::Relaxed);
                let _ = tap.counts.first.compare_exchange(0, at + 1, Ordering::Relaxed, Ordering::Relaxed);
                tap.counts.last.store(at + 1, Ordering::Relaxed);
            }
        }
    }

    /// Lets an appsink of the writing pipeline fill the feed.
    pub fn fill_from(self: &Arc<Self>, sink: &gst_app::AppSink) {
        let feed: Weak<Self> = Arc::downgrade(self);
        sink.set_callbacks(
            gst_app::AppSinkCallbacks::builder()
                .new_sample(move |sink| {
                    let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
                    let feed = feed.upgrade().ok_or(gst::FlowError::Eos)?;
                    if let (Some(buffer), Some(caps)) = (on_show_time(&sample), sample.caps()) {
                        feed.push(&buffer, &caps.to_owned());
                    }
                    Ok(gst::FlowSuccess::Ok)
                })
                .build(),
        );
    }

    /// Joins an appsrc to the feed. `limit` is how many buffers may wait in it; nothing before `from` goes through.
    pub fn tap(self: &Arc<Self>, appsrc: gst_app::AppSrc, limit: u64, from: Option<ShowTime>) -> Tap {
        appsrc.set_format(gst::Format::Time);
        appsrc.set_is_live(true);
        appsrc.set_property("block", false);
        let counts = Arc::new(Counts::default());
        let mut state = self.lock();
        let id = state.next_id;
        state.next_id += 1;
        let awaits_keyframe = self.carries == Carries::Coded;
        if let Some(caps) = &state.caps {
            appsrc.set_caps(Some(caps));
        }
        let consumer = Consumer { appsrc, awaits_keyframe, limit, from, counts: counts.clone() };
        state.taps.insert(id, consumer);
        let ask = state.want_keyframe.clone().filter(|_| awaits_keyframe);
        drop(state); // the key frame may come back through `push`
        if let Some(ask) = ask {
            ask();
        }
        Tap { feed: self.clone(), id, counts }
    }

    /// Calls `on_buffer` with every buffer from now on, for consumers that select buffers themselves. `on_buffer` runs
    /// on the writer's thread with the feed locked: it must neither block nor call the feed. A key frame is requested.
    pub fn listen(self: &Arc<Self>, on_buffer: impl FnMut(&gst::Buffer, &gst::Caps) + Send + 'static) -> Listener {
        let mut state = self.lock();
        let id = state.next_id;
        state.next_id += 1;
        state.listeners.insert(id, Box::new(on_buffer));
        let ask = state.want_keyframe.clone().filter(|_| self.carries == Carries::Coded);
        drop(state); // the writer's answer may come back through `push`
        if let Some(ask) = ask {
            ask();
        }
        Listener { feed: self.clone(), id }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The sample's buffer with running time for its stamps. Encoders that need room for a negative first decoding time
/// (x264enc) move their stamps and their segment by the same amount; only the running time is show time.
pub fn on_show_time(sample: &gst::Sample) -> Option<gst::Buffer> {
    let mut buffer = sample.buffer_owned()?;
    let Some(segment) = sample.segment().and_then(|s| s.downcast_ref::<gst::ClockTime>()) else { return Some(buffer) };
    let running = |stamp: Option<gst::ClockTime>| {
        Some(segment.to_running_time_full(stamp?)?.positive().unwrap_or(gst::ClockTime::ZERO))
    };
    let (pts, dts) = (running(buffer.pts()), running(buffer.dts()));
    if (pts, dts) != (buffer.pts(), buffer.dts()) {
        let buffer = buffer.make_mut();
        buffer.set_pts(pts);
        buffer.set_dts(dts);
    }
    Some(buffer)
}

/// A consumer's place on a feed; dropping it ends the flow.
pub struct Tap {
    feed: Arc<Feed>,
    id: u64,
    counts: Arc<Counts>,
}

impl Tap {
    /// What went through so far.
    pub fn counts(&self) -> Arc<Counts> {
        self.counts.clone()
    }

    /// Stops the flow and sends end-of-stream into the consumer's pipeline, so that it can finish its file.
    pub fn finish(self) {
        let consumer = self.feed.lock().taps.remove(&self.id);
        if let Some(consumer) = consumer {
            let _ = consumer.appsrc.end_of_stream(); // refused only by a pipeline that is gone
        }
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        self.feed.lock().taps.remove(&self.id);
    }
}

/// A listener's place on a feed; once it is dropped, `on_buffer` is not called again.
pub struct Listener {
    feed: Arc<Feed>,
    id: u64,
}

impl Drop for Listener {
    fn drop(&mut self) {
        let on_buffer = self.feed.lock().listeners.remove(&self.id);
        drop(on_buffer); // its captures may use the feed; so not under the lock
    }
}
