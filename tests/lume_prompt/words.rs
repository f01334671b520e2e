//! What sentences come to without a model.

use crate::fixture::fixture;
use lumencast::{
    app::lights::prompt::{LONGEST, Now, Prompt, PromptError, Spec, local::interpret},
    domain::{
        fault::Blame,
        lights::{Effect, Look, Nightlight, Palette, Rgb},
    },
};
use std::time::Duration;

/// Rainbow at speed 100 and brightness 100.
fn now() -> Now {
    let look = Look { effect: Some(Effect::Rainbow), speed: 100, ..Look::default() };
    Now { look, brightness: 100 }
}

fn spec(text: &str) -> Spec {
    interpret(text, &now()).unwrap_or_else(|error| panic!("{text:?}: {error}"))
}

fn colored(effect: Effect, primary: Rgb) -> Spec {
    Spec { effect: Some(effect), primary: Some(primary), ..Spec::default() }
}

const WARM_WHITE: Rgb = [255, 180, 107];

#[test]
fn the_documents_example_is_understood_as_it_prints() {
    let fireplace = Spec {
        speed: Some(180),
        intensity: Some(200),
        secondary: Some([255, 40, 0]),
        ..colored(Effect::Fire, [255, 80, 0])
    };
    assert_eq!(spec("cozy warm fireplace"), fireplace);
}

#[test]
fn colours_are_named_shaded_or_written_as_numbers() {
    let table: [(&str, Rgb); 16] = [
        ("red", [255, 0, 0]),
        ("Make it RED, please!", [255, 0, 0]),
        ("warm white", WARM_WHITE),
        ("warm-white light", WARM_WHITE),
        ("cool white", [212, 235, 255]),
        ("pastel blue", [128, 128, 255]),
        ("dark green", [0, 102, 0]),
        ("bright coral", [255, 41, 0]),
        ("light blue", [89, 89, 255]),
        ("dark pastel red", [102, 51, 51]),
        ("hot pink", [255, 20, 147]),
        ("#ff8000", [255, 128, 0]),
        ("#f80", [255, 136, 0]),
        ("dark #ff0000", [102, 0, 0]),
        ("rgb(255, 80, 0)", [255, 80, 0]),
        ("die Farbe ist pink", [255, 105, 180]),
    ];
    for (text, color) in table {
        assert_eq!(spec(text), colored(Effect::Solid, color), "{text}");
    }
}

#[test]
fn two_colours_are_a_gradient_unless_an_effect_is_named() {
    let both = |effect| Spec { secondary: Some([0, 0, 255]), ..colored(effect, [255, 0, 0]) };
    for text in ["red to blue", "from red into blue", "red/blue", "red and blue"] {
        assert_eq!(spec(text), both(Effect::Gradient), "{text}");
    }
    assert_eq!(spec("a red comet with a blue tail"), both(Effect::Comet));
    let three = spec("red, white and blue");
    assert_eq!(three.colors, [[255, 0, 0], [255, 255, 255], [0, 0, 255]]);
    assert_eq!((three.primary, three.secondary), (Some([255, 0, 0]), Some([255, 255, 255])));
}

#[test]
fn every_effect_is_known_by_its_id_and_its_name() {
    for effect in Effect::ALL {
        for text in [effect.id(), effect.name()] {
            assert_eq!(spec(text).effect, Some(effect), "{text}");
        }
    }
}

#[test]
fn effects_have_other_names_too() {
    let table = [
        ("twinkling stars", Effect::Twinkle),
        ("knight rider", Effect::Scanner),
        ("color waves", Effect::ColorWaves),
        ("Colour waves", Effect::ColorWaves),
        ("a heartbeat in red", Effect::Pulse),
        ("shooting star", Effect::Comet),
        ("steady", Effect::Solid),
        ("sparkling rain", Effect::Rain),
    ];
    for (text, effect) in table {
        assert_eq!(spec(text).effect, Some(effect), "{text}");
    }
}

#[test]
fn a_mood_sets_several_things_at_once() {
    let table = [
        ("party", Effect::Confetti, [255, 0, 128], Some(Palette::Party)),
        ("an ocean", Effect::Pacifica, [0, 90, 255], Some(Palette::Ocean)),
        ("deep in the forest", Effect::Noise, [0, 160, 40], Some(Palette::Forest)),
        ("romantic sunset", Effect::Gradient, [255, 94, 20], None),
        ("sunset, romantic", Effect::Gradient, [255, 94, 20], None),
        ("thunderstorm", Effect::Sparkle, [10, 10, 60], None),
        ("Christmas lights", Effect::Comet, [255, 0, 0], None),
        ("halloween", Effect::Comet, [255, 90, 0], None),
        ("police", Effect::Comet, [255, 0, 0], None),
        ("let me focus", Effect::Solid, [255, 244, 229], None),
        ("relax", Effect::Breathe, [60, 140, 200], None),
    ];
    for (text, effect, primary, palette) in table {
        let spec = spec(text);
        assert_eq!((spec.effect, spec.primary, spec.palette), (Some(effect), Some(primary), palette), "{text}");
    }
}

