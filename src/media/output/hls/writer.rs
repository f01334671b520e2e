//! The writer: the one thread that decides where a stream is cut, and builds and ends its muxers.
//!
//! ```text
//! picture ─►┌────────┐─► Mux (video) ─►┐
//!           │ Writer │                 ├─► Shelf
//! sound ───►└────────┘─► Mux (audio) ─►┘
//! ```
//!
//! Sound is held back until the picture has come as far, because only then it is known whether a segment begins there.
//! When the format changes or time jumps, the generation ends and the next begins at the next key frame.

use super::{
    mux::Mux,
    name::Track,
    plan::{Cut, Lengths, Pacer, Unit},
    shelf::Shelf,
};
use crate::{
    domain::time::Rate,
    media::{clock::ShowClock, pipeline::Failure},
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

/// What the writer is told.
pub(super) enum Note {
    Unit(Track, gst::Sample),
    Failed(Failure),
    Stop,
}

pub(super) struct Writer {
    pub shelf: Arc<Shelf>,
    pub clock: ShowClock,
    pub rate: Rate,
    pub expects_audio: bool,
    /// For the muxers' failures.
    pub notes: mpsc::SyncSender<Note>,
    pub generation: Option<Generation>,
    pub held: VecDeque<gst::Sample>,
}

pub(super) struct Generation {
    number: u64,
    /// Show time of its first picture.
    start: u64,
    video: Mux,
    audio: Option<Mux>,
    /// Where segments of the picture began that sound has not reached yet.
    boundaries: VecDeque<u64>,
    /// The sound changed; at the next segment both begin anew.
    audio_changed: bool,
}

impl Writer {
    /// Works until told to stop.
    ///
    /// # Errors
    /// What it cannot go on after.
    pub fn work(&mut self, notes: &mpsc::Receiver<Note>) -> Result<(), Failure> {
        let worked = self.listen(notes);
        // Nothing is drained here: who stops an output does not want to wait for it.
        if let Some(generation) = self.generation.take() {
            self.shelf.latch_target(generation.video.pacer.segment_length());
            self.shelf.end(generation.number);
        }
        worked
    }

    fn listen(&mut self, notes: &mpsc::Receiver<Note>) -> Result<(), Failure> {
        while let Ok(note) = notes.recv() {
            match note {
                Note::Unit(Track::Video, sample) => self.picture(&sample)?,
                Note::Unit(Track::Audio, sample) => {
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
        let longest = self.shelf.longest();
        if let Some(generation) = &mut self.generation {
            let pacer = &generation.video.pacer;
            let cut = pacer.picture(unit, longest);
            let anew = cut == Cut::Segment && unit.key && generation.audio_changed;
            if !differs(&generation.video.caps, &caps) && !pacer.breaks_at(unit) && !anew {
                if cut == Cut::Segment {
                    self.shelf.latch_target(pacer.segment_until(unit));
                    generation.boundaries.push_back(unit.pts);
                }
                if buffer.dts().is_none() {
                    buffer.make_mut().set_dts(gst::ClockTime::from_nseconds(unit.dts));
                }
                generation.video.push(buffer, unit, cut);
                return self.release();
            }
            self.end();
        }
        if unit.key { self.begin(buffer, unit, &caps) } else { Ok(()) }
    }

    fn begin(&mut self, buffer: gst::Buffer, unit: Unit, caps: &gst::Caps) -> Result<(), Failure> {
        let number = self.shelf.begin(self.clock.now().0, self.expects_audio, self.rate);
        let pacer = Pacer::new(self.lengths(self.rate.slot_ns()), unit);
        let mut video = self.mux(Track::Video, caps, pacer, number)?;
        video.push(buffer, unit, Cut::Nothing);
        let start = unit.pts;
        let boundaries = VecDeque::new();
        self.generation = Some(Generation { number, start, video, audio: None, boundaries, audio_changed: false });
        self.release()
    }

    /// Ends the generation: what is in the muxers goes to the shelf.
    fn end(&mut self) {
        let Some(mut generation) = self.generation.take() else { return };
        let end = generation.video.pacer.end();
        while let Some(sample) = self.held.pop_front_if(|s| read(s).is_none_or(|(_, unit, _)| unit.pts < end)) {
            // Sound of another format belongs to what comes next and is not heard this early.
            if let (Some((buffer, unit, caps)), Some(audio)) = (read(&sample), &mut generation.audio)
                && !differs(&audio.caps, &caps)
                && !audio.pacer.breaks_at(unit)
            {
                let cut = audio.pacer.sound(unit, generation.boundaries.front().copied());
                generation.boundaries.retain(|b| *b > unit.pts);
                audio.push(buffer, unit, cut);
            }
        }
        self.shelf.latch_target(generation.video.pacer.segment_length());
        for mux in [Some(generation.video), generation.audio].into_iter().flatten() {
            if let Err(failure) = mux.finish() {
                tracing::warn!(text = %failure.text, "the end of an HLS generation was lost");
            }
        }
        self.shelf.end(generation.number);
    }

    /// Sends on the sound up to where the picture is.
    fn release(&mut self) -> Result<(), Failure> {
        loop {
            let Some(generation) = &mut self.generation else { return Ok(()) };
            let edge = generation.video.pacer.last().dts;
            let Some(sample) = self.held.pop_front_if(|s| read(s).is_none_or(|(_, unit, _)| unit.pts < edge)) else {
                return Ok(());
            };
            let Some((buffer, unit, caps)) = read(&sample) else { continue };
            if unit.pts < generation.start || generation.audio_changed {
                continue;
            }
            match &mut generation.audio {
                Some(audio) if differs(&audio.caps, &caps) || audio.pacer.breaks_at(unit) => {
                    generation.audio_changed = true;
                }
                Some(audio) => {
                    let cut = audio.pacer.sound(unit, generation.boundaries.front().copied());
                    generation.boundaries.retain(|b| *b > unit.pts);
                    audio.push(buffer, unit, cut);
                }
                None => {
                    let number = generation.number;
                    generation.boundaries.retain(|b| *b > unit.pts);
                    let rate = caps.structure(0).and_then(|s| s.get::<i32>("rate").ok()).unwrap_or(48_000);
                    let frame = AAC_FRAME * 1_000_000_000 / u64::try_from(rate.max(1)).unwrap_or(48_000);
                    let pacer = Pacer::new(self.lengths(frame), unit);
                    let mut audio = self.mux(Track::Audio, &caps, pacer, number)?;
                    audio.push(buffer, unit, Cut::Nothing);
                    if let Some(generation) = &mut self.generation {
                        generation.audio = Some(audio);
                    }
                }
            }
        }
    }

    fn lengths(&self, frame: u64) -> Lengths {
        let settings = self.shelf.settings();
        let ns = |ms: u32| u64::from(ms) * 1_000_000;
        Lengths { segment: ns(settings.segment_ms), part: ns(settings.part_ms), frame }
    }

    fn mux(&self, track: Track, caps: &gst::Caps, pacer: Pacer, number: u64) -> Result<Mux, Failure> {
        let notes = self.notes.clone();
        let told = move |failure| {
            let _ = notes.try_send(Note::Failed(failure)); // a full queue means that the writer is stuck in that failure
        };
        Mux::start(track, caps, pacer, number, self.shelf.clone(), &self.clock, told)
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
