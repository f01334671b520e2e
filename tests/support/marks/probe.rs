//! Asks ffprobe what streams a medium has.

use super::super::child::Watchdog;
use std::io::Read;
use std::process::{Command, Stdio};
use std::time::Duration;

/// What the reader must know before it can lay out its decode, and what tests like to assert.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Streams {
    /// ffmpeg's name of the video codec, empty without video.
    pub video_codec: String,
    /// Pixels; 0 without video.
    pub width: u32,
    /// Pixels; 0 without video.
    pub height: u32,
    /// ffmpeg's name of the audio codec, empty without sound.
    pub audio_codec: String,
    /// What ffprobe complained about.
    pub complaints: Vec<String>,
}

/// Probes a file or URL; a medium that cannot be opened has no streams and complaints. Panics after
/// `limit`.
pub fn streams(media: &str, limit: Duration) -> Streams {
    let mut child = Command::new("ffprobe")
        .args(["-v", "error", "-of", "json", "-show_entries"])
        .arg("stream=codec_type,codec_name,width,height")
        .args(["-i", media])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("ffprobe starts");
    let (mut out, mut err) = (child.stdout.take(), child.stderr.take());
    let dog = Watchdog::over(child, limit);
    let complaints = std::thread::spawn(move || drain(&mut err));
    let text = drain(&mut out);
    dog.wait();
    let complaints = complaints.join().unwrap_or_default();
    assert!(!dog.expired(), "{media}: not read within {limit:?}, nor even probed\n{complaints}");
    let mut found = Streams { complaints: lines(&complaints), ..Streams::default() };
    let json: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    for stream in json["streams"].as_array().into_iter().flatten() {
        let codec = stream["codec_name"].as_str().unwrap_or("unknown").to_owned();
        match stream["codec_type"].as_str() {
            Some("video") if found.video_codec.is_empty() => {
                found.video_codec = codec;
                found.width = stream["width"].as_u64().unwrap_or(0) as u32;
                found.height = stream["height"].as_u64().unwrap_or(0) as u32;
            }
            Some("audio") if found.audio_codec.is_empty() => found.audio_codec = codec,
            _ => {}
        }
    }
    found
}

fn drain(pipe: &mut Option<impl Read>) -> String {
    let mut bytes = Vec::new();
    if let Some(pipe) = pipe {
        let _ = pipe.read_to_end(&mut bytes);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn lines(text: &str) -> Vec<String> {
    let kept = text.lines().filter(|line| !line.trim().is_empty());
    kept.map(str::to_owned).collect()
}
