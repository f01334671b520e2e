//! The strip of lights as a picture: LEDs in rows, in reading order, one picture a slot.
//!
//! ```text
//! frames of the strip ─► cells of an I420 picture ─► Source
//! ```
//!
//! Refuses to know: how lights are made. A strip that stands still costs no drawing.

use super::source::Source;
use crate::{
    domain::{
        lights::Rgb,
        time::{Format, Slot},
    },
    media::{
        clock::ShowClock,
        format,
        graphics::{NEUTRAL, Picture},
    },
    tasks,
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
};
use tokio::sync::watch;

/// Frames of a strip; empty before the first.
pub type Strip = watch::Receiver<Arc<[Rgb]>>;

/// The running input. Dropping it ends the pictures.
pub struct Lights {
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// Starts the pictures of a strip on a source.
///
/// # Errors
/// When there is no thread to be had, or no such format.
pub fn start(source: &Arc<Source>, clock: &ShowClock, project: Format, strip: Strip) -> anyhow::Result<Lights> {
    let caps: gst::Caps = format::picture_at_rate(project).parse()?;
    let info = Arc::new(gst_video::VideoInfo::from_caps(&caps)?);
    let over = Arc::new(AtomicBool::new(false));
    let (ended, source, clock) = (over.clone(), source.clone(), clock.clone());
    source.begin();
    source.set_size(project.width, project.height);
    let run = move || {
        let mut drawn: Option<(Arc<[Rgb]>, gst::Buffer)> = None;
        let mut slot = Slot(project.rate.slot_at(clock.now()).0 + 1);
        while !ended.load(Ordering::Relaxed) {
            let time = project.rate.time_of(slot);
            clock.wait_until(time);
            let leds = strip.borrow().clone();
            let buffer = match drawn.take().filter(|(shown, _)| *shown == leds) {
                Some((_, buffer)) => buffer,
                None => picture(&leds, project, &info),
            };
            let mut shown = buffer.copy();
            drawn = Some((leds, buffer));
            shown.make_mut().set_pts(gst::ClockTime::from_nseconds(time.0));
            source.frame(shown, &caps, &info);
            // A machine that was held up goes on at the present slot.
            slot = Slot(project.rate.slot_at(clock.now()).0.max(slot.0) + 1);
        }
        source.end();
    };
    let thread = tasks::restarting_thread("lights-input", "lights-in", run)?;
    Ok(Lights { over, thread: Some(thread) })
}

impl Drop for Lights {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join(); // its panic is known already
        }
    }
}

/// Where the cells of so many LEDs lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Board {
    columns: usize,
    /// Edge of a cell in pixels; even, so that colours have no seams.
    cell: usize,
    left: usize,
    top: usize,
}

impl Board {
    fn of(leds: usize, width: usize, height: usize) -> Self {
        let leds = leds.max(1);
        let fits = |cell: usize| (width / cell) * (height / cell) >= leds;
        let cell = (1..=height.min(width) / 2).rev().map(|half| half * 2).find(|cell| fits(*cell)).unwrap_or(2);
        let columns = (width / cell).min(leds).max(1);
        let rows = leds.div_ceil(columns);
        let middle = |whole: usize, part: usize| whole.saturating_sub(part) / 2 / 2 * 2;
        Self { columns, cell, left: middle(width, columns * cell), top: middle(height, rows * cell) }
    }
}

fn picture(leds: &[Rgb], project: Format, info: &gst_video::VideoInfo) -> gst::Buffer {
    let (width, height) = (project.width as usize, project.height as usize);
    let mut picture = Picture::flat(width, height, NEUTRAL);
    let board = Board::of(leds.len(), width, height);
    let gap = if board.cell >= 12 { board.cell / 12 * 2 } else { 0 };
    for (n, led) in leds.iter().enumerate() {
        let x = board.left + n % board.columns * board.cell;
        let y = board.top + n / board.columns * board.cell;
        fill(&mut picture, [x, x + board.cell - gap], [y, y + board.cell - gap], yuv(*led));
    }
    let mut bytes = vec![0; info.size()];
    let planes = [(&picture.y, width), (&picture.u, width.div_ceil(2)), (&picture.v, width.div_ceil(2))];
    for ((rows, row), (offset, stride)) in planes.into_iter().zip(info.offset().iter().zip(info.stride())) {
        let into = bytes.get_mut(*offset..).unwrap_or_default().chunks_mut(stride.unsigned_abs() as usize);
        for (line, into) in rows.chunks_exact(row).zip(into) {
            into.get_mut(..row).map(|into| into.copy_from_slice(line)).unwrap_or_default();
        }
    }
    gst::Buffer::from_mut_slice(bytes)
}

fn fill(picture: &mut Picture, x: [usize; 2], y: [usize; 2], [luma, blue, red]: [u8; 3]) {
    let half = picture.width.div_ceil(2);
    for line in y[0]..y[1].min(picture.height) {
        let row = line * picture.width;
        picture.y[row + x[0].min(picture.width)..row + x[1].min(picture.width)].fill(luma);
    }
    for line in y[0] / 2..(y[1] / 2).min(picture.height.div_ceil(2)) {
        let row = line * half;
        let range = row + (x[0] / 2).min(half)..row + (x[1] / 2).min(half);
        picture.u[range.clone()].fill(blue);
        picture.v[range].fill(red);
    }
}

/// ITU-R BT.709, video range.
fn yuv([r, g, b]: Rgb) -> [u8; 3] {
    let [r, g, b] = [r, g, b].map(|value| f32::from(value) / 255.0);
    let luma = 0.2126 * r + 0.7152 * g + 0.0722 * b;
    let chroma = |difference: f32, scale: f32| 128.0 + 224.0 * difference / scale;
    [16.0 + 219.0 * luma, chroma(b - luma, 1.8556), chroma(r - luma, 1.5748)].map(|value| value.round() as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_led_has_a_cell_within_the_picture() {
        for (width, height) in [(1280, 720), (1920, 1080), (64, 64), (720, 1280)] {
            for leds in [1, 2, 7, 60, 160, 170, 1024, 10_880] {
                let board = Board::of(leds, width, height);
                let rows = leds.div_ceil(board.columns);
                let held = width / 2 * (height / 2) >= leds;
                assert!(!held || board.left + board.columns * board.cell <= width, "{leds} in {width}: {board:?}");
                assert!(!held || board.top + rows * board.cell <= height, "{leds} in {height}: {board:?}");
            }
        }
        assert_eq!(Board::of(160, 1280, 720).cell, 72);
    }

    #[test]
    fn pure_colours_have_their_codes() {
        assert_eq!((yuv([0; 3]), yuv([255; 3])), ([16, 128, 128], [235, 128, 128]));
        assert_eq!(yuv([255, 0, 0]), [63, 102, 240]);
    }
}
