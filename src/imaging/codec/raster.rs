//! Pixels of 8 bits as decoders hand them out: grey, grey and alpha, RGB or RGBA.
//!
//! ```text
//! decode ─► over_white ─► RGB
//!         └► lightness ─► one channel
//! ```
//!
//! Everything is brought to size at 8 bits, a quarter of what [`super::Picture`] takes. Refuses to know: masks and
//! pictures as work sees them.

use super::{Fault, damaged, exif};
use crate::imaging::resize::{self, Filter};

/// Interleaved 8-bit pixels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raster {
    pub width: u32,
    pub height: u32,
    /// 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA.
    pub channels: usize,
    pub data: Vec<u8>,
}

impl Raster {
    /// RGB, with white behind what is transparent.
    pub fn over_white(mut self) -> Self {
        let blend = |value: u8, alpha: u8| {
            let (value, alpha) = (u32::from(value), u32::from(alpha));
            ((value * alpha + 255 * (255 - alpha) + 127) / 255) as u8
        };
        match self.channels {
            1 => self.data = self.data.iter().flat_map(|&grey| [grey; 3]).collect(),
            2 => self.data = self.data.chunks_exact(2).flat_map(|one| [blend(one[0], one[1]); 3]).collect(),
            4 => self.keep_three(|[r, g, b, alpha]| [r, g, b].map(|value| blend(value, alpha))),
            _ => {}
        }
        self.channels = 3;
        self
    }

    /// One channel: lightness (BT.601, as JPEG counts it) times opacity.
    pub fn lightness(mut self) -> Self {
        let times = |value: u32, alpha: u8| ((value * u32::from(alpha) + 127) / 255) as u8;
        let light =
            |one: &[u8]| (u32::from(one[0]) * 299 + u32::from(one[1]) * 587 + u32::from(one[2]) * 114 + 500) / 1000;
        self.data = match self.channels {
            2 => self.data.chunks_exact(2).map(|one| times(one[0].into(), one[1])).collect(),
            3 => self.data.chunks_exact(3).map(|one| light(one) as u8).collect(),
            4 => self.data.chunks_exact(4).map(|one| times(light(one), one[3])).collect(),
            _ => self.data,
        };
        self.channels = 1;
        self
    }

    /// Four channels to three in place, so that a large picture is not there twice.
    pub fn keep_three(&mut self, three: impl Fn([u8; 4]) -> [u8; 3]) {
        let pixels = self.data.len() / 4;
        for at in 0..pixels {
            let Some(&four) = self.data[at * 4..].first_chunk() else { break };
            self.data[at * 3..at * 3 + 3].copy_from_slice(&three(four));
        }
        self.data.truncate(pixels * 3);
        self.channels = 3;
    }

    /// No larger than a long edge.
    pub fn fitted(self, long_edge: u32) -> Result<Self, Fault> {
        if self.width.max(self.height) <= long_edge {
            return Ok(self);
        }
        let (width, height) = resize::fitting(self.width, self.height, long_edge);
        self.resized(width, height, Filter::Lanczos)
    }

    /// At another size.
    pub fn resized(self, width: u32, height: u32, filter: Filter) -> Result<Self, Fault> {
        if (width, height) == (self.width, self.height) {
            return Ok(self);
        }
        let data = resize::bytes(&self.data, (self.width, self.height), self.channels, (width, height), filter)
            .ok_or_else(|| damaged("its size is wrong"))?;
        Ok(Self { width, height, data, ..self })
    }

    /// Upright.
    pub fn turned(self, turn: exif::Turn) -> Self {
        if turn == exif::Turn::NoTransforms {
            return self;
        }
        let (from_width, from_height) = (self.width as usize, self.height as usize);
        let data = match self.channels {
            1 => exif::turned::<1>(&self.data, from_width, from_height, turn),
            2 => exif::turned::<2>(&self.data, from_width, from_height, turn),
            3 => exif::turned::<3>(&self.data, from_width, from_height, turn),
            _ => exif::turned::<4>(&self.data, from_width, from_height, turn),
        };
        let (width, height) = exif::upright_size(self.width, self.height, turn);
        Self { width, height, data, ..self }
    }
}
