//! The first moments of a viewer with the system's own socket buffer: all of the key frame comes, at once, and nothing
//! comes twice.

use super::{
    client::{Client, ClientEvent, Kind, delete},
    fixture::{Feeder, Open, TIMEOUT, number},
};
use std::time::{Duration, Instant};
use str0m::media::MediaKind;
use tokio::time::{sleep, timeout};

/// The first picture can be there within this time of the POST: a wait of the server's own would show in every join.
const FIRST: Duration = Duration::from_millis(80);
/// And is within this one, also beside a load: nothing of the key frame has to be asked for again.
const ALWAYS: Duration = Duration::from_secs(1);

/// Publishes a group of 20 s, and waits until so many pictures of it are there.
async fn long_group(open: &Open, size: usize, pictures: u64) -> Feeder {
    let feeder = Feeder::of_size(&open.fixture.live, 0, 600, true, (180_000, size));
    let came = async {
        while open.fixture.live.stats().frames < pictures {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(TIMEOUT, came).await.unwrap();
    feeder
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_group_begins_at_once_and_whole_with_a_plain_socket() {
    let _turn = crate::support::turn();
    let open = Open::endpoint().await;
    // 5 Mbit/s at 30 frames a second, with a key frame every 20 s.
    let feeder = long_group(&open, 20_000, 300).await;
    let kind = Kind { plain: true, ..Kind::VIEWER };
    let mut firsts = Vec::new();
    for join in 0..20 {
        let posted = Instant::now();
        let mut viewer = Client::to(&open.url(""), "/whep/live/hall", kind).await;
        let (at, _, whole, data) = viewer.picture().await;
        assert_eq!((number(&data), whole, data.len() > 180_000), (Some(0), true, true), "join {join}");
        firsts.push(at - posted);
        // The backlog, and what came during it.
        for next in 1..280 {
            let (.., whole, data) = viewer.picture().await;
            assert_eq!((number(&data), whole), (Some(next), true), "join {join}");
        }
        assert_eq!(viewer.resends(), 0, "join {join}: it lost nothing");
        assert_eq!(delete(&viewer.resource).await, 200);
        viewer.until(|event| matches!(event, ClientEvent::Gone)).await;
        if open.fixture.live.stats().frames > 540 {
            break;
        }
    }
    let (fastest, slowest) = (firsts.iter().min(), firsts.iter().max());
    assert!(firsts.len() >= 5 && fastest < Some(&FIRST) && slowest < Some(&ALWAYS), "{firsts:?}");
    feeder.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_viewer_that_caught_up_is_at_the_live_edge_and_hears() {
    let _turn = crate::support::turn();
    let open = Open::endpoint().await;
    let feeder = long_group(&open, 40_000, 200).await;
    // A backlog of 8 MB takes a second; what comes meanwhile is caught up with too.
    let mut viewer = Client::to(&open.url(""), "/whep/live/hall", Kind::VIEWER).await;
    let (mut pictures, mut heard) = (Vec::new(), None);
    while pictures.len() < 320 {
        match viewer.next().await {
            ClientEvent::Frame { kind: MediaKind::Video, time, at, data, .. } => {
                assert_eq!(number(&data), Some(pictures.len() as u32));
                pictures.push((at, time.as_seconds()));
            }
            ClientEvent::Frame { kind: MediaKind::Audio, .. } => heard = heard.or(Some(pictures.len())),
            _ => {}
        }
    }
    assert!(heard.is_some_and(|after| (200..260).contains(&after)), "sound begins at the live edge: {heard:?}");
    let (begin, middle, end) = (pictures[0], pictures[290], pictures[319]);
    let (sent, shown) = ((end.0 - middle.0).as_secs_f64(), end.1 - middle.1);
    assert!((shown - 29.0 / 30.0).abs() < 0.01 && (sent - shown).abs() < 0.2, "live at the end: {sent} s, {shown} s");
    let late = (end.0 - begin.0).as_secs_f64() - (end.1 - begin.1);
    assert!(late.abs() < 0.5, "no latency stays: {late} s");
    feeder.stop().await;
}
