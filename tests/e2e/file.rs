//! A media file from outside: its boxes, its properties by ffprobe, and its coded access units.

use std::path::Path;
use std::process::{Command, Stdio};

/// The kinds of the boxes at the top of an MP4 file (ISO/IEC 14496-12, section 4.2), in order.
pub fn boxes(path: &Path) -> Vec<String> {
    let data = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let (mut at, mut kinds) = (0_usize, Vec::new());
    while let Some(head) = data.get(at..at + 8) {
        kinds.push(String::from_utf8_lossy(&head[4..]).into_owned());
        let size = match u32::from_be_bytes([head[0], head[1], head[2], head[3]]) {
            0 => break,
            1 => {
                let long = data.get(at + 8..at + 16).expect("the size of a large box");
                u64::from_be_bytes(long.try_into().expect("eight bytes"))
            }
            size => u64::from(size),
        };
        at += size as usize;
    }
    kinds
}

/// Whether the file is an ordinary MP4 with one index, and not a fragmented one.
pub fn is_indexed(path: &Path) -> bool {
    let kinds = boxes(path);
    let has = |kind: &str| kinds.iter().filter(|k| *k == kind).count();
    has("moov") == 1 && has("mdat") == 1 && has("moof") == 0
}

/// The properties by ffprobe.
#[derive(Debug)]
pub struct Probe {
    /// Frames of the picture, as the index counts them; 0 where there is no index.
    pub frames: u64,
    /// Seconds of the picture.
    pub picture: f64,
    /// Seconds of the sound.
    pub sound: f64,
    /// Seconds of the whole.
    pub whole: f64,
}

/// Asks ffprobe; panics if it complains about anything.
pub fn probe(path: &Path) -> Probe {
    let output = Command::new("ffprobe")
        .args(["-v", "error", "-of", "json"])
        .args(["-show_entries", "format=duration:stream=codec_type,duration,nb_frames"])
        .arg(path)
        .stdin(Stdio::null())
        .output()
        .expect("ffprobe starts");
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && complaints.is_empty(), "{}: {complaints}", path.display());
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON of ffprobe");
    let number = |value: &serde_json::Value| value.as_str().and_then(|text| text.parse::<f64>().ok());
    let stream = |kind: &str, key: &str| {
        let streams = json["streams"].as_array()?;
        number(&streams.iter().find(|stream| stream["codec_type"] == kind)?[key])
    };
    Probe {
        frames: stream("video", "nb_frames").unwrap_or(0.0) as u64,
        picture: stream("video", "duration").unwrap_or(f64::NAN),
        sound: stream("audio", "duration").unwrap_or(f64::NAN),
        whole: number(&json["format"]["duration"]).unwrap_or(f64::NAN),
    }
}

/// A digest of each coded access unit of the picture, in coding order.
pub fn access_units(path: &Path) -> Vec<String> {
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(path)
        .args(["-map", "0:v:0", "-c", "copy", "-f", "framemd5", "-"])
        .stdin(Stdio::null())
        .output()
        .expect("ffmpeg starts");
    assert!(output.status.success(), "{}: {}", path.display(), String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.rsplit(',').next().map(|digest| digest.trim().to_owned())).collect()
}
