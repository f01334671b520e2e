//! Publishers of codecs that are not the house's own: seen and heard in program, over HLS and in recordings.

use crate::fixture::{self, LIMIT};
use crate::support::config::Config;
use crate::support::livewing::LiveWing;
use crate::support::marks::{Clip, Reader, Reading};
use crate::support::publisher::Publisher;
use crate::support::server::Server;
use crate::support::tagged::{self, Form, Media, Tag};
use serde_json::json;
use std::{
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

/// Tones of the sources; all keep away from the beep.
const HUMS: [u32; 6] = [400, 600, 800, 1200, 1400, 1600];
/// Peak of a tone as it was made.
const HUM: f64 = 0.05;
/// Milliseconds of sound against picture: the codec's own delay and a frame of the encoder; in program besides while a
/// source's clock is being followed.
const SKEW_MS: f64 = 30.0;
const PROGRAM_SKEW_MS: f64 = 45.0;
/// Frames a second.
const FPS: usize = 30;
/// How many frames of each are looked at over HLS.
const PLAYED: usize = 75;

/// A source's clip: `n` counts from 0.
fn clip(n: usize) -> Clip {
    Clip { hum_hz: HUMS[n], kbps: 500, ..Clip::of(n as u8 + 1, 45.0).size(320, 180) }
}

fn key(n: usize) -> String {
    format!("cam{n}")
}

/// A small project with so many inputs.
async fn server(inputs: usize) -> (Server, LiveWing) {
    let config = Config::new().project(320, 180, FPS as u32).set("encode.preset", "ultrafast");
    let config = (0..inputs).fold(config, |config, n| config.rtmp_input(&key(n), &format!("Camera {n}")));
    let server = Server::start(config).await;
    let wing = fixture::panel(&server).await;
    (server, wing)
}

/// The level of a tone, the mean of short stretches.
fn level(reading: &Reading, hz: u32, from: f64, to: f64) -> f64 {
    let count = ((to - from) / 0.1).floor().max(1.0);
    let step = (to - from) / count;
    let begins = (0..count as usize).map(|n| from + n as f64 * step);
    begins.map(|begin| reading.sound.tone_level(hz.into(), begin, begin + step)).sum::<f64>() / count
}

/// Asserts that a source's tone is there as loud as it was made, and no other: a wrong rate would move it.
fn assert_tone(reading: &Reading, n: usize, (from, to): (f64, f64), told: &str) {
    let levels = HUMS.map(|hz| level(reading, hz, from, to));
    let own = levels[n];
    assert!((HUM * 0.6..HUM * 1.6).contains(&own), "{from:.2} to {to:.2} s: {levels:.3?}\n{told}");
    let other = levels.iter().enumerate().filter(|(at, _)| *at != n).map(|(_, level)| *level).fold(0.0, f64::max);
    assert!(other < own / 5.0, "{from:.2} to {to:.2} s: {levels:.3?}\n{told}");
}

/// Waits until the HLS stream of a source announces its sound.
async fn until_announced(server: &Server, n: usize) {
    let end = Instant::now() + LIMIT;
    loop {
        let master = fixture::get(server, &format!("/hls/live/input-{n}/master.m3u8")).await;
        if master.contains("mp4a") {
            return;
        }
        assert!(Instant::now() < end, "no sound of source {n} over HLS: {master}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Shows each source in turn, and judges program and its recording, the HLS stream of each source, and the recording of
/// the last one.
async fn judge(server: &Server, wing: &mut LiveWing, names: &[&str]) {
    for n in 0..names.len() {
        fixture::until_seen(wing, n as u32).await;
    }
    let last = names.len() - 1;
    for n in 0..names.len() {
        until_announced(server, n).await;
    }
    let recording = fixture::record(server, wing, json!({ "source": "program" })).await;
    let played: Vec<_> = (0..names.len())
        .map(|n| {
            let master = server.url(&format!("/hls/live/input-{n}/master.m3u8"));
            let reader = Reader::of(master).input_options(["-live_start_index", "0"]).frames(PLAYED);
            tokio::spawn(reader.read_async())
        })
        .collect();
    for n in 0..names.len() {
        wing.must("switcher.cutToSource", json!({ "sourceId": n })).await;
        let begun = fixture::slot(wing).await;
        fixture::until_slot(wing, begun + 2 * FPS as u64).await;
    }
    let frames = fixture::stop(wing, &recording).await;
    let camera = fixture::record(server, wing, json!({ "source": "camera", "sourceId": last })).await;
    let begun = fixture::slot(wing).await;
    fixture::until_slot(wing, begun + 2 * FPS as u64).await;
    fixture::stop(wing, &camera).await;

    let program = Reader::of(&recording.path).read_async().await;
    let told = format!("program\n{program}\n{}", fixture::strain(server).await);
    assert_eq!((program.frames.len() as u64, program.errors, program.undecodable()), (frames, 0, vec![]), "{told}");
    for (n, name) in names.iter().enumerate() {
        let runs = program.runs();
        let run = runs.iter().rfind(|run| usize::from(run.source) == n + 1 && run.frames > FPS);
        let run = run.unwrap_or_else(|| panic!("{name} is not on program\n{told}"));
        let from = program.frames[run.first_index].pts + 0.2;
        let to = program.frames[run.first_index + run.frames - 1].pts - 0.1;
        assert_tone(&program, n, (from, to), &format!("{name}\n{told}"));
        let skews = program.skews().into_iter().filter(|skew| skew.flash > from && skew.flash < to - 0.2);
        let mut skews: Vec<f64> = skews.map(|skew| skew.ms).collect();
        skews.sort_by(f64::total_cmp);
        let middle = skews.get(skews.len() / 2);
        assert!(middle.is_some_and(|ms| ms.abs() < PROGRAM_SKEW_MS), "{name}: {skews:.1?} ms\n{told}");
        println!("{name}: program, {} frames, sound {skews:.1?} ms after the picture", run.frames);
    }
    for (n, played) in played.into_iter().enumerate() {
        judge_alone(&played.await.expect("read"), n, &format!("{} over HLS", names[n]), PLAYED);
    }
    judge_alone(&Reader::of(&camera.path).read_async().await, last, &format!("{} recorded", names[last]), FPS);
}

/// Judges a stream that shows one source.
fn judge_alone(reading: &Reading, n: usize, name: &str, most: usize) {
    let told = format!("{name}\n{reading}");
    let runs = reading.runs();
    assert_eq!(runs.iter().map(|run| run.source as usize).collect::<Vec<_>>(), [n + 1], "{told}");
    assert!(reading.frames.len() >= most && reading.errors == 0, "{told}");
    assert_eq!((reading.undecodable(), reading.flaws()), (vec![], (0, 0, 0)), "{told}");
    assert!(reading.gaps().is_empty(), "{told}");
    let (from, to) = (reading.frames[0].pts + 0.3, reading.frames[reading.frames.len() - 1].pts - 0.1);
    assert_tone(reading, n, (from, to), &told);
    let skew = reading.skew().unwrap_or_else(|| panic!("no beeps\n{told}"));
    assert!(skew.abs() < SKEW_MS, "{told}");
    println!("{name}: {} frames, sound {skew:.1} ms after the picture, {:?}", reading.frames.len(), reading.streams);
}

#[tokio::test]
async fn what_ffmpeg_writes_into_flv_is_seen_and_heard() {
    let _turn = crate::support::shared_turn(50);
    let forms: [(&str, &[&str]); 6] = [
        ("MP3", &["-c:v", "copy", "-c:a", "libmp3lame", "-ar", "44100", "-ac", "2"]),
        ("Speex", &["-c:v", "copy", "-c:a", "libspeex", "-ar", "16000", "-ac", "1", "-b:a", "28k"]),
        ("G.711 A-law", &["-c:v", "copy", "-c:a", "pcm_alaw", "-ar", "8000", "-ac", "1"]),
        ("linear PCM", &["-c:v", "copy", "-c:a", "pcm_s16le", "-ar", "44100", "-ac", "2"]),
        ("Nellymoser", &["-c:v", "copy", "-c:a", "nellymoser", "-ar", "44100", "-ac", "1"]),
        // Its own choice for FLV: Sorenson H.263 and MP3.
        ("ffmpeg's choice", &["-b:v", "4M", "-g", "30", "-ar", "44100"]),
    ];
    let (server, mut wing) = server(forms.len()).await;
    let clips: Vec<_> = (0..forms.len()).map(|n| clip(n).cached()).collect();
    let start = |n: usize| Publisher::with(&clips[n], &server.rtmp_url(&key(n)), &[], forms[n].1);
    let _publishers: Vec<_> = (0..forms.len()).map(start).collect();
    judge(&server, &mut wing, &forms.map(|(name, _)| name)).await;
}

#[tokio::test]
async fn what_broadcast_carries_in_transport_streams_is_seen_and_heard_over_srt() {
    let _turn = crate::support::shared_turn(50);
    let forms: [(&str, &[&str]); 3] = [
        ("MPEG-2 and layer 2", &["-c:v", "mpeg2video", "-q:v", "3", "-g", "15", "-bf", "2", "-c:a", "mp2"]),
        ("MPEG-4 and AC-3", &["-c:v", "mpeg4", "-q:v", "3", "-g", "15", "-c:a", "ac3"]),
        ("H.264 and E-AC-3", &["-c:v", "copy", "-c:a", "eac3"]),
    ];
    let folder = tempfile::tempdir().expect("a folder");
    let files: Vec<_> = (0..forms.len()).map(|n| recoded(folder.path(), n, forms[n].1)).collect();
    let (server, mut wing) = server(forms.len()).await;
    let start = |n: usize| Publisher::transport_stream(&files[n], &server.srt_url(&key(n)));
    let _publishers: Vec<_> = (0..forms.len()).map(start).collect();
    judge(&server, &mut wing, &forms.map(|(name, _)| name)).await;
}

/// A source's clip as a transport stream of other codecs.
fn recoded(folder: &Path, n: usize, codecs: &[&str]) -> PathBuf {
    let file = folder.join(format!("{n}.ts"));
    let ffmpeg =
        Command::new("ffmpeg").args(["-v", "error", "-i"]).arg(clip(n).cached()).args(codecs).arg(&file).status();
    assert!(ffmpeg.expect("ffmpeg runs").success());
    file
}

/// Publishes what is made of each source's clip.
async fn tagged(server: &Server, streams: Vec<Vec<Tag>>) {
    let address = server.rtmp_url("").split('/').nth(2).expect("an address").to_owned();
    for (n, tags) in streams.into_iter().enumerate() {
        let address = address.clone();
        // Ends with the test's runtime at the latest.
        tokio::spawn(async move { tagged::publish(&address, &key(n), tags).await });
    }
}

fn sound<'a>(chain: &'a str, start: &'a [u8], head: &'a [u8]) -> Form<'a> {
    Form { media: Media::Sound, chain, start, heads: [head, head] }
}

/// An identification header of Opus with two channels.
const OPUS: &[u8] = b"\x90OpusOpusHead\x01\x02\x38\x01\x80\xbb\x00\x00\x00\x00\x00";

#[tokio::test]
async fn the_sounds_of_enhanced_rtmp_are_heard_beside_h264() {
    let _turn = crate::support::shared_turn(70);
    let stereo = "audio/x-raw,rate=48000,channels=2";
    let opus = format!("{stereo} ! opusenc");
    let ac3 = format!("{stereo} ! avenc_ac3 ! ac3parse");
    let eac3 = format!("{stereo} ! avenc_eac3 ! ac3parse");
    let mp3 = "audio/x-raw,rate=8000,channels=1 ! lamemp3enc target=bitrate bitrate=32 ! mpegaudioparse";
    let flac = format!("{stereo} ! flacenc ! flacparse");
    let surround = "audioconvert mix-matrix=<<1.0,0.0>,<0.0,1.0>,<1.0,0.0>,<1.0,0.0>,<1.0,0.0>,<0.0,1.0>> ! \
                    audio/x-raw,rate=48000,channels=6,channel-mask=(bitmask)0x3f ! opusenc";
    let six = b"\x90OpusOpusHead\x01\x06\x38\x01\x80\xbb\x00\x00\x00\x00\x01\x04\x02\x00\x04\x01\x02\x03\x05";
    let forms = [
        ("Opus", sound(&opus, OPUS, b"\x91Opus")),
        ("AC-3", sound(&ac3, b"\x90ac-3", b"\x91ac-3")),
        ("E-AC-3, second of two tracks left out", sound(&eac3, b"", b"\x95\x01ec-3\x00")),
        ("MP3 at 8 kHz", sound(mp3, b"", b"\xe2")),
        ("FLAC", sound(&flac, b"", b"\x91fLaC")),
        ("Opus in 5.1", sound(surround, six, b"\x91Opus")),
    ];
    let (server, mut wing) = server(forms.len()).await;
    let mut streams: Vec<Vec<Tag>> = Vec::new();
    for (n, (_, form)) in forms.iter().enumerate() {
        let mut tags = [tagged::h264(&clip(n)), tagged::tags(&clip(n), form)].concat();
        if n == 3 {
            // Encoder and decoder are 1105 samples late together, and this encoder does not take them off its stamps.
            tags.iter_mut().filter(|tag| tag.1 == Media::Sound).for_each(|tag| tag.0 = tag.0.saturating_sub(138));
        }
        if n == 2 {
            let other = tagged::tags(&clip(0), &sound(&eac3, b"", b"\x95\x01ec-3\x01"));
            tags.extend(other);
        }
        streams.push(tags);
    }
    tagged(&server, streams).await;
    judge(&server, &mut wing, &forms.map(|(name, _)| name)).await;
}

#[tokio::test]
async fn the_pictures_of_enhanced_rtmp_are_seen() {
    let _turn = crate::support::shared_turn(70);
    let picture = |chain, start, heads| Form { media: Media::Picture, chain, start, heads };
    let forms = [
        (
            "AV1",
            picture(
                // By quality: its rate control leaves single pictures at 20 dB, with marks that cannot be read.
                "av1enc cpu-used=8 threads=2 keyframe-max-dist=30 usage-profile=realtime end-usage=q max-quantizer=30 ! av1parse ! \
                 video/x-av1,stream-format=obu-stream,alignment=tu",
                b"\x90av01\x81\x00\x0c\x00".as_slice(),
                [b"\x91av01".as_slice(), b"\xa1av01"],
            ),
        ),
        (
            "VP9",
            picture(
                "vp9enc deadline=1 cpu-used=9 threads=2 keyframe-max-dist=30 target-bitrate=1200000 ! vp9parse ! \
                 video/x-vp9,alignment=super-frame",
                b"\x90vp09\x01\x00\x00\x00\x00\x15\x82\x02\x02\x02\x00\x00",
                [b"\x91vp09", b"\xa1vp09"],
            ),
        ),
        (
            "VP8",
            picture(
                "vp8enc deadline=1 cpu-used=8 keyframe-max-dist=30 target-bitrate=1500000",
                b"",
                [b"\x93vp08", b"\xa3vp08"],
            ),
        ),
    ];
    let opus = "audio/x-raw,rate=48000,channels=2 ! opusenc";
    let (server, mut wing) = server(forms.len()).await;
    let streams = forms.iter().enumerate().map(|(n, (_, form))| {
        [tagged::tags(&clip(n), form), tagged::tags(&clip(n), &sound(opus, OPUS, b"\x91Opus"))].concat()
    });
    let streams = streams.collect();
    tagged(&server, streams).await;
    judge(&server, &mut wing, &forms.map(|(name, _)| name)).await;
}

#[tokio::test]
async fn a_sound_that_cannot_be_decoded_leaves_the_picture_and_its_codec_stands_in_the_log() {
    let _turn = crate::support::shared_turn(50);
    let (server, mut wing) = server(2).await;
    let noise: Vec<Tag> = (0..500).map(|n| (n * 20, Media::Sound, b"\x91alacnoise".as_slice().into())).collect();
    tagged(&server, vec![[tagged::h264(&clip(0)), noise].concat()]).await;
    let folder = tempfile::tempdir().expect("a folder");
    let broadcast = recoded(folder.path(), 1, &["-c:v", "copy", "-c:a", "dca", "-strict", "-2"]);
    let _publisher = Publisher::transport_stream(&broadcast, &server.srt_url(&key(1)));
    for n in 0..2 {
        fixture::until_seen(&mut wing, n).await;
    }
    let recording = fixture::record(&server, &mut wing, json!({ "source": "camera", "sourceId": 0 })).await;
    tokio::time::sleep(Duration::from_secs(2)).await; // so much is recorded
    fixture::stop(&mut wing, &recording).await;
    let reading = Reader::of(&recording.path).read_async().await;
    assert!(reading.frames.len() > FPS && reading.runs()[0].source == 1, "{reading}");
    assert_eq!((reading.flaws(), reading.sound.spans().len()), ((0, 0, 0), 0), "{reading}");
    let said = server.log();
    let lines: Vec<_> = said.lines().filter(|line| line.contains("codec is not supported")).collect();
    for name in ["alac", "DTS (stream type 0x82)"] {
        assert_eq!(lines.iter().filter(|line| line.contains(name)).count(), 1, "{lines:?}");
    }
}
