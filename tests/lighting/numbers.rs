//! Numbers of the document's table, for effects that fill the segment: circles, blends, beats, flashes.

use crate::film::{film, lit, look};
use lumencast::{
    domain::lights::{Effect, Look, Palette, Rgb},
    lighting::palette::colour,
};

fn at_speed(speed: u8) -> Look {
    Look { speed, ..look() }
}

/// Brightness of a film that is one colour all over, by frames.
fn brightness(effect: Effect, speed: u8, frames: usize) -> Vec<u8> {
    let film = film(effect, &at_speed(speed), 3, 1, frames);
    assert!(
        film.iter().all(|frame| frame.iter().all(|led| *led == [frame[0][0]; 3])),
        "{effect:?} is not of one colour"
    );
    film.into_iter().map(|frame| frame[0][0]).collect()
}

#[test]
fn solid_is_the_primary_colour_everywhere() {
    let look = Look { primary: [1, 2, 3], ..look() };
    assert_eq!(film(Effect::Solid, &look, 9, 1, 2), vec![vec![[1, 2, 3]; 9]; 2]);
}

#[test]
fn gradient_goes_straight_from_primary_to_secondary_and_stands() {
    for length in [2, 3, 96, 10880] {
        let look = Look { primary: [255, 0, 10], secondary: [0, 128, 10], ..look() };
        let film = film(Effect::Gradient, &look, length, 1, 3);
        let frame = &film[0];
        assert_eq!((frame[0], frame[length - 1]), (look.primary, look.secondary), "{length}");
        assert!(frame.windows(2).all(|pair| pair[0][0] >= pair[1][0] && pair[0][1] <= pair[1][1]), "{length}");
        assert!(frame.iter().all(|led| led[2] == 10) && film[0] == film[2], "{length}");
        let middle = frame[length / 2][0];
        assert!(length < 90 || (125..=130).contains(&middle), "{length}: {middle}");
    }
    assert_eq!(film(Effect::Gradient, &look(), 1, 1, 1)[0], [look().primary]);
}

#[test]
fn rainbow_spans_one_circle_and_scrolls_by_a_64th_of_its_speed() {
    for (speed, steps) in [(64, [0, 1, 2, 3]), (128, [0, 2, 4, 6]), (32, [0, 0, 1, 1]), (255, [0, 3, 7, 11])] {
        let film = film(Effect::Rainbow, &at_speed(speed), 256, 1, 4);
        for (frame, step) in film.iter().zip(steps) {
            for (place, led) in frame.iter().enumerate() {
                assert_eq!(*led, colour(Palette::Rainbow, (place + step) as u8), "speed {speed}, LED {place}");
            }
        }
    }
    // On another length the last LED is one step before the first colour comes again.
    let frame = film(Effect::Rainbow, &look(), 64, 1, 1).remove(0);
    assert_eq!(
        (frame[0], frame[16], frame[63]),
        ([255, 0, 0], colour(Palette::Rainbow, 64), colour(Palette::Rainbow, 252))
    );
}

#[test]
fn pride_has_the_six_stripes_in_their_order_and_returns_after_its_round() {
    let film = film(Effect::Pride, &at_speed(64), 96, 1, 257);
    let of_stripe = |stripe: usize| film[0][stripe * 16 + 2];
    let is = |[red, green, blue]: Rgb| (red > 110, green > 110, blue > 110);
    assert_eq!(is(of_stripe(0)), (true, false, false));
    assert_eq!(is(of_stripe(1)), (true, true, false));
    assert_eq!(is(of_stripe(2)), (true, true, false));
    assert!(of_stripe(1)[1] < 140 && of_stripe(2)[1] > 200, "orange and yellow");
    assert_eq!(is(of_stripe(3)), (false, true, false));
    assert_eq!(is(of_stripe(4)), (false, false, true));
    assert_eq!(is(of_stripe(5)), (true, false, true));
    assert!(film[0] == film[256] && film[0] != film[128]);
}

#[test]
fn colorwaves_takes_its_colours_from_the_palette_and_sways() {
    let look = Look { palette: Palette::Ocean, ..look() };
    let film = film(Effect::ColorWaves, &look, 96, 1, 128);
    let known = |led: &Rgb| (0..=255).any(|place| colour(Palette::Ocean, place) == *led);
    assert!(film.iter().flatten().all(known));
    // Once round the palette, neighbours are 2.7 places apart; the wobble squeezes and stretches that.
    let rainbow = crate::film::film(Effect::ColorWaves, &crate::film::look(), 256, 1, 1).remove(0);
    let place = |led: &Rgb| (0..=255u8).find(|place| colour(Palette::Rainbow, *place) == *led).unwrap();
    let steps: Vec<u8> = rainbow.windows(2).map(|pair| place(&pair[1]).wrapping_sub(place(&pair[0]))).collect();
    assert!(steps.contains(&0) && steps.contains(&2), "{steps:?}");
}

