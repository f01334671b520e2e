//! MJPEG viewers: multipart, single pictures and sockets, and permissions.

use super::device::{Peer, number, picture};
use super::fixture::{Fixture, soon};
use super::multipart::Parts;
use lumencast::app::rooms::{Duplicate, PublishRequest, Via};
use serde_json::{Value, json};
use std::time::Duration;

const MJPEG: &str = "/live/live/cam/mjpeg";

#[tokio::test]
async fn a_reader_that_is_there_before_the_camera_gets_every_picture_it_can_take() {
    let _turn = crate::turn::turn();
    let fixture = Fixture::open().await;
    let mut reader = Parts::open(&fixture, MJPEG).await;
    fixture.until_viewers("live-cam", 1).await;
    let mut camera = Peer::camera(&fixture, "cam").await;
    for n in 1..=50 {
        camera.send(picture(n, 3_000 + n as usize)).await;
        // The bytes are those that were sent, and come before the next picture is sent.
        assert_eq!(reader.next().await, picture(n, 3_000 + n as usize));
    }
    drop(reader);
    fixture.until_viewers("live-cam", 0).await;
}

#[tokio::test]
async fn the_newest_picture_comes_at_once_and_short_and_full_names_are_one_room() {
    let _turn = crate::turn::turn();
    let fixture = Fixture::open().await;
    let mut camera = Peer::camera(&fixture, "cam").await;
    let mut first = Parts::open(&fixture, MJPEG).await;
    camera.send(picture(1, 500)).await;
    camera.send(picture(2, 500)).await;
    while number(&first.next().await) != 2 {}
    for path in [MJPEG, "/live/live/live-cam/mjpeg"] {
        assert_eq!(Parts::open(&fixture, path).await.next().await, picture(2, 500));
    }
    let mut socket = Peer::connect(&fixture, "/live/ws?app=live&room=live-cam").await;
    assert_eq!(socket.jpeg().await, picture(2, 500));
}

#[tokio::test]
async fn the_head_of_the_answer_is_as_documented() {
    let _turn = crate::turn::turn();
    let fixture = Fixture::open().await;
    let client = reqwest::Client::new();
    for method in [reqwest::Method::GET, reqwest::Method::HEAD] {
        let answer = soon(client.request(method.clone(), fixture.http(MJPEG)).send()).await.unwrap();
        assert_eq!(answer.status(), 200);
        let headers = answer.headers();
        assert_eq!(headers["content-type"], "multipart/x-mixed-replace; boundary=frame");
        assert_eq!(headers["access-control-allow-origin"], "*");
        assert_eq!(headers["x-accel-buffering"], "no");
        assert!(headers["cache-control"].to_str().unwrap().contains("no-store"));
        if method == reqwest::Method::HEAD {
            assert!(soon(answer.bytes()).await.unwrap().is_empty());
        }
    }
    let answer = client.post(fixture.http(MJPEG)).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), &answer.headers()["allow"]), (405, &"GET, HEAD, OPTIONS".parse().unwrap()));
    let answer = client.request(reqwest::Method::OPTIONS, fixture.http(MJPEG)).send().await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["access-control-allow-origin"]),
        (204, &"*".parse().unwrap())
    );
}

#[tokio::test]
async fn the_last_picture_is_there_while_the_camera_is() {
    let _turn = crate::turn::turn();
    let fixture = Fixture::open().await;
    let get = async || {
        let answer = soon(reqwest::get(fixture.http("/live/live/cam/frame.jpg"))).await.unwrap();
        (answer.status().as_u16(), answer.headers()["content-type"].clone(), answer.bytes().await.unwrap())
    };
    let (status, _, body) = get().await;
    let error = json!({"data": null, "error": {"code": "not_found", "message": "There is no picture of this room"}});
    assert_eq!((status, serde_json::from_slice::<Value>(&body).unwrap()), (404, error.clone()));
    let mut camera = Peer::camera(&fixture, "cam").await;
    assert_eq!(get().await.0, 404, "no picture yet");
    for n in 1..=3 {
        camera.send(picture(n, 700)).await;
        let live = fixture.rooms.stream("live-cam/cam").expect("stream").live;
        super::fixture::until(|| live.stats().frames == u64::from(n), || format!("{:?}", live.stats())).await;
        assert_eq!(get().await, (200, "image/jpeg".parse().unwrap(), picture(n, 700)));
    }
    drop(camera);
    fixture.until_streams(0).await;
    assert_eq!(get().await.0, 404, "nobody is shown a camera that is gone");
    // The fixture makes snapshots of what is no camera.
    let answer = reqwest::get(fixture.http("/live/live/film/frame.jpg")).await.unwrap();
    assert_eq!(answer.bytes().await.unwrap(), &b"\xff\xd8snapshot\xff\xd9"[..]);
}

