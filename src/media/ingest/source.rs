//! A source as long as the show lasts: what decoders and devices write and the mixer and the outputs read.
//!
//! Refuses to know: where its pictures come from, beyond the live stream it shows.

use super::{
    frame_queue::{Frame, FrameQueue},
    grid::{Grid, Placed},
    sound::{Sample, Sound},
};
use crate::{
    domain::{
        source::{Health, Signal, SourceId},
        stats::SourceStats,
        time::{Format, ShowTime, Slot},
    },
    media::{
        clock::ShowClock,
        decode::{Consumer, Decoder, Picture, Subscription, raw::Block},
        link::{Carries, Feed},
        live::Live,
    },
};
use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

/// Frames stopped for this long: the signal stalls.
const STALL: u64 = 400_000_000;

/// While its decoder is behind, one picture is shown per this interval, in nanoseconds, as a sign of life.
const CATCH_UP_FRAME_INTERVAL: u64 = 500_000_000;

/// Numbers what is shown, over all sources.
static NUMBERS: AtomicU64 = AtomicU64::new(0);

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
    /// The size in pixels that pictures of live streams get.
    size: Mutex<(u32, u32)>,
    /// A source that was silent for this long has no signal.
    hold: Duration,
    state: Mutex<State>,
    /// Not locked on the picture path.
    shown: Mutex<Option<(u64, Subscription)>>,
    /// Whether the last picture could not be fitted.
    unfit: AtomicBool,
    /// Held by the device that feeds it, until its last frame is through.
    pub turn: Mutex<()>,
}

struct State {
    grid: Grid,
    stats: SourceStats,
    /// Frames that came in time and whose slot has another one.
    between: u64,
    /// When a picture of this publisher was last put up to be shown.
    last_shown: Option<ShowTime>,
    measured: Measured,
    /// Publishers that began.
    publishers: u64,
}

#[derive(Default)]
struct Measured {
    at: ShowTime,
    frames: u64,
    fps: f64,
}

/// A live stream's place on a source. Dropping it takes the stream off.
pub struct Shown {
    source: Weak<Source>,
    number: u64,
}

