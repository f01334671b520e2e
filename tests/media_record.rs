//! Recording: what is in the file, whatever happens to the server.

mod live;
#[path = "support/turn.rs"]
mod turn;

use live::{H264, H265, Live, decoded_pictures, packets, run, wait_for};
use lumencast::{
    domain::time::ShowTime,
    media::{
        link::{Carries, Feed},
        output::{
            record::{Finished, RecordMessage, Recording, Target},
            recover::{self, Outcome},
        },
        pipeline::FailureKind,
    },
};
use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::mpsc,
    time::{Duration, SystemTime},
};

const DEADLINE: Duration = Duration::from_secs(5);

fn target(folder: &Path) -> Target {
    let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_361_412);
    Target { folder: folder.to_owned(), stem: "program".into(), at, fragment_ms: 500, after: None }
}

fn record(live: &Live, folder: &Path, seconds: f64) -> (PathBuf, Finished) {
    let (tell, news) = mpsc::channel();
    let recording =
        Recording::start(&live.stream, target(folder), &live.clock, move |n| tell.send(n).unwrap()).unwrap();
    let RecordMessage::Started(first) = news.recv_timeout(DEADLINE).unwrap() else { panic!("it did not start") };
    assert_eq!(recording.started(), Some(first));
    let path = recording.path().to_owned();
    assert!(recover::unfinished(folder).unwrap().contains(&path), "a running file is marked");
    live.run_for(seconds);
    let stats = recording.stats(1, lumencast::domain::output::OutputSource::Program);
    assert!(stats.fps >= 25.0 && stats.bitrate_kbps > 50.0 && stats.dropped == 0, "{stats:?}");
    let finished = recording.stop(DEADLINE).unwrap();
    assert_eq!(finished.first, first);
    assert_eq!(recover::unfinished(folder).unwrap(), Vec::<PathBuf>::new());
    (path, finished)
}

/// What a file that is being written has of whole boxes.
fn whole_boxes(data: &[u8]) -> &[u8] {
    let mut at = 0;
    while let Some(header) = lumencast::protocol::mp4::header(&data[at..]) {
        let end = at + header.size as usize;
        if header.size == 0 || end > data.len() {
            break;
        }
        at = end;
    }
    &data[..at]
}

/// The kinds of the boxes at the top of a file.
fn boxes(file: &Path) -> String {
    let data = std::fs::read(file).unwrap();
    let (mut at, mut kinds) = (0usize, Vec::new());
    while let Some(header) = data.get(at..).and_then(lumencast::protocol::mp4::header) {
        kinds.push(String::from_utf8_lossy(&header.kind).into_owned());
        at += header.size as usize;
        if header.size == 0 {
            break;
        }
    }
    kinds.join(" ")
}

fn assert_even_pictures(file: &Path, frames: u64) {
    let pictures = packets(file, "v");
    assert_eq!(pictures.len() as u64, frames);
    for (n, (stamp, duration)) in pictures.iter().enumerate() {
        assert!((stamp - n as f64 / 30.0).abs() < 0.001, "picture {n} at {stamp}");
        assert!((duration - 1.0 / 30.0).abs() < 0.001, "picture {n} lasts {duration}");
    }
}

#[test]
fn a_recording_is_an_ordinary_mp4_with_every_picture_at_its_time() {
    let _turn = turn::shared_turn(30);
    let (folder, live) = (tempfile::tempdir().unwrap(), Live::start(H264, true));
    let (path, finished) = record(&live, folder.path(), 2.3);
    assert_eq!(finished.file, "program-20261122-153012.mp4");
    assert_eq!(boxes(&path), "ftyp mdat moov");
    assert!((60..=90).contains(&finished.frames), "{finished:?}");
    assert_eq!(decoded_pictures(&path), finished.frames);
    assert_even_pictures(&path, finished.frames);
    let sound = packets(&path, "a");
    assert!(sound[0].0 >= -0.0001 && sound[0].0 < 0.022, "sound begins at {}", sound[0].0);
    for pair in sound.windows(2) {
        assert!((pair[1].0 - pair[0].0 - 1024.0 / 48_000.0).abs() < 0.001, "{pair:?}");
    }
    let end = sound.last().unwrap();
    assert!((end.0 + end.1 - finished.frames as f64 / 30.0).abs() < 0.3, "sound ends with the picture: {end:?}");
}

