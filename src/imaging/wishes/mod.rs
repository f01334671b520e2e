//! The wishes of a request, from its options, its prompt and its preset: the documented vocabulary.
//!
//! ```text
//! options ─┐
//! prompt ──┼─► Text ─► terms of the tables, without what is denied ─► Wishes
//! preset ──┘            (options win over the prompt, the prompt over the preset)
//! ```
//!
//! Refuses to know: pixels, and how an engine fulfils a wish.

mod paint;
pub mod table;
mod text;

use crate::domain::imaging::Request;
use table::Table;
use text::Text;

/// What light there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Light {
    Warm,
    Cool,
    Bright,
    Soft,
    Dramatic,
    GoldenHour,
    Sunset,
    Night,
    Daylight,
}

/// Sky and air.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Weather {
    Sunny,
    Cloudy,
    Overcast,
    Rain,
    Fog,
    Snow,
}

/// Time of the year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Season {
    Spring,
    Summer,
    Autumn,
    Winter,
}

/// Style of things and colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Style {
    Modern,
    Traditional,
    Minimalist,
    Scandinavian,
    Industrial,
    MidCentury,
    Bohemian,
    Rustic,
    Coastal,
    Luxury,
}

/// How many people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Crowd {
    Empty,
    Few,
    Busy,
}

/// The point of view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Camera {
    Top,
    Isometric,
    Perspective,
    Low,
    Eye,
    Wide,
    Close,
}

/// The vegetation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Landscaping {
    Lush,
    Dry,
}

/// A surface that can be painted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Surface {
    Floor,
    Wall,
    Ceiling,
    Furniture,
}

/// The texture of a paint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Texture {
    Plain,
    Wood,
    Tiles,
    Stone,
    Carpet,
    Concrete,
}

/// A colour or a material for a surface.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Paint {
    /// Its word in the vocabulary; that of the material when there are a colour and a material.
    pub name: &'static str,
    /// sRGB-encoded, 0 to 1.
    pub rgb: [f32; 3],
    /// The texture.
    pub texture: Texture,
}

/// The wishes for an engine that follows the vocabulary.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Wishes {
    /// What light there is.
    pub light: Option<Light>,
    /// Sky and air.
    pub weather: Option<Weather>,
    /// Time of the year.
    pub season: Option<Season>,
    /// Style of things and colours; that of the preset unless the request names one.
    pub style: Option<Style>,
    /// Whether [`Wishes::style`] was requested in words, not only by the preset.
    pub style_asked: bool,
    /// How many people.
    pub crowd: Option<Crowd>,
    /// The point of view.
    pub camera: Option<Camera>,
    /// The vegetation.
    pub landscaping: Option<Landscaping>,
    /// At most one a surface.
    pub paints: Vec<(Surface, Paint)>,
}

/// The lower-case words of a text in order, without punctuation; hyphens separate words.
pub fn words(text: &str) -> Vec<String> {
    Text::of(text).0.into_iter().filter(|token| token != ",").collect()
}

/// The terms of the option in the table, else those of the prompt.
fn choose<T: Copy>(option: Option<&str>, prompt: &Text, table: Table<T>) -> Vec<T> {
    let option = Text::of(option.unwrap_or_default());
    let of_option = said(&option, table);
    if of_option.is_empty() { said(prompt, table) } else { of_option }
}

/// The meanings of the terms in the text that are not denied, in order.
fn said<T: Copy>(text: &Text, table: Table<T>) -> Vec<T> {
    let found = text.terms(table).into_iter().filter(|found| !text.denied(*found, table));
    found.map(|found| table[found.row].1).collect()
}

/// Lights of a prompt, without adjectives of things: "warm" in "warm white walls" is none.
fn lights(prompt: &Text) -> Vec<Light> {
    let table = table::LIGHTS;
    let of_a_thing = |found: &text::Found| {
        table::ADJECTIVES.contains(&table[found.row].0)
            && (found.end..found.end + 2).any(|index| {
                prompt.term_at(index, table::COLOURS).is_some()
                    || prompt.term_at(index, table::MATERIALS).is_some()
                    || prompt.term_at(index, table::SURFACES).is_some()
            })
    };
    let found = prompt.terms(table).into_iter();
    let found = found.filter(|found| !prompt.denied(*found, table) && !of_a_thing(found));
    found.map(|found| table[found.row].1).collect()
}

impl Wishes {
    /// The wishes of a request. Unknown words are ignored.
    pub fn of(request: &Request) -> Self {
        let options = &request.options;
        let prompt = Text::of(&request.prompt);
        let lighting = said(&Text::of(options.lighting.as_deref().unwrap_or_default()), table::LIGHTS);
        let styles = choose(options.style.as_deref(), &prompt, table::STYLES);
        // "Modern" goes with every other style and is less specific.
        let style = styles.iter().find(|style| **style != Style::Modern).or(styles.first()).copied();
        let denies = |style: Style| {
            let found = prompt.terms(table::STYLES).into_iter().filter(|found| table::STYLES[found.row].1 == style);
            found.into_iter().any(|found| prompt.denied(found, table::STYLES))
        };
        let mut paints = paint::bound(&prompt);
        if let Some(floor) = options.flooring.as_deref().and_then(|flooring| paint::any(&Text::of(flooring))) {
            paints.retain(|(surface, _)| *surface != Surface::Floor);
            paints.push((Surface::Floor, floor));
        }
        let first = |season: Vec<Season>| season.into_iter().next();
        Self {
            light: lighting.into_iter().chain(lights(&prompt)).next(),
            weather: choose(options.weather.as_deref(), &prompt, table::WEATHERS).into_iter().next(),
            season: first(choose(options.season.as_deref(), &prompt, table::SEASONS)).or_else(|| {
                let month = first(choose(options.season.as_deref(), &prompt, table::MONTHS))?;
                let latitude = request.location.as_ref().and_then(|location| location.latitude).unwrap_or(0.0);
                Some(if latitude < 0.0 { opposite(month) } else { month })
            }),
            style_asked: style.is_some(),
            style: style.or_else(|| of_preset(&request.config).filter(|style| !denies(*style))),
            crowd: choose(options.crowd.as_deref(), &prompt, table::CROWDS).into_iter().next(),
            camera: choose(options.camera.as_deref(), &prompt, table::CAMERAS).into_iter().next(),
            landscaping: choose(options.landscaping.as_deref(), &prompt, table::LANDSCAPINGS).into_iter().next(),
            paints,
        }
    }

    /// The paint of a surface.
    pub fn paint(&self, surface: Surface) -> Option<&Paint> {
        self.paints.iter().find(|(other, _)| *other == surface).map(|(_, paint)| paint)
    }
}

/// The style that a preset names.
fn of_preset(config: &str) -> Option<Style> {
    match config.rsplit('-').next() {
        Some("modern") => Some(Style::Modern),
        Some("traditional") => Some(Style::Traditional),
        Some("minimalist") => Some(Style::Minimalist),
        _ => None,
    }
}

/// The season on the other half of the earth.
fn opposite(season: Season) -> Season {
    match season {
        Season::Spring => Season::Autumn,
        Season::Summer => Season::Winter,
        Season::Autumn => Season::Spring,
        Season::Winter => Season::Summer,
    }
}

#[cfg(test)]
mod tests;
