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
/// The camera's clip, in seconds, and how long program is recorded while jobs run: until shortly before its end.
const CLIP: f64 = 90.0;
const ON_AIR: Duration = Duration::from_secs(75);

#[tokio::test]
async fn program_loses_no_frame_while_100_jobs_run() {
    let _turn = crate::support::turn();
    let clip = Clip { hum_hz: 400, ..Clip::of(1, CLIP) }.cached();
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
    // On a busy machine they take longer than the camera sends.
    let all_done = customer.until("completed", JOBS, Duration::from_secs(400));
    tokio::pin!(all_done);
    let done_on_air = tokio::time::timeout(ON_AIR, &mut all_done).await.is_ok();
    drop(wing); // it was not read meanwhile, and the server lets go of a panel that answers no ping for 30 s
    let mut wing = fixture::panel(&server).await;
    let slots = fixture::stop(&mut wing, &recording).await;
    let reading = Reader::of(&recording.path).read_async().await;
    assert_eq!((reading.errors, reading.undecodable(), reading.flaws()), (0, vec![], (0, 0, 0)), "{reading}");
    assert!(slots > fixture::FPS, "{slots} frames were recorded");
    let seconds = slots as f64 / fixture::FPS as f64;
    println!("{seconds:.1} s of program, nothing lost; {JOBS} jobs within it: {done_on_air}");
    if !done_on_air {
        all_done.await;
    }
}
