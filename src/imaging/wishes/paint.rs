//! Colours and materials bound to surfaces: "oak floor", "walls in sage green", "grey tiles on the floor".
//!
//! ```text
//! text ─► surfaces ─► the paint before each, else behind it ─► (surface, paint)
//! ```
//!
//! Refuses to know: pixels.

use super::{
    Paint, Surface, Texture,
    table::{COLOURS, FLOORS_BY_NATURE, MATERIALS, SHADES, SURFACES},
    text::Text,
};

/// Words that may stand between a paint and its surface before it.
const BEFORE: &[&str] = &[
    "on",
    "for",
    "the",
    "my",
    "our",
    "all",
    "painted",
    "coloured",
    "colored",
    "plank",
    "planks",
    "polished",
    "matte",
    "wide",
    "large",
    "small",
    "smooth",
    "accent",
    "feature",
    "interior",
    "exterior",
    "living",
    "room",
    "herringbone",
    "warm",
    "cool",
    "soft",
    "bright",
];

/// Words that may stand between a surface and the paint behind it.
const BEHIND: &[&str] = &[
    "in", "of", "with", "to", "into", "as", "is", "are", "be", "should", "made", "from", "out", "a", "an", "the",
    "painted", "finished", "covered", "coloured", "colored", "paint", "colour", "color", "warm", "cool", "soft",
    "bright", "tone", "tones", "and", "ceiling", "ceilings", "wall", "walls", "floor", "floors",
];

