//! Makes marked clips: H.264 and AAC in MP4, once per description, kept under the target folder.

use super::super::child::{Watchdog, tail};
use super::picture::Painter;
use super::wav;
use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Pitch of the beep.
pub const BEEP_HZ: f64 = 1000.0;
/// Length of the beep.
pub const BEEP_SECONDS: f64 = 0.05;
/// Frames of a flash.
pub const FLASH_FRAMES: u32 = 2;

/// Part of every cache name; raise it when what a description means changes.
const EDITION: u32 = 1;

/// What a clip shall be. Start from `Clip::default()` or [`Clip::of`] and change what matters.
#[derive(Clone, Debug, PartialEq)]
pub struct Clip {
    /// The source number in the mark, 0 to 15.
    pub source: u8,
    /// Length in seconds.
    pub seconds: f64,
    /// Pixels, even.
    pub width: u32,
    /// Pixels, even.
    pub height: u32,
    /// Frames per `fps_den` seconds.
    pub fps: u32,
    /// 1, or 1001 with `fps` 30000 for the NTSC rates.
    pub fps_den: u32,
    /// Frames from one keyframe to the next; no others are keyframes.
    pub gop: u32,
    /// Video bits per second, in thousands.
    pub kbps: u32,
    /// Consecutive B-frames, 0 for none.
    pub bframes: u32,
    /// A quiet constant tone that makes this source audible, 0 for none. Multiples of 200 Hz other than 1000 Hz leave
    /// the beep's measurement untouched.
    pub hum_hz: u32,
    /// H.264 profile as x264 names it.
    pub profile: &'static str,
}

impl Default for Clip {
    fn default() -> Self {
        Self {
            source: 1,
            seconds: 5.0,
            width: 1280,
            height: 720,
            fps: 30,
            fps_den: 1,
            gop: 30,
            kbps: 2000,
            bframes: 0,
            hum_hz: 0,
            profile: "main",
        }
    }
}

impl Clip {
    /// A clip of a source with a length in seconds, the rest as by default (720p30).
    pub fn of(source: u8, seconds: f64) -> Self {
        Self { source, seconds, ..Self::default() }
    }

    /// The same clip in another picture size.
    pub fn size(self, width: u32, height: u32) -> Self {
        Self { width, height, ..self }
    }

    /// Number of frames.
    pub fn frames(&self) -> u32 {
        (self.seconds * f64::from(self.fps) / f64::from(self.fps_den)).round() as u32
    }

    /// Seconds from the clip's start to frame `n`.
    pub fn time_of(&self, n: u32) -> f64 {
        f64::from(n) * f64::from(self.fps_den) / f64::from(self.fps)
    }

    /// `Some(0)` in the first frame at or after a full second, `Some(1)` in the next one.
    pub fn flash_phase(&self, n: u32) -> Option<u32> {
        let second = |n: u32| u64::from(n) * u64::from(self.fps_den) / u64::from(self.fps);
        (0..FLASH_FRAMES).find(|back| match n.checked_sub(*back) {
            None => false,
            Some(0) => true,
            Some(first) => second(first) != second(first - 1),
        })
    }

    fn name(&self) -> String {
        let Self { source, seconds, width, height, fps, fps_den, gop, kbps, bframes, hum_hz, profile } = self;
        format!(
            "e{EDITION}-s{source}-{seconds}s-{width}x{height}-{fps}_{fps_den}-g{gop}-{kbps}k\
             -b{bframes}-h{hum_hz}-{profile}"
        )
    }

    /// Makes the clip, or finds it from an earlier run, and returns its path. Parallel tests and test binaries wait for
    /// each other. Panics with ffmpeg's message if it cannot be made.
    pub fn cached(&self) -> PathBuf {
        let folder = cache_folder();
        let path = folder.join(self.name() + ".mp4");
        let lock = File::create(folder.join(self.name() + ".lock")).expect("lock file");
        let end = Instant::now() + self.deadline();
        while let Err(error) = lock.try_lock() {
            assert!(
                matches!(error, TryLockError::WouldBlock) && Instant::now() < end,
                "another test still makes {}: {error}",
                path.display()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
        if !path.exists() {
            let draft = folder.join(self.name() + ".draft");
            make(self, &draft);
            fs::rename(&draft, &path).expect("rename the finished clip");
        }
        path
    }

    fn deadline(&self) -> Duration {
        Duration::from_secs_f64(60.0 + 10.0 * self.seconds)
    }
}

/// Where made clips are kept: inside the target folder, so cleaning the build removes them.
pub fn cache_folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("marks");
    fs::create_dir_all(&folder).expect("clip folder");
    folder
}

/// Makes the clip as an MP4 file at `path`. Panics with ffmpeg's message if it cannot.
pub fn make(clip: &Clip, path: &Path) {
    assert!(
        clip.source < 16 && clip.width.is_multiple_of(2) && clip.height.is_multiple_of(2),
        "no such clip: {clip:?}"
    );
    let sound = path.with_extension("wav");
    let log = path.with_extension("log");
    wav::write(clip, &sound).expect("write the clip's sound");
    let mut child = command(clip, &sound, path)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(File::create(&log).expect("log file"))
        .spawn()
        .expect("ffmpeg starts");
    let mut pipe = child.stdin.take().expect("ffmpeg's stdin");
    let dog = Watchdog::over(child, clip.deadline());
    let mut pour = || -> io::Result<()> {
        let painter = Painter::new(clip);
        let mut frame = Vec::new();
        for n in 0..clip.frames() {
            painter.paint(n, &mut frame);
            pipe.write_all(&frame)?;
        }
        Ok(())
    };
    let poured = pour();
    drop(pipe);
    let status = dog.wait();
    assert!(
        poured.is_ok() && status.success(),
        "making {} failed: {poured:?}, {status}\n{}",
        path.display(),
        tail(&log, 20)
    );
    let _ = fs::remove_file(sound);
    let _ = fs::remove_file(log);
}

fn command(clip: &Clip, sound: &Path, path: &Path) -> Command {
    let kbps = format!("{}k", clip.kbps);
    let gop = clip.gop.to_string();
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg
        .args(["-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "yuv420p"])
        .args(["-video_size", &format!("{}x{}", clip.width, clip.height)])
        .args(["-framerate", &format!("{}/{}", clip.fps, clip.fps_den)])
        .args(["-i", "pipe:0", "-i"])
        .arg(sound)
        .args(["-c:v", "libx264", "-preset", "superfast"])
        .args(["-profile:v", clip.profile])
        // Only the grid's keyframes: a flash must not become one through scene detection.
        .args(["-g", &gop, "-keyint_min", &gop, "-sc_threshold", "0"])
        .args(["-bf", &clip.bframes.to_string()])
        .args(["-b:v", &kbps, "-maxrate", &kbps, "-bufsize", &kbps])
        .args(["-color_range", "tv", "-colorspace", "bt709"])
        .args(["-color_primaries", "bt709", "-color_trc", "bt709"])
        .args(["-c:a", "aac", "-b:a", "128k", "-movflags", "+faststart"])
        .args(["-f", "mp4"])
        .arg(path);
    ffmpeg
}
