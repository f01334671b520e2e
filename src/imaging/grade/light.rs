//! Light as a grade: warm, cool, bright, soft, dramatic, golden hour, sunset, night, daylight.
//!
//! ```text
//! Light ─► Lit (exposure, colour of lights and shadows, contrast, glow, sky) ─► tone ─► pixels, sky apart ─► glow
//! ```
//!
//! Refuses to know: presets, and words for light.

use super::{
    colour::{encoded, linear, luma, mix, oklab, rgb_of_oklab, smooth},
    field::{self, blurred, plane_of, shrink},
    layout::{Here, Layout},
    night,
    tone::Tone,
};
use crate::imaging::{Fault, Stop, picture::Picture, wishes::Light};

/// Colours of a sky from the top over the middle to the horizon (encoded), and what stays of the one that is there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sky {
    /// Top, middle, horizon.
    pub colours: [[f32; 3]; 3],
    /// How much of them, 0 to 1.
    pub share: f32,
    /// How much of the clouds' lightness stays.
    pub clouds: f32,
}

impl Sky {
    /// The colour of a pixel of sky, in Oklab.
    pub fn put(&self, lab: [f32; 3], detail: f32, here: Here, horizon: f32) -> [f32; 3] {
        let place = (here.v / horizon.max(0.1)).clamp(0.0, 1.0) * 2.0;
        let (upper, lower, share) = if place < 1.0 { (0, 1, place) } else { (1, 2, place - 1.0) };
        let (upper, lower) = (oklab(self.colours[upper]), oklab(self.colours[lower]));
        let share = share * share * (3.0 - 2.0 * share);
        std::array::from_fn(|index| {
            let wished = mix(upper[index], lower[index], share)
                + if index == 0 { detail.clamp(-0.2, 0.2) * self.clouds } else { 0.0 };
            mix(lab[index], wished, self.share * here.sky)
        })
    }
}

/// Measures of one light.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Lit {
    /// Stops of exposure.
    stops: f32,
    /// Warmth of everything, of lights, of shadows: -1 (blue) to 1 (amber).
    warmth: [f32; 3],
    saturation: f32,
    tone: Tone,
    /// Light that spreads from what is bright, 0 to 1.
    glow: f32,
    /// Light that comes from the brighter side, 0 to 1.
    side: f32,
    /// Darker towards the edges, 0 to 1.
    edges: f32,
    sky: Option<Sky>,
}

const EVEN: Lit = Lit {
    stops: 0.0,
    warmth: [0.0; 3],
    saturation: 0.0,
    tone: Tone { shadows: 0.0, lights: 0.0, contrast: 0.0, clarity: 0.0, texture: 0.0 },
    glow: 0.0,
    side: 0.0,
    edges: 0.0,
    sky: None,
};

/// The measures of a light.
fn lit(light: Light, outside: bool) -> Lit {
    let tone = |shadows: f32, lights: f32, contrast: f32, clarity: f32| Tone {
        shadows,
        lights,
        contrast,
        clarity,
        texture: 0.0,
    };
    match light {
        Light::Warm => Lit {
            stops: 0.04,
            warmth: [0.45, 0.2, 0.0],
            saturation: 0.05,
            tone: tone(0.15, 0.0, 0.0, 0.0),
            glow: 0.14,
            ..EVEN
        },
        Light::Cool => Lit { stops: 0.03, warmth: [-0.42, -0.1, -0.1], saturation: -0.06, ..EVEN },
        Light::Bright => Lit { stops: 0.34, tone: tone(0.55, 0.15, -0.05, 0.05), saturation: 0.04, glow: 0.08, ..EVEN },
        Light::Soft => Lit {
            stops: 0.06,
            warmth: [0.08, 0.0, 0.0],
            tone: tone(0.45, 0.35, -0.4, -0.25),
            saturation: -0.06,
            glow: 0.22,
            ..EVEN
        },
        Light::Dramatic => Lit {
            stops: -0.22,
            warmth: [0.0, 0.2, -0.3],
            tone: tone(-0.35, -0.05, 0.7, 0.45),
            saturation: -0.08,
            edges: 0.45,
            glow: 0.06,
            side: 0.35,
            ..EVEN
        },
        Light::GoldenHour => Lit {
            stops: -0.05,
            warmth: [0.38, 0.45, -0.15],
            saturation: 0.08,
            tone: tone(0.1, 0.25, 0.1, 0.05),
            glow: 0.28,
            side: 0.5,
            edges: 0.08,
            sky: Some(Sky {
                colours: [[0.46, 0.60, 0.78], [0.76, 0.76, 0.74], [0.99, 0.82, 0.58]],
                share: 0.72,
                clouds: 0.8,
            }),
        },
        Light::Sunset => Lit {
            stops: if outside { -0.7 } else { -0.25 },
            warmth: [0.22, 0.75, -0.5],
            saturation: 0.06,
            tone: tone(-0.05, 0.3, 0.2, 0.1),
            glow: 0.3,
            side: 0.6,
            edges: 0.2,
            sky: Some(Sky {
                colours: [[0.22, 0.27, 0.44], [0.66, 0.46, 0.50], [0.99, 0.62, 0.32]],
                share: 0.9,
                clouds: 0.75,
            }),
        },
        Light::Night => Lit {
            stops: if outside { -2.1 } else { -1.0 },
            warmth: if outside { [-0.9, 0.0, -0.1] } else { [-0.05, 0.55, -0.65] },
            saturation: if outside { -0.35 } else { -0.08 },
            tone: tone(0.1, if outside { 0.5 } else { 0.2 }, 0.15, 0.0),
            glow: 0.35,
            edges: 0.3,
            sky: Some(Sky {
                colours: [[0.035, 0.05, 0.10], [0.06, 0.085, 0.16], [0.13, 0.16, 0.25]],
                share: 0.97,
                clouds: 0.18,
            }),
            ..EVEN
        },
        Light::Daylight => Lit {
            stops: 0.15,
            warmth: [-0.06, 0.12, -0.1],
            tone: tone(0.25, 0.1, 0.12, 0.08),
            saturation: 0.06,
            ..EVEN
        },
    }
}

