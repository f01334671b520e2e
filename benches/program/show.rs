//! The job done by the server: publishers push, LiveWing switches, Lumora keys, a recorder takes program.

use crate::{
    Job, Outcome, SETTLE,
    clips::{Clips, FIELDS},
    cpu,
    support::{config::Config, livewing::LiveWing, publisher::Publisher, server::Server},
};
use serde_json::{Value, json};
use std::{
    process::Command,
    time::{Duration, Instant},
};

const LIMIT: Duration = Duration::from_secs(20);

/// Runs a server, measures it, and gives what it recorded.
pub async fn run(job: Job, clips: &Clips, window: Duration) -> Outcome {
    let inputs = if job == Job::Single { 1 } else { 2 };
    let config = Config::new()
        .project(1920, 1080, 30)
        .set("hls.enabled", false)
        .set("hls.streams", false)
        .set("encode.preset", "superfast")
        .set("encode.bitrate_kbps", 6000)
        .set("encode.gop_ms", 2000)
        .set("encode.audio_bitrate_kbps", 128)
        .set("log.level", "warn")
        .channel("cg1", true)
        .graphic("third", "lower-third", &["cg1"], &FIELDS);
    let config = (0..inputs).fold(config, |config, n| config.rtmp_input(&format!("cam{n}"), &format!("Camera {n}")));
    let server = Server::start(config).await;
    let publish = |n: usize| Publisher::start(&clips.clips[n], &server.rtmp_url(&format!("cam{n}")));
    let mut publishers: Vec<Publisher> = (0..inputs).map(publish).collect();
    for publisher in &mut publishers {
        publisher.sent(2.0, LIMIT).await;
    }
    let mut panel = LiveWing::open(&server.livewing_url(), server.token()).await;
    let ids = sources(&mut panel).await;
    panel.must("switcher.cutToSource", json!({ "sourceId": ids[0] })).await;
    if let Some(preview) = ids.get(1) {
        panel.must("switcher.setPreview", json!({ "sourceId": preview })).await;
    }
    if job == Job::Keyed {
        take(&server).await;
    }
    let recording = panel.must("outputs.startRecording", json!({ "recorder": 1 })).await;
    let began = Instant::now();
    tokio::time::sleep(SETTLE).await;
    if job == Job::Fade {
        panel.must("switcher.fade", json!({ "duration": 60 })).await;
    }
    let usage = cpu::watch(server.pid(), window).await;
    let written_s = began.elapsed().as_secs_f64();
    panel.must("outputs.stopRecording", json!({ "recorder": 1 })).await;
    for publisher in &mut publishers {
        assert!(publisher.exited().is_none(), "a publisher ended early\n{}", publisher.log());
    }
    let home = tempfile::tempdir().expect("a folder for the recording");
    let file = home.path().join("recording.mp4");
    let recorded = server.data().join(recording["file"].as_str().expect("the recording's name"));
    std::fs::copy(&recorded, &file).unwrap_or_else(|error| panic!("{}: {error}", recorded.display()));
    Outcome { usage, file, written_s, home: Some(home) }
}

/// The sources' ids, once all have a signal.
async fn sources(panel: &mut LiveWing) -> Vec<Value> {
    let end = Instant::now() + LIMIT;
    loop {
        let answer = panel.must("inputs.list", json!({})).await;
        let inputs = answer["inputs"].as_array().expect("a list of inputs");
        if inputs.iter().all(|input| input["status"] == "ok") {
            return inputs.iter().map(|input| input["sourceId"].clone()).collect();
        }
        assert!(Instant::now() < end, "sources without a signal: {answer}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Takes the lower third.
async fn take(server: &Server) {
    let made = Command::new(env!("CARGO_BIN_EXE_lumencast"))
        .args(["key", "--config"])
        .arg(server.config_path())
        .arg("--data")
        .arg(server.data())
        .args(["create", "--plane", "lumora", "--label", "bench"])
        .output()
        .expect("the server's binary starts");
    assert!(made.status.success(), "no key: {}", String::from_utf8_lossy(&made.stderr));
    let key = String::from_utf8(made.stdout).expect("a key is text");
    let request = reqwest::Client::new().post(server.url("/api/v1/trigger/third/on")).bearer_auth(key.trim());
    let answer = request.send().await.expect("an answer");
    assert!(answer.status().is_success(), "{}", answer.text().await.unwrap_or_default());
}
