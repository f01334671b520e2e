//! Inputs come, change and go while program runs.

use super::{
    census,
    fixture::Fixture,
    marked::{self, Seen, Watch},
};
use crate::turn::turn;
use lumencast::domain::{
    capture::{CameraFormat, CaptureSpec, PictureDevice, SoundDevice},
    command::Ticket,
    input::{Input, InputChange},
    order::{Order, Report},
    source::{Signal, SourceId, SourceKind},
    switcher::SceneChange,
};
use std::time::Duration;

const A: SourceId = SourceId(0);
const B: SourceId = SourceId(1);

/// Jitter of a machine that does other work besides must not empty a slot: it is not what is tested here.
const LATENCY: Duration = Duration::from_millis(1000);

fn input(kind: SourceKind) -> Input {
    Input { label: "new".into(), kind, latency: LATENCY }
}

fn published(key: &str) -> SourceKind {
    SourceKind::Rtmp { key: key.into() }
}

fn pattern(pattern: &str) -> SourceKind {
    SourceKind::Pattern { pattern: pattern.into(), tone_hz: 440 }
}

fn test_device() -> SourceKind {
    let picture = Some(PictureDevice::Test { frames: None });
    SourceKind::Capture(CaptureSpec { picture, sound: Some(SoundDevice::Test) })
}

fn missing_device() -> SourceKind {
    let device = "/dev/video-that-is-not-there".to_owned();
    let picture = PictureDevice::V4l2 { device, format: CameraFormat::Raw, size: None, rate: None };
    SourceKind::Capture(CaptureSpec { picture: Some(picture), sound: None })
}

/// Gives an order and waits for its report; the slot that it names.
fn change(fixture: &Fixture, number: u64, source: SourceId, change: InputChange) -> Result<u64, String> {
    let ticket = Ticket(number);
    fixture.order(Order::ChangeInput { ticket, source, change });
    let is_mine = |report: &Report| matches!(report, Report::InputChanged { ticket: t, .. } | Report::InputFailed { ticket: t, .. } if *t == ticket);
    match fixture.report(is_mine) {
        Report::InputChanged { slot, .. } => Ok(slot.0),
        Report::InputFailed { reason, .. } => Err(reason),
        other => panic!("{other:?}"),
    }
}

fn cut(fixture: &Fixture, number: u64, program: SourceId, preview: Option<SourceId>) -> u64 {
    let ticket = Ticket(number);
    fixture.order(Order::Switch { ticket, change: SceneChange::Cut { program, preview } });
    match fixture.report(|report| matches!(report, Report::Switched { ticket: t, .. } if *t == ticket)) {
        Report::Switched { slot, .. } => slot.0,
        other => panic!("{other:?}"),
    }
}

/// How far a source's frame numbers run ahead of the slots, where it is shown; one value when no frame of it was lost and
/// none shown twice.
fn leads(seen: &[(u64, Seen)], wanted: u8) -> Vec<i64> {
    let mut leads: Vec<i64> = seen
        .iter()
        .filter_map(|(slot, seen)| match seen {
            Seen::Mark { source, n } if *source == wanted => Some(i64::from(*n) - *slot as i64),
            _ => None,
        })
        .collect();
    leads.dedup();
    leads
}

#[test]
fn an_input_comes_is_cut_to_and_goes_without_a_lost_or_repeated_slot_on_program() {
    let _turn = turn();
    let clips = [marked::packets(1, 600), marked::packets(2, 400)];
    let fixture = Fixture::with(vec![input(published("k0"))]);
    let [first, second] = clips;
    fixture.publish(A, first);
    let watch = Watch::begin(&fixture);
    let from = watch.settled(1);
    let added = change(&fixture, 1, B, InputChange::Add(input(published("k1")))).unwrap();
    watch.until(added + 10);
    fixture.publish(B, second);
    fixture.report(|report| matches!(report, Report::Source { source: B, health } if health.signal == Signal::Ok));
    let (now, _) = watch.last().unwrap();
    watch.until(now + 45); // its first frame is shown its latency later
    let there = cut(&fixture, 2, B, Some(A));
    watch.until(there + 30);
    change(&fixture, 3, A, InputChange::Rename("another label".into())).unwrap();
    let back = cut(&fixture, 4, A, Some(B));
    let removed = change(&fixture, 5, B, InputChange::Remove).unwrap();
    watch.until(removed + 30);
    assert!(back <= removed);
    let mut seen = watch.end();
    seen.retain(|(slot, _)| *slot >= from);
    for (slot, seen) in &seen {
        let wanted = if (there..back).contains(slot) { 2 } else { 1 };
        assert!(matches!(seen, Seen::Mark { source, .. } if *source == wanted), "slot {slot}: {seen:?}, not {wanted}");
    }
    assert_eq!((leads(&seen, 1).len(), leads(&seen, 2).len()), (1, 1), "{:?} {:?}", leads(&seen, 1), leads(&seen, 2));
    Fixture::until("its figures are gone", || fixture.stats().sources.iter().all(|(id, _)| *id != B));
}

