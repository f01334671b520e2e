//! Inputs that come, change and go while the show runs.

use crate::fixture::{A, B, C, Fixture, code, input};
use lumencast::domain::{
    command::{Command, Reply},
    event::Event,
    fault::Kind,
    input::{InputChange, MAX_INPUTS},
    order::{Order, Report},
    output::{LinkState, OutputSource},
    show::{Setup, Show},
    source::{Health, Signal, SourceId, SourceKind},
    time::{ShowTime, Slot},
};
use std::{sync::Arc, time::Duration};

const D: SourceId = SourceId(3);

fn add(key: &str) -> Command {
    Command::AddInput { input: input(key) }
}

fn remove(source: SourceId) -> Command {
    Command::RemoveInput { source, force: false }
}

fn ids(fixture: &Fixture) -> Vec<u32> {
    fixture.show.view().sources.iter().map(|source| source.id.0).collect()
}

#[test]
fn an_input_is_there_and_answered_when_the_machine_confirmed_it() {
    let mut fixture = Fixture::new();
    let ticket = fixture.send(add("new"));
    assert_eq!(ids(&fixture), [0, 1, 2]);
    assert!(fixture.events.is_empty() && fixture.answer(ticket).is_none(), "nobody learns of it yet");
    assert_eq!(code(fixture.run(Command::CutTo { source: D })), "source");
    fixture.confirm();
    let reply = fixture.answer(ticket).unwrap().unwrap();
    assert!(matches!(reply, Reply::InputAdded { source: D, slot: Slot(101), .. }), "{reply:?}");
    assert_eq!(ids(&fixture), [0, 1, 2, 3]);
    assert_eq!(fixture.events, [Event::InputsChanged]);
    fixture.run(Command::CutTo { source: D }).unwrap();
    assert_eq!(fixture.buses().0, Some(D));
}

#[test]
fn an_input_that_cannot_be_made_is_a_fault_and_changes_nothing() {
    let mut fixture = Fixture::new();
    let before = fixture.show.view();
    for command in [add("new"), Command::AssignInput { source: C, kind: SourceKind::Lights }] {
        let ticket = fixture.send(command);
        fixture.show.report(Report::InputFailed { ticket, reason: "the device is busy".into() });
        let fault = fixture.show.next_ack().unwrap().result.unwrap_err();
        assert_eq!((fault.kind, fault.detail.as_str()), (Kind::Failed, "the device is busy"));
    }
    assert_eq!(fixture.show.view(), before);
    assert!(fixture.show.drain_events().is_empty());
    fixture.orders.clear();
    // Its number is used up all the same: the engine may have reported it.
    let reply = fixture.run(add("new")).unwrap();
    assert!(matches!(reply, Reply::InputAdded { source: SourceId(4), .. }), "{reply:?}");
}

#[test]
fn ids_stay_when_others_go_and_are_not_given_out_again() {
    let mut fixture = Fixture::new();
    fixture.run(add("d")).unwrap();
    fixture.run(remove(C)).unwrap();
    fixture.run(remove(D)).unwrap();
    assert_eq!(ids(&fixture), [0, 1]);
    let reply = fixture.run(add("e")).unwrap();
    assert!(matches!(reply, Reply::InputAdded { source: SourceId(4), .. }), "{reply:?}");
    assert_eq!(ids(&fixture), [0, 1, 4]);
    assert_eq!(code(fixture.run(Command::SetPreview { source: C })), "source");
}

#[test]
fn an_input_on_program_goes_only_when_forced_and_preview_follows() {
    let mut fixture = Fixture::new();
    assert_eq!(code(fixture.run(remove(A))), "input_on_program");
    let ticket = fixture.send(Command::RemoveInput { source: A, force: true });
    let wanted = [Order::Switch { ticket, change: cut(B, None) }, change(&fixture, A, InputChange::Remove)];
    assert_eq!(fixture.orders, wanted, "off program first");
    assert_eq!(code(fixture.run_alone(Command::CutTo { source: A })), "input_leaving");
    fixture.confirm();
    assert_eq!(fixture.answer(ticket), Some(Ok(Reply::Done)));
    assert_eq!((fixture.buses(), ids(&fixture)), ((Some(B), None), vec![1, 2]));
    // Without a preview the first other one follows; the last one stays.
    fixture.run(Command::RemoveInput { source: B, force: true }).unwrap();
    assert_eq!(fixture.buses(), (Some(C), None));
    assert_eq!(code(fixture.run(Command::RemoveInput { source: C, force: true })), "last_input");
}

