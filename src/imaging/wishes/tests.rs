use super::*;
use crate::domain::imaging::{Location, Options, Resolution, Service};

/// A request for an enhanced picture.
fn request(config: &str, prompt: &str) -> Request {
    Request {
        service: Service::RenderEnhancement,
        config: config.to_owned(),
        resolution: Resolution::TwoK,
        prompt: prompt.to_owned(),
        options: Options::default(),
        location: None,
    }
}

#[test]
fn the_prompt_of_the_document_is_understood() {
    let mut request = request("living-room", "Modern Scandinavian style with warm lighting");
    let wishes = Wishes::of(&request);
    assert_eq!((wishes.light, wishes.style), (Some(Light::Warm), Some(Style::Scandinavian)));
    request.options.style = Some("modern".to_owned());
    assert_eq!(Wishes::of(&request).style, Some(Style::Modern), "options win");
}

#[test]
fn options_win_over_the_prompt_and_the_prompt_over_the_preset() {
    let mut request = request("interior-traditional", "industrial, at night, in the rain");
    let wishes = Wishes::of(&request);
    assert_eq!(wishes.style, Some(Style::Industrial));
    assert_eq!((wishes.light, wishes.weather), (Some(Light::Night), Some(Weather::Rain)));
    request.options.lighting = Some("golden-hour".to_owned());
    request.options.weather = Some("Foggy".to_owned());
    request.options.season = Some("AUTUMN".to_owned());
    let wishes = Wishes::of(&request);
    assert_eq!((wishes.light, wishes.weather), (Some(Light::GoldenHour), Some(Weather::Fog)));
    assert_eq!(wishes.season, Some(Season::Autumn));
    request.prompt.clear();
    request.options.lighting = Some("gibberish".to_owned());
    let wishes = Wishes::of(&request);
    assert_eq!((wishes.light, wishes.style, wishes.style_asked), (None, Some(Style::Traditional), false));
}

#[test]
fn denied_wishes_are_none() {
    let wishes = Wishes::of(&request("interior-traditional", "no snow, without warm light, not traditional"));
    assert_eq!((wishes.weather, wishes.light, wishes.style), (None, None, None));
}

#[test]
fn adjectives_of_things_say_nothing_about_the_light() {
    assert_eq!(Wishes::of(&request("aerial", "warm white walls and a soft carpet")).light, None);
    assert_eq!(Wishes::of(&request("aerial", "white walls, warm light")).light, Some(Light::Warm));
}

#[test]
fn a_month_is_another_season_south_of_the_equator() {
    let mut request = request("landscape", "the garden in January");
    assert_eq!(Wishes::of(&request).season, Some(Season::Winter));
    request.location = Some(Location { latitude: Some(-33.9), ..Location::default() });
    assert_eq!(Wishes::of(&request).season, Some(Season::Summer));
    request.prompt.push_str(", autumn");
    assert_eq!(Wishes::of(&request).season, Some(Season::Autumn), "a season said is a season meant");
}

#[test]
fn the_flooring_option_wins_over_the_floor_of_the_prompt() {
    let mut request = request("interior-modern", "navy walls and oak floor");
    assert_eq!(Wishes::of(&request).paint(Surface::Floor).map(|paint| paint.texture), Some(Texture::Wood));
    request.options.flooring = Some("marble".to_owned());
    let wishes = Wishes::of(&request);
    assert_eq!(wishes.paint(Surface::Floor).map(|paint| paint.name), Some("marble"));
    assert_eq!(wishes.paint(Surface::Wall).map(|paint| paint.name), Some("navy"));
    assert_eq!(wishes.paint(Surface::Ceiling), None);
}

#[test]
fn each_word_of_the_vocabulary_means_what_its_table_says() {
    for (word, light) in table::LIGHTS {
        let mut request = request("aerial", "");
        request.options.lighting = Some((*word).to_owned());
        assert_eq!(Wishes::of(&request).light, Some(*light), "{word}");
    }
    for (word, camera) in table::CAMERAS {
        assert_eq!(Wishes::of(&request("residential", word)).camera, Some(*camera), "{word}");
    }
    for (word, _) in table::COLOURS {
        let wishes = Wishes::of(&request("interior-modern", &format!("walls in {word}")));
        assert_eq!(wishes.paint(Surface::Wall).map(|paint| paint.name), Some(*word));
    }
}

#[test]
fn words_are_lower_case_and_without_signs() {
    assert_eq!(words("Two-seat SOFA, please!"), ["two", "seat", "sofa", "please"]);
    assert!(words("").is_empty());
}

#[test]
fn the_guide_has_each_word_of_the_vocabulary() {
    let guide = include_str!("../../../docs/guides/image-jobs.md");
    let words = table::vocabulary().into_iter();
    let missing: Vec<_> = words.filter(|word| !guide.contains(&format!("`{word}`"))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
