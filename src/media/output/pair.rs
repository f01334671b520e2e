//! A stream's picture and sound, joined to the two appsrcs of one file or connection.
//!
//! ```text
//! picture Feed ─► ┌──────┐ ─► appsrc
//! sound Feed   ─► │ Pair │ ─► appsrc
//!                 └──────┘
//! ```
//!
//! The output begins at a key frame whose decoding time becomes zero, and with the first frame of sound that begins no
//! earlier than its picture. A frame of sound that overlaps that moment is left out: a player that counts samples would
//! play all of it, and be late from then on. Both sides are moved by the same time, so they keep their distance.
//! A consumer that falls behind loses whole groups of pictures. Sound that stays away is bridged with gaps, so that a
//! muxer that waits for both sides never holds up the picture.
//!
//! A consumer that goes on in parts ([`Pair::listen_in_parts`]) gets an end-of-stream where the format changes, at the key
//! frame from which the new one counts, and everything from there on when it attaches again. Sound of another format, or
//! sound that begins late, is held until that key frame.
//!
//! Refuses to know: what the media is for. Never blocks the feeds' threads.

use super::{meter::Meter, stream::CodedStream};
use crate::{
    domain::time::ShowTime,
    media::{clock::ShowClock, format, link::Listener},
};
use gst::prelude::*;
use std::{
    collections::VecDeque,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// How far behind the picture sound may be before a gap stands in for it, and how long a stream's sound is waited for
/// at the beginning.
const SOUND_TIMEOUT: gst::ClockTime = gst::ClockTime::from_seconds(1);

/// Frames of sound that are kept while the first key frame is awaited; 10 s of AAC at 48 kHz are 470.
const HELD_SOUND: usize = 1024;

/// How much may wait for the consumer.
#[derive(Debug, Clone, Copy)]
pub struct QueueLimits {
    /// Access units of picture.
    pub pictures: u64,
    /// Frames of sound.
    pub sounds: u64,
}

/// What a pair will deliver, known with its first picture.
#[derive(Debug, Clone)]
pub struct StreamStart {
    /// The first picture's show time.
    pub first: ShowTime,
    pub video: gst::Caps,
    /// Absent when the stream has no sound, or none came within a second of picture.
    pub audio: Option<gst::Caps>,
}

/// The join. Dropping it ends the flow without an end-of-stream.
pub struct Pair {
    join: Arc<JoinState>,
    // Dropped first by `finish`: then no more comes in.
    listeners: Vec<Listener>,
}

struct JoinState {
    state: Mutex<State>,
    changed: Condvar,
    limits: QueueLimits,
    meter: Arc<Meter>,
    clock: ShowClock,
    /// Called where another part begins, before the end-of-stream of the one before; absent where there is one alone.
    on_part: Option<Box<dyn Fn() + Send + Sync>>,
}

struct State {
    sound_expected: bool,
    begin: Option<Begin>,
    /// From the first key frame to the moment the appsrcs are there.
    held_video: VecDeque<gst::Sample>,
    held_audio: VecDeque<gst::Sample>,
    to: Option<AppSrcs>,
    /// The formats of the present part.
    video_caps: Option<gst::Caps>,
    audio_caps: Option<gst::Caps>,
    /// Sound of a format that the present part cannot hold.
    next_audio: VecDeque<gst::Sample>,
    awaits_keyframe: bool,
    /// The newest decoding times that went on, in show time.
    last_video: Option<gst::ClockTime>,
    last_audio: Option<gst::ClockTime>,
    /// The latest time at which a picture that went on is shown.
    shown: Option<gst::ClockTime>,
    /// Nothing goes on that is shown after it; and whether a picture came that is.
    ends_after: Option<gst::ClockTime>,
    is_complete: bool,
    /// End of the sound so far, or of the gap that stands in for it.
    sound_until: gst::ClockTime,
    ready: bool,
}

#[derive(Clone, Copy)]
struct Begin {
    first: gst::ClockTime,
    /// What is taken from every stamp: the first picture's decoding time, which is earlier than `first` when pictures
    /// are reordered, and must not become negative.
    zero: gst::ClockTime,
}

struct AppSrcs {
    video: gst_app::AppSrc,
    audio: Option<gst_app::AppSrc>,
}

impl Pair {
    /// Listens to a stream. Nothing goes out before [`attach`](Self::attach).
    pub fn listen(stream: &CodedStream, clock: &ShowClock, limits: QueueLimits, meter: Arc<Meter>) -> Self {
        Self::begin(stream, clock, limits, meter, None)
    }

    /// The same for a consumer that goes on in another part where the format changes. `on_part` is called on a feed's
    /// thread and must not block.
    pub fn listen_in_parts(
        stream: &CodedStream,
        clock: &ShowClock,
        limits: QueueLimits,
        meter: Arc<Meter>,
        on_part: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        Self::begin(stream, clock, limits, meter, Some(Box::new(on_part)))
    }

    fn begin(
        stream: &CodedStream,
        clock: &ShowClock,
        limits: QueueLimits,
        meter: Arc<Meter>,
        on_part: Option<Box<dyn Fn() + Send + Sync>>,
    ) -> Self {
        let state = State {
            sound_expected: stream.audio.is_some(),
            begin: None,
            held_video: VecDeque::new(),
            held_audio: VecDeque::new(),
            to: None,
            video_caps: None,
            audio_caps: None,
            next_audio: VecDeque::new(),
            awaits_keyframe: true,
            last_video: None,
            last_audio: None,
            shown: None,
            ends_after: None,
            is_complete: false,
            sound_until: gst::ClockTime::ZERO,
            ready: false,
        };
        let join = Arc::new(JoinState {
            state: Mutex::new(state),
            changed: Condvar::new(),
            limits,
            meter,
            clock: clock.clone(),
            on_part,
        });
        let mut listeners = Vec::new();
        // Sound first: what comes while the key frame is being made must not be missed.
        if let Some(audio) = &stream.audio {
            let join = join.clone();
            listeners.push(audio.listen(move |buffer, caps| join.on_sound(buffer, caps)));
        }
        let pictures = join.clone();
        listeners.push(stream.video.listen(move |buffer, caps| pictures.on_picture(buffer, caps)));
        Self { join, listeners }
    }

    /// Blocks until the start of the stream is known, at most `max_wait`, or until `stop` returns `true` (polled ten
    /// times a second).
    pub fn stream_start(&self, max_wait: Duration, stop: impl Fn() -> bool) -> Option<StreamStart> {
        let end = Instant::now() + max_wait;
        let mut state = self.join.lock();
        while !state.ready {
            let left = end.saturating_duration_since(Instant::now()).min(Duration::from_millis(100));
            if left.is_zero() || stop() {
                return None;
            }
            state = self.join.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        let first = ShowTime(state.begin?.first.nseconds());
        let video = state.held_video.front()?.caps_owned()?;
        let audio = state.held_audio.front().and_then(|sample| sample.caps_owned());
        Some(StreamStart { first, video, audio })
    }

    /// Lets what was held and all that follows flow into the consumer's appsrcs. `audio` only when the
    /// [`StreamStart`] has sound. Both must have the time format and not be live: a muxer shall put the sides in order
    /// by their stamps however late they are, not by the clock.
    pub fn attach(&self, video: gst_app::AppSrc, audio: Option<gst_app::AppSrc>) {
        let mut state = self.join.lock();
        let first = |held: &VecDeque<gst::Sample>| held.front().and_then(|sample| sample.caps_owned());
        (state.video_caps, state.audio_caps) = (first(&state.held_video), None);
        if audio.is_some() {
            state.audio_caps = first(&state.held_audio);
        }
        state.to = Some(AppSrcs { video, audio });
        let (pictures, sounds) = (std::mem::take(&mut state.held_video), std::mem::take(&mut state.held_audio));
        sounds.iter().for_each(|sample| self.join.send_sound(&mut state, sample));
        pictures.iter().for_each(|sample| self.join.send_picture(&mut state, sample));
    }

    /// Whether something waits that the consumer has not taken.
    pub fn is_waiting(&self) -> bool {
        self.join.lock().to.as_ref().is_some_and(|to| to.video.current_level_buffers() > 1)
    }

    /// Ends the flow with no picture missing between others: those that are coded after a picture and shown before it
    /// (B-frames) still come, at most for `max_wait`.
    pub fn finish_complete(&mut self, max_wait: Duration) {
        let end = Instant::now() + max_wait;
        let mut state = self.join.lock();
        state.ends_after = state.shown.filter(|shown| state.last_video.is_some_and(|coded| coded < *shown));
        while state.ends_after.is_some() && !state.is_complete {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break; // the publisher is gone
            }
            state = self.join.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        drop(state);
        self.finish();
    }

    /// Ends the flow and sends end-of-stream after what is on its way.
    pub fn finish(&mut self) {
        self.listeners.clear();
        if let Some(to) = self.join.lock().to.take() {
            to.end();
        }
    }
}

impl AppSrcs {
    /// Sends end-of-stream; refused only by a pipeline that is gone.
    fn end(self) {
        let _ = self.video.end_of_stream();
        if let Some(audio) = self.audio {
            let _ = audio.end_of_stream();
        }
    }
}

impl JoinState {
    fn on_picture(&self, buffer: &gst::Buffer, caps: &gst::Caps) {
        let Some(pts) = buffer.pts() else { return };
        let mut state = self.lock();
        if state.ends_after.is_some_and(|last| pts > last) {
            state.is_complete = true;
            return self.changed.notify_all();
        }
        let dts = buffer.dts().map_or(pts, |dts| dts.min(pts));
        let key = !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT);
        if state.begin.is_none() {
            if !key {
                return;
            }
            state.begin = Some(Begin { first: pts, zero: dts });
            state.sound_until = pts;
            state.held_audio.retain(|sample| sample.buffer().and_then(gst::BufferRef::pts) >= Some(pts));
        }
        let sample = gst::Sample::builder().buffer(buffer).caps(caps).build();
        if state.to.is_some() {
            self.send_picture(&mut state, &sample);
            return;
        }
        if state.held_video.len() as u64 >= self.limits.pictures {
            // A consumer that never attaches is about to give up; the first pictures are the ones that count.
            self.meter.dropped(1);
            return;
        }
        state.held_video.push_back(sample);
        let waited = state.begin.is_some_and(|begin| pts.saturating_sub(begin.first) >= SOUND_TIMEOUT);
        if !state.sound_expected || !state.held_audio.is_empty() || waited {
            self.set_ready(&mut state);
        }
    }

    fn on_sound(&self, buffer: &gst::Buffer, caps: &gst::Caps) {
        let Some(pts) = buffer.pts() else { return };
        let mut state = self.lock();
        if state.begin.is_some_and(|begin| pts < begin.first) {
            return;
        }
        let sample = gst::Sample::builder().buffer(buffer).caps(caps).build();
        if state.to.is_some() {
            self.send_sound(&mut state, &sample);
            return;
        }
        if state.held_audio.len() >= HELD_SOUND {
            state.held_audio.pop_front();
        }
        state.held_audio.push_back(sample);
        if state.begin.is_some() {
            self.set_ready(&mut state);
        }
    }

    fn set_ready(&self, state: &mut State) {
        if !state.ready {
            state.ready = true;
            self.changed.notify_all();
        }
    }

    /// Whether a picture belongs to another part than the present one.
    fn begins_part(&self, state: &State, sample: &gst::Sample) -> bool {
        let is_key = || sample.buffer().is_some_and(|b| !b.flags().contains(gst::BufferFlags::DELTA_UNIT));
        let differs = || differs(state.video_caps.as_ref(), sample);
        self.on_part.is_some() && is_key() && (!state.next_audio.is_empty() || differs())
    }

    /// Ends the present part; this picture is the first of the next one.
    fn begin_part(&self, state: &mut State, sample: gst::Sample) {
        let Some(first) = sample.buffer().and_then(gst::BufferRef::pts) else { return };
        let zero = sample.buffer().and_then(gst::BufferRef::dts).map_or(first, |dts| dts.min(first));
        if let Some(on_part) = &self.on_part {
            on_part();
        }
        if let Some(to) = state.to.take() {
            to.end();
        }
        state.begin = Some(Begin { first, zero });
        (state.last_video, state.last_audio, state.shown, state.sound_until) = (None, None, None, first);
        (state.awaits_keyframe, state.ready) = (true, false);
        state.held_audio = std::mem::take(&mut state.next_audio);
        state.held_audio.retain(|sample| sample.buffer().and_then(gst::BufferRef::pts) >= Some(first));
        state.held_video = VecDeque::from([sample]);
        if !state.sound_expected || !state.held_audio.is_empty() {
            self.set_ready(state);
        }
    }

    fn send_picture(&self, state: &mut State, sample: &gst::Sample) {
        if self.begins_part(state, sample) {
            return self.begin_part(state, sample.clone());
        }
        // Until a key frame of the new format nothing of it can be decoded.
        if self.on_part.is_some() && differs(state.video_caps.as_ref(), sample) {
            state.awaits_keyframe = true;
            return self.meter.dropped(1);
        }
        let State { begin: Some(begin), to: Some(to), .. } = state else { return };
        let (Some(buffer), Some(pts)) = (sample.buffer(), sample.buffer().and_then(gst::BufferRef::pts)) else {
            return;
        };
        let dts = buffer.dts().map_or(pts, |dts| dts.min(pts));
        let key = !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT);
        let level = to.video.current_level_buffers();
        // After a loss it goes on only when half of the queue is free again, so that more than a stutter gets through.
        let limit = if state.awaits_keyframe { self.limits.pictures / 2 } else { self.limits.pictures };
        // Decoding times that do not rise, and pictures that belong before the first one, fit into no file.
        let misfit = state.last_video.is_some_and(|last| dts <= last) || pts < begin.first || dts < begin.zero;
        if level >= limit.max(1) && state.last_video.is_some() || misfit || (state.awaits_keyframe && !key) {
            state.awaits_keyframe |= !(misfit && pts < begin.first);
            self.meter.dropped(1);
            return;
        }
        let Some(caps) = sample.caps() else { return };
        let sample = moved(buffer, caps, pts - begin.zero, dts - begin.zero, buffer.duration());
        if to.video.push_sample(&sample).is_ok() {
            state.awaits_keyframe = false;
            state.last_video = Some(dts);
            state.shown = state.shown.max(Some(pts));
            self.meter.picture(buffer.size() as u64, self.clock.now());
        }
        // No sound for long: a gap up to where sound may still be on its way.
        if let Some(audio) = &to.audio
            && pts > state.sound_until + SOUND_TIMEOUT
        {
            let from = state.sound_until;
            let length = pts - SOUND_TIMEOUT / 2 - from;
            let gap = gst::event::Gap::builder(from.saturating_sub(begin.zero)).duration(length).build();
            if audio.send_event(gap) {
                state.sound_until = from + length;
                state.last_audio = Some(state.sound_until);
            }
        }
    }

    fn send_sound(&self, state: &mut State, sample: &gst::Sample) {
        let fits = state.audio_caps.is_some() && !differs(state.audio_caps.as_ref(), sample);
        if self.on_part.is_some() && !fits {
            if state.next_audio.len() >= HELD_SOUND {
                state.next_audio.pop_front();
            }
            return state.next_audio.push_back(sample.clone());
        }
        let State { begin: Some(begin), to: Some(to), .. } = state else { return };
        let (Some(audio), Some(buffer), Some(caps)) = (&to.audio, sample.buffer(), sample.caps()) else { return };
        let (Some(pts), Some(end)) = (buffer.pts(), sound_end(sample)) else { return };
        if state.last_audio.is_some_and(|last| pts <= last) || audio.current_level_buffers() >= self.limits.sounds {
            self.meter.dropped(1);
            return;
        }
        let sample = moved(buffer, caps, pts - begin.zero, pts - begin.zero, Some(end - pts));
        if audio.push_sample(&sample).is_ok() {
            state.last_audio = Some(pts);
            state.sound_until = end.max(state.sound_until);
            self.meter.sound(buffer.size() as u64, self.clock.now());
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a sample has another format than a file of these caps holds. What parsers refine on the way (levels) is none.
fn differs(caps: Option<&gst::Caps>, sample: &gst::Sample) -> bool {
    let (Some(caps), Some(new)) = (caps, sample.caps()) else { return false };
    format::differs(caps, new)
}

/// The same bytes with other stamps.
fn moved(
    buffer: &gst::BufferRef,
    caps: &gst::CapsRef,
    pts: gst::ClockTime,
    dts: gst::ClockTime,
    duration: Option<gst::ClockTime>,
) -> gst::Sample {
    let mut buffer = buffer.copy(); // shares the memory
    if let Some(buffer) = buffer.get_mut() {
        buffer.set_pts(pts);
        buffer.set_dts(dts);
        buffer.set_duration(duration);
    }
    gst::Sample::builder().buffer(&buffer).caps(&caps.to_owned()).build()
}

/// Where a frame of sound ends: by its duration, or 1024 samples (ISO 14496-3, 4.5.1.1) of its rate.
fn sound_end(sample: &gst::Sample) -> Option<gst::ClockTime> {
    let buffer = sample.buffer()?;
    let rate = sample.caps().and_then(|caps| caps.structure(0)).and_then(|s| s.get::<i32>("rate").ok());
    let rate = u64::try_from(rate.unwrap_or(48_000)).ok().filter(|rate| *rate > 0).unwrap_or(48_000);
    let duration = buffer.duration().unwrap_or(gst::ClockTime::from_nseconds(1024 * 1_000_000_000 / rate));
    Some(buffer.pts()? + duration)
}
