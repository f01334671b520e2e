//! A transport stream of which packets were lost: what comes after them stands at its time.

use super::{alone, media::until, small};
use bytes::Bytes;
use lumencast::{media::ingest::demux::ts::TsReader, protocol::packet::Packet};
use std::{
    process::Command,
    sync::{Arc, Mutex},
    time::Duration,
};

const PACKET: usize = 188;
/// As many packets as SRT carries in a message.
const MESSAGE: usize = 7 * PACKET;

/// The reference in a packet, in seconds.
fn reference(packet: &[u8]) -> Option<f64> {
    let has = packet[3] & 0x20 != 0 && packet[4] >= 7 && packet[5] & 0x10 != 0;
    let base = u64::from(u32::from_be_bytes(packet[6..10].try_into().ok()?)) << 1 | u64::from(packet[10] >> 7);
    has.then(|| base as f64 / 90_000.0)
}

/// The decoding times of the pictures and the times of the sound that come out of a stream, in seconds from the first.
fn times(stream: &[u8]) -> (Vec<f64>, Vec<f64>) {
    let seen: Arc<Mutex<(Vec<Duration>, Vec<Duration>)>> = Arc::default();
    let into = seen.clone();
    let reader = TsReader::start(move |packet| {
        let mut seen = into.lock().unwrap();
        match packet {
            Packet::Video { dts, .. } => seen.0.push(dts),
            Packet::Audio { pts, .. } => seen.1.push(pts),
            _ => {}
        }
        true
    })
    .unwrap();
    for message in stream.chunks(MESSAGE) {
        reader.push(Bytes::copy_from_slice(message)).unwrap();
    }
    until("all of it is taken", || reader.waiting() == 0);
    reader.finish(Duration::from_secs(10));
    let (pictures, sound) = seen.lock().unwrap().clone();
    let first = pictures[0];
    let seconds = |times: Vec<Duration>| times.iter().map(|at| at.as_secs_f64() - first.as_secs_f64()).collect();
    (seconds(pictures), seconds(sound))
}

#[test]
fn pictures_and_sound_after_lost_packets_stand_at_their_time() {
    let _alone = alone();
    let clip = small(3, 8.0);
    let made = Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(clip.cached())
        .args(["-c", "copy", "-f", "mpegts", "-"])
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let whole = made.stdout;
    let begin = whole.chunks_exact(PACKET).find_map(reference).unwrap();
    for lost in [0.3..0.3, 2.0..2.7, 2.0..4.5, 1.0..7.0] {
        let mut at = 0.0;
        let received: Vec<u8> = whole
            .chunks_exact(PACKET)
            .filter(|packet| {
                at = reference(packet).map_or(at, |reference| reference - begin);
                !lost.contains(&at)
            })
            .flatten()
            .copied()
            .collect();
        let (pictures, sound) = times(&received);
        assert!(lost.is_empty() || pictures.len() < clip.frames() as usize, "{lost:?}: nothing was lost");
        let last = f64::from(clip.frames() - 1) / 30.0;
        assert!((pictures.last().unwrap() - last).abs() < 0.002, "{lost:?}: {:?} for {last}", pictures.last());
        // Each picture stands on the clip's own raster.
        let off = pictures.iter().map(|at| (at * 30.0 - (at * 30.0).round()).abs()).fold(0.0, f64::max);
        assert!(off < 0.05, "{lost:?}: {off} of a frame off");
        let apart = (sound.last().unwrap() - last).abs();
        assert!(apart < 0.1, "{lost:?}: sound ends {apart} s from the last picture");
    }
}
