//! Image jobs beside a program on air: pictures wait for frames, never frames for pictures.

use super::client::{Customer, command, strip};
use crate::{
    fixture,
    support::{
        marks::{Clip, Reader},
        publisher::Publisher,
        server::Server,
    },
};
use futures::future::join_all;
use serde_json::json;
use std::time::Duration;

const JOBS: u64 = 100;

#[tokio::test]
async fn program_loses_no_frame_while_100_jobs_run() {
    let _turn = crate::support::turn();
    let clip = Clip { hum_hz: 400, ..Clip::of(1, 90.0) }.cached();
    let server = Server::start(fixture::two_cameras()).await;
    let mut wing = fixture::panel(&server).await;
    let _camera = Publisher::start(&clip, &server.rtmp_url("cam0"));
    fixture::until_seen(&mut wing, 0).await;
    command(&server, &["account", "create", "studio", "--credits", "200", "--rpm", "100000"]);
    let customer = Customer::of(&server, "studio");
    let path = customer.upload(&strip(160)).await;

    let recording = fixture::record(&server, &mut wing, json!({})).await;
    for id in join_all((0..JOBS).map(|_| customer.order(&path))).await {
        assert!(!id.is_empty());
    }
    customer.until("completed", JOBS, Duration::from_secs(300)).await;
    drop(wing); // it was not read meanwhile, and the server lets go of a panel that answers no ping for 30 s
    let mut wing = fixture::panel(&server).await;
    let slots = fixture::stop(&mut wing, &recording).await;
    let reading = Reader::of(&recording.path).read_async().await;
    assert_eq!((reading.errors, reading.undecodable(), reading.flaws()), (0, vec![], (0, 0, 0)), "{reading}");
    assert!(slots > fixture::FPS, "{slots} frames were recorded");
    println!("{JOBS} jobs within {:.1} s of program, nothing lost", slots as f64 / fixture::FPS as f64);
}
