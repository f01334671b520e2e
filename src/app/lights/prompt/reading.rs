//! Reads a model's answer: the first JSON object in a text, each field checked.
//!
//! A number beyond its range is brought into it. A field of the wrong type makes the whole answer unusable: half a look
//! is not the requested one. Unknown fields are ignored. Refuses to know: HTTP.

use super::{
    PromptError,
    spec::{FASTEST, MOST_COLORS, Spec},
};
use crate::domain::lights::{Effect, Palette, Rgb};
use serde_json::{Deserializer, Map, Value};

/// The settings that a text holds, with whatever stands around them (words, a code fence).
///
/// # Errors
/// [`PromptError::Unusable`] without an object, with a field that cannot be, or when nothing would change.
pub fn spec_of(text: &str) -> Result<Spec, PromptError> {
    let object = first_object(text).ok_or_else(|| unusable("it holds no JSON object"))?;
    let fields = Fields(&object);
    let colors = fields.read("colors", colors)?.unwrap_or_default();
    let spec = Spec {
        effect: fields.read("effect", effect)?,
        speed: fields.read("speed", |value| whole(value, 1, FASTEST))?,
        intensity: fields.read("intensity", |value| whole(value, 0, 255))?,
        primary: fields.read("primaryColor", color)?.or(colors.first().copied()),
        secondary: fields.read("secondaryColor", color)?.or(colors.get(1).copied()),
        palette: fields.read("palette", palette)?,
        colors,
        brightness: fields.read("brightness", |value| whole(value, 0, 255))?,
        power: fields.read("power", Value::as_bool)?,
        fade: None,
    };
    if spec.is_empty() {
        return Err(unusable("it changes nothing"));
    }
    Ok(spec)
}

struct Fields<'a>(&'a Map<String, Value>);

impl Fields<'_> {
    /// A field; absent and `null` are the same.
    fn read<T>(&self, name: &str, read: impl FnOnce(&Value) -> Option<T>) -> Result<Option<T>, PromptError> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => read(value).map(Some).ok_or_else(|| unusable(&format!("its `{name}` is none"))),
        }
    }
}

fn first_object(text: &str) -> Option<Map<String, Value>> {
    text.match_indices('{').find_map(|(at, _)| {
        let mut found = Deserializer::from_str(&text[at..]).into_iter::<Map<String, Value>>();
        found.next().and_then(Result::ok)
    })
}

/// By id or name, in whatever case.
fn effect(value: &Value) -> Option<Effect> {
    let said = value.as_str()?;
    Effect::ALL.into_iter().find(|e| said.eq_ignore_ascii_case(e.id()) || said.eq_ignore_ascii_case(e.name()))
}

/// By number or name.
fn palette(value: &Value) -> Option<Palette> {
    if let Some(said) = value.as_str() {
        return Palette::ALL.into_iter().find(|palette| said.eq_ignore_ascii_case(palette.name()));
    }
    Palette::from_number(u8::try_from(value.as_u64()?).ok()?)
}

fn whole(value: &Value, least: u8, most: u8) -> Option<u8> {
    // Rounded and within 0 to 255 after the clamp, so nothing is lost.
    value.as_f64().map(|number| number.round().clamp(f64::from(least), f64::from(most)) as u8)
}

fn color(value: &Value) -> Option<Rgb> {
    if let Some(said) = value.as_str() {
        return super::sentence::hex(said.strip_prefix('#')?);
    }
    let [red, green, blue] = value.as_array()?.as_slice() else { return None };
    Some([whole(red, 0, 255)?, whole(green, 0, 255)?, whole(blue, 0, 255)?])
}

fn colors(value: &Value) -> Option<Vec<Rgb>> {
    value.as_array()?.iter().take(MOST_COLORS).map(color).collect()
}

fn unusable(why: &str) -> PromptError {
    PromptError::Unusable(why.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_object_counts_whatever_stands_around_it() {
        let fenced = "Sure {here}:\n```json\n{\"effect\": \"Fire Up\", \"speed\": 999}\n```\n{\"effect\": \"rain\"}";
        let spec = spec_of(fenced).unwrap();
        assert_eq!((spec.effect, spec.speed), (Some(Effect::FireUp), Some(FASTEST)));
    }

    #[test]
    fn a_field_that_is_not_of_its_kind_makes_the_answer_useless() {
        let bad = ["\"effect\":\"lasers\"", "\"speed\":\"fast\"", "\"primaryColor\":[1,2]", "\"palette\":7"];
        for field in bad {
            let text = format!("{{{field},\"brightness\":10}}");
            assert!(matches!(spec_of(&text), Err(PromptError::Unusable(_))), "{text}");
        }
        assert!(spec_of("no object at all").is_err());
        assert!(spec_of("{\"title\":\"x\",\"effect\":null}").is_err(), "nothing would change");
    }

    #[test]
    fn numbers_are_brought_into_their_ranges() {
        let spec = spec_of(
            r##"{"speed":0,"intensity":-4,"brightness":1e9,"primaryColor":[300,0.6,-1],"colors":["#0f0",[1,2,3],[4,5,6]]}"##,
        );
        let spec = spec.unwrap();
        assert_eq!((spec.speed, spec.intensity, spec.brightness), (Some(1), Some(0), Some(255)));
        assert_eq!((spec.primary, spec.secondary), (Some([255, 1, 0]), Some([1, 2, 3])));
        assert_eq!(spec.colors.len(), 3);
    }
}
