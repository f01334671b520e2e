//! One track's segments, as the HLS stream keeps them: the newest in parts, a window of them in the playlist, and as many
//! again behind it for slow readers.

use super::{
    init::Format,
    name::{Name, Resource, Track},
    plan::PartTiming,
};
use crate::protocol::m3u8;
use bytes::{Bytes, BytesMut};
use std::{collections::VecDeque, time::Duration};

/// Frame rates of cameras and projects, and how far off measured ones may be.
const USUAL_RATES: [f64; 10] =
    [10.0, 15.0, 24_000.0 / 1001.0, 24.0, 25.0, 30_000.0 / 1001.0, 30.0, 50.0, 60_000.0 / 1001.0, 60.0];
const UNSTEADY_RATE: f64 = 0.005;

/// A segment, finished or growing.
#[derive(Debug)]
pub(super) struct Segment {
    pub msn: u64,
    period: u64,
    /// Discontinuities before it.
    breaks: u64,
    wall_ns: u64,
    /// Nanoseconds.
    pub duration: u64,
    /// Frames.
    units: u64,
    pub parts: Vec<Part>,
    /// All parts in one, once it is finished; the parts' bytes are slices of it then.
    pub whole: Option<Bytes>,
}

#[derive(Debug)]
pub(super) struct Part {
    pub data: Bytes,
    duration: u64,
    independent: bool,
}

/// The window of one track.
#[derive(Debug)]
pub(super) struct TrackWindow {
    pub track: Track,
    created_at: u64,
    /// The playlist as text, made at each change and not at each request; absent before the first segment.
    pub written: Option<Bytes>,
    /// Initialization segments by period, as long as a segment needs them.
    inits: VecDeque<(u64, Bytes, Format)>,
    /// Oldest first; only the last may be growing.
    pub segments: VecDeque<Segment>,
    next_msn: u64,
    /// The period of the newest segment that ever was.
    period: u64,
    /// Finished segments that ever were.
    pub finished: u64,
    /// Bits per second of the heaviest finished segment.
    pub peak_bps: u64,
}

impl TrackWindow {
    pub fn new(track: Track, created_at: u64) -> Self {
        Self {
            track,
            created_at,
            written: None,
            inits: VecDeque::new(),
            segments: VecDeque::new(),
            next_msn: 0,
            period: 0,
            finished: 0,
            peak_bps: 0,
        }
    }

    pub fn put_init(&mut self, period: u64, data: Bytes, format: Format) {
        self.inits.retain(|(g, ..)| *g != period);
        self.inits.push_back((period, data, format));
    }

    /// Adds a part to the growing segment, or begins one with it. Gives whether a segment was finished.
    pub fn put(&mut self, period: u64, data: Bytes, part: PartTiming, wall_of_zero: i128, keep: usize) -> bool {
        if self.segments.back().is_none_or(|s| s.whole.is_some()) {
            let breaks = if self.next_msn == 0 { 0 } else { period - self.period };
            let wall_ns = u64::try_from(wall_of_zero + i128::from(part.pts)).unwrap_or(0);
            let msn = self.next_msn;
            self.next_msn += 1;
            self.period = period;
            let parts = Vec::new();
            self.segments.push_back(Segment {
                msn,
                period,
                breaks,
                wall_ns,
                duration: 0,
                units: 0,
                parts,
                whole: None,
            });
        }
        if let Some(segment) = self.segments.back_mut() {
            segment.duration += part.duration;
            segment.units += part.units;
            segment.parts.push(Part { data, duration: part.duration, independent: part.independent });
        }
        part.ends_segment && self.finish(keep)
    }

    /// Finishes the growing segment, if there is one; only `keep` stay.
    pub fn finish(&mut self, keep: usize) -> bool {
        let Some(segment) = self.segments.back_mut().filter(|s| s.whole.is_none()) else { return false };
        let mut whole = BytesMut::with_capacity(segment.parts.iter().map(|p| p.data.len()).sum());
        for part in &segment.parts {
            whole.extend_from_slice(&part.data);
        }
        let whole = whole.freeze();
        let mut at = 0;
        for part in &mut segment.parts {
            let end = at + part.data.len();
            part.data = whole.slice(at..end);
            at = end;
        }
        let bits = whole.len() as u64 * 8;
        self.peak_bps = self.peak_bps.max(rate(bits, segment.duration));
        segment.whole = Some(whole);
        self.finished += 1;
        while self.segments.len() > keep {
            self.segments.pop_front();
        }
        let oldest = self.segments.front().map_or(0, |s| s.period);
        self.inits.retain(|(period, ..)| *period >= oldest);
        true
    }

    /// Forgets everything but the numbers.
    pub fn clear(&mut self) {
        self.written = None;
        self.segments.clear();
        self.inits.clear();
        self.peak_bps = 0;
    }

    /// Whether no segment was finished since it was cleared.
    pub fn is_empty(&self) -> bool {
        self.held() == 0
    }

