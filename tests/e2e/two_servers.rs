//! Two processes on one data folder.

use crate::file;
use crate::fixture::{self, FPS, LIMIT};
use crate::starting::{free, refused_on};
use crate::support::marks::Reader;
use crate::support::publisher::Publisher;
use crate::support::server::Server;
use serde_json::json;
use std::process::Command;

#[tokio::test]
async fn a_second_server_and_another_version_are_refused_and_the_firsts_recording_is_whole() {
    let _turn = crate::support::turn();
    let clip = fixture::first().cached();
    let mut server = Server::start(fixture::two_cameras()).await;
    let mut wing = fixture::panel(&server).await;
    let mut camera = Publisher::start(&clip, &server.rtmp_url("cam0"));
    fixture::until_seen(&mut wing, 0).await;
    let recording = fixture::record(&server, &mut wing, json!({})).await;
    let reached = fixture::slot(&mut wing).await;

    let (config, _ports) = free();
    let line = refused_on(&server.data(), "serve", config).await;
    let holder = format!("another server works on this data folder (process {}, version ", server.pid());
    assert!(line.contains(&holder), "{line}");

    // Commands of the same version go on beside it.
    let list = Command::new(env!("CARGO_BIN_EXE_lumencast"))
        .args(["key", "list", "--data"])
        .arg(server.data())
        .output()
        .expect("the binary starts");
    assert!(list.status.success(), "{}", String::from_utf8_lossy(&list.stderr));

    // The file is what a server of another version would have written.
    std::fs::write(server.data().join("version.lock"), "9.9.9\n").expect("a file");
    let line = refused_on(&server.data(), "worker", free().0).await;
    assert!(line.contains("Lumencast 9.9.9 works on this data folder"), "{line}");

    camera.sent(camera.sent_seconds() + 1.0, LIMIT).await;
    let frames = fixture::stop(&mut wing, &recording).await;
    assert!(!fixture::marker(&recording.path).exists() && file::is_indexed(&recording.path));
    let reading = Reader::of(&recording.path).read_async().await;
    assert_eq!((reading.errors, reading.gaps().len(), reading.frames.len() as u64), (0, 0, frames), "{reading}");
    assert!(frames >= reached - recording.first + FPS, "{frames} frames\n{reading}");
    assert!(server.exited().is_none());
}
