//! Outputs and recorders.

use crate::fixture::{A, Fixture, code};
use lumencast::domain::{
    command::{Command, Reply},
    order::{Order, Report},
    output::{LinkState, OutputSource, Recording},
    time::{ShowTime, Slot},
};

const URL: &str = "rtmp://localhost/live/key";

fn configured() -> Fixture {
    let mut fixture = Fixture::new();
    fixture.run(Command::ConfigurePush { output: 1, url: URL.into() }).unwrap();
    fixture
}

#[test]
fn a_push_needs_a_destination_of_a_known_kind() {
    let mut fixture = Fixture::new();
    assert_eq!(code(fixture.run(Command::StartPush { output: 1 })), "no_destination");
    assert_eq!(code(fixture.run(Command::ConfigurePush { output: 1, url: "http://x".into() })), "invalid");
    assert_eq!(code(fixture.run(Command::StartPush { output: 5 })), "output");
}

#[test]
fn a_push_runs_until_it_is_stopped_and_old_reports_say_nothing() {
    let mut fixture = configured();
    fixture.run(Command::StartPush { output: 1 }).unwrap();
    assert!(matches!(&fixture.orders[..], [Order::StartPush { output: 1, stream: OutputSource::Program, .. }]));
    assert_eq!(code(fixture.run(Command::ConfigurePush { output: 1, url: URL.into() })), "output_running");
    fixture.show.report(Report::Push { output: 1, state: LinkState::Live, error: None });
    fixture.run(Command::StopPush { output: 1 }).unwrap();
    fixture.show.report(Report::Push { output: 1, state: LinkState::Reconnecting, error: Some("late".into()) });
    assert_eq!(fixture.show.view().outputs[0].push.as_ref().unwrap().state, LinkState::Idle);
}

#[test]
fn a_push_that_gave_up_can_be_configured_and_started_again() {
    let mut fixture = configured();
    fixture.run(Command::StartPush { output: 1 }).unwrap();
    fixture.show.report(Report::Push { output: 1, state: LinkState::Error, error: Some("never".into()) });
    fixture.run(Command::ConfigurePush { output: 1, url: URL.into() }).unwrap();
    fixture.orders.clear();
    fixture.run(Command::StartPush { output: 1 }).unwrap();
    assert_eq!(fixture.orders.len(), 1);
}

#[test]
fn another_stream_on_a_running_output_restarts_it() {
    let mut fixture = configured();
    fixture.run(Command::StartPush { output: 1 }).unwrap();
    fixture.orders.clear();
    fixture.run(Command::SetOutputStream { output: 1, stream: OutputSource::Input(A) }).unwrap();
    assert!(matches!(
        &fixture.orders[..],
        [Order::StopPush { .. }, Order::StartPush { stream: OutputSource::Input(A), .. }]
    ));
}

#[test]
fn a_recorder_is_answered_with_its_file_when_the_first_picture_is_in_it() {
    let mut fixture = Fixture::new();
    let ticket = fixture.send(Command::StartRecording { recorder: 2, stream: None });
    assert!(fixture.answer(ticket).is_none());
    let first = Some((Slot(9), ShowTime(300_000_000)));
    fixture.show.report(Report::RecordingStarted { ticket, recorder: 2, file: "p.mp4".into(), first });
    let Reply::Recording(info) = fixture.show.next_ack().unwrap().result.unwrap() else { panic!() };
    assert_eq!((info.file.as_str(), info.first), ("p.mp4", first));
    assert_eq!(code(fixture.run(Command::StartRecording { recorder: 2, stream: None })), "recording");
    let ticket = fixture.send(Command::StopRecording { recorder: 2 });
    fixture.show.report(Report::RecordingStopped {
        ticket,
        recorder: 2,
        file: "p.mp4".into(),
        parts: Vec::new(),
        first,
        frames: 90,
    });
    let Reply::Recording(info) = fixture.show.next_ack().unwrap().result.unwrap() else { panic!() };
    assert_eq!(info.frames, 90);
    assert_eq!(fixture.show.view().recorders[1].state, Recording::Idle);
    assert_eq!(code(fixture.run(Command::StopRecording { recorder: 2 })), "not_recording");
}

