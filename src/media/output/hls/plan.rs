//! Where segments and parts begin. Sans-IO: access units' times in, cuts out.
//!
//! Picture segments begin at key frames. Sound follows the picture's segment boundaries to within one AAC frame; for
//! that a frame of sound is only placed when the picture has come as far (see the writer).
//!
//! A unit is placed when it is known where it ends, which is where the next one begins. So no part is longer than
//! declared, at whatever rate the units come; but for one unit that is longer by itself.

/// Parts may last this much longer than asked, in percent, so that frames that do not divide a part still fit well.
const FITS: u64 = 108;
/// What is declared as longest part in percent of whole frames: room for jitter in the stamps. All but a segment's last
/// part have to last 85 % of it (RFC 8216bis, section 4.4.4.9).
const DECLARED: u64 = 110;
/// How much of a stream is played before its first segment may end, in nanoseconds.
pub(super) const FIRST_NS: u64 = 150_000_000;
/// A longer way between two units begins another period, in nanoseconds.
const GAP_NS: u64 = 1_000_000_000;

/// The longest part to declare for frames of a length when parts of about `part` are asked for; in nanoseconds, whole
/// milliseconds.
pub(super) fn part_target(part: u64, frame: u64) -> u64 {
    let frame = frame.max(1);
    let frames = (part * FITS / 100 / frame).max(1);
    (frames * frame * DECLARED / 100).div_ceil(1_000_000) * 1_000_000
}

/// When one unit is shown and decoded, in nanoseconds of show time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unit {
    pub pts: u64,
    pub dts: u64,
    pub key: bool,
}

impl Unit {
    /// Whether a unit cannot follow this one: time went back, or leapt.
    pub fn is_followed_by_break(self, next: Self) -> bool {
        next.dts < self.dts || next.dts - self.dts > GAP_NS
    }
}

/// What begins with a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cut {
    Nothing,
    Part,
    Segment,
}

/// A finished part of a track, up to the next cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PartTiming {
    /// Show time of its first unit.
    pub pts: u64,
    pub duration: u64,
    /// It begins with a key frame.
    pub independent: bool,
    /// The segment ends with it.
    pub ends_segment: bool,
    /// How many units it holds.
    pub units: u64,
}

/// Lengths, in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lengths {
    pub segment: u64,
    /// The longest part that is declared.
    pub part: u64,
    /// One frame, nominally.
    pub frame: u64,
}

/// Follows one track through its segments and parts.
#[derive(Debug, Clone, Copy)]
pub(super) struct SegmentPlanner {
    lengths: Lengths,
    segment_dts: u64,
    /// Up to here segments may be short (see [`SegmentPlanner::with_short_first_segment`]).
    short_until: u64,
    part: Unit,
    last: Unit,
    /// Units since the part began.
    units: u64,
    /// When the last key frame came, and how far it was from the one before.
    key: u64,
    key_interval: u64,
}

impl SegmentPlanner {
    /// Begins with the first unit of the first segment.
    pub fn new(lengths: Lengths, first: Unit) -> Self {
        Self {
            lengths,
            segment_dts: first.dts,
            short_until: 0,
            part: first,
            last: first,
            units: 0,
            key: first.dts,
            key_interval: lengths.segment,
        }
    }

    /// The same for a stream that readers wait for, and that makes key frames when it is asked: until two segments'
    /// length has passed, each key frame may end one, so that the first segment stands soon and later ones end where the
    /// encoder's key frames are.
    pub fn with_short_first_segment(lengths: Lengths, first: Unit) -> Self {
        Self { short_until: first.dts + 2 * lengths.segment, ..Self::new(lengths, first) }
    }

    /// The unit before.
    pub fn last(&self) -> Unit {
        self.last
    }

    /// Sets the usual length of a frame and the longest part, once they are known.
    pub fn set_lengths(&mut self, frame: u64, part: u64) {
        (self.lengths.frame, self.lengths.part) = (frame, part);
    }

    /// The usual length of a frame.
    pub fn frame(&self) -> u64 {
        self.lengths.frame
    }

    /// Whether a segment ends where this key frame begins.
    pub fn is_due(&self, unit: Unit) -> bool {
        let wanted = if unit.dts < self.short_until { FIRST_NS } else { self.lengths.segment };
        unit.key && self.segment_until(unit) + self.lengths.frame / 2 >= wanted
    }

