//! Values of pixels as light and as seen: sRGB encoding and Oklab. Refuses to know: pictures.

use std::ops::{Add, Mul};

use glam::Vec3;

/// A colour in Oklab (Ottosson, 2020): lightness 0 to 1, a and b about -0.4 to 0.4.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Lab {
    /// Lightness.
    pub l: f32,
    /// Green to red.
    pub a: f32,
    /// Blue to yellow.
    pub b: f32,
}

impl Lab {
    /// Of linear light.
    pub fn of(light: Vec3) -> Self {
        let Vec3 { x, y, z } = light.max(Vec3::ZERO);
        let long = (0.412_221_46 * x + 0.536_332_55 * y + 0.051_445_995 * z).cbrt();
        let medium = (0.211_903_5 * x + 0.680_699_5 * y + 0.107_396_96 * z).cbrt();
        let short = (0.088_302_46 * x + 0.281_718_85 * y + 0.629_978_7 * z).cbrt();
        Self {
            l: 0.210_454_26 * long + 0.793_617_8 * medium - 0.004_072_047 * short,
            a: 1.977_998_5 * long - 2.428_592_2 * medium + 0.450_593_7 * short,
            b: 0.025_904_037 * long + 0.782_771_77 * medium - 0.808_675_77 * short,
        }
    }

    /// Linear light; may leave 0 to 1.
    pub fn light(self) -> Vec3 {
        let long = (self.l + 0.396_337_78 * self.a + 0.215_803_76 * self.b).powi(3);
        let medium = (self.l - 0.105_561_346 * self.a - 0.063_854_17 * self.b).powi(3);
        let short = (self.l - 0.089_484_18 * self.a - 1.291_485_5 * self.b).powi(3);
        Vec3::new(
            4.076_741_7 * long - 3.307_711_6 * medium + 0.230_969_94 * short,
            -1.268_438 * long + 2.609_757_4 * medium - 0.341_319_4 * short,
            -0.004_196_086_3 * long - 0.703_418_6 * medium + 1.707_614_7 * short,
        )
    }

    /// How colourful.
    pub fn chroma(self) -> f32 {
        self.a.hypot(self.b)
    }
}

impl Add for Lab {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self { l: self.l + other.l, a: self.a + other.a, b: self.b + other.b }
    }
}

impl Mul<f32> for Lab {
    type Output = Self;
    fn mul(self, factor: f32) -> Self {
        Self { l: self.l * factor, a: self.a * factor, b: self.b * factor }
    }
}

/// Linear from an sRGB-encoded value.
pub fn linear(value: f32) -> f32 {
    if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
}

/// Linear from an sRGB-encoded pixel.
pub fn light(pixel: &[f32]) -> Vec3 {
    Vec3::new(linear(pixel[0]), linear(pixel[1]), linear(pixel[2]))
}

/// sRGB-encoded from linear; below 0 is 0.
pub fn encoded(value: f32) -> f32 {
    let value = value.max(0.0);
    if value <= 0.003_130_8 { value * 12.92 } else { 1.055 * value.powf(1.0 / 2.4) - 0.055 }
}

/// Brightness of linear light.
pub fn brightness(light: Vec3) -> f32 {
    light.dot(Vec3::new(0.2126, 0.7152, 0.0722))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_come_back_from_oklab_and_from_the_encoding() {
        for colour in [Vec3::new(0.8, 0.1, 0.3), Vec3::splat(0.5), Vec3::new(0.0, 0.9, 0.2)] {
            assert!(Lab::of(colour).light().distance(colour) < 1e-3);
            assert!((encoded(linear(colour.x)) - colour.x).abs() < 1e-4);
        }
        assert!(Lab::of(Vec3::splat(0.4)).chroma() < 1e-3);
        assert!((Lab::of(Vec3::ONE).l - 1.0).abs() < 1e-3);
    }
}
