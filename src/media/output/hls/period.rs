//! A period: what is written from one change of format to the next, the picture and the sound that goes with it, or
//! sound alone.
//!
//! ```text
//! pictures ─► pending (until their end is known) ─► Mux ─► HlsStream
//! sound    ─► (up to where the picture is) ───────► Mux ─► HlsStream
//! ```
//!
//! Refuses to know: where units come from, and when a period begins and ends.

use super::{
    hls_stream::HlsStream,
    mux::Mux,
    plan::{Cut, Unit},
    silence::Silence,
};
use crate::media::format::differs;
use std::collections::VecDeque;

/// The rate of pictures is known after so many, or after so long, in nanoseconds.
const RATE_PICTURES: usize = 5;
const RATE_NS: u64 = 400_000_000;
/// Sound that begins so much later than the picture is announced with a period of its own, in nanoseconds: viewers were
/// given a playlist without it.
const LATE_NS: u64 = 1_500_000_000;
/// Sound that stays away for so long is silent up to `BEHIND_NS` before the picture, in nanoseconds: players wait for
/// the slower one of both.
const AWAY_NS: u64 = 2_000_000_000;
const BEHIND_NS: u64 = 1_000_000_000;
/// A shorter gap in the sound is left as it is, in nanoseconds.
const GAP_NS: u64 = 250_000_000;

/// See the module's text.
pub(super) struct Period {
    pub number: u64,
    /// Show time of its first unit.
    pub start: u64,
    /// Absent where there is sound alone.
    pub pictures: Option<Pictures>,
    pub sound: Option<Sound>,
    /// Where segments of the picture began that sound has not reached yet.
    boundaries: VecDeque<u64>,
    /// The sound changed; at the next segment both begin anew.
    pub sound_changed: bool,
}

/// The pictures of a period.
pub(super) struct Pictures {
    pub mux: Mux,
    /// Those that are not placed yet.
    pub pending: VecDeque<(gst::Buffer, Unit)>,
    /// Whether their rate is known.
    pub measured: bool,
    /// When a key frame is to be asked for that ends the first segment, as decoding time.
    pub ask_at: Option<u64>,
}

/// The sound of a period.
pub(super) struct Sound {
    pub mux: Mux,
    /// For where there is none; absent for a format that it cannot be made for.
    pub silence: Option<Silence>,
}

/// What became of a frame of sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Heard {
    Placed,
    /// It does not belong here, or another one has its place.
    Left,
    /// It is the first one, and needs a mux.
    First,
}

impl Period {
    /// An empty one.
    pub fn new(number: u64, start: u64, pictures: Option<Pictures>) -> Self {
        Self { number, start, pictures, sound: None, boundaries: VecDeque::new(), sound_changed: false }
    }

    /// Where the picture is; sound behind it waits. Sound alone waits for nothing.
    pub fn edge(&self) -> u64 {
        self.pictures.as_ref().map_or(u64::MAX, |pictures| pictures.mux.planner.last().dts)
    }

    /// Sends on the pictures whose end is known, and all of them at the period's `end`. `ask` is called when a key frame
    /// is to be asked for.
    pub fn place(&mut self, end: bool, hls_stream: &HlsStream, ask: impl Fn()) {
        let longest = hls_stream.longest();
        let Some(pictures) = &mut self.pictures else { return };
        if !pictures.measure(end, hls_stream) {
            return;
        }
        while (end || pictures.pending.len() > 1)
            && let Some((buffer, unit)) = pictures.pending.pop_front()
        {
            if pictures.ask_at.take_if(|at| unit.dts >= *at).is_some() {
                ask();
            }
            let planner = &pictures.mux.planner;
            let until = pictures.pending.front().map_or(unit.dts + planner.frame(), |(_, next)| next.dts);
            let is_first = unit == planner.last();
            let cut = if is_first { Cut::Nothing } else { planner.picture(unit, until, longest) };
            if cut == Cut::Segment {
                hls_stream.latch_target(planner.segment_until(unit));
                self.boundaries.push_back(unit.pts);
            }
            pictures.mux.push(buffer, unit, cut);
        }
        let edge = self.edge();
        if self.sound.as_ref().is_some_and(|sound| edge > sound.mux.planner.last().dts + AWAY_NS) {
            self.be_silent_until(edge - BEHIND_NS, hls_stream);
        }
    }

