//! Proves the test support itself: a reader that misses a lost frame would pass every other test.
//!
//! Each flaw is put into a marked clip with an ffmpeg filter, and must be found, and nothing else.

#[path = "support/peers.rs"]
mod peers;
mod support;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use support::child::Watchdog;
use support::marks::code::{self, CELLS, COLUMNS, ROWS};
use support::marks::{Clip, Reader, Reading, Region, Run, Unread, read};

/// The clip most flaws are put into: 4 s, 120 frames.
fn base() -> PathBuf {
    Clip::of(3, 4.0).size(640, 360).cached()
}

/// The same length, another source.
fn other() -> PathBuf {
    Clip::of(9, 4.0).size(640, 360).cached()
}

/// Encodes clips anew through a filter graph that ends in `[v]`, and reads the result.
fn through(graph: &str, inputs: &[&Path], more: &[&str], region: Region) -> Reading {
    let folder = tempfile::tempdir().expect("folder");
    let out = folder.path().join("changed.mp4");
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-v", "error", "-nostdin", "-y"]);
    for input in inputs {
        ffmpeg.arg("-i").arg(input);
    }
    ffmpeg
        .args(["-filter_complex", graph, "-map", "[v]", "-map", "0:a"])
        .args(["-c:v", "libx264", "-preset", "superfast", "-b:v", "1500k"])
        .args(["-fps_mode", "passthrough", "-c:a", "aac"])
        .args(more)
        .arg(&out);
    let child = ffmpeg.spawn().expect("ffmpeg starts");
    let status = Watchdog::over(child, Duration::from_secs(60)).wait();
    assert!(status.success(), "{graph}: {status}");
    read(out, region)
}

fn run(source: u8, first_n: u32, last_n: u32, first_index: usize) -> Run {
    Run {
        source,
        first_n,
        last_n,
        first_index,
        frames: (last_n - first_n + 1) as usize,
        unread: 0,
        lost: 0,
        repeated: 0,
        backwards: 0,
    }
}

/// Nothing is wrong: one whole run of the source, every beep at its flash.
fn assert_whole(reading: &Reading, source: u8, frames: u32, flashes: usize) {
    assert_eq!(reading.runs(), [run(source, 0, frames - 1, 0)], "{reading}");
    assert_eq!(reading.undecodable(), [0_usize; 0], "{reading}");
    assert!(reading.gaps().is_empty(), "{reading}");
    assert_eq!(reading.errors, 0, "{reading}");
    assert_eq!(reading.skews().len(), flashes, "{reading}");
    assert!(reading.skew().is_some_and(|ms| ms.abs() <= 2.0), "{reading}");
}

fn cells_of(word: u32) -> [f32; CELLS] {
    std::array::from_fn(|index| f32::from(code::cell_luma(word, index / ROWS, index % ROWS)))
}

#[test]
fn every_source_and_number_is_read_back_from_its_cells() {
    assert_eq!(COLUMNS * ROWS, CELLS);
    for source in 0..16 {
        for n in (0..1 << 20).step_by(997) {
            assert_eq!(code::decode(&cells_of(code::word(source, n))), Ok((source, n)));
        }
    }
}

#[test]
fn one_flipped_cell_or_a_plain_band_is_no_mark() {
    let word = code::word(5, 123_456);
    for bit in 0..32 {
        let torn = cells_of(word ^ 1 << bit);
        assert_eq!(code::decode(&torn), Err(Unread::Garbled), "bit {bit}");
    }
    assert_eq!(code::decode(&[16.0; CELLS]), Err(Unread::Garbled));
    assert_eq!(code::decode(&[235.0; CELLS]), Err(Unread::Garbled));
}

#[test]
fn neighbouring_frames_mixed_half_and_half_are_refused() {
    for n in 0..2000 {
        let (a, b) = (cells_of(code::word(1, n)), cells_of(code::word(1, n + 1)));
        let mix = std::array::from_fn(|index| (a[index] + b[index]) / 2.0);
        assert_eq!(code::decode(&mix), Err(Unread::Mixed), "frame {n}");
    }
}

#[test]
fn a_made_clip_reads_back_frame_by_frame_at_exact_times() {
    let clip = Clip::of(7, 4.0);
    let reading = read(clip.cached(), Region::FULL);
    assert_whole(&reading, 7, 120, 4);
    for (n, frame) in reading.frames.iter().enumerate() {
        assert!((frame.pts - clip.time_of(n as u32)).abs() < 1e-9, "{reading}");
        assert_eq!(frame.flash, n % 30 < 2, "frame {n}\n{reading}");
        assert_eq!(frame.flash_start, n % 30 == 0, "frame {n}\n{reading}");
    }
    for (second, beep) in reading.beeps.iter().enumerate() {
        assert!((beep - second as f64).abs() <= 0.002, "{reading}");
    }
    assert_eq!(reading.streams.video_codec, "h264");
    assert_eq!((reading.streams.width, reading.streams.height), (1280, 720));
}

