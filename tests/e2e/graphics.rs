//! A graphic taken on and off by HTTP, found again in the recording's pixels.

use crate::fixture::{self, FPS, LIMIT};
use crate::pixels;
use crate::support::marks::{Reader, Region};
use crate::support::publisher::Publisher;
use crate::support::server::Server;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use std::process::Command;
use std::time::{Duration, Instant};

/// Where a lower third is drawn, and where it comes from: all of the lower part.
const LOWER: Region = Region { x: 0.0, y: 0.55, w: 1.0, h: 0.45 };
/// The same, small.
const SMALL: (usize, usize) = (80, 36);
/// Frames of the lower third's way out (300 ms).
const OUT: u64 = 9;
/// Luma by which a place differs more than coding alone makes it.
const SEEN: u8 = 14;

/// Asks the graphics plane as a Stream Deck does; panics unless the answer is a success.
struct Deck<'a> {
    server: &'a Server,
    client: Client,
    key: String,
}

impl Deck<'_> {
    async fn ask(&self, method: Method, path: &str) -> Value {
        let request = self.client.request(method, self.server.url(&format!("/api/v1/{path}")));
        let answer = request.bearer_auth(&self.key).send().await.unwrap_or_else(|error| panic!("{path}: {error}"));
        let status = answer.status();
        let text = answer.text().await.unwrap_or_default();
        assert!(status.is_success(), "{path}: {status}: {text}");
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}: {text}"))
    }

    async fn post(&self, path: &str) -> Value {
        self.ask(Method::POST, path).await
    }

    /// Whether it is live by the status of the graphic, the status of the channel, the status of both, and the tally.
    async fn says_live(&self) -> [bool; 4] {
        let graphic = self.ask(Method::GET, "trigger/guest/status").await;
        let channel = self.ask(Method::GET, "status/cg1").await;
        let both = self.ask(Method::GET, "status/cg1/guest").await;
        let tally = self.ask(Method::GET, "tally/cg1/pgm").await;
        assert_eq!(self.ask(Method::GET, "tally/cg1/pvw").await, json!(false));
        [
            graphic == json!({ "live": true, "liveOn": ["cg1"] }),
            channel == json!({ "live": ["guest"] }),
            both == json!({ "live": true }),
            tally == json!(true),
        ]
    }
}

/// A key of the graphics plane, made by the command line on a data folder that a server is using.
pub fn key(server: &Server) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_lumencast"))
        .args(["key", "create", "--plane", "lumora", "--label", "e2e", "--config"])
        .arg(server.config_path())
        .arg("--data")
        .arg(server.data())
        .output()
        .expect("the binary starts");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.starts_with("lumora_live_sk_") && text.trim_end().lines().count() == 1, "the key alone: {text}");
    text.trim_end().to_owned()
}

#[tokio::test]
async fn a_trigger_puts_the_graphic_on_program_within_five_frames_and_off_again() {
    let _turn = crate::support::shared_turn(60);
    let clip = fixture::first().cached();
    let fields = [("name", "Ada Lovelace"), ("title", "Mathematician")];
    let config = fixture::two_cameras().channel("cg1", true).graphic("guest", "lower-third", &["cg1"], &fields);
    let server = Server::start(config).await;
    let deck = Deck { server: &server, client: Client::new(), key: key(&server) };
    let mut wing = fixture::panel(&server).await;
    let mut camera = Publisher::start(&clip, &server.rtmp_url("cam0"));
    fixture::until_seen(&mut wing, 0).await;
    let recording = fixture::record(&server, &mut wing, json!({})).await;
    camera.sent(camera.sent_seconds() + 1.0, LIMIT).await;
    assert_eq!(deck.says_live().await, [false; 4]);

    let on = fixture::slot(&mut wing).await - recording.first;
    let reply = deck.post("trigger/guest/on").await;
    let replied = fixture::slot(&mut wing).await - recording.first - 1;
    assert_eq!(reply, json!({ "ok": true, "dispatched": ["cg1"], "skipped": [] }));
    for _ in 0..5 {
        assert_eq!(deck.says_live().await, [true; 4]);
        camera.sent(camera.sent_seconds() + 0.3, LIMIT).await;
    }

    let off = fixture::slot(&mut wing).await - recording.first;
    let reply = deck.post("trigger/guest/off").await;
    let left = fixture::slot(&mut wing).await - recording.first - 1;
    assert_eq!(reply, json!({ "ok": true, "dispatched": ["cg1"] }));
    assert_eq!(deck.says_live().await[..3], [false; 3]);
    let end = Instant::now() + LIMIT;
    while deck.ask(Method::GET, "tally/cg1/pgm").await != json!(false) {
        assert!(Instant::now() < end, "the tally stays on");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let dark = fixture::slot(&mut wing).await - recording.first;
    camera.sent(camera.sent_seconds() + 1.0, LIMIT).await;
    let frames = fixture::stop(&mut wing, &recording).await;
    let strain = fixture::strain(&server).await;

    let reading = Reader::of(&recording.path).read_async().await;
    let told = format!("{reading}\non {on} to {replied}, off {off} to {left}, tally off by {dark}\n{strain}");
    assert_eq!((reading.frames.len() as u64, reading.errors), (frames, 0), "{told}");
    assert_eq!((reading.undecodable(), reading.flaws()), (vec![], (0, 0, 0)), "{told}");
    // What is seen below the mark is compared with the clip's own picture of the same number.
    let clean = pixels::decode(&clip, LOWER, SMALL.0, SMALL.1);
    let seen = pixels::decode(&recording.path, LOWER, SMALL.0, SMALL.1);
    let differences: Vec<u8> =
        reading.marks().map(|(index, _, n)| pixels::difference(&seen[index], &clean[n as usize])).collect();
    let keyed: Vec<u64> = (0..frames).filter(|index| differences[*index as usize] > SEEN).collect();
    let told = format!("{told}\ndifferences {differences:?}");
    let (Some(&begin), Some(&last)) = (keyed.first(), keyed.last()) else { panic!("never seen\n{told}") };
    assert!(begin >= on && begin <= replied + 5, "seen from {begin}\n{told}");
    assert_eq!(keyed.len() as u64, last - begin + 1, "seen without a break\n{told}");
    assert!(last >= off && last <= left + OUT, "seen until {last}\n{told}");
    assert!(frames - last > FPS / 2, "{told}");
    assert!(dark > last, "the tally went off at {dark}, before the last pixel at {last}\n{told}");
    println!(
        "asked at {on}, replied during {replied}, seen from {begin}; off asked at {off}, replied during {left}, last \
         seen {last}; tally off by {dark}; without it differences up to {}",
        differences.iter().filter(|d| **d <= SEEN).max().unwrap_or(&0)
    );
}
