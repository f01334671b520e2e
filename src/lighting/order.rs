//! The order in which an LED takes its colours, and the white of those that have one.
//!
//! Refuses to know: packets.

use crate::domain::lights::Rgb;
use std::str::FromStr;

/// The channels of an LED, in their order on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ColourOrder {
    #[default]
    Rgb,
    Grb,
    Bgr,
    Rbg,
    Gbr,
    Brg,
    Rgbw,
    Grbw,
}

impl ColourOrder {
    /// All there are.
    pub const ALL: [Self; 8] =
        [Self::Rgb, Self::Grb, Self::Bgr, Self::Rbg, Self::Gbr, Self::Brg, Self::Rgbw, Self::Grbw];

    /// Its name in settings and requests.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rgb => "rgb",
            Self::Grb => "grb",
            Self::Bgr => "bgr",
            Self::Rbg => "rbg",
            Self::Gbr => "gbr",
            Self::Brg => "brg",
            Self::Rgbw => "rgbw",
            Self::Grbw => "grbw",
        }
    }

    /// Which of red (0), green (1) and blue (2) goes out first, second and third.
    pub fn places(self) -> [usize; 3] {
        match self {
            Self::Rgb | Self::Rgbw => [0, 1, 2],
            Self::Grb | Self::Grbw => [1, 0, 2],
            Self::Bgr => [2, 1, 0],
            Self::Rbg => [0, 2, 1],
            Self::Gbr => [1, 2, 0],
            Self::Brg => [2, 0, 1],
        }
    }

    /// Whether a fourth channel is white.
    pub fn has_white(self) -> bool {
        matches!(self, Self::Rgbw | Self::Grbw)
    }

    /// Channels of an LED: 3 or 4.
    pub fn channels(self) -> u16 {
        if self.has_white() { 4 } else { 3 }
    }
}

impl FromStr for ColourOrder {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|order| order.name() == name).ok_or(())
    }
}

/// What an LED with a white channel shows of a colour: the part that all three have in common is white.
#[inline]
pub fn with_white(colour: Rgb) -> (Rgb, u8) {
    let white = colour[0].min(colour[1]).min(colour[2]);
    (colour.map(|channel| channel - white), white)
}
