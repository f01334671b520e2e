//! Colours as numbers: shaded by a word, and the palette that is nearest to one. Refuses to know: sentences.

use super::vocabulary::Shade;
use crate::domain::lights::{Palette, Rgb};

/// A colour as a word before it changes it.
pub fn shaded(color: Rgb, shade: Shade) -> Rgb {
    let brightest = f32::from(color.into_iter().max().unwrap_or(0).max(1));
    let least = f32::from(color.into_iter().min().unwrap_or(0));
    color.map(|part| {
        let part = f32::from(part);
        let part = match shade {
            Shade::Pastel => part * 0.5 + 127.5,
            Shade::Pale => part * 0.65 + 89.25,
            Shade::Dark => part * 0.4,
            // A colour without a hue only gets brighter.
            Shade::Bright if least >= brightest => 255.0,
            Shade::Bright => (part - least) / (brightest - least) * 255.0,
            Shade::Muted => part * 0.5 + 64.0,
        };
        byte(part, 255.0)
    })
}

/// The palette for an effect that shows a palette in the place of a colour.
pub fn palette_near([red, green, blue]: Rgb) -> Palette {
    let [r, g, b] = [red, green, blue].map(f32::from);
    let (most, least) = (r.max(g).max(b), r.min(g).min(b));
    let spread = most - least;
    if spread < 0.25 * most || most == 0.0 {
        return Palette::Cloud;
    }
    let sixth = if most == r {
        (g - b) / spread
    } else if most == g {
        (b - r) / spread + 2.0
    } else {
        (r - g) / spread + 4.0
    };
    match (sixth * 60.0).rem_euclid(360.0) {
        20.0..70.0 => Palette::Heat,
        70.0..165.0 => Palette::Forest,
        165.0..260.0 => Palette::Ocean,
        260.0..345.0 => Palette::Party,
        _ => Palette::Lava,
    }
}

/// A whole number from 0 to `most`, which is 255 or less.
pub fn byte(value: f32, most: f32) -> u8 {
    // Within 0 to 255 after the clamp, so nothing is lost.
    value.round().clamp(0.0, most) as u8
}