#[tokio::test]
async fn who_may_not_look_is_told_so() {
    let _turn = crate::turn::turn();
    let fixture = Fixture::open().await;
    for (path, status, code) in [
        ("/live/nothere/cam/mjpeg", 404, "not_found"),
        ("/live/nothere/cam/frame.jpg", 404, "not_found"),
        ("/live/live/cam/else", 404, "not_found"),
        ("/live/else", 404, "not_found"),
        ("/live/closed/cam/mjpeg", 401, "unauthorized"),
        ("/live/closed/cam/mjpeg?token=", 401, "unauthorized"),
        ("/live/closed/cam/mjpeg?token=bad", 401, "unauthorized"),
        ("/live/closed/cam/mjpeg?token=good-closed-other", 401, "unauthorized"),
        ("/live/closed/cam/frame.jpg", 401, "unauthorized"),
        ("/live/live/cam/mjpeg?token=bad", 401, "unauthorized"),
        ("/live/closed/cam/frame.jpg?token=good-closed-cam", 404, "not_found"),
    ] {
        let answer = soon(reqwest::get(fixture.http(path))).await.unwrap();
        assert_eq!(answer.status(), status, "{path}");
        assert_eq!(answer.headers()["access-control-allow-origin"], "*", "{path}");
        let body: Value = answer.json().await.unwrap();
        assert_eq!((&body["data"], &body["error"]["code"]), (&Value::Null, &json!(code)), "{path}: {body}");
        assert!(body["error"]["message"].is_string(), "{path}: {body}");
    }
    let answer = soon(reqwest::get(fixture.http("/live/closed/cam/mjpeg?token=good-closed-cam"))).await.unwrap();
    assert_eq!(answer.status(), 200);

    for (query, word) in [
        ("app=nothere&room=cam", "unknown_app"),
        ("app=closed&room=cam", "play token required"),
        ("app=closed&room=cam&token=bad", "play token required"),
        ("app=closed&room=cam&token=good-closed-other", "room_mismatch"),
    ] {
        for endpoint in ["ws", "data"] {
            let mut socket = Peer::connect(&fixture, &format!("/live/{endpoint}?{query}")).await;
            assert_eq!(socket.sent_away().await, (4401, word.to_owned()), "{endpoint} {query}");
        }
    }
}

#[tokio::test]
async fn a_room_of_other_streams_has_no_mjpeg_and_a_camera_beside_them_has() {
    let _turn = crate::turn::turn();
    let fixture = Fixture::open().await;
    let entry = PublishRequest {
        app: "live".into(),
        room: "live-cam".into(),
        identity: "obs".into(),
        name: None,
        via: Via::Rtmp,
        ingress: None,
        duplicate: Duplicate::Challenge,
    };
    let lease = fixture.rooms.enter(entry).await.expect("lease");
    let answer = soon(reqwest::get(fixture.http(MJPEG))).await.unwrap();
    assert_eq!(answer.status(), 404);
    let body: Value = answer.json().await.unwrap();
    assert!(body["error"]["message"].as_str().unwrap().contains("WHEP"), "{body}");
    assert_eq!(
        Peer::connect(&fixture, "/live/ws?app=live&room=cam").await.sent_away().await,
        (4401, "not_mjpeg".into())
    );

    let mut camera = Peer::camera(&fixture, "cam").await;
    camera.send(picture(1, 100)).await;
    assert_eq!(Parts::open(&fixture, MJPEG).await.next().await, picture(1, 100));
    drop(lease);
}

