//! A source as long as the show lasts: what publishers write and the mixer and the outputs read.

use super::{
    anchor::Anchor,
    frame_queue::{Frame, FrameQueue},
    grid::{Grid, Placed},
    sound::{Sample, Sound},
};
use crate::{
    domain::{
        source::{Health, Signal, SourceId},
        stats::SourceStats,
        time::{Format, ShowTime},
    },
    media::{
        clock::ShowClock,
        link::{Carries, Feed},
        live::Live,
    },
};
use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// Frames stopped for this long: the signal stalls.
const STALL: u64 = 400_000_000;

/// See the module's text.
pub struct Source {
    pub id: SourceId,
    pub label: String,
    pub frame_queue: FrameQueue,
    pub sound: Sound,
    /// What its publishers send, as it came in; empty for sources that are made here.
    pub live: Arc<Live>,
    /// Decoded frames and blocks on the grid, for consumers other than the mixer.
    pub raw_video: Arc<Feed>,
    pub raw_audio: Arc<Feed>,
    clock: ShowClock,
    project: Format,
    /// A source that was silent for this long has no signal.
    hold: Duration,
    state: Mutex<State>,
    bytes: AtomicU64,
    /// Held by the publisher that is on it, until its last frame is through.
    pub turn: Mutex<()>,
}

struct State {
    anchor: Anchor,
    grid: Grid,
    stats: SourceStats,
    last_frame: Option<ShowTime>,
    measured: Measured,
    /// Whether a publisher is there at all, and whether it sends sound.
    online: bool,
}

#[derive(Default)]
struct Measured {
    at: ShowTime,
    frames: u64,
    bytes: u64,
    fps: f64,
    kbps: f64,
}

impl Source {
    /// A source without a publisher.
    pub fn new(
        id: SourceId,
        label: String,
        clock: ShowClock,
        project: Format,
        latency: Duration,
        hold: Duration,
    ) -> Arc<Self> {
        Arc::new(Self {
            id,
            label,
            frame_queue: FrameQueue::new(project.rate.slots_in(latency)),
            sound: Sound::default(),
            live: Live::new(format!("input-{id}"), clock.clone()),
            raw_video: Feed::new(Carries::Raw),
            raw_audio: Feed::new(Carries::Raw),
            clock,
            project,
            hold,
            state: Mutex::new(State {
                anchor: Anchor::default(),
                grid: Grid::new(project.rate, latency),
                stats: SourceStats::default(),
                last_frame: None,
                measured: Measured::default(),
                online: false,
            }),
            bytes: AtomicU64::new(0),
            turn: Mutex::new(()),
        })
    }

    /// A publisher begins: its clock is anchored anew.
    pub fn begin(&self) {
        let mut state = self.lock();
        state.anchor.restart();
        state.grid.restart();
        state.online = true;
    }

    /// The publisher left. What it sent is shown to its end, then held.
    pub fn end(&self) {
        let mut state = self.lock();
        state.online = false;
        state.stats.has_audio = false;
    }

    /// Uses the anchor: `place` gets it with the time as of now.
    pub fn anchored<T>(&self, place: impl FnOnce(&mut Anchor, ShowTime) -> T) -> T {
        let now = self.clock.now();
        place(&mut self.lock().anchor, now)
    }

    /// Counts what came in.
    pub fn count_bytes(&self, bytes: usize) {
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// The publisher's sound is there.
    pub fn set_has_audio(&self) {
        self.lock().stats.has_audio = true;
    }

    /// The publisher's own picture size in pixels, before it is fitted.
    pub fn set_size(&self, width: u32, height: u32) {
        let mut state = self.lock();
        (state.stats.width, state.stats.height) = (width, height);
    }

    /// A frame left the decoder, in the project's format, stamped with its anchored time.
    pub fn frame(&self, mut buffer: gst::Buffer, caps: &gst::Caps, info: &Arc<gst_video::VideoInfo>) {
        let Some(stamp) = buffer.pts() else { return };
        let now = self.clock.now();
        let mut state = self.lock();
        state.last_frame = Some(now);
        let (begun, offset) = (state.grid.has_begun(), state.grid.offset());
        let placed = state.grid.place(ShowTime(stamp.nseconds()), now);
        let moved = state.grid.offset() - offset;
        let slot = match placed {
            Placed::At { slot, repeated } => {
                state.stats.frames += 1;
                state.stats.repeated += repeated;
                slot
            }
            Placed::Dropped => {
                state.stats.dropped += 1;
                return;
            }
        };
        drop(state);
        if !begun {
            // Sound that came before the first picture was laid where the picture was only guessed to be.
            self.sound.shift(moved);
        }
        {
            let buffer = buffer.make_mut();
            buffer.set_pts(gst::ClockTime::from_nseconds(self.project.rate.time_of(slot).0));
            buffer.set_dts(gst::ClockTime::NONE);
            buffer.set_duration(gst::ClockTime::from_nseconds(self.project.rate.slot_ns()));
        }
        if self.raw_video.is_wanted() {
            self.raw_video.push(&buffer, caps);
        }
        self.frame_queue.put(Frame { slot, buffer, info: info.clone() });
    }

    /// A block of sound left the decoder, stamped with its anchored time.
    pub fn block(&self, stamp: ShowTime, samples: &[Sample]) {
        let offset = self.lock().grid.offset();
        self.sound.put(stamp.0 as i64 + offset, samples);
    }

    /// How far behind its arrival the source is shown, in nanoseconds.
    pub fn offset(&self) -> i64 {
        self.lock().grid.offset()
    }

    /// The signal as of now.
    pub fn health(&self) -> Health {
        let now = self.clock.now();
        let state = self.lock();
        let age = state.last_frame.map(|last| now.since(last));
        let signal = match age {
            Some(age) if age < STALL => Signal::Ok,
            Some(age) if u128::from(age) < self.hold.as_nanos() => Signal::Stalled,
            _ => Signal::None,
        };
        let fps = if signal == Signal::Ok { state.measured.fps } else { 0.0 };
        Health { signal, fps, last_frame_ms: age.map(|age| age / 1_000_000), has_audio: state.stats.has_audio }
    }

    /// The figures as of now. Rates are measured between two calls, so one task calls it about once a second.
    pub fn measure(&self) -> SourceStats {
        let health = self.health();
        let peak = self.sound.take_peak();
        let bytes = self.bytes.load(Ordering::Relaxed);
        let now = self.clock.now();
        let mut state = self.lock();
        let seconds = now.since(state.measured.at) as f64 / 1e9;
        if seconds > 0.0 {
            let frames = state.stats.frames + state.stats.dropped;
            state.measured = Measured {
                at: now,
                frames,
                bytes,
                fps: (frames - state.measured.frames) as f64 / seconds,
                kbps: (bytes - state.measured.bytes) as f64 * 8.0 / 1000.0 / seconds,
            };
        }
        SourceStats {
            signal: health.signal,
            fps: state.measured.fps,
            bitrate_kbps: state.measured.kbps,
            anchored: state.anchor.count + state.grid.moved,
            last_frame_ms: health.last_frame_ms,
            peak_db: peak.map(|peak| 20.0 * peak.max(1e-6).log10()),
            ..state.stats
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
