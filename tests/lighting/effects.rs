//! Properties of every effect: it repeats, it works with any length and look, it depends on the settings it lists and
//! on no others.

use crate::film::film;
use lumencast::{
    domain::lights::{Effect, Look, MAX_LEDS, Palette, Rgb},
    lighting::effects::Animation,
};

/// Effects with random events.
const RANDOM: [Effect; 10] = [
    Effect::Fire,
    Effect::FireUp,
    Effect::Confetti,
    Effect::Noise,
    Effect::Pacifica,
    Effect::Sparkle,
    Effect::Twinkle,
    Effect::Candle,
    Effect::Meteor,
    Effect::Rain,
];

/// Effects that depend only on the number of the frame.
const STEADY: [Effect; 12] = [
    Effect::Solid,
    Effect::Rainbow,
    Effect::Gradient,
    Effect::ColorWaves,
    Effect::Pride,
    Effect::Theater,
    Effect::Pulse,
    Effect::Breathe,
    Effect::Strobe,
    Effect::Comet,
    Effect::Scanner,
    Effect::Wave,
];

/// No colour of it is white, which sparkles have of themselves.
fn look() -> Look {
    Look { primary: [0, 90, 255], ..crate::film::look() }
}

fn drawn(animation: &mut Animation, look: &Look, frame: u64, length: usize) -> Vec<Rgb> {
    let mut out = vec![[0xaa; 3]; length];
    animation.draw(look, frame, &mut out);
    out
}

#[test]
fn the_same_seed_draws_the_same_film_and_another_seed_another_one_where_chance_plays() {
    for effect in Effect::ALL {
        let films = [1, 1, 2].map(|seed| film(effect, &look(), 50, seed, 120));
        assert!(films[0] == films[1], "{effect:?} does not repeat");
        assert_eq!(films[0] != films[2], RANDOM.contains(&effect), "{effect:?} by its seed");
    }
}

#[test]
fn any_length_and_any_look_is_drawn_at_any_frame() {
    for effect in Effect::ALL {
        assert_eq!(Animation::new(effect, 1, 0).effect(), effect);
        for length in [1, 2, 3, 7, usize::from(MAX_LEDS)] {
            for (speed, intensity) in [(0, 0), (0, 255), (1, 3), (128, 128), (255, 0), (255, 255)] {
                let look = Look { speed, intensity, ..look() };
                let mut animation = Animation::new(effect, length, 9);
                for frame in [0, 1, 2, 3, 900, 901, 1 << 40, u64::MAX, 5] {
                    drawn(&mut animation, &look, frame, length);
                }
            }
        }
    }
}

#[test]
fn every_speed_and_intensity_is_borne_by_a_short_segment() {
    for effect in Effect::ALL {
        for value in 0..=255 {
            film(effect, &Look { speed: value, intensity: 255 - value, ..look() }, 5, 3, 40);
        }
    }
}

#[test]
fn what_was_in_the_leds_before_does_not_shine_through() {
    for effect in Effect::ALL {
        let (mut one, mut other) = (Animation::new(effect, 30, 1), Animation::new(effect, 30, 1));
        for frame in 0..50 {
            let (mut dark, mut bright) = ([[0; 3]; 30], [[255; 3]; 30]);
            one.draw(&look(), frame, &mut dark);
            other.draw(&look(), frame, &mut bright);
            assert_eq!(dark, bright, "{effect:?} frame {frame}");
        }
    }
}

/// Whether two looks make two films.
fn differs(effect: Effect, one: Look, other: Look) -> bool {
    film(effect, &one, 96, 5, 240) != film(effect, &other, 96, 5, 240)
}