    /// What begins with a picture that lasts until `end`. `longest` is how long a segment may be without a key frame.
    pub fn picture(&self, unit: Unit, end: u64, longest: u64) -> Cut {
        let run = self.segment_until(unit);
        // A key frame that is early is better than none in time.
        let is_last_chance =
            unit.key && run > 0 && run + self.key_interval > longest.saturating_add(self.lengths.frame / 2);
        let too_long = end.saturating_sub(self.segment_dts) > longest && run > 0;
        if self.is_due(unit) || is_last_chance || too_long { Cut::Segment } else { self.part_until(end) }
    }

    /// What begins with a frame of sound, when the picture's next segment begins at `boundary`.
    pub fn sound(&self, unit: Unit, boundary: Option<u64>) -> Cut {
        if boundary.is_some_and(|b| b <= unit.pts) {
            Cut::Segment
        } else {
            self.part_until(unit.dts + self.lengths.frame)
        }
    }

    /// What begins with a frame of sound of a stream that has no picture.
    pub fn sound_alone(&self, unit: Unit) -> Cut {
        self.picture(unit, unit.dts + self.lengths.frame, u64::MAX)
    }

    fn part_until(&self, end: u64) -> Cut {
        if end.saturating_sub(self.part.dts) > self.lengths.part { Cut::Part } else { Cut::Nothing }
    }

    /// Takes the next unit in; gives the part that ended before it, if there is a cut.
    pub fn take(&mut self, unit: Unit, cut: Cut) -> Option<PartTiming> {
        self.last = unit;
        if unit.key && unit.dts > self.key {
            (self.key, self.key_interval) = (unit.dts, unit.dts - self.key);
        }
        if cut == Cut::Nothing {
            self.units += 1;
            return None;
        }
        let part = self.part(unit.dts, cut == Cut::Segment);
        (self.part, self.units) = (unit, 1);
        if cut == Cut::Segment {
            self.segment_dts = unit.dts;
        }
        Some(part)
    }

    /// How long the present segment has become when it ends before `unit`.
    pub fn segment_until(&self, unit: Unit) -> u64 {
        unit.dts.saturating_sub(self.segment_dts)
    }

    /// How long the present segment is by now.
    pub fn segment_length(&self) -> u64 {
        self.end().saturating_sub(self.segment_dts)
    }

    /// When the newest unit ends, nominally.
    pub fn end(&self) -> u64 {
        self.last.dts + self.lengths.frame
    }

    /// The last part, which nothing follows.
    pub fn finish(&self) -> PartTiming {
        self.part(self.end(), true)
    }