/// Gains of linear light for a warmth; the luma stays.
fn gains(warmth: f32) -> [f32; 3] {
    let gains = [1.0 + 0.24 * warmth, 1.0 + 0.015 * warmth, 1.0 - 0.42 * warmth];
    let scale = 1.0 / luma(&gains);
    gains.map(|gain| (gain * scale).max(0.1))
}

/// Lights a picture anew.
///
/// # Errors
/// [`Fault::Stopped`].
pub fn relit(picture: &mut Picture, layout: &Layout, light: Light, outside: bool, stop: &Stop) -> Result<(), Fault> {
    let lit = lit(light, outside);
    let lamps = (light == Light::Night && outside).then(|| night::lamps(&shrink(picture), layout));
    lit.tone.apply(picture, 0.004, stop)?;
    let gain = lit.stops.exp2();
    let [all, lights, shadows] = lit.warmth.map(gains);
    let sunny_left = brighter_left(layout);
    layout.each(picture, lamps.as_ref(), stop, |pixel, here| {
        let before = luma(pixel);
        let high = smooth(0.25, 0.75, before);
        let from_side = if sunny_left { 1.0 - here.u } else { here.u };
        let side = 1.0 + lit.side * 0.55 * (from_side - 0.55) * (1.0 - here.sky);
        let edge = 1.0 - lit.edges * smooth(0.35, 0.8, (here.u - 0.5).hypot(here.v - 0.5));
        // The sky has its own colours where the light brings some; else it follows at half the strength.
        let own = if lit.sky.is_some() { 0.75 * here.sky } else { 0.5 * here.sky };
        let mut linears = [0.0; 3];
        for (index, value) in linears.iter_mut().enumerate() {
            let toned = all[index] * mix(shadows[index], lights[index], high);
            *value = linear(pixel[index]) * mix(toned, 1.0, own) * gain * side * edge;
        }
        if lamps.is_some() {
            night::shine(&mut linears, here, before);
        }
        let rgb = linears.map(|value| super::balance::shoulder(encoded(value)));
        let mut lab = oklab(rgb);
        let factor = 1.0 + lit.saturation * (1.0 - here.extra * f32::from(u8::from(lamps.is_some())));
        lab[1] *= factor;
        lab[2] *= factor;
        if let Some(sky) = lit.sky.filter(|_| here.sky > 0.0) {
            lab = sky.put(lab, before - here.sky_base, here, layout.horizon);
        }
        pixel.copy_from_slice(&rgb_of_oklab(lab));
    })?;
    glow(picture, lit.glow, stop)
}

/// Whether the left half is lighter: there the sun is taken to be.
fn brighter_left(layout: &Layout) -> bool {
    let width = layout.base.width() as usize;
    let (mut left, mut right) = (0.0, 0.0);
    for (place, value) in layout.base.data.iter().enumerate() {
        if place % width < width / 2 { left += value } else { right += value }
    }
    left >= right
}

/// Lets bright places shine into their neighbourhood.
///
/// # Errors
/// [`Fault::Stopped`].
pub fn glow(picture: &mut Picture, amount: f32, stop: &Stop) -> Result<(), Fault> {
    if amount <= 0.0 {
        return Ok(());
    }
    let small = shrink(picture);
    let radius = (small.long_edge() as usize / 40).max(1);
    let bright = |channel: usize| {
        let plane =
            plane_of(&small, |pixel| linear(pixel[channel]) * smooth(0.55, 0.95, pixel[0].max(pixel[1]).max(pixel[2])));
        blurred(&plane, radius)
    };
    let [red, green, blue] = [bright(0), bright(1), bright(2)];
    field::each_row(picture, [&red, &green, &blue], stop, |_, line, rows| {
        for (x, pixel) in line.chunks_exact_mut(3).enumerate() {
            for (value, row) in pixel.iter_mut().zip(rows) {
                let light = linear(*value);
                *value = encoded(light + row[x] * amount * 0.45 * (1.0 - light).max(0.0));
            }
        }
    })
}