#[test]
fn ntsc_rates_and_b_frames_read_back_whole() {
    let clip = Clip { fps: 30_000, fps_den: 1001, bframes: 2, profile: "high", ..Clip::of(2, 3.0).size(640, 360) };
    let reading = read(clip.cached(), Region::FULL);
    assert_whole(&reading, 2, clip.frames(), 3);
}

#[test]
fn a_poor_bitrate_still_reads_back_whole() {
    let clip = Clip { kbps: 1000, ..Clip::of(15, 3.0) };
    assert_whole(&read(clip.cached(), Region::FULL), 15, 90, 3);
}

#[test]
fn a_dropped_frame_is_found() {
    let reading = through("[0:v]select='not(eq(n,37))'[v]", &[&base()], &[], Region::FULL);
    let expected = Run { frames: 119, lost: 1, ..run(3, 0, 119, 0) };
    assert_eq!(reading.runs(), [expected], "{reading}");
    let gaps = reading.gaps();
    assert_eq!(gaps.iter().map(|gap| gap.index).collect::<Vec<_>>(), [37], "{reading}");
    assert!((gaps[0].ms - 66.67).abs() < 0.1, "{reading}");
}

#[test]
fn a_repeated_frame_is_found_and_makes_later_sound_early() {
    let graph = "[0:v]loop=loop=1:size=1:start=39,setpts=N/30/TB[v]";
    let reading = through(graph, &[&base()], &[], Region::FULL);
    assert_eq!(reading.flaws(), (0, 1, 0), "{reading}");
    assert_eq!(reading.frames.len(), 121, "{reading}");
    assert!(reading.gaps().is_empty(), "{reading}");
    assert!(reading.skew().is_some_and(|ms| (ms + 33.3).abs() <= 2.0), "{reading}");
}

#[test]
fn a_frame_mixed_with_another_source_is_found() {
    let graph = "[0:v][1:v]blend=all_mode=average:enable='eq(n,50)'[v]";
    let reading = through(graph, &[&base(), &other()], &[], Region::FULL);
    assert_eq!(reading.mixed(), [50], "{reading}");
    assert_eq!(reading.undecodable(), [50], "{reading}");
    let expected = Run { frames: 119, unread: 1, ..run(3, 0, 119, 0) };
    assert_eq!(reading.runs(), [expected], "{reading}");
}

#[test]
fn black_frames_are_found_and_told_from_mixed_ones() {
    let graph = "[0:v]drawbox=color=black:t=fill:enable='between(n,70,72)'[v]";
    let reading = through(graph, &[&base()], &[], Region::FULL);
    assert_eq!(reading.black(), [70, 71, 72], "{reading}");
    assert_eq!(reading.mixed(), [0_usize; 0], "{reading}");
    assert_eq!(reading.flaws(), (0, 0, 0), "{reading}");
}

#[test]
fn a_clean_cut_and_a_fade_are_told_apart() {
    let cut = "[0:v][1:v]overlay=enable='gte(n,45)'[v]";
    let reading = through(cut, &[&base(), &other()], &[], Region::FULL);
    assert_eq!(reading.runs(), [run(3, 0, 44, 0), run(9, 45, 119, 45)], "{reading}");
    let cuts = reading.cuts();
    assert_eq!(cuts.len(), 1, "{reading}");
    assert_eq!((cuts[0].index, cuts[0].from, cuts[0].to), (45, (3, 44), (9, 45)), "{reading}");
    assert_eq!(cuts[0].between, 0, "{reading}");

    let fade = "[0:v][1:v]xfade=transition=fade:duration=1:offset=1.5[v]";
    let reading = through(fade, &[&base(), &other()], &[], Region::FULL);
    let cuts = reading.cuts();
    assert_eq!(cuts.len(), 1, "{reading}");
    // The first and the last quarter of a fade still read as the stronger picture.
    assert!((12..=17).contains(&cuts[0].between), "{reading}");
    assert_eq!(reading.mixed().len(), cuts[0].between, "{reading}");
}

#[test]
fn late_sound_is_measured() {
    let graph = "[0:v]null[v]";
    let more = ["-af", "adelay=60:all=1"];
    let reading = through(graph, &[&base()], &more, Region::FULL);
    assert_eq!(reading.skews().len(), 4, "{reading}");
    for skew in reading.skews() {
        assert!((skew.ms - 60.0).abs() <= 2.0, "{reading}");
    }
}

#[test]
fn a_clip_scaled_down_and_letterboxed_reads_back_whole() {
    let hd = Clip::of(6, 3.0).cached();
    let reading = through("[0:v]scale=640:360[v]", &[&hd], &[], Region::FULL);
    assert_whole(&reading, 6, 90, 3);

    let boxed = "[0:v]scale=640:360,pad=640:480:0:60[v]";
    let region = Region::pixels((0, 60, 640, 360), (640, 480));
    assert_whole(&through(boxed, &[&hd], &[], region), 6, 90, 3);

    let blown_up = "[0:v]scale=1280:720[v]";
    assert_whole(&through(blown_up, &[&base()], &[], Region::FULL), 3, 120, 4);
}

