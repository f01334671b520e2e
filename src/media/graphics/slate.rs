//! The card shown instead of a source that delivers nothing. Knows neither sources nor time.

use super::blend::blend;
use super::error::GraphicsError;
use super::fonts::Fonts;
use super::layout;
use super::picture::Picture;
use super::raster::{Anchor, draw};
use super::template::fill;

/// A neutral dark grey in BT.709 limited range: under the slate's text, and the picture where no slate can be drawn.
/// Well above black, so a slate is never mistaken for a dead output.
pub const NEUTRAL: [u8; 3] = [70, 130, 126];

/// Draws the slate of `label` ("NO SIGNAL" stands under it), opaque, `width` x `height` pixels.
///
/// # Errors
/// [`GraphicsError::Size`] for an empty or too large picture.
pub fn slate(fonts: &Fonts, label: &str, width: usize, height: usize) -> Result<Picture, GraphicsError> {
    let broken = |reason| GraphicsError::Broken { template: "slate", reason };
    let svg = fill(include_str!("templates/slate.svg"), &layout::slate(fonts, label));
    let tree = svg.and_then(|svg| fonts.parse(&svg).map_err(|error| error.to_string()));
    let raster = draw(&tree.map_err(broken)?, Anchor::Centre, width, height)?;
    let mut picture = Picture::flat(width, height, NEUTRAL);
    blend(&mut picture.planes_mut(), &raster, 255, 0, 0);
    Ok(picture)
}