#[test]
fn a_plain_start_records_program_whatever_was_recorded_before() {
    let mut fixture = Fixture::new();
    let stream = Some(OutputSource::Input(A));
    let ticket = fixture.send(Command::StartRecording { recorder: 1, stream });
    fixture.show.report(Report::RecordingFailed { ticket: Some(ticket), recorder: 1, reason: "disk full".into() });
    fixture.orders.clear();
    fixture.send(Command::StartRecording { recorder: 1, stream: None });
    assert!(matches!(&fixture.orders[..], [Order::StartRecording { stream: OutputSource::Program, .. }]));
}

#[test]
fn a_stop_cancels_a_start_whatever_the_engine_reports_of_it() {
    let late = |ticket| Report::RecordingStarted { ticket, recorder: 1, file: "p.mp4".into(), first: None };
    let failed = |ticket| Report::RecordingFailed { ticket: Some(ticket), recorder: 1, reason: "no picture".into() };
    let stopped = |ticket| {
        let file = "p.mp4".to_owned();
        Report::RecordingStopped { ticket, recorder: 1, file, parts: Vec::new(), first: None, frames: 3 }
    };
    for case in 0..3 {
        let mut fixture = Fixture::new();
        let start = fixture.send(Command::StartRecording { recorder: 1, stream: None });
        let stop = fixture.send(Command::StopRecording { recorder: 1 });
        assert_eq!(code(fixture.answer(start).unwrap()), "cancelled");
        match case {
            0 => {
                fixture.show.report(late(start));
                assert_eq!(fixture.show.view().recorders[0].state, Recording::Cancelling);
                fixture.show.report(stopped(stop));
            }
            1 => {
                fixture.show.report(failed(start));
                fixture.show.report(failed(stop));
            }
            _ => fixture.show.report(failed(stop)),
        }
        let ack = fixture.show.next_ack().unwrap();
        assert!(ack.ticket == stop && ack.result.is_ok(), "case {case}");
        let recorder = fixture.show.view().recorders[0].clone();
        assert_eq!((recorder.state, recorder.error), (Recording::Idle, None), "case {case}");
        fixture.orders.clear();
        fixture.send(Command::StartRecording { recorder: 1, stream: None });
        assert_eq!(fixture.orders.len(), 1, "case {case}");
    }
}

#[test]
fn a_start_while_the_recorder_stops_waits_for_the_stop() {
    let mut fixture = Fixture::new();
    let start = fixture.send(Command::StartRecording { recorder: 1, stream: None });
    fixture.show.report(Report::RecordingStarted { ticket: start, recorder: 1, file: "a.mp4".into(), first: None });
    fixture.show.next_ack().unwrap().result.unwrap();
    let stop = fixture.send(Command::StopRecording { recorder: 1 });
    fixture.orders.clear();
    let stream = Some(OutputSource::Input(A));
    let next = fixture.send(Command::StartRecording { recorder: 1, stream });
    assert!(fixture.answer(next).is_none() && fixture.orders.is_empty());
    assert_eq!(code(fixture.run(Command::StartRecording { recorder: 1, stream: None })), "recording", "one may wait");
    let report = Report::RecordingStopped {
        ticket: stop,
        recorder: 1,
        file: "a.mp4".into(),
        parts: Vec::new(),
        first: None,
        frames: 9,
    };
    fixture.show.report(report);
    let order = fixture.show.next_order();
    assert!(
        matches!(&order, Some(Order::StartRecording { ticket, stream: OutputSource::Input(A), .. }) if *ticket == next),
        "{order:?}"
    );
}

#[test]
fn a_recorder_that_fails_on_its_own_says_why_and_can_start_again() {
    let mut fixture = Fixture::new();
    let ticket = fixture.send(Command::StartRecording { recorder: 1, stream: None });
    fixture.show.report(Report::RecordingStarted { ticket, recorder: 1, file: "p.mp4".into(), first: None });
    fixture.show.report(Report::RecordingFailed { ticket: None, recorder: 1, reason: "disk full".into() });
    let recorder = fixture.show.view().recorders[0].clone();
    assert_eq!((recorder.state, recorder.error.as_deref()), (Recording::Idle, Some("disk full")));
    fixture.orders.clear();
    fixture.send(Command::StartRecording { recorder: 1, stream: None });
    assert_eq!(fixture.orders.len(), 1);
}
