//! A publisher with a line that stalls and then delivers all that it held up at once, on the same connection.

use crate::fixture::{self, FPS};
use crate::rooms::fixture::Fixture;
use crate::support::health::{Reported, assert_reported_as_seen};
use crate::support::livewing::LiveWing;
use crate::support::marks::{Clip, Reader};
use crate::support::publisher::Publisher;
use crate::support::server::Server;
use serde_json::json;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::watch;
use tokio_util::task::AbortOnDropHandle;

/// A line to the server that can hold back what the client sends.
struct Line {
    port: u16,
    holds: Arc<watch::Sender<bool>>,
}

impl Line {
    async fn to(port: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let own = listener.local_addr().expect("an address").port();
        let holds = Arc::new(watch::Sender::new(false));
        let held = holds.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(("127.0.0.1", port)).await.expect("the server");
                let ((mut from_client, mut to_client), (mut from_server, mut to_server)) =
                    (client.into_split(), server.into_split());
                let mut held = held.subscribe();
                tokio::spawn(async move {
                    let mut buffer = vec![0; 65_536];
                    while let Ok(size @ 1..) = from_client.read(&mut buffer).await {
                        if held.wait_for(|holds| !holds).await.is_err()
                            || to_server.write_all(&buffer[..size]).await.is_err()
                        {
                            return;
                        }
                    }
                });
                tokio::spawn(async move { tokio::io::copy(&mut from_server, &mut to_client).await });
            }
        });
        Self { port: own, holds }
    }
}

/// The same for datagrams of one client: what is held is passed on in its order when the line is there again.
struct DatagramLine {
    port: u16,
    holds: Arc<watch::Sender<bool>>,
}

impl DatagramLine {
    async fn to(port: u16) -> Self {
        let near = Arc::new(UdpSocket::bind(("127.0.0.1", 0)).await.expect("a port"));
        let far = Arc::new(UdpSocket::bind(("127.0.0.1", 0)).await.expect("a port"));
        far.connect(("127.0.0.1", port)).await.expect("the server");
        let own = near.local_addr().expect("an address").port();
        let holds = Arc::new(watch::Sender::new(false));
        let client = Arc::new(watch::Sender::new(None));
        let (mut held, seen, from, to) = (holds.subscribe(), client.clone(), near.clone(), far.clone());
        tokio::spawn(async move {
            let mut buffer = vec![0; 2048];
            while let Ok((size, sender)) = from.recv_from(&mut buffer).await {
                seen.send_replace(Some(sender));
                if held.wait_for(|holds| !holds).await.is_err() || to.send(&buffer[..size]).await.is_err() {
                    return;
                }
            }
        });
        tokio::spawn(async move {
            let mut buffer = vec![0; 2048];
            while let Ok(size) = far.recv(&mut buffer).await {
                let sender = *client.borrow();
                if let Some(sender) = sender {
                    let _ = near.send_to(&buffer[..size], sender).await;
                }
            }
        });
        Self { port: own, holds }
    }
}

fn port_of(url: &str) -> u16 {
    url.split([':', '/', '?']).filter_map(|part| part.parse().ok()).next().expect("a port")
}

/// Slots that a report may be old when it is asked for: a source is looked at ten times a second, by a thread that has
/// to get its turn on the machine.
const OLD: u64 = 6;
/// Slots in which the first pictures after lost packets may be too damaged for their marks to be read.
const DAMAGED: u64 = 8;

/// Asks for the signal of an input again and again, until it is dropped.
async fn ask_signal(server: &Server, input: usize, damaged: u64) -> (Arc<Mutex<Vec<Reported>>>, AbortOnDropHandle<()>) {
    let mut wing = fixture::panel(server).await;
    let reported = Arc::<Mutex<Vec<Reported>>>::default();
    let into = reported.clone();
    let asking = tokio::spawn(async move {
        loop {
            let from = fixture::slot(&mut wing).await - OLD;
            let list = wing.must("inputs.list", json!({})).await;
            let slots = from..=fixture::slot(&mut wing).await + damaged;
            into.lock().expect("reports").push(Reported { slots, is_ok: list["inputs"][input]["status"] == "ok" });
            tokio::time::sleep(Duration::from_millis(60)).await; // five commands, of a hundred a second
        }
    });
    (reported, AbortOnDropHandle::new(asking))
}