#[test]
fn an_input_in_a_fade_is_on_program_and_one_on_preview_is_not() {
    let mut fixture = Fixture::new();
    fixture.run(Command::Fade { duration: None }).unwrap();
    assert_eq!((code(fixture.run(remove(A))), code(fixture.run(remove(B)))), ("input_on_program", "input_on_program"));
    fixture.run(Command::RemoveInput { source: B, force: true }).unwrap();
    let view = fixture.show.view();
    assert_eq!((view.switcher.program, view.switcher.preview, view.switcher.fade), (Some(A), None, None));
    fixture.run(Command::SetPreview { source: C }).unwrap();
    fixture.run(remove(C)).unwrap();
    assert_eq!(fixture.buses(), (Some(A), None));
    assert_eq!(code(fixture.run(Command::Cut)), "no_preview");
}

#[test]
fn the_first_input_of_an_empty_show_goes_on_program_and_the_next_on_preview() {
    let format = Fixture::new().show.view().project;
    let (channels, graphics, fade) = (vec![], vec![], Duration::from_secs(1));
    let show = Show::new(Setup { project: format, inputs: vec![], channels, graphics, fade });
    let mut fixture = Fixture::new();
    fixture.show = show;
    fixture.run(add("one")).unwrap();
    fixture.confirm();
    assert_eq!(fixture.buses(), (Some(A), None));
    fixture.run(add("two")).unwrap();
    fixture.confirm();
    fixture.run(add("three")).unwrap();
    fixture.confirm();
    assert_eq!(fixture.buses(), (Some(A), Some(B)));
    assert!(fixture.acks.is_empty(), "each command is answered once: {:?}", fixture.acks);
}

#[test]
fn label_latency_and_what_feeds_it_change_under_the_same_id() {
    let mut fixture = Fixture::new();
    let stream = SourceKind::Stream { stream: Some("live-studio/anna".into()) };
    for command in [
        Command::RenameInput { source: B, label: "Camera 2".into() },
        Command::SetInputLatency { source: B, latency: Duration::from_millis(400) },
        Command::AssignInput { source: B, kind: stream.clone() },
    ] {
        assert_eq!(fixture.run(command), Ok(Reply::Done));
    }
    let source = fixture.show.view().sources[1].clone();
    assert_eq!((source.id, source.label.as_str(), source.kind), (B, "Camera 2", stream));
    assert_eq!(source.latency, Duration::from_millis(400));
    assert!(fixture.events.len() == 3 && fixture.events.iter().all(|event| *event == Event::InputsChanged));
    for (command, parameter) in [
        (Command::RenameInput { source: B, label: "two\nlines".into() }, "label"),
        (Command::SetInputLatency { source: B, latency: Duration::from_millis(5001) }, "latency"),
        (Command::AssignInput { source: B, kind: SourceKind::Stream { stream: Some("anna".into()) } }, "stream"),
    ] {
        let fault = fixture.run(command).unwrap_err();
        assert_eq!((fault.kind, fault.subject.as_str()), (Kind::Invalid, parameter));
    }
    let nowhere = SourceId(9);
    for command in [
        remove(nowhere),
        Command::RenameInput { source: nowhere, label: "x".into() },
        Command::SetInputLatency { source: nowhere, latency: Duration::ZERO },
        Command::AssignInput { source: nowhere, kind: SourceKind::Lights },
    ] {
        assert_eq!(fixture.run(command).unwrap_err().kind, Kind::NotFound);
    }
}

#[test]
fn a_stream_key_belongs_to_one_input() {
    let mut fixture = Fixture::new();
    assert_eq!(code(fixture.run(add("k1"))), "key_taken");
    let ticket = fixture.send(add("new"));
    assert_eq!(code(fixture.run_alone(add("new"))), "key_taken", "one that is being added has it already");
    fixture.confirm();
    fixture.answer(ticket).unwrap().unwrap();
    let own = SourceKind::Rtmp { key: "k1".into() };
    assert_eq!(code(fixture.run(Command::AssignInput { source: A, kind: own.clone() })), "key_taken");
    fixture.run(Command::AssignInput { source: B, kind: own }).unwrap();
    fixture.run(remove(C)).unwrap();
    fixture.run(add("k2")).unwrap();
}

#[test]
fn there_is_a_most_of_inputs_and_those_that_are_coming_count() {
    let mut fixture = Fixture::new();
    for n in 3..MAX_INPUTS - 1 {
        fixture.run(add(&format!("n{n}"))).unwrap();
    }
    fixture.send(add("last"));
    assert_eq!(code(fixture.run_alone(add("one-too-many"))), "too_many_inputs");
    fixture.confirm();
    fixture.run(remove(C)).unwrap();
    fixture.run(add("room-again")).unwrap();
}

