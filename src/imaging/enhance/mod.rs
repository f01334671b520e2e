//! The service render-enhancement: the same picture, improved, in the requested light, weather and season.
//!
//! ```text
//! Picture ─► noise ─► balance ─► tone ─► detail ─► look of the preset ─► season ─► weather ─► light ─► within the mask
//! ```
//!
//! Refuses to know: files, sizes other than the picture's own, callers.

mod preset;

use super::{
    Fault, Stop,
    grade::{self, balance, detail, field, layout::Layout, light, noise, season, weather},
    picture::{Picture, Plane},
    wishes::{Season, Wishes},
};
use crate::domain::imaging::Request;
pub use preset::Preset;

/// An improved picture of the same size. Where the mask is 0 it equals the input exactly.
///
/// # Errors
/// [`Fault::Stopped`].
pub fn enhance(mut picture: Picture, mask: Option<&Plane>, request: &Request, stop: &Stop) -> Result<Picture, Fault> {
    let before = mask.map(|_| picture.clone());
    let preset = Preset::of(&request.config);
    let wishes = Wishes::of(request);
    improve(&mut picture, &preset, stop)?;
    wished(&mut picture, preset.outside, &wishes, stop)?;
    if let Some((before, mask)) = before.zip(mask) {
        let feather = grade::feather_of(&before);
        grade::within(&before, &mut picture, mask, feather, stop)?;
    }
    Ok(picture)
}

/// The improvements for every picture, with the strength of its preset.
fn improve(picture: &mut Picture, preset: &Preset, stop: &Stop) -> Result<(), Fault> {
    let sigma = noise::sigma(picture);
    noise::denoise(picture, sigma, smooth_strength(sigma), stop)?;
    balance::measure(&field::shrink(picture), &preset.limits).apply(picture, stop)?;
    let left = sigma * 0.4;
    preset.tone.apply(picture, left, stop)?;
    detail::sharpen(picture, preset.detail, left, stop)?;
    preset.look.apply(picture, &Layout::of(picture, preset.outside), stop)
}

/// Little noise is left in, much is taken out.
fn smooth_strength(sigma: f32) -> f32 {
    grade::colour::smooth(0.002, 0.012, sigma) * 0.85
}

/// Season, weather and light, in this order: the light falls on what the weather left.
pub(super) fn wished(picture: &mut Picture, outside: bool, wishes: &Wishes, stop: &Stop) -> Result<(), Fault> {
    let asked = wishes.season.is_some() || wishes.weather.is_some() || wishes.light.is_some();
    if !asked && wishes.landscaping.is_none() {
        return Ok(());
    }
    let layout = Layout::of(picture, outside);
    if let Some(season) = wishes.season {
        if outside {
            season::turned(picture, &layout, season, stop)?;
        } else {
            preset::indoors(season).apply(picture, &layout, stop)?;
        }
    }
    if let Some(wish) = wishes.landscaping.filter(|_| outside && wishes.season != Some(Season::Winter)) {
        season::grown(picture, &layout, wish, stop)?;
    }
    if let Some(weather) = wishes.weather {
        weather::changed(picture, &layout, weather, outside, stop)?;
    }
    if let Some(wish) = wishes.light {
        light::relit(picture, &layout, wish, outside, stop)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
