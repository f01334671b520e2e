//! A server with rooms, publishers of chosen tags, and their HLS.

use super::tags::{self, Tag};
use crate::{
    rooms::fixture::Fixture,
    support::{
        encoder::soon,
        marks::{Reader, Reading, Region},
    },
};
use std::{net::SocketAddr, path::PathBuf};
use tokio::task::JoinHandle;

/// Publishes tags to a room of the application `live`.
pub async fn publish(fixture: &Fixture, room: &str, tags: Vec<Tag>) -> JoinHandle<()> {
    let key = fixture.ingress(room, "camera").await;
    let publisher = tags::publish(rtmp(fixture), &key, tags);
    fixture.until_live(&format!("live-{room}/camera")).await;
    publisher
}

fn rtmp(fixture: &Fixture) -> SocketAddr {
    let url = fixture.server.rtmp_url("key");
    let authority = url.split('/').nth(2).expect("an authority");
    authority.parse().expect("an address")
}

/// A room's HLS as ffmpeg plays it, from the first segment that there is.
pub async fn played(fixture: &Fixture, room: &str, frames: usize) -> Reading {
    let master = fixture.server.url(&format!("/hls/live/{room}/master.m3u8"));
    let reader = Reader::of(&master).region(Region::FULL).input_options(["-live_start_index", "0"]);
    reader.frames(frames).read_async().await
}

/// The sound of a room's HLS as ffmpeg plays it, so many seconds from the first segment that there is.
pub async fn heard(fixture: &Fixture, room: &str, seconds: u32) -> PathBuf {
    let file = fixture.server.home().join(format!("{room}.wav"));
    let url = fixture.server.url(&format!("/hls/live/{room}/master.m3u8"));
    let made = tokio::process::Command::new("ffmpeg")
        .args(["-nostdin", "-loglevel", "error", "-live_start_index", "0", "-i", &url, "-vn"])
        .args(["-t", &seconds.to_string()])
        .arg(&file)
        .status();
    assert!(soon(made).await.expect("ffmpeg").success(), "the sound of {room}");
    file
}