#[test]
fn what_a_recorder_or_a_push_carries_is_not_taken_from_under_it() {
    let mut fixture = Fixture::new();
    let stream = OutputSource::Input(C);
    let ticket = fixture.send(Command::StartRecording { recorder: 1, stream: Some(stream.clone()) });
    let lights = || Command::AssignInput { source: C, kind: SourceKind::Lights };
    assert_eq!(code(fixture.run(Command::RemoveInput { source: C, force: true })), "input_in_use");
    assert_eq!(code(fixture.run(lights())), "input_in_use");
    fixture.show.report(Report::RecordingFailed { ticket: Some(ticket), recorder: 1, reason: "no key frame".into() });
    fixture.run(Command::ConfigurePush { output: 2, url: "rtmp://localhost/live/key".into() }).unwrap();
    fixture.run(Command::SetOutputStream { output: 2, stream: stream.clone() }).unwrap();
    fixture.run(Command::StartPush { output: 2 }).unwrap();
    assert_eq!(code(fixture.run(remove(C))), "input_in_use");
    fixture.run(Command::StopPush { output: 2 }).unwrap();
    fixture.run(remove(C)).unwrap();
    // They still name it, and fail when they are to carry it.
    let view = fixture.show.view();
    assert_eq!((&view.outputs[1].stream, &view.recorders[0].stream), (&stream, &stream));
    assert_eq!(code(fixture.run(Command::StartPush { output: 2 })), "source");
    let start = Command::StartRecording { recorder: 1, stream: Some(stream) };
    assert_eq!(code(fixture.run(start)), "source");
    assert_eq!(fixture.show.view().outputs[1].push.as_ref().unwrap().state, LinkState::Idle);
}

#[test]
fn nothing_new_takes_an_input_that_is_leaving() {
    let mut fixture = Fixture::new();
    fixture.send(remove(C));
    let stream = Some(OutputSource::Input(C));
    for command in [
        Command::SetPreview { source: C },
        Command::StartRecording { recorder: 1, stream },
        Command::RenameInput { source: C, label: "late".into() },
        remove(C),
    ] {
        assert_eq!(code(fixture.run_alone(command)), "input_leaving");
    }
    fixture.confirm();
    assert_eq!(ids(&fixture), [0, 1]);
}

#[test]
fn health_that_is_measured_before_an_input_is_confirmed_is_not_lost() {
    let mut fixture = Fixture::new();
    fixture.send(add("new"));
    let health = Health { signal: Signal::Ok, fps: 25.0, last_frame_ms: Some(8), has_audio: true };
    fixture.show.report(Report::Source { source: D, health });
    assert!(fixture.show.drain_events().is_empty());
    fixture.confirm();
    assert_eq!(fixture.show.view().sources[3].health, health);
    fixture.run(remove(D)).unwrap();
    fixture.show.report(Report::Source { source: D, health });
    assert!(fixture.show.drain_events().is_empty(), "a late report of an input that is gone");
}

#[test]
fn a_change_copies_its_own_section_of_the_view_alone() {
    let mut fixture = Fixture::new();
    let before = fixture.show.view();
    fixture.run(Command::Cut).unwrap();
    let cut = fixture.show.view();
    assert!(Arc::ptr_eq(&before.sources, &cut.sources) && Arc::ptr_eq(&before.outputs, &cut.outputs));
    assert!(Arc::ptr_eq(&before.graphics, &cut.graphics) && Arc::ptr_eq(&before.recorders, &cut.recorders));
    fixture.run(Command::RenameInput { source: A, label: "Renamed".into() }).unwrap();
    let renamed = fixture.show.view();
    assert!(!Arc::ptr_eq(&cut.sources, &renamed.sources) && Arc::ptr_eq(&cut.outputs, &renamed.outputs));
    assert_eq!((before.sources[0].label.as_str(), renamed.sources[0].label.as_str()), ("in k0", "Renamed"));
}

#[test]
fn a_late_or_foreign_confirmation_changes_nothing() {
    let mut fixture = Fixture::new();
    let ticket = fixture.send(remove(C));
    fixture.confirm();
    fixture.events.clear();
    fixture.show.report(Report::InputChanged { ticket, slot: Slot(300), time: ShowTime(0) });
    fixture.show.report(Report::InputFailed { ticket, reason: "late".into() });
    assert!(fixture.show.drain_events().is_empty() && fixture.show.next_order().is_none());
}

fn cut(program: SourceId, preview: Option<SourceId>) -> lumencast::domain::switcher::SceneChange {
    lumencast::domain::switcher::SceneChange::Cut { program, preview }
}

fn change(fixture: &Fixture, source: SourceId, change: InputChange) -> Order {
    Order::ChangeInput { ticket: fixture.last(), source, change }
}
