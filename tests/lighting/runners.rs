//! Numbers of the document's table, for effects that run along: heads, tails, blocks, humps, swings, drops.

use crate::film::{film, lit, look};
use lumencast::domain::lights::{Effect, Look, Rgb};

fn with(speed: u8, intensity: u8) -> Look {
    Look { speed, intensity, ..look() }
}

fn lit_leds(frame: &[Rgb]) -> Vec<usize> {
    (0..frame.len()).filter(|led| frame[*led] != [0; 3]).collect()
}

#[test]
fn a_comet_has_a_tail_of_a_quarter_of_its_intensity_that_turns_secondary() {
    for (intensity, tail) in [(0, 0), (3, 0), (4, 1), (128, 32), (255, 63)] {
        let look = Look { primary: [255, 0, 0], secondary: [0, 255, 0], ..with(128, intensity) };
        let film = film(Effect::Comet, &look, 96, 1, 96 + tail + 1);
        // One LED a frame at speed 128.
        for (head, frame) in film.iter().take(96).enumerate() {
            assert_eq!(frame[head], [255, 0, 0], "intensity {intensity}, frame {head}");
            assert_eq!(
                lit_leds(frame),
                (head.saturating_sub(tail)..=head).collect::<Vec<_>>(),
                "intensity {intensity}"
            );
        }
        let frame = &film[90];
        if tail > 1 {
            let [red, green, _] = frame[90 - tail];
            assert!(red == 0 && green > 0, "the tail's end is {:?}", frame[90 - tail]);
            let sums: Vec<u16> =
                (0..=tail).map(|behind| frame[90 - behind].iter().map(|c| u16::from(*c)).sum()).collect();
            assert!(sums.is_sorted_by(|near, far| near >= far), "{sums:?}");
        }
        assert_eq!(film[96 + tail], film[0], "it comes again when its tail has left");
    }
}

#[test]
fn a_scanner_goes_from_end_to_end_and_back_with_its_tail_behind() {
    let film = film(Effect::Scanner, &with(128, 40), 50, 1, 99);
    for (number, frame) in film.iter().enumerate() {
        let eye = if number < 50 { number } else { 98 - number };
        let brightest: Vec<usize> = (0..50).filter(|led| frame[*led] == [255; 3]).collect();
        assert_eq!(brightest, [eye], "frame {number}");
    }
    assert_eq!(lit_leds(&film[30]), (20..=30).collect::<Vec<_>>(), "ten LEDs of tail, going up");
    assert_eq!(lit_leds(&film[78]), (20..=30).collect::<Vec<_>>(), "and going down");
    assert!(film[78][21][0] > film[78][29][0] && film[30][29][0] > film[30][21][0]);
    assert_eq!(lit_leds(&film[52]), (42..50).collect::<Vec<_>>(), "at the turn the tail is folded");
}

#[test]
fn a_meteor_is_a_twentieth_of_the_segment_and_two_leds_at_least() {
    for (length, block) in [(10, 2), (40, 2), (96, 4), (200, 10)] {
        let film = film(Effect::Meteor, &with(128, 0), length, 1, length);
        for (head, frame) in film.iter().enumerate().skip(block) {
            let full: Vec<usize> =
                (0..length).filter(|led| frame[*led] == [255; 3]).filter(|led| *led + block > head).collect();
            assert_eq!(full, (head + 1 - block..=head).collect::<Vec<_>>(), "length {length}");
            assert_eq!(lit_leds(&frame[head + 1..]), [0; 0], "nothing flies ahead");
        }
        // What has left the block may crumble at once, and does so every other time.
        let crumbled = (block..length).filter(|head| film[*head][head - block] != [255; 3]).count();
        assert!(crumbled * 4 > length - block, "length {length}: {crumbled}");
    }
}

#[test]
fn a_meteors_trail_is_ragged_decays_and_is_longer_with_more_intensity() {
    let trail = |intensity: u8| film(Effect::Meteor, &with(128, intensity), 200, 1, 190).remove(189);
    let frame = trail(128);
    let levels: Vec<u8> = frame[..180].iter().map(|led| led[0]).collect();
    let rises = levels.windows(2).filter(|pair| pair[0] > pair[1]).count();
    assert!(rises > 3, "not ragged: {levels:?}");
    assert!(levels[..60].iter().max() < levels[150..].iter().max() && levels[179] > 0, "not decaying: {levels:?}");
    let lengths = [0, 128, 255].map(|intensity| lit(&trail(intensity)));
    assert!(lengths[0] + 8 < lengths[1] && lengths[1] + 20 < lengths[2], "{lengths:?}");
}

