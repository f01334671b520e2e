//! The engine as a whole, in this process: what goes in comes out on program, and nothing stays behind after a stop.
//!
//! One test binary of its own, because it counts GStreamer's live pipelines.

mod engine {
    pub mod census;
    pub mod fixture;
    mod following;
    mod inputs;
    pub mod marked;
    pub mod publish;
}
#[allow(dead_code)] // it gives more reasons than these tests ask for
#[path = "support/marks/code.rs"]
mod code;
#[path = "support/turn.rs"]
mod turn;

use engine::{census, fixture::Fixture, publish};
use lumencast::{
    app::rooms::hls::{HlsError, ReloadTarget, Track},
    domain::{
        command::Ticket,
        graphic::{Graphic, Requirement},
        order::{Order, Report},
        output::OutputSource,
        source::{Signal, SourceId},
        switcher::SceneChange,
    },
    media::output::hls::publications::IDLE,
    protocol::packet::VideoCodec,
};
use std::{sync::Arc, time::Duration};

#[test]
fn h265_from_a_publisher_is_decoded_fitted_and_on_program() {
    let _turn = turn::turn();
    let fixture = Fixture::open(2);
    // A red picture, half as wide as program is for its height: black bars must stand left and right of it.
    let packets = publish::coded(VideoCodec::Hevc, 320, 360, 0x00ff_0000, 60);
    fixture.publish(SourceId(1), packets);
    fixture.order(Order::Switch {
        ticket: Ticket(1),
        change: SceneChange::Cut { program: SourceId(1), preview: Some(SourceId(0)) },
    });
    fixture.report(|report| matches!(report, Report::Switched { ticket: Ticket(1), .. }));
    let picture = fixture.program_until(|picture| picture.luma(320, 180) > 50 && picture.luma(320, 180) < 80);
    assert!(picture.v(320, 180) > 200, "red: {}", picture.v(320, 180));
    assert!(picture.luma(20, 180) < 20 && picture.luma(620, 180) < 20, "bars left and right");
    fixture.report(
        |report| matches!(report, Report::Source { source: SourceId(1), health } if health.signal == Signal::Ok),
    );
}

#[test]
fn of_cuts_in_one_slot_all_but_the_last_are_superseded() {
    let _turn = turn::turn();
    let fixture = Fixture::open(3);
    for n in 1..=30 {
        let change = SceneChange::Cut { program: SourceId(n % 3), preview: Some(SourceId((n + 1) % 3)) };
        fixture.order(Order::Switch { ticket: Ticket(n.into()), change });
        let change = SceneChange::Preview { preview: Some(SourceId(n % 3)) };
        fixture.order(Order::Switch { ticket: Ticket(u64::from(n) + 100), change });
    }
    let answers: Vec<_> = (1..=30)
        .map(|n| match fixture.report(|report| matches!(report, Report::Switched { ticket, .. } if ticket.0 == n)) {
            Report::Switched { slot, superseded, .. } => (slot, superseded),
            other => panic!("{other:?}"),
        })
        .collect();
    for (n, (slot, superseded)) in answers.iter().enumerate() {
        let shares = answers.get(n + 1).is_some_and(|(next, _)| next == slot);
        assert_eq!(*superseded, shares, "cut {n} of {answers:?}");
    }
    assert!(answers.iter().filter(|(_, superseded)| *superseded).count() > 20, "they came as a burst: {answers:?}");
}

#[test]
fn a_publisher_that_returns_with_another_size_goes_on_in_the_same_source() {
    let _turn = turn::turn();
    let fixture = Fixture::open(1);
    fixture.publish(SourceId(0), publish::coded(VideoCodec::H264, 640, 360, 0x00ff_0000, 30));
    fixture.program_until(|picture| picture.v(320, 180) > 200);
    fixture.publish(SourceId(0), publish::coded(VideoCodec::H264, 1280, 720, 0x0000_00ff, 30));
    fixture.program_until(|picture| picture.v(320, 180) < 130 && picture.luma(320, 180) < 60);
}

#[test]
fn a_source_that_falls_silent_is_held_and_then_shows_its_slate_not_black() {
    let _turn = turn::turn();
    let fixture = Fixture::open(1);
    fixture.publish(SourceId(0), publish::coded(VideoCodec::H264, 640, 360, 0x00ff_0000, 30));
    fixture.program_until(|picture| picture.v(320, 180) > 200);
    let slate = fixture.program_until(|picture| picture.v(20, 20) < 140);
    assert!(slate.luma(20, 20) > 40, "the slate is not black: {}", slate.luma(20, 20));
}

/// The number behind a tag of a playlist.
fn number(text: &str, tag: &str) -> u64 {
    let value = text.lines().find_map(|line| line.strip_prefix(tag)).unwrap_or_else(|| panic!("no {tag} in {text}"));
    value.parse().expect("a number")
}

