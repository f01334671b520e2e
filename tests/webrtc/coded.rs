//! Real coded pictures out of a file, one access unit after the other.

use lumencast::protocol::h264::{AccessUnit, access_unit};
use std::{path::Path, process::Command};

/// The access units of a file's H.264 track, in the order of decoding.
pub fn units(file: &Path) -> Vec<AccessUnit> {
    let mut ffmpeg = Command::new("timeout");
    ffmpeg.args(["60", "ffmpeg", "-v", "error", "-i"]).arg(file);
    ffmpeg.args([
        "-map",
        "0:v",
        "-c",
        "copy",
        "-bsf:v",
        "h264_mp4toannexb,h264_metadata=aud=insert",
        "-f",
        "h264",
        "-",
    ]);
    let output = ffmpeg.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let stream = output.stdout;
    let delimiter = |at: &usize| stream[*at..].starts_with(&[0, 0, 0, 1, 9]);
    let begins: Vec<usize> = (0..stream.len()).filter(delimiter).chain([stream.len()]).collect();
    begins.windows(2).filter_map(|pair| access_unit(&stream[pair[0]..pair[1]])).collect()
}