#[test]
fn another_feed_takes_over_on_program_as_with_a_cut() {
    let _turn = turn();
    let clip = marked::packets(1, 500);
    let fixture = Fixture::with(vec![input(published("k0"))]);
    fixture.publish(A, clip);
    let watch = Watch::begin(&fixture);
    let from = watch.settled(1);
    let assigned = change(&fixture, 1, A, InputChange::Assign(test_device())).unwrap();
    watch.until(assigned + 60);
    // What cannot be opened leaves everything as it is.
    let failed = change(&fixture, 2, A, InputChange::Assign(missing_device()));
    assert!(failed.as_ref().is_err_and(|reason| !reason.is_empty()), "{failed:?}");
    let (now, _) = watch.last().unwrap();
    watch.until(now + 30);
    let mut seen = watch.end();
    seen.retain(|(slot, _)| *slot >= from);
    for (slot, seen) in &seen {
        // The device is narrower than program: black at the sides, where a slate is grey.
        let fits = match seen {
            Seen::Mark { source, .. } => *slot < assigned && *source == 1,
            Seen::Other { luma } => *slot >= assigned && *luma < 40,
        };
        assert!(fits, "slot {slot}, assigned at {assigned}: {seen:?}");
    }
    assert_eq!(leads(&seen, 1).len(), 1, "the old feed goes on to its last slot: {:?}", leads(&seen, 1));
    Fixture::until("the device goes on", || {
        fixture.stats().sources.iter().any(|(id, stats)| *id == A && stats.signal == Signal::Ok)
    });
}

#[test]
fn a_device_that_cannot_be_opened_makes_no_input() {
    let _turn = turn();
    let fixture = Fixture::open(1);
    let failed = change(&fixture, 1, B, InputChange::Add(input(missing_device())));
    assert!(failed.as_ref().is_err_and(|reason| !reason.is_empty()), "{failed:?}");
    assert!(!fixture.has(B));
    let lights = change(&fixture, 2, B, InputChange::Add(input(SourceKind::Lights)));
    assert!(lights.is_err_and(|reason| reason.contains("lights")), "this engine has none");
    change(&fixture, 3, B, InputChange::Add(input(test_device()))).unwrap();
    assert!(fixture.has(B));
    fixture.report(|report| matches!(report, Report::Source { source: B, health } if health.signal == Signal::Ok));
}

#[test]
fn a_later_latency_shows_the_next_frames_later_and_loses_none() {
    let _turn = turn();
    let clip = marked::packets(1, 500);
    let fixture = Fixture::with(vec![input(published("k0"))]);
    fixture.publish(A, clip);
    let watch = Watch::begin(&fixture);
    let from = watch.settled(1);
    let changed = change(&fixture, 1, A, InputChange::SetLatency(LATENCY + Duration::from_millis(200))).unwrap();
    watch.until(changed + 75);
    let mut seen = watch.end();
    seen.retain(|(slot, _)| *slot >= from);
    let leads = leads(&seen, 1);
    // One frame is shown for seven slots; nothing is lost before or after.
    assert_eq!(leads.first().unwrap() - leads.last().unwrap(), 6, "{leads:?}");
    assert!(leads.windows(2).all(|pair| pair[0] - pair[1] == 1), "{leads:?}");
}

#[test]
fn inputs_that_come_and_go_leave_nothing_behind() {
    let _turn = turn();
    let fixture = Fixture::open(1);
    let kinds = [published("k"), pattern("ball"), test_device()];
    let mut number = 10;
    let mut cycle = |n: u32| {
        let id = SourceId(n);
        let kind = &kinds[n as usize % kinds.len()];
        let brief = Input { latency: Duration::from_millis(50), ..input(kind.clone()) };
        change(&fixture, number, id, InputChange::Add(brief)).unwrap();
        if n.is_multiple_of(5) {
            change(&fixture, number + 1, id, InputChange::Assign(pattern("bars"))).unwrap();
        }
        change(&fixture, number + 2, id, InputChange::Remove).unwrap();
        number += 3;
    };
    // What is made once and kept, such as fonts and task pools, is there after the first ones.
    (1..=3).for_each(&mut cycle);
    Fixture::until("the first are gone", || census::pipelines() == 0);
    let before = census::objects();
    (4..=53).for_each(&mut cycle);
    Fixture::until("every object of 50 inputs is gone", || census::objects() <= before);
    assert!(before < 200, "{before} objects of an engine that does nothing");
}