#[test]
fn a_wave_is_a_hump_of_a_quarter_of_its_intensity() {
    for (intensity, width) in [(0, 1), (40, 10), (128, 32), (255, 63)] {
        let film = film(Effect::Wave, &with(128, intensity), 96, 1, 96 + width + 1);
        let frame = &film[80];
        let leds = lit_leds(frame);
        assert_eq!(leds, (80 - width..80).collect::<Vec<_>>(), "intensity {intensity}");
        let levels: Vec<u8> = leds.iter().map(|led| frame[*led][0]).collect();
        let mirrored = levels.iter().zip(levels.iter().rev()).all(|(one, other)| one.abs_diff(*other) <= 1);
        assert!(mirrored, "one side is as the other: {levels:?}");
        assert!(levels.iter().max() >= Some(&250) && levels[..width.div_ceil(2)].is_sorted(), "{levels:?}");
        assert!(film[0] == film[96 + width] && lit(&film[0]) == 0, "it comes again when it has left");
    }
}

#[test]
fn sinelon_swings_5_times_a_minute_and_once_more_for_each_10_of_speed() {
    for (speed, swings) in [(0, 5), (9, 5), (10, 6), (128, 17), (255, 30)] {
        let film = film(Effect::Sinelon, &with(speed, 128), 60, 1, 3601);
        // The dot is the brightest LED: the palette's colours have one full channel.
        let full = |frame: &Vec<Rgb>| frame.iter().position(|led| led.contains(&255)).expect("a dot");
        let places: Vec<usize> = film.iter().map(full).collect();
        let rises = places.windows(2).filter(|pair| pair[0] < 15 && pair[1] >= 15).count();
        assert_eq!(rises, swings, "speed {speed}");
        assert_eq!((places.iter().min(), places.iter().max()), (Some(&0), Some(&59)));
        assert!(lit(&film[100]) > 3, "no trail");
    }
}

#[test]
fn a_fast_sinelon_on_a_long_segment_leaves_no_holes() {
    let film = film(Effect::Sinelon, &with(255, 128), 5000, 1, 4);
    let leds = lit_leds(&film[3]);
    assert!(leds.len() > 200 && leds.windows(2).all(|pair| pair[0] + 1 == pair[1]), "{leds:?}");
}

#[test]
fn rain_falls_from_the_far_end_ten_drops_at_most() {
    let film = film(Effect::Rain, &with(100, 255), 300, 1, 2000);
    let heads = |frame: &[Rgb]| frame.iter().filter(|led| **led == [255; 3]).count();
    let most = film.iter().map(|frame| heads(frame)).max();
    assert!((8..=10).contains(&most.unwrap()), "{most:?}");
    assert!(film.iter().all(|frame| lit(frame) <= 40));
    let first = film.iter().find(|frame| lit(frame) > 0).expect("a drop");
    assert_eq!(lit_leds(first), [299], "it begins at the far end");
    let lowest: Vec<usize> = film.iter().map(|frame| lit_leds(frame).first().copied().unwrap_or(300)).collect();
    assert!(lowest.contains(&0), "and reaches the beginning");
    let reached = lowest.iter().position(|led| *led == 0).unwrap();
    assert!(lowest[..reached].is_sorted_by(|before, after| before >= after), "drops fall, they do not rise");
}

#[test]
fn rain_is_as_dense_as_a_fifth_of_its_intensity() {
    // Drops that begin: the last LED is lit by a head. Slow drops are avoided, so that each is seen once.
    let begun = |intensity: u8| {
        let film = film(Effect::Rain, &with(255, intensity), 20, 1, 5120);
        film.iter().filter(|frame| frame[19] == [255; 3]).count()
    };
    assert_eq!((begun(0), begun(4)), (0, 0));
    // 10 of 256 in 5120 frames are 200, 25 are 500; some are seen in two frames.
    let (few, many) = (begun(50), begun(128));
    assert!((170..=270).contains(&few) && (420..=640).contains(&many), "{few} {many}");
}
