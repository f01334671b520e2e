//! Outputs and recorders.

use crate::fixture::{A, Fixture, code};
use lumencast::domain::{
    command::{Command, RecordingInfo, Reply, Ticket},
    disk::{Disk, Room},
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
    for url in ["rtmp:///live/key", "rtmp://", "rtmp://localhost", "rtmp://localhost/live", "rtmp://localhost/live/"] {
        let refused = fixture.run(Command::ConfigurePush { output: 1, url: url.into() });
        assert_eq!(refused.expect_err(url).subject, "url", "{url}");
    }
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

/// A recorder that runs, and the ticket of its start.
fn recording() -> (Fixture, Ticket) {
    let mut fixture = Fixture::new();
    let start = fixture.send(Command::StartRecording { recorder: 1, stream: None });
    fixture.show.report(Report::RecordingStarted { ticket: start, recorder: 1, file: "a.mp4".into(), first: None });
    fixture.show.next_ack().expect("the start is answered").result.expect("it began");
    while fixture.show.next_order().is_some() {}
    (fixture, start)
}

fn disk(room: Room) -> Report {
    Report::Disk(Disk { room, free: 3_000_000, needed: 5_000_000 })
}

fn stopped(ticket: Ticket, frames: u64) -> Report {
    let file = "a.mp4".to_owned();
    Report::RecordingStopped { ticket, recorder: 1, file, parts: Vec::new(), first: None, frames }
}

fn state(fixture: &Fixture) -> Recording {
    fixture.show.view().recorders[0].state.clone()
}

#[test]
fn a_full_disk_ends_a_recording_and_room_begins_its_next_part() {
    let (mut fixture, start) = recording();
    fixture.show.report(disk(Room::Low));
    assert_eq!(fixture.show.next_order(), None, "a warning ends nothing");
    fixture.show.report(disk(Room::Full));
    assert_eq!(fixture.show.next_order(), Some(Order::StopRecording { ticket: start, recorder: 1 }));
    assert_eq!(state(&fixture), Recording::Suspended { file: "a.mp4".into() });
    assert!(fixture.show.view().recorders[0].error.as_ref().is_some_and(|error| error.contains("full: 3 MB")));
    assert_eq!(code(fixture.run_alone(Command::StartRecording { recorder: 1, stream: None })), "recording");
    fixture.show.report(stopped(start, 90));
    fixture.show.report(disk(Room::Low));
    let order = fixture.show.next_order();
    let Some(Order::StartRecording { ticket, after: Some(after), .. }) = order else { panic!("{order:?}") };
    assert_eq!((ticket, after.file.as_str(), after.frames), (start, "a.mp4", 90));
    fixture.show.report(Report::RecordingStarted { ticket, recorder: 1, file: "a.mp4".into(), first: None });
    assert_eq!(state(&fixture), Recording::Running { file: "a.mp4".into() });
    assert_eq!(fixture.show.view().recorders[0].error, None);
    let stop = fixture.send(Command::StopRecording { recorder: 1 });
    fixture.show.report(stopped(stop, 200));
    assert_eq!(state(&fixture), Recording::Idle);
}

#[test]
fn a_suspended_recording_is_stopped_with_its_files_whether_they_are_whole_yet_or_not() {
    for whole_first in [true, false] {
        let (mut fixture, start) = recording();
        while fixture.show.next_ack().is_some() {}
        fixture.show.report(disk(Room::Full));
        if whole_first {
            fixture.show.report(stopped(start, 90));
        }
        let stop = fixture.send(Command::StopRecording { recorder: 1 });
        if !whole_first {
            assert!(fixture.answer(stop).is_none());
            fixture.show.report(stopped(start, 90));
        }
        let answer = fixture.answer(stop).or_else(|| Some(fixture.show.next_ack()?.result));
        let Some(Ok(Reply::Recording(info))) = answer else { panic!("{answer:?}") };
        assert_eq!((info.frames, state(&fixture)), (90, Recording::Idle));
        fixture.show.report(disk(Room::Enough));
        assert!(!std::iter::from_fn(|| fixture.show.next_order()).any(|o| matches!(o, Order::StartRecording { .. })));
    }
}

#[test]
fn a_writer_that_learns_first_that_the_disk_is_full_is_suspended_too() {
    let (mut fixture, start) = recording();
    let info = RecordingInfo { recorder: 1, file: "a.mp4".into(), parts: Vec::new(), first: None, frames: 7 };
    let out = |kept| Report::RecordingOutOfSpace { ticket: start, recorder: 1, reason: "full".into(), kept };
    fixture.show.report(disk(Room::Full));
    fixture.show.report(out(Some(info.clone())));
    // The stop that was on its way finds nothing, and that is no news.
    let late = Report::RecordingFailed { ticket: Some(start), recorder: 1, reason: "it ended".into() };
    fixture.show.report(late);
    assert_eq!(state(&fixture), Recording::Suspended { file: "a.mp4".into() });
    while fixture.show.next_order().is_some() {}
    // A first try to go on that finds the disk full again waits for the next room.
    for _ in 0..2 {
        fixture.show.report(disk(Room::Enough));
        let order = fixture.show.next_order();
        assert!(
            matches!(&order, Some(Order::StartRecording { after: Some(after), .. }) if *after == info),
            "{order:?}"
        );
        fixture.show.report(out(None));
        assert_eq!(state(&fixture), Recording::Suspended { file: "a.mp4".into() });
        fixture.show.report(disk(Room::Full));
    }
}

#[test]
fn a_start_that_finds_the_disk_full_fails_and_is_not_taken_up_later() {
    let mut fixture = Fixture::new();
    let start = fixture.send(Command::StartRecording { recorder: 1, stream: None });
    fixture.show.report(disk(Room::Full));
    let reason = "The disk is full".to_owned();
    fixture.show.report(Report::RecordingOutOfSpace { ticket: start, recorder: 1, reason, kept: None });
    let ack = fixture.show.next_ack().expect("an answer");
    assert_eq!((ack.ticket, code(ack.result)), (start, "recording"));
    fixture.orders.clear();
    while fixture.show.next_order().is_some() {}
    fixture.show.report(disk(Room::Enough));
    assert_eq!(fixture.show.next_order(), None);
    assert_eq!(state(&fixture), Recording::Idle);
}
