//! The server killed and stopped while it records.

use crate::file;
use crate::fixture::{self, FPS, LIMIT};
use crate::support::marks::{Reader, Reading};
use crate::support::publisher::Publisher;
use crate::support::server::Server;
use serde_json::json;
use std::time::{Duration, Instant};

#[tokio::test]
async fn a_killed_server_loses_at_most_a_second_of_its_recording_and_finishes_it_at_the_next_start() {
    let _turn = crate::support::shared_turn(50);
    let clip = fixture::first().cached();
    let mut server = Server::start(fixture::two_cameras()).await;
    let mut wing = fixture::panel(&server).await;
    let mut camera = Publisher::start(&clip, &server.rtmp_url("cam0"));
    fixture::until_seen(&mut wing, 0).await;
    let recording = fixture::record(&server, &mut wing, json!({})).await;
    camera.sent(camera.sent_seconds() + 4.3, LIMIT).await;
    // The slot that program has come to; the kill follows at once.
    let reached = fixture::slot(&mut wing).await;
    server.kill();
    drop(wing);

    assert!(fixture::marker(&recording.path).exists(), "a recording that was cut off is marked");
    assert!(!file::is_indexed(&recording.path));
    file::probe(&recording.path);
    let left = Reader::of(&recording.path).read_async().await;
    let shown = reached - recording.first;
    let lost = shown.saturating_sub(left.frames.len() as u64);
    assert!(lost <= FPS, "{lost} of {shown} frames are lost\n{left}");
    assert_eq!((left.errors, left.undecodable(), left.flaws()), (0, vec![], (0, 0, 0)), "{left}");
    let last = left.runs()[0].last_n;
    let on_program = fixture::lead(&left, 1) + shown as i64;
    assert!(on_program - i64::from(last) <= FPS as i64, "{last} is the last frame of {on_program}\n{left}");

    server.launch().await;
    let end = Instant::now() + LIMIT;
    while fixture::marker(&recording.path).exists() {
        assert!(Instant::now() < end, "the recording is not finished");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(file::is_indexed(&recording.path), "{:?}", file::boxes(&recording.path));
    let whole = Reader::of(&recording.path).read_async().await;
    let marks = |reading: &Reading| reading.marks().collect::<Vec<_>>();
    assert_eq!(marks(&whole), marks(&left), "before:\n{left}\nafter:\n{whole}");
    assert_eq!(whole.errors, 0, "{whole}");
    let probe = file::probe(&recording.path);
    assert_eq!(probe.frames as usize, left.frames.len(), "{probe:?}");
    assert!((probe.picture - probe.frames as f64 / FPS as f64).abs() < 0.001, "{probe:?}");
    println!("killed at frame {shown} of the recording: {lost} frames lost; {probe:?}");
}

#[tokio::test]
async fn a_server_that_is_told_to_stop_finishes_its_recordings_within_five_seconds() {
    let _turn = crate::support::shared_turn(40);
    let clip = fixture::first().cached();
    let mut server = Server::start(fixture::two_cameras()).await;
    let mut wing = fixture::panel(&server).await;
    let mut camera = Publisher::start(&clip, &server.rtmp_url("cam0"));
    fixture::until_seen(&mut wing, 0).await;
    let recording = fixture::record(&server, &mut wing, json!({})).await;
    camera.sent(camera.sent_seconds() + 2.0, LIMIT).await;
    let reached = fixture::slot(&mut wing).await;
    let told = Instant::now();
    let status = server.stop(Duration::from_secs(5)).await;
    let took = told.elapsed();
    assert!(status.success(), "{status}\n{}", server.log());

    assert!(!fixture::marker(&recording.path).exists() && file::is_indexed(&recording.path));
    let reading = Reader::of(&recording.path).read_async().await;
    assert_eq!((reading.errors, reading.gaps().len()), (0, 0), "{reading}");
    let (frames, shown) = (reading.frames.len() as u64, reached - recording.first);
    // Frames in the encoder at that moment are lost.
    assert!(frames + 5 >= shown, "{frames} frames of {shown}\n{reading}");
    assert_eq!(file::probe(&recording.path).frames, frames);
    println!("stopped in {took:.2?} with {frames} frames");
}
