//! What the state of a strip promises, frame by frame.

use super::*;
use crate::domain::lights::{Effect, Look, LookChange};

const FULL: ControllerChange = ControllerChange { power: None, brightness: Some(255) };

fn strip_state() -> StripState {
    let mut strip_state = StripState::new(Strip::new(40, Effect::Rainbow), 2.2, 7);
    strip_state.set_controller(FULL);
    strip_state
}

fn new(start: u16, length: u16, effect: Effect) -> NewSegment {
    let look = LookChange { effect: Some(Some(effect)), ..LookChange::default() };
    NewSegment { start, length, reverse: false, look }
}

fn turn(strip_state: &mut StripState, ms: u64) -> Vec<Rgb> {
    strip_state.turn(Duration::from_millis(ms), |_| {});
    strip_state.pixels().to_vec()
}

#[test]
fn another_segment_does_not_begin_the_running_ones_anew() {
    let (mut one, mut other) = (strip_state(), strip_state());
    for strip_state in [&mut one, &mut other] {
        strip_state.create_segment(new(0, 20, Effect::Fire)).unwrap();
        (0..60).for_each(|n| drop(turn(strip_state, n * 16)));
    }
    other.create_segment(new(20, 20, Effect::Solid)).unwrap();
    for n in 60..120 {
        assert_eq!(turn(&mut one, n * 16)[..20], turn(&mut other, n * 16)[..20], "frame {n}");
    }
}

#[test]
fn pixels_by_hand_hold_until_a_segment_or_the_power_changes() {
    let mut strip_state = strip_state();
    turn(&mut strip_state, 0);
    assert_eq!(strip_state.set_pixels(&Pixels::Each(vec![[1, 2, 3]; 50])), 40, "the surplus is passed over");
    assert_eq!(strip_state.set_pixels(&Pixels::Each(vec![[9; 3]; 2])), 2);
    let held = turn(&mut strip_state, 16);
    assert_eq!((held[1], held[2], held[39]), ([9; 3], [1, 2, 3], [1, 2, 3]));
    strip_state.set_controller(ControllerChange { power: None, brightness: Some(255) });
    assert_eq!(turn(&mut strip_state, 32), held, "brightness is no other look");
    strip_state.update_segment(0, SegmentChange::default()).unwrap();
    assert_ne!(turn(&mut strip_state, 48), held);
    strip_state.set_pixels(&Pixels::Gradient { from: [0; 3], to: [39, 78, 0] });
    let gradient = turn(&mut strip_state, 64);
    assert_eq!((gradient[0], gradient[10], gradient[39]), ([0; 3], [10, 20, 0], [39, 78, 0]));
    strip_state.set_controller(ControllerChange { power: Some(false), brightness: None });
    assert_eq!(turn(&mut strip_state, 80), [[0; 3]; 40]);
    strip_state.set_controller(ControllerChange { power: Some(true), brightness: None });
    assert_ne!(turn(&mut strip_state, 96), gradient);
}

#[test]
fn layers_lie_by_priority_and_a_cue_goes_by_itself() {
    let mut strip_state = strip_state();
    let look = |colour| Layer::Look { look: Look::solid(colour), until: None };
    strip_state.lay("high", 0, 9, look([9; 3]));
    strip_state.lay("low", 0, 1, look([1; 3]));
    assert_eq!(turn(&mut strip_state, 0)[0], [9; 3]);
    let until = Some(Duration::from_millis(100));
    strip_state.lay("cue", 0, 20, Layer::Look { look: Look::solid([20; 3]), until });
    assert_eq!((turn(&mut strip_state, 99)[0], turn(&mut strip_state, 100)[0]), ([20; 3], [9; 3]));
    strip_state.lay("gain", 0, 30, Layer::Gain(0.5));
    assert_eq!(turn(&mut strip_state, 116)[0], [4; 3]);
    strip_state.lift("high");
    strip_state.lift("gain");
    assert_eq!(turn(&mut strip_state, 132)[0], [1; 3]);
    let desk = |pixels: &mut [Rgb]| pixels.fill([77; 3]);
    strip_state.turn(Duration::from_millis(148), desk);
    assert_eq!(strip_state.pixels()[0], [77; 3], "a lighting desk is above rules");
}

#[test]
fn gamma_bends_brightness_and_never_puts_out_what_is_on() {
    let mut strip_state = strip_state();
    strip_state.set_pixels(&Pixels::Fill([255, 3, 0]));
    let mut at = |brightness| {
        strip_state.set_controller(ControllerChange { power: None, brightness: Some(brightness) });
        turn(&mut strip_state, 0)[0]
    };
    assert_eq!((at(255), at(128), at(1), at(0)), ([255, 3, 0], [56, 1, 0], [1, 0, 0], [0; 3]));
}

