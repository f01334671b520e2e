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
#[allow(dead_code)] // it tells more reasons than these tests ask for
#[path = "support/marks/code.rs"]
mod code;
#[path = "support/turn.rs"]
mod turn;

use engine::{census, fixture::Fixture, publish};
use lumencast::{
    domain::{
        command::Ticket,
        graphic::{Graphic, Requirement},
        order::{Order, Report},
        source::{OutputSource, Signal, SourceId},
        switcher::SceneChange,
    },
    protocol::packet::VideoCodec,
};

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
        for (recorder, stream) in [(1, OutputSource::Program), (2, OutputSource::Source(SourceId(0)))] {
            fixture.order(Order::StartRecording { ticket: Ticket(recorder.into()), recorder, stream });
        }
        fixture.order(Order::StartHls { stream: OutputSource::Program });
        fixture.report(|report| matches!(report, Report::RecordingStarted { recorder: 1, .. }));
        fixture.order(Order::StopRecording { ticket: Ticket(9), recorder: 1 });
        fixture.report(|report| matches!(report, Report::RecordingStopped { recorder: 1, frames, .. } if *frames > 0));
        assert!(census::pipelines() > before, "the count sees pipelines");
    }
    Fixture::until("every pipeline is gone", || census::pipelines() == before);
}
