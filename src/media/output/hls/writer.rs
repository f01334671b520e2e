//! The writer: the one thread that decides where a stream is cut, and builds and ends its muxers.
//!
//! ```text
//! picture ─►┌────────┐─► Mux (video) ─►┐
//!           │ Writer │                 ├─► HlsStream
//! sound ───►└────────┘─► Mux (audio) ─►┘
//! ```
//!
//! Sound is held back until the picture has come as far, because only then it is known whether a segment begins there.
//! When the format changes or time jumps, the period ends and the next begins at the next key frame.

use super::{
    hls_stream::HlsStream,
    mux::Mux,
    name::Track,
    plan::{Cut, FIRST_NS, Lengths, SegmentPlanner, Unit},
};
use crate::{
    domain::time::Rate,
    media::{clock::ShowClock, format::differs, link::Feed, pipeline::Failure},
};
use std::{
    collections::VecDeque,
    sync::{Arc, mpsc},
};

/// Frames of sound that may wait for the picture: about ten seconds.
const HELD: usize = 512;
/// An AAC frame in samples (ISO/IEC 14496-3).
const AAC_FRAME: u64 = 1024;

/// Messages to the writer.
pub(super) enum WriterMessage {
    Unit(Track, gst::Sample),
    Failed(Failure),
    Stop,
}

pub(super) struct Writer {
    pub hls_stream: Arc<HlsStream>,
    pub clock: ShowClock,
    pub rate: Rate,
    pub expects_audio: bool,
    /// The picture's feed, where it makes a key frame when it is asked.
    pub asked_for_keyframes: Option<Arc<Feed>>,
    /// For the muxers' failures.
    pub messages: mpsc::SyncSender<WriterMessage>,
    pub period: Option<Period>,
    pub held: VecDeque<gst::Sample>,
}

pub(super) struct Period {
    number: u64,
    /// Show time of its first picture.
    start: u64,
    video: Mux,
    audio: Option<Mux>,
    /// Where segments of the picture began that sound has not reached yet.
    boundaries: VecDeque<u64>,
    /// When a key frame is to be asked for that ends the first segment, as decoding time.
    ask_at: Option<u64>,
    /// The sound changed; at the next segment both begin anew.
    audio_changed: bool,
}

impl Writer {
    /// Works until the message to stop.
    ///
    /// # Errors
    /// What it cannot go on after.
    pub fn work(&mut self, messages: &mpsc::Receiver<WriterMessage>) -> Result<(), Failure> {
        let worked = self.listen(messages);
        // Nothing is drained here: stopping an output must not take long.
        if let Some(period) = self.period.take() {
            self.hls_stream.latch_target(period.video.planner.segment_length());
            self.hls_stream.end(period.number);
        }
        worked
    }

    fn listen(&mut self, messages: &mpsc::Receiver<WriterMessage>) -> Result<(), Failure> {
        while let Ok(message) = messages.recv() {
            match message {
                WriterMessage::Unit(Track::Video(_), sample) => self.picture(&sample)?,
                WriterMessage::Unit(Track::Audio(_), sample) => {
                    if self.held.len() == HELD {
                        self.held.pop_front();
                    }
                    self.held.push_back(sample);
                    self.release()?;
                }
                WriterMessage::Failed(failure) => return Err(failure),
                WriterMessage::Stop => break,
            }
        }
        Ok(())
    }

    fn picture(&mut self, sample: &gst::Sample) -> Result<(), Failure> {
        let Some((mut buffer, unit, caps)) = read(sample) else { return Ok(()) };
        let longest = self.hls_stream.longest();
        if let Some(period) = &mut self.period {
            let planner = &period.video.planner;
            let cut = planner.picture(unit, longest);
            if period.ask_at.take_if(|at| unit.dts >= *at).is_some()
                && let Some(feed) = &self.asked_for_keyframes
            {
                feed.want_keyframe();
            }
            let anew = cut == Cut::Segment && unit.key && period.audio_changed;
            if !differs(&period.video.caps, &caps) && !planner.breaks_at(unit) && !anew {
                if cut == Cut::Segment {
                    self.hls_stream.latch_target(planner.segment_until(unit));
                    period.boundaries.push_back(unit.pts);
                }
                if buffer.dts().is_none() {
                    buffer.make_mut().set_dts(gst::ClockTime::from_nseconds(unit.dts));
                }
                period.video.push(buffer, unit, cut);
                return self.release();
            }
            self.end();
        }
        if unit.key { self.begin(buffer, unit, &caps) } else { Ok(()) }
    }