    fn part(&self, until: u64, ends_segment: bool) -> PartTiming {
        let duration = until.saturating_sub(self.part.dts);
        PartTiming { pts: self.part.pts, duration, independent: self.part.key, ends_segment, units: self.units }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    fn parts(fps: f64, gop: u64, seconds: f64, jitter: u64) -> Vec<PartTiming> {
        let frame = (1e9 / fps) as u64;
        let unit = |n: u64| {
            let at = (n as f64 * 1e9 / fps) as u64 + (n * 7919 % 3) * jitter;
            Unit { pts: at, dts: at, key: n.is_multiple_of(gop) }
        };
        let part = part_target(200 * MS, frame);
        let mut planner = SegmentPlanner::new(Lengths { segment: 2000 * MS, part, frame }, unit(0));
        let part = |n| planner.take(unit(n), planner.picture(unit(n), unit(n + 1).dts, 4400 * MS));
        (1..(fps * seconds) as u64).filter_map(part).collect()
    }

    #[test]
    fn segments_begin_at_the_first_key_frame_after_their_length() {
        for (gop, expected) in [(60, 2000), (30, 2000), (45, 3000), (20, 2000), (90, 3000)] {
            let mut segment = 0;
            for part in parts(30.0, gop, 20.0, 0) {
                segment += part.duration;
                if part.ends_segment {
                    assert_eq!(segment.div_ceil(MS), expected, "gop {gop}");
                    segment = 0;
                }
            }
        }
    }

    #[test]
    fn a_stream_that_is_waited_for_begins_with_a_short_segment_and_falls_into_the_grid_of_key_frames() {
        let frame = 33_333_333;
        let lengths = Lengths { segment: 2000 * MS, part: 550 * MS, frame };
        for grid in 0..60 {
            // Key frames at the beginning, 9 pictures later because the writer asked, and where the grid has them.
            let unit = |n: u64| {
                let at = n * 1_000_000_000 / 30;
                Unit { pts: at, dts: at, key: n == 0 || n == 9 || (n + grid).is_multiple_of(60) }
            };
            let mut planner = SegmentPlanner::with_short_first_segment(lengths, unit(0));
            let cuts: Vec<_> = (1..600)
                .filter(|n| {
                    let cut = planner.picture(unit(*n), unit(*n + 1).dts, 2400 * MS);
                    planner.take(unit(*n), cut);
                    cut == Cut::Segment
                })
                .collect();
            assert!(cuts[0] <= 9 && cuts.iter().all(|n| unit(*n).key), "{grid}: {cuts:?}");
            assert!(cuts.windows(2).all(|pair| pair[1] - pair[0] <= 70), "{grid}: none is too long: {cuts:?}");
            assert!(cuts[4..].iter().all(|n| (n + grid).is_multiple_of(60)), "{grid}: {cuts:?}");
        }
    }

    #[test]
    fn parts_keep_within_what_is_declared_at_every_usual_rate() {
        for fps in [0.5, 1.0, 2.0, 5.0, 10.0, 12.0, 15.0, 23.976, 24.0, 25.0, 29.97, 30.0, 50.0, 59.94, 60.0, 120.0] {
            let declared = part_target(200 * MS, (1e9 / fps) as u64);
            for part in parts(fps, (fps * 2.0) as u64 + 1, 20.0, MS) {
                assert!(part.duration <= declared, "{fps}: {part:?}");
                // RFC 8216bis, section 4.4.4.9: all but a segment's last are at least 85 % of the target.
                assert!(part.ends_segment || part.duration * 100 >= declared * 85, "{fps}: {part:?}");
            }
        }
        assert_eq!([30.0, 25.0, 10.0].map(|fps| part_target(200 * MS, (1e9 / fps) as u64)), [220 * MS; 3]);
        assert_eq!(part_target(200 * MS, 1_000 * MS), 1_100 * MS);
    }

    #[test]
    fn parts_of_pictures_that_come_unevenly_keep_within_what_is_declared() {
        let at = |n: u64| n * 33 * MS + (n * 7919 % 11) * 12 * MS;
        let unit = |n: u64| Unit { pts: at(n), dts: at(n), key: n.is_multiple_of(60) };
        let mut planner = SegmentPlanner::new(Lengths { segment: 2000 * MS, part: 220 * MS, frame: 33 * MS }, unit(0));
        for n in 1..2000 {
            let part = planner.take(unit(n), planner.picture(unit(n), at(n + 1), 2400 * MS));
            assert!(part.is_none_or(|part| part.duration <= 220 * MS), "{n}: {part:?}");
        }
    }

    #[test]
    fn a_group_of_pictures_without_end_is_cut_where_the_target_ends() {
        let parts = parts(30.0, 100_000, 20.0, 0);
        let first = parts.iter().position(|p| p.ends_segment).unwrap();
        let length: u64 = parts[..=first].iter().map(|p| p.duration).sum();
        assert!((4300 * MS..=4400 * MS).contains(&length), "{length}");
        assert!(!parts[first + 1].independent);
    }

    #[test]
    fn a_period_that_begins_beside_the_grid_of_key_frames_is_cut_at_key_frames_alone() {
        for first in (100..2000).step_by(100) {
            let unit = |n: u64| {
                let at = n * 100 * MS;
                Unit { pts: at, dts: at, key: n == 0 || (n * 100 + 2000 - first).is_multiple_of(2000) }
            };
            let lengths = Lengths { segment: 2000 * MS, part: 550 * MS, frame: 100 * MS };
            let mut planner = SegmentPlanner::new(lengths, unit(0));
            for n in 1..400 {
                let cut = planner.picture(unit(n), unit(n + 1).dts, 2400 * MS);
                planner.take(unit(n), cut);
                assert!(cut != Cut::Segment || unit(n).key, "{first}: cut at {n}");
            }
        }
    }

    #[test]
    fn sound_is_cut_before_the_first_frame_that_begins_behind_the_boundary() {
        let lengths = Lengths { segment: 2000 * MS, part: 220 * MS, frame: 21_333_333 };
        let unit = |n: u64| Unit { pts: n * 21_333_333, dts: n * 21_333_333, key: true };
        let mut planner = SegmentPlanner::new(lengths, unit(0));
        let cut = (1..200).find(|n| {
            let cut = planner.sound(unit(*n), Some(2000 * MS));
            planner.take(unit(*n), cut);
            cut == Cut::Segment
        });
        assert_eq!(cut, Some(94)); // 2.005 s
    }
}
