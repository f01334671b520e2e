//! The writer: the one thread that decides where a stream is cut, and builds and ends its muxers.
//!
//! ```text
//! picture ─►┌────────┐─► Mux (video) ─►┐
//!           │ Writer │                 ├─► HlsStream
//! sound ───►└────────┘─► Mux (audio) ─►┘
//! ```
//!
//! Sound is held back until the picture has come as far, because only then it is known whether a segment begins there.
//! When the format changes or time jumps, the discontinuity ends and the next begins at the next key frame.

use super::{
    hls_stream::HlsStream,
    mux::Mux,
    name::Track,
    plan::{Cut, FIRST_NS, Lengths, Pacer, Unit},
};
use crate::{
    domain::time::Rate,
    media::{clock::ShowClock, link::Feed, pipeline::Failure},
};
use gst::prelude::*;
use std::{
    collections::VecDeque,
    sync::{Arc, mpsc},
};

/// Frames of sound that may wait for the picture: about ten seconds.
const HELD: usize = 512;
/// An AAC frame in samples (ISO/IEC 14496-3).
const AAC_FRAME: u64 = 1024;

/// Messages to the writer.
pub(super) enum Note {
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
    pub notes: mpsc::SyncSender<Note>,
    pub discontinuity: Option<Discontinuity>,
    pub held: VecDeque<gst::Sample>,
}

pub(super) struct Discontinuity {
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
    pub fn work(&mut self, notes: &mpsc::Receiver<Note>) -> Result<(), Failure> {
        let worked = self.listen(notes);
        // Nothing is drained here: stopping an output must not take long.
        if let Some(discontinuity) = self.discontinuity.take() {
            self.hls_stream.latch_target(discontinuity.video.pacer.segment_length());
            self.hls_stream.end(discontinuity.number);
        }
        worked
    }

    fn listen(&mut self, notes: &mpsc::Receiver<Note>) -> Result<(), Failure> {
        while let Ok(note) = notes.recv() {
            match note {
                Note::Unit(Track::Video(_), sample) => self.picture(&sample)?,
                Note::Unit(Track::Audio(_), sample) => {
                    if self.held.len() == HELD {
                        self.held.pop_front();
                    }
                    self.held.push_back(sample);
                    self.release()?;
                }
                Note::Failed(failure) => return Err(failure),
                Note::Stop => break,
            }
        }
        Ok(())
    }

    fn picture(&mut self, sample: &gst::Sample) -> Result<(), Failure> {
        let Some((mut buffer, unit, caps)) = read(sample) else { return Ok(()) };
        let longest = self.hls_stream.longest();
        if let Some(discontinuity) = &mut self.discontinuity {
            let pacer = &discontinuity.video.pacer;
            let cut = pacer.picture(unit, longest);
            if discontinuity.ask_at.take_if(|at| unit.dts >= *at).is_some()
                && let Some(feed) = &self.asked_for_keyframes
            {
                feed.want_keyframe();
            }
            let anew = cut == Cut::Segment && unit.key && discontinuity.audio_changed;
            if !differs(&discontinuity.video.caps, &caps) && !pacer.breaks_at(unit) && !anew {
                if cut == Cut::Segment {
                    self.hls_stream.latch_target(pacer.segment_until(unit));
                    discontinuity.boundaries.push_back(unit.pts);
                }
                if buffer.dts().is_none() {
                    buffer.make_mut().set_dts(gst::ClockTime::from_nseconds(unit.dts));
                }
                discontinuity.video.push(buffer, unit, cut);
                return self.release();
            }
            self.end();
        }
        if unit.key { self.begin(buffer, unit, &caps) } else { Ok(()) }
    }

    fn begin(&mut self, buffer: gst::Buffer, unit: Unit, caps: &gst::Caps) -> Result<(), Failure> {
        let is_hasty = self.asked_for_keyframes.is_some() && self.hls_stream.is_empty();
        let number = self.hls_stream.begin(self.clock.now().0, self.expects_audio, self.rate);
        let lengths = self.lengths(self.rate.slot_ns());
        let pacer = if is_hasty { Pacer::hasty(lengths, unit) } else { Pacer::new(lengths, unit) };
        let mut video = self.mux(Track::Video(0), caps, pacer, number)?;
        video.push(buffer, unit, Cut::Nothing);
        let start = unit.pts;
        let boundaries = VecDeque::new();
        let ask_at = is_hasty.then_some(unit.dts + FIRST_NS);
        self.discontinuity =
            Some(Discontinuity { number, start, video, audio: None, boundaries, ask_at, audio_changed: false });
        self.release()
    }

