//! Arithmetic of colours: all of it on bytes, none of it with fractions.
//!
//! ```text
//! hue (0..=255, round) ─► Rgb ─► scale (dimmer) · blend (between two) · add (light upon light)
//! ```
//!
//! Refuses to know: palettes, effects, gamma.

use crate::domain::lights::Rgb;

/// No light.
pub const BLACK: Rgb = [0; 3];
/// All light.
pub const WHITE: Rgb = [255; 3];

/// The pure colour at a place of the hue circle: 0 red, 85 green, 171 blue, and round again after 255.
pub const fn hue(place: u8) -> Rgb {
    // Six sides of 256 steps each: on every side one channel moves and the others stand.
    let step = place as u16 * 6;
    let (side, rise) = (step >> 8, (step & 255) as u8);
    let fall = 255 - rise;
    match side {
        0 => [255, rise, 0],
        1 => [fall, 255, 0],
        2 => [0, 255, rise],
        3 => [0, fall, 255],
        4 => [rise, 0, 255],
        _ => [255, 0, fall],
    }
}

/// A colour at a brightness: 255 is the colour itself, 0 black.
#[inline]
pub const fn scale(colour: Rgb, brightness: u8) -> Rgb {
    let [red, green, blue] = colour;
    [dim(red, brightness), dim(green, brightness), dim(blue, brightness)]
}

#[inline]
const fn dim(channel: u8, brightness: u8) -> u8 {
    ((channel as u16 * (brightness as u16 + 1)) >> 8) as u8
}

/// A colour between two: `amount` 0 is `from`, 256 is `to`.
#[inline]
pub const fn blend(from: Rgb, to: Rgb, amount: u16) -> Rgb {
    [between(from[0], to[0], amount), between(from[1], to[1], amount), between(from[2], to[2], amount)]
}

#[inline]
const fn between(from: u8, to: u8, amount: u16) -> u8 {
    ((from as u32 * (256 - amount as u32) + to as u32 * amount as u32 + 128) >> 8) as u8
}

/// Two lights on one spot.
#[inline]
pub const fn add(one: Rgb, other: Rgb) -> Rgb {
    [one[0].saturating_add(other[0]), one[1].saturating_add(other[1]), one[2].saturating_add(other[2])]
}

/// Dims a run of LEDs, as [`scale`] does. Repeated often enough it always ends in black, if `brightness` is below 255.
pub fn fade(leds: &mut [Rgb], brightness: u8) {
    for channel in leds.as_flattened_mut() {
        *channel = dim(*channel, brightness);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_of_every_scale_are_exact() {
        for value in 0..=255 {
            let colour = [value, 255 - value, 7];
            assert_eq!(scale(colour, 255), colour);
            assert_eq!(scale(colour, 0), BLACK);
            assert_eq!(scale(WHITE, value), [value; 3]);
            assert_eq!(blend(colour, WHITE, 0), colour);
            assert_eq!(blend(WHITE, colour, 256), colour);
        }
        assert_eq!(blend([0, 100, 200], [100, 0, 200], 128), [50, 50, 200]);
        assert_eq!(add([200, 1, 0], [100, 2, 0]), [255, 3, 0]);
    }

    #[test]
    fn the_hue_circle_passes_its_six_corners_and_closes() {
        assert_eq!(hue(0), [255, 0, 0]);
        assert_eq!(hue(128), [0, 255, 255]);
        let mut previous = hue(255);
        for place in 0..=255 {
            let colour = hue(place);
            assert!(colour.contains(&255) && colour.contains(&0), "{place}: {colour:?} is not pure");
            let leap = previous.iter().zip(colour).map(|(a, b)| a.abs_diff(b)).max();
            assert!(leap <= Some(6), "{place}: {previous:?} {colour:?}");
            previous = colour;
        }
    }

    #[test]
    fn fading_ends_in_black() {
        let mut leds = [WHITE, [1, 2, 3]];
        (0..255).for_each(|_| fade(&mut leds, 254));
        assert_eq!(leds, [BLACK; 2]);
    }
}