#[test]
fn picture_and_sound_keep_the_distance_that_they_had_on_air() {
    let _turn = turn::shared_turn(30);
    let folder = tempfile::tempdir().unwrap();
    let moment = ShowTime(3_000_000_000);
    let live = Live::dark_until(H264, true, (640, 360), moment);
    live.run_until(0.7);
    let (path, finished) = record(&live, folder.path(), 3.0);
    let expected = moment.since(finished.first) as f64 / 1e9;

    let arguments = ["-v", "error", "-vf", "scale=1:1", "-fps_mode", "passthrough", "-pix_fmt", "gray"];
    let output = Command::new("ffmpeg").arg("-i").arg(&path).args(arguments).args(["-f", "rawvideo", "-"]).output();
    let pictures = output.unwrap().stdout;
    let white = pictures.iter().position(|luma| *luma > 128).expect("a white picture");
    let white = packets(&path, "v")[white].0;
    assert!((white - expected).abs() <= 1.0 / 30.0, "white at {white}, was at {expected} on air");

    let arguments = ["-v", "error", "-vn", "-af", "aresample=async=1:first_pts=0", "-ac", "1", "-ar", "48000"];
    let output = Command::new("ffmpeg").arg("-i").arg(&path).args(arguments).args(["-f", "s16le", "-"]).output();
    let samples = output.unwrap().stdout;
    let loud = samples.chunks_exact(2).position(|s| i16::from_le_bytes([s[0], s[1]]).abs() > 3000);
    let loud = loud.expect("a tone") as f64 / 48_000.0;
    // AAC itself delays by one frame of 1024 samples (21.3 ms); that is the encoder's, not the recorder's.
    let late = loud - expected;
    assert!((-0.005..0.030).contains(&late), "tone at {loud}, was at {expected} on air");
    println!("white {:+.1} ms, tone {:+.1} ms", (white - expected) * 1e3, late * 1e3);
}

#[test]
fn h265_goes_in_as_hvc1() {
    let _turn = turn::shared_turn(30);
    let (folder, live) = (tempfile::tempdir().unwrap(), Live::start(H265, true));
    let (path, finished) = record(&live, folder.path(), 1.5);
    let fields = ["-v", "error", "-select_streams", "v", "-show_entries", "stream=codec_tag_string", "-of", "csv=p=0"];
    assert_eq!(String::from_utf8_lossy(&run("ffprobe", &fields, &path).stdout).trim(), "hvc1");
    assert_eq!(decoded_pictures(&path), finished.frames);
    assert_even_pictures(&path, finished.frames);
}

#[test]
fn reordered_pictures_keep_their_order_and_times() {
    let _turn = turn::shared_turn(30);
    // Groups of 1 + 45 pictures in threes: fragments of 15 begin with pictures that are shown before others that were
    // decoded earlier.
    let video = "x264enc speed-preset=ultrafast bframes=2 b-adapt=false key-int-max=46 rc-lookahead=0 sync-lookahead=0 \
        ! h264parse ! video/x-h264,stream-format=avc,alignment=au";
    let (folder, live) = (tempfile::tempdir().unwrap(), Live::start(video, true));
    live.run_until(2.0);
    let recording = Recording::start(&live.stream, target(folder.path()), &live.clock, |_| {}).unwrap();
    let path = recording.path().to_owned();
    let first = wait_for("the start", 5, || recording.started());
    live.run_until(first.seconds() + 3.0);
    let running = folder.path().join("running.mp4");
    std::fs::write(&running, whole_boxes(&std::fs::read(&path).unwrap())).unwrap();
    let finished = recording.stop(DEADLINE).unwrap();
    assert_eq!(decoded_pictures(&path), finished.frames);
    for file in [&running, &path] {
        let mut stamps: Vec<_> = packets(file, "v").iter().map(|p| p.0).collect();
        assert!(stamps.len() > 50, "{} pictures", stamps.len());
        assert_eq!(decoded_pictures(file), stamps.len() as u64, "no reader throws one away");
        stamps.sort_by(f64::total_cmp);
        let sound = packets(file, "a")[0].0;
        // The last picture may be one that is decoded before others that are shown earlier and came too late for the
        // file.
        let last = stamps.pop().unwrap();
        for (n, stamp) in stamps.iter().enumerate() {
            assert!((stamp - stamps[0] - n as f64 / 30.0).abs() < 0.001, "picture {n} at {stamp}");
        }
        let step = (last - stamps[stamps.len() - 1]) * 30.0;
        assert!((step - step.round()).abs() < 0.03 && (0.9..3.1).contains(&step), "the last one {step} frames later");
        assert!((sound - stamps[0]).abs() < 0.022, "picture begins at {}, sound at {sound}", stamps[0]);
    }
}

#[test]
fn a_stream_without_sound_is_recorded_too() {
    let _turn = turn::shared_turn(30);
    let (folder, live) = (tempfile::tempdir().unwrap(), Live::start(H264, false));
    let (path, finished) = record(&live, folder.path(), 1.2);
    assert_eq!(decoded_pictures(&path), finished.frames);
    assert_eq!(packets(&path, "a"), []);
}

