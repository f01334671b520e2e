//! The result of a prompt. Refuses to know: the interpreter.

use crate::domain::lights::{Effect, Look, LookChange, Nightlight, Palette, Rgb};

/// The settings that were understood and applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Text for people.
    pub message: String,
    pub spec: Spec,
}

/// Settings of segment 0 and the brightness; what is `None` or empty stays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Spec {
    pub effect: Option<Effect>,
    /// 1 to [`FASTEST`].
    pub speed: Option<u8>,
    /// 0 to 255.
    pub intensity: Option<u8>,
    pub primary: Option<Rgb>,
    pub secondary: Option<Rgb>,
    pub palette: Option<Palette>,
    /// Colours in their order, when there are more than two, at most [`MOST_COLORS`]. The first two replace a primary
    /// and a secondary colour that are not given.
    pub colors: Vec<Rgb>,
    /// 0 to 255, of the whole strip.
    pub brightness: Option<u8>,
    /// Of the whole strip.
    pub power: Option<bool>,
    /// A fade that begins at the brightness above.
    pub fade: Option<Nightlight>,
}

/// The highest speed that a prompt may set.
pub const FASTEST: u8 = 200;
/// The most colours that a prompt may name.
pub const MOST_COLORS: usize = 16;

/// The present state of the lights, for words like "faster".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// Segment 0's.
    pub look: Look,
    /// 0 to 255.
    pub brightness: u8,
}

impl Spec {
    /// Whether it changes nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The change to a segment.
    pub fn change(&self) -> LookChange {
        LookChange {
            effect: self.effect.map(Some),
            speed: self.speed,
            intensity: self.intensity,
            primary: self.primary.or(self.colors.first().copied()),
            secondary: self.secondary.or(self.colors.get(1).copied()),
            palette: self.palette,
        }
    }
}
