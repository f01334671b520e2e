//! Tasks of the server that die, one after another.

use crate::file;
use crate::fixture::{self, LIMIT};
use crate::support::config::Config;
use crate::support::marks::Reader;
use crate::support::publisher::Publisher;
use crate::support::server::Server;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// The exit code of a server that a task has brought down.
const BROKEN: i32 = 70;

/// The health status of the server; `None` when it does not answer.
async fn status(client: &reqwest::Client, server: &Server) -> Option<Value> {
    client.get(server.url("/health")).send().await.ok()?.json().await.ok()
}

fn client() -> reqwest::Client {
    let client = reqwest::Client::builder().timeout(Duration::from_secs(2)).pool_max_idle_per_host(0);
    client.build().expect("HTTP client")
}

/// Polls the health until the server is gone, and panics when it is `ok` after another status. Returns the exit code.
async fn ends_without_a_good_word(server: &mut Server, task: &str) -> Option<i32> {
    let (client, asked) = (client(), Instant::now());
    let mut first = None;
    while server.exited().is_none() {
        let health = status(&client, server).await;
        match (&health, first) {
            (Some(health), None) if health["status"] == "ok" => {
                // The file of the fault is polled 50 times a second.
                assert!(asked.elapsed() < Duration::from_secs(2), "{task} is dead: {health}");
            }
            (Some(health), _) => {
                assert_eq!(health["status"], "broken", "{task}: {health}");
                assert_eq!(health["degraded"].as_array().and_then(|down| down.last()), Some(&json!(task)), "{health}");
                first = first.or(Some(asked.elapsed()));
            }
            (None, _) => first = first.or(Some(asked.elapsed())), // it is going down
        }
        assert!(asked.elapsed() < Duration::from_secs(25), "the server lives on without {task}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    println!("{task}: known after {first:.0?}, ended after {:.0?}", asked.elapsed());
    server.ended(LIMIT).await.code()
}

#[tokio::test]
async fn a_server_without_a_task_it_cannot_do_without_is_never_ok_and_ends_with_code_70() {
    let _turn = crate::support::turn();
    let config = Config::new().project(640, 360, 30).set("lumely.in_server", false);
    let mut server = Server::start_breakable(config).await;
    let tasks = ["conductor", "mixer", "webrtc-worker", "livewing", "rtmp", "webrtc-udp", "srt", "http"];
    for (n, task) in tasks.into_iter().cycle().take(20).enumerate() {
        if n > 0 {
            server.launch().await;
        }
        server.fault(task);
        assert_eq!(ends_without_a_good_word(&mut server, task).await, Some(BROKEN), "{task}");
        let log = server.log();
        let line = format!("lumencast: {task} ended, which the server cannot do without: a fault was asked for");
        assert_eq!(log.lines().filter(|said| said.starts_with("lumencast: ")).count(), n + 1, "{task}");
        assert!(log.lines().any(|said| said == line), "{task}");
    }
}

#[tokio::test]
async fn a_dead_conductor_leaves_a_whole_recording_and_no_caller_without_an_answer() {
    let _turn = crate::support::turn();
    let clip = fixture::first().cached();
    let mut server = Server::start_breakable(fixture::two_cameras()).await;
    let mut wing = fixture::panel(&server).await;
    let mut camera = Publisher::start(&clip, &server.rtmp_url("cam0"));
    fixture::until_seen(&mut wing, 0).await;
    let recording = fixture::record(&server, &mut wing, json!({})).await;
    camera.sent(camera.sent_seconds() + 1.0, LIMIT).await;
    server.fault("conductor");
    assert_eq!(ends_without_a_good_word(&mut server, "conductor").await, Some(BROKEN));
    assert!(!fixture::marker(&recording.path).exists() && file::is_indexed(&recording.path));
    let reading = Reader::of(&recording.path).read_async().await;
    assert_eq!((reading.errors, reading.gaps().len()), (0, 0), "{reading}");
    assert!(reading.frames.len() > 20, "{reading}");
}

#[tokio::test]
async fn a_task_that_dies_is_shown_as_down_started_again_and_counted() {
    let _turn = crate::support::turn();
    let pattern = [("kind", "pattern"), ("pattern", "bars"), ("label", "Bars")];
    let config = Config::new().project(640, 360, 30).set("lumely.in_server", false).entry("input", pattern);
    let server = Server::start_breakable(config).await;
    let client = client();
    let tasks =
        ["watch", "lights", "light-rules", "light-memory", "mqtt", "webhooks", "image-sweep", "hls-idle", "departed"];
    let tasks = tasks.into_iter().chain(["disk", "pattern"]);
    for task in tasks {
        server.fault(task);
        let (end, mut was_down) = (Instant::now() + LIMIT, false);
        let (mut faults, mut again) = (1, Instant::now() + Duration::from_secs(2));
        loop {
            let health = status(&client, &server).await.expect("the server answers");
            let is_down = health["degraded"].as_array().is_some_and(|down| down.contains(&json!(task)));
            assert_eq!(health["status"] == "degraded", is_down, "{task}: {health}");
            if was_down && !is_down {
                break;
            }
            was_down |= is_down;
            if !was_down && Instant::now() > again {
                // A busy machine may not have asked in the quarter of a second; the next time it takes longer.
                server.fault(task);
                (faults, again) = (faults + 1, Instant::now() + Duration::from_secs(2));
            }
            assert!(Instant::now() < end, "{task} was down: {was_down}; {health}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let metrics = fixture::get(&server, "/metrics").await;
        for figure in ["restarts_total", "panics_total"] {
            let line = format!("lumencast_task_{figure}{{task=\"{task}\"}} {faults}");
            assert!(metrics.lines().any(|metric| metric == line), "{line} in\n{metrics}");
        }
    }
    let mut wing = fixture::panel(&server).await;
    fixture::until_status(&mut wing, 0, "ok").await;
    // The restarted tasks work: the pattern is seen, the lights draw, the figures are measured.
    let frames = fixture::metric(&server, "lumencast_lights_frames_total").await;
    let slots = fixture::metric(&server, "lumencast_mixer_slots_total").await;
    let end = Instant::now() + LIMIT;
    while fixture::metric(&server, "lumencast_lights_frames_total").await <= frames
        || fixture::metric(&server, "lumencast_mixer_slots_total").await <= slots
    {
        assert!(Instant::now() < end, "lights and figures stand still");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
