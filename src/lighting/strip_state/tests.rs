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
fn brightness_is_bent_and_never_puts_out_what_is_on() {
    let mut strip_state = strip_state();
    strip_state.set_pixels(&Pixels::Fill([255, 3, 0]));
    let mut at = |brightness| {
        strip_state.set_controller(ControllerChange { power: None, brightness: Some(brightness) });
        turn(&mut strip_state, 0)[0]
    };
    assert_eq!((at(255), at(128), at(1), at(0)), ([255, 3, 0], [56, 1, 0], [1, 1, 0], [0; 3]));
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