/// A paint under construction.
#[derive(Debug, Clone, Copy, Default)]
struct Mix {
    colour: Option<(&'static str, [u8; 3])>,
    material: Option<(&'static str, [u8; 3], Texture)>,
    shade: f32,
}

impl Mix {
    /// Takes up what stands at `index`; the index behind it when it is of a paint.
    fn take(&mut self, text: &Text, index: usize) -> Option<usize> {
        let material = text.term_at(index, MATERIALS);
        let colour = text.term_at(index, COLOURS).filter(|found| material.is_none_or(|other| found.end > other.end));
        if let Some(found) = colour {
            let (name, rgb) = COLOURS[found.row];
            self.colour = Some((name, rgb));
            return Some(found.end);
        }
        if let Some(found) = material {
            let (name, (rgb, texture)) = MATERIALS[found.row];
            // The more telling of "oak wood", "oak parquet" is the first, of "carpet tiles" too.
            self.material = self.material.or(Some((name, rgb, texture)));
            return Some(found.end);
        }
        let found = text.term_at(index, SHADES)?;
        self.shade = SHADES[found.row].1;
        Some(found.end)
    }

    /// What it comes to; `None` without colour and material.
    fn paint(self) -> Option<Paint> {
        let unit = |rgb: [u8; 3]| rgb.map(|value| f32::from(value) / 255.0);
        let (name, rgb, texture) = match (self.colour, self.material) {
            // A stain lets the wood through; everything else is dyed in full.
            (Some((_, colour)), Some((name, wood, Texture::Wood))) => {
                let (colour, wood) = (unit(colour), unit(wood));
                (name, std::array::from_fn(|index| colour[index] * 0.6 + wood[index] * 0.4), Texture::Wood)
            }
            (Some((_, colour)), Some((name, _, texture))) => (name, unit(colour), texture),
            (Some((name, colour)), None) => (name, unit(colour), Texture::Plain),
            (None, Some((name, rgb, texture))) => (name, unit(rgb), texture),
            (None, None) => return None,
        };
        let target = if self.shade > 0.0 { 1.0 } else { 0.0 };
        let rgb = rgb.map(|value: f32| value + (target - value) * self.shade.abs());
        Some(Paint { name, rgb, texture })
    }
}

/// The paint that ends right before token `end`.
fn before(text: &Text, end: usize) -> Option<(usize, Mix)> {
    let is_paint = |index| Mix::default().take(text, index).is_some();
    let mut last = end;
    while last > 0 && end - last < 5 && BEFORE.contains(&text.token(last - 1)) && !is_paint(last - 1) {
        last -= 1;
    }
    let mut first = last;
    while first > 0 && last - first < 4 {
        // A phrase of two words ("off white") need not begin with a word of its own.
        let alone = Mix::default().take(text, first - 1).is_some_and(|behind| behind <= last);
        let phrase = first > 1 && Mix::default().take(text, first - 2) == Some(first);
        match (alone, phrase) {
            (_, true) => first -= 2,
            (true, _) => first -= 1,
            _ => break,
        }
    }
    let mut mix = Mix::default();
    let mut index = first;
    while index < last {
        index = mix.take(text, index)?;
    }
    mix.paint().map(|_| (first, mix))
}

/// The paint that begins behind token `start`, unless it belongs to a surface behind it.
fn behind(text: &Text, start: usize) -> Option<(usize, Mix)> {
    let mut first = start;
    let mut mix = Mix::default();
    while first - start < 6 && BEHIND.contains(&text.token(first)) && Mix::default().take(text, first).is_none() {
        first += 1;
    }
    let mut index = first;
    while let Some(next) = mix.take(text, index) {
        index = next;
    }
    let taken = text.term_at(index, SURFACES).is_some();
    (!taken && mix.paint().is_some()).then_some((first, mix))
}

/// All paints that are bound to a surface and not denied; at most one a surface, the first.
pub fn bound(text: &Text) -> Vec<(Surface, Paint)> {
    let mut paints: Vec<(Surface, Paint)> = Vec::new();
    let mut add = |surface: Surface, paint: Option<Paint>| {
        if let Some(paint) = paint
            && paints.iter().all(|(other, _)| *other != surface)
        {
            paints.push((surface, paint));
        }
    };
    let mut shared: Option<(usize, Mix)> = None;
    for found in text.terms(SURFACES) {
        let surface = SURFACES[found.row].1;
        // "white walls and ceiling": the second one has no paint of its own.
        let joined = (found.start.saturating_sub(2)..found.start).any(|index| text.token(index) == "and");
        let mix = before(text, found.start)
            .or_else(|| behind(text, found.end))
            .or_else(|| shared.filter(|(end, _)| joined && found.start - end <= 2).map(|(_, mix)| (found.start, mix)));
        if let Some((place, mix)) = mix {
            shared = Some((found.end, mix));
            let place = super::text::Found { start: place.min(found.start), ..found };
            if !text.denied(place, SURFACES) {
                add(surface, mix.paint());
            }
        }
    }
    for found in text.terms(MATERIALS) {
        let (name, _) = MATERIALS[found.row];
        if FLOORS_BY_NATURE.contains(&name) && !text.denied(found, MATERIALS) {
            add(Surface::Floor, before(text, found.end).and_then(|(_, mix)| mix.paint()));
        }
    }
    paints
}

/// The first paint of a text about one surface only, such as the option `flooring`.
pub fn any(text: &Text) -> Option<Paint> {
    let mut mix = Mix::default();
    let mut index = 0;
    while index < text.0.len() {
        index = mix.take(text, index).unwrap_or(index + 1);
    }
    mix.paint()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paints(text: &str) -> Vec<(Surface, &'static str, Texture)> {
        bound(&Text::of(text)).into_iter().map(|(surface, paint)| (surface, paint.name, paint.texture)).collect()
    }

    #[test]
    fn a_colour_goes_to_the_surface_it_stands_at() {
        assert_eq!(paints("blue walls"), [(Surface::Wall, "blue", Texture::Plain)]);
        assert_eq!(paints("Walls in sage green"), [(Surface::Wall, "sage green", Texture::Plain)]);
        assert_eq!(paints("grey tiles on the floor"), [(Surface::Floor, "tile", Texture::Tiles)]);
        assert_eq!(paints("paint the walls navy"), [(Surface::Wall, "navy", Texture::Plain)]);
        assert_eq!(
            paints("off-white walls and a light oak floor"),
            [(Surface::Wall, "off white", Texture::Plain), (Surface::Floor, "oak", Texture::Wood)]
        );
        assert_eq!(
            paints("white walls and ceiling"),
            [(Surface::Wall, "white", Texture::Plain), (Surface::Ceiling, "white", Texture::Plain)]
        );
        assert_eq!(
            paints("walls and ceiling in cream"),
            [(Surface::Wall, "cream", Texture::Plain), (Surface::Ceiling, "cream", Texture::Plain)]
        );
        assert_eq!(paints("herringbone parquet everywhere"), [(Surface::Floor, "parquet", Texture::Wood)]);
    }

    #[test]
    fn what_is_denied_or_stands_alone_paints_nothing() {
        assert_eq!(paints("no blue walls"), []);
        assert_eq!(paints("a blue vase, some oak"), []);
        assert_eq!(paints("please no carpet"), []);
    }

    #[test]
    fn shades_and_stains_change_the_colour() {
        let rgb = |text: &str| any(&Text::of(text)).map(|paint| paint.rgb).unwrap_or_default();
        assert!(rgb("light oak")[0] > rgb("oak")[0] && rgb("dark oak")[0] < rgb("oak")[0]);
        assert!(rgb("grey oak")[0] < rgb("oak")[0] && rgb("grey oak")[0] > rgb("grey oak")[2], "still wood");
        assert_eq!(rgb("grey tiles"), rgb("grey"));
        assert_eq!(any(&Text::of("lovely")), None);
    }
}
