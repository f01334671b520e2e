//! The same jobs by others: one ffmpeg filter graph, and the bare elements in gst-launch.
//!
//! Both read their clips from files at the pace of real time, which costs them less than receiving RTMP.

use crate::{
    Outcome, SETTLE,
    clips::Clips,
    cpu,
    support::child::{kill_now, log_file, tail},
};
use std::{
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// Kills its process when it goes, whatever happened.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        kill_now(&mut self.0);
    }
}

/// Decodes both clips, has one selected, keys the lower third, mixes the sound, encodes and writes MP4.
pub async fn ffmpeg(clips: &Clips, window: Duration) -> Outcome {
    let ((width, height), (x, y)) = (clips.third.size, clips.third.at);
    let graph = format!(
        "[0:v][1:v]streamselect=inputs=2:map=0[on];[on][2:v]overlay=x={x}:y={y}:format=yuv420[v];\
         [0:a][1:a]amix=inputs=2:weights=1 0:normalize=0[a]"
    );
    let size = format!("{width}x{height}");
    let mut command = Command::new("ffmpeg");
    command.args(["-hide_banner", "-loglevel", "warning", "-nostats", "-nostdin", "-y"]);
    for clip in &clips.clips {
        command.arg("-re").arg("-i").arg(clip);
    }
    command.args(["-f", "rawvideo", "-pix_fmt", "yuva420p", "-video_size", &size, "-framerate", "30", "-i"]);
    command.arg(&clips.third.file).args(["-filter_complex", &graph, "-map", "[v]", "-map", "[a]"]);
    command.args(["-c:v", "libx264", "-preset", "superfast", "-b:v", "6000k", "-maxrate", "6000k"]);
    // The defaults of x264enc for the same settings: 600 ms of VBV. The report compares the settings of both.
    command.args(["-bufsize", "3600k", "-g", "60", "-bf", "0", "-x264-params", "scenecut=0"]);
    command.args(["-pix_fmt", "yuv420p", "-r", "30", "-c:a", "aac", "-b:a", "128k", "-ar", "48000"]);
    command.args(["-movflags", "+frag_keyframe+empty_moov", "-frag_duration", "500000"]);
    run(command, window).await
}

/// Decodes a clip and encodes it again with the elements and settings that the server uses.
pub async fn gst_launch(clips: &Clips, window: Duration) -> Outcome {
    let graph = "qtdemux name=d \
        d.video_0 ! queue ! h264parse ! identity sync=true ! avdec_h264 ! \
          x264enc bitrate=6000 speed-preset=superfast key-int-max=60 bframes=0 option-string=scenecut=0 ! \
          h264parse ! video/x-h264,stream-format=avc,alignment=au ! \
          mp4mux name=m fragment-duration=500 \
        d.audio_0 ! queue ! aacparse ! identity sync=true ! avdec_aac ! audioconvert ! audioresample ! \
          avenc_aac bitrate=128000 ! aacparse ! m.";
    let mut command = Command::new("gst-launch-1.0");
    command.arg("-q").arg("filesrc").arg(format!("location={}", clips.clips[0].display())).arg("!");
    command.args(graph.split_whitespace());
    command.args(["m.", "!", "filesink", "buffer-mode=unbuffered", "sync=false"]);
    run(command, window).await
}

/// Runs a command that writes MP4 to the file named by its last argument, measures it and ends it.
async fn run(mut command: Command, window: Duration) -> Outcome {
    let home = tempfile::tempdir().expect("folder of the job");
    let (file, log) = (home.path().join("out.mp4"), home.path().join("log"));
    let gst = command.get_program() == "gst-launch-1.0";
    command.arg(if gst { format!("location={}", file.display()) } else { file.display().to_string() });
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log_file(&log));
    let mut running = Running(command.spawn().expect("the job's program starts"));
    let began = writes(&mut running, &file, &log).await;
    tokio::time::sleep(SETTLE).await;
    let usage = cpu::watch(running.0.id(), window).await;
    let written_s = began.elapsed().as_secs_f64();
    let ended = running.0.try_wait().expect("the job can be waited for");
    assert!(ended.is_none(), "the job ended with {ended:?}\n{}", tail(&log, 40));
    drop(running); // the file is in fragments, so nothing needs to be finished
    Outcome { usage, file, written_s, home: Some(home) }
}

/// Waits for the first bytes.
async fn writes(running: &mut Running, file: &Path, log: &Path) -> Instant {
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        if file.metadata().is_ok_and(|file| file.len() > 0) {
            return Instant::now();
        }
        let ended = running.0.try_wait().expect("the job can be waited for");
        assert!(ended.is_none() && Instant::now() < end, "nothing is written: {ended:?}\n{}", tail(log, 40));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
