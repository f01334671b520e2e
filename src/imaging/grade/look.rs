//! A look: colour and sky as a set of small measures, put on every pixel in Oklab.
//!
//! Refuses to know: which preset or wish has which look.

use super::{
    colour::{mix, oklab, rgb_of_oklab, smooth},
    layout::{Here, Layout, leaf},
};
use crate::imaging::{Fault, Stop, picture::Picture};

/// What a look changes; 0 is nothing for each.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Look {
    /// Warmer above 0, cooler below, -1 to 1.
    pub warmth: f32,
    /// More chroma for all, -1 to 1.
    pub saturation: f32,
    /// More chroma for what has little of it, skin and neutrals kept, -1 to 1.
    pub vibrance: f32,
    /// Warmth of lights against that of shadows, -1 to 1.
    pub split: f32,
    /// Chroma of leaves and grass.
    pub leaves: f32,
    /// Chroma and depth of blue sky.
    pub sky: f32,
    /// Takes a veil off: more with depth.
    pub clear: f32,
    /// Whiter near-whites: less chroma where it is light and almost neutral.
    pub clean: f32,
}

/// How much a colour may be skin or wood, 0 to 1.
fn skin(a: f32, b: f32, chroma: f32) -> f32 {
    let toward = (a * 0.62 + b * 0.78) / chroma.max(1e-4);
    smooth(0.86, 0.97, toward) * smooth(0.02, 0.05, chroma)
}

impl Look {
    /// Puts it on a picture.
    ///
    /// # Errors
    /// [`Fault::Stopped`].
    pub fn apply(&self, picture: &mut Picture, layout: &Layout, stop: &Stop) -> Result<(), Fault> {
        if *self == Self::default() {
            return Ok(());
        }
        layout.each(picture, None, stop, |pixel, here| {
            let lab = self.pixel(oklab([pixel[0], pixel[1], pixel[2]]), here);
            pixel.copy_from_slice(&rgb_of_oklab(lab));
        })
    }

    /// One pixel.
    fn pixel(&self, [mut light, mut a, mut b]: [f32; 3], here: Here) -> [f32; 3] {
        let chroma = a.hypot(b);
        let leafy = leaf([light, a, b], here.texture) * (1.0 - here.sky);
        let bluish = here.sky * smooth(0.0, -0.03, b);
        // A veil: greyish light that grows with distance.
        let veil = self.clear * (0.25 + 0.75 * here.depth) * (1.0 - 0.7 * here.sky);
        if veil > 0.0 {
            let dark = 0.10 * veil * smooth(0.95, 0.3, light);
            let cleared = (light - dark) / (1.0 - dark);
            let scale = (cleared / light.max(0.02)).clamp(0.5, 1.0);
            (light, a, b) = (cleared, a * scale, b * scale);
        }
        let calm = 1.0 - smooth(0.06, 0.2, chroma);
        let guarded = self.vibrance.max(0.0) * 0.75 * skin(a, b, chroma);
        let neutral = smooth(0.004, 0.03, chroma);
        let mut factor = 1.0 + self.saturation * neutral.mul_add(0.7, 0.3);
        factor += (self.vibrance * calm - guarded * calm) * neutral * 0.8 + veil * 0.3 * neutral;
        factor += self.leaves * leafy + self.sky * bluish;
        light -= self.sky * 0.06 * bluish * smooth(0.5, 0.9, light);
        let clean = self.clean * smooth(0.72, 0.92, light) * smooth(0.07, 0.02, chroma) * (1.0 - here.sky);
        // What is vivid already gets little more.
        factor = 1.0 + (factor - 1.0) * if factor > 1.0 { smooth(0.24, 0.08, chroma) } else { 1.0 };
        factor = (factor * (1.0 - 0.6 * clean)).max(0.0);
        light += 0.02 * clean * smooth(1.0, 0.9, light);
        a *= factor;
        b *= factor;
        let warm = (self.warmth + self.split * mix(-0.6, 1.0, smooth(0.3, 0.8, light))) * light.max(0.15);
        // The sky does not turn yellow because walls shall look warm.
        let warm = warm * (1.0 - 0.75 * here.sky);
        [light, a + warm * 0.012, b + warm * 0.045]
    }
}
