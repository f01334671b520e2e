//! v1 for older pages: `/api/led`, which is segment 0, and `/api/segments`.

use super::{
    fields::Fields,
    reply::{self, Answer, Reply},
    wire::{ControllerBody, EffectBody, NO_EFFECT, NightlightBody, effects},
};
use crate::{
    app::lights::Lights,
    domain::{
        fault::Fault,
        lights::{ControllerChange, Effect, Look, LookChange, Palette, Rgb, Segment, SegmentChange},
    },
};
use serde::Serialize;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct LedBody {
    power: bool,
    brightness: u8,
    effect: &'static str,
    palette: &'static str,
    speed: u8,
    primary_color: Rgb,
    secondary_color: Rgb,
    nightlight: NightlightBody,
}

/// `GET /api/led`. Without a segment 0 the defaults of one are answered.
pub fn led(lights: &Lights) -> Answer {
    let view = lights.view();
    let look = view.segments.iter().find(|segment| segment.id == 0).map_or(Look::default(), |segment| segment.look);
    Ok(Reply::ok(&LedBody {
        power: view.controller.power,
        brightness: view.controller.brightness,
        effect: look.effect.map_or(NO_EFFECT, Effect::id),
        palette: look.palette.name(),
        speed: look.speed,
        primary_color: look.primary,
        secondary_color: look.secondary,
        nightlight: view.nightlight.into(),
    }))
}

/// `POST /api/led`. The palette comes by its name, in capitals or not.
pub fn change_led(lights: &Lights, body: &Fields) -> Answer {
    let controller = ControllerChange { power: body.flag("power")?, brightness: body.byte("brightness")? };
    let palette = palette(body)?;
    let look = LookChange { palette, ..body.without(&["palette", "intensity"]).look()? };
    // The segment may be missing, so it comes first: then nothing is half done.
    if look != LookChange::default() {
        lights.update_segment(0, SegmentChange { look, ..SegmentChange::default() })?;
    }
    lights.set_controller(controller);
    Ok(reply::success())
}

fn palette(body: &Fields) -> Result<Option<Palette>, Fault> {
    let Some(value) = body.value("palette") else { return Ok(None) };
    let named = |name: &str| Palette::ALL.into_iter().find(|palette| palette.name().eq_ignore_ascii_case(name));
    let wrong = || Fault::invalid("palette", "Must be a name of /api/v2/palettes");
    value.as_str().and_then(named).map(Some).ok_or_else(wrong)
}

#[derive(Debug, Serialize)]
struct SegmentsBody {
    #[serde(flatten)]
    controller: ControllerBody,
    segments: Vec<SegmentBody>,
    effects: Vec<EffectBody>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SegmentBody {
    id: u8,
    start: u16,
    stop: u16,
    length: u16,
    effect: NamedEffect,
    speed: u8,
    intensity: u8,
    primary_color: Rgb,
    secondary_color: Rgb,
    reverse: bool,
    capabilities: Capabilities,
}

#[derive(Debug, Serialize)]
struct NamedEffect {
    id: &'static str,
    name: &'static str,
    category: u8,
}

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Capabilities {
    has_speed: bool,
    has_intensity: bool,
    has_palette: bool,
    color_count: u8,
}

impl From<&Segment> for SegmentBody {
    fn from(segment: &Segment) -> Self {
        let Segment { id, start, length, reverse, look } = *segment;
        let effect = look.effect.map_or(NamedEffect { id: NO_EFFECT, name: "None", category: 0 }, |effect| {
            NamedEffect { id: effect.id(), name: effect.name(), category: effect.category().number() }
        });
        let capabilities = look.effect.map(Effect::uses).map_or(Capabilities::default(), |uses| Capabilities {
            has_speed: uses.speed,
            has_intensity: uses.intensity,
            has_palette: uses.palette,
            color_count: u8::from(uses.primary) + u8::from(uses.secondary),
        });
        Self {
            id,
            start,
            stop: segment.stop(),
            length,
            effect,
            speed: look.speed,
            intensity: look.intensity,
            primary_color: look.primary,
            secondary_color: look.secondary,
            reverse,
            capabilities,
        }
    }
}

/// `GET /api/segments`.
pub fn segments(lights: &Lights) -> Answer {
    let view = lights.view();
    let segments = view.segments.iter().map(SegmentBody::from).collect();
    Ok(Reply::ok(&SegmentsBody { controller: view.controller.into(), segments, effects: effects() }))
}