    /// Places a frame of sound that lies before the edge.
    pub fn hear(&mut self, buffer: gst::Buffer, unit: Unit, caps: &gst::Caps, hls_stream: &HlsStream) -> Heard {
        if unit.pts < self.start || self.sound_changed {
            return Heard::Left;
        }
        let Some(sound) = &self.sound else {
            self.sound_changed = self.pictures.is_some() && unit.pts > self.start + LATE_NS;
            self.boundaries.retain(|boundary| *boundary > unit.pts);
            return if self.sound_changed { Heard::Left } else { Heard::First };
        };
        let last = sound.mux.planner.last();
        let is_away = sound.silence.is_none() && unit.dts > last.dts + AWAY_NS;
        if differs(&sound.mux.caps, caps) || is_away {
            self.sound_changed = true;
            return Heard::Left;
        }
        if unit.dts <= last.dts {
            return Heard::Left; // silence has its place
        }
        if unit.dts > last.dts + GAP_NS {
            self.be_silent_until(unit.dts, hls_stream);
        }
        self.put_sound(buffer, unit, hls_stream);
        Heard::Placed
    }

    /// Fills the sound up with silence.
    fn be_silent_until(&mut self, end: u64, hls_stream: &HlsStream) {
        loop {
            let Some(Sound { mux, silence: Some(silence) }) = &self.sound else { return };
            let (at, frame) = (mux.planner.end(), mux.planner.frame());
            if at + frame > end {
                return;
            }
            let buffer = silence.frame(at, frame);
            self.put_sound(buffer, Unit { pts: at, dts: at, key: true }, hls_stream);
        }
    }

    fn put_sound(&mut self, buffer: gst::Buffer, unit: Unit, hls_stream: &HlsStream) {
        let Some(Sound { mux, .. }) = &mut self.sound else { return };
        let cut = if self.pictures.is_some() {
            mux.planner.sound(unit, self.boundaries.front().copied())
        } else {
            mux.planner.sound_alone(unit)
        };
        if self.pictures.is_none() && cut == Cut::Segment {
            hls_stream.latch_target(mux.planner.segment_until(unit));
        }
        self.boundaries.retain(|boundary| *boundary > unit.pts);
        mux.push(buffer, unit, cut);
    }

    /// How long its last segment is by now, in nanoseconds.
    pub fn segment_length(&self) -> u64 {
        let mux = self.pictures.as_ref().map(|pictures| &pictures.mux).or(self.sound.as_ref().map(|sound| &sound.mux));
        mux.map_or(0, |mux| mux.planner.segment_length())
    }

    /// Its muxers, to be drained.
    pub fn into_muxes(self) -> impl Iterator<Item = Mux> {
        [self.pictures.map(|pictures| pictures.mux), self.sound.map(|sound| sound.mux)].into_iter().flatten()
    }
}

impl Pictures {
    /// The picture that came last.
    pub fn newest(&self) -> Unit {
        self.pending.back().map_or(self.mux.planner.last(), |(_, unit)| *unit)
    }

    /// Finds their rate. Gives whether it is known; at the `end` it is that of what has come.
    fn measure(&mut self, end: bool, hls_stream: &HlsStream) -> bool {
        if self.measured {
            return true;
        }
        let times: Vec<u64> = self.pending.iter().map(|(_, unit)| unit.dts).collect();
        let mut intervals: Vec<u64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let span: u64 = intervals.iter().sum();
        if !end && times.len() < RATE_PICTURES && span < RATE_NS {
            return false;
        }
        intervals.sort_unstable();
        let usual = intervals.get(intervals.len() / 2).copied();
        let frame = usual.unwrap_or_else(|| self.mux.planner.frame());
        self.mux.planner.set_lengths(frame, hls_stream.latch_part_target(frame));
        self.measured = true;
        true
    }
}