#[test]
fn a_light_that_a_nightlight_put_out_comes_back_as_bright_after_a_restart_too() {
    let mut strip_state = strip_state();
    strip_state.start_nightlight(Nightlight { seconds: 10, target: 0 }, Duration::ZERO);
    assert!(strip_state.turn(Duration::from_secs(5), |_| {}));
    assert_eq!(strip_state.snapshot(Duration::from_secs(5)).controller.brightness, 127);
    assert!(strip_state.turn(Duration::from_secs(10), |_| {}));
    let end = strip_state.snapshot(Duration::from_secs(10));
    assert_eq!((end.controller.power, end.controller.brightness, end.wakes), (false, 0, Some(255)));
    let strip = Strip::restore(end.controller, end.segments, end.untouched);
    let mut again = StripState::new(strip, 2.2, 7).resume(SavedState { nightlight: None, wakes: end.wakes });
    let on = again.set_controller(ControllerChange { power: Some(true), brightness: None });
    assert_eq!((on.power, on.brightness), (true, 255));
}

#[test]
fn leds_that_are_cut_off_are_told_to_be_dark() {
    let mut strip_state = strip_state();
    strip_state.set_pixels(&Pixels::Fill([5; 3]));
    turn(&mut strip_state, 0);
    strip_state.set_led_count(10);
    turn(&mut strip_state, 16);
    assert_eq!((strip_state.pixels().len(), strip_state.sent().len()), (10, 40));
    assert_eq!(strip_state.sent()[10..], [[0; 3]; 30]);
}

#[test]
fn of_equal_layers_the_later_one_lies_above_however_often_the_other_is_told() {
    let mut strip_state = strip_state();
    let red = Layer::Look { look: Look::solid([255, 0, 0]), until: None };
    strip_state.lay("edges", 0, 0, Layer::Colours([[0, 0, 9]].into()));
    strip_state.lay("on-air", 0, 0, red);
    for n in 0..5 {
        strip_state.lay("edges", 0, 0, Layer::Colours([[0, 0, 10 + n]].into()));
        assert_eq!(turn(&mut strip_state, u64::from(n) * 16)[0], [255, 0, 0]);
    }
    strip_state.lift("on-air");
    assert_eq!(turn(&mut strip_state, 99)[0], [0, 0, 14]);
}

#[test]
fn a_nightlight_after_a_nightlight_does_not_forget_how_bright_it_was() {
    let mut strip_state = strip_state();
    let order = Nightlight { seconds: 10, target: 0 };
    let on = ControllerChange { power: Some(true), brightness: None };
    strip_state.start_nightlight(order, Duration::ZERO);
    strip_state.turn(Duration::from_secs(5), |_| {});
    assert_eq!(strip_state.start_nightlight(order, Duration::from_secs(5)), 127, "in the place of the one that runs");
    strip_state.turn(Duration::from_secs(15), |_| {});
    strip_state.start_nightlight(order, Duration::from_secs(20));
    strip_state.turn(Duration::from_secs(30), |_| {});
    assert_eq!(strip_state.set_controller(on).brightness, 255);
}

#[test]
fn a_nightlight_goes_on_where_it_was_after_a_restart() {
    let mut strip_state = strip_state();
    let order = Nightlight { seconds: 100, target: 0 };
    strip_state.start_nightlight(order, Duration::from_secs(7));
    strip_state.turn(Duration::from_secs(47), |_| {});
    let Snapshot { controller, segments, untouched, nightlight, wakes } = strip_state.snapshot(Duration::from_secs(47));
    let fade = nightlight.unwrap();
    assert_eq!((controller.brightness, fade.percent), (153, 40.0));
    let saved = SavedFade { order: fade.order, from: fade.from, passed: fade.passed };
    let mut again = StripState::new(Strip::restore(controller, segments, untouched), 1.0, 7)
        .resume(SavedState { nightlight: Some(saved), wakes });
    again.turn(Duration::ZERO, |_| {});
    let begun = again.snapshot(Duration::ZERO);
    assert_eq!((begun.controller.brightness, begun.nightlight.map(|fade| fade.percent)), (153, Some(40.0)));
    again.turn(Duration::from_secs(30), |_| {});
    assert_eq!(again.snapshot(Duration::from_secs(30)).controller.brightness, 76, "70 of 100 seconds");
    again.turn(Duration::from_secs(60), |_| {});
    let end = again.snapshot(Duration::from_secs(60));
    assert_eq!((end.controller.power, end.wakes), (false, Some(255)));
}

#[test]
fn power_on_brings_back_the_brightness_before_the_dark() {
    let mut strip_state = strip_state();
    let change = |power, brightness| ControllerChange { power, brightness };
    strip_state.set_controller(change(None, Some(90)));
    strip_state.set_controller(change(None, Some(0)));
    strip_state.set_controller(change(Some(false), None));
    assert_eq!(strip_state.set_controller(change(Some(true), None)).brightness, 90);
    strip_state.set_controller(change(Some(false), Some(0)));
    assert_eq!(strip_state.snapshot(Duration::ZERO).wakes, Some(90), "kept across starts");
    assert_eq!(strip_state.set_controller(change(Some(true), Some(0))).brightness, 0, "what is said counts");
    assert_eq!(strip_state.set_controller(change(Some(true), None)).brightness, 90);
    assert_eq!(strip_state.set_controller(change(Some(true), Some(7))).brightness, 7);
}

