//! Cuts and fades commanded over the WebSocket, read back from the recording of program.

use crate::fixture::{self, FPS, LIMIT};
use crate::support::livewing::LiveWing;
use crate::support::marks::{Reader, Reading};
use crate::support::publisher::Publisher;
use crate::support::server::Server;
use crate::{file, pixels};
use serde_json::json;
use std::time::Duration;

/// Milliseconds from one reply to the next command: irregular, from four frames to a second and a half.
const PAUSES_MS: [u64; 20] =
    [613, 251, 1507, 390, 147, 982, 511, 333, 1210, 134, 702, 459, 841, 277, 1033, 168, 590, 1321, 405, 754];
/// Tolerance of sound against picture.
const SKEW_MS: f64 = 40.0;

async fn on_air() -> (Server, LiveWing, [Publisher; 2]) {
    let clips = [fixture::first(), fixture::second()].map(|clip| clip.cached());
    let server = Server::start(fixture::two_cameras()).await;
    let mut wing = fixture::panel(&server).await;
    let cameras = [(&clips[0], "cam0"), (&clips[1], "cam1")];
    let publishers = cameras.map(|(clip, key)| Publisher::start(clip, &server.rtmp_url(key)));
    for source in 0..2 {
        fixture::until_seen(&mut wing, source).await;
    }
    (server, wing, publishers)
}

#[tokio::test]
async fn program_holds_exactly_the_cuts_that_were_commanded() {
    let _turn = crate::support::shared_turn(50);
    let (server, mut wing, _publishers) = on_air().await;
    let recording = fixture::record(&server, &mut wing, json!({})).await;
    let mut commanded = Vec::new();
    for (number, pause) in PAUSES_MS.into_iter().enumerate() {
        tokio::time::sleep(Duration::from_millis(pause)).await; // the rhythm of the show, not a wait for a result
        let to = u8::from(number % 2 == 0);
        let reply = if number % 3 == 1 {
            wing.must("switcher.cutToSource", json!({ "sourceId": to })).await
        } else {
            wing.must("switcher.cut", json!({})).await
        };
        commanded.push((fixture::slot_of(&reply) - recording.first, to + 1));
    }
    tokio::time::sleep(Duration::from_millis(700)).await; // the last source is to be shown for a while
    let frames = fixture::stop(&mut wing, &recording).await;
    let strain = fixture::strain(&server).await;

    let reading = Reader::of(&recording.path).read_async().await;
    let told = format!("{reading}\ncommanded {commanded:?}\n{strain}");
    let found: Vec<_> = reading.cuts().iter().map(|cut| (cut.index as u64, cut.to.0)).collect();
    assert_eq!(found, commanded, "{told}");
    assert!(reading.cuts().iter().all(|cut| cut.between == 0), "{told}");
    assert_eq!((reading.undecodable(), reading.errors), (vec![], 0), "{told}");
    assert_eq!(reading.flaws(), (0, 0, 0), "{told}");
    assert!(reading.gaps().is_empty(), "{told}");
    let leads = [1, 2].map(|source| fixture::lead(&reading, source));
    assert_eq!(reading.frames.len() as u64, frames, "{told}");

    let skews = steady_skews(&reading);
    assert!(skews.len() >= 5, "too few flashes with a beep: {skews:?}\n{told}");
    assert!(skews.iter().all(|ms| ms.abs() <= SKEW_MS), "{skews:.1?}\n{told}");
    assert_own_hum_in_each_run(&reading, &told);

    let probe = file::probe(&recording.path);
    assert!(file::is_indexed(&recording.path), "{:?}", file::boxes(&recording.path));
    assert_eq!(probe.frames, frames, "{probe:?}");
    let seconds = frames as f64 / FPS as f64;
    assert!((probe.picture - seconds).abs() < 0.001, "{probe:?} of {seconds} s");
    assert!((probe.sound - seconds).abs() < 0.1 && (probe.whole - seconds).abs() < 0.1, "{probe:?} of {seconds} s");
    println!("{frames} frames, 20 cuts, leads {leads:?}, skew ms {skews:.1?}, {probe:?}");
}

/// Milliseconds from flash to beep, where the source stays on program for the whole beep.
fn steady_skews(reading: &Reading) -> Vec<f64> {
    let runs = reading.runs();
    let steady = |flash: f64| {
        runs.iter().any(|run| {
            let begin = reading.frames[run.first_index].pts;
            let end = begin + run.frames as f64 / FPS as f64;
            flash >= begin + 0.06 && flash + 0.12 <= end
        })
    };
    reading.skews().into_iter().filter(|skew| steady(skew.flash)).map(|skew| skew.ms).collect()
}

