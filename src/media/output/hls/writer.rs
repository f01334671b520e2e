//! The writer: the one thread that decides where a stream is cut, and begins and ends its periods.
//!
//! ```text
//! picture ─►┌────────┐─► Period ─┬─► Mux (video) ─►┐
//!           │ Writer │           │                 ├─► HlsStream
//! sound ───►└────────┘           └─► Mux (audio) ─►┘
//! ```
//!
//! A picture is held back until the next one has come, because only then it is known how long it lasts, and the first
//! ones of a period until their rate is known. Sound is held back until the picture has come as far, because only then
//! it is known whether a segment begins there. When the format changes or time goes back, the period ends and the next
//! begins at the next key frame. A stream without pictures is written as sound alone.

use super::{
    hls_stream::{Carried, HlsStream},
    mux::Mux,
    name::Track,
    period::{Heard, Period, Pictures, Sound},
    plan::{Cut, FIRST_NS, Lengths, SegmentPlanner, Unit},
    silence::Silence,
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
/// So much sound without a picture is sound alone, before the first picture and after the last one, in nanoseconds.
const ALONE_FIRST_NS: u64 = 2_000_000_000;
const ALONE_NS: u64 = 8_000_000_000;

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
    /// Decoding time of the newest picture, in nanoseconds, whether it could be written or not.
    pub newest_picture: Option<u64>,
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
            self.hls_stream.latch_target(period.segment_length());
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
                    self.sound_alone()?;
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
        self.newest_picture = Some(unit.dts);
        if buffer.dts().is_none() {
            buffer.make_mut().set_dts(gst::ClockTime::from_nseconds(unit.dts));
        }
        if let Some(period) = &mut self.period {
            // Not only where a segment is due: until then there is no sound.
            let anew = period.sound_changed;
            if let Some(pictures) = &mut period.pictures
                && !differs(&pictures.mux.caps, &caps)
                && !pictures.newest().is_followed_by_break(unit)
                && !(anew && unit.key)
            {
                pictures.pending.push_back((buffer, unit));
                period.place(false, &self.hls_stream, || {
                    self.asked_for_keyframes.iter().for_each(|feed| feed.want_keyframe());
                });
                return self.release();
            }
            // Sound alone goes on until a picture can be shown.
            if period.pictures.is_some() || unit.key {
                self.end();
            }
        }
        if unit.key { self.begin(buffer, unit, &caps) } else { Ok(()) }
    }

    fn begin(&mut self, buffer: gst::Buffer, unit: Unit, caps: &gst::Caps) -> Result<(), Failure> {
        let starts_short = self.asked_for_keyframes.is_some() && self.hls_stream.is_empty();
        let carried = if self.expects_audio { Carried::Both } else { Carried::Picture };
        let number = self.hls_stream.begin(self.clock.now().0, carried);
        let lengths = self.lengths(self.rate.slot_ns());
        let planner = if starts_short {
            SegmentPlanner::with_short_first_segment(lengths, unit)
        } else {
            SegmentPlanner::new(lengths, unit)
        };
        let pictures = Pictures {
            mux: self.mux(Track::Video(0), caps, planner, number)?,
            pending: VecDeque::from([(buffer, unit)]),
            measured: false,
            ask_at: starts_short.then_some(unit.dts + FIRST_NS),
        };
        self.period = Some(Period::new(number, unit.pts, Some(pictures)));
        self.release()
    }

    /// Begins a period of sound alone when no picture goes with it.
    fn sound_alone(&mut self) -> Result<(), Failure> {
        let time = |sample: Option<&gst::Sample>| sample.and_then(read).map(|(_, unit, _)| unit.pts);
        let (Some(first), Some(last)) = (time(self.held.front()), time(self.held.back())) else { return Ok(()) };
        let since = self.newest_picture.unwrap_or(0).max(first);
        let patience = if self.newest_picture.is_some() { ALONE_NS } else { ALONE_FIRST_NS };
        let is_alone = self.period.as_ref().is_some_and(|period| period.pictures.is_none());
        if is_alone || last.saturating_sub(since) < patience {
            return Ok(());
        }
        self.end();
        let Some(start) = time(self.held.front()) else { return Ok(()) };
        let number = self.hls_stream.begin(self.clock.now().0, Carried::Sound);
        self.period = Some(Period::new(number, start, None));
        Ok(())
    }

    /// Ends the period: what is in the muxers goes to the HLS stream.
    fn end(&mut self) {
        let Some(mut period) = self.period.take() else { return };
        period.place(true, &self.hls_stream, || {});
        let end = period.pictures.as_ref().map_or(u64::MAX, |pictures| pictures.mux.planner.end());
        while let Some(sample) = self.held.pop_front_if(|s| read(s).is_none_or(|(_, unit, _)| unit.pts < end)) {
            // Sound of another format belongs to the next period and is not played this early.
            if let Some((buffer, unit, caps)) = read(&sample) {
                period.hear(buffer, unit, &caps, &self.hls_stream);
            }
        }
        self.hls_stream.latch_target(period.segment_length());
        let number = period.number;
        for mux in period.into_muxes() {
            if let Err(failure) = mux.finish() {
                tracing::warn!(text = %failure.text, "the end of an HLS period was lost");
            }
        }
        self.hls_stream.end(number);
    }

    /// Sends on the sound up to where the picture is.
    fn release(&mut self) -> Result<(), Failure> {
        while let Some(period) = &mut self.period {
            let edge = period.edge();
            let Some(sample) = self.held.pop_front_if(|s| read(s).is_none_or(|(_, unit, _)| unit.pts < edge)) else {
                return Ok(());
            };
            let Some((buffer, unit, caps)) = read(&sample) else { continue };
            if period.hear(buffer.clone(), unit, &caps, &self.hls_stream) == Heard::First {
                let number = period.number;
                let rate = caps.structure(0).and_then(|s| s.get::<i32>("rate").ok()).unwrap_or(48_000);
                let frame = AAC_FRAME * 1_000_000_000 / u64::try_from(rate.max(1)).unwrap_or(48_000);
                if period.pictures.is_none() {
                    self.hls_stream.latch_part_target(frame);
                }
                let planner = SegmentPlanner::new(self.lengths(frame), unit);
                let mut mux = self.mux(Track::Audio(0), &caps, planner, number)?;
                mux.push(buffer, unit, Cut::Nothing);
                if let Some(period) = &mut self.period {
                    period.sound = Some(Sound { mux, silence: Silence::of(&caps) });
                }
            }
        }
        Ok(())
    }

    fn lengths(&self, frame: u64) -> Lengths {
        let segment = u64::from(self.hls_stream.settings().segment_ms) * 1_000_000;
        Lengths { segment, part: self.hls_stream.part_target(), frame }
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