#[test]
fn noise_and_pacifica_are_smooth_from_led_to_led_and_from_frame_to_frame() {
    // At most, and on average; the palette's steepest way from dark to bright has 5 steps a place.
    for (effect, most, mean) in [(Effect::Noise, 170, 24), (Effect::Pacifica, 40, 8)] {
        let film = film(effect, &Look { palette: Palette::Cloud, ..look() }, 200, 1, 600);
        let leap = |one: &Rgb, other: &Rgb| one.iter().zip(other).map(|(a, b)| a.abs_diff(*b)).max().unwrap();
        let along = film.iter().flat_map(|frame| frame.windows(2)).map(|pair| leap(&pair[0], &pair[1]));
        let in_time = film.windows(2).flat_map(|pair| pair[0].iter().zip(&pair[1])).map(|(a, b)| leap(a, b));
        for leaps in [along.collect::<Vec<u8>>(), in_time.collect()] {
            let sum: usize = leaps.iter().map(|leap| usize::from(*leap)).sum();
            let (worst, average) = (leaps.iter().max().unwrap(), sum / leaps.len());
            assert!(*worst < most && average < mean, "{effect:?}: {worst} at most, {average} on average");
        }
        assert!(film[0] != film[599] && film[0].iter().any(|led| leap(led, &film[0][0]) > 40), "{effect:?} is flat");
    }
}

#[test]
fn pacifica_is_blue_and_green_and_dimmed_to_70_percent() {
    let film = film(Effect::Pacifica, &look(), 300, 1, 600);
    assert!(film.iter().flatten().all(|led| led[0] < led[2] && led[2] <= 179 && led[1] <= 179));
    let (blue, green) = (film.iter().flatten().any(|led| led[2] > 90), film.iter().flatten().any(|led| led[1] > 90));
    assert!(blue && green);
}

#[test]
fn pulse_beats_at_a_quarter_of_its_speed_but_ten_times_a_minute_at_least() {
    for (speed, beats) in [(0, 10), (1, 10), (43, 10), (44, 11), (128, 32), (255, 63)] {
        beats_are(Effect::Pulse, speed, beats);
    }
}

#[test]
fn breathe_breathes_5_to_30_times_a_minute() {
    for (speed, beats) in [(0, 5), (1, 5), (128, 17), (255, 30)] {
        beats_are(Effect::Breathe, speed, beats);
    }
}

/// In one minute, 3600 frames, from 20 to 255 and back.
fn beats_are(effect: Effect, speed: u8, beats: usize) {
    let levels = brightness(effect, speed, 3601);
    let rises = levels.windows(2).filter(|pair| pair[0] < 137 && pair[1] >= 137).count();
    assert_eq!(rises, beats, "{effect:?} at speed {speed}");
    // The very top of a beat may lie between two frames.
    let (least, most) = (*levels.iter().min().unwrap(), *levels.iter().max().unwrap());
    assert!((20..=21).contains(&least) && most >= 253, "{effect:?} at speed {speed}: {least} to {most}");
    assert_eq!(levels[0], levels[3600], "{effect:?} at speed {speed}: a minute is a whole number of beats");
}

#[test]
fn strobe_is_on_and_off_for_an_eighth_of_its_speed() {
    for (speed, lasts) in [(0, 1), (1, 1), (15, 1), (16, 2), (128, 16), (255, 31)] {
        let levels = brightness(Effect::Strobe, speed, 4 * lasts);
        let expected: Vec<u8> = [255, 0, 255, 0].into_iter().flat_map(|level| vec![level; lasts]).collect();
        assert_eq!(levels, expected, "speed {speed}");
    }
}

#[test]
fn theater_lights_every_third_led_and_marches() {
    let film = film(Effect::Theater, &look(), 30, 1, 37);
    for (number, frame) in film.iter().enumerate() {
        // 768 / 128 = 6 frames for each step.
        let first = number / 6 % 3;
        for (place, led) in frame.iter().enumerate() {
            assert_eq!(*led != [0; 3], place % 3 == first, "frame {number}, LED {place}");
        }
        assert_eq!(lit(frame), 10);
    }
    assert!(film[0][0] == film[18][0] && film[0][0] != film[0][15], "the palette lies over the segment and stands");
}