/// The level of a tone, the mean of short stretches: while a sound's clock is being followed its pitch is slightly off.
fn level(reading: &Reading, hz: f64, from: f64, to: f64) -> f64 {
    let count = ((to - from) / 0.1).floor().max(1.0);
    let step = (to - from) / count;
    let begins = (0..count as usize).map(|n| from + n as f64 * step);
    begins.map(|begin| reading.sound.tone_level(hz, begin, begin + step)).sum::<f64>() / count
}

/// In each run that is long enough to measure, the hum of its source is present and that of the other is not.
fn assert_own_hum_in_each_run(reading: &Reading, told: &str) {
    let hums = [fixture::first().hum_hz, fixture::second().hum_hz].map(f64::from);
    let mut heard = 0;
    for run in reading.runs().iter().filter(|run| run.frames >= 10) {
        // The ramp of the cut takes 5 ms; a frame of AAC before or after it belongs to both.
        let from = reading.frames[run.first_index].pts + 0.06;
        let to = reading.frames[run.first_index + run.frames - 1].pts - 0.03;
        let own = usize::from(run.source - 1);
        let [own, other] = [own, 1 - own].map(|hum| level(reading, hums[hum], from, to));
        assert!(own > 0.03 && other < 0.01, "{from:.3} to {to:.3} s: own {own:.4}, other {other:.4}\n{told}");
        heard += 1;
    }
    assert!(heard >= 10, "{told}");
}

#[tokio::test]
async fn a_fade_mixes_for_its_duration_and_ends_where_its_reply_said() {
    let _turn = crate::support::shared_turn(50);
    let (server, mut wing, _publishers) = on_air().await;
    wing.subscribe(&["tally", "switcher.state"]).await;
    let recording = fixture::record(&server, &mut wing, json!({})).await;
    wing.drain();

    let reply = wing.must("switcher.fade", json!({ "duration": 1.0 })).await;
    assert_eq!(reply["slots"], FPS, "{reply}");
    let began = fixture::slot_of(&reply) - recording.first;
    wing.event_where("tally", LIMIT, |tally| tally["program"] == json!([0, 1])).await;
    let ignored = wing.must("switcher.fade", json!({ "duration": 0.2 })).await;
    assert!(ignored.get("slot").is_none(), "a second fade was ignored: {ignored}");
    let state = wing.must("switcher.getState", json!({})).await;
    assert!(state["transition"]["active"] == true && state["program"] == 0, "{state}");
    let tally = wing.next_event("tally", LIMIT).await;
    assert_eq!(tally, json!({ "program": [1], "preview": [0] }), "after the fade");
    let ended = fixture::slot(&mut wing).await - recording.first;
    assert!((began + FPS..=began + FPS + 15).contains(&ended), "told at {ended} of a fade from {began}");

    // A second one, which a cut finishes early.
    let reply = wing.must("switcher.fade", json!({ "duration": 2.0 })).await;
    let again = fixture::slot_of(&reply) - recording.first;
    tokio::time::sleep(Duration::from_millis(400)).await; // when the cut comes, not a wait for a result
    let reply = wing.must("switcher.cut", json!({})).await;
    let cut = fixture::slot_of(&reply) - recording.first;
    let tally = wing.event_where("tally", LIMIT, |tally| tally["program"] == json!([0])).await;
    assert_eq!(tally["preview"], json!([1]));
    tokio::time::sleep(Duration::from_millis(2000)).await; // past where the finished fade would have ended
    let frames = fixture::stop(&mut wing, &recording).await;
    let strain = fixture::strain(&server).await;

    let reading = Reader::of(&recording.path).read_async().await;
    let told = format!("{reading}\nfades at {began} and {again}, cut at {cut}\n{strain}");
    assert_eq!((reading.frames.len() as u64, reading.errors), (frames, 0), "{told}");
    assert!(reading.gaps().is_empty() && reading.black().is_empty(), "{told}");
    let leads = [1, 2].map(|source| fixture::lead(&reading, source));
    let at = |source: u8, index: usize| (source, (leads[usize::from(source - 1)] + index as i64) as u32);
    let bands = pixels::bands(&recording.path);
    let mut worst = 0.0_f64;
    for (index, band) in bands.iter().enumerate() {
        let share = pixels::share(band, at(1, index), at(2, index));
        let slot = index as u64;
        let wanted = match slot {
            _ if slot < began => 0.0,
            _ if slot < began + FPS => (slot - began + 1) as f64 / (FPS + 1) as f64,
            _ if slot < again => 1.0,
            _ if slot < cut => 1.0 - (slot - again + 1) as f64 / (2 * FPS + 1) as f64,
            _ => 0.0,
        };
        // Half a step of the slower fade would be 0.008, of the faster one 0.016.
        assert!((share - wanted).abs() < 0.015, "index {index}: {share:.4} instead of {wanted:.4}\n{told}");
        worst = worst.max((share - wanted).abs());
    }
    println!("fade at {began}, ended event by {ended}; second at {again} cut at {cut}; worst share {worst:.4}");
}
