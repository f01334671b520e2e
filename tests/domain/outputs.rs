//! Outputs and recorders.

use crate::stage::{A, Stage, code};
use lumencast::domain::{
    command::{Command, Reply},
    order::{Order, Report},
    output::{LinkState, Recording},
    source::StreamId,
    time::{ShowTime, Slot},
};

const URL: &str = "rtmp://localhost/live/key";

fn configured() -> Stage {
    let mut stage = Stage::new();
    stage.run(Command::ConfigurePush { output: 1, url: URL.into() }).unwrap();
    stage
}

#[test]
fn a_push_needs_a_destination_of_a_known_kind() {
    let mut stage = Stage::new();
    assert_eq!(code(stage.run(Command::StartPush { output: 1 })), "no_destination");
    assert_eq!(code(stage.run(Command::ConfigurePush { output: 1, url: "http://x".into() })), "invalid");
    assert_eq!(code(stage.run(Command::StartPush { output: 5 })), "output");
}

#[test]
fn a_push_runs_until_it_is_stopped_and_old_reports_say_nothing() {
    let mut stage = configured();
    stage.run(Command::StartPush { output: 1 }).unwrap();
    assert!(matches!(&stage.orders[..], [Order::StartPush { output: 1, stream: StreamId::Program, .. }]));
    assert_eq!(code(stage.run(Command::ConfigurePush { output: 1, url: URL.into() })), "output_running");
    stage.show.report(Report::Push { output: 1, state: LinkState::Live, error: None });
    stage.run(Command::StopPush { output: 1 }).unwrap();
    stage.show.report(Report::Push { output: 1, state: LinkState::Reconnecting, error: Some("late".into()) });
    assert_eq!(stage.show.view().outputs[0].push.as_ref().unwrap().state, LinkState::Idle);
}

#[test]
fn a_push_that_gave_up_can_be_configured_and_started_again() {
    let mut stage = configured();
    stage.run(Command::StartPush { output: 1 }).unwrap();
    stage.show.report(Report::Push { output: 1, state: LinkState::Error, error: Some("never".into()) });
    stage.run(Command::ConfigurePush { output: 1, url: URL.into() }).unwrap();
    stage.orders.clear();
    stage.run(Command::StartPush { output: 1 }).unwrap();
    assert_eq!(stage.orders.len(), 1);
}

#[test]
fn another_stream_on_a_running_output_restarts_it() {
    let mut stage = configured();
    stage.run(Command::StartPush { output: 1 }).unwrap();
    stage.orders.clear();
    stage.run(Command::SetOutputStream { output: 1, stream: StreamId::Source(A) }).unwrap();
    assert!(matches!(
        &stage.orders[..],
        [Order::StopPush { .. }, Order::StartPush { stream: StreamId::Source(A), .. }]
    ));
}

#[test]
fn a_recorder_is_answered_with_its_file_when_the_first_picture_is_in_it() {
    let mut stage = Stage::new();
    let ticket = stage.send(Command::StartRecording { recorder: 2, stream: None });
    assert!(stage.answer(ticket).is_none());
    assert_eq!(code(stage.run(Command::StopRecording { recorder: 2 })), "not_recording");
    let first = Some((Slot(9), ShowTime(300_000_000)));
    stage.show.report(Report::RecordingStarted { ticket, recorder: 2, file: "p.mp4".into(), first });
    let Reply::Recording(info) = stage.show.next_ack().unwrap().result.unwrap() else { panic!() };
    assert_eq!((info.file.as_str(), info.first), ("p.mp4", first));
    assert_eq!(code(stage.run(Command::StartRecording { recorder: 2, stream: None })), "recording");
    let ticket = stage.send(Command::StopRecording { recorder: 2 });
    stage.show.report(Report::RecordingStopped { ticket, recorder: 2, file: "p.mp4".into(), first, frames: 90 });
    let Reply::Recording(info) = stage.show.next_ack().unwrap().result.unwrap() else { panic!() };
    assert_eq!(info.frames, 90);
    assert_eq!(stage.show.view().recorders[1].state, Recording::Idle);
}

#[test]
fn a_recorder_that_fails_on_its_own_says_why_and_can_start_again() {
    let mut stage = Stage::new();
    let ticket = stage.send(Command::StartRecording { recorder: 1, stream: None });
    stage.show.report(Report::RecordingStarted { ticket, recorder: 1, file: "p.mp4".into(), first: None });
    stage.show.report(Report::RecordingFailed { ticket: None, recorder: 1, reason: "disk full".into() });
    let recorder = stage.show.view().recorders[0].clone();
    assert_eq!((recorder.state, recorder.error.as_deref()), (Recording::Idle, Some("disk full")));
    stage.orders.clear();
    stage.send(Command::StartRecording { recorder: 1, stream: None });
    assert_eq!(stage.orders.len(), 1);
}