#[tokio::test]
async fn a_slow_reader_skips_pictures_and_delays_nobody() {
    let _turn = crate::turn::turn();
    const SIZE: usize = 200_000;
    let fixture = Fixture::open().await;
    let mut camera = Peer::camera(&fixture, "cam").await;
    let mut slow = Parts::open(&fixture, MJPEG).await;
    let mut slow_socket = Peer::connect(&fixture, "/live/ws?app=live&room=cam").await;
    let mut quick = Parts::open(&fixture, MJPEG).await;
    fixture.until_viewers("live-cam", 3).await;
    // 100 MB: more than the system holds for two readers that do not read.
    for n in 1..=500 {
        camera.send(picture(n, SIZE)).await;
        assert_eq!(number(&quick.next().await), n);
    }
    // What the system held comes first, in order; then the newest.
    for numbers in [
        async {
            let mut seen = Vec::new();
            while seen.last() != Some(&500) {
                seen.push(number(&slow.next().await));
            }
            seen
        }
        .await,
        async {
            let mut seen = Vec::new();
            while seen.last() != Some(&500) {
                seen.push(number(&slow_socket.jpeg().await));
            }
            seen
        }
        .await,
    ] {
        assert!(numbers.is_sorted(), "{numbers:?}");
        assert!(numbers.len() < 250, "{} pictures were kept for a reader that slept", numbers.len());
    }
}

#[tokio::test]
async fn a_camera_that_comes_and_goes_twenty_times_keeps_its_readers() {
    let _turn = crate::turn::turn();
    let fixture = Fixture::open().await;
    let mut reader = Parts::open(&fixture, MJPEG).await;
    let mut socket = Peer::connect(&fixture, "/live/ws?app=live&room=cam").await;
    fixture.until_viewers("live-cam", 2).await;
    for turn in 1..=20u32 {
        let mut camera = Peer::camera(&fixture, "cam").await;
        for n in 1..=3 {
            camera.send(picture(turn * 100 + n, 20_000)).await;
        }
        let last = turn * 100 + 3;
        while number(&reader.next().await) != last {}
        while number(&socket.jpeg().await) != last {}
        if turn % 2 == 0 {
            drop(camera); // without a close, as when its power is cut
        } else {
            camera.leave().await;
        }
        fixture.until_streams(0).await;
    }
    assert_eq!(fixture.rooms.viewers("live-cam"), 2);
    socket.leave().await;
    fixture.until_viewers("live-cam", 1).await;
}

/// What the fan-out costs; the bound is far above what is measured, for a busy machine.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_viewers_share_one_picture() {
    let _turn = crate::turn::turn();
    const VIEWERS: usize = 200;
    const PICTURES: u32 = 30;
    let fixture = Fixture::open().await;
    let mut camera = Peer::camera(&fixture, "cam").await;
    let mut readers = Vec::new();
    for _ in 0..VIEWERS {
        readers.push(Parts::open(&fixture, MJPEG).await);
    }
    fixture.until_viewers("live-cam", VIEWERS).await;
    let before = cpu();
    let reading: Vec<_> = readers
        .into_iter()
        .map(|mut reader| {
            tokio::spawn(async move {
                let mut got = 0u32;
                while number(&reader.next().await) != PICTURES {
                    got += 1;
                }
                got + 1
            })
        })
        .collect();
    for n in 1..=PICTURES {
        camera.send(picture(n, 20_000)).await;
        tokio::time::sleep(Duration::from_millis(66)).await;
    }
    let mut got = 0;
    for reader in reading {
        got += soon(reader).await.unwrap();
    }
    let spent = cpu() - before;
    let each = spent / f64::from(got) * 1e6;
    println!("{got} pictures of 20 kB to {VIEWERS} viewers: {each:.0} us of CPU each, the readers' share included");
    assert!(got > PICTURES * VIEWERS as u32 / 4, "only {got} pictures came");
    assert!(each < 2_000.0, "{each} us for a picture");
}

/// Seconds of CPU that this process has used.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    let ticks: f64 = fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap();
    ticks / 100.0
}
