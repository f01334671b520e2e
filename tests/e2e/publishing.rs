//! Permissions to publish.

use crate::fixture::{self, LIMIT};
use crate::support::marks::{Clip, Reader};
use crate::support::publisher::Publisher;
use crate::support::server::Server;
use serde_json::json;
use std::time::Instant;

#[tokio::test]
async fn publishers_are_refused_by_key_and_replaced_when_dead() {
    let _turn = crate::support::shared_turn(40);
    let (clip, other) = (fixture::first().cached(), Clip::of(5, 12.0).size(640, 360).cached());
    let server = Server::start(fixture::two_cameras()).await;
    let mut wing = fixture::panel(&server).await;

    let mut unauthenticated = Publisher::start(&clip, &server.rtmp_url("nobody"));
    assert!(!unauthenticated.ended(LIMIT).await.success());
    assert!(unauthenticated.log().contains("Server error"), "refused in RTMP's own words\n{}", unauthenticated.log());

    let mut holder = Publisher::start(&clip, &server.rtmp_url("cam0"));
    fixture::until_seen(&mut wing, 0).await;
    let recording = fixture::record(&server, &mut wing, json!({ "source": "program" })).await;
    let mut second = Publisher::start(&other, &server.rtmp_url("cam0"));
    assert!(!second.ended(LIMIT).await.success());
    assert!(second.log().contains("Server error"), "{}", second.log());
    holder.sent(holder.sent_seconds() + 0.5, LIMIT).await;

    // Frozen, it keeps its connection and sends nothing.
    holder.freeze();
    let frozen = Instant::now();
    let mut heir = Publisher::start(&other, &server.rtmp_url("cam0"));
    heir.sent(0.1, LIMIT).await;
    let took = frozen.elapsed();
    heir.sent(2.0, LIMIT).await;
    let frames = fixture::stop(&mut wing, &recording).await;
    let strain = fixture::strain(&server).await;

    let reading = Reader::of(&recording.path).read_async().await;
    let told = format!("{reading}\n{strain}");
    assert_eq!((reading.frames.len() as u64, reading.errors), (frames, 0), "{told}");
    let runs = reading.runs();
    assert_eq!(runs.iter().map(|run| run.source).collect::<Vec<_>>(), [1, 5], "{told}");
    assert_eq!((runs[0].lost, runs[0].backwards), (0, 0), "the refused one left no trace\n{told}");
    assert_eq!((runs[1].lost, runs[1].repeated, runs[1].backwards), (0, 0, 0), "{told}");
    assert!(took.as_secs_f64() < 3.0, "replaced after {took:?}, ffmpeg's own start in it");
    println!("the heir sent its first frames {took:.2?} after the freeze, its own start in it");
}
