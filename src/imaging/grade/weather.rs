//! Weather as a grade: sky and ground are treated separately, haze lies between.
//!
//! ```text
//! Weather ─► tone (hard or soft light) ─► pixels: sky colours and clouds, ground wet or white, haze by depth ─► what falls
//! ```
//!
//! From inside only the light of the weather is seen. Refuses to know: words for weather, presets.

use super::{
    colour::{linear, luma, mix, oklab, rgb_of_oklab, smooth},
    field::{blurred, combined},
    layout::{Here, Layout, leaf},
    light::Sky,
    particles::{flakes, noise, seed, streaks},
    tone::Tone,
};
use crate::imaging::{
    Fault, Stop,
    picture::{Picture, Plane},
    wishes::Weather,
};

/// Measures of one weather.
#[derive(Debug, Clone, Copy)]
struct Air {
    tone: Tone,
    stops: f32,
    /// Warmth of everything but the sky, -1 to 1.
    warmth: f32,
    saturation: f32,
    sky: Option<Sky>,
    /// New clouds on the sky: from which noise on, how much.
    clouds: Option<(f32, f32)>,
    /// Haze at full depth, 0 to 1, and its colour.
    haze: (f32, [f32; 3]),
}

/// The measures of a weather; `blue` is how blue the sky is already.
fn air(weather: Weather, blue: f32) -> Air {
    let tone = |shadows: f32, lights: f32, contrast: f32, clarity: f32| Tone {
        shadows,
        lights,
        contrast,
        clarity,
        texture: 0.0,
    };
    let sky = |colours: [[f32; 3]; 3], share: f32, clouds: f32| Some(Sky { colours, share, clouds });
    match weather {
        Weather::Sunny => Air {
            tone: tone(0.1, 0.05, 0.35, 0.12),
            stops: 0.12,
            warmth: 0.16,
            saturation: 0.1,
            sky: sky([[0.25, 0.49, 0.80], [0.42, 0.65, 0.90], [0.74, 0.85, 0.94]], mix(0.85, 0.3, blue), 0.9),
            clouds: None,
            haze: (0.0, [1.0; 3]),
        },
        Weather::Cloudy => Air {
            tone: tone(0.15, 0.2, -0.12, 0.0),
            stops: -0.06,
            warmth: -0.08,
            saturation: -0.06,
            sky: sky([[0.42, 0.58, 0.76], [0.56, 0.69, 0.82], [0.76, 0.83, 0.88]], 0.75, 0.8),
            clouds: Some((0.44, 0.95)),
            haze: (0.04, [0.82, 0.85, 0.88]),
        },
        Weather::Overcast => Air {
            tone: tone(0.3, 0.4, -0.35, -0.05),
            stops: -0.1,
            warmth: -0.16,
            saturation: -0.15,
            sky: sky([[0.66, 0.69, 0.73], [0.76, 0.78, 0.80], [0.86, 0.87, 0.88]], 0.94, 0.3),
            clouds: Some((0.3, 0.45)),
            haze: (0.08, [0.80, 0.82, 0.84]),
        },
        Weather::Rain => Air {
            tone: tone(0.1, 0.45, -0.2, 0.05),
            stops: -0.42,
            warmth: -0.24,
            saturation: -0.16,
            sky: sky([[0.44, 0.47, 0.51], [0.55, 0.58, 0.61], [0.68, 0.70, 0.72]], 0.95, 0.35),
            clouds: Some((0.3, 0.5)),
            haze: (0.26, [0.62, 0.65, 0.68]),
        },
        Weather::Fog => Air {
            tone: tone(0.2, 0.3, -0.3, -0.1),
            stops: -0.05,
            warmth: -0.12,
            saturation: -0.15,
            sky: sky([[0.78, 0.80, 0.82], [0.82, 0.84, 0.855], [0.85, 0.865, 0.875]], 0.97, 0.1),
            clouds: None,
            haze: (0.9, [0.83, 0.845, 0.86]),
        },
        Weather::Snow => Air {
            tone: tone(0.2, 0.25, -0.2, 0.0),
            stops: -0.05,
            warmth: -0.28,
            saturation: -0.2,
            sky: sky([[0.73, 0.76, 0.80], [0.80, 0.82, 0.85], [0.87, 0.885, 0.90]], 0.95, 0.25),
            clouds: Some((0.3, 0.3)),
            haze: (0.22, [0.86, 0.88, 0.90]),
        },
    }
}