    /// Ends the discontinuity: what is in the muxers goes to the HLS stream.
    fn end(&mut self) {
        let Some(mut discontinuity) = self.discontinuity.take() else { return };
        let end = discontinuity.video.pacer.end();
        while let Some(sample) = self.held.pop_front_if(|s| read(s).is_none_or(|(_, unit, _)| unit.pts < end)) {
            // Sound of another format belongs to the next discontinuity and is not played this early.
            if let (Some((buffer, unit, caps)), Some(audio)) = (read(&sample), &mut discontinuity.audio)
                && !differs(&audio.caps, &caps)
                && !audio.pacer.breaks_at(unit)
            {
                let cut = audio.pacer.sound(unit, discontinuity.boundaries.front().copied());
                discontinuity.boundaries.retain(|b| *b > unit.pts);
                audio.push(buffer, unit, cut);
            }
        }
        self.hls_stream.latch_target(discontinuity.video.pacer.segment_length());
        for mux in [Some(discontinuity.video), discontinuity.audio].into_iter().flatten() {
            if let Err(failure) = mux.finish() {
                tracing::warn!(text = %failure.text, "the end of an HLS discontinuity was lost");
            }
        }
        self.hls_stream.end(discontinuity.number);
    }

    /// Sends on the sound up to where the picture is.
    fn release(&mut self) -> Result<(), Failure> {
        loop {
            let Some(discontinuity) = &mut self.discontinuity else { return Ok(()) };
            let edge = discontinuity.video.pacer.last().dts;
            let Some(sample) = self.held.pop_front_if(|s| read(s).is_none_or(|(_, unit, _)| unit.pts < edge)) else {
                return Ok(());
            };
            let Some((buffer, unit, caps)) = read(&sample) else { continue };
            if unit.pts < discontinuity.start || discontinuity.audio_changed {
                continue;
            }
            match &mut discontinuity.audio {
                Some(audio) if differs(&audio.caps, &caps) || audio.pacer.breaks_at(unit) => {
                    discontinuity.audio_changed = true;
                }
                Some(audio) => {
                    let cut = audio.pacer.sound(unit, discontinuity.boundaries.front().copied());
                    discontinuity.boundaries.retain(|b| *b > unit.pts);
                    audio.push(buffer, unit, cut);
                }
                None => {
                    let number = discontinuity.number;
                    discontinuity.boundaries.retain(|b| *b > unit.pts);
                    let rate = caps.structure(0).and_then(|s| s.get::<i32>("rate").ok()).unwrap_or(48_000);
                    let frame = AAC_FRAME * 1_000_000_000 / u64::try_from(rate.max(1)).unwrap_or(48_000);
                    let pacer = Pacer::new(self.lengths(frame), unit);
                    let mut audio = self.mux(Track::Audio(0), &caps, pacer, number)?;
                    audio.push(buffer, unit, Cut::Nothing);
                    if let Some(discontinuity) = &mut self.discontinuity {
                        discontinuity.audio = Some(audio);
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

    fn mux(&self, track: Track, caps: &gst::Caps, pacer: Pacer, number: u64) -> Result<Mux, Failure> {
        let notes = self.notes.clone();
        let told = move |failure| {
            let _ = notes.try_send(Note::Failed(failure)); // a full queue means that the writer is stuck in that failure
        };
        Mux::start(track, caps, pacer, number, self.hls_stream.clone(), &self.clock, told)
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

/// Whether a format needs another initialization segment. What parsers refine on the way (rates, levels) does not.
fn differs(old: &gst::Caps, new: &gst::Caps) -> bool {
    if old == new {
        return false;
    }
    let (Some(old), Some(new)) = (old.structure(0), new.structure(0)) else { return true };
    let fields = ["codec_data", "stream-format", "width", "height", "rate", "channels"];
    old.name() != new.name() || fields.iter().any(|f| old.value(*f).ok().map(show) != new.value(*f).ok().map(show))
}

fn show(value: &glib::SendValue) -> String {
    value.serialize().map_or_else(|_| String::new(), |text| text.to_string())
}