#[test]
fn what_is_said_plainly_counts_before_a_mood() {
    let fire = spec("slow green fireplace at 30%");
    assert_eq!((fire.effect, fire.speed, fire.brightness), (Some(Effect::Fire), Some(50), Some(77)));
    // Fire shows a palette, not a colour; the nearest one stands in.
    assert_eq!((fire.primary, fire.secondary, fire.palette), (Some([0, 255, 0]), None, Some(Palette::Forest)));
    let wave = spec("ocean wave");
    assert_eq!((wave.effect, wave.primary), (Some(Effect::Wave), Some([0, 90, 255])));
}

#[test]
fn speeds_are_words_numbers_or_more_than_now() {
    let table = [
        ("slow", 50),
        ("very slow", 15),
        ("calm", 40),
        ("faster", 160),
        ("slower", 60),
        ("frantic", 200),
        ("not too fast", 80),
        ("speed 120", 120),
        ("set the speed to 120", 120),
        ("speed: 999", 200),
        ("0 speed", 1),
        ("speed 50%", 100),
        ("slow, speed 70", 70),
    ];
    for (text, speed) in table {
        assert_eq!(spec(text), Spec { speed: Some(speed), ..Spec::default() }, "{text}");
    }
    assert_eq!(spec("faster fireplace").speed, Some(200), "faster than the mood, within the range");
}

#[test]
fn brightness_is_a_word_a_percentage_or_more_than_now() {
    let table = [
        ("at 30%", 77),
        ("30 percent", 77),
        ("100%", 255),
        ("900 %", 255),
        ("brightness 10", 10),
        ("dim the lights", 60),
        ("dim to 20%", 51),
        ("bright", 220),
        ("dark", 40),
        ("brighter", 160),
        ("darker", 60),
        ("half bright", 128),
    ];
    for (text, brightness) in table {
        assert_eq!(spec(text), Spec { brightness: Some(brightness), ..Spec::default() }, "{text}");
    }
    let dark = Now { brightness: 0, ..now() };
    assert_eq!(interpret("brighter", &dark).map(|spec| spec.brightness), Ok(Some(16)), "not nothing times more");
    assert_eq!(spec("dim red"), Spec { brightness: Some(60), ..colored(Effect::Solid, [255, 0, 0]) });
}

#[test]
fn a_palette_needs_an_effect_that_shows_it() {
    let expected = Spec { effect: Some(Effect::ColorWaves), palette: Some(Palette::Lava), ..Spec::default() };
    assert_eq!(spec("lava colors"), expected);
    assert_eq!(spec("confetti in ocean colours").palette, Some(Palette::Ocean));
    let noise = Now { look: Look { effect: Some(Effect::Noise), ..now().look }, ..now() };
    assert_eq!(interpret("lava palette", &noise).map(|spec| spec.effect), Ok(None), "this one shows it already");
}

#[test]
fn what_is_denied_is_no_wish() {
    let blue = colored(Effect::Solid, [0, 0, 255]);
    for text in ["not red but blue", "no red, blue", "blue instead of red", "Don't flash. Blue", "blue without rainbow"]
    {
        assert_eq!(spec(text), blue, "{text}");
    }
    assert_eq!(spec("not only blue"), blue);
    assert_eq!(spec("blue, not too bright"), Spec { brightness: Some(90), ..blue });
    for text in ["no strobe", "without red or green", "never at 30%", "not #ff0000"] {
        assert_eq!(interpret(text, &now()), Err(PromptError::NotUnderstood), "{text}");
    }
}

#[test]
fn nothing_understood_says_what_would_be() {
    for text in ["xyzzy", "42", "light", "the lights", "#12", "rgb(1,2)", "😀 ß Ünü", "%", "speed"] {
        let error = interpret(text, &now()).unwrap_err();
        assert_eq!((&error, error.blame()), (&PromptError::NotUnderstood, Blame::Caller), "{text}");
        let message = error.message();
        assert!(["colour", "effect", "mood", "speed", "brightness"].iter().all(|kind| message.contains(kind)));
    }
}