/// Changes the weather.
///
/// # Errors
/// [`Fault::Stopped`].
pub fn changed(
    picture: &mut Picture,
    layout: &Layout,
    weather: Weather,
    outside: bool,
    stop: &Stop,
) -> Result<(), Fault> {
    let air = air(weather, blueness(picture, layout));
    let softened = if outside { 1.0 } else { 0.6 };
    let tone = Tone { contrast: air.tone.contrast * softened, lights: air.tone.lights * softened, ..air.tone };
    tone.apply(picture, 0.004, stop)?;
    let key = seed(&layout.luma);
    let extra = outside.then(|| match weather {
        Weather::Rain => sheen(layout, key),
        Weather::Snow => lying_snow(layout),
        _ => Plane::filled(layout.base.width(), layout.base.height(), 0.0),
    });
    let cover = outside.then(|| clouds(layout, key, air.clouds));
    let gain = (air.stops * softened).exp2();
    let haze = oklab(air.haze.1);
    let cover = cover.as_ref().zip(air.clouds);
    let joined = extra.as_ref().map(|extra| match cover {
        // Clouds and what lies on the ground are never at one place: they share a plane.
        Some((cover, _)) => {
            let on_ground = combined(extra, &layout.sky, |value, sky| value * (1.0 - sky));
            combined(&on_ground, &combined(cover, &layout.sky, |value, sky| value * sky), |one, other| one + other)
        }
        None => extra.clone(),
    });
    layout.each(picture, joined.as_ref(), stop, |pixel, here| {
        let before = luma(pixel);
        let scale = mix(gain, 1.0, here.sky);
        let rgb = [pixel[0], pixel[1], pixel[2]].map(|value| super::colour::encoded(linear(value) * scale));
        let mut lab = oklab(rgb);
        let chroma = 1.0 + air.saturation * (1.0 - here.sky);
        lab[1] = lab[1] * chroma + air.warmth * 0.010 * lab[0] * (1.0 - here.sky);
        lab[2] = lab[2] * chroma + air.warmth * 0.045 * lab[0] * (1.0 - here.sky);
        if outside {
            match weather {
                Weather::Rain => wet(&mut lab, here),
                Weather::Snow => snowed(&mut lab, here, before),
                _ => {}
            }
            if let Some(sky) = air.sky.filter(|_| here.sky > 0.0) {
                lab = sky.put(lab, before - here.sky_base, here, layout.horizon);
                if air.clouds.is_some() {
                    cloud(&mut lab, here);
                }
            }
            let thick = 1.0 - (-2.6 * here.depth.powf(1.4)).exp();
            let share = air.haze.0 * thick * (1.0 - here.sky);
            for (value, haze) in lab.iter_mut().zip(haze) {
                *value = mix(*value, haze, share);
            }
        }
        pixel.copy_from_slice(&rgb_of_oklab(lab));
    })?;
    if outside {
        match weather {
            Weather::Rain => streaks(picture, key),
            Weather::Snow => flakes(picture, key),
            _ => {}
        }
    }
    stop.check()
}

/// How blue the sky is: 0 grey to 1.
fn blueness(picture: &Picture, layout: &Layout) -> f32 {
    let small = super::field::shrink(picture);
    let (mut blue, mut weights) = (0.0, 1e-3);
    for (pixel, share) in small.pixels().zip(&layout.sky.data) {
        blue += -oklab([pixel[0], pixel[1], pixel[2]])[2] * share;
        weights += share;
    }
    smooth(0.03, 0.09, blue / weights)
}

/// Cover of clouds in perspective: wide overhead, flat at the horizon.
fn clouds(layout: &Layout, key: u32, wish: Option<(f32, f32)>) -> Plane {
    let mut plane = Plane::filled(layout.base.width(), layout.base.height(), 0.0);
    let Some((from, amount)) = wish.filter(|_| layout.sky_share > 0.0) else { return plane };
    let (width, height) = (plane.width() as usize, plane.height() as f32);
    let aspect = width as f32 / height;
    for (place, value) in plane.data.iter_mut().enumerate() {
        let (u, v) = ((place % width) as f32 / width as f32, (place / width) as f32 / height);
        let up = (layout.horizon - v).max(0.0) + 0.16;
        let cover = noise((u - 0.5) * aspect * 0.9 / up + 7.0, 0.75 / up, key);
        *value = amount * smooth(from, from + 0.2, cover);
    }
    plane
}

