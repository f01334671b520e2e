//! Program pushed on by RTMP to a destination that dies and comes back.

use crate::fixture::{self, LIMIT};
use crate::support::livewing::LiveWing;
use crate::support::marks::{Reader, Reading};
use crate::support::publisher::Publisher;
use crate::support::server::Server;
use crate::support::sink::rtmp_sink;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Sound against picture; FLV rounds to milliseconds.
const SKEW_MS: f64 = 41.0;

/// Waits until output 1's destination has this state.
async fn until_state(wing: &mut LiveWing, state: &str) -> Value {
    let is = |data: &Value| {
        let destinations = data["destinations"].as_array();
        let of_push = destinations.into_iter().flatten().find(|d| d["kind"] == "rtmp");
        of_push.is_some_and(|destination| destination["state"] == state)
    };
    wing.event_where("output.1.state", Duration::from_secs(25), is).await
}

/// What came out is marked frames without a hole.
fn assert_whole(reading: &Reading, least: usize, told: &str) {
    assert!(reading.frames.len() >= least, "{told}");
    assert_eq!((reading.undecodable(), reading.flaws()), (vec![], (0, 0, 0)), "{told}");
    assert!(reading.gaps().is_empty(), "{told}");
    fixture::lead(reading, 1);
}

#[tokio::test]
async fn program_is_pushed_on_and_survives_its_destination() {
    let _turn = crate::support::shared_turn(50);
    let clip = fixture::first().cached();
    let (mut target, mut sink) = rtmp_sink();
    let server = Server::start(fixture::two_cameras()).await;
    let mut wing = fixture::panel(&server).await;
    let camera = Publisher::start(&clip, &server.rtmp_url("cam0"));
    fixture::until_seen(&mut wing, 0).await;
    let recording = fixture::record(&server, &mut wing, json!({})).await;
    wing.subscribe(&["output.1.state"]).await;
    let (url, key) = target.url().rsplit_once('/').map(|(a, b)| (a.to_owned(), b.to_owned())).expect("a key");
    let params = json!({ "output": 1, "destination": "rtmp", "url": url, "key": key });
    wing.must("outputs.configure", params).await;
    wing.must("outputs.start", json!({ "output": 1 })).await;
    let live = until_state(&mut wing, "live").await;
    assert!(!live.to_string().contains(&format!("/{key}\"")), "the key is not told: {live}");
    sink.received(1_500_000, LIMIT).await;

    sink.kill();
    let killed = Instant::now();
    until_state(&mut wing, "reconnecting").await;
    let noticed = killed.elapsed();
    let mut again = target.listen();
    let listening = Instant::now();
    until_state(&mut wing, "live").await;
    let back = listening.elapsed();
    again.received(1_500_000, LIMIT).await;
    wing.must("outputs.stop", json!({ "output": 1 })).await;
    until_state(&mut wing, "idle").await;
    again.finished(LIMIT).await;
    let frames = fixture::stop(&mut wing, &recording).await;
    let strain = fixture::strain(&server).await;
    drop(camera);

    let first = Reader::of(sink.file()).read_async().await;
    let second = Reader::of(again.file()).read_async().await;
    let recorded = Reader::of(&recording.path).read_async().await;
    let told = format!("first\n{first}\nsecond\n{second}\nrecorded\n{recorded}\n{strain}");
    assert_whole(&first, 30, &told);
    assert_whole(&second, 30, &told);
    assert_whole(&recorded, 90, &told);
    assert_eq!((recorded.frames.len() as u64, recorded.errors, second.errors), (frames, 0, 0), "{told}");
    for reading in [&first, &second, &recorded] {
        assert!(reading.skew().is_some_and(|ms| ms.abs() <= SKEW_MS), "{told}");
    }
    println!(
        "noticed after {noticed:.2?}, live again after {back:.2?}; {} and {} frames pushed, {frames} recorded; skews \
         {:?} {:?} {:?} ms",
        first.frames.len(),
        second.frames.len(),
        first.skew(),
        second.skew(),
        recorded.skew()
    );
}

#[tokio::test]
async fn a_refused_key_and_another_server_are_named_and_the_key_is_told_nowhere() {
    let _turn = crate::support::shared_turn(70);
    let server = Server::start(fixture::two_cameras().set("log.level", "debug")).await;
    let mut wing = fixture::panel(&server).await;
    wing.subscribe(&["output.1.state"]).await;
    let http = server.url("").replace("http:", "rtmp:");
    let rtmp = server.rtmp_url("");
    for (url, text) in [
        (rtmp.trim_end_matches('/').to_owned(), "The server refuses the stream key"),
        (format!("{http}/live"), "The other end is no RTMP server"),
    ] {
        let params = json!({ "output": 1, "destination": "rtmp", "url": url, "key": "hush-4711" });
        wing.must("outputs.configure", params).await;
        wing.must("outputs.start", json!({ "output": 1 })).await;
        let lost = until_state(&mut wing, "reconnecting").await;
        assert_eq!(lost["destinations"][0]["error"], text, "{lost}");
        let state = wing.must("system.getState", json!({})).await;
        assert!(!state.to_string().contains("hush-4711"), "{state}");
        wing.must("outputs.stop", json!({ "output": 1 })).await;
        until_state(&mut wing, "idle").await;
    }
    assert!(!server.log().contains("hush-4711"), "the key is in the log");
}