impl Drop for Shown {
    fn drop(&mut self) {
        let Some(source) = self.source.upgrade() else { return };
        let mut shown = source.shown.lock().unwrap_or_else(PoisonError::into_inner);
        if shown.take_if(|(number, _)| *number == self.number).is_some() {
            source.end();
        }
    }
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
        let live = Live::new(format!("input-{id}"), clock.clone());
        Self::on_stream(id, label, clock, project, latency, hold, live)
    }

    fn on_stream(
        id: SourceId,
        label: String,
        clock: ShowClock,
        project: Format,
        latency: Duration,
        hold: Duration,
        live: Arc<Live>,
    ) -> Arc<Self> {
        Arc::new(Self {
            id,
            label,
            frame_queue: FrameQueue::new(project.rate.slots_in(latency)),
            sound: Sound::default(),
            live,
            raw_video: Feed::new(Carries::Raw),
            raw_audio: Feed::new(Carries::Raw),
            clock,
            project,
            size: Mutex::new((project.width, project.height)),
            hold,
            state: Mutex::new(State {
                grid: Grid::new(project.rate, latency),
                stats: SourceStats::default(),
                between: 0,
                last_shown: None,
                measured: Measured::default(),
                publishers: 0,
            }),
            shown: Mutex::default(),
            unfit: AtomicBool::new(false),
            turn: Mutex::new(()),
        })
    }

    /// Shows a live stream instead of the one before, for as long as the answer is kept. Blocks for a moment.
    ///
    /// # Errors
    /// When there is no thread to be had for its decoder.
    pub fn show(self: &Arc<Self>, live: &Arc<Live>) -> std::io::Result<Shown> {
        let consumer: Weak<Self> = Arc::downgrade(self);
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        *shown = None; // no picture of the old stream comes after this
        let number = NUMBERS.fetch_add(1, Ordering::Relaxed);
        *shown = Some((number, Decoder::watch(live, consumer)?));
        Ok(Shown { source: Arc::downgrade(self), number })
    }

    /// The size in pixels that the next pictures of live streams get.
    pub fn fit(&self, size: (u32, u32)) {
        *self.size.lock().unwrap_or_else(PoisonError::into_inner) = size;
    }

    /// A source to replace this one in its place: the same input and the same published stream, without its pictures
    /// and sound.
    pub fn successor(&self) -> Arc<Self> {
        let latency = self.lock().grid.configured_latency();
        let (id, label, project) = (self.id, self.label.clone(), self.project);
        Self::on_stream(id, label, self.clock.clone(), project, latency, self.hold, self.live.clone())
    }

    /// How long after its arrival a picture is to be shown.
    pub fn latency(&self) -> Duration {
        self.lock().grid.latency()
    }

    /// Sets how long after its arrival everything that comes from now on is shown and played.
    pub fn set_latency(&self, latency: Duration) {
        let mut state = self.lock();
        state.grid.set_latency(latency);
        let latency = state.grid.latency();
        drop(state);
        self.frame_queue.set_latency(self.project.rate.slots_in(latency));
        self.sound.realign();
    }

    /// A publisher or a device begins.
    pub fn begin(&self) {
        let mut state = self.lock();
        state.grid.restart();
        state.last_shown = None;
        state.publishers += 1;
    }

    /// The publisher left. What it sent is shown to its end, then held.
    pub fn end(&self) {
        self.lock().stats.has_audio = false;
    }

    /// Its sound is there.
    pub fn set_has_audio(&self) {
        self.lock().stats.has_audio = true;
    }

    /// The publisher's own picture size in pixels, before it is fitted.
    pub fn set_size(&self, width: u32, height: u32) {
        let mut state = self.lock();
        (state.stats.width, state.stats.height) = (width, height);
    }

    /// A frame of a device, in the project's format, stamped with show time.
    pub fn frame(&self, buffer: gst::Buffer, caps: &gst::Caps, info: &Arc<gst_video::VideoInfo>) {
        let Some(stamp) = buffer.pts() else { return };
        if let Some(slot) = self.place(ShowTime(stamp.nseconds()), self.clock.now()) {
            self.lay(slot, buffer, caps, info);
        }
    }

    /// The slot of a picture; `None` when another one has it.
    fn place(&self, stamp: ShowTime, now: ShowTime) -> Option<Slot> {
        let mut state = self.lock();
        let (begun, offset) = (state.grid.has_begun(), state.grid.offset());
        let placed = state.grid.place(stamp, now);
        let moved = state.grid.offset() - offset;
        let Placed::At { slot, repeated } = placed else {
            state.stats.dropped += 1;
            state.between += u64::from(stamp.0 as i64 + offset >= now.0 as i64);
            return None;
        };
        state.stats.frames += 1;
        state.stats.repeated += repeated;
        state.last_shown = Some(now);
        drop(state);
        if !begun {
            // Sound that came before the first picture was laid where the picture was only guessed to be.
            self.sound.shift(moved);
        }
        Some(slot)
    }

    /// The next slot, for a late picture that is better than none; `None` when such a picture is there.
    fn place_at_once(&self, now: ShowTime) -> Option<Slot> {
        let mut state = self.lock();
        state.grid.pass(now);
        if state.last_shown.is_some_and(|last| now.since(last) < CATCH_UP_FRAME_INTERVAL) {
            state.stats.skipped += 1;
            return None;
        }
        state.last_shown = Some(now);
        state.stats.frames += 1;
        Some(Slot(self.project.rate.slot_at(now).0 + 1))
    }

    fn lay(&self, slot: Slot, mut buffer: gst::Buffer, caps: &gst::Caps, info: &Arc<gst_video::VideoInfo>) {
        if self.raw_video.is_wanted() {
            let stamped = buffer.make_mut();
            stamped.set_pts(gst::ClockTime::from_nseconds(self.project.rate.time_of(slot).0));
            stamped.set_dts(gst::ClockTime::NONE);
            stamped.set_duration(gst::ClockTime::from_nseconds(self.project.rate.slot_ns()));
            self.raw_video.push(&buffer, caps);
        }
        let seen_from = slot.max(self.project.rate.slot_at(self.clock.now()));
        self.frame_queue.put(Frame { slot, seen_from, buffer, info: info.clone() });
    }

    /// A block of sound, stamped with show time.
    pub fn block(&self, block: &Block<'_>) {
        let now = self.clock.now();
        let mut state = self.lock();
        let before = state.grid.latency();
        let (offset, latency) = (state.grid.hear(block.at, now), state.grid.latency());
        drop(state);
        if latency != before {
            self.frame_queue.set_latency(self.project.rate.slots_in(latency));
            tracing::info!(source = %self.label, "its sound comes late: it is shown {} ms behind its arrival", latency.as_millis());
        }
        self.sound.put(block.at.0 as i64 + offset, block.samples);
        if self.raw_audio.is_wanted() {
            let mut shifted = block.buffer.copy();
            shifted.make_mut().set_pts(gst::ClockTime::from_nseconds(block.at.0.saturating_add_signed(offset)));
            self.raw_audio.push(&shifted, block.caps);
        }
    }

    /// Sound from a show time on, as it comes when its source is in time.
    pub fn lay_sound(&self, at: ShowTime, samples: &[Sample]) {
        self.sound.put(at.0 as i64 + self.offset(), samples);
    }

    /// How far behind its arrival the source is shown, in nanoseconds.
    pub fn offset(&self) -> i64 {
        self.lock().grid.offset()
    }

    /// The signal as of now, taken where program takes its picture: by the frame that is shown in the present slot, not
    /// by what came. A source whose pictures all come too late has no signal.
    pub fn health(&self) -> Health {
        let now = self.clock.now();
        let shown = self.frame_queue.seen_from(self.project.rate.slot_at(now));
        let age = shown.map(|slot| now.since(self.project.rate.time_of(slot)));
        let state = self.lock();
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
        let (bps, left_out) = {
            let shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
            let of = |(_, subscription): &(u64, Subscription)| {
                (subscription.live().stats().bitrate_bps, subscription.left_out())
            };
            shown.as_ref().map(of).unwrap_or_default()
        };
        let now = self.clock.now();
        let mut state = self.lock();
        let seconds = now.since(state.measured.at) as f64 / 1e9;
        if seconds > 0.0 {
            // Of a source that is faster than the project, those between the slots count too; what came too late does not.
            let frames = state.stats.frames + state.between;
            let fps = (frames - state.measured.frames) as f64 / seconds;
            state.measured = Measured { at: now, frames, fps };
        }
        SourceStats {
            signal: health.signal,
            fps: state.measured.fps,
            bitrate_kbps: bps as f64 / 1000.0,
            skipped: state.stats.skipped + left_out,
            anchored: state.publishers + state.grid.moved,
            last_frame_ms: health.last_frame_ms,
            peak_db: peak.map(|peak| 20.0 * peak.max(1e-6).log10()),
            ..state.stats
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Consumer for Source {
    fn begins(&self) {
        self.begin();
    }

    fn picture(&self, picture: &Picture<'_>) {
        let now = self.clock.now();
        let (width, height) = picture.size();
        self.set_size(width, height);
        let is_late = || {
            let grid = &self.lock().grid;
            !grid.has_begun() || picture.at().0 as i64 + grid.offset() < now.0 as i64
        };
        let slot = if picture.behind() && is_late() { self.place_at_once(now) } else { self.place(picture.at(), now) };
        let Some(slot) = slot else { return };
        let size = *self.size.lock().unwrap_or_else(PoisonError::into_inner);
        match picture.fitted(size) {
            Ok(fitted) => {
                self.unfit.store(false, Ordering::Relaxed);
                self.lay(slot, fitted.buffer, &fitted.caps, &fitted.info);
            }
            Err(error) if self.unfit.swap(true, Ordering::Relaxed) => drop(error), // logged before
            Err(error) => tracing::error!(source = %self.label, "its pictures cannot be shown: {error}"),
        }
    }

    fn has_sound(&self, has: bool) {
        self.lock().stats.has_audio = has;
    }

    fn sound(&self, block: &Block<'_>) {
        self.block(block);
    }

    fn ends(&self) {
        self.end();
    }
}