#[tokio::test(flavor = "multi_thread")]
async fn program_is_encoded_while_its_hls_is_read_and_its_playlist_goes_on_with_the_next_reader() {
    let _turn = turn::turn();
    let fixture = Fixture::open(2);
    Fixture::until("an engine that is not used has no pipelines", || census::pipelines() == 0);

    let stream = fixture.hls(&OutputSource::Program);
    // Requested before there is a stream: the answer waits.
    let playlist = async || {
        let text = stream.playlist(Track::Video(0), ReloadTarget::Now).await.expect("a playlist");
        String::from_utf8(text.to_vec()).expect("a text")
    };
    let first = playlist().await;
    assert_eq!(number(&first, "#EXT-X-MEDIA-SEQUENCE:"), 0);
    let lengths: Vec<f64> =
        first.lines().filter_map(|l| l.strip_prefix("#EXTINF:")?.strip_suffix(',')?.parse().ok()).collect();
    assert!(lengths.len() == 1 && lengths[0] < 0.8, "the first segment is short: {first}");
    let master = stream.master().await.expect("a master playlist");
    assert!(master.contains("avc1.") && master.contains("mp4a.40.2"), "{master}");
    assert!(Arc::ptr_eq(&stream, &fixture.hls(&OutputSource::Program)), "every reader gets the same");
    let mut later = String::new();
    for msn in 1..=3 {
        let text = stream.playlist(Track::Video(0), ReloadTarget::Segment(msn)).await.expect("a later playlist");
        later = String::from_utf8(text.to_vec()).expect("a text");
    }
    assert_eq!(number(&later, "#EXT-X-TARGETDURATION:"), 1, "{later}");

    fixture.nobody_reads_hls_for(IDLE - Duration::from_secs(5));
    assert!(census::pipelines() > 0, "a reader may take its time");
    fixture.nobody_reads_hls_for(IDLE + Duration::from_secs(1));
    Fixture::until("its pipelines are gone", || census::pipelines() == 0);
    assert_eq!(
        stream.playlist(Track::Video(0), ReloadTarget::Now).await,
        Err(HlsError::Unknown),
        "nothing old is left to be read"
    );

    let again = fixture.hls(&OutputSource::Program);
    assert!(Arc::ptr_eq(&stream, &again));
    let next = playlist().await;
    assert!(number(&next, "#EXT-X-MEDIA-SEQUENCE:") > 3, "the numbers go on: {next}");
    assert!(next.contains("#EXT-X-DISCONTINUITY\n"), "{next}");
    assert_eq!(next.matches("#EXTINF").count(), 1, "{next}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_this_server_does_not_make_is_not_published() {
    let _turn = turn::turn();
    let fixture = Fixture::open(1);
    for source in [OutputSource::Clean, OutputSource::Replay, OutputSource::Input(SourceId(7))] {
        let ticket = Ticket(5);
        fixture.order(Order::StartRecording { ticket, recorder: 1, stream: source.clone(), after: None });
        let failed = fixture.report(|report| matches!(report, Report::RecordingFailed { .. }));
        let Report::RecordingFailed { reason, .. } = failed else { unreachable!() };
        let named = matches!(source, OutputSource::Input(_)) && reason.contains("no input 7");
        assert!(named || reason.contains(&source.to_string()), "{reason}");
    }
}

#[test]
fn a_renderer_with_too_much_to_do_refuses_at_once_and_answers_every_take() {
    let _turn = turn::turn();
    let fixture = Fixture::open(1);
    let take = |number: u64| {
        let graphic = Graphic {
            id: format!("graphic-{number}"),
            template: "lower-third".into(),
            fields: Default::default(),
            channels: vec!["cg1".into()],
            z: 0,
            requirement: Requirement::default(),
        };
        fixture.order(Order::ShowGraphic { ticket: Ticket(number), channel: "cg1".into(), graphic });
    };
    let answer = || {
        let wanted = |report: &Report| {
            matches!(report, Report::GraphicShown { .. } | Report::GraphicRefused { .. } | Report::GraphicFailed { .. })
        };
        fixture.report(wanted)
    };
    (1..=200).for_each(take);
    let answers: Vec<_> = (1..=200).map(|_| answer()).collect();
    let count = |of: fn(&Report) -> bool| answers.iter().filter(|report| of(report)).count();
    let shown = count(|report| matches!(report, Report::GraphicShown { .. }));
    let refused = count(|report| matches!(report, Report::GraphicRefused { .. }));
    assert!(shown >= 32 && refused >= 1 && shown + refused == 200, "{shown} shown, {refused} refused");
    take(201);
    assert!(matches!(answer(), Report::GraphicShown { ticket: Ticket(201), .. }));
}

#[test]
fn nothing_is_left_alive_after_a_stop() {
    let _turn = turn::turn();
    census::begin();
    let before = census::pipelines();
    {
        let fixture = Fixture::open(2);
        fixture.publish(SourceId(0), publish::coded(VideoCodec::H264, 640, 360, 0x00ff_0000, 90));
        for (recorder, stream) in [(1, OutputSource::Program), (2, OutputSource::Input(SourceId(0)))] {
            fixture.order(Order::StartRecording { ticket: Ticket(recorder.into()), recorder, stream, after: None });
        }
        let _hls_stream = fixture.hls(&OutputSource::Program);
        fixture.report(|report| matches!(report, Report::RecordingStarted { recorder: 1, .. }));
        fixture.order(Order::StopRecording { ticket: Ticket(9), recorder: 1 });
        fixture.report(|report| matches!(report, Report::RecordingStopped { recorder: 1, frames, .. } if *frames > 0));
        assert!(census::pipelines() > before, "the count sees pipelines");
    }
    Fixture::until("every pipeline is gone", || census::pipelines() == before);
}
