//! The switcher's semantics, one sentence each.

use crate::fixture::{A, B, C, Fixture, code};
use lumencast::domain::{
    command::{Command, Reply},
    event::Event,
    source::SourceId,
    time::Slot,
};
use std::time::Duration;

#[test]
fn a_cut_swaps_the_buses_and_its_answer_names_the_slot() {
    let mut fixture = Fixture::new();
    assert_eq!(fixture.buses(), (Some(A), Some(B)));
    let reply = fixture.run(Command::Cut).unwrap();
    assert!(matches!(reply, Reply::Switched { slot: Slot(101), slots: 0, .. }), "{reply:?}");
    assert_eq!(fixture.buses(), (Some(B), Some(A)));
}

#[test]
fn two_cuts_sent_at_once_are_two_cuts() {
    let mut fixture = Fixture::new();
    fixture.send(Command::Cut);
    fixture.send(Command::Cut);
    fixture.confirm();
    assert_eq!(fixture.buses(), (Some(A), Some(B)));
}

#[test]
fn nothing_is_on_air_before_the_mixer_confirmed_it() {
    let mut fixture = Fixture::new();
    fixture.send(Command::Cut);
    assert_eq!(fixture.buses(), (Some(A), Some(B)));
    assert!(fixture.events.is_empty(), "{:?}", fixture.events);
    fixture.confirm();
    assert!(fixture.events.iter().any(|e| matches!(e, Event::TallyChanged { slot: Slot(101), .. })));
}

#[test]
fn cut_to_source_leaves_the_old_program_on_preview_and_is_nothing_when_it_is_on_program() {
    let mut fixture = Fixture::new();
    fixture.run(Command::CutTo { source: C }).unwrap();
    assert_eq!(fixture.buses(), (Some(C), Some(A)));
    assert_eq!(fixture.run(Command::CutTo { source: C }).unwrap(), Reply::Done);
    assert_eq!(fixture.buses(), (Some(C), Some(A)));
    assert_eq!(code(fixture.run(Command::CutTo { source: SourceId(9) })), "source");
}

#[test]
fn a_cut_needs_a_preview_that_is_not_on_program() {
    let mut fixture = Fixture::new();
    fixture.run(Command::SetPreview { source: A }).unwrap();
    assert_eq!(code(fixture.run(Command::Cut)), "preview_on_program");
    assert_eq!(code(fixture.run(Command::Fade { duration: None })), "preview_on_program");
    assert_eq!(fixture.buses(), (Some(A), Some(A)));
}

#[test]
fn a_fade_has_both_sources_on_program_and_ends_like_a_cut() {
    let mut fixture = Fixture::new();
    let reply = fixture.run(Command::Fade { duration: Some(Duration::from_millis(500)) }).unwrap();
    assert!(matches!(reply, Reply::Switched { slots: 15, .. }), "{reply:?}");
    let tally = fixture.show.view().tally();
    assert_eq!(tally.program.into_iter().collect::<Vec<_>>(), [A, B]);
    assert_eq!(fixture.run(Command::Fade { duration: None }).unwrap(), Reply::Done, "a second fade is ignored");
    assert_eq!(code(fixture.run(Command::SetPreview { source: C })), "fade_active");
    fixture.pass(15);
    assert_eq!(fixture.buses(), (Some(B), Some(A)));
    assert_eq!(fixture.show.view().tally().program.into_iter().collect::<Vec<_>>(), [B]);
}

#[test]
fn a_cut_during_a_fade_finishes_it_at_once() {
    let mut fixture = Fixture::new();
    fixture.run(Command::Fade { duration: None }).unwrap();
    fixture.run(Command::Cut).unwrap();
    assert_eq!(fixture.buses(), (Some(B), Some(A)));
    fixture.pass(100);
    assert_eq!(fixture.buses(), (Some(B), Some(A)));
}

#[test]
fn a_cut_that_crosses_the_end_of_a_fade_on_its_way_does_not_swap_back() {
    let mut fixture = Fixture::new();
    fixture.run(Command::Fade { duration: None }).unwrap();
    fixture.send(Command::Cut); // meant for the fade, which ends before the mixer hears of it
    fixture.pass(30);
    fixture.confirm();
    assert_eq!(fixture.buses(), (Some(B), Some(A)));
}

#[test]
fn a_cut_back_to_where_a_fade_came_from_leaves_its_target_on_preview() {
    let mut fixture = Fixture::new();
    fixture.run(Command::Fade { duration: None }).unwrap();
    fixture.run(Command::CutTo { source: A }).unwrap();
    assert_eq!(fixture.buses(), (Some(A), Some(B)));
    assert!(fixture.show.view().switcher.fade.is_none());
}

#[test]
fn fades_last_more_than_nothing_and_at_most_a_minute() {
    let mut fixture = Fixture::new();
    for wrong in [Duration::ZERO, Duration::from_secs(61)] {
        assert_eq!(code(fixture.run(Command::Fade { duration: Some(wrong) })), "invalid");
        assert_eq!(code(fixture.run(Command::SetFadeDuration { duration: wrong })), "invalid");
    }
    fixture.run(Command::SetFadeDuration { duration: Duration::from_secs(2) }).unwrap();
    let reply = fixture.run(Command::Fade { duration: None }).unwrap();
    assert!(matches!(reply, Reply::Switched { slots: 60, .. }), "{reply:?}");
}
