//! Levels of one output: its own brightness, and a limit of the current that its LEDs draw.
//!
//! ```text
//! the strip's LEDs ─► × brightness ─► estimate of the current ─ above the limit? ─► × what keeps it
//! ```
//!
//! The estimate is the usual one of addressable LEDs: 20 mA for each channel at 255, in proportion below, and 1 mA for
//! each LED that is dark. Refuses to know: packets.

use crate::{
    domain::lights::Rgb,
    lighting::{
        dimmer::{WHOLE, rounded},
        order::with_white,
        patch::OutputSpec,
    },
};

/// Milliamperes of a channel at 255.
const CHANNEL_MA: u64 = 20;
/// Milliamperes of an LED in any case.
const LED_MA: u64 = 1;

/// See the module's text.
pub struct OutputLevels {
    start: usize,
    length: usize,
    /// With 16 bits behind the point.
    brightness: u32,
    limit_ma: Option<u64>,
    white: bool,
    leds: Vec<Rgb>,
}

impl OutputLevels {
    /// None for an output that shows the strip as it is.
    pub fn of(spec: &OutputSpec) -> Option<Self> {
        if spec.brightness == u8::MAX && spec.current_ma.is_none() {
            return None;
        }
        Some(Self {
            start: spec.start.into(),
            length: spec.length.into(),
            brightness: (u32::from(spec.brightness) * WHOLE).div_ceil(255),
            limit_ma: spec.current_ma.map(u64::from),
            white: spec.order.has_white(),
            leds: Vec::with_capacity(spec.length.into()),
        })
    }

    /// The first LED.
    pub fn start(&self) -> usize {
        self.start
    }

    /// The LEDs as they are sent.
    pub fn leds(&self) -> &[Rgb] {
        &self.leds
    }

    /// Takes them from the strip.
    pub fn take(&mut self, pixels: &[Rgb]) {
        let end = pixels.len().min(self.start + self.length);
        let pixels = pixels.get(self.start..end).unwrap_or_default();
        let share = self.share(pixels);
        self.leds.clear();
        self.leds.extend(pixels.iter().map(|colour| rounded(*colour, share)));
    }

    /// The share of the strip's levels that keeps the limit.
    fn share(&self, pixels: &[Rgb]) -> u32 {
        let Some(limit) = self.limit_ma else { return self.brightness };
        let channels: u64 = pixels.iter().map(|colour| u64::from(self.channels(*colour))).sum();
        let lit = (channels * CHANNEL_MA * u64::from(self.brightness)).div_ceil(255 * u64::from(WHOLE));
        let left = limit.saturating_sub(pixels.len() as u64 * LED_MA);
        if lit <= left {
            return self.brightness;
        }
        // Below the brightness, which has 17 bits.
        (u64::from(self.brightness) * left / lit) as u32
    }

    fn channels(&self, colour: Rgb) -> u32 {
        let (rest, white) = if self.white { with_white(colour) } else { (colour, 0) };
        rest.into_iter().map(u32::from).sum::<u32>() + u32::from(white)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn levels(brightness: u32, limit_ma: Option<u64>, white: bool) -> OutputLevels {
        let brightness = (brightness * WHOLE).div_ceil(255);
        OutputLevels { start: 0, length: 100, brightness, limit_ma, white, leds: Vec::new() }
    }

    fn milliamperes(leds: &[Rgb]) -> u64 {
        leds.as_flattened().iter().map(|level| u64::from(*level)).sum::<u64>() * CHANNEL_MA / 255 + leds.len() as u64
    }

    #[test]
    fn a_limit_dims_what_would_draw_more_and_leaves_the_rest() {
        let mut limited = levels(255, Some(1000), false);
        limited.take(&[[255; 3]; 100]);
        let drawn = milliamperes(limited.leds());
        assert!((900..=1000).contains(&drawn), "{drawn} mA");
        limited.take(&[[255, 0, 0]; 40]);
        assert_eq!(limited.leds(), [[255, 0, 0]; 40], "840 mA");
        // White LEDs draw a third of what three colours draw.
        let mut white = levels(255, Some(2200), true);
        white.take(&[[255; 3]; 100]);
        assert_eq!(white.leds(), [[255; 3]; 100]);
    }

    #[test]
    fn brightness_of_an_output_keeps_the_hue() {
        let mut dim = levels(20, None, false);
        dim.take(&[[255, 100, 0]]);
        assert_eq!(dim.leds(), [[20, 8, 0]]);
        dim.take(&[]);
        assert!(dim.leds().is_empty());
    }
}