/// Records program over three seconds in which everything is held, finds the camera back in time, and its signal
/// reported as the pictures show it. `late` is by how many frames it may come later than before until the line has
/// caught up.
async fn assert_back(server: &Server, wing: &mut LiveWing, input: usize, hold: impl Fn(bool), late: i64) {
    let (reported, asking) = ask_signal(server, input, if late > 0 { DAMAGED } else { 0 }).await;
    let recording = fixture::record(server, wing, json!({})).await;
    fixture::until_slot(wing, recording.first + FPS).await;
    hold(true);
    tokio::time::sleep(Duration::from_secs(3)).await; // how long the line stalls, not a wait for a result
    let released = (fixture::slot(wing).await - recording.first) as usize;
    hold(false);
    fixture::until_slot(wing, recording.first + released as u64 + 3 * FPS).await;
    drop(asking);
    fixture::stop(wing, &recording).await;
    let strain = fixture::strain(server).await;

    let reading = Reader::of(&recording.path).read_async().await;
    let told = format!("{reading}\nreleased at {released}\n{strain}");
    let lead = |(index, _, n): (usize, u8, u32)| i64::from(n) - index as i64;
    let before = reading.marks().next().map(lead).expect("the camera is seen");
    let in_time = |lead: i64| (-late - 2..=2).contains(&(lead - before));
    let at = |mark: &(usize, u8, u32)| mark.0 >= released && in_time(lead(*mark));
    let back = reading.marks().find(at).unwrap_or_else(|| panic!("not back where it was in time\n{told}"));
    assert!(back.0 - released <= FPS as usize, "back after {} frames\n{told}", back.0 - released);
    // Until then it comes back to its latency, and the line may lose what it held for too long.
    let settled = released + 2 * FPS as usize;
    let leads: Vec<i64> = reading.marks().filter(|mark| mark.0 >= settled).map(lead).collect();
    let goes_on = |lead: &i64| in_time(*lead) && (late > 0 || *lead == leads[0]);
    assert!(leads.len() > 25 && leads.iter().all(goes_on), "it goes on, frame by frame: {leads:?}\n{told}");
    let seen: Vec<_> = (recording.first..).zip(reading.frames.iter().map(|frame| frame.mark)).collect();
    assert_reported_as_seen(&seen, &reported.lock().expect("reports"));
}

#[tokio::test]
async fn after_three_seconds_of_silence_and_a_burst_the_picture_is_back_within_a_second() {
    let _turn = crate::support::turn();
    let clip = Clip { gop: 60, ..fixture::first() }.cached();
    let server = Server::start(fixture::two_cameras()).await;
    let mut wing = fixture::panel(&server).await;
    let url = server.rtmp_url("cam0");
    let port = port_of(&url);
    let line = Line::to(port).await;
    let _camera = Publisher::start(&clip, &url.replace(&format!(":{port}/"), &format!(":{}/", line.port)));
    fixture::until_seen(&mut wing, 0).await;
    assert_back(&server, &mut wing, 0, |hold| _ = line.holds.send_replace(hold), 0).await;
}

#[tokio::test]
async fn after_three_seconds_of_silence_a_caller_over_srt_is_back_within_a_second() {
    let _turn = crate::support::turn();
    let clip = Clip { gop: 60, ..fixture::first() }.cached();
    let server = Server::start(fixture::two_cameras()).await;
    let mut wing = fixture::panel(&server).await;
    let url = server.srt_url("cam0");
    let port = port_of(&url);
    let line = DatagramLine::to(port).await;
    let _camera = Publisher::transport_stream(&clip, &url.replace(&format!(":{port}"), &format!(":{}", line.port)));
    fixture::until_seen(&mut wing, 0).await;
    // SRT lets out what was held at 1.25 times its rate at most.
    assert_back(&server, &mut wing, 0, |hold| _ = line.holds.send_replace(hold), 20).await;
}

#[tokio::test]
async fn a_publisher_over_whip_that_stands_still_for_three_seconds_is_back_within_a_second() {
    let _turn = crate::support::turn();
    let input = [("label", "Web"), ("kind", "stream"), ("stream", "live-studio/guest")];
    let rooms = Fixture::with(fixture::two_cameras().entry("input", input)).await;
    let token = rooms.token(json!({ "room": "studio", "identity": "guest" })).await;
    let clip = Clip::of(6, 40.0).size(320, 180).cached();
    let publisher = rooms.peer("publish", &format!("/whip/live/studio?token={token}"), &clip, 35).await;
    rooms.until_live("live-studio/guest").await;
    let mut wing = fixture::panel(&rooms.server).await;
    fixture::until_seen(&mut wing, 2).await;
    wing.must("switcher.cutToSource", json!({ "sourceId": 2 })).await;
    let parent = publisher.id().expect("it runs").to_string();
    let signal = |stop: bool| {
        let name = if stop { "-STOP" } else { "-CONT" };
        let sent = std::process::Command::new("pkill").args([name, "-P", &parent]).status();
        assert!(sent.expect("pkill").success());
    };
    // aiortc encodes what it owes as fast as it can.
    assert_back(&rooms.server, &mut wing, 2, signal, 20).await;
}
