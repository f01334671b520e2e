//! Paints the raw frames of a clip: mark, flash and moving texture.
//!
//! Below the mark a soft pattern slides over the picture, so an encoder has real motion to code; its colour makes the
//! sources distinguishable by eye. Rows are copied from one prepared tile, which keeps painting far cheaper than
//! encoding even in a debug build.

use super::clip::Clip;
use super::code;

/// Luma below the mark in the first frame of a flash.
pub const FLASH: u8 = 235;
/// Luma below the mark in the second frame; darker, so a lost first frame is not taken for it.
pub const AFTERGLOW: u8 = 200;

/// The texture repeats after this many pixels both ways.
const PERIOD: usize = 128;

/// Prepared pixels of one clip.
pub struct Painter<'a> {
    clip: &'a Clip,
    /// `PERIOD` rows of `width + PERIOD` pixels.
    tile: Vec<u8>,
    stride: usize,
    chroma: [u8; 2],
}

impl<'a> Painter<'a> {
    /// Prepares the texture and the tint of the clip's source.
    pub fn new(clip: &'a Clip) -> Self {
        let stride = clip.width as usize + PERIOD;
        let mut tile = Vec::with_capacity(stride * PERIOD);
        let turn = std::f32::consts::TAU / PERIOD as f32;
        for y in 0..PERIOD {
            let row: Vec<u8> = (0..PERIOD)
                .map(|x| {
                    let waves =
                        34.0 * (turn * 2.0 * x as f32).sin() + 24.0 * (turn * (3.0 * y as f32 + x as f32)).cos();
                    let grain = ((x * 73) ^ (y * 151) ^ ((x * y) >> 3)) % 9;
                    (96.0 + waves) as u8 + grain as u8
                })
                .collect();
            tile.extend(row.iter().cycle().take(stride));
        }
        let hue = f32::from(clip.source) / 16.0 * std::f32::consts::TAU;
        let chroma = [(128.0 + 44.0 * hue.cos()) as u8, (128.0 + 44.0 * hue.sin()) as u8];
        Self { clip, tile, stride, chroma }
    }

    /// Replaces `out` by frame `n` as planar YUV 4:2:0.
    pub fn paint(&self, n: u32, out: &mut Vec<u8>) {
        let (width, height) = (self.clip.width as usize, self.clip.height as usize);
        let band = height / 4;
        out.clear();
        self.mark_rows(n, band, out);
        match self.clip.flash_phase(n) {
            Some(0) => out.resize(width * height, FLASH),
            Some(_) => out.resize(width * height, AFTERGLOW),
            None => {
                let shift_x = n as usize * 4 % PERIOD;
                for y in band..height {
                    let start = (y + n as usize * 2) % PERIOD * self.stride + shift_x;
                    out.extend_from_slice(&self.tile[start..start + width]);
                }
            }
        }
        let plane = width.div_ceil(2) * height.div_ceil(2);
        for value in self.chroma {
            out.resize(out.len() + plane, value);
        }
    }

    fn mark_rows(&self, n: u32, band: usize, out: &mut Vec<u8>) {
        let word = code::word(self.clip.source, n);
        let width = self.clip.width as usize;
        for y in 0..band {
            let row = y * code::ROWS / band;
            let fresh = y == 0 || (y - 1) * code::ROWS / band != row;
            if fresh {
                out.extend((0..width).map(|x| code::cell_luma(word, x * code::COLUMNS / width, row)));
            } else {
                out.extend_from_within(out.len() - width..);
            }
        }
    }
}
