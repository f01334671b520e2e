//! The measures of each preset of the service.
//!
//! Refuses to know: pixels.

use crate::imaging::{
    grade::{balance::Limits, look::Look, tone::Tone},
    wishes::Season,
};

/// How a preset treats a picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Preset {
    /// Whether the picture is taken from outside.
    pub outside: bool,
    /// How far exposure and white balance may go.
    pub limits: Limits,
    /// Local contrast.
    pub tone: Tone,
    /// Detail, 0 to 1.
    pub detail: f32,
    /// Colour.
    pub look: Look,
}

impl Preset {
    /// The preset of an id; of an unknown one the one that does least.
    pub fn of(config: &str) -> Self {
        let outside = !config.starts_with("interior");
        let tone = |shadows: f32, lights: f32, contrast: f32, clarity: f32, texture: f32| Tone {
            shadows,
            lights,
            contrast,
            clarity,
            texture,
        };
        let limits = |cast: f32, exposure: f32, low: f32, high: f32| Limits { cast, exposure, middle: [low, high] };
        let plain = Look::default();
        let (limits, tone, detail, look) = match config {
            "exterior-modern" => (
                limits(0.75, 0.7, 0.40, 0.56),
                tone(0.28, 0.30, 0.14, 0.26, 0.22),
                0.55,
                Look {
                    warmth: -0.05,
                    vibrance: 0.14,
                    split: 0.10,
                    leaves: 0.08,
                    sky: 0.18,
                    clear: 0.25,
                    clean: 0.4,
                    ..plain
                },
            ),
            "exterior-traditional" => (
                limits(0.55, 0.65, 0.38, 0.54),
                tone(0.24, 0.28, 0.08, 0.18, 0.18),
                0.48,
                Look { warmth: 0.22, vibrance: 0.20, split: 0.14, leaves: 0.12, sky: 0.12, clear: 0.15, ..plain },
            ),
            "interior-modern" => (
                limits(0.75, 0.75, 0.44, 0.60),
                tone(0.36, 0.40, 0.10, 0.18, 0.18),
                0.5,
                Look { vibrance: 0.12, split: 0.06, clean: 0.4, ..plain },
            ),
            "interior-traditional" => (
                limits(0.45, 0.7, 0.40, 0.56),
                tone(0.32, 0.36, 0.06, 0.16, 0.14),
                0.45,
                Look { warmth: 0.2, vibrance: 0.18, split: 0.18, ..plain },
            ),
            "interior-minimalist" => (
                limits(0.9, 0.9, 0.52, 0.68),
                tone(0.42, 0.22, 0.02, 0.08, 0.10),
                0.45,
                Look { warmth: -0.03, saturation: -0.07, vibrance: 0.04, clean: 0.9, ..plain },
            ),
            "landscape" => (
                limits(0.5, 0.6, 0.36, 0.54),
                tone(0.30, 0.34, 0.12, 0.24, 0.22),
                0.5,
                Look { warmth: 0.05, vibrance: 0.18, split: 0.08, leaves: 0.10, sky: 0.26, clear: 0.25, ..plain },
            ),
            "aerial" => (
                limits(0.7, 0.7, 0.38, 0.54),
                tone(0.20, 0.34, 0.20, 0.42, 0.30),
                0.65,
                Look { warmth: 0.06, vibrance: 0.18, leaves: 0.10, sky: 0.12, clear: 0.75, ..plain },
            ),
            _ => (Limits::default(), tone(0.15, 0.15, 0.0, 0.1, 0.1), 0.35, plain),
        };
        Self { outside, limits, tone, detail, look }
    }
}

/// What of a season is seen from inside: the temperature of its light.
pub fn indoors(season: Season) -> Look {
    let (warmth, saturation) = match season {
        Season::Spring => (0.04, 0.04),
        Season::Summer => (0.18, 0.05),
        Season::Autumn => (0.26, 0.0),
        Season::Winter => (-0.24, -0.08),
    };
    Look { warmth, saturation, ..Look::default() }
}
