//! What was read, and the questions tests ask about it. Printing a [`Reading`]
//! gives the timeline (see `report`).

use super::code::Unread;
use super::probe::Streams;
use super::sound::{Beep, Sound};

/// A beep and a flash further apart than this do not belong together, in seconds.
const PAIRING_SECONDS: f64 = 0.45;
/// A step between frames is a gap when it differs from the usual step by more than this share.
const UNEVEN: f64 = 0.5;

/// One decoded frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Frame {
    /// Presentation time in seconds, unrounded.
    pub pts: f64,
    /// `(source, frame number)`, if the mark is clean.
    pub mark: Option<(u8, u32)>,
    /// Why there is no mark.
    pub unread: Option<Unread>,
    /// Mean luma of the region, 16 is black, 235 is white.
    pub mean_luma: f32,
    /// Either frame of a flash.
    pub flash: bool,
    /// The first frame of a flash; the beep starts at its time.
    pub flash_start: bool,
}

/// Consecutive frames of one source; unreadable frames in its middle belong to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// The source that is shown.
    pub source: u8,
    /// Number of its first frame.
    pub first_n: u32,
    /// Number of its last frame.
    pub last_n: u32,
    /// Index of its first frame in the reading.
    pub first_index: usize,
    /// Readable frames in it.
    pub frames: usize,
    /// Unreadable frames between its readable ones.
    pub unread: usize,
    /// Numbers stepped over, less the unreadable frames standing in their place.
    pub lost: usize,
    /// Frames with the number of the frame before.
    pub repeated: usize,
    /// Steps to a lower number.
    pub backwards: usize,
}

/// A change from one source to another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cut {
    /// Index of the first frame of the new source.
    pub index: usize,
    /// Its time in seconds.
    pub pts: f64,
    /// Source and number of the last frame before.
    pub from: (u8, u32),
    /// Source and number of the first frame after.
    pub to: (u8, u32),
    /// Unreadable frames between the two: 0 for a clean cut, the length of a fade.
    pub between: usize,
}

/// An uneven step between two frames' times.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gap {
    /// Index of the frame after it.
    pub index: usize,
    /// That frame's time in seconds.
    pub pts: f64,
    /// Length of the step in milliseconds; not positive if time stood still or went back.
    pub ms: f64,
}

/// A flash and its beep.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Skew {
    /// Time of the flash in seconds.
    pub flash: f64,
    /// Milliseconds the beep comes later; negative if it comes early.
    pub ms: f64,
}

/// A medium as it was read.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// File or URL.
    pub media: String,
    /// Codecs and size.
    pub streams: Streams,
    /// All decoded frames in the order of their output.
    pub frames: Vec<Frame>,
    /// Starts of the whole beeps in seconds.
    pub beeps: Vec<f64>,
    /// All beeps, cut ones too, with length and level.
    pub tones: Vec<Beep>,
    /// The samples.
    pub sound: Sound,
    /// How many errors ffmpeg reported.
    pub errors: usize,
    /// The first of them as worded by ffmpeg.
    pub error_lines: Vec<String>,
}

impl Reading {
    /// Counts error messages, and keeps the first ones.
    pub(super) fn note(&mut self, complaints: Vec<String>, most: usize) {
        self.errors += complaints.len();
        let room = most.saturating_sub(self.error_lines.len());
        self.error_lines.extend(complaints.into_iter().take(room));
    }