#[test]
fn sound_that_never_comes_or_stops_does_not_hold_up_the_picture() {
    let _turn = turn::shared_turn(30);
    let (folder, live) = (tempfile::tempdir().unwrap(), Live::start(H264, false));
    let mut stream = live.stream.clone();
    stream.audio = Some(Feed::new(Carries::Coded));
    let recording = Recording::start(&stream, target(folder.path()), &live.clock, |_| {}).unwrap();
    let path = recording.path().to_owned();
    wait_for("the start", 5, || recording.started());
    let finished = recording.stop(DEADLINE).unwrap();
    assert!(finished.frames >= 30, "{finished:?}");
    assert_eq!(decoded_pictures(&path), finished.frames);

    // Sound for half a second, then none.
    let speaking = Live::start(H264, true);
    let sound = Feed::new(Carries::Coded);
    let through = sound.clone();
    let until = ShowTime(1_500_000_000);
    let _listener = speaking.stream.audio.as_ref().unwrap().listen(move |buffer, caps| {
        if buffer.pts().unwrap().nseconds() < until.0 {
            through.push(buffer, caps);
        }
    });
    let mut stream = speaking.stream.clone();
    stream.audio = Some(sound);
    speaking.run_until(0.5);
    let recording = Recording::start(&stream, target(folder.path()), &speaking.clock, |_| {}).unwrap();
    let path = recording.path().to_owned();
    speaking.run_until(5.0);
    let finished = recording.stop(DEADLINE).unwrap();
    assert_eq!(decoded_pictures(&path), finished.frames);
    assert_even_pictures(&path, finished.frames);
    assert!(finished.frames > 100, "{finished:?}");
}

