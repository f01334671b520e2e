//! Seasons: leaves and grass change their hue, the air its temperature; the sky is left alone.
//!
//! Refuses to know: snow (that is weather).

use super::{
    colour::{mix, oklab, rgb_of_oklab, smooth},
    layout::{Layout, leaf},
    particles::{noise, seed},
};
use crate::imaging::{
    Fault, Stop,
    picture::Picture,
    wishes::{Landscaping, Season},
};

/// What becomes of leaves.
#[derive(Debug, Clone, Copy)]
struct Leaves {
    /// Hue they turn to, in radians of Oklab, from and to.
    hues: [f32; 2],
    /// How far they turn, trees and lawn.
    turn: [f32; 2],
    /// Factor of chroma.
    chroma: f32,
    /// Chroma at least.
    least: f32,
    /// Lightness added.
    light: f32,
    /// Warmth of everything but the sky.
    warmth: f32,
    /// Chroma of everything but the sky.
    saturation: f32,
}

/// Changes the season of a picture from outside.
///
/// # Errors
/// [`Fault::Stopped`].
pub fn turned(picture: &mut Picture, layout: &Layout, season: Season, stop: &Stop) -> Result<(), Fault> {
    leaves(
        picture,
        layout,
        stop,
        match season {
            Season::Spring => Leaves {
                hues: [1.98, 2.12],
                turn: [0.6, 0.5],
                chroma: 1.18,
                least: 0.06,
                light: 0.035,
                warmth: 0.06,
                saturation: 0.03,
            },
            Season::Summer => Leaves {
                hues: [2.15, 2.3],
                turn: [0.35, 0.45],
                chroma: 1.22,
                least: 0.05,
                light: 0.0,
                warmth: 0.14,
                saturation: 0.06,
            },
            Season::Autumn => Leaves {
                hues: [0.78, 1.62],
                turn: [1.0, 0.45],
                chroma: 1.3,
                least: 0.085,
                light: 0.035,
                warmth: 0.16,
                saturation: 0.02,
            },
            Season::Winter => Leaves {
                hues: [1.2, 1.5],
                turn: [0.9, 0.7],
                chroma: 0.32,
                least: 0.0,
                light: 0.01,
                warmth: -0.3,
                saturation: -0.16,
            },
        },
    )
}

/// Changes how what grows around does.
///
/// # Errors
/// [`Fault::Stopped`].
pub fn grown(picture: &mut Picture, layout: &Layout, wish: Landscaping, stop: &Stop) -> Result<(), Fault> {
    leaves(
        picture,
        layout,
        stop,
        match wish {
            Landscaping::Lush => Leaves {
                hues: [2.2, 2.35],
                turn: [0.6, 0.8],
                chroma: 1.35,
                least: 0.07,
                light: 0.0,
                warmth: 0.0,
                saturation: 0.0,
            },
            Landscaping::Dry => Leaves {
                hues: [1.45, 1.65],
                turn: [0.6, 0.95],
                chroma: 0.75,
                least: 0.04,
                light: 0.05,
                warmth: 0.08,
                saturation: 0.0,
            },
        },
    )
}

/// Puts the change on.
fn leaves(picture: &mut Picture, layout: &Layout, stop: &Stop, change: Leaves) -> Result<(), Fault> {
    // Crowns vary as a whole and in themselves.
    let mut crowns = layout.base.clone();
    let (width, key) = (crowns.width() as usize, seed(&layout.luma));
    for (place, value) in crowns.data.iter_mut().enumerate() {
        let unit = 9.0 / width.max(1) as f32;
        *value = noise((place % width) as f32 * unit, (place / width) as f32 * unit, key);
    }
    layout.each(picture, Some(&crowns), stop, |pixel, here| {
        let lab = oklab([pixel[0], pixel[1], pixel[2]]);
        let outside = 1.0 - here.sky;
        let leafy = leaf(lab, here.texture) * outside;
        let [mut light, mut a, mut b] = lab;
        let plain = (1.0 - leafy) * outside;
        let factor = 1.0 + change.saturation * plain;
        (a, b) = (a * factor, b * factor);
        if leafy > 0.0 {
            let lawn = smooth(0.3, 0.8, here.ground);
            // Firs stay as they are for the most part: dark, with little yellow in their green.
            let fir = 1.0 - 0.6 * smooth(0.42, 0.25, light) * smooth(0.75, 0.4, b / -a.min(-1e-4));
            let turn = leafy * mix(change.turn[0], change.turn[1], lawn) * fir;
            let hue = b.atan2(a);
            let wished = mix(change.hues[0], change.hues[1], smooth(0.3, 0.7, here.extra * 0.75 + light * 0.3));
            let chroma = a.hypot(b);
            let vivid = (chroma * change.chroma).max(change.least.min(chroma * 2.2)).min(0.19);
            let (new_hue, new_chroma) = (mix(hue, wished, turn), mix(chroma, vivid, turn.max(leafy * 0.5)));
            (a, b) = (new_chroma * new_hue.cos(), new_chroma * new_hue.sin());
            light += change.light * turn * smooth(0.1, 0.4, light);
        }
        let warm = change.warmth * outside * light;
        pixel.copy_from_slice(&rgb_of_oklab([light, a + warm * 0.012, b + warm * 0.05]));
    })
}