    fn begin(&mut self, buffer: gst::Buffer, unit: Unit, caps: &gst::Caps) -> Result<(), Failure> {
        let starts_short = self.asked_for_keyframes.is_some() && self.hls_stream.is_empty();
        let number = self.hls_stream.begin(self.clock.now().0, self.expects_audio, self.rate);
        let lengths = self.lengths(self.rate.slot_ns());
        let planner = if starts_short {
            SegmentPlanner::with_short_first_segment(lengths, unit)
        } else {
            SegmentPlanner::new(lengths, unit)
        };
        let mut video = self.mux(Track::Video(0), caps, planner, number)?;
        video.push(buffer, unit, Cut::Nothing);
        let start = unit.pts;
        let boundaries = VecDeque::new();
        let ask_at = starts_short.then_some(unit.dts + FIRST_NS);
        self.period = Some(Period { number, start, video, audio: None, boundaries, ask_at, audio_changed: false });
        self.release()
    }

    /// Ends the period: what is in the muxers goes to the HLS stream.
    fn end(&mut self) {
        let Some(mut period) = self.period.take() else { return };
        let end = period.video.planner.end();
        while let Some(sample) = self.held.pop_front_if(|s| read(s).is_none_or(|(_, unit, _)| unit.pts < end)) {
            // Sound of another format belongs to the next period and is not played this early.
            if let (Some((buffer, unit, caps)), Some(audio)) = (read(&sample), &mut period.audio)
                && !differs(&audio.caps, &caps)
                && !audio.planner.breaks_at(unit)
            {
                let cut = audio.planner.sound(unit, period.boundaries.front().copied());
                period.boundaries.retain(|b| *b > unit.pts);
                audio.push(buffer, unit, cut);
            }
        }
        self.hls_stream.latch_target(period.video.planner.segment_length());
        for mux in [Some(period.video), period.audio].into_iter().flatten() {
            if let Err(failure) = mux.finish() {
                tracing::warn!(text = %failure.text, "the end of an HLS period was lost");
            }
        }
        self.hls_stream.end(period.number);
    }

    /// Sends on the sound up to where the picture is.
    fn release(&mut self) -> Result<(), Failure> {
        loop {
            let Some(period) = &mut self.period else { return Ok(()) };
            let edge = period.video.planner.last().dts;
            let Some(sample) = self.held.pop_front_if(|s| read(s).is_none_or(|(_, unit, _)| unit.pts < edge)) else {
                return Ok(());
            };
            let Some((buffer, unit, caps)) = read(&sample) else { continue };
            if unit.pts < period.start || period.audio_changed {
                continue;
            }
            match &mut period.audio {
                Some(audio) if differs(&audio.caps, &caps) || audio.planner.breaks_at(unit) => {
                    period.audio_changed = true;
                }
                Some(audio) => {
                    let cut = audio.planner.sound(unit, period.boundaries.front().copied());
                    period.boundaries.retain(|b| *b > unit.pts);
                    audio.push(buffer, unit, cut);
                }
                None => {
                    let number = period.number;
                    period.boundaries.retain(|b| *b > unit.pts);
                    let rate = caps.structure(0).and_then(|s| s.get::<i32>("rate").ok()).unwrap_or(48_000);
                    let frame = AAC_FRAME * 1_000_000_000 / u64::try_from(rate.max(1)).unwrap_or(48_000);
                    let planner = SegmentPlanner::new(self.lengths(frame), unit);
                    let mut audio = self.mux(Track::Audio(0), &caps, planner, number)?;
                    audio.push(buffer, unit, Cut::Nothing);
                    if let Some(period) = &mut self.period {
                        period.audio = Some(audio);
                    }
                }
            }
        }
    }

    fn lengths(&self, frame: u64) -> Lengths {
        let settings = self.hls_stream.settings();
        let ns = |ms: u32| u64::from(ms) * 1_000_000;
        Lengths { segment: ns(settings.segment_ms), part: ns(settings.part_ms), frame }
    }

    fn mux(&self, track: Track, caps: &gst::Caps, planner: SegmentPlanner, number: u64) -> Result<Mux, Failure> {
        let messages = self.messages.clone();
        let on_failure = move |failure| {
            // A full queue means that the writer is stuck in that failure.
            let _ = messages.try_send(WriterMessage::Failed(failure));
        };
        Mux::start(track, caps, planner, number, self.hls_stream.clone(), &self.clock, on_failure)
    }
}

/// The buffer, its times and its format; `None` when it has no time.
fn read(sample: &gst::Sample) -> Option<(gst::Buffer, Unit, gst::Caps)> {
    let buffer = sample.buffer_owned()?;
    let pts = buffer.pts()?.nseconds();
    let dts = buffer.dts().map_or(pts, gst::ClockTime::nseconds);
    let key = !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT);
    Some((buffer, Unit { pts, dts, key }, sample.caps_owned()?))
}
