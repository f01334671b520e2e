//! A publisher with a line that stalls and then delivers all that it held up at once, on the same connection.

use crate::fixture::{self, FPS};
use crate::support::marks::{Clip, Reader};
use crate::support::publisher::Publisher;
use crate::support::server::Server;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

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

#[tokio::test]
async fn after_three_seconds_of_silence_and_a_burst_the_picture_is_back_within_a_second() {
    let _turn = crate::support::turn();
    let clip = Clip { gop: 60, ..fixture::first() }.cached();
    let server = Server::start(fixture::two_cameras()).await;
    let mut wing = fixture::panel(&server).await;
    let url = server.rtmp_url("cam0");
    let port: u16 = url.split([':', '/']).filter_map(|part| part.parse().ok()).next().expect("a port");
    let line = Line::to(port).await;
    let _camera = Publisher::start(&clip, &url.replace(&format!(":{port}/"), &format!(":{}/", line.port)));
    fixture::until_seen(&mut wing, 0).await;
    let recording = fixture::record(&server, &mut wing, json!({})).await;
    fixture::until_slot(&mut wing, recording.first + FPS).await;
    line.holds.send_replace(true);
    tokio::time::sleep(Duration::from_secs(3)).await; // how long the line stalls, not a wait for a result
    let released = (fixture::slot(&mut wing).await - recording.first) as usize;
    line.holds.send_replace(false);
    fixture::until_slot(&mut wing, recording.first + released as u64 + 3 * FPS).await;
    fixture::stop(&mut wing, &recording).await;
    let strain = fixture::strain(&server).await;

    let reading = Reader::of(&recording.path).read_async().await;
    let told = format!("{reading}\nreleased at {released}\n{strain}");
    let lead = |(index, _, n): (usize, u8, u32)| i64::from(n) - index as i64;
    let before = reading.marks().next().map(lead).expect("the camera is seen");
    let at = |mark: &(usize, u8, u32)| mark.0 >= released && (lead(*mark) - before).abs() <= 2;
    let back = reading.marks().find(at).unwrap_or_else(|| panic!("not back where it was in time\n{told}"));
    assert!(back.0 - released <= FPS as usize, "back after {} frames\n{told}", back.0 - released);
    let leads: Vec<i64> = reading.marks().filter(|mark| mark.0 >= back.0 + 15).map(lead).collect();
    assert!(
        leads.len() > 50 && leads.iter().all(|lead| *lead == leads[0]),
        "it goes on, frame by frame: {leads:?}\n{told}"
    );
    println!("back {} frames after the line was there again", back.0 - released);
}
