//! A stream on its own: recorded and published without encoding it again.

use crate::file;
use crate::fixture::{self, FPS, LIMIT};
use crate::support::marks::Reader;
use crate::support::publisher::Publisher;
use crate::support::server::Server;
use serde_json::json;

#[tokio::test]
async fn a_stream_is_recorded_by_pass_through() {
    let _turn = crate::support::shared_turn(30);
    let clip = fixture::second();
    let path = clip.cached();
    let server = Server::start(fixture::two_cameras()).await;
    let mut wing = fixture::panel(&server).await;
    let mut camera = Publisher::start(&path, &server.rtmp_url("cam1"));
    fixture::until_seen(&mut wing, 1).await;
    let recording = fixture::record(&server, &mut wing, json!({ "source": "camera", "sourceId": 1 })).await;
    camera.sent(camera.sent_seconds() + 4.0, LIMIT).await;
    let master = server.url("/hls/live/input-1/master.m3u8");
    let played = Reader::of(&master).input_options(["-live_start_index", "0"]).frames(3 * FPS as usize);
    let played = played.read_async().await;
    let frames = fixture::stop(&mut wing, &recording).await;

    let reading = Reader::of(&recording.path).read_async().await;
    let told = format!("recorded\n{reading}\nplayed\n{played}");
    assert_eq!((reading.frames.len() as u64, reading.errors), (frames, 0), "{told}");
    assert!(frames > 4 * FPS, "{told}");
    assert_eq!((reading.undecodable(), reading.flaws()), (vec![], (0, 0, 0)), "{told}");
    let lead = fixture::lead(&reading, 2);
    assert!(reading.gaps().is_empty() && reading.skew().is_some_and(|ms| ms.abs() <= 40.0), "{told}");
    let (sent, kept) = (file::access_units(&path), file::access_units(&recording.path));
    assert_eq!(kept.len() as u64, frames);
    let from = lead as usize;
    assert_eq!(from as u32 % clip.gop, 0, "it begins with a key frame\n{told}");
    assert!(kept[..] == sent[from..from + kept.len()], "the access units are those of the publisher\n{told}");
    assert!(file::is_indexed(&recording.path));

    assert_eq!(played.frames.len() as u64, 3 * FPS, "{told}");
    assert_eq!((played.undecodable(), played.flaws(), played.errors), (vec![], (0, 0, 0), 0), "{told}");
    fixture::lead(&played, 2);
    println!(
        "{} access units from number {from} are the publisher's own; skew {:?} ms recorded, {:?} ms played",
        kept.len(),
        reading.skew(),
        played.skew()
    );
}
