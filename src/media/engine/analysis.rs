//! Measurements of the show for consumers that make no media: loudness, and the colours along the edges of the picture.
//!
//! ```text
//! feed ─ listener ─┬─► LevelMeter: level of the block that plays now
//!                  └─► EdgeSampler: colours along left, upper and right edge of program
//! ```
//!
//! They cost CPU time only while they are held. Refuses to know: what the values are used for.

use super::Engine;
use crate::{
    domain::{lights::Rgb, source::SourceId, time::ShowTime},
    media::{
        clock::ShowClock,
        link::{Feed, Listener},
    },
};
use gst_video::prelude::*;
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError, Weak},
};

/// Quieter than this is silence.
const SILENCE_DB: f32 = -120.0;
/// Zones along the three edges, by the shares of a 16:9 picture: 9 up, 16 across, 9 down, twice as fine.
const UP: usize = 18;
const ACROSS: usize = 32;
/// How deep the edge is: this share of the picture's height.
const DEPTH: usize = 8;
/// Distance between sampled pixels, both ways.
const STEP: usize = 8;

/// Measures the loudness of a source for as long as it is kept.
pub struct LevelMeter {
    feed: Weak<Feed>,
    levels: Arc<Mutex<VecDeque<(ShowTime, f32)>>>,
    clock: ShowClock,
    _listener: Listener,
}

/// Samples the edges of program for as long as it is kept.
pub struct EdgeSampler {
    edges: Arc<Mutex<Arc<[Rgb]>>>,
    _listener: Listener,
}

impl Engine {
    /// A level meter for an input, or for program; none for an input that is not there.
    pub fn level_meter(&self, source: Option<SourceId>) -> Option<LevelMeter> {
        Some(LevelMeter::open(&self.sound_of(source)?, self.clock.clone()))
    }

    /// Whether a level meter measures an input, or program, as it is now: an input that was assigned to another device
    /// has another sound.
    pub fn hears(&self, meter: &LevelMeter, source: Option<SourceId>) -> bool {
        self.sound_of(source).is_some_and(|feed| std::ptr::eq(meter.feed.as_ptr(), Arc::as_ptr(&feed)))
    }

    fn sound_of(&self, source: Option<SourceId>) -> Option<Arc<Feed>> {
        match source {
            None => Some(self.mixer.audio.clone()),
            Some(id) => Some(self.sources.get(id)?.raw_audio.clone()),
        }
    }

    /// An edge sampler of program.
    pub fn edge_sampler(&self) -> EdgeSampler {
        EdgeSampler::open(&self.mixer.video)
    }
}

impl LevelMeter {
    fn open(feed: &Arc<Feed>, clock: ShowClock) -> Self {
        let levels = Arc::new(Mutex::new(VecDeque::new()));
        let (heard, now) = (levels.clone(), clock.clone());
        let listener = feed.listen(move |buffer, _| {
            let (Some(pts), Ok(map)) = (buffer.pts(), buffer.map_readable()) else { return };
            let mut levels = heard.lock().unwrap_or_else(PoisonError::into_inner);
            levels.push_back((ShowTime(pts.nseconds()), level_db(&map)));
            forget(&mut levels, now.now());
        });
        Self { feed: Arc::downgrade(feed), levels, clock, _listener: listener }
    }

    /// The level of the sound that plays now, both channels together, as root mean square in dBFS; -120 for silence.
    pub fn level_db(&self) -> f32 {
        let now = self.clock.now();
        let mut levels = self.levels.lock().unwrap_or_else(PoisonError::into_inner);
        forget(&mut levels, now);
        // A block is some tens of milliseconds long: one that began longer ago is over, and nothing came after it.
        let block = levels.front().filter(|(began, _)| *began <= now && now.since(*began) < 100_000_000);
        block.map_or(SILENCE_DB, |(_, level)| *level)
    }
}

/// Drops all levels before that of the block that plays now.
fn forget(levels: &mut VecDeque<(ShowTime, f32)>, now: ShowTime) {
    while levels.get(1).is_some_and(|(next, _)| *next <= now) {
        levels.pop_front();
    }
}

fn level_db(block: &[u8]) -> f32 {
    let samples = block.chunks_exact(4).map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap_or_default()));
    let (count, sum) = samples.fold((0_u32, 0.0_f32), |(count, sum), sample| (count + 1, sum + sample * sample));
    let mean = sum / count.max(1) as f32;
    (10.0 * mean.max(1e-12).log10()).max(SILENCE_DB)
}