/// Lays the cloud at a place over its sky: light above, grey in its thick parts.
fn cloud(lab: &mut [f32; 3], here: Here) {
    let cover = here.extra * here.sky;
    let thick = smooth(0.45, 1.0, here.extra);
    let light = mix((lab[0] + 0.10).min(0.93), (lab[0] + 0.03).min(0.80), thick);
    *lab = [mix(lab[0], light, cover), lab[1] * (1.0 - 0.85 * cover), lab[2] * (1.0 - 0.85 * cover)];
}

/// What the wet ground mirrors: lightness of what stands beyond it, blurred downwards, in puddles.
fn sheen(layout: &Layout, key: u32) -> Plane {
    let (width, height) = (layout.base.width() as usize, layout.base.height() as usize);
    let mut mirror = Plane::filled(layout.base.width(), layout.base.height(), 0.0);
    for x in 0..width {
        let foot = (0..height).find(|y| layout.ground.data[y * width + x] > 0.4).unwrap_or(height);
        for y in foot..height {
            let from = foot.saturating_sub((y - foot) + 1);
            let (v, place) = (y as f32 / height as f32, y * width + x);
            let far = 1.0 / (v - layout.horizon + 0.12).max(0.06);
            let puddle = smooth(0.4, 0.62, noise((x as f32 / width as f32 - 0.5) * far * 2.2, far * 1.8, key ^ 7));
            mirror.data[place] = (0.15 + layout.luma.data[from * width + x]) * (0.45 + 0.55 * puddle);
        }
    }
    blurred(&mirror, (width.max(height) / 200).max(1))
}

/// Wet ground: darker, deeper in colour, with the sheen of what stands beyond.
fn wet(lab: &mut [f32; 3], here: Here) {
    let ground = here.ground;
    lab[0] *= 1.0 - 0.17 * ground;
    lab[1] *= 1.0 + 0.1 * ground;
    lab[2] *= 1.0 + 0.1 * ground;
    let mirrored = ground * here.extra.clamp(0.0, 1.0) * (0.10 + 0.42 * smooth(0.0, 0.9, here.depth));
    lab[0] += (0.86 - lab[0]).max(0.0) * mirrored;
    lab[1] *= 1.0 - mirrored * 0.5;
    lab[2] = lab[2] * (1.0 - mirrored * 0.5) - 0.008 * mirrored;
}

/// Where snow lies besides on the ground: right below the sky, on what faces up.
fn lying_snow(layout: &Layout) -> Plane {
    let (width, height) = (layout.base.width() as usize, layout.base.height() as usize);
    let mut plane = Plane::filled(layout.base.width(), layout.base.height(), 0.0);
    let soft = blurred(&layout.luma, (width.max(height) / 250).max(1));
    let step = (height / 90).max(1);
    for y in 0..height {
        for x in 0..width {
            let place = y * width + x;
            let above = layout.sky.data[y.saturating_sub(step) * width + x];
            let below = soft.data[(y + step).min(height - 1) * width + x];
            // What is lighter than what lies below it is mostly its upper side.
            let upper = smooth(0.05, 0.16, soft.data[place] - below) * 0.55;
            plane.data[place] = (above * 0.85).max(upper) * (1.0 - layout.sky.data[place]);
        }
    }
    plane
}

/// Snow on ground, leaves and upper sides; the light and dark of what lies below still shows.
fn snowed(lab: &mut [f32; 3], here: Here, before: f32) {
    let rise = before - here.base;
    let leafy = leaf(*lab, here.texture) * (1.0 - here.sky);
    let on_ground = here.ground * smooth(-0.34, -0.12, rise);
    let on_leaves = leafy * smooth(-0.05, 0.10, rise) * 0.72;
    let upper = here.extra * (1.0 - here.sky) * smooth(-0.08, 0.06, rise) * 0.85;
    let share = (on_ground * 0.94).max(on_leaves).max(upper).clamp(0.0, 1.0);
    let light = (0.90 + rise * 0.42).clamp(0.45, 0.975);
    lab[0] = mix(lab[0], light, share);
    lab[1] = mix(lab[1], -0.002, share);
    lab[2] = mix(lab[2], -0.012 * smooth(1.0, 0.7, light) - 0.004, share);
}
