//! Recorders on a disk that runs short, is full and gets room again: a real file system of 96 MB.

use crate::fixture::{self, LIMIT};
use crate::support::livewing::LiveWing;
use crate::support::marks::Reader;
use crate::support::publisher::Publisher;
use crate::support::server::Server;
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};

/// Megabytes of the disk, and those that must stay free.
const DISK_MB: u32 = 96;
const NEEDED_MB: u32 = 20;

/// Takes so many megabytes of the disk in one file.
fn fill(server: &Server, megabytes: usize) {
    std::fs::write(server.seen("filler"), vec![7_u8; megabytes << 20]).expect("there is room for the filler");
}

fn free(server: &Server) {
    std::fs::remove_file(server.seen("filler")).expect("the filler is removed");
}

async fn health(server: &Server) -> Value {
    serde_json::from_str(&fixture::get(server, "/health").await).expect("JSON")
}

async fn until_health(server: &Server, fits: impl Fn(&Value) -> bool) -> Value {
    let end = Instant::now() + LIMIT;
    loop {
        let health = health(server).await;
        if fits(&health) {
            return health;
        }
        assert!(Instant::now() < end, "{health}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Waits for a state of recorder 1.
async fn recorder(wing: &mut LiveWing, fits: impl Fn(&Value) -> bool) -> Value {
    let of_recorder = |data: &Value| {
        let destinations = data["destinations"].as_array();
        destinations.into_iter().flatten().find(|one| one["kind"] == "record").cloned().unwrap_or_default()
    };
    let event = wing.event_where("output.1.state", LIMIT, |data| fits(&of_recorder(data))).await;
    of_recorder(&event)
}

/// Every frame of the camera from the first to the last decodes, each once.
async fn assert_whole(path: &Path, least: usize) -> u64 {
    let reading = Reader::of(path).read_async().await;
    assert!(reading.frames.len() >= least, "{reading}");
    assert_eq!((reading.undecodable(), reading.flaws(), reading.errors), (vec![], (0, 0, 0), 0), "{reading}");
    assert!(reading.gaps().is_empty(), "{reading}");
    reading.frames.len() as u64
}

#[tokio::test]
async fn a_disk_that_runs_short_is_told_and_recorders_stop_and_go_on() {
    let _turn = crate::support::shared_turn(40);
    let clip = fixture::first().cached();
    let config = fixture::two_cameras().set("record.min_free_mb", i64::from(NEEDED_MB));
    let server = Server::start_on_disk(config, DISK_MB).await;
    let mut wing = fixture::panel(&server).await;
    wing.subscribe(&["disk", "output.1.state"]).await;
    assert_eq!(wing.next_event("disk", LIMIT).await["state"], "ok");
    let camera = Publisher::start(&clip, &server.rtmp_url("cam0"));
    fixture::until_seen(&mut wing, 0).await;
    let started = wing.must("outputs.startRecording", json!({ "recorder": 1 })).await;
    let name = started["file"].as_str().expect("a file").to_owned();
    let begun = fixture::slot(&mut wing).await;
    fixture::until_slot(&mut wing, begun + 45).await;

    // Below twice the setting: a warning by every way, and the recorder goes on.
    fill(&server, 62);
    let low = wing.event_where("disk", LIMIT, |disk| disk["state"] == "low").await;
    assert!(low["warning"].as_str().is_some_and(|text| text.contains("disk of recordings")), "{low}");
    let told = until_health(&server, |health| health["disk"]["state"] == "low").await;
    assert_eq!((told["warnings"][0].clone(), told["status"].clone()), (low["warning"].clone(), json!("ok")), "{told}");
    let metrics = fixture::get(&server, "/metrics").await;
    assert!(metrics.contains(r#"lumencast_recordings_disk_room{state="low"} 1"#), "{metrics}");
    for line in metrics.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let name = line.split(' ').next().unwrap_or_default();
        assert!(metrics.contains(&format!("# HELP {name} ")), "{name} is not described");
    }
    assert!(fixture::metric(&server, "lumencast_recordings_disk_free_bytes").await < 2e6 * f64::from(NEEDED_MB));
    assert!(server.log().contains("running short"), "it is in the log");
    let state = wing.must("outputs.getState", json!({ "output": 1 })).await;
    assert_eq!(state["destinations"][0]["state"], "live", "{state}");

    // Below the setting: the recorder stops with an error that names the disk, and its file is whole.
    fill(&server, 77);
    let failed = recorder(&mut wing, |record| record["state"] == "error").await;
    assert!(failed["error"].as_str().is_some_and(|text| text.contains("disk of recordings is full")), "{failed}");
    assert_eq!((&failed["file"], &failed["resumes"]), (&json!(name), &json!(true)), "{failed}");
    assert_eq!(until_health(&server, |health| health["disk"]["state"] == "full").await["disk"]["needed"], 20_000_000);
    let (code, message) = wing.request("outputs.startRecording", json!({ "recorder": 2 })).await.expect_err("refused");
    assert!(code == "COMMAND_FAILED" && message.contains("disk of recordings is full"), "{code} {message}");
    let marker = fixture::marker(&server.seen(&name));
    let end = Instant::now() + LIMIT;
    while marker.exists() {
        assert!(Instant::now() < end, "the file is not finished");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let first = assert_whole(&server.seen(&name), 45).await;

    // Room again: it goes on in a next part by itself.
    free(&server);
    recorder(&mut wing, |record| record["state"] == "live").await;
    assert_eq!(wing.event_where("disk", LIMIT, |disk| disk["state"] == "ok").await.get("warning"), None);
    let resumed = fixture::slot(&mut wing).await;
    fixture::until_slot(&mut wing, resumed + 45).await;
    let stopped = wing.must("outputs.stopRecording", json!({ "recorder": 1 })).await;
    let part = format!("{}-part2.mp4", name.trim_end_matches(".mp4"));
    assert_eq!((&stopped["file"], &stopped["parts"]), (&json!(name), &json!([part])), "{stopped}");
    let second = assert_whole(&server.seen(&part), 45).await;
    assert_eq!(stopped["frames"], first + second, "{stopped}");
    assert_eq!(stopped["firstSlot"], started["firstSlot"]);

    // A recorder that is stopped while it waits for room answers with what there is, and does not go on.
    let started = wing.must("outputs.startRecording", json!({ "recorder": 1 })).await;
    let begun = fixture::slot(&mut wing).await;
    fixture::until_slot(&mut wing, begun + 30).await;
    fill(&server, 78);
    recorder(&mut wing, |record| record["state"] == "error").await;
    let stopped = wing.must("outputs.stopRecording", json!({ "recorder": 1 })).await;
    assert_eq!(stopped["file"], started["file"], "{stopped}");
    assert!(stopped["frames"].as_u64().is_some_and(|frames| frames >= 30), "{stopped}");
    free(&server);
    until_health(&server, |health| health["disk"]["state"] == "ok").await;
    let state = wing.must("outputs.getState", json!({ "output": 1 })).await;
    assert_eq!(state["destinations"][0]["state"], "idle", "{state}");
    drop(camera);
}

#[tokio::test]
async fn a_disk_that_takes_no_more_without_a_warning_leaves_files_that_play_and_recorders_go_on() {
    let _turn = crate::support::shared_turn(30);
    let clip = fixture::first().cached();
    let server = Server::start_on_disk(fixture::two_cameras().set("record.min_free_mb", 0_i64), 64).await;
    let mut wing = fixture::panel(&server).await;
    wing.subscribe(&["output.1.state"]).await;
    let camera = Publisher::start(&clip, &server.rtmp_url("cam0"));
    fixture::until_seen(&mut wing, 0).await;
    let started = wing.must("outputs.startRecording", json!({ "recorder": 1 })).await;
    let name = started["file"].as_str().expect("a file").to_owned();
    let begun = fixture::slot(&mut wing).await;
    fixture::until_slot(&mut wing, begun + 45).await;
    // As much as there is: a write of the recorder fails.
    let filled = std::fs::write(server.seen("filler"), vec![7_u8; 64 << 20]);
    assert!(filled.is_err(), "the disk is full");
    let failed = recorder(&mut wing, |record| record["state"] == "error").await;
    let text = failed["error"].as_str().expect("an error");
    assert!(text.contains("disk of recordings is full"), "{failed}");
    free(&server);
    recorder(&mut wing, |record| record["state"] == "live").await;
    let resumed = fixture::slot(&mut wing).await;
    fixture::until_slot(&mut wing, resumed + 45).await;
    let stopped = wing.must("outputs.stopRecording", json!({ "recorder": 1 })).await;
    let parts: Vec<_> =
        std::iter::once(&stopped["file"]).chain(stopped["parts"].as_array().into_iter().flatten()).collect();
    assert_eq!((parts.len(), parts[0]), (2, &json!(name)), "{stopped}");
    for part in parts {
        let path = server.seen(part.as_str().expect("a name"));
        assert!(!fixture::marker(&path).exists(), "{} is finished", path.display());
        assert_whole(&path, 30).await;
    }
    drop(camera);
}
