//! Colour spaces: encoded sRGB, linear light, Oklab (after Björn Ottosson).
//!
//! Refuses to know: pictures.

use std::sync::OnceLock;

/// Entries of the tables less one; between entries values are interpolated.
const STEPS: usize = 4096;

/// A function of 0 to 1 as a table.
fn table(cell: &'static OnceLock<Vec<f32>>, function: fn(f32) -> f32) -> &'static [f32] {
    cell.get_or_init(|| (0..STEPS + 2).map(|index| function(index as f32 / STEPS as f32)).collect())
}

/// Looks up a value of 0 to 1.
fn look_up(table: &[f32], value: f32) -> f32 {
    let place = value.clamp(0.0, 1.0) * STEPS as f32;
    let index = (place as usize).min(STEPS);
    table[index] + (table[index + 1] - table[index]) * (place - index as f32)
}

/// The sRGB transfer function, undone exactly.
fn linear_exactly(value: f32) -> f32 {
    if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
}

/// The sRGB transfer function on the square of its argument: even steps where the eye sees them.
fn encoded_of_square(root: f32) -> f32 {
    let value = root * root;
    if value <= 0.003_130_8 { value * 12.92 } else { 1.055 * value.powf(1.0 / 2.4) - 0.055 }
}

/// Linear light of an encoded value; outside of 0 to 1 the nearest end.
pub fn linear(value: f32) -> f32 {
    static TABLE: OnceLock<Vec<f32>> = OnceLock::new();
    look_up(table(&TABLE, linear_exactly), value)
}

/// The encoded value of linear light; outside of 0 to 1 the nearest end.
pub fn encoded(value: f32) -> f32 {
    static TABLE: OnceLock<Vec<f32>> = OnceLock::new();
    look_up(table(&TABLE, encoded_of_square), value.clamp(0.0, 1.0).sqrt())
}

/// Luma of encoded values (BT.709 weights).
pub fn luma(rgb: &[f32]) -> f32 {
    match rgb {
        [red, green, blue, ..] => 0.2126 * red + 0.7152 * green + 0.0722 * blue,
        _ => 0.0,
    }
}

/// Oklab of linear light: lightness 0 to 1, a (red) and b (yellow) about -0.4 to 0.4.
pub fn oklab_of_linear([red, green, blue]: [f32; 3]) -> [f32; 3] {
    let long = (0.412_221_46 * red + 0.536_332_55 * green + 0.051_445_995 * blue).max(0.0).cbrt();
    let medium = (0.211_903_5 * red + 0.680_699_5 * green + 0.107_396_96 * blue).max(0.0).cbrt();
    let short = (0.088_302_46 * red + 0.281_718_85 * green + 0.629_978_7 * blue).max(0.0).cbrt();
    [
        0.210_454_26 * long + 0.793_617_8 * medium - 0.004_072_047 * short,
        1.977_998_5 * long - 2.428_592_2 * medium + 0.450_593_7 * short,
        0.025_904_037 * long + 0.782_771_77 * medium - 0.808_675_77 * short,
    ]
}

/// Linear light of Oklab; may leave 0 to 1.
pub fn linear_of_oklab([light, a, b]: [f32; 3]) -> [f32; 3] {
    let long = (light + 0.396_337_78 * a + 0.215_803_76 * b).powi(3);
    let medium = (light - 0.105_561_346 * a - 0.063_854_17 * b).powi(3);
    let short = (light - 0.089_484_18 * a - 1.291_485_5 * b).powi(3);
    [
        4.076_741_7 * long - 3.307_711_6 * medium + 0.230_969_94 * short,
        -1.268_438 * long + 2.609_757_4 * medium - 0.341_319_38 * short,
        -0.004_196_086_3 * long - 0.703_418_6 * medium + 1.707_614_7 * short,
    ]
}

/// Oklab of encoded values.
pub fn oklab(rgb: [f32; 3]) -> [f32; 3] {
    oklab_of_linear(rgb.map(linear))
}

/// Encoded values of Oklab, within 0 to 1: where a colour cannot be shown, its chroma gives way, not its lightness.
pub fn rgb_of_oklab([light, a, b]: [f32; 3]) -> [f32; 3] {
    let light = light.clamp(0.0, 1.0);
    let mut rgb = linear_of_oklab([light, a, b]);
    if rgb.iter().any(|value| !(-0.002..=1.002).contains(value)) {
        let grey = light.powi(3);
        let mut share: f32 = 1.0;
        for value in rgb {
            if value > 1.0 {
                share = share.min((1.0 - grey) / (value - grey).max(1e-6));
            } else if value < 0.0 {
                share = share.min(grey / (grey - value).max(1e-6));
            }
        }
        // Half of the way by chroma and the rest by clipping keeps vivid colours vivid.
        let share = 0.5 + 0.5 * share.clamp(0.0, 1.0);
        rgb = rgb.map(|value| grey + (value - grey) * share);
    }
    rgb.map(encoded)
}

/// 0 below `from`, 1 above `to`, smooth between; falls when `from` is above `to`.
pub fn smooth(from: f32, to: f32, value: f32) -> f32 {
    let share = ((value - from) / (to - from)).clamp(0.0, 1.0);
    share * share * (3.0 - 2.0 * share)
}

/// `from` at 0, `to` at 1.
pub fn mix(from: f32, to: f32, share: f32) -> f32 {
    from + (to - from) * share
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_come_back_from_oklab_as_they_were() {
        for red in 0..6 {
            for green in 0..6 {
                for blue in 0..6 {
                    let rgb = [red, green, blue].map(|value| value as f32 / 5.0);
                    let back = rgb_of_oklab(oklab(rgb));
                    for (one, other) in rgb.iter().zip(back) {
                        assert!((one - other).abs() < 0.004, "{rgb:?} came back as {back:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn grey_has_no_chroma_and_white_is_lightness_one() {
        let [light, a, b] = oklab([1.0; 3]);
        assert!((light - 1.0).abs() < 1e-3 && a.abs() < 1e-3 && b.abs() < 1e-3);
        assert!((linear(0.5) - 0.214).abs() < 1e-3 && (encoded(0.214) - 0.5).abs() < 1e-3);
    }
}
