//! Brightness: from the colours of a frame to the levels that are sent, so that a colour keeps its hue however dark it is.
//!
//! ```text
//! LED at rest     largest channel × share, rounded; the others in proportion to it (hue within 5° where levels allow)
//! LED in motion   below a share of 40/255: fractions of a level are dithered over time, so that slow changes are seen
//! ```
//!
//! An LED is in motion when its colour changed twice within half a second. An LED at rest is not dithered: at the frame
//! rates of sACN one level more or less would be seen to flicker, and its universe would never be at rest. Refuses to
//! know: effects, time, packets.

use crate::domain::lights::Rgb;

/// A share of 1, with 16 bits behind the point.
pub const WHOLE: u32 = 1 << 16;
/// Below this share, motion is dithered.
const DITHERED: u32 = 40 * WHOLE / 255;
/// Frames after which a change no longer counts as motion: half a second.
const AT_REST: u8 = 30;
/// From this level on, rounding each channel alone moves no hue by 5°.
const FINE: u32 = 64;
/// A source this bright (of 255) is never dithered into darkness.
const VISIBLE: u32 = 16;

/// See the module's text.
pub struct Dimmer {
    /// For each brightness, with 16 bits behind the point.
    shares: [u32; 256],
    leds: Vec<Led>,
}

/// What was seen of an LED.
#[derive(Clone, Copy)]
struct Led {
    colour: Rgb,
    /// Frames since its colour changed.
    age: u8,
    moves: bool,
}

impl Dimmer {
    /// Linear for a `gamma` of 1.0; others bend the brightness, never a channel alone.
    pub fn new(gamma: f32) -> Self {
        let share = |brightness: usize| (f64::from(brightness as u8) / 255.0).powf(gamma.into());
        // A brightness above 0 is never none.
        let share = |brightness: usize| ((share(brightness) * f64::from(WHOLE)) as u32).max(u32::from(brightness > 0));
        Self { shares: std::array::from_fn(share), leds: Vec::new() }
    }

    /// The share of a brightness, with 16 bits behind the point.
    pub fn share(&self, brightness: u8) -> u32 {
        self.shares[usize::from(brightness)]
    }

    /// Dims a frame. Frames have consecutive numbers; the same LED has the same place in each.
    pub fn dim(&mut self, share: u32, frame: u64, pixels: &mut [Rgb]) {
        self.leds.resize(pixels.len(), Led { colour: [0; 3], age: AT_REST, moves: false });
        for ((place, pixel), led) in (0_u64..).zip(pixels).zip(&mut self.leds) {
            led.see(*pixel);
            *pixel = if led.moves && share < DITHERED {
                dithered(*pixel, share, threshold(frame.wrapping_add(place * 7)))
            } else {
                rounded(*pixel, share)
            };
        }
    }
}

impl Led {
    fn see(&mut self, colour: Rgb) {
        if colour == self.colour {
            self.age = self.age.saturating_add(1).min(AT_REST);
            self.moves &= self.age < AT_REST;
        } else {
            *self = Self { colour, age: 0, moves: self.age < AT_REST };
        }
    }
}

/// A colour at a share, 0 to 65536, with its hue. What is on stays on at any share above 0.
pub fn rounded(colour: Rgb, share: u32) -> Rgb {
    let largest = u32::from(colour[0].max(colour[1]).max(colour[2]));
    if share >= WHOLE || largest == 0 {
        return colour;
    }
    if share == 0 {
        return [0; 3];
    }
    let top = ((largest * share + WHOLE / 2) >> 16).max(1);
    let nearest = colour.map(|channel| ((u32::from(channel) * top * 2 + largest) / (2 * largest)) as u8);
    if top >= FINE { nearest } else { hued(colour, largest, top).unwrap_or(nearest) }
}

/// The levels nearest to a colour whose largest channel is to have level `top`, among those whose hue is within 5°; where
/// there are none, those of the nearest hue. None for a colour that has no hue at that level.
fn hued(colour: Rgb, largest: u32, top: u32) -> Option<Rgb> {
    let mut order = [0, 1, 2];
    order.sort_by_key(|channel| std::cmp::Reverse(colour[*channel]));
    let [_, middle, least] = order.map(|channel| u32::from(colour[channel]));
    let chroma = largest - least;
    if 2 * chroma * top < largest {
        return None;
    }
    let near = |channel: u32| {
        let floor = channel * top / largest;
        [floor, (floor + 1).min(top)]
    };
    let levels = near(middle).into_iter().flat_map(|m| near(least).map(|l| (m, l)));
    let best = levels.filter(|(m, l)| l <= m && *l < top).min_by_key(|(m, l)| {
        // How far along its side of the hue circle the colour lies, in parts of 60°; a common denominator on both sides.
        let error = ((middle - least) * (top - l)).abs_diff((m - l) * chroma);
        let degrees = error * 60 * 1024 / (chroma * (top - l));
        let distance = (m * largest).abs_diff(middle * top).pow(2) + (l * largest).abs_diff(least * top).pow(2);
        (degrees.saturating_sub(5 * 1024), distance)
    })?;
    let mut levels = [0; 3];
    for (channel, level) in order.into_iter().zip([top, best.0, best.1]) {
        levels[channel] = level as u8;
    }
    Some(levels)
}

