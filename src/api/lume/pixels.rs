//! `/api/pixels`: colours laid on LEDs by hand, in four forms.
//!
//! Of `pixels`, `rgb`, `fill` and `gradient` the first that is there counts; the others are not looked at.

use super::{
    fields::Fields,
    reply::{Answer, Reply},
};
use crate::{
    app::lights::{Lights, forms},
    domain::{
        fault::Fault,
        lights::{ControllerChange, Pixels, Rgb},
    },
};
use serde::Serialize;
use serde_json::Value;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SetBody {
    success: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pixels_set: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    filled: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gradient: Option<bool>,
}

/// `POST`.
pub fn set(lights: &Lights, body: &Fields) -> Answer {
    let pixels = understood(body)?;
    if let brightness @ Some(_) = body.byte("brightness")? {
        lights.set_controller(ControllerChange { power: None, brightness });
    }
    let count = lights.set_pixels(&pixels);
    let mut body = SetBody { success: true, pixels_set: None, filled: None, gradient: None };
    match pixels {
        Pixels::Each(_) => body.pixels_set = Some(count),
        Pixels::Fill(_) => body.filled = Some(true),
        Pixels::Gradient { .. } => body.gradient = Some(true),
    }
    Ok(Reply::ok(&body))
}

fn understood(body: &Fields) -> Result<Pixels, Fault> {
    if let Some(pixels) = body.value("pixels") {
        let wrong = "Must be an array of [r,g,b], each three whole numbers between 0 and 255";
        return each(pixels, |pixels| pixels.iter().map(forms::rgb).collect(), "pixels", wrong);
    }
    if let Some(rgb) = body.value("rgb") {
        let wrong = "Must be an array of whole numbers between 0 and 255, three for each LED";
        return each(rgb, flat, "rgb", wrong);
    }
    if let Some(colour) = body.colour("fill")? {
        return Ok(Pixels::Fill(colour));
    }
    if let Some(gradient) = body.value("gradient") {
        let end = |name: &str| gradient.get(name).and_then(forms::rgb);
        return match (end("from"), end("to")) {
            (Some(from), Some(to)) => Ok(Pixels::Gradient { from, to }),
            _ => Err(Fault::invalid("gradient", "Must have from and to, each [r,g,b] between 0 and 255")),
        };
    }
    Err(Fault::invalid("pixels", "One of pixels, rgb, fill and gradient is required"))
}

/// At least one LED's colour.
fn each(
    value: &Value,
    colours: impl FnOnce(&[Value]) -> Option<Vec<Rgb>>,
    name: &str,
    wrong: &str,
) -> Result<Pixels, Fault> {
    let colours = value.as_array().and_then(|values| colours(values)).filter(|colours| !colours.is_empty());
    colours.map(Pixels::Each).ok_or_else(|| Fault::invalid(name, wrong))
}

fn flat(values: &[Value]) -> Option<Vec<Rgb>> {
    let (triples, rest) = values.as_chunks::<3>();
    let byte = |value: &Value| u8::try_from(value.as_u64()?).ok();
    let colour = |[r, g, b]: &[Value; 3]| Some([byte(r)?, byte(g)?, byte(b)?]);
    if rest.is_empty() { triples.iter().map(colour).collect() } else { None }
}
