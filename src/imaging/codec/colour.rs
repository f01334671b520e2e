//! The colours of a file to sRGB, by the profile that the file carries.
//!
//! A profile that cannot be read, or is of another kind than the pixels, counts as none: pixels without one are sRGB.
//! Refuses to know: where in a file a profile lies ([`super::file`]).

use super::raster::Raster;
use moxcms::{ColorProfile, DataColorSpace, Layout, ParsingOptions, Transform8BitExecutor, TransformOptions};
use std::sync::Arc;

/// The largest profile that is read, in bytes as it is used: those of printers have up to 3 MB.
pub const MAX_PROFILE: usize = 4 * 1024 * 1024;
/// Pixels that are converted at a time, so that a large picture is not there twice.
const AT_ONCE: usize = 4096;
/// Values a channel that a profile may differ from sRGB by and still be it: what rounding makes.
const SAME: u8 = 1;

/// A profile that pixels can be converted with.
pub struct Profile(ColorProfile);

impl Profile {
    /// Reads a profile; `None` where it cannot be used.
    pub fn read(icc: &[u8]) -> Option<Self> {
        let options = ParsingOptions {
            max_profile_size: MAX_PROFILE + 1,
            max_allowed_clut_size: MAX_PROFILE,
            ..ParsingOptions::default()
        };
        ColorProfile::new_from_slice_with_options(icc, options).ok().map(Self)
    }

    /// Grey or RGB pixels, with opacity or without, in sRGB. They stay as they are where the profile does not fit.
    pub fn converted(&self, raster: Raster) -> Raster {
        let (space, from, to) = match raster.channels {
            1 => (DataColorSpace::Gray, Layout::Gray, Layout::Rgb),
            2 => (DataColorSpace::Gray, Layout::GrayAlpha, Layout::Rgba),
            3 => (DataColorSpace::Rgb, Layout::Rgb, Layout::Rgb),
            _ => (DataColorSpace::Rgb, Layout::Rgba, Layout::Rgba),
        };
        match self.transform(space, from, to) {
            Some(transform) if !is_identity(&*transform, raster.channels, to.channels()) => {
                run(raster, &*transform, to.channels())
            }
            _ => raster,
        }
    }

    /// Four inks, 0 for none of one, in sRGB.
    ///
    /// # Errors
    /// The same pixels where the profile is of another kind.
    pub fn inks_converted(&self, raster: Raster) -> Result<Raster, Raster> {
        match self.transform(DataColorSpace::Cmyk, Layout::Rgba, Layout::Rgb) {
            Some(transform) => Ok(run(raster, &*transform, 3)),
            None => Err(raster),
        }
    }

    fn transform(&self, space: DataColorSpace, from: Layout, to: Layout) -> Option<Arc<Transform8BitExecutor>> {
        if self.0.color_space != space {
            return None;
        }
        self.0.create_transform_8bit(from, &ColorProfile::new_srgb(), to, TransformOptions::default()).ok()
    }
}

/// Whether a transform changes no colour of a grid by more than rounding does.
fn is_identity(transform: &Transform8BitExecutor, channels: usize, made: usize) -> bool {
    const STEPS: [u8; 6] = [0, 51, 102, 153, 204, 255];
    let greys = STEPS.map(|grey| [grey, grey, grey]).to_vec();
    let colours = || STEPS.iter().flat_map(|&r| STEPS.iter().flat_map(move |&g| STEPS.iter().map(move |&b| [r, g, b])));
    let colours: Vec<[u8; 3]> = if channels < 3 { greys } else { colours().collect() };
    let opaque = |colour: &[u8; 3]| match channels {
        1 => vec![colour[0]],
        2 => vec![colour[0], 255],
        3 => colour.to_vec(),
        _ => [colour.as_slice(), &[255]].concat(),
    };
    let grid: Vec<u8> = colours.iter().flat_map(opaque).collect();
    let mut out = vec![0; colours.len() * made];
    transform.transform(&grid, &mut out).is_ok()
        && colours
            .iter()
            .zip(out.chunks_exact(made))
            .all(|(before, after)| before.iter().zip(after).all(|(a, b)| a.abs_diff(*b) <= SAME))
}

/// Converts in pieces, in place where pixels do not become longer. The transform refuses lengths that do not match, and
/// these do.
fn run(mut raster: Raster, transform: &Transform8BitExecutor, channels: usize) -> Raster {
    let pixels = raster.data.len() / raster.channels.max(1);
    let mut longer = if channels > raster.channels { vec![0; pixels * channels] } else { Vec::new() };
    let mut piece = vec![0; AT_ONCE * channels];
    for from in (0..pixels).step_by(AT_ONCE) {
        let count = AT_ONCE.min(pixels - from);
        let made = &mut piece[..count * channels];
        let _ = transform.transform(&raster.data[from * raster.channels..(from + count) * raster.channels], made);
        let out = if longer.is_empty() { &mut raster.data } else { &mut longer };
        out[from * channels..(from + count) * channels].copy_from_slice(made);
    }
    if longer.is_empty() {
        raster.data.truncate(pixels * channels);
    } else {
        raster.data = longer;
    }
    raster.channels = channels;
    raster
}