#[test]
fn off_and_on_are_the_power_and_what_is_spared_stays_on() {
    let power = |power| Spec { power: Some(power), ..Spec::default() };
    for text in ["turn it off", "off", "lights out", "blackout", "switch off the red lights", "turn it off, please"] {
        assert_eq!(spec(text), power(false), "{text}");
    }
    for text in ["switch on the lights", "turn it on", "lights on", "turn the lights on", "On"] {
        assert_eq!(spec(text), power(true), "{text}");
    }
    assert_eq!(spec("turn on, red"), Spec { power: Some(true), ..colored(Effect::Solid, [255, 0, 0]) });
    for text in ["all off except blue", "turn all off but blue", "everything off, except for blue"] {
        assert_eq!(spec(text), colored(Effect::Solid, [0, 0, 255]), "{text}");
    }
    assert_eq!(spec("everything off apart from a red candle").effect, Some(Effect::Candle));
    assert_eq!(spec("rainbow, except red"), Spec { effect: Some(Effect::Rainbow), ..Spec::default() });
}

#[test]
fn night_dims_a_scene_and_waking_is_a_slow_rise() {
    let (day, night) = (spec("ocean"), spec("ocean at night"));
    assert_eq!(night, Spec { brightness: Some(25), ..day });
    assert_eq!(spec("night").brightness, Some(25));
    assert_eq!(spec("a starry night").effect, Some(Effect::Twinkle));
    let wake = spec("wake me up gently");
    let rise = Nightlight { seconds: 900, target: 200 };
    assert_eq!(
        (wake.effect, wake.brightness, wake.power, wake.fade),
        (Some(Effect::Solid), Some(1), Some(true), Some(rise))
    );
    assert_eq!(spec("on air"), Spec { primary: Some([255, 0, 0]), ..colored(Effect::Solid, [255, 0, 0]) });
}

#[tokio::test]
async fn a_prompt_switches_the_power_and_begins_a_rise() {
    let fixture = fixture().await;
    let prompt = Prompt::new("http://127.0.0.1:9", Duration::from_secs(1)).unwrap();
    let controller = || fixture.lights.view().controller;
    prompt.ask(&fixture.lights, "at 40%").await.unwrap();
    prompt.ask(&fixture.lights, "turn it off").await.unwrap();
    assert_eq!((controller().power, controller().brightness), (false, 102));
    prompt.ask(&fixture.lights, "turn it on").await.unwrap();
    assert_eq!((controller().power, controller().brightness), (true, 102));
    prompt.ask(&fixture.lights, "turn it off").await.unwrap();
    let red = prompt.ask(&fixture.lights, "make it red").await.unwrap();
    assert_eq!((red.spec.power, controller().power, controller().brightness), (Some(true), true, 102), "it is seen");
    assert_eq!(prompt.ask(&fixture.lights, "blue").await.unwrap().spec.power, None);
    prompt.ask(&fixture.lights, "turn it off").await.unwrap();
    prompt.ask(&fixture.lights, "wake me up gently").await.unwrap();
    let rise = fixture.lights.view().nightlight.unwrap();
    assert_eq!((controller().power, rise.from, rise.order), (true, 1, Nightlight { seconds: 900, target: 200 }));
}

#[tokio::test]
async fn without_a_key_a_prompt_is_understood_here_and_done() {
    let fixture = fixture().await;
    // There is no server at this address: it must not be called.
    let prompt = Prompt::new("http://127.0.0.1:9", Duration::from_secs(1)).unwrap();
    let answer = prompt.ask(&fixture.lights, "  cozy warm fireplace at 40%  ").await.unwrap();
    assert_eq!(answer.message, "Lights updated successfully!");
    let view = fixture.lights.view();
    let look = view.segments[0].look;
    assert_eq!((look.effect, look.speed, look.intensity), (Some(Effect::Fire), 180, 200));
    assert_eq!((look.primary, look.secondary), ([255, 80, 0], [255, 40, 0]));
    assert_eq!((view.controller.brightness, view.controller.power), (102, true));
    prompt.ask(&fixture.lights, "slower").await.unwrap();
    assert_eq!(fixture.lights.view().segments[0].look.speed, 108, "slower than it was");
}

#[tokio::test]
async fn a_prompt_that_cannot_be_followed_changes_nothing() {
    let fixture = fixture().await;
    let prompt = Prompt::new("http://127.0.0.1:9", Duration::from_secs(1)).unwrap();
    let before = fixture.lights.view();
    let long = "red ".repeat(LONGEST / 4 + 1);
    let refused = [("", PromptError::Empty), (" \n", PromptError::Empty), (&long, PromptError::TooLong)];
    for (text, error) in refused {
        assert_eq!(prompt.ask(&fixture.lights, text).await, Err(error));
    }
    assert_eq!(prompt.ask(&fixture.lights, "xyzzy").await, Err(PromptError::NotUnderstood));
    assert_eq!(fixture.lights.view(), before);
    fixture.lights.delete_segment(0).unwrap();
    assert_eq!(prompt.ask(&fixture.lights, "red at 10%").await, Err(PromptError::NoSegment));
    assert_eq!(fixture.lights.view().controller, before.controller);
}
