//! Numbers of the document's table, for effects of chance: flames, dots, sparks, stars.

use crate::film::{film, lit, look};
use lumencast::{
    domain::lights::{Effect, Look, Palette, Rgb},
    lighting::effects::Animation,
};

fn with(speed: u8, intensity: u8) -> Look {
    Look { speed, intensity, ..look() }
}

#[test]
fn sparkle_has_a_white_led_for_each_32_of_speed_and_one_at_least() {
    for (speed, count) in [(0, 1), (31, 1), (62, 1), (64, 2), (128, 4), (255, 7)] {
        let look = Look { primary: [9, 0, 0], ..with(speed, 128) };
        let film = film(Effect::Sparkle, &look, 96, 1, 200);
        let whites = |frame: &Vec<Rgb>| frame.iter().filter(|led| **led == [255; 3]).count();
        assert!(film.iter().all(|frame| whites(frame) == count), "speed {speed}");
        assert!(film.iter().flatten().all(|led| *led == [9, 0, 0] || *led == [255; 3]));
        let places = (0..96).filter(|led| film.iter().any(|frame| frame[*led] == [255; 3])).count();
        assert!(places > 70, "speed {speed}: only {places} LEDs ever sparkled");
    }
    // Twice the document's longest strip has twice as many; a segment of two LEDs not more than it has.
    let white =
        |length: usize| film(Effect::Sparkle, &Look { primary: [0; 3], ..with(255, 0) }, length, 1, 1).remove(0);
    assert_eq!([600, 300, 2].map(|length| lit(&white(length))), [14, 7, 2]);
}

#[test]
fn twinkle_rises_by_4_and_falls_by_2_each_led_by_itself() {
    let film = film(Effect::Twinkle, &with(255, 128), 60, 1, 1200);
    let mut tops = 0;
    for led in 0..60 {
        for frames in film.windows(3) {
            let [before, now, after] = [0, 1, 2].map(|frame| i16::from(frames[frame][led][0]));
            let (was, is) = (now - before, after - now);
            // 255 is reached from 252, 0 from 1.
            let whole = matches!(is, 4 | -2 | 0) || after == 255 || after == 0;
            assert!(whole, "LED {led}: {before} {now} {after}");
            assert!(!(was > 0 && is < 0) || now == 255, "LED {led} fell from {now}");
            assert!(!(was < 0 && is > 0) || now == 0, "LED {led} rose from {now}");
            tops += usize::from(now == 255 && is < 0);
        }
    }
    assert!(lit(&film[0]) < 5 && tops > 60, "{tops} twinkles");
    assert!(film[600].iter().any(|led| led != &film[600][0]));
}

#[test]
fn twinkle_twinkles_more_at_a_higher_speed() {
    let share = |speed: u8| {
        let film = film(Effect::Twinkle, &with(speed, 128), 300, 1, 900);
        film[400..].iter().map(|frame| lit(frame)).sum::<usize>() / 500
    };
    // 192 frames of light, a chance of speed / 65536 in each dark one: 27 % at 128, 43 % at 255, of 300.
    let shares = [16, 128, 255].map(share);
    assert!(shares[0] < 25 && (65..100).contains(&shares[1]) && (110..150).contains(&shares[2]), "{shares:?}");
}

#[test]
fn confetti_is_thrown_with_its_chance_and_fades_slowly() {
    for (speed, of_256) in [(0, 20), (128, 36), (255, 51)] {
        let film = film(Effect::Confetti, &with(speed, 128), 160, 1, 25_600);
        let brighter =
            |pair: &[Vec<Rgb>]| pair[0].iter().zip(&pair[1]).any(|(then, now)| now.iter().max() > then.iter().max());
        let thrown = film.windows(2).filter(|pair| brighter(pair)).count();
        let expected = of_256 * 100;
        assert!(thrown.abs_diff(expected) < expected / 10, "speed {speed}: {thrown}, not {expected}");
        // No dot lasts for ever: after 2 minutes only the youngest are lit.
        assert!(lit(&film[25_000]) < 60, "{}", lit(&film[25_000]));
    }
    let film = film(Effect::Confetti, &with(128, 128), 200, 1, 200);
    let (at, led) =
        (0..200).find_map(|at| film[at].iter().position(|led| *led != [0; 3]).map(|led| (at, led))).unwrap();
    let half = (at..200).find(|frame| film[*frame][led].iter().max() <= Some(&128)).unwrap() - at;
    assert!((15..=22).contains(&half), "half of a dot's light is gone after {half} frames");
}

