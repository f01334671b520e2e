//! The luma of a part of each picture of a medium, made small: for questions about pixels that the marks do not answer.

use crate::support::child::Watchdog;
use crate::support::marks::Region;
use crate::support::marks::code::{self, BLACK, COLUMNS, ROWS, WHITE};
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// The band of the mark, in four pixels a cell each way.
const BAND: Region = Region { x: 0.0, y: 0.0, w: 1.0, h: 0.25 };
const CELL: usize = 4;

/// Decodes a medium and answers the region of each picture as `width` times `height` values of luma.
pub fn decode(media: &Path, region: Region, width: usize, height: usize) -> Vec<Vec<u8>> {
    let Region { x, y, w, h } = region;
    // Both ranges alike, else grey would be stretched from video range to full range.
    let look = format!(
        "format=yuv420p,extractplanes=y,crop=iw*{w}:ih*{h}:iw*{x}:ih*{y}:exact=1,\
         scale={width}:{height}:flags=area:in_range=full:out_range=full"
    );
    let mut child = Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(media)
        .args(["-map", "0:v:0", "-filter:v", &look, "-fps_mode", "passthrough"])
        .args(["-f", "rawvideo", "-pix_fmt", "gray", "pipe:1"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("ffmpeg starts");
    let mut pipe = child.stdout.take().expect("ffmpeg's stdout");
    let dog = Watchdog::over(child, Duration::from_secs(60));
    let mut pictures = Vec::new();
    let mut picture = vec![0_u8; width * height];
    while pipe.read_exact(&mut picture).is_ok() {
        pictures.push(picture.clone());
    }
    assert!(dog.wait().success() && !dog.expired(), "{} cannot be decoded", media.display());
    pictures
}

/// The pictures' marks, small.
pub fn bands(media: &Path) -> Vec<Vec<u8>> {
    decode(media, BAND, COLUMNS * CELL, ROWS * CELL)
}

/// How much of frame `to` lies over frame `from` in one of [`bands`], 0 to 1, by all cells in which the two differ.
pub fn share(band: &[u8], from: (u8, u32), to: (u8, u32)) -> f64 {
    let (from, to) = (code::word(from.0, from.1), code::word(to.0, to.1));
    let (mut sum, mut count) = (0.0, 0);
    for (column, row) in (0..COLUMNS).flat_map(|column| (0..ROWS).map(move |row| (column, row))) {
        let (a, b) = (code::cell_luma(from, column, row), code::cell_luma(to, column, row));
        if a != b {
            let level = (cell(band, column, row) - f64::from(BLACK)) / f64::from(WHITE - BLACK);
            sum += if b == WHITE { level } else { 1.0 - level };
            count += 1;
        }
    }
    sum / f64::from(count)
}

/// The mean of the middle of a cell.
fn cell(band: &[u8], column: usize, row: usize) -> f64 {
    let (left, top) = (column * CELL + 1, row * CELL + 1);
    let places = (0..CELL - 2).flat_map(|y| (0..CELL - 2).map(move |x| (top + y) * COLUMNS * CELL + left + x));
    let sum: f64 = places.map(|place| f64::from(band[place])).sum();
    sum / ((CELL - 2) * (CELL - 2)) as f64
}

/// The largest difference between two small pictures.
pub fn difference(a: &[u8], b: &[u8]) -> u8 {
    a.iter().zip(b).map(|(a, b)| a.abs_diff(*b)).max().unwrap_or(0)
}