    /// Whether something of a period has come, finished or not.
    pub fn has_begun(&self, period: u64) -> bool {
        self.inits.back().is_some_and(|(newest, ..)| *newest == period)
    }

    /// Finished segments that are kept.
    pub fn held(&self) -> usize {
        self.segments.iter().filter(|segment| segment.whole.is_some()).count()
    }

    /// What the newest segment is.
    pub fn format(&self) -> Option<&Format> {
        self.inits.back().map(|(.., format)| format)
    }

    /// Bits per second over all finished segments in the window.
    pub fn average_bps(&self) -> u64 {
        let done = || self.segments.iter().filter_map(|s| Some((s.whole.as_ref()?.len() as u64, s.duration)));
        rate(done().map(|(bytes, _)| bytes * 8).sum(), done().map(|(_, duration)| duration).sum())
    }

    /// Frames per second over the finished segments of the newest period; 0 when there is none. The usual rate where it is
    /// one, since stamps of some protocols are rounded to milliseconds.
    pub fn frame_rate(&self) -> f64 {
        let done = || self.segments.iter().filter(|s| s.whole.is_some() && s.period == self.period);
        let duration: u64 = done().map(|s| s.duration).sum();
        if duration == 0 {
            return 0.0;
        }
        let measured = done().map(|s| s.units).sum::<u64>() as f64 * 1e9 / duration as f64;
        let away = |rate: f64| (rate - measured).abs() / measured;
        let nearest = USUAL_RATES.into_iter().min_by(|a, b| away(*a).total_cmp(&away(*b)));
        nearest.filter(|rate| away(*rate) < UNSTEADY_RATE).unwrap_or(measured)
    }

    /// The media sequence number of the newest finished segment.
    pub fn last_finished(&self) -> Option<u64> {
        self.segments.iter().rev().find(|s| s.whole.is_some()).map(|s| s.msn)
    }

    pub fn segment(&self, msn: u64) -> Option<&Segment> {
        let first = self.segments.front()?.msn;
        self.segments.get(usize::try_from(msn.checked_sub(first)?).ok()?)
    }

    pub fn init(&self, period: u64) -> Option<&Bytes> {
        self.inits.iter().find(|(g, ..)| *g == period).map(|(_, data, _)| data)
    }

    /// The segment and part that come next.
    pub fn next(&self) -> (u64, u64) {
        match self.segments.back() {
            Some(segment) if segment.whole.is_none() => (segment.msn, segment.parts.len() as u64),
            _ => (self.next_msn, 0),
        }
    }

    /// How far the track has come, for the other one's playlist.
    pub fn report(&self) -> Option<m3u8::Report> {
        let last = self.segments.back()?;
        let last_part = (last.parts.len() as u64).checked_sub(1);
        Some(m3u8::Report { uri: self.track.playlist(), last_msn: last.msn, last_part })
    }

    /// The segments of a playlist with `window` finished ones; parts are named for the last `with_parts` nanoseconds.
    pub fn list(&self, window: usize, with_parts: u64) -> m3u8::Media {
        let growing = usize::from(self.segments.back().is_some_and(|s| s.whole.is_none()));
        let skip = self.segments.len().saturating_sub(window + growing);
        let mut age = 0;
        let mut segments = Vec::new();
        for segment in self.segments.iter().skip(skip).rev() {
            let parts = if age < with_parts { self.parts(segment) } else { Vec::new() };
            age += segment.duration;
            segments.push(m3u8::Segment {
                uri: segment.whole.as_ref().map(|_| self.name(Resource::Segment(segment.msn))),
                duration: Duration::from_nanos(segment.duration),
                breaks: segment.breaks,
                map: self.name(Resource::Init(segment.period)),
                wall_ns: segment.wall_ns,
                parts,
            });
        }
        segments.reverse();
        let first = self.segments.get(skip);
        let (msn, part) = self.next();
        m3u8::Media {
            first_msn: first.map_or(0, |s| s.msn),
            discontinuity_sequence: first.map_or(0, |s| s.period - s.breaks),
            segments,
            preload: Some(self.name(Resource::Part(msn, part))),
            ..Default::default()
        }
    }

    fn parts(&self, segment: &Segment) -> Vec<m3u8::Part> {
        let part = |(n, part): (usize, &Part)| m3u8::Part {
            uri: self.name(Resource::Part(segment.msn, n as u64)),
            duration: Duration::from_nanos(part.duration),
            independent: part.independent,
        };
        segment.parts.iter().enumerate().map(part).collect()
    }

    fn name(&self, resource: Resource) -> String {
        Name { track: self.track, created_at: self.created_at, resource }.to_string()
    }
}

fn rate(bits: u64, ns: u64) -> u64 {
    if ns == 0 { 0 } else { (u128::from(bits) * 1_000_000_000 / u128::from(ns)) as u64 }
}