impl EdgeSampler {
    fn open(feed: &Arc<Feed>) -> Self {
        let edges = Arc::new(Mutex::new(Arc::from([])));
        let seen = edges.clone();
        let mut known: Option<(gst::Caps, gst_video::VideoInfo)> = None;
        let listener = feed.listen(move |buffer, caps| {
            if known.as_ref().is_none_or(|(of, _)| of != caps) {
                known = gst_video::VideoInfo::from_caps(caps).ok().map(|info| (caps.clone(), info));
            }
            let Some((_, info)) = &known else { return };
            let Ok(frame) = gst_video::VideoFrameRef::from_buffer_ref_readable(buffer, info) else { return };
            let colours = look(&frame);
            *seen.lock().unwrap_or_else(PoisonError::into_inner) = colours;
        });
        Self { edges, _listener: listener }
    }

    /// The colours of the edges of the newest picture, from the lower left corner up, across and down to the lower right
    /// one; none before the first picture.
    pub fn edges(&self) -> Arc<[Rgb]> {
        self.edges.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The mean colours of the zones of an I420 picture.
fn look(frame: &gst_video::VideoFrameRef<&gst::BufferRef>) -> Arc<[Rgb]> {
    let (width, height) = (frame.width() as usize, frame.height() as usize);
    let depth = (height / DEPTH).max(2);
    let zone = |x: [usize; 2], y: [usize; 2]| mean(frame, x, y);
    let row = |n: usize| [height * n / UP, (height * (n + 1) / UP).max(height * n / UP + 1)];
    let column = |n: usize| [width * n / ACROSS, (width * (n + 1) / ACROSS).max(width * n / ACROSS + 1)];
    let left = (0..UP).rev().map(|n| zone([0, depth.min(width)], row(n)));
    let upper = (0..ACROSS).map(|n| zone(column(n), [0, depth]));
    let right = (0..UP).map(|n| zone([width.saturating_sub(depth), width], row(n)));
    left.chain(upper).chain(right).collect()
}

fn mean(frame: &gst_video::VideoFrameRef<&gst::BufferRef>, x: [usize; 2], y: [usize; 2]) -> Rgb {
    let mut sums = [0_u32; 3];
    let mut count = 0;
    let plane = |n: u32| frame.plane_data(n).unwrap_or_default();
    let planes = [plane(0), plane(1), plane(2)];
    let stride = |n: usize| frame.plane_stride().get(n).map_or(0, |s| s.unsigned_abs() as usize);
    let strides = [stride(0), stride(1), stride(2)];
    for line in (y[0]..y[1]).step_by(STEP) {
        for column in (x[0]..x[1]).step_by(STEP) {
            for (n, sum) in sums.iter_mut().enumerate() {
                let (line, column) = if n == 0 { (line, column) } else { (line / 2, column / 2) };
                *sum += planes[n].get(line * strides[n] + column).map_or(0, |value| u32::from(*value));
            }
            count += 1;
        }
    }
    let [y, u, v] = sums.map(|sum| sum as f32 / count.max(1) as f32);
    rgb(y, u, v)
}

/// ITU-R BT.709, video range.
fn rgb(y: f32, u: f32, v: f32) -> Rgb {
    let (y, u, v) = ((y - 16.0) * 255.0 / 219.0, (u - 128.0) * 255.0 / 224.0, (v - 128.0) * 255.0 / 224.0);
    [y + 1.5748 * v, y - 0.1873 * u - 0.4681 * v, y + 1.8556 * u].map(|value| value.round().clamp(0.0, 255.0) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sine_at_half_scale_is_nine_decibels_down() {
        let sine = (0..4800).flat_map(|n| (0.5 * (n as f32 * 0.1).sin()).to_le_bytes());
        assert!((level_db(&sine.collect::<Vec<_>>()) + 9.03).abs() < 0.05);
        assert_eq!(level_db(&[0; 64]), SILENCE_DB);
    }

    #[test]
    fn colours_come_out_of_video_range() {
        assert_eq!((rgb(16.0, 128.0, 128.0), rgb(235.0, 128.0, 128.0)), ([0; 3], [255; 3]));
        let red = rgb(62.6, 102.3, 240.0);
        assert!(red[0] >= 254 && red[1] <= 1 && red[2] <= 1, "{red:?}");
    }
}
