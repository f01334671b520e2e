//! Common parts of the tests: the show under test, its cameras, and requests to the server.

use crate::support::config::Config;
use crate::support::livewing::LiveWing;
use crate::support::marks::{Clip, Reading};
use crate::support::server::Server;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Time limit of anything that should take a moment.
pub const LIMIT: Duration = Duration::from_secs(15);
/// Frames per second of the project.
pub const FPS: u64 = 30;

/// The first camera's clip: source 1, with a hum of its own.
pub fn first() -> Clip {
    Clip { hum_hz: 400, ..Clip::of(1, 30.0) }
}

/// The second camera's clip: source 2, with another hum.
pub fn second() -> Clip {
    Clip { hum_hz: 600, ..Clip::of(2, 30.0) }
}

/// 720p30 with two inputs under the keys `cam0` and `cam1`.
pub fn two_cameras() -> Config {
    Config::new()
        .project(1280, 720, FPS as u32)
        .set("encode.preset", "ultrafast")
        .rtmp_input("cam0", "Camera one")
        .rtmp_input("cam1", "Camera two")
}

/// A client of the switcher.
pub async fn panel(server: &Server) -> LiveWing {
    LiveWing::open(&server.livewing_url(), server.token()).await
}

/// Waits until an input has this status; panics after [`LIMIT`].
pub async fn until_status(wing: &mut LiveWing, source: u32, status: &str) {
    let end = Instant::now() + LIMIT;
    loop {
        let list = wing.must("inputs.list", json!({})).await;
        if list["inputs"][source as usize]["status"] == status {
            return;
        }
        assert!(Instant::now() < end, "input {source} is not {status}: {list}");
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
}

/// Waits until an input's frames have come through to program: its first one is shown the source's latency later.
pub async fn until_seen(wing: &mut LiveWing, source: u32) {
    until_status(wing, source, "ok").await;
    let shown = slot(wing).await + FPS / 2;
    until_slot(wing, shown).await;
}

/// Waits until program has come to a slot; panics after [`LIMIT`].
pub async fn until_slot(wing: &mut LiveWing, wanted: u64) {
    let end = Instant::now() + LIMIT;
    while slot(wing).await < wanted {
        assert!(Instant::now() < end, "slot {wanted} does not come");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// The next slot of program as of now, found by putting on preview the source that is there already.
pub async fn slot(wing: &mut LiveWing) -> u64 {
    let state = wing.must("switcher.getState", json!({})).await;
    let reply = wing.must("switcher.setPreview", json!({ "sourceId": state["preview"] })).await;
    slot_of(&reply)
}

/// The slot a reply names.
pub fn slot_of(reply: &Value) -> u64 {
    reply["slot"].as_u64().unwrap_or_else(|| panic!("no slot in {reply}"))
}

/// A recording that runs.
pub struct Recording {
    pub path: PathBuf,
    /// The slot of its first frame.
    pub first: u64,
}

/// Starts recorder 1 with the parameters given beside it.
pub async fn record(server: &Server, wing: &mut LiveWing, mut params: Value) -> Recording {
    params["recorder"] = json!(1);
    let reply = wing.must("outputs.startRecording", params).await;
    let file = reply["file"].as_str().unwrap_or_else(|| panic!("no file in {reply}"));
    let first = reply["firstSlot"].as_u64().unwrap_or_else(|| panic!("no first slot in {reply}"));
    Recording { path: server.data().join(file), first }
}

/// Stops recorder 1 and returns the number of frames that it reports.
pub async fn stop(wing: &mut LiveWing, recording: &Recording) -> u64 {
    let reply = wing.must("outputs.stopRecording", json!({ "recorder": 1 })).await;
    assert_eq!(reply["firstSlot"], recording.first, "{reply}");
    reply["frames"].as_u64().unwrap_or_else(|| panic!("no frames in {reply}"))
}

/// The marker that lies beside a recording until it is finished.
pub fn marker(path: &Path) -> PathBuf {
    PathBuf::from(format!("{}.part", path.display()))
}

/// Gets a path of the server as text; panics unless the answer is a success.
pub async fn get(server: &Server, path: &str) -> String {
    let answer = reqwest::get(server.url(path)).await.unwrap_or_else(|error| panic!("{path}: {error}"));
    let status = answer.status();
    let text = answer.text().await.unwrap_or_default();
    assert!(status.is_success(), "{path}: {status}: {text}");
    text
}

/// The sum of a metric over its labels; 0 if it is not there.
pub async fn metric(server: &Server, name: &str) -> f64 {
    let text = get(server, "/metrics").await;
    let lines = text.lines().filter(|line| line.split(['{', ' ']).next() == Some(name));
    lines.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
}

/// The figures that distinguish an overloaded machine from a faulty server, printed with each failure.
pub async fn strain(server: &Server) -> String {
    let text = get(server, "/metrics").await;
    let told = ["mixer_slots", "late", "slate", "dropped", "repeated", "anchored"];
    let lines = text.lines().filter(|line| !line.starts_with('#') && told.iter().any(|name| line.contains(name)));
    lines.collect::<Vec<_>>().join("\n")
}

/// How far a source's frame numbers are ahead of the reading's indices; panics unless that is constant, which means
/// that its frames continued, one a slot, while another source was shown.
pub fn lead(reading: &Reading, source: u8) -> i64 {
    let leads = reading.marks().filter(|mark| mark.1 == source).map(|(index, _, n)| i64::from(n) - index as i64);
    let leads: Vec<i64> = leads.collect();
    let first = *leads.first().unwrap_or_else(|| panic!("source {source} is not in it\n{reading}"));
    assert!(leads.iter().all(|lead| *lead == first), "source {source} was moved against the slots\n{reading}");
    first
}