    /// Readable frames as `(index, source, number)`.
    pub fn marks(&self) -> impl Iterator<Item = (usize, u8, u32)> + '_ {
        let frames = self.frames.iter().enumerate();
        frames.filter_map(|(index, frame)| frame.mark.map(|(source, n)| (index, source, n)))
    }

    /// The sources on screen, one run after the other.
    pub fn runs(&self) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        let mut last_index = 0;
        for (index, source, n) in self.marks() {
            match runs.last_mut().filter(|run| run.source == source) {
                Some(run) => run.extend(n, index - last_index - 1),
                None => runs.push(Run {
                    source,
                    first_n: n,
                    last_n: n,
                    first_index: index,
                    frames: 1,
                    unread: 0,
                    lost: 0,
                    repeated: 0,
                    backwards: 0,
                }),
            }
            last_index = index;
        }
        runs
    }

    /// Every change of source.
    pub fn cuts(&self) -> Vec<Cut> {
        let marks: Vec<_> = self.marks().collect();
        let pairs = marks.windows(2).filter(|pair| pair[0].1 != pair[1].1);
        let cuts = pairs.map(|pair| Cut {
            index: pair[1].0,
            pts: self.frames[pair[1].0].pts,
            from: (pair[0].1, pair[0].2),
            to: (pair[1].1, pair[1].2),
            between: pair[1].0 - pair[0].0 - 1,
        });
        cuts.collect()
    }

    /// Indices of all frames without a mark, for whatever reason.
    pub fn undecodable(&self) -> Vec<usize> {
        self.indices(|frame| frame.mark.is_none())
    }

    /// Indices of frames in which two pictures are mixed.
    pub fn mixed(&self) -> Vec<usize> {
        self.indices(|frame| frame.unread == Some(Unread::Mixed))
    }

    /// Indices of black frames.
    pub fn black(&self) -> Vec<usize> {
        self.indices(|frame| frame.unread == Some(Unread::Black))
    }

    /// Times at which a flash starts, in seconds; not those with a lost first frame.
    pub fn flashes(&self) -> Vec<f64> {
        let mut before = false;
        let starts = self.frames.iter().filter(|frame| {
            let fresh = frame.flash_start && !before;
            before = frame.flash_start;
            fresh
        });
        starts.map(|frame| frame.pts).collect()
    }

    /// Every flash that has a whole beep within 450 ms, with the nearest one.
    pub fn skews(&self) -> Vec<Skew> {
        let near = |flash: f64| {
            let distances = self.beeps.iter().map(|beep| beep - flash);
            distances.min_by(|a, b| a.abs().total_cmp(&b.abs()))
        };
        let paired = self.flashes().into_iter().filter_map(|flash| {
            let distance = near(flash).filter(|distance| distance.abs() <= PAIRING_SECONDS)?;
            let ms = distance * 1000.0;
            Some(Skew { flash, ms })
        });
        paired.collect()
    }

    /// The skew furthest from zero, in milliseconds, positive if sound is late; `None` if no flash has a beep, which a
    /// test must not accept.
    pub fn skew(&self) -> Option<f64> {
        let skews = self.skews().into_iter().map(|skew| skew.ms);
        skews.max_by(|a, b| a.abs().total_cmp(&b.abs()))
    }

    /// The usual step from frame to frame (the median) in seconds; 0 below two frames.
    pub fn step(&self) -> f64 {
        let pairs = self.frames.windows(2);
        let mut steps: Vec<f64> = pairs.map(|pair| pair[1].pts - pair[0].pts).collect();
        steps.sort_by(f64::total_cmp);
        steps.get(steps.len() / 2).copied().unwrap_or(0.0)
    }

    /// Steps between frames that are not the usual one.
    pub fn gaps(&self) -> Vec<Gap> {
        let usual = self.step();
        let pairs = self.frames.windows(2).enumerate();
        let uneven = pairs.filter_map(|(before, pair)| {
            let step = pair[1].pts - pair[0].pts;
            let even = (step - usual).abs() <= usual * UNEVEN;
            (!even).then_some(Gap { index: before + 1, pts: pair[1].pts, ms: step * 1000.0 })
        });
        uneven.collect()
    }

    /// Frames lost, repeated or stepped back from over all runs, for a single `assert_eq!`.
    pub fn flaws(&self) -> (usize, usize, usize) {
        let runs = self.runs();
        let sum = |of: fn(&Run) -> usize| runs.iter().map(of).sum();
        (sum(|run| run.lost), sum(|run| run.repeated), sum(|run| run.backwards))
    }

    fn indices(&self, wanted: impl Fn(&Frame) -> bool) -> Vec<usize> {
        let frames = self.frames.iter().enumerate();
        frames.filter(|(_, frame)| wanted(frame)).map(|(index, _)| index).collect()
    }
}

impl Run {
    fn extend(&mut self, n: u32, unread: usize) {
        match n.cmp(&self.last_n) {
            std::cmp::Ordering::Equal => self.repeated += 1,
            std::cmp::Ordering::Less => self.backwards += 1,
            std::cmp::Ordering::Greater => {
                let skipped = (n - self.last_n - 1) as usize;
                self.lost += skipped.saturating_sub(unread);
            }
        }
        self.last_n = n;
        self.frames += 1;
        self.unread += unread;
    }
}