/// A colour at a share, with fractions rounded up where they exceed the threshold of this frame: on average over frames
/// it is exact. One threshold for all channels, so that their ratio changes least.
fn dithered(colour: Rgb, share: u32, threshold: u32) -> Rgb {
    let largest = u32::from(colour[0].max(colour[1]).max(colour[2]));
    if largest == 0 || share == 0 {
        return [0; 3];
    }
    // At least one level for whatever is visible, fading out below that.
    let share = share.max((WHOLE / largest).min(WHOLE / VISIBLE));
    colour.map(|channel| ((u32::from(channel) * share + threshold) >> 16).min(255) as u8)
}

/// Sixteen thresholds that follow one another in the order of van der Corput: any few in a row are spread evenly.
fn threshold(step: u64) -> u32 {
    let place = (step as u8 & 15).reverse_bits() >> 4;
    u32::from(place) * (WHOLE / 16) + WHOLE / 32
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Degrees, 0 to 360.
    fn hue(colour: [f64; 3]) -> f64 {
        let [red, green, blue] = colour;
        let largest = red.max(green).max(blue);
        let chroma = largest - red.min(green).min(blue);
        let sixth = if largest == red {
            (green - blue) / chroma
        } else if largest == green {
            2.0 + (blue - red) / chroma
        } else {
            4.0 + (red - green) / chroma
        };
        (sixth * 60.0).rem_euclid(360.0)
    }

    fn apart(one: f64, other: f64) -> f64 {
        let difference = (one - other).abs();
        difference.min(360.0 - difference)
    }

    #[test]
    fn every_hue_stays_within_5_degrees_and_within_10_where_few_levels_are_left() {
        for place in 0..=255 {
            for pale in [0, 60, 120] {
                let colour = crate::lighting::colour::hue(place).map(|channel| channel.max(pale));
                for top in 5..=255_u32 {
                    let levels = rounded(colour, (top * WHOLE).div_ceil(255));
                    assert_eq!(u32::from(levels.into_iter().max().unwrap_or(0)), top, "{colour:?}");
                    let moved = apart(hue(levels.map(f64::from)), hue(colour.map(f64::from)));
                    // Levels between the largest and the least channel: with six, the next hue is up to 10 degrees away.
                    let chroma = top * u32::from(255 - pale) / 255;
                    let allowed = if chroma < 6 { 11.0 } else { 5.0 };
                    assert!(moved <= allowed, "{colour:?} at {top}: {levels:?}, {moved:.1} degrees");
                }
            }
        }
    }

    #[test]
    fn what_is_on_stays_on_and_grey_stays_grey() {
        assert_eq!(rounded([255, 100, 0], 1), [1, 0, 0]);
        assert_eq!(rounded([1, 2, 3], WHOLE / 255), [0, 1, 1]);
        assert_eq!(rounded([255; 3], 20 * WHOLE / 255), [20; 3]);
        assert_eq!(rounded([255, 249, 253], 5 * WHOLE / 255), [5; 3]);
        assert_eq!((rounded([9, 8, 7], 0), rounded([9, 8, 7], WHOLE)), ([0; 3], [9, 8, 7]));
    }

    #[test]
    fn motion_is_exact_on_average_and_a_colour_at_rest_stands_still() {
        let mut dimmer = Dimmer::new(1.0);
        let (mut sums, mut at_rest) = ([0_u32; 3], Vec::new());
        for frame in 0..160 {
            let wobbling = [200, 100 + (frame % 2) as u8, 30];
            let mut pixels = [wobbling, [255, 100, 0]];
            dimmer.dim(dimmer.share(5), frame, &mut pixels);
            if frame >= 64 {
                sums = std::array::from_fn(|channel| sums[channel] + u32::from(pixels[0][channel]));
            }
            at_rest.push(pixels[1]);
        }
        assert!(at_rest.iter().all(|levels| *levels == at_rest[0]), "{at_rest:?}");
        let mean = sums.map(|sum| f64::from(sum) / 96.0);
        for (mean, channel) in mean.into_iter().zip([200.0, 100.5, 30.0]) {
            assert!((mean - channel * 5.0 / 255.0).abs() < 0.08, "{mean} for {channel}");
        }
    }
}
