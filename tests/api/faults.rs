//! Every fault of the show, worded by every plane: `tests/golden/<plane>/<fault>.json`.
//!
//! Each fault is made by the show itself, so that a text that changes there shows up here.

use crate::{fixture::Fixture, golden::assert_golden};
use lumencast::{
    api::{livewing, lumora},
    app::show::conductor::ShowHandle,
    domain::{command::Command, fault::Fault, output::OutputSource, source::SourceId},
};
use serde_json::json;
use std::time::Duration;

async fn fault(show: &ShowHandle, command: Command) -> Fault {
    show.command(command.clone()).await.expect_err(&format!("{command:?} must fail"))
}

/// The show's faults by name.
async fn all() -> Vec<(&'static str, Fault)> {
    let fixture = Fixture::new();
    let show = &fixture.show;
    let take = |graphic: &str| Command::Take { graphic: graphic.to_owned() };
    let push = |url: &str| Command::ConfigurePush { output: 1, url: url.into() };
    let record = |recorder| Command::StartRecording { recorder, stream: None };
    let nine = SourceId(9);
    let mut faults = vec![
        ("unknown_source", fault(show, Command::CutTo { source: nine }).await),
        ("unknown_graphic", fault(show, take("nothing")).await),
        ("unknown_output", fault(show, Command::StartPush { output: 9 }).await),
        ("unknown_recorder", fault(show, record(9)).await),
        (
            "unknown_stream",
            fault(show, Command::SetOutputStream { output: 1, stream: OutputSource::Input(nine) }).await,
        ),
        ("fade_too_long", fault(show, Command::Fade { duration: Some(Duration::from_secs(61)) }).await),
        ("bad_destination", fault(show, push("http://a/b")).await),
        ("no_channels_assigned", fault(show, take("unlocked")).await),
        ("locked_channel_missing", fault(show, take("orphan")).await),
        ("graphic_broken", fault(show, take("broken")).await),
        ("not_recording", fault(show, Command::StopRecording { recorder: 1 }).await),
        ("recorder_failed", fault(show, record(4)).await),
        ("no_destination", fault(show, Command::StartPush { output: 1 }).await),
    ];
    for command in [record(1), push("rtmp://a/b/c"), Command::StartPush { output: 1 }, Command::Fade { duration: None }]
    {
        show.command(command).await.expect("this works");
    }
    faults.push(("already_recording", fault(show, record(1)).await));
    faults.push(("output_running", fault(show, push("rtmp://a/b/c")).await));
    faults.push(("fade_active", fault(show, Command::SetPreview { source: SourceId(2) }).await));
    let lonely = Fixture::with_inputs(1).show;
    faults.push(("no_preview", fault(&lonely, Command::Cut).await));
    lonely.command(Command::SetPreview { source: SourceId(0) }).await.expect("this works");
    faults.push(("preview_on_program", fault(&lonely, Command::Cut).await));
    faults.push(("unavailable", Fault::unavailable("The server is shutting down")));
    faults
}

#[tokio::test]
async fn every_fault_is_worded_by_livewing_as_its_golden_file_says() {
    for (name, fault) in all().await {
        let livewing::error::ApiError { code, message } = fault.into();
        assert_golden(&format!("livewing/{name}"), &json!({ "code": code.name(), "message": message }));
    }
}

#[tokio::test]
async fn every_fault_is_worded_by_lumora_as_its_golden_file_says() {
    for (name, fault) in all().await {
        let lumora::error::ApiError { status, body, allow } = fault.into();
        assert_eq!(allow, None);
        assert_golden(&format!("lumora/{name}"), &json!({ "status": status.as_u16(), "body": body }));
    }
}
