//! Lights as values: a strip of LEDs, the segments it is cut into, how each of them looks, and rules that follow the
//! show.
//!
//! ```text
//! change ─► Strip (controller, segments) ─► Look of each segment ─► effects (lighting)
//! View and events of the show ─► Rule ─► a look that lies over the segment's own
//! ```
//!
//! Names, ranges and defaults are those of the LUME document. Refuses to know: frames, pixels, packets, JSON.

mod effect;
mod rule;
mod strip;

pub use effect::{Category, Effect, Uses};
pub use rule::{AudioSource, Bus, Reaction, Rule, Trigger};
pub use strip::{ControllerChange, NewSegment, SegmentChange, Strip};

/// Red, green, blue; 0 to 255 each.
pub type Rgb = [u8; 3];

/// Segments a strip may have; their ids are 0 to 7.
pub const SEGMENTS: u8 = 8;
/// The most LEDs that one strip may have: 64 universes of 170.
pub const MAX_LEDS: u16 = 64 * 170;

/// A preset of colours that effects draw from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Palette {
    /// The hue circle.
    #[default]
    Rainbow,
    /// Black, maroon, red, orange, white.
    Lava,
    /// Navy, blue, teal, aqua.
    Ocean,
    /// Purple, red, orange; no green.
    Party,
    /// Greens.
    Forest,
    /// Blue, sky, white.
    Cloud,
    /// Black, red, yellow, white.
    Heat,
}

impl Palette {
    /// All, in the order of their numbers.
    pub const ALL: [Self; 7] =
        [Self::Rainbow, Self::Lava, Self::Ocean, Self::Party, Self::Forest, Self::Cloud, Self::Heat];

    /// Its number in requests, 0 to 6.
    pub fn number(self) -> u8 {
        self as u8
    }

    /// The palette of a number.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }

    /// Its name in lists.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rainbow => "Rainbow",
            Self::Lava => "Lava",
            Self::Ocean => "Ocean",
            Self::Party => "Party",
            Self::Forest => "Forest",
            Self::Cloud => "Cloud",
            Self::Heat => "Heat",
        }
    }
}

/// How a segment looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// None: the segment is dark.
    pub effect: Option<Effect>,
    /// 1 to 255.
    pub speed: u8,
    /// 0 to 255.
    pub intensity: u8,
    pub primary: Rgb,
    pub secondary: Rgb,
    pub palette: Palette,
}

impl Default for Look {
    /// Blue and purple at middle speed, without an effect.
    fn default() -> Self {
        Self {
            effect: None,
            speed: 128,
            intensity: 128,
            primary: [0, 0, 255],
            secondary: [128, 0, 128],
            palette: Palette::Rainbow,
        }
    }
}

impl Look {
    /// One colour all over.
    pub fn solid(primary: Rgb) -> Self {
        Self { effect: Some(Effect::Solid), primary, ..Self::default() }
    }

    /// This look with a change laid over it.
    pub fn with(self, change: LookChange) -> Self {
        let LookChange { effect, speed, intensity, primary, secondary, palette } = change;
        Self {
            effect: effect.unwrap_or(self.effect),
            speed: speed.unwrap_or(self.speed),
            intensity: intensity.unwrap_or(self.intensity),
            primary: primary.unwrap_or(self.primary),
            secondary: secondary.unwrap_or(self.secondary),
            palette: palette.unwrap_or(self.palette),
        }
    }
}

/// What of a look is to be another; what is `None` stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LookChange {
    /// `Some(None)` takes the effect away.
    pub effect: Option<Option<Effect>>,
    /// 1 to 255.
    pub speed: Option<u8>,
    /// 0 to 255.
    pub intensity: Option<u8>,
    pub primary: Option<Rgb>,
    pub secondary: Option<Rgb>,
    pub palette: Option<Palette>,
}

/// A run of LEDs with a look of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// 0 to 7.
    pub id: u8,
    /// Its first LED.
    pub start: u16,
    /// How many LEDs; at least 1.
    pub length: u16,
    /// Drawn from its end to its beginning; settled when it is made.
    pub reverse: bool,
    pub look: Look,
}

impl Segment {
    /// Its last LED.
    pub fn stop(&self) -> u16 {
        self.start + self.length - 1
    }
}

/// What holds for the whole strip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Controller {
    /// Off: every LED is dark, and effects stand still.
    pub power: bool,
    /// 0 to 255, over all segments.
    pub brightness: u8,
    /// 1 to [`MAX_LEDS`].
    pub led_count: u16,
}

/// Colours laid on LEDs by hand; they hold until a segment, an effect or the power changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pixels {
    /// One after another from the first LED on. More than there are LEDs is passed over; the rest stays as it is.
    Each(Vec<Rgb>),
    /// All the same.
    Fill(Rgb),
    /// From the first LED's colour to the last one's.
    Gradient { from: Rgb, to: Rgb },
}

/// A fade of brightness to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nightlight {
    /// 1 to 3600 seconds.
    pub seconds: u16,
    /// The brightness it ends with; 0 switches the power off then.
    pub target: u8,
}