#[test]
fn without_a_key_frame_it_says_so_and_leaves_nothing() {
    let _turn = turn::shared_turn(30);
    let (folder, live) = (tempfile::tempdir().unwrap(), Live::start(H264, false));
    let mut stream = live.stream.clone();
    stream.video = Feed::new(Carries::Coded);
    let (tell, news) = mpsc::channel();
    let recording = Recording::start(&stream, target(folder.path()), &live.clock, move |n| tell.send(n).unwrap());
    let Ok(RecordMessage::Failed(failure)) = news.recv_timeout(Duration::from_secs(12)) else {
        panic!("it did not fail")
    };
    assert_eq!(failure.text, "no key frame came in 10 s");
    assert_eq!(recording.unwrap().stop(DEADLINE).unwrap_err().text, failure.text);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_folder_that_cannot_be_written_is_this_machines_fault() {
    let _turn = turn::shared_turn(30);
    let (folder, live) = (tempfile::tempdir().unwrap(), Live::start(H264, false));
    let file = folder.path().join("no-folder");
    std::fs::write(&file, "").unwrap();
    let failure = Recording::start(&live.stream, target(&file), &live.clock, |_| {}).err().unwrap();
    assert_eq!(failure.fault, FailureKind::Here);
    assert!(failure.text.contains("no-folder"), "{}", failure.text);
}

/// What the child processes of the tests below do; as a test of its own it does nothing.
#[test]
fn recording_child() {
    let Ok(folder) = std::env::var("LUMENCAST_TEST_RECORD_INTO") else { return };
    let live = Live::start(H264, true);
    let recording = Recording::start(&live.stream, target(Path::new(&folder)), &live.clock, move |news| {
        println!("\nNEWS {news:?}");
    });
    let recording = recording.unwrap();
    live.run_until(120.0);
    drop(recording);
}

fn child(folder: &Path, wrap: Option<&str>) -> std::process::Child {
    let me = std::env::current_exe().unwrap();
    let mut command = match wrap {
        Some(script) => {
            let mut sh = Command::new("sh");
            sh.arg("-c").arg(script).arg("sh").arg(me);
            sh
        }
        None => Command::new(me),
    };
    command.args(["--exact", "recording_child", "--nocapture"]).env("LUMENCAST_TEST_RECORD_INTO", folder);
    command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

#[test]
fn a_killed_recording_loses_less_than_a_second_and_is_finished_at_the_next_start() {
    let _turn = turn::shared_turn(30);
    let folder = tempfile::tempdir().unwrap();
    let mut process = child(folder.path(), None);
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(process.stdout.take().unwrap()));
    assert!(lines.any(|line| line.unwrap().contains("Started")), "the child did not start");
    let begun = std::time::Instant::now();
    std::thread::park_timeout(Duration::from_millis(3700)); // how long it records, not a wait for a result
    let lived = begun.elapsed().as_secs_f64();
    process.kill().unwrap();
    process.wait().unwrap();

    let found = recover::unfinished(folder.path()).unwrap();
    let [path] = &found[..] else { panic!("{found:?}") };
    // As it was left it can be played already.
    let left = decoded_pictures(path);
    assert!(left as f64 / 30.0 > lived - 1.0, "{left} pictures of {lived} s");
    let (tell, on_event) = mpsc::channel();
    recover::finish_all(found.clone(), move |_, outcome| tell.send(outcome.as_ref().unwrap().clone()).unwrap())
        .unwrap()
        .join()
        .unwrap();
    let Ok(Outcome::Finished { samples }) = on_event.recv() else { panic!("it was not finished") };
    assert_eq!(boxes(path), "ftyp mdat moov");
    assert_eq!(decoded_pictures(path), left);
    assert_even_pictures(path, left);
    let sound = packets(path, "a");
    assert_eq!(sound.len() as u64, samples);
    assert!(sound[0].0 < 0.022);
    for pair in sound.windows(2) {
        assert!((pair[1].0 - pair[0].0 - 1024.0 / 48_000.0).abs() < 0.001, "{pair:?}");
    }
    assert!((sound.last().unwrap().0 - left as f64 / 30.0).abs() < 0.6, "{:?}", sound.last());
    assert_eq!(recover::unfinished(folder.path()).unwrap(), Vec::<PathBuf>::new());
    println!("killed after {lived:.2} s, kept {:.2} s", left as f64 / 30.0);

    // Once more is harmless, and a GStreamer reader takes it as well.
    let before = std::fs::read(path).unwrap();
    assert_eq!(recover::finish(path).unwrap(), Outcome::Whole);
    assert_eq!(std::fs::read(path).unwrap(), before);
    let location = format!("location={}", path.display());
    let demux = ["-q", "filesrc", &location, "!", "qtdemux", "!", "h264parse", "!", "avdec_h264", "!", "fakesink"];
    assert!(Command::new("gst-launch-1.0").args(demux).status().unwrap().success());
}

#[test]
fn a_file_cut_anywhere_becomes_playable_or_is_put_aside() {
    let _turn = turn::shared_turn(30);
    let (folder, live) = (tempfile::tempdir().unwrap(), Live::start(H264, true));
    let recording = Recording::start(&live.stream, target(folder.path()), &live.clock, |_| {}).unwrap();
    wait_for("the start", 5, || recording.started());
    live.run_for(2.6);
    let data = std::fs::read(recording.path()).unwrap();
    drop(recording);
    let (mut played, mut broken, mut last) = (0, 0, 0);
    for n in 0..24 {
        let path = folder.path().join(format!("cut-{n}.mp4"));
        std::fs::write(&path, &data[..data.len() * n / 23]).unwrap();
        std::fs::write(recover::marker(&path), "").unwrap();
        match recover::finish(&path).unwrap() {
            Outcome::Finished { .. } => {
                let pictures = decoded_pictures(&path);
                assert!(pictures >= last && pictures > 0, "cut {n}: {pictures} after {last}");
                assert_even_pictures(&path, pictures);
                (played, last) = (played + 1, pictures);
            }
            Outcome::Broken => {
                assert!(!path.exists() && folder.path().join(format!("cut-{n}.mp4.broken")).exists());
                broken += 1;
            }
            other => panic!("cut {n}: {other:?}"),
        }
    }
    assert!(played >= 12 && broken >= 1, "{played} played, {broken} broken");
    assert_eq!(recover::unfinished(folder.path()).unwrap(), Vec::<PathBuf>::new());
}

#[test]
fn a_disk_that_takes_no_more_ends_the_recording_and_what_is_there_plays() {
    let _turn = turn::shared_turn(30);
    let folder = tempfile::tempdir().unwrap();
    // A file may grow to 300 blocks of 512 or 1024 bytes, after that each write fails; no signal.
    let mut process = child(folder.path(), Some("trap '' XFSZ; ulimit -f 300; exec \"$@\""));
    let lines = std::io::BufRead::lines(std::io::BufReader::new(process.stdout.take().unwrap()));
    let failed = lines.map_while(Result::ok).find(|line| line.contains("Failed"));
    process.kill().unwrap();
    process.wait().unwrap();
    let failed = failed.expect("the failure is told");
    assert!(failed.contains("Here"), "{failed}");
    let path = folder.path().join("program-20261122-153012.mp4");
    assert!(decoded_pictures(&path) > 15);
    recover::unfinished(folder.path()).unwrap().iter().for_each(|file| assert!(recover::finish(file).is_ok()));
    assert_eq!(boxes(&path), "ftyp mdat moov");
    assert!(decoded_pictures(&path) > 15);
}