#[test]
fn a_small_picture_in_picture_is_read_beside_its_background() {
    let graph = "[1:v]scale=320:180[s];[0:v][s]overlay=x=300:y=160[v]";
    let ground = through(graph, &[&base(), &other()], &[], Region::FULL);
    assert_eq!(ground.runs(), [run(3, 0, 119, 0)], "{ground}");
    let region = Region::pixels((300, 160, 320, 180), (640, 360));
    let inset = through(graph, &[&base(), &other()], &[], region);
    assert_eq!(inset.runs(), [run(9, 0, 119, 0)], "{inset}");
}

#[test]
fn a_hum_tells_whose_sound_is_heard() {
    let clip = Clip { hum_hz: 600, ..Clip::of(4, 3.0).size(320, 180) };
    let reading = read(clip.cached(), Region::FULL);
    let level = |hz| reading.sound.tone_level(hz, 0.2, 0.8);
    assert!((level(600.0) - 0.05).abs() < 0.01, "{}\n{reading}", level(600.0));
    assert!(level(800.0) < 0.002, "{}\n{reading}", level(800.0));
    assert!(reading.skew().is_some_and(|ms| ms.abs() <= 2.0), "{reading}");
}

#[test]
fn a_cut_beep_is_not_taken_for_a_late_one() {
    let more = ["-af", "volume=0:enable='between(t,0.98,1.03)'"];
    let reading = through("[0:v]null[v]", &[&base()], &more, Region::FULL);
    assert_eq!(reading.beeps.len(), 3, "{reading}");
    assert!(reading.skew().is_some_and(|ms| ms.abs() <= 2.0), "{reading}");
}

#[test]
fn damage_and_what_is_no_medium_are_reported_as_errors() {
    let folder = tempfile::tempdir().expect("folder");
    let mut bytes = std::fs::read(base()).expect("clip");
    // Wide enough to hit the bounds of frames: a decoder does not notice noise inside of one.
    let (middle, tenth) = (bytes.len() / 2, bytes.len() / 10);
    bytes[middle..middle + tenth].fill(0x55);
    let damaged = folder.path().join("damaged.mp4");
    std::fs::write(&damaged, &bytes).expect("write");
    let reading = read(&damaged, Region::FULL);
    assert!(reading.errors > 0, "{reading}");
    assert!(reading.frames.len() > 60, "{reading}");

    let nothing = folder.path().join("nothing.mp4");
    std::fs::write(&nothing, b"not a film").expect("write");
    let reading = read(&nothing, Region::FULL);
    assert!(reading.errors > 0 && reading.frames.is_empty(), "{reading}");
    assert_eq!(reading.skew(), None, "{reading}");
}

#[test]
fn a_stream_without_an_end_is_read_for_the_frames_asked_for() {
    let endless = Reader::of(base()).input_options(["-stream_loop", "-1"]);
    let reading = endless.frames(150).read();
    assert_eq!(reading.frames.len(), 150, "{reading}");
    // The clip starts again after its 120 frames.
    assert_eq!(reading.flaws(), (0, 0, 1), "{reading}");
    assert_eq!(reading.errors, 0, "{reading}");
}

#[test]
#[should_panic(expected = "not read within")]
fn a_reading_that_does_not_end_fails_at_its_deadline() {
    let endless = Reader::of(base()).input_options(["-re", "-stream_loop", "-1"]);
    endless.deadline(Duration::from_secs(1)).read();
}

#[test]
fn a_hole_in_the_sound_is_seen_and_later_beeps_keep_their_times() {
    let more = ["-af", "aselect='not(between(t,1.4,1.6))'"];
    let reading = through("[0:v]null[v]", &[&base()], &more, Region::FULL);
    let spans = reading.sound.spans();
    assert_eq!(spans.len(), 2, "{reading}");
    assert!((spans[1].0 - spans[0].1 - 0.2).abs() < 0.05, "{reading}");
    assert!(reading.skew().is_some_and(|ms| ms.abs() <= 2.0), "{reading}");
}

#[test]
fn an_hls_playlist_and_a_picture_without_sound_read_back_whole() {
    let folder = tempfile::tempdir().expect("folder");
    let list = folder.path().join("list.m3u8");
    let silent = folder.path().join("silent.mp4");
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg
        .args(["-v", "error", "-nostdin", "-y", "-i"])
        .arg(base())
        .args(["-c", "copy", "-f", "hls", "-hls_time", "1"])
        .args(["-hls_segment_type", "fmp4", "-hls_playlist_type", "event"])
        .arg(&list)
        .args(["-c", "copy", "-an"])
        .arg(&silent);
    let child = ffmpeg.spawn().expect("ffmpeg starts");
    let status = Watchdog::over(child, Duration::from_secs(60)).wait();
    assert!(status.success(), "{status}");
    assert_whole(&read(&list, Region::FULL), 3, 120, 4);
    let reading = read(&silent, Region::FULL);
    assert_eq!(reading.runs(), [run(3, 0, 119, 0)], "{reading}");
    assert_eq!(reading.streams.audio_codec, "", "{reading}");
    assert_eq!(reading.skew(), None, "{reading}");
}
