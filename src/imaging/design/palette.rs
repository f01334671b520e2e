//! Styles as colours: what each draws neutrals, woods, leaves and accents towards.
//!
//! ```text
//! Style ─► tone ─► for each pixel: neutral or coloured, light or dark ─► towards the palette's own
//! ```
//!
//! Refuses to know: furniture, words for styles.

use crate::imaging::{
    Fault, Stop,
    grade::{
        colour::{mix, oklab, rgb_of_oklab, smooth},
        layout::Layout,
        look::Look,
        tone::Tone,
    },
    picture::Picture,
    wishes::Style,
};

/// The colours of a style.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Palette {
    /// What light neutrals (walls) and dark neutrals tend to, encoded.
    neutrals: [[f32; 3]; 2],
    /// What warm colours (woods, leather) tend to, encoded.
    wood: [f32; 3],
    /// What other colours (textiles, paint) tend to, encoded.
    accent: [f32; 3],
    /// How far they go, 0 to 1: neutrals, woods, others.
    pull: [f32; 3],
    /// Local contrast.
    tone: Tone,
    /// Colour as a whole.
    look: Look,
}

/// 8-bit colour as encoded values.
const fn rgb(red: u8, green: u8, blue: u8) -> [f32; 3] {
    [red as f32 / 255.0, green as f32 / 255.0, blue as f32 / 255.0]
}

/// The palette of a style.
pub fn of(style: Style) -> Palette {
    let tone =
        |shadows: f32, contrast: f32, clarity: f32| Tone { shadows, lights: 0.2, contrast, clarity, texture: 0.08 };
    let look = |warmth: f32, saturation: f32, vibrance: f32| Look { warmth, saturation, vibrance, ..Look::default() };
    let palette = |light, dark, wood, accent, pull, tone, look| Palette {
        neutrals: [light, dark],
        wood,
        accent,
        pull,
        tone,
        look,
    };
    match style {
        Style::Modern => palette(
            rgb(240, 241, 242),
            rgb(48, 52, 58),
            rgb(150, 120, 92),
            rgb(70, 96, 120),
            [0.6, 0.35, 0.3],
            tone(0.1, 0.2, 0.2),
            look(-0.08, -0.05, 0.1),
        ),
        Style::Traditional => palette(
            rgb(244, 234, 214),
            rgb(62, 48, 38),
            rgb(128, 76, 46),
            rgb(128, 52, 46),
            [0.7, 0.5, 0.3],
            tone(0.1, 0.1, 0.1),
            look(0.25, 0.06, 0.1),
        ),
        Style::Minimalist => palette(
            rgb(248, 248, 246),
            rgb(70, 70, 70),
            rgb(206, 186, 160),
            rgb(150, 152, 152),
            [0.8, 0.6, 0.6],
            tone(0.5, -0.1, 0.0),
            look(0.0, -0.35, 0.0),
        ),
        Style::Scandinavian => palette(
            rgb(247, 243, 235),
            rgb(68, 72, 76),
            rgb(220, 192, 152),
            rgb(140, 162, 168),
            [0.75, 0.65, 0.4],
            tone(0.5, -0.08, 0.05),
            look(0.1, -0.12, 0.1),
        ),
        Style::Industrial => palette(
            rgb(196, 194, 190),
            rgb(40, 40, 42),
            rgb(118, 78, 52),
            rgb(138, 72, 48),
            [0.7, 0.5, 0.35],
            tone(-0.2, 0.4, 0.45),
            look(0.0, -0.22, 0.0),
        ),
        Style::MidCentury => palette(
            rgb(240, 232, 214),
            rgb(54, 50, 44),
            rgb(158, 96, 54),
            rgb(40, 118, 116),
            [0.55, 0.6, 0.4],
            tone(0.05, 0.16, 0.12),
            look(0.14, 0.08, 0.16),
        ),
        Style::Bohemian => palette(
            rgb(244, 228, 206),
            rgb(76, 50, 44),
            rgb(176, 106, 64),
            rgb(178, 62, 82),
            [0.65, 0.5, 0.3],
            tone(0.15, 0.12, 0.1),
            look(0.24, 0.2, 0.22),
        ),
        Style::Rustic => palette(
            rgb(236, 222, 198),
            rgb(58, 46, 36),
            rgb(140, 92, 56),
            rgb(104, 104, 66),
            [0.65, 0.55, 0.35],
            tone(0.0, 0.16, 0.28),
            look(0.24, -0.05, 0.1),
        ),
        Style::Coastal => palette(
            rgb(246, 248, 248),
            rgb(52, 76, 98),
            rgb(216, 196, 164),
            rgb(58, 132, 168),
            [0.75, 0.6, 0.5],
            tone(0.45, 0.0, 0.05),
            look(-0.14, 0.02, 0.14),
        ),
        Style::Luxury => palette(
            rgb(240, 234, 224),
            rgb(30, 28, 30),
            rgb(92, 58, 38),
            rgb(22, 86, 70),
            [0.6, 0.5, 0.35],
            tone(-0.15, 0.4, 0.2),
            look(0.12, 0.04, 0.12),
        ),
    }
}

impl Palette {
    /// Draws a picture towards the palette; skies and leaves are left alone.
    ///
    /// # Errors
    /// [`Fault::Stopped`].
    pub fn apply(&self, picture: &mut Picture, layout: &Layout, stop: &Stop) -> Result<(), Fault> {
        let [light_tint, dark_tint] = self.neutrals.map(oklab);
        let (wood, accent) = (oklab(self.wood), oklab(self.accent));
        layout.each(picture, None, stop, |pixel, here| {
            let [mut light, mut a, mut b] = oklab([pixel[0], pixel[1], pixel[2]]);
            let chroma = a.hypot(b);
            let ours = 1.0 - here.sky;
            let leafy = crate::imaging::grade::layout::leaf([light, a, b], here.texture);
            let neutral = smooth(0.075, 0.03, chroma);
            let coloured = (1.0 - neutral) * (1.0 - 0.85 * leafy);
            let warm = smooth(0.35, 0.75, (a * 0.5 + b * 0.87) / chroma.max(1e-4)) * coloured;
            let other = coloured - warm;
            let high = smooth(0.35, 0.75, light);
            let tint: [f32; 3] = std::array::from_fn(|index| mix(dark_tint[index], light_tint[index], high));
            let to_neutral = self.pull[0] * neutral * ours;
            a = mix(a, tint[1], to_neutral);
            b = mix(b, tint[2], to_neutral);
            // Light neutrals take the wall's lightness in part, so that shading stays.
            light += (light_tint[0] - 0.95) * 0.45 * to_neutral * high;
            for (goal, share) in [(wood, self.pull[1] * warm * ours), (accent, self.pull[2] * other * ours)] {
                // The hue goes there; lightness moves by a fraction of the difference and keeps its detail.
                let vivid = (a.hypot(b) / goal[1].hypot(goal[2]).max(0.02)).clamp(0.4, 1.3);
                a = mix(a, goal[1] * vivid, share);
                b = mix(b, goal[2] * vivid, share);
                light += (goal[0] - 0.6) * 0.3 * share * smooth(0.05, 0.3, light);
            }
            pixel.copy_from_slice(&rgb_of_oklab([light, a, b]));
        })?;
        self.tone.apply(picture, 0.004, stop)?;
        self.look.apply(picture, layout, stop)
    }
}
