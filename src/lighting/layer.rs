//! Layers of rules over a segment.

use super::effects::Animation;
use crate::domain::lights::{Look, Rgb};
use std::{sync::Arc, time::Duration};

/// A layer over a segment's own look, until it is removed.
#[derive(Debug, Clone, PartialEq)]
pub enum Layer {
    /// Another look. It ends at `until`.
    Look { look: Look, until: Option<Duration> },
    /// Brightness of what lies below, 0 to 1.
    Gain(f32),
    /// Colours, spread evenly over the segment.
    Colours(Arc<[Rgb]>),
}

/// A layer as it runs.
pub struct ActiveLayer {
    /// Its owner; an owner has at most one layer.
    pub owner: String,
    pub segment: u8,
    /// Higher lies over lower; of equals the one that came later.
    pub priority: u8,
    pub layer: Layer,
    pub animation: Option<Animation>,
}

impl ActiveLayer {
    /// Whether it has ended.
    pub fn is_over(&self, now: Duration) -> bool {
        matches!(self.layer, Layer::Look { until: Some(until), .. } if until <= now)
    }

    /// Draws it over what is there.
    pub fn draw(&mut self, seed: u64, frame: u64, pixels: &mut [Rgb]) {
        match &self.layer {
            Layer::Look { look, .. } => draw(&mut self.animation, look, seed, frame, pixels),
            Layer::Gain(gain) => {
                // 8 bits behind the point are finer than an LED's steps.
                let gain = (gain.clamp(0.0, 1.0) * 256.0) as u16;
                for pixel in pixels {
                    *pixel = pixel.map(|value| (u16::from(value) * gain / 256) as u8);
                }
            }
            Layer::Colours(colours) => spread(colours, pixels),
        }
    }
}

/// Draws a look, and restarts its effect when it differs from the last one or the segment has another length.
pub fn draw(animation: &mut Option<Animation>, look: &Look, seed: u64, frame: u64, pixels: &mut [Rgb]) {
    let Some(effect) = look.effect else {
        *animation = None;
        pixels.fill([0; 3]);
        return;
    };
    if animation.as_ref().is_none_or(|running| running.effect() != effect || running.length() != pixels.len()) {
        *animation = Some(Animation::new(effect, pixels.len(), seed));
    }
    if let Some(animation) = animation {
        animation.draw(look, frame, pixels);
    }
}

/// Colours over pixels, blended in between.
fn spread(colours: &[Rgb], pixels: &mut [Rgb]) {
    let Some(last) = colours.len().checked_sub(1) else { return };
    let steps = pixels.len().saturating_sub(1).max(1);
    for (n, pixel) in pixels.iter_mut().enumerate() {
        let place = n * last * 256 / steps;
        let (left, share) = (place / 256, place % 256);
        let (a, b) = (colours[left.min(last)], colours[(left + 1).min(last)]);
        *pixel = std::array::from_fn(|c| ((usize::from(a[c]) * (256 - share) + usize::from(b[c]) * share) / 256) as u8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_spread_from_end_to_end() {
        let mut pixels = [[9; 3]; 5];
        spread(&[[0, 0, 0], [200, 100, 0]], &mut pixels);
        assert_eq!(pixels, [[0, 0, 0], [50, 25, 0], [100, 50, 0], [150, 75, 0], [200, 100, 0]]);
        spread(&[], &mut pixels);
        assert_eq!(pixels[4], [200, 100, 0], "without colours it stays");
        let mut one = [[9; 3]; 1];
        spread(&[[1, 2, 3], [4, 5, 6]], &mut one);
        assert_eq!(one, [[1, 2, 3]]);
    }
}