#[test]
fn confetti_is_as_dense_on_a_long_strip_as_on_the_documents() {
    let share = |length: usize| {
        let film = film(Effect::Confetti, &with(128, 128), length, 1, 900);
        film[300..].iter().map(|frame| lit(frame)).sum::<usize>() as f64 / (600 * length) as f64
    };
    let [document, long, longer] = [160, 300, 1000].map(share);
    for other in [long, longer] {
        assert!((other / document - 1.0).abs() < 0.2, "{other:.3} of the LEDs are lit, {document:.3} of 160");
    }
}

#[test]
fn fire_burns_from_the_first_second_whatever_its_length() {
    for (effect, lengths) in [(Effect::Fire, [10, 30, 60, 160, 300]), (Effect::FireUp, [10, 30, 96, 160, 300])] {
        for length in lengths {
            let mut film = film(effect, &with(128, 128), length, 4, 360);
            if effect == Effect::FireUp {
                film.iter_mut().for_each(|frame| frame.reverse());
            }
            let shares = |frames: &[Vec<Rgb>]| {
                frames.iter().map(|frame| lit(frame)).sum::<usize>() as f64 / (frames.len() * length) as f64
            };
            let (first, later) = (shares(&film[..60]), shares(&film[60..]));
            assert!(
                first > 0.25 && (first - later).abs() < 0.35,
                "{effect:?}, {length} LEDs: {first:.2}, then {later:.2}"
            );
            let dark = film.iter().filter(|frame| lit(frame) == 0).count();
            assert!(dark < 4, "{effect:?}, {length} LEDs: out in {dark} of 360 frames");
            // Hotter at the foot than at the tip, and moving.
            let heat = |part: fn(&[Rgb]) -> &[Rgb]| -> u64 {
                film.iter().flat_map(|frame| part(frame).as_flattened()).map(|level| u64::from(*level)).sum()
            };
            let (foot, tip) =
                (heat(|frame| &frame[..frame.len() / 2]), heat(|frame| &frame[frame.len().div_ceil(2)..]));
            assert!(foot > tip, "{effect:?}, {length} LEDs: {foot} and {tip}");
            assert!(film.windows(2).filter(|pair| pair[0] == pair[1]).count() < 36);
        }
    }
}

#[test]
fn fire_is_kindled_in_its_first_seven_leds_and_rises() {
    // Without cooling to speak of, and without chance: what is lit first is at the foot.
    for seed in 0..40 {
        // It stays out at speed 0, and is kindled then.
        let mut animation = Animation::new(Effect::Fire, 60, seed);
        let mut frame = |number: u64, speed| {
            let mut out = vec![[0; 3]; 60];
            animation.draw(&with(speed, 10), number, &mut out);
            out
        };
        assert_eq!(lit(&frame(0, 0)), 0);
        let film: Vec<_> = (1..=60).map(|number| frame(number, 255)).collect();
        let first = film.iter().find(|frame| lit(frame) > 0).unwrap();
        assert!(first[7..].iter().all(|led| *led == [0; 3]), "seed {seed}");
        let tip = |frame: &[Rgb]| frame.iter().rposition(|led| *led != [0; 3]).unwrap_or(0);
        assert!(tip(&film[20]) > 15 && tip(&film[40]) > tip(&film[20]), "seed {seed}");
    }
    assert!(film(Effect::Fire, &with(0, 128), 60, 1, 200).iter().all(|frame| lit(frame) == 0), "no chance, no spark");
}

#[test]
fn sparks_come_as_often_as_speed_says() {
    // Full cooling on 7 LEDs: 255 × 10 / 7 + 2 is more than any heat, so most of each spark is gone in the next frame.
    let kindled = |speed: u8| {
        let film = film(Effect::Fire, &with(speed, 255), 7, 1, 5120);
        film.windows(2)
            .filter(|pair| pair[1].iter().zip(&pair[0]).any(|(now, then)| now[1] > 150 && then[1] < 100))
            .count()
    };
    let counts = [16, 64, 128].map(kindled);
    assert!(counts[0] * 2 < counts[1] && counts[1] * 3 < counts[2] * 2, "{counts:?}");
}

