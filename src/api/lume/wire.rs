//! Bodies of the plane that more than one route answers, with their keys in the document's order.

use crate::{
    app::lights::{LightsView, Progress},
    domain::lights::{Controller, Effect, Palette, Rgb, Segment},
};
use serde::Serialize;

/// What an effect is called where there is none.
pub const NO_EFFECT: &str = "none";

/// `/api/v2/controller`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ControllerBody {
    power: bool,
    brightness: u8,
    led_count: u16,
}

impl From<Controller> for ControllerBody {
    fn from(Controller { power, brightness, led_count }: Controller) -> Self {
        Self { power, brightness, led_count }
    }
}

/// `/api/v2/segments/{id}`. The palette is left out (document, "Known limitations").
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SegmentBody {
    id: u8,
    start: u16,
    stop: u16,
    length: u16,
    effect: &'static str,
    speed: u8,
    intensity: u8,
    primary_color: Rgb,
    secondary_color: Rgb,
    reverse: bool,
}

impl From<&Segment> for SegmentBody {
    fn from(segment: &Segment) -> Self {
        let Segment { id, start, length, reverse, look } = *segment;
        Self {
            id,
            start,
            stop: segment.stop(),
            length,
            effect: look.effect.map_or(NO_EFFECT, Effect::id),
            speed: look.speed,
            intensity: look.intensity,
            primary_color: look.primary,
            secondary_color: look.secondary,
            reverse,
        }
    }
}

/// `/api/v2/segments`.
#[derive(Debug, Serialize)]
pub struct SegmentsBody {
    #[serde(flatten)]
    controller: ControllerBody,
    segments: Vec<SegmentBody>,
}

impl From<&LightsView> for SegmentsBody {
    fn from(view: &LightsView) -> Self {
        Self { controller: view.controller.into(), segments: view.segments.iter().map(SegmentBody::from).collect() }
    }
}

/// A message of `/ws`.
#[derive(Debug, Serialize)]
pub struct StateBody {
    r#type: &'static str,
    controller: ControllerBody,
    segments: Vec<SegmentBody>,
}

impl From<&LightsView> for StateBody {
    fn from(view: &LightsView) -> Self {
        let segments = view.segments.iter().map(SegmentBody::from).collect();
        Self { r#type: "state", controller: view.controller.into(), segments }
    }
}

/// One of `/api/v2/effects`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EffectBody {
    id: &'static str,
    name: &'static str,
    category: u8,
    uses_palette: bool,
    uses_primary_color: bool,
    uses_secondary_color: bool,
    uses_speed: bool,
    uses_intensity: bool,
}

/// All there are.
pub fn effects() -> Vec<EffectBody> {
    let body = |effect: Effect| {
        let uses = effect.uses();
        EffectBody {
            id: effect.id(),
            name: effect.name(),
            category: effect.category().number(),
            uses_palette: uses.palette,
            uses_primary_color: uses.primary,
            uses_secondary_color: uses.secondary,
            uses_speed: uses.speed,
            uses_intensity: uses.intensity,
        }
    };
    Effect::ALL.into_iter().map(body).collect()
}

/// `/api/v2/effects`.
#[derive(Debug, Serialize)]
pub struct EffectsBody {
    pub effects: Vec<EffectBody>,
}

/// One of `/api/v2/palettes`.
#[derive(Debug, Serialize)]
pub struct PaletteBody {
    id: u8,
    name: &'static str,
}

/// `/api/v2/palettes`.
#[derive(Debug, Serialize)]
pub struct PalettesBody {
    palettes: Vec<PaletteBody>,
}

impl PalettesBody {
    /// All there are.
    pub fn all() -> Self {
        let body = |palette: Palette| PaletteBody { id: palette.number(), name: palette.name() };
        Self { palettes: Palette::ALL.into_iter().map(body).collect() }
    }
}

/// `/api/nightlight`.
#[derive(Debug, Serialize)]
pub struct NightlightBody {
    active: bool,
    /// Percent with one decimal.
    progress: f64,
}

impl From<Option<Progress>> for NightlightBody {
    fn from(running: Option<Progress>) -> Self {
        let percent = running.map_or(0.0, |progress| progress.percent);
        Self { active: running.is_some(), progress: (percent * 10.0).round() / 10.0 }
    }
}
