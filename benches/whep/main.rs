//! WHEP viewers per core: CPU time of the endpoint alone, for so many viewers of one 720p30 stream of 2 Mb/s.
//!
//! ```text
//! this process, as a child: clip ─► Live ─► endpoint          its CPU time is read from /proc
//! this process:             viewers ◄─────── loopback     each counts what comes by its RTP header
//! ```
//!
//! Viewers connect for real (ICE, DTLS, SRTP keys) and report as receivers do, but do not decrypt: they are only there
//! to be served. Packets that do not come are counted. Settings by environment: `BENCH_VIEWERS` (`1,100,300`),
//! `BENCH_WINDOW_S` (10). With `BENCH_JOIN` it joins its last argument once instead, see [`join`].

mod fixture;
mod join;
mod viewer;

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// The child runs this long beyond all measuring, at most.
const LIMIT: Duration = Duration::from_secs(600);
/// Viewers that connect at a time.
const AT_ONCE: usize = 20;
/// Seconds after the last viewer is connected before anything is measured.
const SETTLE: Duration = Duration::from_secs(4);

fn main() {
    if let Ok(clip) = std::env::var("BENCH_STAGE") {
        return fixture::run(&clip, LIMIT);
    }
    if std::env::var_os("BENCH_JOIN").is_some() {
        return join::once(&std::env::args().next_back().expect("an address"));
    }
    let folder = tempfile::tempdir().expect("a folder");
    let clip = folder.path().join("clip.h264");
    make_clip(&clip);
    let counts = std::env::var("BENCH_VIEWERS").unwrap_or_else(|_| "1,100,300".into());
    let window = std::env::var("BENCH_WINDOW_S").ok().and_then(|text| text.parse().ok()).unwrap_or(10);
    let size = std::fs::metadata(&clip).map_or(0, |data| data.len());
    println!("clip: {:.2} Mb/s of picture at 720p30, 0.1 Mb/s of sound", size as f64 * 8.0 / 10.0 / 1e6);
    for count in counts.split(',').filter_map(|text| text.trim().parse::<usize>().ok()) {
        measure(&clip, count, Duration::from_secs(window));
    }
}

fn measure(clip: &std::path::Path, count: usize, window: Duration) {
    let mut command = Command::new(std::env::current_exe().expect("this file"));
    let mut child = command.env("BENCH_STAGE", clip).stdout(Stdio::piped()).spawn().expect("the child");
    let url = BufReader::new(child.stdout.take().expect("its output")).lines().next().expect("a line").expect("text");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let mut audience = Vec::new();
        while audience.len() < count {
            let some = (audience.len()..count).take(AT_ONCE).map(|_| viewer::connect(&url));
            audience.extend(futures::future::join_all(some).await);
        }
        tokio::time::sleep(SETTLE).await;
        let (before, begin) = (cpu_seconds(&child), Instant::now());
        let seen_before = viewer::total(&audience);
        tokio::time::sleep(window).await;
        let (used, passed) = (cpu_seconds(&child) - before, begin.elapsed().as_secs_f64());
        let seen = viewer::total(&audience);
        let (packets, bytes) = (seen.packets - seen_before.packets, seen.bytes - seen_before.bytes);
        let (lost, share) = (seen.lost - seen_before.lost, used / passed);
        println!(
            "{count} viewers: {:.1} % of a core, {:.3} % each, {:.0} viewers per core; each got {:.2} Mb/s in {:.0} \
             packets/s, {:.3} % did not come",
            share * 100.0,
            share * 100.0 / count as f64,
            count as f64 / share,
            bytes as f64 * 8.0 / passed / 1e6 / count as f64,
            packets as f64 / passed / count as f64,
            lost as f64 * 100.0 / (packets + lost).max(1) as f64,
        );
    });
    let _ = child.kill();
    let _ = child.wait();
}

/// User and system time of a process, in seconds.
fn cpu_seconds(child: &Child) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.id())).expect("its figures");
    let after = stat.rsplit_once(')').expect("a name").1;
    let ticks: Vec<u64> = after.split_whitespace().skip(11).take(2).filter_map(|text| text.parse().ok()).collect();
    ticks.iter().sum::<u64>() as f64 / 100.0 // USER_HZ is 100 on Linux
}

fn make_clip(path: &std::path::Path) {
    let source = "testsrc2=size=1280x720:rate=30,noise=alls=12:allf=t";
    let x264 =
        ["-c:v", "libx264", "-preset", "superfast", "-bf", "0", "-g", "60", "-x264-params", "scenecut=0:nal-hrd=cbr"];
    let rate = ["-b:v", "2M", "-minrate", "2M", "-maxrate", "2M", "-bufsize", "1M", "-pix_fmt", "yuv420p"];
    let mut command = Command::new("timeout");
    command.args(["120", "ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", source, "-t", "10"]).args(x264).args(rate);
    command.args(["-bsf:v", "h264_metadata=aud=insert", "-f", "h264"]).arg(path);
    assert!(command.status().expect("ffmpeg").success(), "no clip");
}