#[test]
fn an_effect_heeds_the_parameters_that_it_lists_and_no_others() {
    let base = look();
    for effect in Effect::ALL {
        let uses = effect.uses();
        let speed = differs(effect, Look { speed: 64, ..base }, Look { speed: 192, ..base });
        // The document lists a speed for the gradient, which stands still.
        assert_eq!(speed, uses.speed && effect != Effect::Gradient, "{effect:?}: speed");
        let intensity = differs(effect, Look { intensity: 64, ..base }, Look { intensity: 192, ..base });
        // Comets have a tail by intensity, which the registry does not list.
        assert_eq!(intensity, uses.intensity || effect == Effect::Comet, "{effect:?}: intensity");
        let primary = differs(effect, Look { primary: [0, 255, 0], ..base }, Look { primary: [0, 0, 255], ..base });
        assert_eq!(primary, uses.primary, "{effect:?}: primary colour");
        let secondary = differs(effect, Look { secondary: [200, 0, 0], ..base }, base);
        assert_eq!(secondary, uses.secondary, "{effect:?}: secondary colour");
        for pair in Palette::ALL.windows(2).filter(|pair| effect != Effect::Fire || pair[0] != Palette::Rainbow) {
            let palette = differs(effect, Look { palette: pair[0], ..base }, Look { palette: pair[1], ..base });
            assert_eq!(palette, uses.palette, "{effect:?}: {pair:?}");
        }
    }
}

#[test]
fn the_same_frame_twice_is_the_same_picture_twice() {
    for effect in Effect::ALL {
        let mut animation = Animation::new(effect, 40, 3);
        for frame in [0, 1, 2, 30, 31] {
            let first = drawn(&mut animation, &look(), frame, 40);
            assert_eq!(drawn(&mut animation, &look(), frame, 40), first, "{effect:?} frame {frame}");
        }
    }
}

#[test]
fn segments_of_one_speed_go_in_step_whenever_they_were_begun_and_whatever_they_missed() {
    for effect in STEADY {
        let film = film(effect, &look(), 40, 1, 301);
        let mut late = Animation::new(effect, 40, 1);
        for frame in [200, 201, 205, 300] {
            assert_eq!(drawn(&mut late, &look(), frame, 40), film[frame as usize], "{effect:?} frame {frame}");
        }
    }
}

#[test]
fn a_new_speed_goes_on_from_where_the_effect_is() {
    // Where a LED of the rainbow stands on the hue circle, by looking it up.
    let place = |colour: Rgb| {
        let at = |place: &u8| lumencast::lighting::palette::colour(Palette::Rainbow, *place) == colour;
        (0..=255u8).find(at).expect("a colour of the circle")
    };
    let mut animation = Animation::new(Effect::Rainbow, 40, 1);
    let slow = Look { speed: 64, ..look() };
    let before = (0..1000).map(|frame| drawn(&mut animation, &slow, frame, 40)[0]).last().expect("frames");
    let after = drawn(&mut animation, &Look { speed: 192, ..slow }, 1000, 40)[0];
    assert_eq!(place(after).wrapping_sub(place(before)), 3);
}

#[test]
fn a_new_colour_is_there_with_the_next_frame_and_nothing_begins_anew() {
    for effect in [Effect::Twinkle, Effect::Meteor, Effect::Rain, Effect::Scanner, Effect::Wave, Effect::Comet] {
        let (blue, red) = (Look { primary: [0, 0, 255], ..look() }, Look { primary: [255, 0, 0], ..look() });
        let (blue, red) = (Look { secondary: [0, 0, 255], ..blue }, Look { secondary: [255, 0, 0], ..red });
        let mut animation = Animation::new(effect, 60, 8);
        (0..150).for_each(|frame| drop(drawn(&mut animation, &blue, frame, 60)));
        let turned = drawn(&mut animation, &red, 150, 60);
        let unturned: Vec<Rgb> = film(effect, &blue, 60, 8, 151).remove(150);
        let recoloured: Vec<Rgb> = unturned.into_iter().map(|[_, _, light]| [light, 0, 0]).collect();
        assert!(turned == recoloured && turned.iter().any(|led| led[0] > 100), "{effect:?}: {turned:?}");
    }
}