#[test]
fn fire_has_the_colours_of_heat_from_black_to_white() {
    let film = film(Effect::Fire, &with(128, 60), 60, 1, 600);
    assert!(film.iter().flatten().all(|[red, green, blue]| red >= green && green >= blue));
    for (name, wanted) in [("red", [200, 0, 0]), ("yellow", [255, 200, 0]), ("white", [255, 250, 200])] {
        let near = |led: &Rgb| led.iter().zip(wanted).all(|(have, want): (&u8, u8)| have.abs_diff(want) < 56);
        assert!(film.iter().flatten().any(near), "never {name}");
    }
    assert!(film.iter().flatten().any(|led| *led == [0; 3]));
    // With a palette it burns in that one: this one has no red.
    let ocean = crate::film::film(Effect::Fire, &Look { palette: Palette::Ocean, ..with(128, 60) }, 60, 1, 300);
    assert!(ocean.iter().flatten().all(|led| led[0] <= led[1]) && ocean.iter().any(|frame| lit(frame) > 20));
}

#[test]
fn fire_up_is_the_fire_of_a_quarter_of_its_intensity_from_the_far_end() {
    let mut down = film(Effect::FireUp, &with(100, 200), 60, 3, 300);
    down.iter_mut().for_each(|frame| frame.reverse());
    assert!(down == film(Effect::Fire, &with(100, 50), 60, 3, 300));
}

#[test]
fn a_candle_dims_quickly_recovers_slowly_and_every_led_trembles() {
    // White is not warm, so it shows the flame's level as it is.
    let film = film(Effect::Candle, &with(128, 255), 300, 1, 3600);
    let mean = |frame: &Vec<Rgb>| frame.iter().map(|led| i32::from(led[0])).sum::<i32>() / 300;
    let levels: Vec<i32> = film.iter().map(mean).collect();
    let steps: Vec<i32> = levels.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let (drop, rise) = (-steps.iter().min().unwrap(), *steps.iter().max().unwrap());
    assert!((15..=26).contains(&drop) && (4..=11).contains(&rise), "down {drop}, up {rise} at most");
    assert!(levels.iter().min() < Some(&120) && levels.iter().max() > Some(&220));
    let trembles = |frame: &&Vec<Rgb>| frame.iter().any(|led| *led != frame[0]);
    assert!(film.iter().filter(trembles).count() > 3500);
    // Without intensity it hardly flickers, and as one.
    let calm = crate::film::film(Effect::Candle, &with(128, 0), 30, 1, 600);
    assert!(calm.iter().flatten().all(|led| led[0] >= 255 - 16) && !calm.iter().any(|frame| trembles(&frame)));
}

#[test]
fn a_candle_finds_a_new_target_every_50_to_150_ms() {
    // At full speed down by 35, up by 8 a frame; without intensity targets are at most 16 apart, reached in 2 frames.
    let film = film(Effect::Candle, &with(255, 0), 1, 1, 36_000);
    let levels: Vec<u8> = film.iter().map(|frame| frame[0][0]).collect();
    let turns: Vec<usize> =
        (2..levels.len()).filter(|at| levels[*at] != levels[*at - 1] && levels[*at - 1] == levels[*at - 2]).collect();
    let between: Vec<usize> = turns.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert_eq!(between.iter().min(), Some(&3), "3 frames are 50 ms");
    let common = between.iter().filter(|frames| (3..=9).contains(*frames)).count();
    // Now and then a new target is the old one, or takes two frames; then two stretches look like one.
    assert!(common * 100 > between.len() * 80 && between.len() > 4500, "{common} of {}", between.len());
}

#[test]
fn a_candle_makes_warm_colours_amber_and_leaves_others() {
    let drawn = |primary: Rgb| film(Effect::Candle, &Look { primary, ..with(128, 0) }, 1, 1, 1)[0][0];
    for warm in [[255, 0, 0], [255, 96, 0], [255, 255, 0], [255, 200, 150]] {
        let [red, green, blue] = drawn(warm);
        assert!(red > 235 && (115..150).contains(&green) && blue < 40, "{warm:?}: {:?}", drawn(warm));
    }
    assert!(drawn([100, 50, 0])[0] <= 100, "amber of its brightness");
    let [red, green, blue] = drawn([0, 0, 255]);
    assert!((red, green) == (0, 0) && blue > 235);
    let [red, green, blue] = drawn([200, 0, 255]);
    assert!(red < 201 && green == 0 && blue > 235);
}