#[test]
fn a_nightlight_that_goes_up_begins_in_the_dark_where_the_power_is_off() {
    let mut strip_state = strip_state();
    strip_state.set_controller(ControllerChange { power: Some(false), brightness: Some(80) });
    assert_eq!(strip_state.start_nightlight(Nightlight { seconds: 10, target: 200 }, Duration::ZERO), 0);
    strip_state.turn(Duration::from_secs(5), |_| {});
    let controller = strip_state.snapshot(Duration::from_secs(5)).controller;
    assert_eq!((controller.power, controller.brightness), (true, 100));
}

fn solid(colour: Rgb) -> SegmentChange {
    let look = LookChange { effect: Some(Some(Effect::Solid)), primary: Some(colour), ..LookChange::default() };
    SegmentChange { look, ..SegmentChange::default() }
}

#[test]
fn looks_are_crossfaded_while_both_move_and_other_segments_stay() {
    let mut strip_state = strip_state();
    strip_state.create_segment(new(0, 20, Effect::Solid)).unwrap();
    strip_state.create_segment(new(20, 20, Effect::Fire)).unwrap();
    strip_state.update_segment(0, solid([200, 0, 0])).unwrap();
    let mut untouched = StripState::new(Strip::new(40, Effect::Rainbow), 1.0, 7);
    untouched.create_segment(new(0, 20, Effect::Solid)).unwrap();
    untouched.create_segment(new(20, 20, Effect::Fire)).unwrap();
    untouched.set_controller(FULL);
    for n in 0..60 {
        turn(&mut strip_state, n * 16);
        turn(&mut untouched, n * 16);
    }
    let now = Duration::from_millis(1000);
    let done = strip_state.over(Duration::from_millis(1000), now, |strip| strip.update_segment(0, solid([0, 0, 100])));
    assert_eq!(done.unwrap().look.primary, [0, 0, 100], "it is reported at once");
    for (ms, colour) in [(1000, [200, 0, 0]), (1250, [150, 0, 25]), (1500, [100, 0, 50]), (2000, [0, 0, 100])] {
        let frame = turn(&mut strip_state, ms);
        assert_eq!(frame[0], colour, "at {ms} ms");
        assert_eq!(frame[20..], turn(&mut untouched, ms)[20..], "the fire burns on at {ms} ms");
    }
    // Into another division of the strip, and into the dark.
    let whole = Segment { id: 0, start: 0, length: 40, reverse: false, look: Look::solid([0, 100, 0]) };
    strip_state.over(Duration::from_millis(1000), Duration::from_secs(3), |strip| strip.set_segments(&[whole]));
    let half = turn(&mut strip_state, 3500);
    assert_eq!(half[0], [0, 50, 50]);
    assert!(half[39][1] >= 50, "{:?}", half[39]);
    assert_eq!(turn(&mut strip_state, 4000), [[0, 100, 0]; 40]);
    // A change while one is on its way begins from what is seen.
    strip_state.over(Duration::from_millis(1000), Duration::from_secs(5), |strip| {
        strip.update_segment(0, solid([200; 3])).unwrap()
    });
    assert_eq!(turn(&mut strip_state, 5500)[0], [100, 150, 100]);
    strip_state.over(Duration::from_millis(1000), Duration::from_millis(5500), |strip| {
        strip.update_segment(0, solid([0; 3])).unwrap()
    });
    assert_eq!(turn(&mut strip_state, 6000)[0], [50, 75, 50]);
    strip_state.update_segment(0, solid([9; 3])).unwrap();
    assert_eq!(turn(&mut strip_state, 6016)[0], [9; 3], "without a time at once");
}

#[test]
fn brightness_and_power_move_evenly() {
    let mut strip_state = StripState::new(Strip::new(4, Effect::Rainbow), 1.0, 7);
    strip_state.update_segment(0, solid([255, 0, 0])).unwrap();
    strip_state.set_controller(FULL);
    let change = |power, brightness| ControllerChange { power, brightness };
    let second = Duration::from_secs(1);
    strip_state.over(second, second, |strip| strip.set_controller(change(None, Some(55))));
    assert_eq!(strip_state.snapshot(second).controller.brightness, 55);
    assert_eq!([1000, 1500, 2000].map(|ms| turn(&mut strip_state, ms)[0][0]), [255, 155, 55]);
    strip_state.over(second, 3 * second, |strip| strip.set_controller(change(Some(false), None)));
    assert!(!strip_state.snapshot(3 * second).controller.power);
    let levels = [3000, 3500, 4000].map(|ms| turn(&mut strip_state, ms)[0][0]);
    assert!((26..=29).contains(&levels[1]) && (levels[0], levels[2]) == (55, 0), "{levels:?}");
    strip_state.over(second, 5 * second, |strip| strip.set_controller(change(Some(true), None)));
    let levels = [5000, 5500, 6000].map(|ms| turn(&mut strip_state, ms)[0][0]);
    assert!(levels[0] <= 1 && (26..=29).contains(&levels[1]) && levels[2] == 55, "{levels:?}");
}
