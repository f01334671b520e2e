//! A publisher that dies on program, and comes back as another picture.

use crate::fixture::{self, FPS, LIMIT};
use crate::follower::Follower;
use crate::support::child::{kill_now, log_file, tail, wait_exit};
use crate::support::livewing::LiveWing;
use crate::support::marks::{Clip, Frame, Reader, Unread};
use crate::support::publisher::Publisher;
use crate::support::server::Server;
use serde_json::{Value, json};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A viewer that keeps what it plays: ffmpeg on the master playlist, as a plain HLS client.
struct Viewer {
    child: Child,
    file: PathBuf,
    log: PathBuf,
}

impl Viewer {
    fn start(url: &str, home: &Path) -> Self {
        let (file, log) = (home.join("viewer.mkv"), home.join("viewer.log"));
        let child = Command::new("ffmpeg")
            .args(["-hide_banner", "-nostats", "-loglevel", "level+warning", "-y"])
            .args(["-live_start_index", "-1", "-i", url, "-map", "0:v:0", "-map", "0:a:0", "-c", "copy"])
            .arg(&file)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(log_file(&log))
            .spawn()
            .expect("ffmpeg starts");
        Self { child, file, log }
    }

    /// Ends it as its user would; panics if it had ended before.
    async fn leave(&mut self) {
        let gone = self.child.try_wait().expect("viewer can be waited for");
        assert!(gone.is_none(), "the viewer ended with {gone:?}\n{}", tail(&self.log, 40));
        if let Some(pipe) = self.child.stdin.as_mut() {
            let _ = pipe.write_all(b"q");
        }
        assert!(wait_exit(&mut self.child, LIMIT).await.is_some(), "the viewer does not end");
    }
}

impl Drop for Viewer {
    fn drop(&mut self) {
        kill_now(&mut self.child);
    }
}

#[tokio::test]
async fn a_killed_publisher_is_held_then_shown_as_slate_and_comes_back_by_itself() {
    let _turn = crate::support::shared_turn(50);
    let (clip, other) = (fixture::first().cached(), Clip::of(5, 12.0).size(640, 360).cached());
    let server = Server::start(fixture::two_cameras().set("hls.window", 3)).await;
    let mut wing = fixture::panel(&server).await;
    let camera = Publisher::start(&clip, &server.rtmp_url("cam0"));
    fixture::until_seen(&mut wing, 0).await;
    let recording = fixture::record(&server, &mut wing, json!({})).await;
    until_playable(&server).await;
    let follower = Follower::start(server.url("/hls/program/main/video.m3u8"));
    let mut viewer = Viewer::start(&server.url("/hls/program/main/master.m3u8"), server.home());
    wing.subscribe(&["source.health"]).await;
    fixture::until_slot(&mut wing, recording.first + 4 * FPS).await;
    wing.drain();

    camera.kill();
    let killed = Instant::now();
    let health = async |wing: &mut LiveWing, status: &str| -> Value {
        wing.event_where("source.health", LIMIT, |h| h["sourceId"] == 0 && h["status"] == status).await
    };
    health(&mut wing, "stalled").await;
    let stalled = killed.elapsed();
    health(&mut wing, "noSignal").await;
    let silent = killed.elapsed();
    let end = Instant::now() + LIMIT;
    while fixture::metric(&server, "lumencast_mixer_slate_slots_total").await < 30.0 {
        assert!(Instant::now() < end, "no slate is shown");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let mut camera = Publisher::start(&other, &server.rtmp_url("cam0"));
    let returned = Instant::now();
    health(&mut wing, "ok").await;
    let back = returned.elapsed();
    camera.sent(6.0, LIMIT).await;
    let frames = fixture::stop(&mut wing, &recording).await;
    let last = fixture::slot(&mut wing).await;
    viewer.leave().await;
    let story = follower.end().await;
    let strain = fixture::strain(&server).await;

    let reading = Reader::of(&recording.path).read_async().await;
    let told = format!("{reading}\n{strain}");
    assert_eq!((reading.frames.len() as u64, reading.errors), (frames, 0), "{told}");
    assert!(reading.gaps().is_empty(), "program kept its rate\n{told}");
    assert!(frames <= last - recording.first, "{told}");
    let runs = reading.runs();
    assert_eq!(runs.iter().map(|run| run.source).collect::<Vec<_>>(), [1, 5], "{told}");
    let (before, after) = (runs[0], runs[1]);
    assert_eq!((before.lost, before.backwards, before.unread), (0, 0, 0), "{told}");
    let (least, most) = (FPS as usize - 3, FPS as usize + 6);
    assert!((least..=most).contains(&before.repeated), "held for {} frames\n{told}", before.repeated);
    assert_eq!((after.lost, after.repeated, after.backwards, after.unread), (0, 0, 0, 0), "{told}");
    assert!(after.frames as u64 > 4 * FPS, "{told}");
    let slate = &reading.frames[before.first_index + before.frames..after.first_index];
    assert!(slate.len() >= 30, "{told}");
    let of_slate =
        |frame: &Frame| frame.mark.is_none() && frame.unread != Some(Unread::Black) && frame.mean_luma > 24.0;
    assert!(slate.iter().all(of_slate), "{told}");

    assert!(story.complaints.is_empty() && story.only_grew(), "{story:?}");
    assert!(story.segments.len() >= 5, "{story:?}");
    let viewed = Reader::of(&viewer.file).read_async().await;
    let sources: Vec<_> = viewed.runs().iter().map(|run| run.source).collect();
    assert!(sources == [1, 5] && viewed.gaps().is_empty(), "the viewer saw it all\n{viewed}");
    println!(
        "stalled after {stalled:.2?}, no signal after {silent:.2?}, back after {back:.2?}; held {} frames, slate {} \
         frames of luma {:.0}; {} segments from {:?}",
        before.repeated,
        slate.len(),
        slate[0].mean_luma,
        story.segments.len(),
        story.segments.keys().next()
    );
}

/// Waits until program's playlist lists a segment.
async fn until_playable(server: &Server) {
    let end = Instant::now() + LIMIT;
    loop {
        let look = async { reqwest::get(server.url("/hls/program/main/video.m3u8")).await?.text().await };
        if look.await.is_ok_and(|playlist| playlist.contains("#EXTINF")) {
            return;
        }
        assert!(Instant::now() < end, "program is not published");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
